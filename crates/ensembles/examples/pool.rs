//! Measures every ensemble at operational size: `cargo run --release -p forewarn-ensembles --example pool -- [SHARE] [MEMBERS] [STEPS]`.
//!
//! Members forecast 13,110 units with 100 draws; `SHARE` of the units (percent, 10 unless said otherwise) vary in each
//! member, the others are zero. One step is in memory at a time. Prints one line of JSON an ensemble: CPU seconds of the
//! whole process while it combined all steps, without making the members; and, last, for the ensembles that learn, CPU
//! seconds to learn from as many past fields as there are steps. `peak_mb` is the peak of resident memory so far, the members
//! of one step included.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::fs;

use forewarn_core::prelude::*;
use forewarn_ensembles::ENSEMBLES;
use forewarn_kernels::random::Stream;
use serde_json::{Value, json};

const UNITS: usize = 13_110;
const DRAWS: usize = 100;

fn main() -> Result<()> {
    let arguments: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let argument = |i: usize, default| arguments.get(i).copied().unwrap_or(default);
    let (share, members, steps) = (argument(0, 10), argument(1, 20), argument(2, 36) as u16);
    let names: Vec<String> = (0..members).map(|m| format!("member_{m:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (name, settings) in cases() {
        let fitted = build(name, &settings)?.fit(&EnsembleArgs::new(&names))?;
        let (mut cpu, mut sum) = (0.0, 0.0);
        for step in 1..=steps {
            let fields = fields(Step(step), members, share)?;
            let both: Vec<_> =
                names.iter().zip(&fields).map(|(name, field)| Member { name, field }).collect();
            let start = cpu_s();
            let combined = fitted.combine(&CombineArgs::new(&both, 1))?;
            cpu += cpu_s() - start;
            sum += combined.values().iter().map(|&v| f64::from(v)).sum::<f64>();
        }
        println!(
            r#"{{"ensemble":"{name}","settings":{settings},"share":{share},"cpu_s":{cpu:.2},"peak_mb":{:.0},"sum":{sum}}}"#,
            peak_mb()
        );
    }
    for (name, settings) in [
        ("stacking", json!({"objective": "crps"})),
        ("stacking", json!({"objective": "nnls"})),
        ("beta-transformed-pool", json!({})),
    ] {
        let past = Past { members, steps, share, cpu: std::sync::Mutex::new(0.0) };
        let start = cpu_s();
        build(name, &settings)?.fit(&EnsembleArgs::new(&names).with_past(&past))?;
        let making = past.cpu.lock().map_or(f64::NAN, |cpu| *cpu);
        let cpu = cpu_s() - start - making;
        println!(
            r#"{{"learn":"{name}","settings":{settings},"share":{share},"cpu_s":{cpu:.2},"peak_mb":{:.0}}}"#,
            peak_mb()
        );
    }
    Ok(())
}

/// What is measured.
fn cases() -> Vec<(&'static str, Value)> {
    let mut cases: Vec<_> = ENSEMBLES.iter().map(|e| (e.name, json!({}))).collect();
    cases.push(("beta-transformed-pool", json!({"parameters": {"given": [1.5, 1.2]}})));
    cases.push(("stacking", json!({"objective": "nnls"})));
    cases.push(("linear-pool", json!({"draws": "all"})));
    cases
}

fn build(name: &str, settings: &Value) -> Result<Box<dyn Ensemble>> {
    let entry = ENSEMBLES.iter().find(|e| e.name == name);
    let entry = entry.ok_or_else(|| Error::config("ensemble", format!("there is no `{name}`")))?;
    (entry.build)(settings)
}

/// The members' forecasts of one step: in the units that vary, half of the draws are zero and the others counts to 40.
fn fields(step: Step, members: u64, share: u64) -> Result<Vec<Field>> {
    let field = |member: u64| {
        // Written, not promised: memory that is only zeroed does not count as used.
        let mut values = vec![1.0; UNITS * DRAWS];
        for (unit, row) in values.chunks_exact_mut(DRAWS).enumerate() {
            row.fill(0.0);
            let stream = Stream::new(member, &[unit as u64, u64::from(step.0)]);
            // The same places are dangerous in all members, most of them.
            let place = Stream::new(99, &[unit as u64]);
            if u64::from(place.below(0, 90)) + u64::from(stream.below(0, 10)) < share {
                for (d, v) in row.iter_mut().enumerate() {
                    *v = (stream.below(d as u64 + 1, 80) as f32 - 40.0).max(0.0);
                }
            }
        }
        let units = (0..UNITS as u32).map(Unit).collect();
        Field::draws(Period(500), step, units, DRAWS, values)
    };
    (0..members).map(field).collect()
}

/// Past forecasts, made when they are asked for, and the CPU time that making them took.
#[derive(Debug)]
struct Past {
    members: u64,
    steps: u16,
    share: u64,
    cpu: std::sync::Mutex<f64>,
}

impl forewarn_core::Past for Past {
    fn visit(&self, each: &mut dyn FnMut(&PastTarget<'_>) -> Result<()>) -> Result<()> {
        let names: Vec<String> = (0..self.members).map(|m| format!("member_{m:02}")).collect();
        for step in 1..=self.steps {
            let start = cpu_s();
            let fields = fields(Step(step), self.members, self.share)?;
            let first = fields.first().map(|f| f.rows().map(|row| row[7]).collect());
            let truth: Vec<f32> = first.unwrap_or_default();
            if let Ok(mut cpu) = self.cpu.lock() {
                *cpu += cpu_s() - start;
            }
            let members: Vec<_> =
                names.iter().zip(&fields).map(|(name, field)| Member { name, field }).collect();
            each(&PastTarget { members: &members, truth: &truth })?;
        }
        Ok(())
    }
}

/// CPU seconds of all threads so far.
fn cpu_s() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    let spent = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    spent.filter_map(|s| s.split(' ').next()?.parse::<f64>().ok()).sum::<f64>() / 1e9
}

/// Peak of resident memory in MB.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok()).map_or(f64::NAN, |kb| kb / 1024.0)
}
