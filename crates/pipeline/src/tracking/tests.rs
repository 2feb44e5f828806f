use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::record::{End, Record};
use crate::small_run::{archive, load, project};
use crate::{Outcome, layers};

/// What was told of a run, line by line.
fn told(folder: &Path, group: &str) -> Vec<Value> {
    let path = folder.join("forewarn-out/tracking").join(format!("{group}.jsonl"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Names of the artifacts of a stage that were used or made.
fn artifacts<'t>(told: &'t [Value], stage: &str, role: &str) -> Vec<&'t str> {
    let mine = told.iter().filter(|e| e["event"] == "artifact" && e["stage"] == stage && e["role"] == role);
    mine.map(|e| e["name"].as_str().unwrap()).collect()
}

#[test]
fn a_run_is_told_stage_by_stage() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = archive(&project(folder.path(), 2)).unwrap();
    let told = told(folder.path(), &outcome.run);
    let begun: Vec<_> = told.iter().filter(|e| e["event"] == "begin").collect();
    let stages: Vec<_> = begun.iter().map(|e| e["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["fetch", "train", "evaluate", "forecast", "gate", "report"]);
    let config = &begun[0]["config"];
    assert_eq!(
        (&config["forecast.draws"], &config["target.column"]),
        (&Value::from(8), &Value::from("deaths"))
    );
    assert_eq!(config["models/long_memory.settings.window"], 12);
    assert!(!begun[0].to_string().contains("secret"), "who is told of gates is not told");
    assert_eq!(artifacts(&told, "fetch", "used"), ["deaths.csv"]);
    assert_eq!(artifacts(&told, "fetch", "made"), artifacts(&told, "train", "used")[..1]);
    let made = artifacts(&told, "train", "made");
    let (now, past): (Vec<&str>, Vec<&str>) = made.iter().partition(|name| !name.ends_with(".evaluation"));
    assert_eq!((now.as_slice(), past.len()), (&["long_memory", "still_water"][..], 2));
    assert_eq!((now, past), (artifacts(&told, "forecast", "used"), artifacts(&told, "evaluate", "used")));
    assert_eq!(artifacts(&told, "forecast", "made"), ["common_ground", "long_memory", "still_water"]);
    let aliases = |stage: &str, name: &str| {
        let of = |e: &&Value| {
            e["event"] == "artifact" && e["role"] == "made" && e["stage"] == stage && e["name"] == name
        };
        told.iter().find(of).unwrap()["aliases"].clone()
    };
    assert_eq!(
        (aliases("train", "still_water"), aliases("train", "still_water.evaluation")),
        (json!(["baseline"]), json!([]))
    );
    assert_eq!(
        (aliases("forecast", "common_ground"), aliases("forecast", "long_memory")),
        (json!(["issued"]), json!([]))
    );
    assert_eq!(artifacts(&told, "report", "used"), ["common_ground", "long_memory", "still_water"]);
    assert!(told.iter().filter(|e| e["event"] == "finish").all(|e| e["exit_code"] == 0));
    let gates = told.iter().find(|e| e["key"] == "gates").unwrap();
    assert_eq!(gates["rows"].as_array().unwrap().len(), 3);
    let steps = told.iter().find(|e| e["key"] == "steps").unwrap();
    assert_eq!(steps["rows"].as_array().unwrap().len(), outcome.steps.len());
}

#[test]
fn the_scores_are_those_of_the_record_with_the_models_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = archive(&project(folder.path(), 2)).unwrap();
    let issued = Record::read(&outcome.record).unwrap().issued.unwrap();
    let told = told(folder.path(), &outcome.run);
    let metrics: Vec<_> =
        told.iter().filter(|e| e["event"] == "metrics" && e["stage"] == "evaluate").collect();
    assert_eq!(metrics.iter().map(|e| e["step"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
    let all = metrics[0]["values"].as_object().unwrap();
    assert_eq!(all["pgm/deaths/crps"], issued.scores["crps"]);
    assert!(all["pgm/deaths/crps/long_memory"].is_number() && all["pgm/deaths/mae/still_water"].is_number());
    assert_eq!(all.len(), 6, "two metrics of an ensemble and two models");
    let lead = metrics[2]["values"].as_object().unwrap();
    assert!(lead["step-wise/deaths/crps"].is_number() && lead.len() == 2);
}

#[test]
fn a_tracker_that_fails_is_missing_and_the_run_is_not() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 2);
    let in_the_way = folder.path().join("in_the_way");
    std::fs::write(&in_the_way, "").unwrap();
    let flags = ["tracking.trackers=[\"wandb\", \"jsonl\"]", "tracking.wandb.folder=in_the_way"];
    let outcome = archive(&load(folder.path(), &flags)).unwrap();
    let [missing] = &outcome.missing[..] else { panic!("{:?}", outcome.missing) };
    assert!(missing.starts_with("tracker `wandb`: ") && missing.contains("in_the_way"), "{missing}");
    let record = Record::read(&outcome.record).unwrap();
    assert_eq!(
        (record.end, record.missing, record.failure),
        (End::Incomplete, outcome.missing.clone(), None)
    );
    assert!(!told(folder.path(), &outcome.run).is_empty(), "the other tracker is told");
    assert!(outcome.report.is_some() && filed(&outcome) == 3);
}

fn filed(outcome: &Outcome) -> usize {
    outcome.files.iter().filter(|path| path.extension().is_some_and(|e| e == "parquet")).count()
}

#[test]
fn where_a_run_is_told_changes_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = archive(&project(folder.path(), 2)).unwrap();
    let quiet = archive(&load(folder.path(), &["tracking.trackers=[]"])).unwrap();
    assert_eq!(first.run, quiet.run);
    let begun = told(folder.path(), &first.run).iter().filter(|e| e["event"] == "begin").count();
    assert_eq!(begun, 6, "only the first was told");
    let offline = archive(&load(folder.path(), &["tracking.trackers=[\"wandb\"]"])).unwrap();
    let runs: Vec<PathBuf> = std::fs::read_dir(folder.path().join("forewarn-out/tracking/wandb"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!((offline.run, runs.len()), (first.run, 6));
}

#[test]
fn a_run_that_fails_is_told_with_what_stopped_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = archive(&{
        project(folder.path(), 2);
        load(folder.path(), &["source.path=nowhere.csv"])
    });
    assert!(error.is_err());
    let told = told(folder.path(), "small-failed");
    let last = told.last().unwrap();
    assert!(last["event"] == "finish" && last["exit_code"] != 0, "{last}");
    let alert = told.iter().find(|e| e["event"] == "alert").unwrap();
    assert!(alert["level"] == "error" && alert["text"].as_str().unwrap().contains("nowhere.csv"), "{alert}");
}

#[test]
fn secrets_are_kept_and_not_shown() {
    let environment = [("MLFLOW_TRACKING_TOKEN".to_owned(), "s3cret".to_owned())];
    let run = layers::Resolved::without_file(&environment, &[]).unwrap();
    assert_eq!(run.tracking_secrets.0, environment);
    assert!(!format!("{run:?}").contains("s3cret"));
}
