//! `forewarn divergence`, with numbers worked by hand.

use std::path::Path;

use serde_json::{Value, json};

use crate::project::write;
use crate::score::{said, told};

/// A folder with histograms over the same bins (0 to 2, 2 to 4), others, and samples.
fn folder() -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| write(here.path(), name, text);
    write("p.json", r#"{"edges": [0, 2, 4], "mass": [3, 1]}"#);
    write("q.csv", "lower,upper,mass\n0,2,1\n2,4,3\n");
    write("all.json", r#"{"edges": [0, 2, 4], "mass": [5, 0]}"#);
    write("other.json", r#"{"edges": [0, 2, 5], "mass": [3, 1]}"#);
    write("bare.json", r#"{"mass": [3, 1]}"#);
    write("bare.csv", "mass\n1\n3\n");
    write("s.csv", "sample\n0\n1\nNA\n3\n");
    write("t.json", r#"{"sample": [5, 6, 8]}"#);
    here
}

/// Exit code and JSON.
fn compared(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = said(folder, &[&["divergence", "--json"], arguments].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

fn near(found: &Value, name: &str, expected: f64) -> bool {
    found["scores"][name].as_f64().is_some_and(|v| (v - expected).abs() < 1e-9)
}

#[test]
fn histograms_are_compared_bin_by_bin_and_by_midpoints() {
    let here = folder();
    let (code, found) = compared(here.path(), &["p.json", "q.csv"]);
    assert_eq!((code, &found["n"], &found["reasons"]), (0, &json!([2, 2]), &json!({})), "{found}");
    let ln = f64::ln;
    let root = f64::sqrt;
    // Shares 3/4, 1/4 and 1/4, 3/4: half of the mass moves by 2, from midpoint 1 to midpoint 3.
    let expected = [
        ("kullback-leibler", 0.5 * ln(3.0)),
        ("jeffreys", ln(3.0)),
        ("jensen-shannon", 0.75 * ln(1.5) + 0.25 * ln(0.5)),
        ("hellinger", root(1.0 - root(0.75))),
        ("total-variation", 0.5),
        ("wasserstein", 1.0),
        ("energy-distance", 1.0),
    ];
    for (name, value) in expected {
        assert!(near(&found, name, value), "{name} {value}: {found}");
    }
    assert!((found["scores"]["sinkhorn"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{found}");
    assert_eq!(found["positions"], json!("midpoints of the bins"));
    assert_eq!(found["regularisation"], json!(0.04), "a fiftieth of 2");
    let (code, found) =
        compared(here.path(), &["bare.json", "bare.csv", "--kind", "wasserstein,energy-distance"]);
    assert!(code == 0 && near(&found, "wasserstein", 0.5), "{found}");
    assert_eq!(found["positions"], json!("numbers of the bins, as no edges are given"));
    assert_eq!(found["scores"].as_object().unwrap().len(), 2);
}

#[test]
fn what_is_infinite_says_in_which_bin_and_smoothing_mends_it() {
    let here = folder();
    let both = ["p.json", "all.json", "--kind", "kullback-leibler,hellinger"];
    let (code, found) = compared(here.path(), &both);
    assert_eq!((code, &found["scores"]["kullback-leibler"]), (1, &Value::Null));
    assert_eq!(found["reasons"], json!({"kullback-leibler": "infinite: q is 0 in bin 2 where p is not"}));
    // Smoothed by 1/2: shares 5/8, 3/8 and 3/4, 1/4.
    let (code, found) = compared(here.path(), &[&both[..], &["--smoothing", "0.5"]].concat());
    let expected = 0.625 * f64::ln(0.625 / 0.75) + 0.375 * f64::ln(0.375 / 0.25);
    assert!(code == 0 && near(&found, "kullback-leibler", expected), "{found}");
    assert_eq!(found["smoothing"], json!(0.5));
}

#[test]
fn samples_are_compared_as_they_are_and_in_declared_bins() {
    let here = folder();
    let (code, found) = compared(here.path(), &["s.csv", "t.json"]);
    assert!(code == 0 && near(&found, "wasserstein", 5.0), "{found}");
    assert_eq!((&found["n"], &found["missing"]), (&json!([3, 3]), &json!([1, 0])));
    assert!(
        found["reasons"]["hellinger"].as_str().unwrap().contains("declare them with `--edges"),
        "{found}"
    );
    let binned = |edges: &str| {
        compared(here.path(), &["s.csv", "t.json", "--kind=total-variation,wasserstein", "--edges", edges])
    };
    let (code, found) = binned("-1,2,inf");
    assert!(code == 0 && near(&found, "total-variation", 2.0 / 3.0), "{found}");
    let (code, found) = binned("1,6,8");
    let why = "1 of 3 values of p lie outside the bins: 1 below 1, 0 at or above 8; ";
    assert!(found["reasons"]["total-variation"].as_str().unwrap().starts_with(why), "{found}");
    assert!(code == 1 && near(&found, "wasserstein", 5.0), "one reason stops no other number: {found}");
}

#[test]
fn other_bins_are_not_compared() {
    let here = folder();
    let (code, found) = compared(here.path(), &["p.json", "other.json", "--kind", "hellinger"]);
    let why = "edge 3 is 4 in p and 5 in q; they have to be the same bins";
    assert_eq!((code, &found["reasons"]["hellinger"]), (1, &json!(why)));
    let (code, found) =
        compared(here.path(), &["p.json", "q.csv", "--edges", "0,2,5", "--kind", "hellinger"]);
    assert!(code == 1 && found["reasons"]["hellinger"].as_str().unwrap().contains("--edges"), "{found}");
    let (code, found) = compared(here.path(), &["bare.json", "q.csv", "--kind", "wasserstein"]);
    assert!(code == 0 && near(&found, "wasserstein", 1.0), "one has edges, both have as many bins: {found}");
}

#[test]
fn people_get_a_table_and_standard_input_is_a_file() {
    let here = folder();
    let q = here.path().join("q.csv");
    let arguments = ["divergence", "-", q.to_str().unwrap(), "--kind", "total-variation,kullback-leibler"];
    let (code, out, err) = told(br#"{"edges": [0, 2, 4], "mass": [3, 1]}"#, &arguments);
    let expected = format!(
        "p: - (2 bins)\nq: {} (2 bins)\npositions: midpoints of the bins\n\n\
         total-variation   0.500000  0 to 1\nkullback-leibler  0.549306  nats, of p from q\n",
        q.display()
    );
    assert_eq!((code, out, err.as_str()), (0, expected, ""));
}

#[test]
fn wrong_usage_is_told() {
    let here = folder();
    let (code, _, err) = said(here.path(), &["divergence", "p.json", "q.csv", "--kind", "jensen-shanon"]);
    assert!(code == 2 && err.contains("a similar value exists: 'jensen-shannon'"), "{err}");
    let (code, _, err) = said(here.path(), &["divergence", "p.json", "q.csv", "--edges", "2,1"]);
    assert!(
        code == 2 && err.contains("--edges: give two or more, each greater than the one before"),
        "{err}"
    );
    let (code, _, err) = said(here.path(), &["divergence", "p.json", "q.csv", "--smoothing", "-1"]);
    assert!(code == 2 && err.contains("--smoothing: it is -1"), "{err}");
    let (code, _, err) = said(here.path(), &["divergence", "-", "-"]);
    assert!(code == 2 && err.contains("both standard input"), "{err}");
    let (code, _, err) = said(here.path(), &["divergence", "p.json"]);
    assert!(code == 2 && err.contains("Usage: forewarn divergence"), "{err}");
    let (code, _, err) = said(here.path(), &["divergence", "p.json", "nowhere.csv"]);
    assert!(code == 1 && err.contains("nowhere.csv: No such file"), "{err}");
}
