//! The sheet of a forecaster and a month: what its forecasts of the month, from every origin, contribute to every score.
//!
//! A sheet is made once. It is made anew when a forecast is added, or when the truth of the month, or of the years
//! before its origins, is revised; nothing else touches it.

use std::collections::BTreeMap;

use forewarn_core::{Field, Panel, Period, Step, Tally, Units};
use forewarn_store::{Digest, Filed, StepOutput};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::onsets::{Chance, Onsets};
use crate::Result;
use crate::context::Context;
use crate::scores::{Group, NamedMetric, Part, add};
use crate::stages::evaluate::{Scene, Scorer, StepTallies, TALLIES, read, write};
use crate::truth::Truth;

/// What one forecaster's forecasts of one month contribute to every score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sheet {
    /// Model or ensemble.
    pub(crate) name: String,
    /// The month that was forecast.
    pub(crate) month: Period,
    /// Its forecasts, the newest origin first.
    pub(crate) steps: Vec<SheetStep>,
    /// The rows of each country, region and state of conflict, of all its forecasts together.
    pub(crate) groups: Vec<SheetGroup>,
    /// What could not be computed, and why.
    pub(crate) failures: Vec<String>,
}

/// One forecast of the month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SheetStep {
    /// How far ahead it was made.
    pub(crate) step: Step,
    /// Digest of its file.
    pub(crate) forecast: String,
    /// Rows that were scored.
    pub(crate) rows: u64,
    /// Digest of which rows these are.
    pub(crate) units: String,
    /// By metric.
    pub(crate) parts: Vec<Part>,
    /// What it said of onsets.
    pub(crate) chance: Chance,
}

/// The rows of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SheetGroup {
    /// Kind of group, and which one.
    pub(crate) key: (Group, i32),
    /// Rows that were scored, over all steps.
    pub(crate) rows: u64,
    /// By metric.
    pub(crate) parts: Vec<Part>,
}

/// What all sheets of one month need.
pub(crate) struct Month<'a> {
    ctx: &'a Context<'a>,
    truth: &'a Panel,
    period: Period,
    metrics: &'a [NamedMetric],
    observed: &'a [f32],
    onsets: Onsets,
    /// Digest of the truth from the first period that matters on.
    known: String,
}

/// The units that are scored: of a panel, or only some of them.
pub(crate) type Only<'a> = Option<&'a Units>;

impl<'a> Month<'a> {
    /// A month of what was observed.
    ///
    /// # Errors
    /// A month that is not on the axis.
    pub(crate) fn of(
        ctx: &'a Context<'a>,
        truth: &'a Truth<'a>,
        month: Period,
        metrics: &'a [NamedMetric],
    ) -> Result<Self> {
        let config = &ctx.run.config;
        let observed = truth.panel().field(&config.target.column, month)?;
        let onsets = Onsets::of(ctx, truth.panel(), month)?;
        let reach = i32::from(config.forecast.steps.0) + ctx.cadence().season() as i32;
        let known = truth.digest(Period(month.0 - reach), month);
        Ok(Self { ctx, truth: truth.panel(), period: month, metrics, observed, onsets, known })
    }

    /// The step that makes the sheet of `name`, or finds it.
    ///
    /// # Errors
    /// A forecast that cannot be read, a store that cannot be written.
    pub(crate) fn step(&self, name: &str, forecasts: &[&Filed], only: Only<'_>) -> Result<StepOutput> {
        let config = &self.ctx.run.config;
        let of = |filed: &&Filed| json!([filed.manifest.origin.0, filed.manifest.file]);
        let inputs = json!({
            "truth": self.known,
            "target": [config.target.column, json!(config.target.kind), json!(config.target.level)],
            "month": self.period,
            "event": config.evaluation.event,
            "metrics": self.metrics.iter().map(|m| &m.name).collect::<Vec<_>>(),
            "forecasts": forecasts.iter().map(of).collect::<Vec<_>>(),
            "only": only.map(|units| units.iter().map(|u| u.0).collect::<Vec<_>>()),
        });
        let label = format!("{name} {}", self.ctx.cadence().label(self.period));
        self.ctx.engine.step("online", &label, &inputs, |workspace| {
            let sheet = self.sheet(name, forecasts, only)?;
            write(&workspace.path(TALLIES), &sheet)?;
            let used: Vec<_> = forecasts.iter().map(|filed| &filed.manifest.file).collect();
            Ok(json!({ "month": self.period, "name": name, "forecasts": used }))
        })
    }

    /// Reads and tallies the forecasts, as many at a time as there are threads, and puts them together in order.
    fn sheet(&self, name: &str, forecasts: &[&Filed], only: Only<'_>) -> Result<Sheet> {
        let mut sheet = Sheet {
            name: name.to_owned(),
            month: self.period,
            steps: Vec::new(),
            groups: Vec::new(),
            failures: Vec::new(),
        };
        let mut groups = BTreeMap::new();
        let mut newest: Vec<&Filed> = forecasts.to_vec();
        newest.sort_by_key(|filed| std::cmp::Reverse(filed.manifest.origin.0));
        for batch in newest.chunks(rayon::current_num_threads().max(1)) {
            let parts: Result<Vec<_>> =
                batch.par_iter().map(|filed| self.forecast(name, filed, only)).collect();
            for (step, tallies) in parts?.into_iter().flatten() {
                self.pool(&mut groups, &tallies);
                sheet.steps.push(step);
                sheet.failures.extend(tallies.failures);
            }
        }
        let group = |(key, (rows, parts))| SheetGroup { key, rows, parts };
        sheet.groups = groups.into_iter().map(group).collect();
        Ok(sheet)
    }

