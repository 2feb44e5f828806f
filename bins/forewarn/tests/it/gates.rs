//! Gates and drift as their users run them.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::project::{forewarn, project, said, write};

fn tell(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    said(&forewarn().current_dir(folder).args(arguments).output().unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A run on a table of 150 cells and 120 months, of which the newest is what `newest` makes of it.
fn table(folder: &Path, newest: impl Fn(u32) -> u32) {
    project(folder);
    let mut text = String::from("cell,month,deaths\n");
    for month in 373..=492_u32 {
        for cell in 0..150 {
            let number = (cell * 7919 + month * 104_729).wrapping_mul(2_654_435_761) >> 16;
            let deaths = if number.is_multiple_of(3) { number % 23 } else { 0 };
            let deaths = if month == 492 { newest(deaths) } else { deaths };
            writeln!(text, "{},{month},{deaths}", 100_000 + cell).unwrap();
        }
    }
    write(folder, "deaths.csv", &text);
    let config = r#"
name = "small"
models = ["still_water", "same_weather", "long_memory"]
ensembles = ["common_ground"]
[target]
column = "deaths"
[source]
type = "table"
path = "deaths.csv"
unit = "cell"
time = "month"
values = ["deaths"]
[forecast]
steps = 3
draws = 20
[evaluation]
origins = 4
[gates]
file = "gates.toml"
"#;
    write(folder, "forewarn.toml", config);
    write(folder, "gates.toml", "alpha = 0.01\n");
}

#[test]
fn what_came_in_is_judged_and_the_gate_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path(), |deaths| deaths);
    let (code, out, err) = tell(folder.path(), &["gate", "input", "--json"]);
    assert_eq!(code, 0, "{out} {err}");
    let evidence = json(&out);
    assert_eq!(evidence["verdict"], "pass");
    let planted = evidence["planted"].as_array().unwrap();
    assert!(planted.iter().filter(|p| p["found"] == true).count() >= 6, "{planted:?}");
    assert!(planted.iter().all(|p| p["found"] != false), "{planted:?}");
    let id = format!("input/2020-12/size/{}", "deaths");
    let (code, out, err) = tell(folder.path(), &["drift", "explain", &id, "--json"]);
    assert_eq!((code, json(&out)["reproduced"].clone()), (0, Value::Bool(true)), "{err}");
    let (code, _, err) = tell(folder.path(), &["drift", "explain", "input/2020-12/size/births"]);
    assert!(code == 2 && err.contains("there are: activity/deaths"), "{err}");
}

#[test]
fn a_fault_stops_the_run_until_somebody_answers_for_it() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path(), |deaths| 10 * deaths);
    let (code, _, err) = tell(folder.path(), &["run"]);
    let expected = "gate `input` failed: fail: range, deaths, greatest: the greatest value of 2020-12 is ";
    assert!(code == 3 && err.contains(expected), "{err}");
    let root = folder.path().join("forewarn-out");
    assert!(!root.join("archive").exists(), "nothing is filed");
    let evidence = std::fs::read_to_string(root.join("gates/input/2020-12.json")).unwrap();
    assert_eq!(json(&evidence)["verdict"], "fail");
    let mut rules = String::from("alpha = 0.01\n");
    for check in ["whole", "size", "range"] {
        let waiver = "owner = \"A. Nalyst\"\nuntil = \"2020-12\"\nreason = \"another unit\"\n";
        writeln!(rules, "[[waivers]]\ncheck = \"{check}\"\n{waiver}").unwrap();
    }
    write(folder.path(), "gates.toml", &rules);
    let (code, out, err) = tell(folder.path(), &["run", "--json"]);
    assert_eq!(code, 0, "{err}");
    assert!(root.join("archive").exists() && json(&out)["gates"][0]["verdict"] == "pass", "{out}");
    let junit =
        std::fs::read_dir(root.join("runs")).unwrap().map(|run| run.unwrap().path().join("gates/input.xml"));
    let junit: Vec<String> = junit.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    assert!(
        junit.iter().any(|xml| xml.contains("<skipped message=\"A. Nalyst, until 2020-12: another unit\"/>"))
    );
    write(folder.path(), "gates.toml", &rules.replace("2020-12", "2020-11"));
    assert_eq!(tell(folder.path(), &["gate", "input"]).0, 3, "the waivers have ended");
}

