//! Reads a forecast that others published, says what is in it, and what reading it cost.
//!
//! `cargo run -p forewarn-data --example read_published -- FILE [--origin MONTH] [--layout NAME] [--transform NAME]`

use std::io::Write as _;
use std::path::Path;

use forewarn_core::Period;
use forewarn_data::published::{Settings, read};

/// CPU seconds of this process, and its largest resident size in MB.
fn usage() -> Option<(f64, f64)> {
    let schedule = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let cpu = schedule.split_whitespace().next()?.parse::<f64>().ok()? / 1e9;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some((cpu, peak.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name a file")?;
    let mut settings = Settings::default();
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or("give the flag a value")?;
        match flag.as_str() {
            "--origin" => settings.origin = Some(Period(value.parse()?)),
            "--layout" => settings.layout = Some(value.parse()?),
            "--transform" => settings.transform = Some(value.parse()?),
            _ => return Err(format!("there is no {flag}").into()),
        }
    }
    let forecasts = read(Path::new(&file), &settings, None)?;
    let (cpu, peak) = usage().unwrap_or_default();
    let mut out = std::io::stdout();
    for forecast in &forecasts {
        let (steps, units) = (forecast.fields.len(), forecast.units().len());
        let draws = forecast.draws().map_or("a point".to_owned(), |n| format!("{n} draws"));
        writeln!(out, "origin {}: {steps} steps x {units} units, {draws}", forecast.origin)?;
        for finding in forecast.findings() {
            writeln!(out, "  {}", finding.message)?;
        }
    }
    let (rows, layout) =
        forecasts.first().map_or((0, String::new()), |f| (f.about.rows, f.about.layout.to_string()));
    writeln!(out, "{layout}, {rows} rows: {cpu:.2} CPU s, at most {peak:.0} MB resident")?;
    Ok(())
}
