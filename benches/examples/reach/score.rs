//! One step, learned from merged rows or from all rows, and scored on pairs that were held out.

use std::sync::Arc;

use forewarn_catalog::{REGRESSORS, find};
use forewarn_core::{DesignMatrix, LabelArgs, Labels, Panel, Period, PrepareArgs, Regression};
use forewarn_kernels::distinct::Distinct;
use forewarn_kernels::ranking::auc_ap;
use serde_json::{Value, json};

use super::usage::Usage;
use super::{Outcome, TARGET, names};

/// What is learned and scored.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Last period of training.
    pub(crate) until: i32,
    /// Last period whose target is scored.
    pub(crate) last: i32,
    pub(crate) step: usize,
    pub(crate) regressor: Value,
    /// Whether every pair is a row of its own.
    pub(crate) unmerged: bool,
    /// Whether the label is 1 where the target is above 0.
    pub(crate) event: bool,
}

/// Features, one slice a column, and labels of pairs, in the same order.
struct Pairs<'a> {
    columns: Vec<&'a [f32]>,
    labels: Vec<f32>,
}

impl Plan {
    /// Fits and scores.
    pub(crate) fn run(&self, panel: &Panel) -> Outcome<Value> {
        let axis = panel.axis();
        let at = |period: i32| axis.index(Period(period)).ok_or("that month is not in the file");
        let (until, last) = (at(self.until)? + 1, at(self.last)? + 1);
        let train = self.pairs(panel, 0, until)?;
        // Origins are the last period of training and later ones: no target of these pairs was learned.
        let held_out = self.pairs(panel, until - 1, last)?;
        let columns: Arc<[String]> = names(panel).iter().map(|&n| n.to_owned()).collect();
        let before = Usage::restart()?;
        let fitted = self.fit(&columns, &train)?;
        let after = Usage::now()?;
        let scores = scores(&predict(fitted.as_ref(), &columns, &held_out)?, &held_out.labels);
        let cost = json!({ "cpu_s": after.cpu_seconds - before.cpu_seconds,
            "peak_above_mb": after.peak_mb - before.resident_mb, "rounds": fitted.rounds() });
        Ok(json!({ "step": self.step, "pairs": train.labels.len(), "scores": scores, "cost": cost }))
    }

    /// Pairs of the periods `first..end - step` with the targets a step later.
    fn pairs<'a>(&self, panel: &'a Panel, first: usize, end: usize) -> Outcome<Pairs<'a>> {
        let units = panel.units().len();
        let rows = first * units..(end - self.step) * units;
        let column = |name: &&str| Ok(&panel.column(name)?.values()[rows.clone()]);
        let columns = names(panel).iter().map(column).collect::<Outcome<_>>()?;
        let target = &panel.column(TARGET)?.values()[(first + self.step) * units..end * units];
        if target.iter().any(|y| y.is_nan()) {
            return Err("a target is missing".into());
        }
        let label = |&y: &f32| if self.event { f32::from(y > 0.0) } else { y };
        Ok(Pairs { columns, labels: target.iter().map(label).collect() })
    }

    fn fit(&self, columns: &Arc<[String]>, pairs: &Pairs<'_>) -> Outcome<Box<dyn Regression>> {
        let name = self.regressor["algorithm"].as_str().ok_or("no `algorithm`")?;
        let regressor = (find("regressor", REGRESSORS, name)?.build)(&self.regressor["settings"])?;
        let count = pairs.labels.len();
        if self.unmerged {
            let all: Vec<u32> = (0..count as u32).collect();
            let ones = vec![1.0; count];
            let rows = matrix(columns, &pairs.columns, &all)?;
            let prepared = regressor.prepare(&PrepareArgs::new(&rows, &ones)?)?;
            let labels = Labels::new(&all, &pairs.labels, &ones, count)?;
            return Ok(prepared.fit(&LabelArgs::new(labels, 42))?);
        }
        let distinct = Distinct::of(&pairs.columns, count);
        let rows = matrix(columns, &pairs.columns, &distinct.first)?;
        let mut sums = vec![(0.0_f64, 0.0_f32); rows.len()];
        for (&row, &y) in distinct.of.iter().zip(&pairs.labels) {
            let (sum, weight) = &mut sums[row as usize];
            (*sum, *weight) = (*sum + f64::from(y), *weight + 1.0);
        }
        let (means, weights): (Vec<f32>, Vec<f32>) =
            sums.iter().map(|&(sum, weight)| ((sum / f64::from(weight)) as f32, weight)).unzip();
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        let prepared = regressor.prepare(&PrepareArgs::new(&rows, &weights)?)?;
        Ok(prepared.fit(&LabelArgs::new(Labels::new(&all, &means, &weights, rows.len())?, 42))?)
    }
}

fn matrix(names: &Arc<[String]>, columns: &[&[f32]], rows: &[u32]) -> Outcome<DesignMatrix> {
    let values = rows.iter().flat_map(|&r| columns.iter().map(move |c| c[r as usize])).collect();
    Ok(DesignMatrix::new(names.clone(), values)?)
}

fn predict(fitted: &dyn Regression, names: &Arc<[String]>, pairs: &Pairs<'_>) -> Outcome<Vec<f32>> {
    let distinct = Distinct::of(&pairs.columns, pairs.labels.len());
    let found = fitted.predict(&matrix(names, &pairs.columns, &distinct.first)?)?;
    Ok(distinct.of.iter().map(|&r| found[r as usize]).collect())
}

/// Mean losses of predictions, and the average precision of `label > 0`.
fn scores(found: &[f32], labels: &[f32]) -> Value {
    let mean = |loss: fn(f64, f64) -> f64| {
        let losses = found.iter().zip(labels).map(|(&f, &y)| loss(f64::from(f), f64::from(y)));
        losses.sum::<f64>() / labels.len() as f64
    };
    let events: Vec<bool> = labels.iter().map(|&y| y > 0.0).collect();
    let deviance = |f: f64, y: f64| {
        let f = f.max(1e-12);
        2.0 * (if y > 0.0 { y * (y / f).ln() } else { 0.0 } - (y - f))
    };
    let log_loss = |f: f64, y: f64| {
        let p = f.clamp(1e-12, 1.0 - 1e-12);
        -(y * p.ln() + (1.0 - y) * (-p).ln_1p())
    };
    let tweedie = |f: f64, y: f64| {
        let f = f.max(1e-12);
        4.0 * (y.sqrt() - f.sqrt()).powi(2) / f.sqrt()
    };
    json!({ "pairs": labels.len(), "mse": mean(|f, y| (f - y).powi(2)), "poisson_deviance": mean(deviance),
        "tweedie_deviance": mean(tweedie), "log_loss": mean(log_loss),
        "average_precision": auc_ap(found, &events, &[]).average_precision })
}