#[test]
fn readings_of_what_goes_out_and_of_how_good_it_was_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path(), |deaths| deaths);
    let (code, _, err) = tell(folder.path(), &["gate", "output"]);
    assert!(code <= 1, "{err}");
    let root = folder.path().join("forewarn-out/gates");
    let kept = |gate: &str| std::fs::read_to_string(root.join(gate).join("2020-12.json")).unwrap();
    for gate in ["output", "performance"] {
        let before = kept(gate);
        let evidence = json(&before);
        let readings = evidence["readings"].as_array().unwrap();
        // Six months are too few to say how good forecasts have been lately: that is a reading too.
        let known = readings.iter().find(|j| j["reading"]["effect"].is_number()).unwrap_or(&readings[0]);
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let id = format!("{gate}/2020-12/{}/{}", word(&known["check"]), word(&known["reading"]["subject"]));
        let (code, out, err) = tell(folder.path(), &["drift", "explain", &id, "--json"]);
        let explained = json(&out);
        assert_eq!((code, &explained["reproduced"]), (0, &Value::Bool(true)), "{out} {err}");
        assert_eq!(explained["again"]["effect"], known["reading"]["effect"]);
        assert!(
            word(&explained["documentation"]).len() > 100 && kept(gate) == before,
            "nothing is judged anew"
        );
    }
    // A number that was changed by hand is not reproduced.
    let forged = kept("output").replacen("\"effect\": ", "\"effect\": 1", 1);
    write(folder.path(), "forewarn-out/gates/output/2020-12.json", &forged);
    let forged = json(&forged);
    let known =
        forged["readings"].as_array().unwrap().iter().find(|j| j["reading"]["effect"].is_number()).unwrap();
    let words = [&known["check"], &known["reading"]["subject"]].map(|word| word.as_str().unwrap());
    let id = format!("output/2020-12/{}", words.join("/"));
    let (code, _, err) = tell(folder.path(), &["drift", "explain", &id]);
    assert!(code == 1 && err.contains("the reading is another one now"), "{err}");
    let (code, _, err) = tell(folder.path(), &["drift", "explain", "output/2020-12/mean/nowhere"]);
    assert!(code == 2 && err.contains("there is no such reading; there are: "), "{err}");
    let (code, _, err) = tell(folder.path(), &["drift", "explain", "weather/2020-12/mean/nowhere"]);
    assert!(code == 2 && err.contains("there is no gate `weather`"), "{err}");
}

#[test]
fn rules_are_tested_by_cases_in_their_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let case = "name = \"a silent month\"\nhistory = [[3, 0, 1, 5], [0, 2, 4, 1], [1, 1, 0, 7]]\ncycles = 10\n\
                newest = [0, 0, 0, 0]\n";
    let rules = "[[input]]\ncheck = \"silent\"\nsettings = { limit = 2 }\n";
    let file = |expected: &str| format!("{rules}[[tests]]\n{case}expect = {{ silent = \"{expected}\" }}\n");
    write(folder.path(), "gates.toml", &file("fail"));
    let (code, out, _) = tell(folder.path(), &["gate", "test", "gates.toml"]);
    assert_eq!((code, out.as_str()), (0, "ok     a silent month\n"));
    write(folder.path(), "gates.toml", &file("pass"));
    let (code, out, err) = tell(folder.path(), &["gate", "test", "gates.toml"]);
    assert!(code == 1 && out.contains("`silent` should be pass and is fail: 1982-07"), "{out} {err}");
    assert!(err.contains("1 of 1 tests failed"));
    write(
        folder.path(),
        "gates.toml",
        "[[input]]\ncheck = \"astrology\"\n[[tests]]\nname = \"x\"\nhistory = []\n\
                                        newest = [1]\nexpect = {}\n",
    );
    let (code, _, err) = tell(folder.path(), &["gate", "test", "gates.toml"]);
    assert!(code == 2 && err.contains("rule `astrology`: this gate has no such check"), "{err}");
}

