//! The costly parts of a monthly run at operational size: 13,110 cells, 384 months, 36 steps, 100 draws.
//!
//! `make bench`; `cargo bench --profile dev --workspace --bench monthly_run -- evaluate` for one part. The panel is the synthetic one, so that
//! anybody can run them.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use forewarn_benches::observed;
use forewarn_catalog::{ENSEMBLES, METRICS, MODELS};
use forewarn_core::{
    CombineArgs, EnsembleArgs, Field, FitArgs, Fitted, Member, Metric, Panel, Period, PredictArgs, ScoreArgs,
    Step, Tally, TargetKind,
};
use forewarn_data::geography;
use forewarn_data::panel_file;
use forewarn_data::synthetic::Synthetic;
use forewarn_transforms::QuerySet;
use rayon::prelude::*;

const COLUMN: &str = "ged_sb";
const ORIGIN: Period = Period(444);

fn panel() -> Panel {
    Synthetic::default().panel().expect("the default process makes a panel")
}

fn loading(c: &mut Criterion) {
    let file = tempfile::Builder::new().suffix(".parquet").tempfile().expect("a temporary file");
    panel_file::write(&panel(), file.as_file()).expect("a panel can be written");
    c.bench_function("load and validate 5,034,240 rows of Parquet", |b| {
        b.iter(|| observed(black_box(file.path()), ("unit", "period"), &[COLUMN]).expect("it is a panel"));
    });
}

fn features(c: &mut Criterion) {
    let panel = panel();
    let set =
        QuerySet::parse(include_str!("../../examples/demo/query_set.toml")).expect("the example parses");
    let country = |&u| geography::country(u).map_or(0, |c| c.id);
    let groups: Vec<u32> = panel.units().iter().map(country).collect();
    let name = format!("{} features of the query set", set.features().len());
    c.bench_function(&name, |b| b.iter(|| set.apply(black_box(&panel), &groups)));
}

/// One origin: three models, two ensembles, every metric, 36 steps, as the pipeline does it.
fn evaluation(c: &mut Criterion) {
    let panel = panel();
    let history = panel.until(ORIGIN).expect("the origin is in the panel");
    let args = FitArgs::new(history, COLUMN, TargetKind::Count, 42).expect("the column is there");
    let build = |entry: &forewarn_core::Entry<dyn forewarn_core::Model>| {
        (entry.name, entry.default().and_then(|m| m.fit(&args)).expect("the baselines fit"))
    };
    let models: Vec<_> = MODELS.iter().map(build).collect();
    let metrics: Vec<_> = METRICS.iter().map(|e| e.default().expect("metrics have defaults")).collect();
    c.bench_function("evaluate one origin: 5 forecasters, 13 metrics, 36 steps", |b| {
        b.iter(|| {
            (1..=36).into_par_iter().map(|s| tallies(&panel, &models, &metrics, Step(s))).collect::<Vec<_>>()
        });
    });
}

fn tallies(
    panel: &Panel,
    models: &[(&'static str, Box<dyn Fitted>)],
    metrics: &[Box<dyn Metric>],
    step: Step,
) -> Vec<Tally> {
    let history = panel.until(ORIGIN).expect("the origin is in the panel");
    let args = PredictArgs::new(history, COLUMN, step, 100, 42).expect("the column is there");
    let predict = |(name, model): &(&'static str, Box<dyn Fitted>)| {
        (*name, model.predict(&args).expect("they predict"))
    };
    let mut fields: BTreeMap<&str, Field> = models.iter().map(predict).collect();
    let members: Vec<_> = fields.iter().map(|(name, field)| Member { name, field }).collect();
    let names: Vec<&str> = members.iter().map(|m| m.name).collect();
    let combine = |e: &forewarn_core::Entry<dyn forewarn_core::Ensemble>| {
        let ensemble = e.default().and_then(|e| e.fit(&EnsembleArgs::new(&names))).expect("ensembles fit");
        (e.name, ensemble.combine(&CombineArgs::new(&members, 42)).expect("the members agree"))
    };
    // Two of them, as a monthly run has.
    let two = ENSEMBLES.iter().filter(|e| ["mean", "median"].contains(&e.name));
    let combined: Vec<_> = two.map(combine).collect();
    fields.extend(combined);
    let observed = panel.field(COLUMN, ORIGIN + step).expect("the target is in the panel");
    let score = |field: Field| -> Vec<Tally> {
        let field = field.sorted();
        let args = ScoreArgs::new(observed, &field).expect("every unit has a forecast");
        metrics.iter().map(|m| m.tally(&args).expect("counts can be scored")).collect()
    };
    fields.into_values().flat_map(score).collect()
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = loading, features, evaluation
}
criterion_main!(benches);
