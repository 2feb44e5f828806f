use super::*;
use serde_json::json;

fn fit(state: &str, window: u32) -> Fit {
    Fit {
        name: "quiet_river_31122016".to_owned(),
        model: "quiet_river".to_owned(),
        algorithm: "hurdle".to_owned(),
        settings: json!({ "window": window }),
        defaults: BTreeMap::new(),
        seed: 7,
        target: "y".to_owned(),
        kind: TargetKind::Count,
        level: "pgm".to_owned(),
        cadence: Cadence::Month,
        partition: "calibration".to_owned(),
        training: Training {
            first: "1990-01".to_owned(),
            last: "2016-12".to_owned(),
            periods: 324,
            units: 3,
        },
        steps: Step(6),
        features: None,
        data: BTreeMap::from([("panel".to_owned(), "abc".to_owned())]),
        vintage: "test".to_owned(),
        code: "0.1.0".to_owned(),
        program: "def".to_owned(),
        state: Digest::of_bytes(state.as_bytes()),
        reference: None,
    }
}

fn keep(artifacts: &Artifacts, state: &str, window: u32, seconds: f64) -> Artifact {
    let files = || -> Result<_> {
        let export = ("exports/step_01_value.json".to_owned(), b"{}".to_vec());
        Ok(BTreeMap::from([(STATE.to_owned(), state.as_bytes().to_vec()), export]))
    };
    let cost = Cost { cpu_seconds: Some(seconds), peak_bytes: None };
    artifacts.keep(fit(state, window), cost, files).unwrap()
}

fn artifacts() -> (tempfile::TempDir, Artifacts) {
    let root = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::at(root.path().join("artifacts"));
    (root, artifacts)
}

#[test]
fn the_same_fit_is_one_artifact_and_another_replaces_nothing() {
    let (_root, artifacts) = artifacts();
    let first = keep(&artifacts, "weights", 12, 1.5);
    assert_eq!(first.folder(), "quiet_river_31122016");
    // What it cost is no part of it: the first stays, with what it cost then.
    assert_eq!(keep(&artifacts, "weights", 12, 9.0), first);
    assert_eq!(first.cost().cpu_seconds, Some(1.5));
    let other = keep(&artifacts, "weights", 6, 1.0);
    assert_eq!(other.folder(), format!("quiet_river_31122016-{}", &other.identity.as_str()[..10]));
    let third = keep(&artifacts, "heavier", 12, 1.0);
    assert_ne!(third.dir, other.dir, "another state with the same settings is another artifact");
    assert_eq!(keep(&artifacts, "weights", 6, 1.0), other, "and each is found again");
    assert_eq!(artifacts.find("quiet_river_31122016").unwrap().state().unwrap(), b"weights");
    let (all, broken) = artifacts.list().unwrap();
    assert_eq!((all.len(), broken.len()), (3, 0), "nothing is left beside them");
}

#[test]
fn evaluations_come_later_and_stay() {
    let (_root, artifacts) = artifacts();
    let artifact = keep(&artifacts, "weights", 12, 1.5);
    assert!(artifact.evaluations().unwrap().is_empty());
    artifact.evaluated("run-1", &json!({ "crps": 0.1 })).unwrap();
    artifact.evaluated("run-1", &json!({ "crps": 9.9 })).unwrap();
    artifact.evaluated("run-2", &json!({ "crps": 0.2 })).unwrap();
    let found = artifact.evaluations().unwrap();
    assert_eq!((found["run-1"]["crps"].as_f64(), found.len()), (Some(0.1), 2));
    assert!(artifact.faults().unwrap().is_empty(), "they are no damage");
}

#[test]
fn whatever_is_changed_is_found() {
    let faults = |change: &dyn Fn(&Path)| {
        let (_root, artifacts) = artifacts();
        let artifact = keep(&artifacts, "weights", 12, 1.5);
        assert!(artifact.faults().unwrap().is_empty());
        change(&artifact.dir);
        let found = artifacts.find("quiet_river_31122016").unwrap().faults().unwrap();
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let state = faults(&|dir| std::fs::write(dir.join(STATE), "weightz").unwrap());
    assert!(state.contains("model.state: has sha256") && state.contains("it was kept with"), "{state}");
    let gone = faults(&|dir| std::fs::remove_file(dir.join("exports/step_01_value.json")).unwrap());
    assert!(gone.contains("step_01_value.json: No such file"), "{gone}");
    let added = faults(&|dir| std::fs::write(dir.join("run.sh"), "rm").unwrap());
    assert!(added.contains("run.sh: is no part of the artifact"), "{added}");
    let inside = faults(&|dir| std::fs::write(dir.join("exports/run.sh"), "rm").unwrap());
    assert!(inside.contains("exports/run.sh: is no part of the artifact"), "{inside}");
    let record = faults(&|dir| {
        let path = dir.join(RECORD);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"seed\": 7"));
        std::fs::write(&path, text.replace("\"seed\": 7", "\"seed\": 8")).unwrap();
    });
    assert!(record.contains("artifact.json: has sha256"), "{record}");
}

