//! Records, traces and reruns as their users ask for them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::project::{forewarn, project, said, write};

const SMALL: [&str; 4] =
    ["forecast.steps=2", "forecast.draws=10", "evaluation.origins=1", "ensembles=[\"common_ground\"]"];

fn ask(config: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = forewarn();
    command.args(arguments).arg("-c").arg(config);
    said(&command.output().unwrap())
}

fn run(config: &Path, settings: &[&str]) -> (i32, String, String) {
    let flags = SMALL.iter().chain(settings).flat_map(|setting| ["--set", setting]);
    ask(config, &["run"].into_iter().chain(flags).collect::<Vec<_>>())
}

fn json(config: &Path, arguments: &[&str]) -> Value {
    let (code, out, err) = ask(config, &[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn records(folder: &Path) -> PathBuf {
    folder.join("forewarn-out/records")
}

#[test]
fn runs_are_listed_shown_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    assert_eq!(ask(&config, &["runs", "list"]).1, "no runs yet\n");
    let (code, out, err) = run(&config, &[]);
    assert!(code == 0 && out.contains("forewarn-out/records/0001\n"), "{out}{err}");
    assert_eq!(run(&config, &[]).0, 0);
    assert_eq!(run(&config, &["forecast.draws=11"]).0, 0);
    let (code, _, err) = run(&config, &["validation.last=\"2020-06\""]);
    assert_eq!(code, 0, "a synthetic process is not validated: {err}");
    std::fs::remove_file(folder.path().join("query_set.toml")).unwrap();
    assert_eq!(run(&config, &[]).0, 1);

    let list = json(&config, &["runs", "list"]);
    let ends: Vec<_> = list["runs"].as_array().unwrap().iter().map(|r| r["end"].as_str().unwrap()).collect();
    assert_eq!(ends, ["done", "done", "done", "done", "failed"]);
    let (_, table, _) = ask(&config, &["runs", "list"]);
    assert_eq!(table.lines().count(), 6, "{table}");
    assert!(table.lines().nth(1).unwrap().starts_with("0001  small-2020-12-"), "{table}");

    let (code, page, _) = ask(&config, &["runs", "show", "1"]);
    assert!(code == 0 && page.contains("forecast       common_ground ") && page.contains("issued"), "{page}");
    let steps = page.split("already there\n").nth(1).unwrap();
    let seconds: Vec<f64> =
        steps.lines().skip(1).filter_map(|l| l.split_whitespace().rev().nth(2)?.parse().ok()).collect();
    assert!(seconds.len() >= 10 && seconds.is_sorted_by(|a, b| a >= b), "the slowest first: {steps}");
    let (_, page, _) = ask(&config, &["runs", "show", "latest"]);
    assert!(page.contains("failed at") && page.contains("query_set.toml"), "{page}");

    let (code, out, _) = ask(&config, &["runs", "diff", "1", "2"]);
    assert!(code == 0 && out.starts_with("equal\n"), "{out}");
    let (code, out, _) = ask(&config, &["runs", "diff", "0001", "0003"]);
    assert!(
        code == 0 && out.contains("forewarn.toml: forecast.draws ") && out.contains(" 10 > 11\n"),
        "{out}"
    );
    assert!(out.contains("forecast  long_memory") && out.contains("the results differ"), "{out}");
    assert!(!out.contains("panel") && !out.contains("artifact  still_water"), "{out}");
    let (code, _, err) = ask(&config, &["runs", "show", "99"]);
    assert!(code == 2 && err.contains("no such record"), "{err}");

    write(&records(folder.path()), "0002/record.json", "{ \"schema\": 9 }");
    let (code, out, err) = ask(&config, &["runs", "list"]);
    assert!(code == 1 && out.contains("0003") && err.contains("is of version 9"), "{out}{err}");
}

#[test]
fn a_forecast_is_traced_to_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    assert_eq!(run(&config, &[]).0, 0);
    let (code, out, err) = ask(&config, &["trace", "common_ground"]);
    assert_eq!(code, 0, "{out}{err}");
    let kinds: Vec<&str> = out.lines().map(|l| l.split_whitespace().next().unwrap()).collect();
    assert_eq!(kinds[..5], ["ensemble", "forecast", "artifact", "panel", "source"], "{out}");
    assert!(
        out.contains("\n  scores ") && out.contains("\n    page ") && out.contains("links hold; record 0001"),
        "{out}"
    );
    let trace = json(&config, &["trace", "ged_sb/common_ground/2020-12"]);
    assert_eq!(trace["made_of"]["state"], "holds");
    let member = trace["made_of"]["links"][0]["digest"].as_str().unwrap();
    assert!(ask(&config, &["trace", &member[..10]]).1.contains("\n  ensemble "), "used in the ensemble");

    let place = PathBuf::from(trace["made_of"]["links"][0]["place"].as_str().unwrap());
    let mut bytes = std::fs::read(&place).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&place, bytes).unwrap();
    let (code, out, err) = ask(&config, &["trace", "common_ground"]);
    assert!(code == 1 && out.contains("DIFFERS") && err.contains("has sha256"), "{out}{err}");
    let (code, _, err) = ask(&config, &["trace", "nobody"]);
    assert!(code == 2 && err.contains("no forecast of the archive fits"), "{err}");
}

#[test]
fn a_run_is_done_again_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    assert_eq!(run(&config, &["forecast.origin=\"2020-11\""]).0, 0);
    write(folder.path(), "models/long_memory.toml", "algorithm = \"zero\"\n");
    let (code, out, err) = ask(&config, &["rerun", "latest"]);
    assert!(code == 0 && out.starts_with("equal: ") && out.contains("digests of record 0001"), "{out}{err}");

    let path = records(folder.path()).join("0001/record.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let other = text.replace("algorithm = \\\"conflictology\\\"", "algorithm = \\\"no-change\\\"");
    assert_ne!(text, other);
    std::fs::write(&path, other).unwrap();
    let output = folder.path().join("again");
    let again = ["rerun", "1", "--output", output.to_str().unwrap()];
    let (code, out, err) = ask(&config, &again);
    assert!(code == 1 && out.contains("forecast  long_memory") && out.contains("again"), "{out}{err}");
    assert!(err.contains("record 0001 is not repeated"), "{err}");
    let (code, _, err) = ask(&config, &again);
    assert!(code == 2 && err.contains("is not empty"), "{err}");
}
