//! The archive of a run as its users look at it, check it and copy it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::project::{forewarn, project, said};

fn ask(archive: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = forewarn();
    said(&command.arg("archive").args(arguments).arg("--archive").arg(archive).output().unwrap())
}

fn json(archive: &Path, arguments: &[&str]) -> Value {
    let (code, out, err) = ask(archive, &[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

/// A run that files elsewhere than in its output folder; gives the archive.
fn run(folder: &Path) -> PathBuf {
    let config = project(folder);
    let mut command = forewarn();
    command.args(["run", "-c"]).arg(config).args(["--set", "archive=\"kept/here\""]);
    let (code, _, err) = said(&command.output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert!(!folder.join("forewarn-out/archive").exists());
    folder.join("kept/here")
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_a_run_filed_is_listed_shown_copied_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let archive = run(folder.path());
    let listed = json(&archive, &["list"]);
    let forecasts = listed["forecasts"].as_array().unwrap();
    let [first, ..] = &forecasts[..] else { panic!("{listed}") };
    let (code, table, _) = ask(&archive, &["list"]);
    assert_eq!((code, table.lines().count()), (0, forecasts.len() + 1));
    assert_eq!(json(&archive, &["list", "common_ground"])["forecasts"].as_array().unwrap().len(), 1);

    let shown = json(&archive, &["show", "common_ground"]);
    assert_eq!(shown["manifest"]["made"]["kind"], "ensemble");
    let (_, page, _) = ask(&archive, &["show", "common_ground"]);
    assert!(page.contains("made by        an ensemble, mean") && page.contains("member "), "{page}");
    let (code, _, err) = ask(&archive, &["show", "ged_sb"]);
    assert!(code == 2 && err.contains("forecasts fit, name one of: "), "{err}");
    let (code, _, err) = ask(&archive, &["show", "nobody"]);
    assert!(code == 2 && err.contains("no forecast fits `nobody`"), "{err}");

    let copy = folder.path().join("copy");
    let copied = json(&archive, &["export", "--to", copy.to_str().unwrap()]);
    assert_eq!(copied["filed"].as_array().unwrap().len(), forecasts.len());
    assert_eq!(json(&copy, &["verify"])["whole"], forecasts.len());
    let table = folder.path().join("table.csv");
    assert_eq!(ask(&archive, &["export", "common_ground", "--to", table.to_str().unwrap()]).0, 0);
    let text = std::fs::read_to_string(&table).unwrap();
    let m = &shown["manifest"];
    let draws = m["draws"].as_u64().unwrap_or(1);
    let rows = m["units"].as_u64().unwrap() * m["steps"].as_u64().unwrap() * draws;
    assert!(text.starts_with("unit,period,step,draw,value\n") && text.lines().count() as u64 == rows + 1);

    // What is damaged is named, and mended from the copy.
    let file = PathBuf::from(first["file"].as_str().unwrap());
    flip(&file);
    std::fs::write(file.with_file_name("forecast-0123456789abcdef.parquet"), b"left").unwrap();
    let (code, out, err) = ask(&archive, &["verify"]);
    assert!(code == 1 && err.contains(file.to_str().unwrap()), "{err}");
    assert!(out.contains("1 damaged, 0 missing, 1 orphaned") && out.contains("orphaned: "), "{out}");
    assert_eq!(ask(&archive, &["import", copy.to_str().unwrap()]).0, 0);
    let (code, out, _) = ask(&archive, &["verify"]);
    assert!(code == 0 && out.contains("0 damaged, 0 missing, 1 orphaned"), "an orphan is no damage: {out}");

    let manifest = file.with_file_name("manifest.json");
    flip(&manifest);
    let (code, out, err) = ask(&archive, &["list"]);
    assert!(code == 1 && err.contains(manifest.to_str().unwrap()), "{err}");
    assert_eq!(out.lines().count(), forecasts.len(), "all others are listed");
}

#[test]
fn what_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) = ask(folder.path(), &["list"]);
    assert_eq!((code, out), (0, format!("no forecasts in {}\n", folder.path().display())));
    let (code, _, err) = ask(folder.path(), &["import", folder.path().to_str().unwrap()]);
    assert!(code == 2 && err.contains("no forecast fits"), "{err}");
    let (code, _, err) = ask(Path::new("s3:///x"), &["list"]);
    assert!(code == 1 && err.contains("names no bucket"), "{err}");
}
