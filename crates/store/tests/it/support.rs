//! Small forecasts and what was made of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_core::{Cadence, Field, Period, Step, Unit, Units};
use forewarn_store::{Digest, Labels, Made, Manifest, write_forecast};
use serde_json::json;

pub(crate) const ORIGIN: Period = Period(492);

pub(crate) fn labels() -> Labels {
    Labels { target: "ged_sb".into(), level: "pgm".into(), cadence: Cadence::Month }
}

pub(crate) fn units(n: u32) -> Units {
    (0..n).map(|i| Unit(100 + 7 * i)).collect::<Vec<_>>().into()
}

/// A field that differs in each step and unit; the second unit has no forecast. No draws: a point.
pub(crate) fn field(step: u16, units: &Units, draws: Option<usize>) -> Field {
    let width = draws.unwrap_or(1);
    let value = |i: usize| if i / width == 1 { f32::NAN } else { f32::from(step) + (i * i) as f32 / 8.0 };
    let values = (0..units.len() * width).map(value).collect();
    match draws {
        None => Field::point(ORIGIN, Step(step), units.clone(), values),
        Some(draws) => Field::draws(ORIGIN, Step(step), units.clone(), draws, values),
    }
    .unwrap()
}

pub(crate) fn bytes_of(labels: &Labels, fields: impl IntoIterator<Item = Field>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_forecast(&mut bytes, labels, fields).unwrap();
    bytes
}

/// The bytes of a small forecast; another `first` value is another forecast.
pub(crate) fn forecast(first: f32) -> Vec<u8> {
    let values = vec![first, 0.0, f32::NAN, f32::NAN];
    bytes_of(&labels(), [Field::draws(ORIGIN, Step(1), units(2), 2, values).unwrap()])
}

/// A file in `folder` with these bytes.
pub(crate) fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What could have made [`forecast`].
pub(crate) fn manifest(name: &str, run: &str, bytes: &[u8]) -> Manifest {
    Manifest {
        schema: Manifest::SCHEMA,
        run: run.into(),
        name: name.into(),
        made: Made::Model {
            algorithm: "no-change".into(),
            settings: json!({"window": 12, "rate": 0.1}),
            artifact: format!("{name}_31122020"),
            state: Digest::of_bytes(b"state").to_string(),
        },
        target: "ged_sb".into(),
        level: "pgm".into(),
        cadence: Cadence::Month,
        origin: (ORIGIN, "2020-12".into()),
        steps: Step(1),
        draws: Some(2),
        units: 2,
        missing: 1,
        seed: u64::MAX,
        vintage: "final".into(),
        code: "0.1.0".into(),
        config: Digest::of_bytes(b"config"),
        data: BTreeMap::from([("events".into(), Digest::of_bytes(b"data").to_string())]),
        inputs: BTreeMap::new(),
        file: Digest::of_bytes(bytes),
    }
}

/// Numbers without order, the same for the same seed (`SplitMix64`).
pub(crate) fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    (1_u64..).map(move |i| {
        let mut x = (seed << 32).wrapping_add(i).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) >> 1
    })
}
