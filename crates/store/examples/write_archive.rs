//! Writes a small forecast and files it: `cargo run -p forewarn-store --example write_archive -- ARCHIVE [RUN]`
//!
//! ARCHIVE is a folder or `s3://BUCKET/PREFIX`. Prints the place of the forecast. Unit u (62,356, 79,599, 80,317, 190,511, 190,512) has, at step s, the draws
//! 0.5 u mod 7 + s + d^2 / 4 for d = 0 .. 4, but cell 80,317 has no forecast. Origin is December 2020, 36 steps.

use std::collections::BTreeMap;
use std::io::Write as _;

use forewarn_core::{Cadence, Field, Period, Step, Unit, Units};
use forewarn_store::{Archive, Digest, Labels, Made, Manifest, write_forecast};
use serde_json::json;

const ORIGIN: Period = Period(492);
const STEPS: u16 = 36;
const DRAWS: usize = 5;
const UNITS: [u32; 5] = [62_356, 79_599, 80_317, 190_511, 190_512];
const NO_FORECAST: u32 = 80_317;

fn field(step: u16) -> forewarn_core::Result<Field> {
    let draw = |unit: u32, d: usize| match unit {
        NO_FORECAST => f32::NAN,
        _ => (0.5 * unit as f32) % 7.0 + f32::from(step) + (d * d) as f32 / 4.0,
    };
    let values = UNITS.iter().flat_map(|&unit| (0..DRAWS).map(move |d| draw(unit, d))).collect();
    let units: Units = UNITS.map(Unit).into();
    Field::draws(ORIGIN, Step(step), units, DRAWS, values)
}

fn manifest(labels: &Labels, run: &str, file: Digest) -> Manifest {
    Manifest {
        schema: Manifest::SCHEMA,
        run: run.into(),
        name: "pink_panther".into(),
        made: Made::Model {
            algorithm: "formula".into(),
            settings: json!({ "draws": DRAWS }),
            artifact: "pink_panther_31122020".into(),
            state: Digest::of_bytes(b"").to_string(),
        },
        target: labels.target.clone(),
        level: labels.level.clone(),
        cadence: labels.cadence,
        origin: (ORIGIN, labels.cadence.label(ORIGIN)),
        steps: Step(STEPS),
        draws: Some(DRAWS),
        units: UNITS.len() as u64,
        missing: u64::from(STEPS),
        seed: 0,
        vintage: "none: the values are a formula".into(),
        code: env!("CARGO_PKG_VERSION").into(),
        config: Digest::of_bytes(b""),
        data: BTreeMap::new(),
        inputs: BTreeMap::new(),
        file,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let archive = arguments.next().ok_or("usage: write_archive ARCHIVE [RUN]")?;
    let run = arguments.next().unwrap_or_else(|| "example".to_owned());
    let labels = Labels { target: "ged_sb".into(), level: "pgm".into(), cadence: Cadence::Month };

    let fields = (1..=STEPS).map(field).collect::<forewarn_core::Result<Vec<_>>>()?;
    let file = tempfile::NamedTempFile::new()?;
    write_forecast(file.as_file(), &labels, fields)?;

    let record = manifest(&labels, &run, Digest::of_file(file.path())?);
    let filed = Archive::open(archive)?.file(record, file.path())?;
    writeln!(std::io::stdout(), "{}", filed.place().display())?;
    Ok(())
}
