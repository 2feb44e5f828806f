//! A run as an orchestrator does it: task by task, on machines that share a store.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::project::{forewarn, project, results, said, write};

/// The tasks of the plan: id and command.
fn plan(folder: &Path) -> Vec<(String, Vec<String>)> {
    let output = forewarn().current_dir(folder).args(["plan", "--json"]).output().unwrap();
    let (code, text, err) = said(&output);
    assert_eq!(code, 0, "{err}");
    let plan: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&plan["schema"], &plan["name"]), (&Value::from(1), &Value::from("small")));
    let words = |task: &Value| serde_json::from_value(task["command"].clone()).unwrap();
    let tasks = plan["tasks"].as_array().unwrap().iter();
    tasks.map(|task| (task["id"].as_str().unwrap().to_owned(), words(task))).collect()
}

fn outcome(command: &mut Command) -> Value {
    let (code, text, err) = said(&command.output().unwrap());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn two_machines_do_a_run_between_them_and_find_in_the_store_what_one_alone_makes() {
    let folder = tempfile::tempdir().unwrap();
    let machines = ["a", "b"].map(|name| folder.path().join(name));
    let alone = folder.path().join("alone");
    for machine in machines.iter().chain([&alone]) {
        project(machine);
    }
    let store = format!("store={}", folder.path().join("store").display());
    let whole = outcome(forewarn().current_dir(&alone).args(["run", "--json"]));
    let mut last = Value::Null;
    // Each task is done where the one before it was not.
    for (i, (id, command)) in plan(&machines[0]).into_iter().enumerate() {
        let mut words: Vec<String> = command;
        let config = words.iter().position(|word| word == "--config").unwrap() + 1;
        words[config] = "forewarn.toml".to_owned();
        let mut program = forewarn();
        program.current_dir(&machines[i % 2]).args(&words).args(["--set", &store]);
        last = outcome(&mut program);
        assert_eq!(last["run"], whole["run"], "{id}");
        let made = last["steps"].as_array().unwrap().iter().filter(|step| step["cached"] == false);
        assert!(id != "archive" || made.count() == 0, "it only files what the others made");
    }
    let run = whole["run"].as_str().unwrap();
    let read = |folder: &Path, name: &str| {
        std::fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    };
    for name in ["scores.json", "drift.html", "evaluation.html"] {
        let here = read(&alone.join("forewarn-out/runs").join(run), name);
        assert!(read(&folder.path().join("store/runs").join(run), name) == here, "{name}");
    }
    let filed = |folder: &Path| -> Vec<_> {
        let all =
            results(folder).into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "parquet"));
        all.collect()
    };
    assert!(filed(&folder.path().join("store/archive")) == filed(&alone.join("forewarn-out/archive")));
    assert_eq!(last["missing"].as_array().unwrap().len(), 0);
}

#[test]
fn tasks_of_one_run_may_be_done_side_by_side_but_not_beside_a_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    outcome(forewarn().current_dir(folder.path()).args(["run", "--json", "--task", "features"]));
    let start =
        |id: &str| forewarn().current_dir(folder.path()).args(["run", "--json", "--task", id]).output();
    std::thread::scope(|scope| {
        let both =
            ["train long_memory", "train same_weather"].map(|id| scope.spawn(move || start(id).unwrap()));
        for one in both {
            let (code, _, err) = said(&one.join().unwrap());
            assert_eq!(code, 0, "{err}");
        }
    });
    let lock = std::fs::File::open(folder.path().join("forewarn-out/.lock")).unwrap();
    lock.lock_shared().unwrap();
    assert_eq!(said(&start("forecast long_memory").unwrap()).0, 0, "a task beside a task");
    let (code, _, err) = said(&forewarn().current_dir(folder.path()).arg("run").output().unwrap());
    assert!(code == 75 && err.contains("at work here"), "{err}");
    drop(lock);
    let alone = std::fs::File::open(folder.path().join("forewarn-out/.lock")).unwrap();
    alone.lock().unwrap();
    assert_eq!(said(&start("forecast long_memory").unwrap()).0, 75, "a task beside a whole run");
}

#[test]
fn a_gate_that_fails_keeps_the_forecast_back_until_a_person_lets_it_pass() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let rules = "[[output]]\ncheck = \"activation\"\nseverity = \"fail\"\nsettings = { limit = 0.000001 }\n";
    write(folder.path(), "rules.toml", rules);
    let task = |id: &str| {
        let mut program = forewarn();
        program.current_dir(folder.path()).args([
            "run",
            "--json",
            "--set",
            "gates.file=rules.toml",
            "--task",
            id,
        ]);
        said(&program.output().unwrap())
    };
    let approve = |words: &[&str]| {
        let mut program = forewarn();
        program.current_dir(folder.path()).args([
            "gate",
            "approve",
            "output",
            "--set",
            "gates.file=rules.toml",
        ]);
        said(&program.args(words).output().unwrap())
    };
    let (code, _, err) = task("gate output");
    assert!(code == 3 && err.contains("gate `output` failed"), "{code} {err}");
    let (code, text, err) = task("report");
    assert!(code == 0 && text.contains("report.html"), "the report is made: {err}");
    let (code, _, err) = task("archive");
    assert!(code == 3 && err.contains("nothing was filed"), "{err}");
    assert!(!folder.path().join("forewarn-out/archive/ged_sb").exists());
    assert_eq!(approve(&["--by", "duty", "--reason", ""]).0, 2);
    let (code, text, err) = approve(&["--by", "duty", "--reason", "a new front"]);
    assert!(code == 0 && text.contains("duty lets it pass"), "{err}");
    let (code, text, err) = task("archive");
    assert!(code == 0 && text.contains("duty lets it pass") && text.contains("a new front"), "{err}");
    assert!(folder.path().join("forewarn-out/archive/ged_sb").exists());
}

#[test]
fn logs_can_be_lines_of_json() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let output = forewarn().current_dir(folder.path()).args(["validate", "--log", "json"]).output().unwrap();
    let (code, text, err) = said(&output);
    assert!(code == 0 && text.starts_with("run small-"), "{text}");
    let lines: Vec<Value> = err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let finished = lines.iter().find(|line| line["message"] == "finished").unwrap();
    assert_eq!((&finished["level"], &finished["cached"]), (&Value::from("INFO"), &Value::from(false)));
    assert!(finished["step"].as_str().unwrap().starts_with("validate") && finished["timestamp"].is_string());
    let output =
        forewarn().current_dir(folder.path()).args(["--log", "json", "run", "-c", "none.toml"]).output();
    let (code, _, err) = said(&output.unwrap());
    let line: Value = serde_json::from_str(err.trim()).unwrap();
    assert_eq!((code, &line["level"], &line["exit_code"]), (1, &Value::from("ERROR"), &Value::from(1)));
    assert!(line["message"].as_str().unwrap().contains("none.toml"));
}
