//! `forewarn sweep` as its users run it.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use forewarn_kernels::random::Stream;
use serde_json::Value;

use crate::project::{forewarn, project, said, write};

const SWEEP: &str = r#"
name = "window"
config = "../forewarn.toml"
model = "long_memory"
objective = "crps"
trials = 14
seed = 3
[space]
window = { int = [1, 30] }
[evaluation]
origins = 2
steps = 2
"#;

/// The small run with a sweep in it; gives the file.
fn with_sweep(folder: &Path, text: &str) -> PathBuf {
    project(folder);
    write(folder, "sweeps/window.toml", text);
    folder.join("sweeps/window.toml")
}

fn sweep(file: &Path, arguments: &[&str]) -> (i32, String, String) {
    said(&forewarn().arg("sweep").arg(file).args(arguments).output().unwrap())
}

fn json(file: &Path) -> Value {
    let (code, out, err) = sweep(file, &["--json"]);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

/// The folders of sweeps.
fn folders(project: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(project.join("forewarn-out/sweeps")) else { return Vec::new() };
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// The recorded trials without what they cost.
fn trials(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("trials.jsonl")).unwrap();
    assert!(text.ends_with('\n'), "whole lines only");
    let free = |line: &str| {
        let mut trial: Value = serde_json::from_str(line).unwrap();
        assert!(trial.as_object_mut().unwrap().remove("cpu_seconds").is_some());
        trial
    };
    text.lines().map(free).collect()
}

#[test]
fn the_best_settings_are_found_printed_and_filed() {
    let here = tempfile::tempdir().unwrap();
    let file = with_sweep(here.path(), SWEEP);
    let (code, out, err) = sweep(&file, &[]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("trial 14 of 14: crps "), "{err}");
    let folder = folders(here.path()).pop().unwrap();
    let best = std::fs::read_to_string(folder.join("best.toml")).unwrap();
    assert!(out.contains(&best) && best.contains("algorithm = \"conflictology\""), "{out}");

    // The scores are those of an evaluation with the same settings, and the best one is the least.
    let recorded = trials(&folder);
    let least =
        recorded.iter().min_by(|a, b| a["score"].as_f64().unwrap().total_cmp(&b["score"].as_f64().unwrap()));
    let least = least.unwrap();
    assert!(best.contains(&format!("window = {}", least["settings"]["window"])), "{best}");
    std::fs::copy(folder.join("best.toml"), here.path().join("models/long_memory.toml")).unwrap();
    let set = [
        "--set",
        "evaluation.origins=2",
        "--set",
        "forecast.steps=2",
        "--set",
        "evaluation.metrics=[\"crps\"]",
    ];
    let evaluate = forewarn()
        .args(["evaluate", "--json", "-c"])
        .arg(here.path().join("forewarn.toml"))
        .args(set)
        .output();
    let outcome: Value = serde_json::from_str(&said(&evaluate.unwrap()).1).unwrap();
    let scores = outcome["scores"]["scores"].as_array().unwrap();
    let score = scores.iter().find(|s| s["model"] == "long_memory" && s["group"] == "all").unwrap();
    assert_eq!(score["value"], least["score"]);
}

#[test]
fn a_second_time_nothing_is_done_and_more_trials_go_on() {
    let here = tempfile::tempdir().unwrap();
    let file = with_sweep(here.path(), SWEEP);
    let first = json(&file);
    let again = json(&file);
    assert_eq!((&first["found"], &again["found"]), (&Value::from(0), &Value::from(14)));
    assert_eq!((&first["trials"], &first["best"]), (&again["trials"], &again["best"]));

    write(here.path(), "sweeps/window.toml", &SWEEP.replace("trials = 14", "trials = 16"));
    let more = json(&file);
    assert_eq!((&more["found"], more["trials"].as_array().unwrap().len()), (&Value::from(14), 16));
    assert_eq!(folders(here.path()).len(), 1);

    for change in [("seed = 3", "seed = 4"), ("crps", "mae"), ("30]", "31]"), ("origins = 2", "origins = 3")]
    {
        write(here.path(), "sweeps/window.toml", &SWEEP.replace(change.0, change.1).replace("14", "1"));
        assert_eq!(json(&file)["found"], 0);
    }
    assert_eq!(folders(here.path()).len(), 5, "what changes the trials is another sweep");
    write(here.path(), "sweeps/window.toml", SWEEP);
    let other =
        forewarn().arg("sweep").arg(&file).args(["--json", "--set", "source.seed=9"]).output().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&said(&other).1).unwrap()["found"], 0, "so is other data");
}

