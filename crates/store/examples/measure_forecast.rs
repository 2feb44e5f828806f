//! Measures a forecast file of operational size: 36 steps x 13,110 units x 100 draws, 99.3 % of them zero.
//!
//! `cargo run -p forewarn-store --example measure_forecast -- [STEPS UNITS DRAWS]`

use std::io::Write as _;
use std::time::Instant;

use forewarn_core::{Cadence, Field, Period, Step, Unit, Units};
use forewarn_store::{ForecastFile, Labels, write_forecast};

/// One unit in 33 has been active: 23 % of its draws are 1 to 100 and more, in no order. Everybody else's are zero.
fn field(step: u16, units: &Units, draws: usize) -> Field {
    let mut state = u64::from(step);
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u32 << 24) as f32
    };
    let mut values = vec![0.0; units.len() * draws];
    for row in values.chunks_exact_mut(draws).step_by(33) {
        for value in row {
            let (is_event, size) = (random() < 0.23, random());
            *value = if is_event { (1.0 / (1.0 - size)).min(1e4).floor() } else { 0.0 };
        }
    }
    Field::draws(Period(492), Step(step), units.clone(), draws, values).expect("the sizes are right")
}

/// CPU seconds of this process, and its largest resident size in MB.
fn usage() -> Option<(f64, f64)> {
    let schedule = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let cpu = schedule.split_whitespace().next()?.parse::<f64>().ok()? / 1e9;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some((cpu, peak.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes = std::env::args().skip(1).map(|text| text.parse()).collect::<Result<Vec<u32>, _>>()?;
    let [steps, units, draws] = sizes.try_into().unwrap_or([36, 13_110, 100]);
    // Rows of 90 cells on a grid that is 720 wide.
    let (steps, units): (u16, Units) = (
        steps.try_into()?,
        (0..units).map(|i| Unit(60_000 + i / 90 * 720 + i % 90)).collect::<Vec<_>>().into(),
    );
    let labels = Labels { target: "ged_sb".into(), level: "pgm".into(), cadence: Cadence::Month };
    // Making the fields is not writing them.
    let cpu = || usage().unwrap_or_default().0;
    let (mut making, begin) = (0.0, cpu());
    let fields = (1..=steps).map(|step| {
        let before = cpu();
        let field = field(step, &units, draws as usize);
        making += cpu() - before;
        field
    });
    let file = tempfile::NamedTempFile::new()?;
    write_forecast(file.as_file(), &labels, fields)?;
    let (end, peak) = usage().unwrap_or_default();
    let mut out = std::io::stdout();
    let size = file.as_file().metadata()?.len() as f64 / 1e6;
    writeln!(out, "write: {:.2} CPU s, {size:.2} MB, at most {peak:.0} MB resident", end - begin - making)?;

    let mut wall: Vec<_> = (1..=steps)
        .map(|step| {
            let clock = Instant::now();
            let field = ForecastFile::open(file.path())?.field(Step(step))?;
            Ok((clock.elapsed(), field.values().len()).0)
        })
        .collect::<forewarn_store::Result<_>>()?;
    wall.sort();
    writeln!(
        out,
        "open and read one field: median {:?}, slowest {:?}",
        wall[wall.len() / 2],
        wall[wall.len() - 1]
    )?;
    Ok(())
}
