//! Why a forecast is what it is: what each feature of a unit added to it.

use forewarn_core::{DesignMatrix, Field, PartitionName, Period, RegressionPart, Step, Unit};
use serde::Serialize;

use crate::components::ModelSpec;
use crate::page::place;
use crate::partitions::{self, EvaluatedPartition};
use crate::progress::Observer;
use crate::session::{Access, Session, session};
use crate::stages::train::{self, Trained};
use crate::{Code, Error, Resolved, Result};

/// Which forecast is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Why<'a> {
    /// Name of the model in the run.
    pub model: &'a str,
    /// The unit: a cell or a country.
    pub unit: u32,
    /// Steps ahead.
    pub step: u16,
    /// Label of the last known period; the last observed one when absent.
    pub origin: Option<&'a str>,
}

/// What each feature added to a forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Id of the run.
    pub run: String,
    /// Name of the model.
    pub model: String,
    /// Name of the artifact that forecast.
    pub artifact: String,
    /// The unit.
    pub unit: u32,
    /// Where it is, in words.
    pub place: String,
    /// Label of the last known period.
    pub origin: String,
    /// Label of the period that is forecast.
    pub target: String,
    /// Steps ahead.
    pub step: u16,
    /// Mean of the forecast.
    pub mean: f64,
    /// Share of draws above 0 (0-1); `None` for a point forecast.
    pub chance: Option<f64>,
    /// What was observed, where it is known.
    pub observed: Option<f64>,
    /// The regressions that the forecast is made of.
    pub parts: Vec<PartExplanation>,
}

/// What each feature added to the prediction of one regression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartExplanation {
    /// What it is for in the model.
    pub role: String,
    /// What its prediction is.
    pub predicts: String,
    /// Its prediction.
    pub prediction: f64,
    /// The sums; `None` where the regressor cannot tell.
    pub sum: Option<Sum>,
}

/// SHAP values: the base and the contributions add up to the prediction on its scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sum {
    /// `identity`, `log` or `logit`: the function of the prediction that is a sum.
    pub scale: String,
    /// The expected value without knowing any feature.
    pub base: f64,
    /// The base and all contributions.
    pub total: f64,
    /// From the one that moved the prediction most.
    pub contributions: Vec<Contribution>,
}

/// What one feature added.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// Its name.
    pub feature: String,
    /// Its value; `None` where it was not observed.
    pub value: Option<f32>,
    /// What it added.
    pub contribution: f64,
}

/// Explains the forecast of one unit and step.
///
/// # Errors
/// [`Error::Config`] for an unknown model, unit, step or origin, and for a model that is made of no regression.
pub fn why(run: &Resolved, code: &Code, observer: &dyn Observer, question: Why<'_>) -> Result<Explanation> {
    let last = run.config.forecast.steps.0;
    if question.step == 0 || question.step > last {
        let reason = format!("{} is no step of the run; there are 1 to {last}", question.step);
        return Err(Error::config("--step", reason));
    }
    session(run, code, observer, Access::Alone, |session| {
        let spec = session.model(question.model)?;
        session.with_features()?;
        let origin = session.period(question.origin)?;
        let trained = fitted_before(session, spec, origin)?;
        explain(session, spec, &trained, (origin, question))
    })
}

/// The fit that forecasts from an origin: on all data from the last period, on the training range from those after it.
fn fitted_before(session: &Session<'_>, spec: &ModelSpec, origin: Period) -> Result<Trained> {
    let ctx = session.ctx;
    if origin == ctx.origin() {
        return train::train(ctx, spec, PartitionName::Forecasting, origin);
    }
    let EvaluatedPartition { name, origins, .. } = partitions::evaluated(&ctx.run.config, ctx.axis())?;
    if origin >= origins.first {
        return train::train(ctx, spec, name, origins.first);
    }
    let (asked, first) = (ctx.cadence().label(origin), ctx.cadence().label(origins.first));
    let reason = format!("the model has learned from what happened after {asked}; take {first} or later");
    Err(Error::config("--origin", reason))
}

fn explain(
    session: &Session<'_>,
    spec: &ModelSpec,
    trained: &Trained,
    (origin, question): (Period, Why<'_>),
) -> Result<Explanation> {
    let (ctx, step) = (session.ctx, Step(question.step));
    let config = &ctx.run.config;
    let parts = trained.fitted.parts(step);
    if parts.is_empty() {
        let reason = format!(
            "`{}` ({}) is made of no regression on features: nothing can be attributed",
            spec.name, spec.algorithm
        );
        return Err(Error::config("why", reason));
    }
    let args = ctx.predict_args(spec, origin, step, trained.seed)?;
    let at = unit_at(args.history.units(), question.unit)?;
    let row = |part: &RegressionPart<'_>| -> Result<Vec<f32>> {
        let Some(features) = args.features else { return Ok(Vec::new()) };
        let field = |c: &String| -> Result<f32> {
            let column = features.column(c)?;
            Ok(column[column.len() - features.units().len() + at])
        };
        part.columns.iter().map(field).collect()
    };
    let parts = parts.iter().map(|p| part(p, row(p)?)).collect::<Result<_>>()?;
    let field = trained.fitted.predict(&args)?;
    let label = |p| ctx.cadence().label(p);
    Ok(Explanation {
        run: session.id.clone(),
        model: spec.name.clone(),
        artifact: trained.artifact.clone(),
        unit: question.unit,
        place: place(Unit(question.unit), &config.target.level),
        origin: label(origin),
        target: label(origin + step),
        step: step.0,
        mean: f64::from(field.means()[at]),
        chance: chance(&field, at),
        observed: observed(session, origin + step, at)?,
        parts,
    })
}

