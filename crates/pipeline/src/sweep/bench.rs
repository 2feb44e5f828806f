//! Where trials are scored: the model is trained before the calibration partition's test range and scored from rolling
//! origins in it, as `forewarn evaluate` does, on all rows.

use forewarn_core::{PartitionName, RollingOrigins};

use crate::components::ModelSpec;
use crate::context::Context;
use crate::scores::{Forecasts, Group, NamedMetric, Scores};
use crate::stages::backtest::Backtest;
use crate::stages::{evaluate, train};
use crate::{Error, Result};

/// The score of a model by one metric, or why it has none.
///
/// # Errors
/// What stops everything: a disk, a store. What the model or the metric refuses is the reason for no score.
pub(crate) fn score(
    ctx: &Context<'_>,
    spec: &ModelSpec,
    origins: RollingOrigins,
    metric: &NamedMetric,
) -> Result<Result<f64, String>> {
    let trained = match train::train(ctx, spec, PartitionName::Calibration, origins.first) {
        Ok(trained) => trained,
        Err(e @ (Error::Core(_) | Error::Config { .. })) => return Ok(Err(e.to_string())),
        Err(e) => return Err(e),
    };
    let config = &ctx.run.config;
    let metrics = std::slice::from_ref(metric);
    let trained = [(spec, trained)];
    let origin = |origin| evaluate::evaluate(ctx, &Backtest::of_models(ctx, origin, &trained)?, metrics);
    let tallies = origins.iter().map(origin).collect::<Result<Vec<_>>>()?;
    let names = [spec.name.clone()];
    let forecasts = Forecasts { names: &names, baselines: &[], issued: None };
    let scores = Scores::pool(&tallies, &forecasts, metrics, (&config.evaluation.interval, 0), &[]);
    let found = scores.find(&spec.name, &metric.name, Group::All, None);
    let failure = tallies.iter().flat_map(|tallies| &tallies.failures).next();
    let reason = || failure.or_else(|| found.and_then(|score| score.reason.as_ref())).cloned();
    Ok(found.and_then(|score| score.value).ok_or_else(|| reason().unwrap_or_else(|| "no score".to_owned())))
}
