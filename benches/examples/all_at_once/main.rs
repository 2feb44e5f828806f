//! Whether months that were scored one by one are the same as all at once: the figures of `docs/results/online.md`.
//!
//! ```text
//! all_at_once OUTPUT TARGET LEVEL MONTH     an output folder after `forewarn evaluate online --month MONTH`
//! ```
//!
//! Every row of every archived forecast about the months of OUTPUT/online/TARGET/MONTH.json is scored here again: from the
//! archive and the edition of the truth, forecast by forecast, into one running sum over the rows of the whole period. No
//! sheet and no step of the run is read. Scores that are means over rows are sums of row scores, kept with the rounding
//! that each addition loses; the others pool counts. Exit code 1 when a score differs by more than 1e-12, relative to the
//! larger one, or a number of rows at all.

mod direct;

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use forewarn_catalog::parse_metric;
use forewarn_core::{ForecastKind, Period};
use forewarn_data::panel_file;
use forewarn_store::{Archive, Editions};
use rayon::prelude::*;
use serde_json::Value;

use direct::{Direct, Group, Named, Scores};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The largest relative difference that is rounding.
const ROUNDING: f64 = 1e-12;

fn main() -> Outcome<ExitCode> {
    let same = compare(&std::env::args().skip(1).collect::<Vec<_>>())?;
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One score of the evaluation.
struct Said {
    model: String,
    metric: String,
    group: Group,
    value: Option<f64>,
    rows: u64,
}

/// The scores in all, by ranges of steps and by step.
fn said(online: &Value) -> Vec<Said> {
    let scores = online["scores"].as_array().into_iter().flatten();
    let said = |s: &Value| {
        let text = |key: &str| s[key].as_str().unwrap_or_default().to_owned();
        let group = match (s["group"].as_str()?, s["key"].as_u64()) {
            ("all", _) => (1, u16::MAX),
            ("leads", Some(key)) => ((key >> 16) as u16, (key & 0xFFFF) as u16),
            ("step", Some(key)) => (key as u16, key as u16),
            _ => return None,
        };
        let (value, rows) = (s["value"].as_f64(), s["n"].as_u64()?);
        Some(Said { model: text("model"), metric: text("metric"), group, value, rows })
    };
    scores.filter_map(said).collect()
}

fn unique<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = items.collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn compare(arguments: &[String]) -> Outcome<bool> {
    let [output, target, level, month] = arguments else {
        return Err("see the first lines of benches/examples/all_at_once/main.rs".into());
    };
    let output = PathBuf::from(output);
    let path = output.join("online").join(target).join(format!("{month}.json"));
    let online: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    let said = said(&online);
    let period = |key: &str| Period(online[key][0].as_i64().unwrap_or_default() as i32);
    let edition = online["truth"]["number"].as_u64().unwrap_or_default();
    let editions = Editions::open(&output.join("truth"), target, level)?;
    let edition =
        editions.list()?.into_iter().find(|e| u64::from(e.number) == edition).ok_or("no such edition")?;
    let truth = panel_file::read(&editions.read(&edition)?)?;
    let metrics = unique(said.iter().map(|s| s.metric.clone()));
    let metrics: Vec<Named> = metrics.iter().map(|name| parse_metric(name)).collect::<Result<_, _>>()?;
    let groups = unique(said.iter().map(|s| s.group));
    let work = Direct {
        truth: &truth,
        target,
        months: (period("first"), period("month")),
        metrics: &metrics,
        groups: &groups,
    };
    let names = unique(said.iter().map(|s| s.model.clone()));
    let all = scored(&output.join("archive"), &work, (&names, level))?;
    report(&said, &names, &all, &metrics)
}

fn scored(archive: &Path, work: &Direct<'_>, (names, level): (&[String], &str)) -> Outcome<Vec<Scores>> {
    let (filed, unreadable) = Archive::open(archive)?.list()?;
    if let Some(broken) = unreadable.into_iter().next() {
        return Err(broken.error.into());
    }
    let of = |name: &String| {
        let mine: Vec<_> = filed
            .iter()
            .filter(|f| {
                f.manifest.name == *name && f.manifest.target == work.target && f.manifest.level == level
            })
            .collect();
        work.scores(&mine)
    };
    names.par_iter().map(of).collect()
}

/// Prints the largest difference by metric; tells whether all are rounding.
fn report(said: &[Said], names: &[String], all: &[Scores], metrics: &[Named]) -> Outcome<bool> {
    let mut out = std::io::stdout().lock();
    let (mut same, mut worst) = (!said.is_empty(), 0.0_f64);
    writeln!(out, "{:<26} {:>7} {:>12}  what is added", "metric", "totals", "difference")?;
    for (name, metric) in metrics {
        let (mut largest, mut totals) = (0.0_f64, 0);
        for s in said.iter().filter(|s| s.metric == *name) {
            let at = names.iter().position(|model| *model == s.model).ok_or("a score of nobody")?;
            let found = all[at].iter().find(|(group, of, ..)| (*group, of) == (s.group, name));
            let (.., value, rows) = found.ok_or("a score that was not made")?;
            let difference = difference(s.value, *value);
            if *rows != s.rows || difference > ROUNDING {
                let steps = format!("{} {name}, steps {} to {}", s.model, s.group.0, s.group.1);
                writeln!(out, "{steps}: {:?} of {} rows, here {value:?} of {rows}", s.value, s.rows)?;
                same = false;
            }
            (largest, totals) = (largest.max(difference), totals + 1);
        }
        let is_mean = !metric.row_scores(ForecastKind::Draws).is_empty();
        let what = if is_mean { "row scores" } else { "counts" };
        writeln!(out, "{name:<26} {totals:>7} {largest:>12.1e}  {what}")?;
        worst = worst.max(largest);
    }
    let verdict = if same { "the same" } else { "not the same" };
    writeln!(out, "{} totals, largest difference {worst:.1e}: {verdict}", said.len())?;
    Ok(same)
}

/// Relative to the larger one; infinite where only one has a value.
fn difference(a: Option<f64>, b: Option<f64>) -> f64 {
    match (a, b) {
        (Some(a), Some(b)) if a == b => 0.0,
        (Some(a), Some(b)) => (a - b).abs() / a.abs().max(b.abs()),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    }
}
