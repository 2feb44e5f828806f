//! The extension points. All are object safe; each has one to three required methods; each method takes
//! one argument struct, so that a new field breaks no component.

use std::fmt::Debug;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Cadence, Cell, Error, Field, Ground, History, Period, RegressionPart, Result, Scene, Step, Units,
};

/// What kind of number the target is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// Whole numbers from 0 on; forecasts of it are never negative.
    #[default]
    Count,
    /// Real numbers.
    Continuous,
    /// A class, coded 0, 1, 2, ...
    Class,
}

/// What a model says about the future: declared, never guessed from the number of draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// One value a unit.
    Point,
    /// A predictive distribution, as draws.
    Draws,
}

/// A forecasting model before it has seen data.
pub trait Model: Debug + Send + Sync {
    /// Learns from history; the last visible period is the end of training.
    ///
    /// # Errors
    /// [`Error::Data`] when the history does not meet [`Model::needs`].
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>>;
    /// Reads back what [`Fitted::state`] wrote.
    ///
    /// # Errors
    /// [`Error::Data`] when the bytes are no state of this model.
    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>>;
    /// What the model asks of its input and what it returns.
    fn needs(&self) -> Needs;
}

/// What a model asks of its input and what it returns; checked by the runner, not by each model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Fewest periods of history.
    pub history: usize,
    /// Point or draws.
    pub output: Output,
    /// Whether it learns from the features of the query set.
    pub features: bool,
}

/// What a model may learn from.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FitArgs<'a> {
    /// Everything up to the end of training.
    pub history: History<'a>,
    /// Column to forecast.
    pub target: &'a str,
    /// What kind of number the target is.
    pub kind: TargetKind,
    /// Seed; the same seed gives the same bytes.
    pub seed: u64,
    /// The last step that will be asked for (36 unless said otherwise).
    pub steps: Step,
    /// The features of the same units and periods, for models that learn from them.
    pub features: Option<History<'a>>,
}

impl<'a> FitArgs<'a> {
    /// What a model may learn from.
    ///
    /// # Errors
    /// [`Error::Data`] when the target is no column of the panel.
    pub fn new(history: History<'a>, target: &'a str, kind: TargetKind, seed: u64) -> Result<Self> {
        history.column(target)?;
        Ok(Self { history, target, kind, seed, steps: Step(36), features: None })
    }

    /// With another last step.
    #[must_use]
    pub fn with_steps(self, steps: Step) -> Self {
        Self { steps, ..self }
    }

    /// With features.
    ///
    /// # Errors
    /// [`Error::Data`] when they are not of the same units and periods.
    pub fn with_features(self, features: History<'a>) -> Result<Self> {
        same_cases(self.history, features)?;
        Ok(Self { features: Some(features), ..self })
    }

    /// What could be learned at the end of an earlier period.
    ///
    /// # Errors
    /// [`Error::Data`] when `last` is not among the visible periods.
    pub fn until(self, last: Period) -> Result<Self> {
        let features = self.features.map(|f| f.until(last)).transpose()?;
        Ok(Self { history: self.history.until(last)?, features, ..self })
    }
}

/// That features are of the units and periods of the history.
fn same_cases(history: History<'_>, features: History<'_>) -> Result<()> {
    if history.axis() != features.axis() {
        let (a, b) = (history.axis(), features.axis());
        return Err(Error::data(format!(
            "features of {} periods to {}, the history has {} to {}",
            b.len,
            b.cadence.label(b.last()),
            a.len,
            a.cadence.label(a.last())
        )));
    }
    if history.units() != features.units() {
        let (a, b) = (history.units(), features.units());
        let differs = a.iter().zip(b.iter()).find(|(a, b)| a != b);
        let which = differs.map_or_else(String::new, |(a, b)| format!(", unit {b} stands where {a} should"));
        return Err(Error::data(format!(
            "features of {} units, the history has {}{which}",
            b.len(),
            a.len()
        )));
    }
    Ok(())
}

/// A fitted model. Predicting before fitting does not compile.
pub trait Fitted: Debug + Send + Sync {
    /// The forecast for one step after the last visible period.
    ///
    /// # Errors
    /// [`Error::Data`] when the history is not of the units that were fitted.
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field>;
    /// The learned state, for the artifact store.
    ///
    /// # Errors
    /// [`Error::Numeric`] when the state cannot be written.
    fn state(&self) -> Result<Vec<u8>>;
    /// The tabular regressions that the forecast of a step is made of, for importance, explanation and export; empty
    /// where there are none, and for a step that was not fitted.
    fn parts(&self, step: Step) -> Vec<RegressionPart<'_>> {
        let _ = step;
        Vec::new()
    }
}

