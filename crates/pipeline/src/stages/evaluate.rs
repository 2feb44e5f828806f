//! Evaluate: forecasts from rolling origins on the calibration partition, scored against what then happened.
//!
//! One step an origin. Inside, the steps ahead run side by side; a field lives only until it is tallied, so memory
//! does not grow with origins or steps.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use forewarn_catalog::{METRICS, find};
use forewarn_core::{
    Axis, Combine, EnsembleArgs, Field, Fitted, Member, Metric, Partition, Period, PredictArgs,
    RollingOrigins, ScoreArgs, Step, Tally,
};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::components::EnsembleSpec;
use crate::context::Context;
use crate::engine::{read_json, write_json};
use crate::scores::{NamedMetric, OriginTallies};
use crate::{Error, Result};

/// File of the tallies.
const TALLIES: &str = "tallies.json";

/// A model fitted for the evaluation.
#[derive(Debug)]
pub(crate) struct Forecaster<'a> {
    /// Name in the run.
    pub name: &'a str,
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

/// The metrics of the run, with their default settings.
///
/// # Errors
/// [`Error::Core`] that lists the metrics there are.
pub(crate) fn metrics(names: &[String]) -> Result<Vec<NamedMetric>> {
    let entries: Vec<_> = if names.is_empty() {
        METRICS.iter().collect()
    } else {
        names.iter().map(|n| find("evaluation.metrics", METRICS, n)).collect::<Result<_, _>>()?
    };
    entries.into_iter().map(|e| Ok(NamedMetric { name: e.name, metric: e.default()? })).collect()
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

/// What one step ahead contributes.
struct StepTallies {
    rows: u64,
    tallies: BTreeMap<String, Vec<Option<Tally>>>,
    failures: Vec<String>,
}

impl Work<'_> {
    fn origin(&self, origin: Period) -> Result<OriginTallies> {
        let label = self.ctx.cadence().label(origin);
        let output = self.ctx.engine.step("evaluate", &label, &self.inputs(origin), |workspace| {
            // Read once, before the threads ask for it.
            self.ctx.panel()?;
            let steps = self.ctx.run.config.forecast.steps.0;
            let done = AtomicU64::new(0);
            let parts: Result<Vec<StepTallies>> = (1..=steps)
                .into_par_iter()
                .map(|step| {
                    let part = self.step(origin, Step(step));
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    self.ctx.engine.advance(done, u64::from(steps));
                    part
                })
                .collect();
            write_json(workspace, TALLIES, &self.gather(origin, parts?))?;
            Ok(json!({ "origin": origin }))
        })?;
        read_json(&output, TALLIES)
    }

    fn inputs(&self, origin: Period) -> Value {
        let config = &self.ctx.run.config;
        let forecasters: Vec<_> =
            self.forecasters.iter().map(|f| json!([f.name, f.digest, f.seed])).collect();
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
            "metrics": self.metrics.iter().map(|m| m.name).collect::<Vec<_>>(),
        })
    }

    /// Forecasts, combines and tallies one step ahead.
    fn step(&self, origin: Period, step: Step) -> Result<StepTallies> {
        let panel = self.ctx.panel()?;
        let target = &self.ctx.run.config.target.column;
        let observed = panel.field(target, origin + step)?;
        let rows = observed.iter().filter(|v| !v.is_nan()).count() as u64;
        let mut part = StepTallies { rows, tallies: BTreeMap::new(), failures: Vec::new() };
        let mut fields: BTreeMap<&str, Field> = BTreeMap::new();
        for f in self.forecasters {
            let args = PredictArgs::new(
                panel.until(origin)?,
                target,
                step,
                self.ctx.run.config.forecast.draws,
                f.seed,
            )?;
            match f.fitted.predict(&args) {
                Ok(field) => {
                    fields.insert(f.name, field);
                }
                Err(e) => part.failures.push(format!("{} at origin {origin}, step {step}: {e}", f.name)),
            }
        }
        for e in self.ensembles {
            let name = &e.spec.name;
            match combine(e.combine.as_ref(), &e.spec.members, &fields) {
                Ok(field) => self.tally(&mut part, name, observed, field),
                Err(e) => part.failures.push(format!("{name} at origin {origin}, step {step}: {e}")),
            }
        }
        for (name, field) in fields {
            self.tally(&mut part, name, observed, field);
        }
        Ok(part)
    }

    fn scorers(&self) -> Vec<&dyn Metric> {
        self.metrics.iter().map(|m| m.metric.as_ref()).collect()
    }

    fn tally(&self, part: &mut StepTallies, name: &str, observed: &[f32], field: Field) {
        let results = match ScoreArgs::new(observed, &field) {
            Ok(args) => forewarn_core::tallies(&self.scorers(), &args),
            Err(e) => self.metrics.iter().map(|_| Err(e.clone())).collect(),
        };
        let mut tallies = Vec::with_capacity(self.metrics.len());
        for (metric, result) in self.metrics.iter().zip(results) {
            if let Err(e) = &result {
                let (metric, origin, step) = (&metric.name, field.origin, field.step);
                part.failures.push(format!("{metric} of {name} at origin {origin}, step {step}: {e}"));
            }
            tallies.push(result.ok());
        }
        part.tallies.insert(name.to_owned(), tallies);
    }

    /// Puts the steps of an origin together, in their order.
    fn gather(&self, origin: Period, parts: Vec<StepTallies>) -> OriginTallies {
        let names = self
            .forecasters
            .iter()
            .map(|f| f.name)
            .chain(self.ensembles.iter().map(|e| e.spec.name.as_str()));
        let of = |name: &str, metric: usize| -> Vec<Option<Tally>> {
            parts.iter().map(|p| p.tallies.get(name).and_then(|t| t[metric].clone())).collect()
        };
        let by_metric = |name: &str| {
            let metrics = self.metrics.iter().enumerate();
            metrics.map(|(i, m)| (m.name.to_owned(), of(name, i))).collect::<BTreeMap<_, _>>()
        };
        let tallies = names.map(|name| (name.to_owned(), by_metric(name))).collect();
        let rows = parts.iter().map(|p| p.rows).collect();
        OriginTallies {
            origin,
            rows,
            tallies,
            failures: parts.into_iter().flat_map(|p| p.failures).collect(),
        }
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
