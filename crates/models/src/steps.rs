//! What models with one regression a step share: rows at the origin, predictions of distinct rows, states.

use forewarn_core::{
    DesignMatrix, Error, History, PredictArgs, Regression, Regressor, Result, Step, TargetKind,
};

use crate::cases::{Cases, columns};

/// The features of every unit at an origin, each distinct row once.
pub(crate) struct Present {
    rows: DesignMatrix,
    cases: Cases,
}

impl Present {
    /// The features at the end of `args`' history.
    ///
    /// # Errors
    /// [`Error::Data`] when a feature that was fitted is not there.
    pub(crate) fn new(component: &str, args: &PredictArgs<'_>, names: &[String]) -> Result<Self> {
        let (names, values) = columns(component, args.features, names)?;
        let units = args.history.units().len();
        let last: Vec<&[f32]> = values.iter().map(|v| &v[v.len() - units..]).collect();
        let (rows, cases) = Cases::new(names, &last, units)?;
        Ok(Self { rows, cases })
    }

    /// Each distinct row once.
    pub(crate) fn rows(&self) -> &DesignMatrix {
        &self.rows
    }

    /// For each unit, which row is its.
    pub(crate) fn row_of(&self) -> &[u32] {
        self.cases.row_of()
    }
}

/// The distinct rows of a history, with the names of their features, and its cases.
///
/// # Errors
/// [`Error::Data`] when there are no features, or none of a name.
pub(crate) fn cases(
    component: &str,
    features: Option<History<'_>>,
    names: &[String],
) -> Result<(DesignMatrix, Cases)> {
    let (names, values) = columns(component, features, names)?;
    let units = features.map_or(1, |f| f.units().len());
    Cases::new(names, &values, units)
}

/// The fitted part of a step.
///
/// # Errors
/// [`Error::Data`] when the model was fitted for fewer steps.
pub(crate) fn of_step<T>(parts: &[T], step: Step) -> Result<&T> {
    let index = usize::from(step.0).checked_sub(1);
    index.and_then(|i| parts.get(i)).ok_or_else(|| {
        Error::data(format!("step {step}: the model was fitted for steps 1 to {}", parts.len()))
    })
}

/// The states of regressions.
///
/// # Errors
/// What a regression answers.
pub(crate) fn states<'a>(regressions: impl Iterator<Item = &'a Box<dyn Regression>>) -> Result<Vec<Vec<u8>>> {
    regressions.map(|r| r.state()).collect()
}

/// Regressions from their states.
///
/// # Errors
/// What the regressor answers.
pub(crate) fn restore(regressor: &dyn Regressor, states: &[Vec<u8>]) -> Result<Vec<Box<dyn Regression>>> {
    states.iter().map(|state| regressor.restore(state)).collect()
}

/// An error with the step it is about.
pub(crate) fn at(step: Step, error: &Error) -> Error {
    Error::data(format!("step {step}: {error}"))
}

/// A prediction in the range of the target: counts are never negative. What is missing stays missing.
pub(crate) fn in_range(kind: TargetKind, prediction: f32) -> f32 {
    if kind == TargetKind::Count && prediction < 0.0 { 0.0 } else { prediction }
}

/// A drawn value of the target: a whole number for counts.
pub(crate) fn whole(kind: TargetKind, value: f64) -> f32 {
    if kind == TargetKind::Count { value.round() as f32 } else { value as f32 }
}

/// Draws that stand for a distribution whose mean alone is used.
pub(crate) const CALIBRATION_DRAWS: usize = 200;