/// What to forecast, from where.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PredictArgs<'a> {
    /// Everything up to the origin, which may be later than the end of training.
    pub history: History<'a>,
    /// Column to forecast.
    pub target: &'a str,
    /// Lead time.
    pub step: Step,
    /// Draws a unit, for models that return draws.
    pub draws: usize,
    /// Seed; the same seed gives the same bytes.
    pub seed: u64,
    /// The features of the same units and periods, for models that learn from them.
    pub features: Option<History<'a>>,
}

impl<'a> PredictArgs<'a> {
    /// What to forecast, from where.
    ///
    /// # Errors
    /// [`Error::Data`] when the target is no column of the panel, or step or draws are 0.
    pub fn new(history: History<'a>, target: &'a str, step: Step, draws: usize, seed: u64) -> Result<Self> {
        history.column(target)?;
        if step.0 == 0 || draws == 0 {
            return Err(Error::data(format!("step {step} and {draws} draws: both start at 1")));
        }
        Ok(Self { history, target, step, draws, seed, features: None })
    }

    /// With another number of draws.
    #[must_use]
    pub fn with_draws(self, draws: usize) -> Self {
        Self { draws, ..self }
    }

    /// With features.
    ///
    /// # Errors
    /// [`Error::Data`] when they are not of the same units and periods.
    pub fn with_features(self, features: History<'a>) -> Result<Self> {
        same_cases(self.history, features)?;
        Ok(Self { features: Some(features), ..self })
    }
}

/// A way to combine several forecasts.
pub trait Ensemble: Debug + Send + Sync {
    /// Learns weights from past forecasts and what then happened; simple ensembles ignore them.
    ///
    /// # Errors
    /// [`Error::Config`] when the settings do not suit the members; [`Error::Data`] when the past forecasts do not fit
    /// together.
    fn fit(&self, args: &EnsembleArgs<'_>) -> Result<Box<dyn Combine>>;
    /// Whether it learns from past forecasts; they are made before it is fitted only then.
    fn learns(&self) -> bool {
        false
    }
}

/// What an ensemble may learn from.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EnsembleArgs<'a> {
    /// Names of the members that will be combined.
    pub members: &'a [&'a str],
    /// Names of members that have no forecast, and are done without: settings may name them, a weight of theirs is left out.
    pub absent: &'a [&'a str],
    /// Their past forecasts, and what was then observed.
    pub past: &'a dyn Past,
}

impl<'a> EnsembleArgs<'a> {
    /// Members without a past.
    pub fn new(members: &'a [&'a str]) -> Self {
        Self { members, absent: &[], past: &NoPast }
    }

    /// With members that are done without.
    #[must_use]
    pub fn without(self, absent: &'a [&'a str]) -> Self {
        Self { absent, ..self }
    }

    /// Members with a past.
    #[must_use]
    pub fn with_past(self, past: &'a dyn Past) -> Self {
        Self { past, ..self }
    }
}

/// Past forecasts of the members of an ensemble, read one target at a time: they never have to be in memory together.
pub trait Past: Debug + Sync {
    /// Hands every past target to `each`, in the same order every time.
    ///
    /// # Errors
    /// What `each` returns; [`Error::Data`] when a forecast cannot be read.
    fn visit(&self, each: &mut dyn FnMut(&PastTarget<'_>) -> Result<()>) -> Result<()>;
}

/// No past.
#[derive(Debug, Clone, Copy)]
pub struct NoPast;

impl Past for NoPast {
    fn visit(&self, _: &mut dyn FnMut(&PastTarget<'_>) -> Result<()>) -> Result<()> {
        Ok(())
    }
}

/// What the members had forecast for one target, and what was then observed.
#[derive(Debug, Clone, Copy)]
pub struct PastTarget<'a> {
    /// The members' fields, of one origin, step and units, in the order of [`EnsembleArgs::members`].
    pub members: &'a [Member<'a>],
    /// What was observed, one value a unit, NaN for «not observed».
    pub truth: &'a [f32],
}

/// One member of an ensemble.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its name in the run.
    pub name: &'a str,
    /// Its forecast.
    pub field: &'a Field,
}

