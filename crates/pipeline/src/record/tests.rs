use super::*;
use crate::small_run::{archive, code, load, project, write};
use crate::{Silent, run};

#[test]
fn a_whole_run_is_recorded_with_the_digest_of_everything() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = archive(&project(folder.path(), 2)).unwrap();
    let record = Record::read(&outcome.record).unwrap();
    assert_eq!((record.schema, record.id.as_str(), record.end), (1, "0001", End::Done));
    assert_eq!((record.run.as_ref(), record.origin.as_deref()), (Some(&outcome.run), Some("2020-12")));
    let file = |name: &str| forewarn_store::Digest::of_file(&outcome.folder.join(name)).unwrap().to_string();
    assert_eq!(record.digests.scores, Some(file("scores.json")));
    assert_eq!(record.digests.page, Some(file("report.html")));
    assert_eq!(record.config, file("config.toml"));
    let filed = |name: &str| {
        let mut paths = outcome.files.iter().filter(|p| p.extension().is_some_and(|e| e == "parquet"));
        let path = paths.find(|path| path.to_string_lossy().contains(name)).unwrap();
        forewarn_store::Digest::of_file(path).unwrap().to_string()
    };
    for name in ["still_water", "long_memory", "common_ground"] {
        assert_eq!(record.digests.forecasts[name], filed(name));
    }
    assert_eq!(
        record.digests.artifacts.len(),
        4,
        "two models, two partitions: {:?}",
        record.digests.artifacts
    );
    let source = &record.sources["deaths.csv"];
    assert_eq!(source.path.as_deref().map(Path::is_absolute), Some(true));
    assert_eq!(
        source.digest,
        forewarn_store::Digest::of_file(&folder.path().join("deaths.csv")).unwrap().to_string()
    );
    assert_eq!(record.issued.as_ref().map(|i| (i.name.as_str(), i.scores.len())), Some(("common_ground", 2)));
    assert_eq!(record.gates.len(), 3);

    // The steps are a chain of digests: what one made is what the next was made of.
    let step = |name: &str| record.steps.iter().find(|s| s.step == name).unwrap();
    let (panel, features) = (&step("validate").output, &step("features small").output);
    assert_eq!(
        (record.digests.panel.as_ref(), record.digests.features.as_ref()),
        (Some(panel), Some(features))
    );
    assert!(step("features small").inputs.values().any(|d| d == panel));
    assert!(step("combine common_ground").inputs.values().any(|d| *d == step("forecast long_memory").output));
    assert!(record.steps.iter().all(|s| !s.cached && s.key.len() == 64));
}

#[test]
fn the_record_has_all_that_a_run_was_told_but_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = archive(&project(folder.path(), 2)).unwrap();
    let settings = Record::read(&outcome.record).unwrap().settings;
    let names: Vec<&str> = settings.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "ensembles/common_ground.toml",
            "forewarn.toml",
            "gates.toml",
            "models/long_memory.toml",
            "models/still_water.toml",
            "query-set.toml"
        ]
    );
    assert!(settings[GATES].contains("alpha") && !settings[GATES].contains("secret"), "{}", settings[GATES]);
    let leaves = leaves(&settings);
    assert_eq!(leaves["models/long_memory.toml: settings.window"], "12");
    assert_eq!(leaves["forewarn.toml: forecast.draws"], "8");
}

#[test]
fn a_run_that_fails_leaves_a_record_that_says_where_and_why() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 2);
    let failed = |flags: &[&str]| {
        let resolved = load(folder.path(), flags);
        let reason = run(&resolved, &code(), Until::Archive, &Silent).unwrap_err().to_string();
        let (records, _) = crate::runs::Runs::of(&resolved).unwrap().list().unwrap();
        let record = records.last().unwrap().clone();
        assert_eq!((record.end, &record.failure.as_ref().unwrap().reason), (End::Failed, &reason));
        let log = folder.path().join("forewarn-out/records").join(&record.id).join(LOG);
        assert!(std::fs::read_to_string(log).unwrap().lines().last().unwrap().contains("failed at"));
        record
    };
    let early = failed(&["evaluation.metrics=[\"magic\"]"]);
    assert_eq!((early.failure.unwrap().place.as_str(), early.run), ("the beginning", None));
    assert_eq!(early.sources.len(), 1, "what it was about is known nevertheless");
    let gate = failed(&["validation.last=\"2020-06\""]);
    let failure = gate.failure.unwrap();
    assert_eq!((failure.place.as_str(), failure.exit_code), ("step `validate`", 3), "{}", failure.reason);
    let id = gate.id.clone();
    write(folder.path(), "set.toml", "name = 1\n");
    let late = failed(&[]);
    assert!(late.id > id && late.run.is_some());
    assert!(late.failure.unwrap().place.starts_with("after step `gate input`"), "the query set is no step");
    assert!(late.digests.panel.is_some(), "and what was made until then is known");
}

#[test]
fn a_run_that_could_not_begin_has_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = project(folder.path(), 2);
    let output = folder.path().join("forewarn-out");
    std::fs::create_dir_all(&output).unwrap();
    let held = std::fs::File::create(output.join(".lock")).unwrap();
    held.lock().unwrap();
    assert!(matches!(archive(&resolved), Err(Error::Busy { .. })));
    assert!(!output.join("records").exists());
}

#[test]
fn records_of_another_version_and_strange_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = archive(&project(folder.path(), 2)).unwrap();
    let text = std::fs::read_to_string(outcome.record.join(RECORD)).unwrap();
    let said = |text: &str| {
        write(folder.path(), "other/record.json", text);
        Record::read(&folder.path().join("other")).unwrap_err().to_string()
    };
    let newer = text.replacen("\"schema\": 1", "\"schema\": 2", 1);
    assert!(said(&newer).contains("is of version 2, this program knows 1"), "{}", said(&newer));
    assert!(said(&text.replacen("\"until\"", "\"still\"", 1)).contains("unknown field `still`"));
    assert!(said("{}").contains("missing field `schema`"));
}

#[test]
fn the_log_has_a_line_with_its_time_for_each_step() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = project(folder.path(), 2);
    archive(&resolved).unwrap();
    let outcome = archive(&resolved).unwrap();
    let record = Record::read(&outcome.record).unwrap();
    assert_eq!(record.id, "0002", "a repeated run has a record of its own");
    assert!(record.steps.iter().all(|step| step.cached));
    let log = std::fs::read_to_string(outcome.record.join(LOG)).unwrap();
    assert_eq!(log.lines().count(), record.steps.len() + record.warnings.len() + 2, "{log}");
    for line in log.lines() {
        assert!(line.starts_with("20") && line[..20].ends_with('Z'), "{line}");
    }
    assert!(
        log.contains("Z forecast long_memory: already there\n")
            && log.lines().last().unwrap().contains("done")
    );
}
