//! `forewarn promote` as its users run it.

use std::path::Path;

use serde_json::Value;

use crate::project::{forewarn, project, said, write};

fn ask(config: &Path, arguments: &[&str]) -> (i32, String, String) {
    said(&forewarn().arg("promote").args(arguments).arg("-c").arg(config).output().unwrap())
}

/// The small run, with the history of cells as a shadow of no change.
fn challenged(folder: &Path) -> std::path::PathBuf {
    let config = project(folder);
    write(folder, "models/same_weather.toml", "# Why.\nalgorithm = \"no-change\"\nstatus = \"deployed\"\n");
    config
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn the_better_one_takes_over_when_somebody_approves() {
    let folder = tempfile::tempdir().unwrap();
    let config = challenged(folder.path());
    let (code, out, err) = ask(&config, &["long_memory", "--over", "same_weather"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("long_memory against same_weather: better"), "{out}");
    assert!(out.contains("onset") && out.contains("nothing is changed"), "{out}");
    assert!(text(folder.path(), "models/same_weather.toml").contains("status = \"deployed\""));

    let listed = ["--set", "promotion.approvers=[\"Ada\"]"];
    let (code, _, err) = ask(
        &config,
        &[&["long_memory", "--over", "same_weather", "--approver", "Bob"][..], &listed].concat(),
    );
    assert!(code == 2 && err.contains("`Bob` may not approve; `promotion.approvers` are: Ada"), "{err}");
    let approved = ["long_memory", "--over", "same_weather", "--approver", "Ada", "--json"];
    let (code, out, err) = ask(&config, &[&approved[..], &listed].concat());
    assert_eq!(code, 0, "{err}");
    assert_eq!(
        text(folder.path(), "models/same_weather.toml"),
        "# Why.\nalgorithm = \"no-change\"\nstatus = \"shadow\"\n"
    );
    assert_eq!(
        text(folder.path(), "models/long_memory.toml"),
        "algorithm = \"conflictology\"\nstatus = \"deployed\"\n"
    );
    let promotion: Value = serde_json::from_str(&out).unwrap();
    let written: Value =
        serde_json::from_str(&text(Path::new(""), promotion["evidence"].as_str().unwrap())).unwrap();
    assert_eq!(written, promotion, "the evidence is what was printed");
    assert_eq!((&written["approver"], &written["ruling"]["decision"]), (&"Ada".into(), &"better".into()));
    let groups: Vec<_> =
        written["backtests"].as_array().unwrap().iter().map(|c| c["group"].as_str().unwrap()).collect();
    assert!(["all", "state", "country"].iter().all(|group| groups.contains(group)));
}

#[test]
fn the_worse_one_does_not_even_when_somebody_approves() {
    let folder = tempfile::tempdir().unwrap();
    let config = challenged(folder.path());
    write(folder.path(), "models/long_memory.toml", "algorithm = \"conflictology\"\nstatus = \"deployed\"\n");
    write(folder.path(), "models/same_weather.toml", "algorithm = \"no-change\"\n");
    let (code, _, err) = ask(&config, &["same_weather", "--over", "long_memory", "--approver", "Ada"]);
    assert_eq!(code, 3, "{err}");
    assert!(
        err.contains("gate `promotion` failed: `same_weather` is not measurably better: crps over all rows"),
        "{err}"
    );
    assert_eq!(
        text(folder.path(), "models/same_weather.toml"),
        "algorithm = \"no-change\"\n",
        "nothing is changed"
    );
}

#[test]
fn only_like_replaces_like() {
    let folder = tempfile::tempdir().unwrap();
    let config = challenged(folder.path());
    let wrong = |arguments: &[&str]| {
        let (code, _, err) = ask(&config, arguments);
        assert_eq!(code, 2, "{err}");
        err
    };
    let e = wrong(&["long_memory"]);
    assert!(e.contains("`long_memory` is a model with status Shadow, `common_ground` is an ensemble"), "{e}");
    let e = wrong(&["dark_horse", "--over", "same_weather"]);
    assert!(e.contains("`dark_horse` is neither a model nor an ensemble of this run"), "{e}");
    let e = wrong(&["middle_path", "--approver", ""]);
    assert!(e.contains("give a name"), "{e}");
}

#[test]
fn what_was_issued_counts_once_its_months_have_come() {
    let folder = tempfile::tempdir().unwrap();
    let config = challenged(folder.path());
    let earlier = |last: &str| {
        let last = format!("source.last={last}");
        let output = forewarn().args(["run", "--set", &last, "-c"]).arg(&config).output().unwrap();
        assert_eq!(said(&output).0, 0, "{}", said(&output).2);
    };
    let online = || {
        let (_, out, _) = ask(&config, &["long_memory", "--over", "same_weather", "--json"]);
        let promotion: Value = serde_json::from_str(&out).unwrap();
        (promotion["online"]["months"].as_u64().unwrap(), promotion["ruling"].to_string())
    };
    earlier("490");
    let (months, ruling) = online();
    assert_eq!(months, 2, "{ruling}");
    assert!(ruling.contains("cannot-tell") && ruling.contains("2 months so far, 3 are needed"), "{ruling}");
    earlier("489");
    let (months, ruling) = online();
    assert_eq!(months, 3, "from two origins, three different months: {ruling}");
    assert!(!ruling.contains("are needed"), "{ruling}");
}