/// A fitted ensemble.
pub trait Combine: Debug + Send + Sync {
    /// One field out of many of the same origin, step and units.
    ///
    /// # Errors
    /// [`Error::Data`] that names the member that differs and in what.
    fn combine(&self, args: &CombineArgs<'_>) -> Result<Field>;
    /// Weights of the members at a step (they sum to 1), in the order of [`EnsembleArgs::members`]; empty where the
    /// ensemble has none.
    fn weights(&self, step: Step) -> Vec<f64> {
        let _ = step;
        Vec::new()
    }
}

/// What to combine.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CombineArgs<'a> {
    /// The members' forecasts.
    pub members: &'a [Member<'a>],
    /// Seed of what is drawn; the same seed gives the same bytes.
    pub seed: u64,
}

impl<'a> CombineArgs<'a> {
    /// What to combine.
    pub fn new(members: &'a [Member<'a>], seed: u64) -> Self {
        Self { members, seed }
    }
}

/// A map kind: values in, scene out.
pub trait Map: Debug + Send + Sync {
    /// Says what to draw; draws nothing.
    ///
    /// # Errors
    /// [`Error::Data`] when units are not on the map.
    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene>;
    /// What it needs beside the forecast's values; [`Map::scene`] refuses, by name, when one is missing.
    fn needs(&self) -> &'static [MapInput] {
        &[]
    }
}

/// What a map may need beside a forecast of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapInput {
    /// Draws, which a point forecast has not.
    Draws,
    /// [`Beside::previous`].
    Previous,
    /// [`Beside::observed`].
    Observed,
    /// [`Beside::truth`].
    Truth,
    /// [`Beside::scores`].
    Scores,
    /// [`Beside::drift`].
    Drift,
    /// [`Beside::reported`].
    Reported,
}

/// What is known beside the forecast; values are in the order of its units, NaN is «not known».
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The forecast of the same period from an earlier origin, of the same units.
    pub previous: Option<&'a Field>,
    /// What was observed at the origin.
    pub observed: Option<&'a [f32]>,
    /// What was observed in the target period.
    pub truth: Option<&'a [f32]>,
    /// How good past forecasts of this step were.
    pub scores: Option<UnitScores<'a>>,
    /// Whether observations have changed.
    pub drift: Option<UnitDrift<'a>>,
    /// Share of periods up to the origin that were observed, 0 to 1.
    pub reported: Option<&'a [f32]>,
}

/// Mean scores of each unit, for a metric of which less is better.
#[derive(Debug, Clone, Copy)]
pub struct UnitScores<'a> {
    /// Name of the metric.
    pub metric: &'a str,
    /// Name of the baseline.
    pub against: &'a str,
    /// Mean score of the forecast.
    pub score: &'a [f32],
    /// Mean score of the baseline on the same rows.
    pub baseline: &'a [f32],
    /// How many forecasts each mean is of.
    pub n: usize,
}

/// A test of drift in each unit.
#[derive(Debug, Clone, Copy)]
pub struct UnitDrift<'a> {
    /// What was tested, in words.
    pub test: &'a str,
    /// Size of the change, signed; 0 is none.
    pub effect: &'a [f32],
    /// Share of false discoveries at which the unit would be named.
    pub q: &'a [f32],
}

/// What to map.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct MapArgs<'a> {
    /// The forecast.
    pub field: &'a Field,
    /// Name of the model or ensemble.
    pub model: &'a str,
    /// What is forecast, in words with its unit.
    pub target: &'a str,
    /// Cadence of its periods, for their labels.
    pub cadence: Cadence,
    /// Which edition of the data it was made from; empty when nobody said.
    pub vintage: &'a str,
    /// Where the units lie.
    pub ground: &'a Arc<Ground>,
    /// What is known beside it.
    pub beside: Beside<'a>,
}

impl<'a> MapArgs<'a> {
    /// What to map, with nothing known beside it.
    pub fn new(
        field: &'a Field,
        (model, target): (&'a str, &'a str),
        cadence: Cadence,
        ground: &'a Arc<Ground>,
    ) -> Self {
        Self { field, model, target, cadence, vintage: "", ground, beside: Beside::default() }
    }

    /// The same, of an edition of the data.
    #[must_use]
    pub fn vintage(self, vintage: &'a str) -> Self {
        Self { vintage, ..self }
    }

