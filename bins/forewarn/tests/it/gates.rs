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
[validation]
silent-periods = "warn"
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
    table(folder.path(), |_| 0);
    let (code, _, err) = tell(folder.path(), &["run"]);
    assert!(code == 3 && err.contains("gate `input` failed: fail: silent, deaths: 2020-12 is zero"), "{err}");
    let root = folder.path().join("forewarn-out");
    assert!(!root.join("archive").exists(), "nothing is filed");
    let evidence = std::fs::read_to_string(root.join("gates/input/2020-12.json")).unwrap();
    assert_eq!(json(&evidence)["verdict"], "fail");
    // The self-test needs values to spoil; the waivers name who answers, and end.
    let mut rules = String::from("alpha = 0.01\n");
    for check in ["silent", "activity", "regions"] {
        let waiver = "owner = \"A. Nalyst\"\nuntil = \"2020-12\"\nreason = \"a truce\"\n";
        writeln!(rules, "[[waivers]]\ncheck = \"{check}\"\n{waiver}").unwrap();
    }
    write(folder.path(), "gates.toml", &rules);
    let (code, out, err) = tell(folder.path(), &["run", "--json"]);
    assert_eq!(code, 0, "{err}");
    assert!(root.join("archive").exists() && json(&out)["gates"][0]["verdict"] == "pass", "{out}");
    let junit =
        std::fs::read_dir(root.join("runs")).unwrap().map(|run| run.unwrap().path().join("gates/input.xml"));
    let junit: Vec<String> = junit.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    assert!(junit.iter().any(|xml| xml.contains("<skipped message=\"A. Nalyst, until 2020-12: a truce\"/>")));
    write(folder.path(), "gates.toml", &rules.replace("2020-12", "2020-11"));
    assert_eq!(tell(folder.path(), &["gate", "input"]).0, 3, "the waivers have ended");
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
