//! Measures an archive: `cargo run -p forewarn-store --example measure_archive -- [FORECASTS]`
//!
//! Files so many small forecasts (5,000), lists them without an index, which is made then, and with it, and verifies
//! them; then files one of operational size, 36 steps x 13,110 units x 100 draws. In a temporary folder.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use forewarn_core::{Cadence, Field, Period, Step, Unit};
use forewarn_store::{Archive, Digest, Labels, Manifest, write_forecast};
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn manifest(name: &str, run: &str, file: &Digest) -> Outcome<Manifest> {
    Ok(serde_json::from_value(json!({
        "schema": Manifest::SCHEMA, "run": run, "name": name,
        "made": {
            "kind": "model", "algorithm": "stepshift", "artifact": format!("{name}_31122020"), "state": file,
            "settings": { "features": ["a", "b", "c"], "regressor": { "algorithm": "boosting", "settings": {} } },
        },
        "target": "ged_sb", "level": "pgm", "cadence": "month", "origin": [492, "2020-12"], "steps": 36,
        "draws": 100, "units": 13_110, "missing": 0, "seed": 42, "vintage": "final", "code": "0.1.0",
        "config": file, "data": { "events": file }, "inputs": { "panel": file, "features": file }, "file": file,
    }))?)
}

/// Fields of `units` x `draws`, of which one value in a hundred is not zero.
fn write(path: &Path, (steps, units, draws): (u16, u32, usize)) -> Outcome<Digest> {
    let labels = Labels { target: "ged_sb".into(), level: "pgm".into(), cadence: Cadence::Month };
    let ids: forewarn_core::Units = (0..units).map(|i| Unit(60_000 + i)).collect::<Vec<_>>().into();
    let fields = (1..=steps).map(|step| {
        let value = |i: usize| {
            let x = (i as u64 + u64::from(step) * 1_000_003).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            if x.is_multiple_of(100) { (x % 997) as f32 } else { 0.0 }
        };
        let values = (0..ids.len() * draws).map(value).collect();
        Field::draws(Period(492), Step(step), ids.clone(), draws, values)
    });
    let fields = fields.collect::<forewarn_core::Result<Vec<_>>>()?;
    write_forecast(std::fs::File::create(path)?, &labels, fields)?;
    Ok(Digest::of_file(path)?)
}

/// CPU seconds of all threads of this process.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.rsplit(')').next().map_or(Vec::new(), |rest| {
        rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse().ok()).collect()
    });
    fields.iter().sum::<f64>() / 100.0
}

fn measured<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let (begin, clock) = (cpu(), Instant::now());
    let made = work()?;
    writeln!(
        std::io::stdout(),
        "{what}: {:.2} CPU s, {:.2} s",
        cpu() - begin,
        clock.elapsed().as_secs_f64()
    )?;
    Ok(made)
}

fn main() -> Outcome<()> {
    let forecasts: usize = std::env::args().nth(1).map_or(Ok(5000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let (small, large) = (folder.path().join("small"), folder.path().join("large"));
    let digest = write(&small, (1, 5, 2))?;
    let archive = Archive::open(folder.path().join("archive"))?;
    measured(&format!("file {forecasts} small forecasts"), || {
        for i in 0..forecasts {
            let (name, run) = (format!("model_{:03}", i % 100), format!("run-{:04}", i / 100));
            archive.file(manifest(&name, &run, &digest)?, &small)?;
        }
        Ok(())
    })?;
    let list = || {
        let found = archive.list()?.0.len();
        if found == forecasts { Ok(()) } else { Err(format!("{found} of {forecasts} are listed").into()) }
    };
    measured("list them without an index", list)?;
    measured("list them with an index", list)?;
    measured("verify them", || Ok(archive.verify_all()?))?;
    let digest = write(&large, (36, 13_110, 100))?;
    let size = std::fs::metadata(&large)?.len() as f64 / 1e6;
    let record = manifest("large", "r", &digest)?;
    measured(&format!("file one of {size:.1} MB"), || Ok(archive.file(record, &large)?))?;
    Ok(())
}