#[test]
fn what_is_wrong_is_said_before_anything_is_done() {
    let here = tempfile::tempdir().unwrap();
    let wrong = |from: &str, to: &str| {
        let file = with_sweep(here.path(), &SWEEP.replace(from, to));
        let (code, out, err) = sweep(&file, &[]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        err
    };
    assert!(wrong("\"crps\"", "\"crisp\"").contains("window.toml:5:13: metric: there is no `crisp`"));
    assert!(wrong("window = {", "widow = {").contains("window.toml:9:1: `widow` = 1"));
    assert!(wrong("[1, 30]", "[30, 1]").contains("window.toml:9:1"));
    assert!(wrong("trials", "trails").contains("window.toml:6:1: unknown field `trails`"));
    assert!(wrong("long_memory", "short_memory").contains("window.toml:4:9"));
    assert!(folders(here.path()).is_empty() && !here.path().join("forewarn-out").exists());
}

#[test]
fn failed_trials_are_recorded_and_never_the_best() {
    let here = tempfile::tempdir().unwrap();
    // There are 59 months before the first origin at most.
    let file = with_sweep(here.path(), &SWEEP.replace("int = [1, 30]", "choice = [5, 500]"));
    let outcome = json(&file);
    let recorded = outcome["trials"].as_array().unwrap();
    let failed: Vec<_> = recorded.iter().filter(|t| t["score"].is_null()).collect();
    assert!(!failed.is_empty() && failed.len() < 14, "{outcome}");
    for trial in failed {
        assert_eq!(trial["settings"]["window"], 500);
        assert!(trial["reason"].as_str().unwrap().contains("needs 500 periods of history"), "{trial}");
    }
    assert!(outcome["best"].as_str().unwrap().contains("window = 5\n"));

    write(here.path(), "sweeps/window.toml", &SWEEP.replace("int = [1, 30]", "int = [500, 600]"));
    let (code, out, err) = sweep(&file, &[]);
    assert_eq!(code, 1, "{err}");
    assert!(
        out.contains("14 trials failed") && err.contains("error: no trial has a score: data: "),
        "{out}{err}"
    );
    assert!(folders(here.path()).iter().filter(|f| f.join("best.toml").exists()).count() == 1);
}

#[test]
fn the_budget_ends_a_sweep_and_a_greater_one_goes_on() {
    let here = tempfile::tempdir().unwrap();
    let file = with_sweep(here.path(), &SWEEP.replace("seed = 3", "seed = 3\nbudget = 0.01"));
    let outcome = json(&file);
    assert_eq!(outcome["trials"].as_array().unwrap().len(), 1, "the first trial starts in any case");
    let stopped = outcome["stopped"].as_str().unwrap();
    assert!(
        stopped.contains("the budget of 0.01 CPU seconds is spent") && stopped.contains("1 of 14"),
        "{stopped}"
    );
    write(here.path(), "sweeps/window.toml", SWEEP);
    let outcome = json(&file);
    assert_eq!((&outcome["found"], &outcome["stopped"]), (&Value::from(1), &Value::Null));
}

const HALVING: &str = r#"
name = "halving"
config = "../forewarn.toml"
model = "long_memory"
method = "successive-halving"
objective = "crps"
trials = 9
[halving]
resource = "origins"
min = 1
max = 9
[space]
window = { int = [1, 30] }
[evaluation]
steps = 2
"#;

#[test]
fn halving_gives_more_origins_to_the_better_ones() {
    let here = tempfile::tempdir().unwrap();
    let file = with_sweep(here.path(), HALVING);
    let outcome = json(&file);
    let resources: Vec<u64> =
        outcome["trials"].as_array().unwrap().iter().map(|t| t["resource"].as_u64().unwrap()).collect();
    assert_eq!(resources, [[1; 9].as_slice(), &[3; 3], &[9]].concat());
    assert_eq!(outcome["ranking"], serde_json::json!([13]), "only what had all origins is compared");
    let folder = folders(here.path()).pop().unwrap();
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the trials and the best, no more: {left:?}");
}

fn start(file: &Path) -> Child {
    forewarn().arg("sweep").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn killed_at_random_moments_it_ends_with_the_same_trials() {
    for text in [SWEEP, HALVING] {
        let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let begun = Instant::now();
        assert!(start(&with_sweep(whole.path(), text)).wait().unwrap().success());
        let length = begun.elapsed();

        let file = with_sweep(broken.path(), text);
        let moments = Stream::new(9, &[]);
        let mut killed = 0;
        for i in 0..100 {
            let mut child = start(&file);
            std::thread::sleep(Duration::from_secs_f64(length.as_secs_f64() * moments.uniform(i) * 0.6));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                killed += 1;
            } else if killed < 6 {
                std::fs::remove_dir_all(broken.path().join("forewarn-out/sweeps")).unwrap();
            }
            child.wait().unwrap();
            if killed == 6 {
                break;
            }
        }
        assert_eq!(killed, 6);
        // As if the last kill had come in the middle of a line.
        if let Some(folder) =
            folders(broken.path()).pop().filter(|folder| folder.join("trials.jsonl").exists())
        {
            let torn = std::fs::read(folder.join("trials.jsonl")).unwrap();
            std::fs::write(folder.join("trials.jsonl"), &torn[..torn.len().saturating_sub(40)]).unwrap();
        }
        assert!(start(&file).wait().unwrap().success(), "the last run ends by itself");
        let (expected, got) = (folders(whole.path()), folders(broken.path()));
        assert_eq!(expected[0].file_name(), got[0].file_name());
        assert_eq!(trials(&expected[0]), trials(&got[0]), "the same trials after {killed} kills");
        let best = |folder: &Path| std::fs::read(folder.join("best.toml")).unwrap();
        assert_eq!(best(&expected[0]), best(&got[0]));
    }
}