#[test]
fn files_are_compared_and_streams_watched_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let list =
        |shift: usize| (0..300).map(|i| ((i * 37) % 101 + shift).to_string()).collect::<Vec<_>>().join(",");
    write(folder.path(), "a.json", &format!("{{\"x\": [{}]}}", list(0)));
    write(folder.path(), "b.json", &format!("{{\"x\": [{}]}}", list(30)));
    let tests = "kolmogorov-smirnov,wasserstein,psi";
    let (code, out, err) =
        tell(folder.path(), &["drift", "compare", "a.json", "b.json", "--test", tests, "--json"]);
    assert_eq!(code, 0, "{err}");
    let x = &json(&out)["columns"]["x"];
    assert!(x["kolmogorov-smirnov"]["p_value"].as_f64().unwrap() < 1e-6, "{out}");
    assert!((x["wasserstein"]["statistic"].as_f64().unwrap() - 30.0).abs() < 1e-12, "{out}");
    write(
        folder.path(),
        "s.csv",
        &format!("v\n{}\n{}\n", vec!["0.2"; 500].join("\n"), vec!["0.9"; 500].join("\n")),
    );
    let detectors = "adwin,page-hinkley";
    let (code, out, _) =
        tell(folder.path(), &["drift", "stream", "s.csv", "--detector", detectors, "--json"]);
    let first = json(&out)["adwin"]["detections"][0].as_u64().unwrap();
    assert!(code == 0 && (500..600).contains(&first), "{out}");
}

#[test]
fn rows_are_compared_and_performance_is_estimated_without_labels() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |sign: i64, lag: i64| {
        let row = |i: i64| {
            let x = (i * 37) % 101 - 50;
            format!("{x},{}", sign * x + (i * lag) % 11)
        };
        format!("x,y\n{}\n3,NA\n", (0..300).map(row).collect::<Vec<_>>().join("\n"))
    };
    write(folder.path(), "a.csv", &rows(1, 7));
    write(folder.path(), "b.csv", &rows(-1, 5));
    let arguments = ["drift", "compare", "a.csv", "b.csv", "--multivariate", "--test"];
    let (code, out, err) =
        tell(folder.path(), &[&arguments[..], &["pca-residual,mahalanobis", "--json"]].concat());
    let found = json(&out);
    assert!(code == 0 && found["rows"]["pca-residual"]["p_value"].as_f64().unwrap() < 0.01, "{out} {err}");
    assert!(
        found["rows"]["mahalanobis"]["statistic"].is_number() && found["columns"]["x"].is_object(),
        "{out}"
    );
    assert_eq!(found["joint"]["incomplete"], serde_json::json!([1, 1]));
    let (_, out, _) = tell(folder.path(), &[&arguments[..], &["pca-residual"]].concat());
    assert!(out.contains("rows: 300 and 300 of 2 columns; 1 and 1 with a missing value left out"), "{out}");

    // Of ten rows with the score k/10, k are events; then half as many.
    let scores = |half: i64| {
        let row = |i: i64| format!("0.{},{}", i % 10, u8::from((i / 10) % 10 * half < i % 10));
        format!("p,y\n{}\n", (0..2000).map(row).collect::<Vec<_>>().join("\n"))
    };
    write(folder.path(), "known.csv", &scores(1));
    write(folder.path(), "changed.csv", &scores(2));
    let arguments = ["--predicted", "p", "--observed", "y", "--metric", "accuracy", "--json"];
    let ask = |file| tell(folder.path(), &[&["drift", "cbpe", "known.csv", file], &arguments[..]].concat());
    let (code, out, err) = ask("known.csv");
    let accuracy = json(&out)["measures"]["accuracy"]["estimate"].as_f64().unwrap();
    assert!(code == 0 && (accuracy - 0.75).abs() < 1e-9, "{out} {err}");
    assert_eq!(json(&out)["assumption"]["state"], "not-rejected");
    let (code, out, err) = ask("changed.csv");
    assert!(code == 1 && err.contains("estimates cannot be trusted"), "{err}");
    assert_eq!(json(&out)["assumption"]["state"], "broken");
}
