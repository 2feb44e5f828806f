//! `forewarn pool` as its users run it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::project::{forewarn, project, said, write};

fn pool(folder: &Path, ensemble: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = forewarn();
    command.arg("pool").arg(folder.join(format!("ensembles/{ensemble}.toml")));
    command.arg("--archive").arg(folder.join("forewarn-out/archive")).args(arguments);
    said(&command.output().unwrap())
}

fn run(folder: &Path, arguments: &[&str]) {
    let output =
        forewarn().args(["run", "-c"]).arg(folder.join("forewarn.toml")).args(arguments).output().unwrap();
    assert_eq!(said(&output).0, 0, "{}", said(&output).2);
}

/// Folders of what is filed under `name`.
fn filed(folder: &Path, name: &str) -> Vec<PathBuf> {
    let origins = std::fs::read_dir(folder.join("forewarn-out/archive/ged_sb").join(name));
    let folders = |path: PathBuf| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    origins.into_iter().flatten().flat_map(|origin| folders(origin.unwrap().path())).collect()
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap()
}

/// The Parquet file of a folder.
fn forecast(folder: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|file| file.extension().is_some_and(|e| e == "parquet")).unwrap()
}

/// The small run, done as far as the archive.
fn archive(folder: &Path) {
    project(folder);
    run(folder, &[]);
}

#[test]
fn archived_forecasts_are_pooled_as_a_run_combines_them() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    let members = "members = [\"still_water\", \"same_weather\", \"long_memory\"]\n";
    write(folder.path(), "ensembles/second_mean.toml", &format!("algorithm = \"mean\"\n{members}"));
    let (code, out, err) = pool(folder.path(), "second_mean", &["--json"]);
    assert_eq!(code, 0, "{err}");
    let pooled: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&pooled["origin"], &pooled["name"]), (&"2020-12".into(), &"second_mean".into()));
    let (mine, runs) = (filed(folder.path(), "second_mean"), filed(folder.path(), "common_ground"));
    assert_eq!(Path::new(pooled["folder"].as_str().unwrap()), mine[0]);
    let bytes = |at: &Path| std::fs::read(forecast(at)).unwrap();
    assert!(bytes(&mine[0]) == bytes(&runs[0]), "the mean of the same members is the same file");
    let (made, theirs) = (manifest(&mine[0]), manifest(&runs[0]));
    assert_eq!(made["made"]["members"], theirs["made"]["members"]);
    assert_eq!(made["data"], theirs["data"]);

    assert_eq!(pool(folder.path(), "second_mean", &[]).0, 0);
    assert_eq!(filed(folder.path(), "second_mean").len(), 1, "the same again is the same forecast");
    let draws = "algorithm = \"linear-pool\"\nmembers = [\"long_memory\", \"same_weather\"]\n";
    write(folder.path(), "ensembles/open_pool.toml", draws);
    assert_eq!(pool(folder.path(), "open_pool", &["--seed", "1"]).0, 0);
    assert_eq!(pool(folder.path(), "open_pool", &["--seed", "2"]).0, 0);
    assert_eq!(filed(folder.path(), "open_pool").len(), 2, "another seed is another forecast");
}

#[test]
fn members_that_do_not_belong_together_are_named() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    let members = "members = [\"same_weather\", \"long_memory\", \"dark_horse\"]\n";
    let ensemble = |missing: &str| {
        write(
            folder.path(),
            "ensembles/open_pool.toml",
            &format!("algorithm = \"mean\"\n{missing}{members}"),
        );
    };
    ensemble("");
    let (code, _, err) = pool(folder.path(), "open_pool", &[]);
    assert_eq!(code, 3, "{err}");
    assert!(
        err.contains("gate `members` failed")
            && err.contains("`dark_horse`: it has no forecast from 2020-12"),
        "{err}"
    );
    assert!(err.contains("missing = \"degrade\""), "the cure is named: {err}");
    assert!(filed(folder.path(), "open_pool").is_empty(), "nothing is filed");

    write(folder.path(), "models/same_weather.toml", "algorithm = \"no-change\"\nstatus = \"deprecated\"\n");
    ensemble("missing = \"degrade\"\n");
    let (code, out, err) = pool(folder.path(), "open_pool", &[]);
    assert_eq!(code, 1, "somebody is missing: {err}");
    assert!(out.contains("open_pool from 2020-12: long_memory"), "{out}");
    let absent = &manifest(&filed(folder.path(), "open_pool")[0])["made"]["absent"];
    assert!(absent["same_weather"].as_str().unwrap().contains("it is deprecated"), "{absent}");
    assert!(absent["dark_horse"].as_str().unwrap().contains("the archive holds nothing"), "{absent}");

    let (code, _, err) = pool(folder.path(), "open_pool", &["--origin", "2019-01"]);
    assert!(
        code == 3 && err.contains("no forecast from 2019-01; the archive holds its latest is from")
            || err.contains("2020-12"),
        "{err}"
    );
    let learned = "algorithm = \"stacking\"\nmembers = [\"long_memory\"]\n";
    write(folder.path(), "ensembles/wise_owl.toml", learned);
    let (code, _, err) = pool(folder.path(), "wise_owl", &[]);
    assert!(code == 2 && err.contains("learns from past forecasts; combine it in a run"), "{err}");
    let (code, _, err) = pool(folder.path(), "wise_owl", &["--cycle", "13"]);
    assert!(code == 2 && err.contains("13 is no month of the year"), "{err}");
}

#[test]
fn a_changed_file_and_another_horizon_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    // The same model in another run, with fewer steps and draws, filed under another name.
    write(folder.path(), "models/short_view.toml", "algorithm = \"conflictology\"\n");
    let other = ["--set", "models=[\"short_view\"]", "--set", "ensembles=[]", "--set", "forecast.steps=3"];
    run(folder.path(), &other);
    let members = "algorithm = \"mean\"\nmembers = [\"long_memory\", \"short_view\"]\n";
    write(folder.path(), "ensembles/open_pool.toml", members);
    let (code, _, err) = pool(folder.path(), "open_pool", &[]);
    assert!(code == 3 && err.contains("`short_view`: its steps: 3, `long_memory` has 6"), "{err}");

    let file = forecast(&filed(folder.path(), "long_memory")[0]);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() - 1000;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let alone = "algorithm = \"mean\"\nmembers = [\"long_memory\", \"still_water\"]\n";
    write(folder.path(), "ensembles/open_pool.toml", alone);
    let (code, _, err) = pool(folder.path(), "open_pool", &[]);
    assert!(code != 0 && err.contains(file.to_str().unwrap()), "{err}");
}
