//! Ensembles of a run: those that learn from past forecasts, and those that do without a member.

use std::path::Path;

use serde_json::Value;

use crate::project::{forewarn, project, said, write};

fn run(config: &Path, arguments: &[&str]) -> (i32, Value, String) {
    let output = forewarn().args(["run", "--json", "-c"]).arg(config).args(arguments).output().unwrap();
    let (code, out, err) = said(&output);
    (code, serde_json::from_str(&out).unwrap_or_default(), err)
}

/// The manifest of what was filed under `name`.
fn manifest(outcome: &Value, name: &str) -> Value {
    let files = outcome["files"].as_array().unwrap().iter().map(|file| Path::new(file.as_str().unwrap()));
    let mut forecasts = files.filter(|file| file.extension().is_some_and(|e| e == "parquet"));
    let file = forecasts.find(|file| file.iter().any(|part| part == name)).unwrap();
    let text = std::fs::read_to_string(file.with_file_name("manifest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn steps(outcome: &Value, cached: bool) -> Vec<String> {
    let all = outcome["steps"].as_array().unwrap().iter();
    all.filter(|s| s["cached"] == cached).map(|s| s["step"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn weights_are_learned_from_what_was_known_at_each_origin() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let stacking =
        "algorithm = \"stacking\"\nrole = \"production\"\nmembers = [\"same_weather\", \"long_memory\"]\n";
    write(folder.path(), "ensembles/wise_owl.toml", stacking);
    let only = ["--set", "ensembles=[\"wise_owl\"]"];
    let (code, outcome, err) = run(&config, &only);
    assert_eq!(code, 0, "{err}");
    let made = &manifest(&outcome, "wise_owl")["made"];
    assert_eq!(made["algorithm"], "stacking");
    let weights = made["weights"].as_array().unwrap();
    assert_eq!(weights.len(), 6, "one row of weights a step: {made}");
    // In the order of names: long_memory, same_weather.
    let near = weights[0].as_array().unwrap().iter().map(|w| w.as_f64().unwrap()).collect::<Vec<_>>();
    assert!(
        (near.iter().sum::<f64>() - 1.0).abs() < 1e-12 && near[0] > near[1],
        "no change is worse: {near:?}"
    );

    // Other members' past is another past: what one origin knew of the earlier ones is learned anew, and only that.
    write(folder.path(), "models/same_weather.toml", "algorithm = \"no-change\"\nstatus = \"shadow\"\n");
    let (_, again, _) = run(&config, &only);
    assert!(
        steps(&again, false).iter().all(|step| !step.contains("wise_owl")),
        "a status changes no forecast"
    );
    write(
        folder.path(),
        "models/long_memory.toml",
        "algorithm = \"conflictology\"\n[settings]\nwindow = 3\n",
    );
    let (_, changed, _) = run(&config, &only);
    let made = steps(&changed, false);
    assert!(made.contains(&"combine wise_owl".to_owned()), "{made:?}");
    assert_eq!(made.iter().filter(|step| step.starts_with("backtest wise_owl")).count(), 4, "{made:?}");
    assert!(made.iter().all(|step| !step.contains("same_weather")), "{made:?}");
}

#[test]
fn a_missing_member_fails_or_is_done_without_as_declared() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    write(
        folder.path(),
        "models/long_memory.toml",
        "algorithm = \"conflictology\"\n[settings]\nwindow = 400\n",
    );
    let (code, outcome, err) = run(&config, &[]);
    let missing = outcome["missing"].to_string();
    assert_eq!(code, 1, "{err}");
    assert!(missing.contains("`long_memory` needs 400 periods of history"), "{missing}");
    assert!(
        missing.contains("ensemble `common_ground`: data: its member `long_memory` has no forecast"),
        "{missing}"
    );
    assert!(
        missing.contains("with `missing = \\\"degrade\\\"` it would do without"),
        "the cure is named: {missing}"
    );

    let degrade = "algorithm = \"mean\"\nrole = \"production\"\nmissing = \"degrade\"\n";
    write(folder.path(), "ensembles/common_ground.toml", degrade);
    let (code, outcome, err) = run(&config, &[]);
    assert_eq!(code, 1, "somebody is missing nevertheless: {err}");
    let made = &manifest(&outcome, "common_ground")["made"];
    assert_eq!(made["absent"]["long_memory"], "it has no forecast", "it is written on the result: {made}");
    assert_eq!(made["members"].as_object().unwrap().len(), 2, "{made}");
    let missing = outcome["missing"].to_string();
    assert!(
        missing.contains("ensemble `common_ground`: it does without its member `long_memory`"),
        "{missing}"
    );
}

#[test]
fn diversity_is_the_mean_error_of_the_members_less_that_of_the_ensemble() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let ask = |name: &str, more: &[&str]| {
        said(&forewarn().args(["diversity", name, "-c"]).arg(&config).args(more).output().unwrap())
    };
    let (code, out, err) =
        ask("common_ground", &["--json", "--set", "evaluation.metrics=[\"mse\",\"roc-auc\"]"]);
    assert_eq!(code, 0, "{err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    let number = |v: &Value| v.as_f64().unwrap();
    let mse = &found["metrics"][0];
    let alone: Vec<f64> = mse["members"].as_array().unwrap().iter().map(|m| number(&m["score"])).collect();
    let (mean, difference) =
        (number(&mse["diversity"]["average_member"]), number(&mse["diversity"]["difference"]));
    assert!((mean - alone.iter().sum::<f64>() / 3.0).abs() < 1e-9 * mean, "{mse}");
    assert!((difference - (mean - number(&mse["ensemble"]))).abs() < 1e-9 * mean, "{mse}");
    // The squared error of a mean is below the mean squared error, by the variance of the members.
    assert!(difference > 0.0 && number(&mse["diversity"]["interval"][0]) <= difference, "{mse}");
    for member in mse["members"].as_array().unwrap() {
        let expected = 1.0 - number(&mse["ensemble"]) / number(&member["without"]);
        assert!((number(&member["contribution"]) - expected).abs() < 1e-9, "{member}");
    }
    assert!(found["metrics"][1]["diversity"].is_null(), "a skill is no error");
    assert!(Path::new(found["file"].as_str().unwrap()).is_file());

    let (_, table, _) = ask("common_ground", &["--set", "evaluation.metrics=[\"mse\"]"]);
    assert!(table.starts_with("mse: common_ground ") && table.contains("mean member"), "{table}");
    let (code, _, err) = ask("dark_horse", &[]);
    assert!(
        code == 2 && err.contains("`dark_horse` is no ensemble of this run; there are: common_ground"),
        "{err}"
    );
    write(
        folder.path(),
        "ensembles/middle_path.toml",
        "algorithm = \"median\"\nmembers = [\"long_memory\"]\n",
    );
    let (code, _, err) = ask("middle_path", &[]);
    assert!(code == 2 && err.contains("has one member"), "{err}");
}