    /// The same, with what is known beside it.
    #[must_use]
    pub fn beside(self, beside: Beside<'a>) -> Self {
        Self { beside, ..self }
    }
}

/// A feature transform: a column in, a column out, both periods x units with NaN for «not observed».
pub trait Transform: Debug + Send + Sync {
    /// The transformed column. Unless the settings ask for the reference's behaviour, the value at a
    /// period depends on nothing later.
    ///
    /// # Errors
    /// [`Error::Data`] when the units do not suit the transform (a spatial one needs grid cells).
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>>;
    /// Worked cases: shown in the docs and run as tests.
    fn examples(&self) -> Vec<TransformExample>;
}

/// A column to transform.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TransformArgs<'a> {
    /// Row labels, ascending.
    pub units: &'a Units,
    /// Values on periods x units, units contiguous.
    pub values: &'a [f32],
    /// Country of each unit, for transforms that leave the level; empty when there is none.
    pub groups: &'a [u32],
    /// Country of each land cell, for country transforms of units that are no cells; empty when there is none.
    pub land: &'a [(Cell, u32)],
}

impl<'a> TransformArgs<'a> {
    /// A column to transform.
    ///
    /// # Errors
    /// [`Error::Data`] when the values are no whole number of fields, or groups are not one a unit.
    pub fn new(units: &'a Units, values: &'a [f32], groups: &'a [u32]) -> Result<Self> {
        if units.is_empty() || !values.len().is_multiple_of(units.len()) {
            return Err(Error::data(format!("{} values for {} units", values.len(), units.len())));
        }
        if !groups.is_empty() && groups.len() != units.len() {
            return Err(Error::data(format!("{} groups for {} units", groups.len(), units.len())));
        }
        Ok(Self { units, values, groups, land: &[] })
    }

    /// Another column of the same units, periods and countries.
    #[must_use]
    pub fn with_values(self, values: &'a [f32]) -> Self {
        Self { values, ..self }
    }

    /// The same column, on a map of countries.
    #[must_use]
    pub fn with_land(self, land: &'a [(Cell, u32)]) -> Self {
        Self { land, ..self }
    }

    /// The fields, oldest first.
    pub fn fields(&self) -> std::slice::ChunksExact<'a, f32> {
        self.values.chunks_exact(self.units.len())
    }
}

/// A worked case of a transform; NaN is «not observed».
#[derive(Debug, Clone, PartialEq)]
pub struct TransformExample {
    /// What it shows.
    pub title: &'static str,
    /// The settings that differ from the defaults, as JSON.
    pub settings: &'static str,
    /// Cell ids; the series below are periods x these.
    pub units: &'static [u32],
    /// Country of each cell; empty when the transform needs none.
    pub groups: &'static [u32],
    /// Input, periods x units.
    pub input: &'static [f32],
    /// Expected output, periods x units.
    pub expect: &'static [f32],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, Panel, Unit};

    fn panel(periods: i32, units: &[u32]) -> Panel {
        let axis = Axis::between(Cadence::Month, Period(1), Period(periods));
        let mut panel = Panel::new(axis, units.iter().map(|&u| Unit(u)).collect()).unwrap();
        panel.push("y", vec![0.0; periods as usize * units.len()]).unwrap();
        panel
    }

    #[test]
    fn features_are_of_the_same_units_and_periods() {
        let observed = panel(9, &[1, 2]);
        let fit = FitArgs::new(observed.until(Period(5)).unwrap(), "y", TargetKind::Count, 1).unwrap();
        let wrong = |features: &Panel, until| {
            fit.with_features(features.until(Period(until)).unwrap()).unwrap_err().to_string()
        };
        assert!(fit.with_features(panel(9, &[1, 2]).until(Period(5)).unwrap()).is_ok());
        let later = wrong(&panel(9, &[1, 2]), 6);
        assert!(later.contains("features of 6 periods to 1980-06, the history has 5 to 1980-05"), "{later}");
        let other = wrong(&panel(9, &[1, 3]), 5);
        assert!(other.contains("unit 3 stands where 2 should"), "{other}");
        assert!(wrong(&panel(9, &[1]), 5).contains("features of 1 units, the history has 2"));
        let predict = PredictArgs::new(observed.until(Period(5)).unwrap(), "y", Step(1), 1, 1).unwrap();
        assert!(predict.with_features(panel(9, &[1, 2]).until(Period(6)).unwrap()).is_err());
    }
}
