use super::*;
use crate::Silent;
use crate::small_run::{archive, code, observations, project, write};

#[test]
fn a_run_is_repeated_from_its_record_alone() {
    let folder = tempfile::tempdir().unwrap();
    let record = Record::read(&archive(&project(folder.path(), 2)).unwrap().record).unwrap();
    // All settings are changed or gone since; only the observations are still there.
    write(folder.path(), "models/long_memory.toml", "algorithm = \"zero\"\n");
    for name in ["forewarn.toml", "set.toml", "rules.toml", "ensembles/common_ground.toml"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let output = folder.path().join("again");
    let done = rerun(&record, &code(), &output, &Silent).unwrap();
    assert!(done.equal && done.causes.is_empty() && done.stopped.is_none(), "{done:?}");
    assert_eq!(done.compared, record.digests.compared());
    assert!(done.compared >= 9 && done.difference.unwrap().equal);
    assert!(output.join("archive/deaths/common_ground/2020-12").is_dir());
    let e = rerun(&record, &code(), &output, &Silent).unwrap_err();
    assert!(e.to_string().contains("is not empty") && e.exit_code() == 2, "{e}");
}

#[test]
fn what_makes_a_run_differ_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let record = Record::read(&archive(&project(folder.path(), 2)).unwrap().record).unwrap();
    let mut number = 0;
    let mut again = |record: &Record| {
        number += 1;
        rerun(record, &code(), &folder.path().join(format!("again-{number}")), &Silent).unwrap()
    };

    let mut other = record.clone();
    other.code.revision = "0.0.9".into();
    assert!(again(&other).equal, "another program may give the same");
    let window = other.settings["models/long_memory.toml"].replace("12", "9");
    other.settings.insert("models/long_memory.toml".into(), window);
    let done = again(&other);
    let difference = done.difference.as_ref().unwrap();
    assert!(
        !done.equal && done.causes == ["the program has changed: 0.0.9 and 0.1.0+test"],
        "{:?}",
        done.causes
    );
    let named = |kind| difference.changed.iter().any(|c| c.kind == kind);
    assert!(named(Kind::Artifact) && named(Kind::Forecast) && !named(Kind::Panel));

    let mut lost = record.clone();
    lost.settings.remove("ensembles/common_ground.toml");
    let done = again(&lost);
    assert!(
        !done.equal && done.causes[0].contains("has no ensembles/common_ground.toml"),
        "{:?}",
        done.causes
    );

    observations(folder.path(), 9);
    let done = again(&record);
    assert!(
        done.difference.is_none() && done.causes[0].contains("the observations have changed"),
        "{done:?}"
    );
    assert!(!done.folder.exists(), "nothing was begun");
    std::fs::remove_file(folder.path().join("deaths.csv")).unwrap();
    assert!(again(&record).causes[0].contains("the observations are gone"));
}

#[test]
fn a_replayed_run_is_repeated_from_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = project(folder.path(), 2);
    crate::replay::replay(&resolved, &code(), ("2020-10", "2020-10"), &Silent).unwrap();
    let record = Runs::of(&resolved).unwrap().find("latest").unwrap();
    assert_eq!(record.origin.as_deref(), Some("2020-10"));
    let done = rerun(&record, &code(), &folder.path().join("again"), &Silent).unwrap();
    assert!(done.equal && done.compared >= 6, "{done:?}");
}

#[test]
fn a_run_that_failed_fails_again() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 2);
    let resolved = crate::small_run::load(folder.path(), &["validation.last=\"2020-06\""]);
    let reason = archive(&resolved).unwrap_err().to_string();
    let record = Runs::of(&resolved).unwrap().find("latest").unwrap();
    let done = rerun(&record, &code(), &folder.path().join("again"), &Silent).unwrap();
    assert!(done.equal && done.compared == 0, "{done:?}");
    assert_eq!(
        done.stopped.map(|s| s.split('(').next().map(str::to_owned)),
        Some(reason.split('(').next().map(str::to_owned))
    );
}
