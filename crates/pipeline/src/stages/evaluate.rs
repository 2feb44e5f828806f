//! Evaluate: forecasts from rolling origins on the calibration partition, scored against what then happened.
//!
//! One step of the run an origin. Inside, a few steps ahead run side by side; a field lives only until it is tallied and
//! combined, and tallies are folded in the order of steps, so that memory does not grow with origins or steps.

mod cells;
mod gather;
mod step;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use forewarn_catalog::{DEFAULT_METRICS, parse_metric};
use forewarn_core::{
    Axis, Combine, EnsembleArgs, Field, Fitted, Member, Partition, Period, RollingOrigins, Step,
};
use rayon::prelude::*;
use serde_json::{Value, json};

use self::gather::Gather;
use self::step::Scene;
use crate::components::{EnsembleSpec, ModelSpec};
use crate::context::Context;
use crate::engine::read_json;
use crate::scores::{NamedMetric, OriginTallies, Past};
use crate::{Error, Result};

/// Steps ahead that are in memory at the same time.
const BATCH: u16 = 4;
/// File of the tallies.
const TALLIES: &str = "tallies.json";

/// A model fitted for the evaluation.
#[derive(Debug)]
pub(crate) struct Forecaster<'a> {
    /// The model in the run.
    pub spec: &'a ModelSpec,
    /// The fitted model.
    pub fitted: &'a dyn Fitted,
    /// Seed of its draws.
    pub seed: u64,
    /// Digest of the artifact.
    pub digest: &'a str,
}

/// The calibration partition and its origins, from the configuration or the latest that the data allow.
///
/// # Errors
/// [`Error::Core`] when the ranges do not fit the data.
pub(crate) fn partition(ctx: &Context<'_>, axis: Axis) -> Result<(Partition, RollingOrigins)> {
    let evaluation = &ctx.run.config.evaluation;
    let steps = ctx.run.config.forecast.steps;
    let parse = |(first, last): &(String, String)| -> Result<(Period, Period)> {
        Ok((axis.cadence.parse(first)?, axis.cadence.parse(last)?))
    };
    let reach = evaluation.origins.saturating_sub(1) * evaluation.stride.max(1) + usize::from(steps.0);
    let test = match &evaluation.test {
        Some(range) => parse(range)?,
        None => (Period(axis.last().0 - reach as i32 + 1), axis.last()),
    };
    let train = match &evaluation.train {
        Some(range) => parse(range)?,
        None => (axis.first, Period(test.0.0 - 1)),
    };
    let partition = Partition { train, test };
    partition.check(axis)?;
    let origins = RollingOrigins::within(&partition, evaluation.origins, evaluation.stride, steps)?;
    Ok((partition, origins))
}

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

/// Tallies of every origin.
///
/// # Errors
/// A store that cannot be read or written; what a model, an ensemble or a metric refuses is kept as a failure.
pub(crate) fn evaluate(
    ctx: &Context<'_>,
    origins: RollingOrigins,
    forecasters: &[Forecaster<'_>],
    ensembles: &[&EnsembleSpec],
    metrics: &[NamedMetric],
) -> Result<Vec<OriginTallies>> {
    let combiners = combiners(ensembles)?;
    let work = Work { ctx, forecasters, ensembles: &combiners, metrics };
    origins.iter().map(|origin| work.origin(origin)).collect()
}

/// Writes tallies on one line: indented they are four times as large.
fn write(path: &Path, tallies: &OriginTallies) -> Result<()> {
    let bytes = serde_json::to_vec(tallies).map_err(|e| Error::io(path)(e.into()))?;
    std::fs::write(path, bytes).map_err(Error::io(path))
}

/// An ensemble ready to combine.
struct Combiner<'a> {
    spec: &'a EnsembleSpec,
    combine: Box<dyn Combine>,
}

fn combiners<'a>(ensembles: &[&'a EnsembleSpec]) -> Result<Vec<Combiner<'a>>> {
    let ready = |spec: &&'a EnsembleSpec| -> Result<Combiner<'a>> {
        Ok(Combiner { spec, combine: spec.ensemble.fit(&EnsembleArgs::default())? })
    };
    ensembles.iter().map(ready).collect()
}

/// Everything that one origin needs.
struct Work<'a> {
    ctx: &'a Context<'a>,
    forecasters: &'a [Forecaster<'a>],
    ensembles: &'a [Combiner<'a>],
    metrics: &'a [NamedMetric],
}

impl Work<'_> {
    fn origin(&self, origin: Period) -> Result<OriginTallies> {
        let label = self.ctx.cadence().label(origin);
        let output = self.ctx.engine.step("evaluate", &label, &self.inputs(origin), |workspace| {
            let scene = self.scene(origin)?;
            let steps = self.ctx.run.config.forecast.steps.0;
            let done = AtomicU64::new(0);
            let step = |step: u16| {
                let part = self.step(&scene, Step(step));
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                self.ctx.engine.advance(done, u64::from(steps));
                part
            };
            let mut gather = Gather::new(self.metrics);
            for first in (1..=steps).step_by(usize::from(BATCH)) {
                let batch = first..=steps.min(first.saturating_add(BATCH - 1));
                let parts: Result<Vec<_>> = batch.into_par_iter().map(step).collect();
                parts?.into_iter().for_each(|part| gather.add(part));
            }
            write(&workspace.path(TALLIES), &gather.finish(origin))?;
            Ok(json!({ "origin": origin }))
        })?;
        read_json(&output, TALLIES)
    }

    /// What all steps of an origin need, the panel first: it is read once, before the threads ask for it.
    fn scene(&self, origin: Period) -> Result<Scene<'_>> {
        let (panel, config) = (self.ctx.panel()?, &self.ctx.run.config);
        let year = self.ctx.cadence().season();
        let recent = panel.until(origin)?.recent(&config.target.column, year)?;
        let units = panel.units();
        let past = Past::new(recent, units.len(), year, config.evaluation.event);
        Ok(Scene { origin, units, countries: cells::countries(units, &config.target.level), past })
    }

    fn inputs(&self, origin: Period) -> Value {
        let config = &self.ctx.run.config;
        let forecasters: Vec<_> = self
            .forecasters
            .iter()
            .map(|f| json!([f.spec.name, f.digest, self.ctx.data_digest(f.spec), f.seed]))
            .collect();
        let ensembles: Vec<_> = self
            .ensembles
            .iter()
            .map(|e| json!([e.spec.name, e.spec.algorithm, e.spec.settings, e.spec.members]))
            .collect();
        json!({
            "panel": self.ctx.panel_digest(),
            "target": [config.target.column, json!(config.target.kind)],
            "origin": origin,
            "steps": config.forecast.steps,
            "draws": config.forecast.draws,
            "forecasters": forecasters,
            "ensembles": ensembles,
            "metrics": self.metrics.iter().map(|m| &m.name).collect::<Vec<_>>(),
            "level": config.target.level,
            "event": config.evaluation.event,
        })
    }
}

/// Combines the members' fields; a member without one is named.
pub(crate) fn combine(
    combine: &dyn Combine,
    members: &[String],
    fields: &BTreeMap<&str, Field>,
) -> Result<Field> {
    let member = |name: &String| -> Result<Member<'_>> {
        let (name, field) = fields.get_key_value(name.as_str()).ok_or_else(|| {
            Error::Core(forewarn_core::Error::data(format!("its member `{name}` has no forecast")))
        })?;
        Ok(Member { name, field })
    };
    let members: Vec<_> = members.iter().map(member).collect::<Result<_>>()?;
    Ok(combine.combine(&members)?)
}
