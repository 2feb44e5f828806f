//! Small archived forecasts to work on, and tests of what the work on them shares.

use std::collections::BTreeMap;

use forewarn_core::{Cadence, Period, Unit};
use forewarn_store::{Made, write_forecast};
use serde_json::json;
use tempfile::TempDir;

use super::*;

/// December 2020.
pub(super) const ORIGIN: Period = Period(492);

/// The forecast of one step, with as many draws a unit as the values make.
pub(super) fn field(step: u16, units: &[u32], values: &[f32]) -> Field {
    let ids = units.iter().map(|&u| Unit(u)).collect();
    let made = match values.len() / units.len() {
        1 => Field::point(ORIGIN, Step(step), ids, values.to_vec()),
        draws => Field::draws(ORIGIN, Step(step), ids, draws, values.to_vec()),
    };
    made.unwrap()
}

/// The record of a model's forecast of cells, of two steps, that nothing speaks against.
pub(super) fn manifest(name: &str) -> Manifest {
    Manifest {
        schema: Manifest::SCHEMA,
        run: "r1".into(),
        name: name.into(),
        made: Made::Model {
            algorithm: "no-change".into(),
            settings: json!({}),
            artifact: format!("{name}_31122020"),
            state: Digest::of_bytes(b"state").to_string(),
        },
        target: "ged_sb".into(),
        level: "pgm".into(),
        cadence: Cadence::Month,
        origin: (ORIGIN, "2020-12".into()),
        steps: Step(2),
        draws: None,
        units: 2,
        missing: 0,
        seed: 1,
        vintage: "final".into(),
        code: "0.1.0".into(),
        config: Digest::of_bytes(b"config"),
        data: BTreeMap::new(),
        inputs: BTreeMap::new(),
        file: Digest::of_bytes(b"file"),
    }
}

/// Files these fields under that record, which gets the digest of the file.
pub(super) fn put(archive: &Archive, record: Manifest, fields: Vec<Field>) -> Filed {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("forecast.parquet");
    write_forecast(std::fs::File::create(&path).unwrap(), &labels(&record), fields).unwrap();
    archive.file(Manifest { file: Digest::of_file(&path).unwrap(), ..record }, &path).unwrap()
}

/// Two units and two steps of these values.
pub(super) fn two(values: [f32; 4]) -> Vec<Field> {
    vec![field(1, &[100, 101], &values[..2]), field(2, &[100, 101], &values[2..])]
}

/// An empty archive.
pub(super) fn archive() -> (TempDir, Archive) {
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::open(root.path().join("archive")).unwrap();
    (root, archive)
}

#[test]
fn runs_are_named_by_what_goes_into_them() {
    let id = run_id("pool", "2020-12", &json!({"seed": 1}));
    assert_eq!(id, run_id("pool", "2020-12", &json!({"seed": 1})));
    assert!(id.starts_with("pool-2020-12-") && id.len() == "pool-2020-12-".len() + 10, "{id}");
    assert_ne!(id, run_id("pool", "2020-12", &json!({"seed": 2})));
    let minute = run_id("reconcile", "2020-12-01T06:30", &1);
    assert!(minute.starts_with("reconcile-2020-12-01T0630-"), "no colon in the name of a folder: {minute}");
}

#[test]
fn vintages_are_told_once_and_in_order() {
    let of = |vintage: &str| Manifest { vintage: vintage.into(), ..manifest("m") };
    let all = [of("final"), of("candidate 3"), of("final")];
    assert_eq!(joined(all.iter(), |m| &m.vintage), "candidate 3 + final");
    assert_eq!(joined(all[..1].iter(), |m| &m.vintage), "final");
    assert_eq!(joined([].into_iter(), |m| &m.vintage), "");
}

#[test]
fn what_is_made_is_filed_with_its_size() {
    let (_root, archive) = archive();
    let from = manifest("m");
    let record = |file, size: &Size| {
        assert_eq!((size.units, size.draws, size.missing), (2, Some(3), 5));
        Manifest { file, steps: Step(5), ..manifest("made") }
    };
    // The second unit is missing in every step.
    let make = |step: Step| {
        let v = f32::from(step.0);
        Ok(field(step.0, &[7, 9], &[v, v + 1.0, v + 2.0, f32::NAN, f32::NAN, f32::NAN]))
    };
    let filed = file_forecast(&archive, &labels(&from), Step(5), make, record).unwrap();
    archive.verify(&filed).unwrap();
    for step in 1..=5 {
        let there = filed.open().unwrap().field(Step(step)).unwrap();
        assert_eq!(there.values()[..3], [step, step + 1, step + 2].map(f32::from), "step {step}");
    }
}

#[test]
fn what_cannot_be_made_is_not_filed() {
    let (_root, archive) = archive();
    let from = manifest("m");
    let make = |step: Step| match step.0 {
        3 => Err(Error::config("step 3", "refused")),
        step => Ok(field(step, &[7], &[1.0])),
    };
    let record = |file, _: &Size| Manifest { file, ..manifest("made") };
    let error = file_forecast(&archive, &labels(&from), Step(4), make, record).unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    assert_eq!(archive.list().unwrap().0, []);
}