    /// What one forecast contributes; `None` when it has no value for any unit: so an imported one says that it does not have
    /// the step.
    fn forecast(
        &self,
        name: &str,
        filed: &Filed,
        only: Only<'_>,
    ) -> Result<Option<(SheetStep, StepTallies)>> {
        let origin = filed.manifest.origin.0;
        let step = Step((self.period.0 - origin.0) as u16);
        let field = filed.open()?.field(step)?;
        if field.values().iter().all(|v| v.is_nan()) {
            return Ok(None);
        }
        let scene = Scene::at(self.ctx, self.truth, origin)?;
        let (field, observed) = align(field, self.truth.units(), self.observed, only)?;
        let scorer = Scorer { target: &self.ctx.run.config.target, metrics: self.metrics };
        let mut tallies = scorer.score(&scene, name, (step, &observed), Ok(&field));
        let sheet = SheetStep {
            step,
            forecast: filed.manifest.file.to_string(),
            rows: tallies.rows,
            units: rows(&observed),
            parts: std::mem::take(&mut tallies.parts.whole),
            chance: self.onsets.chance(&field),
        };
        Ok(Some((sheet, tallies)))
    }

    fn pool(&self, groups: &mut BTreeMap<(Group, i32), (u64, Vec<Part>)>, step: &StepTallies) {
        for (key, rows) in &step.groups {
            let empty = || (0, vec![Ok(Tally::default()); self.metrics.len()]);
            let (all, pools) = groups.entry(*key).or_insert_with(empty);
            *all += rows;
            let parts = step.parts.groups.get(key).into_iter().flatten();
            for ((metric, pool), part) in self.metrics.iter().zip(pools).zip(parts) {
                add(metric.metric.as_ref(), pool, part);
            }
        }
    }
}

/// Reads a sheet.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn open(output: &StepOutput) -> Result<Sheet> {
    read(&output.dir.join(TALLIES))
}

/// The field with a row for each of `units`, NaN where it has none, and the truth of the rows that it has.
///
/// A forecast of fewer units than are observed is scored on those that it has: what it does not claim to forecast is no
/// miss, and who is compared with it is compared on the same rows.
fn align(field: Field, units: &Units, observed: &[f32], only: Only<'_>) -> Result<(Field, Vec<f32>)> {
    let among = |set: &Units, unit| set.binary_search(&unit).is_ok();
    let keep = |unit| only.is_none_or(|only| among(only, unit));
    if field.units() == units {
        let truth = units.iter().zip(observed).map(|(u, y)| if keep(*u) { *y } else { f32::NAN });
        return Ok((field, truth.collect()));
    }
    let (width, is_point) = (field.width(), field.is_point());
    let mut values = vec![f32::NAN; units.len() * width];
    let mut truth = vec![f32::NAN; units.len()];
    for (unit, row) in field.units().iter().zip(field.rows()) {
        let Ok(i) = units.binary_search(unit) else { continue };
        values[i * width..][..width].copy_from_slice(row);
        if keep(*unit) {
            truth[i] = observed[i];
        }
    }
    let (origin, step) = (field.origin, field.step);
    let field = if is_point {
        Field::point(origin, step, units.clone(), values)?
    } else {
        Field::draws(origin, step, units.clone(), width, values)?
    };
    Ok((field, truth))
}

/// Digest of which rows have a truth to be scored by.
fn rows(observed: &[f32]) -> String {
    let known: Vec<u8> = observed.iter().map(|y| u8::from(!y.is_nan())).collect();
    Digest::of_bytes(&known).to_string()
}

#[cfg(test)]
mod tests {
    use forewarn_core::Unit;

    use super::*;

    fn units(ids: &[u32]) -> Units {
        ids.iter().copied().map(Unit).collect()
    }

    #[test]
    fn a_forecast_of_fewer_units_is_scored_on_those() {
        let field =
            Field::draws(Period(9), Step(2), units(&[1, 5, 9]), 2, vec![1., 2., 5., 6., 9., 9.]).unwrap();
        let (aligned, truth) = align(field, &units(&[1, 3, 9]), &[10.0, 30.0, 90.0], None).unwrap();
        assert_eq!(aligned.units(), &units(&[1, 3, 9]));
        assert_eq!(aligned.values()[..2], [1.0, 2.0]);
        assert!(aligned.values()[2..4].iter().all(|v| v.is_nan()), "unit 3 has no forecast");
        assert_eq!(aligned.values()[4..], [9.0, 9.0]);
        assert!(truth[0] == 10.0 && truth[1].is_nan() && truth[2] == 90.0, "and is not scored: {truth:?}");
        assert_eq!((aligned.origin, aligned.step), (Period(9), Step(2)));
    }

    #[test]
    fn only_the_units_that_are_asked_for_are_scored() {
        let all = units(&[1, 3, 9]);
        let field = || Field::point(Period(9), Step(1), all.clone(), vec![1.0, 3.0, 9.0]).unwrap();
        let (same, truth) = align(field(), &all, &[10.0, 30.0, f32::NAN], Some(&units(&[3, 9]))).unwrap();
        assert_eq!(same, field());
        assert!(truth[0].is_nan() && truth[1] == 30.0 && truth[2].is_nan());
        let (_, whole) = align(field(), &all, &[10.0, 30.0, f32::NAN], None).unwrap();
        assert_ne!(rows(&truth), rows(&whole), "other rows have another digest");
        let (_, again) = align(field(), &all, &[11.0, 31.0, f32::NAN], None).unwrap();
        assert_eq!(rows(&whole), rows(&again), "whatever their values");
    }
}
