use super::*;
use crate::{File, Place, Role};

fn run(stage: &str, started: u64) -> Run {
    Run {
        group: "2026-03_ab".into(),
        stage: stage.into(),
        name: format!("{stage} of march"),
        config: [("forecast.steps".to_owned(), json!(36)), ("name".to_owned(), json!("march"))].into(),
        tags: vec!["monthly".into()],
        started: Moment(started),
    }
}

/// The records in the folder of the only run, with its name.
fn read(root: &std::path::Path) -> (String, Vec<Record>) {
    let folders: Vec<_> = std::fs::read_dir(root.join("wandb")).unwrap().map(|e| e.unwrap().path()).collect();
    let [folder] = &folders[..] else { panic!("{folders:?}") };
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let id = name.rsplit('-').next().unwrap();
    let bytes = std::fs::read(folder.join(format!("run-{id}.wandb"))).unwrap();
    let records = log::records(&bytes).iter().map(|bytes| Record::decode(&bytes[..]).unwrap()).collect();
    (name, records)
}

fn png() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0, 0, 0, 5, 0, 0, 0, 4], &[7; 40]].concat()
}

fn told(root: &std::path::Path, started: u64) {
    let tracker = Wandb::new(root, "forewarn").with_entity("team");
    let mut told = tracker.begin(&run("train", started)).unwrap();
    let metrics = |step, values: &[(&str, f64)]| Metrics {
        step,
        values: values.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect(),
    };
    told.metrics(&metrics(3, &[("pgm/sb/crps", 0.25)])).unwrap();
    told.metrics(&metrics(1, &[("pgm/sb/crps", 0.5), ("lost", f64::NAN)])).unwrap();
    told.table("gates", &Table { columns: vec!["a".into()], rows: vec![vec![json!("x".repeat(90_000))]] })
        .unwrap();
    told.image("maps/mean", &png()).unwrap();
    let files =
        vec![File { name: "state".into(), place: Place::Address("s3://b/k".into()), digest: "cafe".into() }];
    let mut artifact = Artifact {
        name: "panel".into(),
        kind: "dataset".into(),
        role: Role::Used,
        files,
        aliases: Vec::new(),
    };
    told.artifact(&artifact).unwrap();
    (artifact.name, artifact.role, artifact.aliases) = ("model".into(), Role::Made, vec!["champion".into()]);
    told.artifact(&artifact).unwrap();
    let alert = Alert { title: "gate".into(), text: "it failed".into(), level: Level::Warn };
    told.alert(&alert).unwrap();
    told.finish(Moment(started + 60), 3).unwrap();
}

#[test]
fn all_that_was_told_is_in_the_log_in_order() {
    let root = tempfile::tempdir().unwrap();
    told(root.path(), 1_735_689_600);
    let (name, records) = read(root.path());
    assert_eq!(name, format!("offline-run-20250101_000000-{}", run("train", 0).id()));
    assert!(records.iter().zip(1..).all(|(record, num)| record.num == num));
    let kinds: Vec<Kind> = records.into_iter().map(|record| record.kind.unwrap()).collect();
    assert_eq!(kinds.len(), 11);
    let [
        Kind::Header(_),
        Kind::Run(told),
        Kind::Files(table),
        Kind::Files(picture),
        Kind::Artifact(used),
        Kind::Artifact(made),
        Kind::Alert(alert),
        Kind::History(first),
        Kind::History(second),
        Kind::Summary(summary),
        Kind::Exit(exit),
    ] = &kinds[..]
    else {
        panic!("{kinds:?}")
    };
    assert_eq!((told.group.as_str(), told.job_type.as_str()), ("2026-03_ab", "train"));
    assert_eq!((told.project.as_str(), told.entity.as_str()), ("forewarn", "team"));
    assert_eq!(told.config.as_ref().unwrap().update[0], item("forecast.steps", "36".into()));
    assert!(used.use_after_commit && used.user_created, "used, and not made by this run");
    assert!(!made.use_after_commit && !made.user_created, "made by this run");
    assert_eq!(used.digest, made.digest, "the same files are the same artifact");
    assert_eq!(made.aliases, ["latest", "champion"]);
    assert_eq!((alert.title.as_str(), alert.level.as_str()), ("gate", "WARN"));
    assert_eq!((&first.step, &second.step), (&Some(Step { num: 1 }), &Some(Step { num: 3 })), "steps rise");
    assert_eq!((exit.exit_code, exit.runtime), (3, 60));
    let last = |key: &str| &summary.update.iter().find(|i| i.nested_key == [key]).unwrap().value_json;
    assert_eq!((last("pgm/sb/crps").as_str(), last("lost").as_str()), ("0.25", "NaN"));
    for (files, key, facts) in [
        (table, "gates", json!({"_type": "table-file", "ncols": 1, "nrows": 1})),
        (picture, "maps/mean", json!({"_type": "image-file", "width": 5, "height": 4, "format": "png"})),
    ] {
        let value: Value = serde_json::from_str(last(key)).unwrap();
        assert!(facts.as_object().unwrap().iter().all(|(name, fact)| value[name] == *fact), "{value}");
        assert_eq!(value["path"], files.files[0].path.as_str());
        let bytes =
            std::fs::read(root.path().join("wandb").join(&name).join("files").join(&files.files[0].path));
        let bytes = bytes.unwrap();
        assert_eq!(
            (value["sha256"].as_str(), value["size"].as_u64()),
            (Some(&*sha256(&bytes)), Some(bytes.len() as u64))
        );
    }
}

#[test]
fn a_stage_that_is_tried_again_is_the_same_run() {
    let root = tempfile::tempdir().unwrap();
    told(root.path(), 1_735_689_600);
    let (first, _) = read(root.path());
    told(root.path(), 1_735_689_900);
    let (second, records) = read(root.path());
    assert_eq!(second, first.replace("000000", "000500"), "and there is one folder");
    assert_eq!(records.len(), 11);
}

#[test]
fn the_same_run_is_the_same_bytes() {
    let bytes = || {
        let root = tempfile::tempdir().unwrap();
        told(root.path(), 1_735_689_600);
        read(root.path()).1
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_run_that_is_not_finished_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let tracker = Wandb::new(root.path(), "p");
    let mut told = tracker.begin(&run("train", 1)).unwrap();
    assert!(told.image("map", b"GIF89a").unwrap_err().to_string().contains("no PNG file"));
    assert!(told.table("t", &Table { columns: vec![], rows: vec![vec![json!(1)]] }).is_err());
    drop(told);
    assert_eq!(std::fs::read_dir(root.path().join("wandb")).unwrap().count(), 0);
}

#[test]
fn numbers_are_written_as_python_reads_them() {
    let words = [1.0, 0.1, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(number);
    assert_eq!(words, ["1.0", "0.1", "1e+300", "NaN", "Infinity", "-Infinity"]);
}
