//! Each metric on one field of the monthly run (13,110 cells x 100 draws), each ensemble of 20 such fields, each
//! detector on a stream, and the comparison of two samples.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use forewarn_catalog::{DETECTORS, DRIFT_TESTS, ENSEMBLES, METRICS};
use forewarn_core::{
    CombineArgs, DriftArgs, EnsembleArgs, Field, Member, Period, ScoreArgs, Signal, Step, Unit, Watch,
};
use forewarn_kernels::random::Stream;
use serde_json::json;

/// A field; one row in `every` is not constant.
fn operational(every: usize) -> (Vec<f32>, Field) {
    let (rows, draws) = (13_110, 100);
    let mut values = vec![0.0; rows * draws];
    let mut observed = vec![0.0; rows];
    for (i, row) in values.chunks_exact_mut(draws).enumerate().filter(|(i, _)| i % every == 0) {
        let stream = Stream::new(1, &[i as u64]);
        observed[i] = stream.below(1000, 40) as f32;
        for (d, v) in row.iter_mut().enumerate() {
            *v = stream.below(d as u64, 60).saturating_sub(20) as f32;
        }
    }
    let units = (0..rows as u32).map(Unit).collect();
    let field = Field::draws(Period(1), Step(1), units, draws, values).expect("the sizes agree");
    (observed, field.sorted())
}

fn tallies(c: &mut Criterion) {
    for (every, rows) in [(50, "2 % of the rows vary"), (1, "all rows vary")] {
        let (observed, field) = operational(every);
        let args = ScoreArgs::new(&observed, &field).expect("every unit has a forecast");
        let mut group = c.benchmark_group(format!("tally, {rows}"));
        for entry in METRICS {
            let metric = entry.default().expect("metrics have defaults");
            group.bench_function(entry.name, |b| b.iter(|| metric.tally(black_box(&args))));
        }
    }
}

/// One of 36 steps of a month; members vary in a tenth of the units.
fn ensembles(c: &mut Criterion) {
    let names: Vec<String> = (0..20).map(|m| format!("member_{m:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_, field) = operational(10);
    let members: Vec<_> = names.iter().map(|name| Member { name, field: &field }).collect();
    let mut group = c.benchmark_group("combine 20 members");
    let transformed = json!({"parameters": {"given": [1.5, 1.2]}});
    for entry in ENSEMBLES {
        let defaults = json!({});
        let settings = if entry.name == "beta-transformed-pool" { &transformed } else { &defaults };
        let ensemble = (entry.build)(settings).expect("the settings are its own");
        let fitted = ensemble.fit(&EnsembleArgs::new(&names)).expect("ensembles fit without a past");
        group.bench_function(entry.name, |b| {
            b.iter(|| fitted.combine(black_box(&CombineArgs::new(&members, 1))));
        });
    }
}

/// Two columns of counts of every land cell, nine in ten of them zero, and two of a million different values.
fn comparisons(c: &mut Criterion) {
    let sample = |n: u64, seed| (0..n).map(|i| Stream::new(seed, &[]).uniform(i)).collect::<Vec<f64>>();
    let counts = |seed| sample(13_110, seed).iter().map(|u| (0.1 / (1.0 - u)).floor()).collect::<Vec<f64>>();
    let (reference, current) = (counts(1), counts(2));
    let args = DriftArgs::new(&reference, &current).expect("nothing is missing");
    for entry in DRIFT_TESTS {
        let test = entry.default().expect("defaults are valid");
        // Some are for other columns, and refuse.
        if test.compare(&args).is_ok() {
            let name = format!("{}, 2 x 13110 counts", entry.name);
            c.bench_function(&name, |b| b.iter(|| test.compare(black_box(&args))));
        }
    }
    let (reference, current) = (sample(1_000_000, 1), sample(1_000_000, 2));
    let args = DriftArgs::new(&reference, &current).expect("nothing is missing");
    for entry in DRIFT_TESTS.iter().filter(|entry| LAWS.contains(&entry.name)) {
        let test = entry.default().expect("defaults are valid");
        let name = format!("{}, 2 x 1000000", entry.name);
        c.bench_function(&name, |b| b.iter(|| test.compare(black_box(&args))));
    }
}

/// Tests whose p value of large samples needs no permutations, or hardly any work for each.
const LAWS: [&str; 6] =
    ["anderson-darling", "cramer-von-mises", "jensen-shannon", "kolmogorov-smirnov", "mann-whitney", "psi"];

/// Each detector on a million errors of a classifier, of which there are twice as many from the middle on.
fn streams(c: &mut Criterion) {
    let stream = Stream::new(1, &[]);
    let chance = |i| if i < 500_000 { 0.1 } else { 0.2 };
    let values: Vec<f64> =
        (0..1_000_000).map(|i| f64::from(u8::from(stream.uniform(i) < chance(i)))).collect();
    let mut group = c.benchmark_group("watch a million values");
    for entry in DETECTORS {
        let detector = entry.default().expect("detectors have defaults");
        group.bench_function(entry.name, |b| {
            b.iter(|| {
                let mut watch = Watch::new(detector.as_ref());
                values.iter().filter(|v| watch.observe(black_box(**v)) == Signal::Drift).count()
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = tallies, ensembles, streams, comparisons
}
criterion_main!(benches);
