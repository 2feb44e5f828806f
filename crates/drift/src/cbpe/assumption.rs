//! What is known of the assumption that a score stands for the chance that it stood for.

use forewarn_core::{Error, Result};
use forewarn_kernels::cbpe::calibration_shift;

use super::FittedCbpe;

/// Share of rows beyond the scores of the reference from which on estimates are not to be trusted.
const BEYOND: f64 = 0.05;

/// Scores (0-1) with their labels, true for an event.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// The scores.
    pub scores: &'a [f64],
    /// One label a score.
    pub labels: &'a [bool],
}

/// What is known of the assumption of an estimation; each variant says in a sentence why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assumption {
    /// Rows with labels since the reference show no change of calibration, and the scores lie where the reference has some.
    NotRejected(String),
    /// Estimates are not to be trusted.
    Broken(String),
    /// The scores lie where the reference has some, and whether they still mean the same cannot be told without labels.
    NotCheckable(String),
}

impl std::fmt::Display for Assumption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotRejected(why) => write!(f, "assumption: not rejected: {why}"),
            Self::Broken(why) => write!(f, "assumption: broken: {why}"),
            Self::NotCheckable(why) => write!(f, "assumption: not checkable: {why}"),
        }
    }
}

impl FittedCbpe {
    pub(super) fn assumption(&self, scores: &[f64], later: Option<Labelled<'_>>) -> Result<Assumption> {
        let (low, high) = self.range;
        let beyond = scores.iter().filter(|s| **s < low || **s > high).count();
        let share = beyond as f64 / scores.len() as f64;
        let overlap =
            format!("{beyond} of {} scores are beyond the reference's {low} to {high}", scores.len());
        if share > BEYOND {
            return Ok(Assumption::Broken(format!("{overlap}; what they stand for is not known")));
        }
        let Some(later) = later else {
            return Ok(Assumption::NotCheckable(format!("no labels since the reference; {overlap}")));
        };
        check("later rows", later.scores, Some(later.labels))?;
        let p = calibration_shift(&self.reference, &self.known(later));
        let rows = later.scores.len();
        Ok(if p.is_nan() {
            let why = format!(
                "{rows} rows with labels since the reference are too few, or of one class; {overlap}"
            );
            Assumption::NotCheckable(why)
        } else if p <= self.settings.level {
            let why = format!("p = {p:.2e} that {rows} rows with labels are calibrated as the reference was");
            Assumption::Broken(why)
        } else {
            let why = format!(
                "p = {p:.3} that {rows} rows with labels are calibrated as the reference was; {overlap}"
            );
            Assumption::NotRejected(why)
        })
    }
}

/// Refuses scores that are none, missing or not 0-1, and labels of another number.
pub(super) fn check(what: &str, scores: &[f64], labels: Option<&[bool]>) -> Result<()> {
    if scores.is_empty() {
        return Err(Error::data(format!("{what}: no scores")));
    }
    if let Some(labels) = labels.filter(|labels| labels.len() != scores.len()) {
        let (n, m) = (scores.len(), labels.len());
        return Err(Error::data(format!(
            "{what}: {n} scores and {m} labels; there must be one label a score"
        )));
    }
    // NaN is in no range.
    match scores.iter().position(|s| !(0.0..=1.0).contains(s)) {
        None => Ok(()),
        Some(row) => Err(Error::data(format!(
            "{what}: the score of row {row} is {}; scores are 0-1, leave rows without one out",
            scores[row]
        ))),
    }
}