fn unit_at(units: &[Unit], wanted: u32) -> Result<usize> {
    units.binary_search(&Unit(wanted)).map_err(|_| {
        let ends =
            units.first().zip(units.last()).map_or_else(String::new, |(a, b)| format!(" from {a} to {b}"));
        Error::config("--unit", format!("{wanted} is no unit of the run; there are {}{ends}", units.len()))
    })
}

fn part(part: &RegressionPart<'_>, row: Vec<f32>) -> Result<PartExplanation> {
    let matrix = DesignMatrix::new(part.columns.to_vec().into(), row)?;
    let prediction = part.regression.predict(&matrix)?.first().copied().map_or(f64::NAN, f64::from);
    let told = part.regression.contributions(&matrix)?;
    let sum = told.and_then(|told| {
        let (&base, values) = told.values.split_last()?;
        let contribution = |((feature, &value), &c): ((&String, &f32), &f32)| Contribution {
            feature: feature.clone(),
            value: (!value.is_nan()).then_some(value),
            contribution: f64::from(c),
        };
        let mut contributions: Vec<Contribution> =
            part.columns.iter().zip(matrix.values()).zip(values).map(contribution).collect();
        let total = contributions.iter().fold(f64::from(base), |sum, c| sum + c.contribution);
        contributions.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        Some(Sum { scale: told.scale.to_owned(), base: f64::from(base), total, contributions })
    });
    Ok(PartExplanation { role: part.role.to_owned(), predicts: part.predicts.to_owned(), prediction, sum })
}

fn chance(field: &Field, at: usize) -> Option<f64> {
    let row = field.rows().nth(at).filter(|_| !field.is_point())?;
    Some(row.iter().filter(|&&v| v > 0.0).count() as f64 / row.len() as f64)
}

fn observed(session: &Session<'_>, period: Period, at: usize) -> Result<Option<f64>> {
    let ctx = session.ctx;
    if ctx.axis().index(period).is_none() {
        return Ok(None);
    }
    let value = ctx.panel()?.field(&ctx.run.config.target.column, period)?[at];
    Ok((!value.is_nan()).then(|| f64::from(value)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use forewarn_core::{Contributions, Regression};

    use super::*;

    /// Predicts `exp(1 + a - 3 b)`, missing values counting as 0.
    #[derive(Debug)]
    struct Plain {
        tells: bool,
    }

    fn margin(row: &[f32]) -> [f32; 3] {
        let known = |v: f32| if v.is_nan() { 0.0 } else { v };
        [known(row[0]), -3.0 * known(row[1]), 1.0]
    }

    impl Regression for Plain {
        fn predict(&self, rows: &DesignMatrix) -> forewarn_core::Result<Vec<f32>> {
            Ok(rows.rows().map(|row| margin(row).iter().sum::<f32>().exp()).collect())
        }

        fn state(&self) -> forewarn_core::Result<Vec<u8>> {
            Ok(Vec::new())
        }

        fn contributions(&self, rows: &DesignMatrix) -> forewarn_core::Result<Option<Contributions>> {
            let values = rows.rows().flat_map(margin).collect();
            Ok(self.tells.then_some(Contributions { values, scale: "log" }))
        }
    }

    fn explained(tells: bool, row: [f32; 2]) -> PartExplanation {
        let columns: Arc<[String]> = ["a", "b"].map(str::to_owned).into();
        let regression = Plain { tells };
        let asked =
            RegressionPart { role: "value", predicts: "mean", columns: &columns, regression: &regression };
        part(&asked, row.to_vec()).unwrap()
    }

    #[test]
    fn the_feature_that_moved_most_comes_first() {
        let found = explained(true, [2.0, 1.0]);
        let sum = found.sum.unwrap();
        assert_eq!((sum.scale.as_str(), sum.base, sum.total), ("log", 1.0, 0.0));
        let names: Vec<_> = sum.contributions.iter().map(|c| (c.feature.as_str(), c.contribution)).collect();
        assert_eq!(names, [("b", -3.0), ("a", 2.0)]);
        assert!((sum.total.exp() - found.prediction).abs() < 1e-6);
    }

    #[test]
    fn what_is_missing_is_no_number() {
        let sum = explained(true, [f32::NAN, 1.0]).sum.unwrap();
        assert_eq!(sum.contributions[1].value, None);
        assert!(serde_json::to_string(&sum).unwrap().contains("\"value\":null"));
        let silent = explained(false, [2.0, 1.0]);
        assert_eq!((silent.sum, silent.prediction), (None, 1.0));
    }

    #[test]
    fn units_are_found_by_their_id() {
        let units = [Unit(5), Unit(9)];
        assert_eq!(unit_at(&units, 9).unwrap(), 1);
        let wrong = unit_at(&units, 6).unwrap_err().to_string();
        assert!(wrong.contains("6 is no unit of the run; there are 2 from 5 to 9"), "{wrong}");
    }

    #[test]
    fn chances_are_of_draws() {
        let units: forewarn_core::Units = [Unit(1), Unit(2)].into();
        let draws = vec![0.0, 0.0, 0.0, 1.0, 0.0, 3.0, 7.0, 1.0];
        let field = Field::draws(Period(1), Step(1), units.clone(), 4, draws).unwrap();
        assert_eq!((chance(&field, 0), chance(&field, 1)), (Some(0.25), Some(0.75)));
        let point = Field::point(Period(1), Step(1), units, vec![0.0, 2.0]).unwrap();
        assert_eq!(chance(&point, 1), None);
    }
}
