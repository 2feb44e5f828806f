//! How good past forecasts of each unit were: the continuous ranked probability score of a model and of a baseline, mean
//! over the origins of the evaluation.

use std::collections::BTreeMap;

use forewarn_core::{Panel, Step, UnitScores};
use forewarn_kernels::draws::{Draws, RowScore, score};
use forewarn_store::ForecastFile;
use rayon::prelude::*;

use crate::components::{ModelSpec, Status};
use crate::partitions::{self, EvaluatedPartition};
use crate::session::Session;
use crate::stages::backtest::Backtest;
use crate::stages::train;
use crate::{Error, Result};

/// Name of the score.
const METRIC: &str = "crps";

/// Mean scores of each unit, by step.
pub(super) struct Scores {
    against: String,
    origins: usize,
    /// Of the forecast and of the baseline.
    steps: BTreeMap<Step, [Vec<f32>; 2]>,
}

impl Scores {
    /// Those of a step.
    pub(super) fn at(&self, step: Step) -> Option<UnitScores<'_>> {
        let [score, baseline] = self.steps.get(&step)?;
        Some(UnitScores { metric: METRIC, against: &self.against, score, baseline, n: self.origins })
    }
}

/// The scores of `name` and of a baseline; `None` when the run makes no past forecasts of it. What was made before is not
/// made again.
///
/// # Errors
/// [`Error::Config`] when `against` is no baseline of the run; a past forecast that cannot be made or read.
pub(super) fn of(
    session: &Session<'_>,
    name: &str,
    against: Option<&str>,
    steps: &[Step],
) -> Result<Option<Scores>> {
    let baselines = baselines(session, against)?;
    let ensemble = session.ensembles.iter().find(|e| e.name == name);
    let known = ensemble.is_some() || session.models.iter().any(|m| m.name == name);
    if !known || baselines.is_empty() {
        return Ok(None);
    }
    let members = ensemble.map_or_else(|| vec![name.to_owned()], |e| e.members.clone());
    let wanted = |m: &&ModelSpec| members.contains(&m.name) || baselines.contains(&m.name);
    let backtests = backtests(session, &session.models.iter().filter(wanted).collect::<Vec<_>>(), name)?;
    let panel = session.ctx.panel()?;
    let column = session.ctx.run.config.target.column.as_str();
    let mean = |of: &str| -> Result<Vec<Vec<f32>>> {
        let files = files(&backtests, of)?;
        steps.par_iter().map(|step| mean_scores(panel, column, (&files, *step))).collect()
    };
    let own = mean(name)?;
    let mut best: Option<(f64, &String, Vec<Vec<f32>>)> = None;
    for baseline in &baselines {
        let scores = mean(baseline)?;
        let whole = whole(&scores);
        if best.as_ref().is_none_or(|(least, ..)| whole < *least) {
            best = Some((whole, baseline, scores));
        }
    }
    let Some((_, against, theirs)) = best else { return Ok(None) };
    let both = own.into_iter().zip(theirs).map(|(own, theirs)| [own, theirs]);
    let steps = steps.iter().copied().zip(both).collect();
    Ok(Some(Scores { against: against.clone(), origins: backtests.len(), steps }))
}

/// The baseline that was named, or those that the run has.
fn baselines(session: &Session<'_>, against: Option<&str>) -> Result<Vec<String>> {
    let all = session.models.iter().filter(|m| m.status == Status::Baseline).map(|m| m.name.clone());
    let all: Vec<String> = all.collect();
    match against {
        None => Ok(all),
        Some(name) if session.models.iter().any(|m| m.name == name) => Ok(vec![name.to_owned()]),
        Some(name) => {
            let names: Vec<&str> = session.models.iter().map(|m| m.name.as_str()).collect();
            let reason = format!("`{name}` is no model of this run; there are: {}", names.join(", "));
            Err(Error::config("--against", reason))
        }
    }
}

/// The past forecasts of models, and of the ensemble `name` if it is one.
fn backtests(session: &Session<'_>, models: &[&ModelSpec], name: &str) -> Result<Vec<Backtest>> {
    let ctx = session.ctx;
    session.with_features()?;
    let EvaluatedPartition { name: partition, origins, .. } =
        partitions::evaluated(&ctx.run.config, ctx.axis())?;
    let train = |spec: &&'_ ModelSpec| train::train(ctx, spec, partition, origins.first);
    let trained = models.iter().map(train).collect::<Result<Vec<_>>>()?;
    let trained: Vec<_> = models.iter().copied().zip(trained).collect();
    let mut all = Vec::new();
    for origin in origins.iter() {
        all.push(Backtest::of_models(ctx, origin, &trained)?);
    }
    let Some(spec) = session.ensembles.iter().find(|e| e.name == name) else { return Ok(all) };
    let combined: Vec<Backtest> = (0..all.len())
        .map(|i| all[i].of_ensembles(ctx, std::slice::from_ref(spec), &all[..i]))
        .collect::<Result<_>>()?;
    for (models, ensemble) in all.iter_mut().zip(combined) {
        models.made.extend(ensemble.made);
        models.absent.extend(ensemble.absent);
    }
    Ok(all)
}

/// The files of one forecaster, by origin.
fn files<'b>(backtests: &'b [Backtest], name: &str) -> Result<Vec<(&'b Backtest, ForecastFile)>> {
    let file = |backtest: &'b Backtest| {
        let Some(made) = backtest.made.iter().find(|made| made.name == name) else {
            let reason =
                backtest.absent.iter().find(|(absent, _)| absent == name).map(|(_, why)| why.as_str());
            let reason = reason.unwrap_or("it was not made").to_owned();
            return Err(Error::config(
                name,
                format!("has no past forecast from {}: {reason}", backtest.origin),
            ));
        };
        Ok((backtest, made.open()?))
    };
    backtests.iter().map(file).collect()
}

/// Mean over origins of the score of each unit; NaN where nothing is known.
fn mean_scores(
    panel: &Panel,
    column: &str,
    (files, step): (&[(&Backtest, ForecastFile)], Step),
) -> Result<Vec<f32>> {
    let mut sums = vec![(0.0, 0_u32); panel.units().len()];
    for (backtest, file) in files {
        let field = file.field(step)?;
        let truth = panel.field(column, backtest.origin + step)?;
        if field.units() != panel.units() {
            let reason = format!("past forecasts are of {} units, the panel has others", field.units().len());
            return Err(forewarn_core::Error::data(reason).into());
        }
        let draws = Draws::contiguous(field.values(), field.width());
        let scores = score(&draws, truth, &[RowScore::Crps]);
        for ((sum, n), score) in sums.iter_mut().zip(scores.iter().flatten()).filter(|(_, s)| !s.is_nan()) {
            *sum += score;
            *n += 1;
        }
    }
    Ok(sums.into_iter().map(|(sum, n): (f64, u32)| (sum / f64::from(n)) as f32).collect())
}

/// Mean over all units and steps.
fn whole(scores: &[Vec<f32>]) -> f64 {
    let known = || scores.iter().flatten().filter(|s| !s.is_nan());
    known().map(|s| f64::from(*s)).sum::<f64>() / known().count().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_all_leaves_out_what_is_not_known() {
        assert_eq!(whole(&[vec![1.0, f32::NAN], vec![2.0, 6.0]]), 3.0);
        assert_eq!(whole(&[]), 0.0);
    }
}
