//! Evaluate: the forecasts from rolling origins on a partition, scored against what then happened.
//!
//! One step of the run an origin and forecast, so that with another model none of the others is scored again. Each thread
//! reads one field, tallies it and drops it, and tallies are folded in the order of steps: memory grows neither with
//! origins and steps nor with models.

mod cells;
mod file;
mod gather;
mod step;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use forewarn_catalog::{DEFAULT_METRICS, parse_metric};
use forewarn_core::{Period, Step};
use rayon::prelude::*;
use serde_json::{Value, json};

pub(crate) use self::file::{TALLIES, read, write};
use self::gather::Gather;
pub(crate) use self::gather::StepTallies;
use self::step::Forecast;
pub(crate) use self::step::{Scene, Scorer};
use crate::context::Context;
use crate::scores::{NamedMetric, OriginTallies};
use crate::stages::backtest::Backtest;
use crate::{Error, Result};

/// The metrics of the run; the default ones where none are named.
///
/// # Errors
/// [`Error::Core`] that lists the metrics there are, [`Error::Config`] when one is listed twice.
pub(crate) fn metrics(names: &[String]) -> Result<Vec<NamedMetric>> {
    let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    let texts = if wanted.is_empty() { &DEFAULT_METRICS[..] } else { &wanted };
    let mut metrics: Vec<NamedMetric> = Vec::new();
    for text in texts {
        let (name, metric) = parse_metric(text)?;
        if metrics.iter().any(|m| m.name == name) {
            return Err(Error::config("evaluation.metrics", format!("`{name}` is listed twice")));
        }
        metrics.push(NamedMetric { name, metric });
    }
    Ok(metrics)
}

/// The tallies of one forecast, in a file.
#[derive(Debug, Clone)]
pub(crate) struct Tallied {
    /// Digest of the step that made them.
    pub(crate) digest: String,
    file: PathBuf,
}

/// Tallies every forecast of `backtest`, or finds what was tallied.
///
/// # Errors
/// A store that cannot be read or written; what a metric refuses is kept as a failure, as is a forecast that is absent.
pub(crate) fn tally(ctx: &Context<'_>, backtest: &Backtest, metrics: &[NamedMetric]) -> Result<Vec<Tallied>> {
    let scorer = Scorer { target: &ctx.run.config.target, metrics };
    let work = Work { ctx, origin: backtest.origin, scorer, scene: OnceLock::new() };
    let mut all = Vec::new();
    for made in &backtest.made {
        all.push(work.forecast(&made.name, &json!(made.digest), || Ok(Forecast::File(made.open()?)))?);
    }
    for (name, reason) in &backtest.absent {
        all.push(work.forecast(name, &json!({ "absent": reason }), || Ok(Forecast::Absent(reason)))?);
    }
    Ok(all)
}

/// Tallies of every forecast of `backtest`, read.
///
/// # Errors
/// As [`tally`].
pub(crate) fn evaluate(
    ctx: &Context<'_>,
    backtest: &Backtest,
    metrics: &[NamedMetric],
) -> Result<OriginTallies> {
    let mut all = OriginTallies::at(backtest.origin);
    for tallied in tally(ctx, backtest, metrics)? {
        all.merge(read(&tallied.file)?);
    }
    Ok(all)
}

/// Reads tallies by origin, ascending, as [`Scores::pool`](crate::Scores::pool) takes them.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn gather(tallied: &[Vec<Tallied>], metrics: &[NamedMetric]) -> Result<Vec<OriginTallies>> {
    let mut all: Vec<OriginTallies> = Vec::new();
    for parts in tallied {
        let parts = parts.par_iter().map(|part| read(&part.file)).collect::<Result<Vec<OriginTallies>>>()?;
        let Some(mut next) = parts.into_iter().reduce(|mut all, part| {
            all.merge(part);
            all
        }) else {
            continue;
        };
        if let Some(first) = all.first_mut() {
            first.absorb(&mut next, metrics);
        }
        all.push(next);
    }
    Ok(all)
}

/// Everything that one origin needs.
struct Work<'a> {
    ctx: &'a Context<'a>,
    origin: Period,
    scorer: Scorer<'a>,
    scene: OnceLock<Scene<'a>>,
}

impl<'a> Work<'a> {
    /// The tallies of one forecast.
    fn forecast<'f>(
        &self,
        name: &str,
        digest: &Value,
        open: impl FnOnce() -> Result<Forecast<'f>>,
    ) -> Result<Tallied> {
        let label = format!("{name} {}", self.ctx.cadence().label(self.origin));
        let output = self.ctx.engine.step("evaluate", &label, &self.inputs(digest), |workspace| {
            let (scene, forecast) = (self.scene()?, open()?);
            let tallies = self.tallies(scene, name, &forecast)?;
            write(&workspace.path(TALLIES), &tallies)?;
            Ok(json!({ "origin": self.origin }))
        })?;
        Ok(Tallied { digest: output.digest.to_string(), file: output.dir.join(TALLIES) })
    }

    /// Tallies every step, as many at a time as there are threads.
    fn tallies(&self, scene: &Scene<'_>, name: &str, forecast: &Forecast<'_>) -> Result<OriginTallies> {
        let steps = self.steps();
        let done = AtomicU64::new(0);
        let step = |step: u16| {
            let part = self.scorer.step(scene, name, forecast, Step(step));
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            self.ctx.engine.advance(done, u64::from(steps));
            part
        };
        let mut gather = Gather::new(self.scorer.metrics, name);
        let width = rayon::current_num_threads().clamp(1, usize::from(u16::MAX)) as u16;
        for first in (1..=steps).step_by(usize::from(width)) {
            let batch = first..=steps.min(first.saturating_add(width - 1));
            let parts: Result<Vec<_>> = batch.into_par_iter().map(step).collect();
            parts?.into_iter().for_each(|part| gather.add(part));
        }
        Ok(gather.finish(self.origin))
    }

    /// How many steps have a truth by now: all of a backtest, fewer of what was issued lately.
    fn steps(&self) -> u16 {
        let observed = u16::try_from(self.ctx.origin().0 - self.origin.0).unwrap_or(0);
        self.ctx.run.config.forecast.steps.0.min(observed)
    }

    /// What all steps of the origin need, made when a forecast of it has to be tallied.
    fn scene(&self) -> Result<&Scene<'a>> {
        if let Some(scene) = self.scene.get() {
            return Ok(scene);
        }
        let scene = Scene::at(self.ctx, self.ctx.panel()?, self.origin)?;
        Ok(self.scene.get_or_init(|| scene))
    }

    fn inputs(&self, forecast: &Value) -> Value {
        let config = &self.ctx.run.config;
        json!({
            "panel": self.ctx.panel_digest(),
            "target": [config.target.column, json!(config.target.kind)],
            "origin": self.origin,
            "steps": self.steps(),
            "forecast": forecast,
            "metrics": self.scorer.metrics.iter().map(|m| &m.name).collect::<Vec<_>>(),
            "level": config.target.level,
            "event": config.evaluation.event,
        })
    }
}