#[test]
fn other_formats_and_strangers_are_told() {
    let (_root, artifacts) = artifacts();
    assert!(artifacts.find("none").unwrap_err().to_string().contains("`forewarn train` makes them"));
    let artifact = keep(&artifacts, "weights", 12, 1.5);
    let missing = artifacts.find("loud_river_31122016").unwrap_err().to_string();
    assert!(missing.contains("there are: quiet_river_31122016"), "{missing}");
    let path = artifact.dir.join(RECORD);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    let newer = artifacts.find("quiet_river_31122016").unwrap_err().to_string();
    assert!(newer.contains("is of format 2, this program knows 1"), "{newer}");
    let (all, broken) = artifacts.list().unwrap();
    assert_eq!((all.len(), broken.len()), (0, 1));
    // It cannot be read, and is not replaced: the same fit goes beside it.
    assert!(keep(&artifacts, "weights", 12, 1.5).folder().starts_with("quiet_river_31122016-"));
    let mut wrong = fit("weights", 1);
    wrong.name = "../x".to_owned();
    let refused = artifacts.keep(wrong, Cost::default(), || -> Result<_> { Ok(BTreeMap::new()) });
    assert!(refused.unwrap_err().to_string().contains("cannot name an artifact"));
    let lost = artifacts.keep(fit("weights", 2), Cost::default(), || -> Result<_> { Ok(BTreeMap::new()) });
    assert!(lost.unwrap_err().to_string().contains("has not the digest"));
}

#[test]
fn the_reference_is_part_of_what_was_fitted() {
    let (_root, artifacts) = artifacts();
    let with = |text: &str| Fit { reference: Some(Digest::of_bytes(text.as_bytes())), ..fit("weights", 12) };
    let files = |text: &str| -> Result<BTreeMap<String, Vec<u8>>> {
        let of = |name: &str, bytes: &str| (name.to_owned(), bytes.as_bytes().to_vec());
        Ok(BTreeMap::from([of(STATE, "weights"), of(REFERENCE, text)]))
    };
    let other = artifacts.keep(with("calm"), Cost::default(), || files("wild")).unwrap_err().to_string();
    assert!(other.contains("`reference.json` has not the digest"), "{other}");
    let artifact = artifacts.keep(with("calm"), Cost::default(), || files("calm")).unwrap();
    assert_eq!(artifact.reference().unwrap().as_deref(), Some(&b"calm"[..]));
    assert!(artifact.faults().unwrap().is_empty());
    assert_ne!(artifact.identity, with("wild").identity().unwrap(), "another reference is another artifact");
    // Artifacts from before there was one stay what they are.
    let plain = keep(&artifacts, "weights", 12, 1.0);
    assert!(plain.dir != artifact.dir && plain.reference().unwrap().is_none());
    assert!(!serde_json::to_string(&plain.fit).unwrap().contains("reference"));
    std::fs::write(artifact.dir.join(REFERENCE), "wild").unwrap();
    let found = artifact.faults().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    assert!(found.contains("reference.json: has sha256"), "{found}");
    assert!(artifact.reference().unwrap_err().to_string().contains("it was kept with"));
}

#[test]
fn many_who_keep_at_once_take_nothing_from_each_other() {
    let (_root, artifacts) = artifacts();
    let keep_ten =
        |first: u32| (0..10).map(|i| keep(&artifacts, "weights", first + i / 2, 1.0)).collect::<Vec<_>>();
    let kept: Vec<Artifact> = std::thread::scope(|scope| {
        let all: Vec<_> =
            [12, 12, 14].map(|first| scope.spawn(move || keep_ten(first))).into_iter().collect();
        all.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    let (there, broken) = artifacts.list().unwrap();
    assert_eq!((there.len(), broken.len(), kept.len()), (7, 0, 30), "windows 12 to 18");
    assert!(kept.iter().all(|one| there.iter().any(|other| other.identity == one.identity)));
}
