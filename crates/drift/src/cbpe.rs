//! How good a binary classifier probably is where no labels are known yet.

mod assumption;

pub use assumption::{Assumption, Labelled};
use forewarn_core::{Error, Result};
use forewarn_kernels::cbpe::{Known, MEASURES, expected, gains_by_calibration, realized, scatter};
use forewarn_kernels::isotonic::Isotonic;

use crate::limit::{positive, share};

/// Fewest rows of each class in the reference.
const FEWEST: usize = 20;

/// Confidence-based performance estimation (CBPE) of a binary classifier: the settings.
///
/// The scores of a reference, whose labels are known, are calibrated to chances of an event; a later chunk without labels then
/// counts each row as so much of an event and so much of none, and the measures are computed of these sums. This is right
/// while a score stands for the same chance as in the reference: a new mix of cases is seen, a new meaning of scores is not. Each
/// estimation says in its [`Assumption`] what is known about that. Formulas of `NannyML` 0.13 (see
/// [`forewarn_kernels::cbpe`]); estimates agree with it to 1e-12, both areas to 1e-5.
#[derive(Debug, Clone, PartialEq)]
pub struct Cbpe {
    /// An event is forecast from this score on, 0.5 unless said otherwise.
    pub threshold: f64,
    /// Rows of a chunk of the reference: the spread of its chunks gives the limits of alerts.
    pub chunk: usize,
    /// Sampling errors on each side of an estimate, and deviations of the chunks on each side of their mean: 3.
    pub width: f64,
    /// p value at and below which the calibration counts as changed: 0.01.
    pub level: f64,
    /// Seed of the shuffles and resamples.
    pub seed: u64,
}

impl Default for Cbpe {
    fn default() -> Self {
        Self { threshold: 0.5, chunk: 500, width: 3.0, level: 0.01, seed: 0 }
    }
}

/// CBPE that has learned from a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedCbpe {
    settings: Cbpe,
    reference: Vec<Known>,
    /// Lowest and highest score of the reference.
    range: (f64, f64),
    calibration: Option<Isotonic>,
    scatter: [f64; 7],
    limits: [(f64, f64); 7],
}

/// What is to be expected of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimation {
    /// One estimate a measure, in the order of [`MEASURES`].
    pub estimates: Vec<Estimate>,
    /// What is known of the assumption behind them.
    pub assumption: Assumption,
}

/// One measure of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Its name, one of [`MEASURES`]; each is 0-1, higher is better.
    pub measure: &'static str,
    /// What is to be expected; NaN where the measure is not defined, as precision where no event is forecast.
    pub value: f64,
    /// Standard deviation of the measure of as many rows of the reference.
    pub sampling_error: f64,
    /// `width` sampling errors on each side, within 0-1.
    pub band: (f64, f64),
    /// `width` deviations of the realized measures of the reference's chunks around their mean, within 0-1.
    pub limits: (f64, f64),
    /// Whether the value is beyond the limits; a value that is NaN raises none.
    pub alert: bool,
}

impl Cbpe {
    /// Learns from a reference on which the classifier was not trained: scores (0-1), and labels, true for an event.
    ///
    /// # Errors
    /// [`Error::Config`] for settings that make no sense, [`Error::Data`] for lengths that differ, scores that are missing or not
    /// 0-1, fewer than 20 rows of a class, or fewer than two chunks.
    pub fn fit(&self, scores: &[f64], labels: &[bool]) -> Result<FittedCbpe> {
        self.check()?;
        assumption::check("reference", scores, Some(labels))?;
        let events = labels.iter().filter(|event| **event).count();
        if events.min(labels.len() - events) < FEWEST {
            let others = labels.len() - events;
            return Err(Error::data(format!(
                "reference: {events} events and {others} others; each class needs {FEWEST} rows"
            )));
        }
        let limits = self.limits(scores, labels)?;
        let calibration =
            gains_by_calibration(scores, labels, self.seed).then(|| Isotonic::fit(scores, labels));
        let bound = |f: fn(f64, f64) -> f64| scores.iter().copied().fold(scores[0], f);
        let range = (bound(f64::min), bound(f64::max));
        let scatter = scatter(scores, labels, self.threshold, self.seed);
        let settings = self.clone();
        let fitted = FittedCbpe { settings, reference: Vec::new(), range, calibration, scatter, limits };
        Ok(FittedCbpe { reference: fitted.known(Labelled { scores, labels }), ..fitted })
    }

    fn check(&self) -> Result<()> {
        share("cbpe", "level", self.level)?;
        positive("cbpe", &[("width", self.width), ("chunk", self.chunk as f64)])?;
        if (0.0..=1.0).contains(&self.threshold) {
            return Ok(());
        }
        Err(Error::config("cbpe", format!("`threshold` is {}; it must be a score, 0-1", self.threshold)))
    }

    /// Mean and spread of the realized measures of the chunks of the reference; what is left over at the end is a chunk too.
    fn limits(&self, scores: &[f64], labels: &[bool]) -> Result<[(f64, f64); 7]> {
        let chunks = scores.chunks(self.chunk).zip(labels.chunks(self.chunk));
        let values: Vec<[f64; 7]> = chunks.map(|(s, l)| realized(s, l, self.threshold)).collect();
        if values.len() < 2 {
            return Err(Error::data(format!(
                "reference: {} rows are one chunk of {}; lower `chunk`, so that there are two or more",
                scores.len(),
                self.chunk
            )));
        }
        Ok(std::array::from_fn(|k| {
            // A chunk without events has no recall: it says nothing of the spread.
            let known: Vec<f64> = values.iter().map(|v| v[k]).filter(|v| !v.is_nan()).collect();
            let n = known.len() as f64;
            let mean = known.iter().sum::<f64>() / n;
            let deviation = (known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            around(mean, self.width * deviation)
        }))
    }
}

/// An interval within 0-1.
fn around(middle: f64, half: f64) -> (f64, f64) {
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

impl FittedCbpe {
    /// Whether scores are calibrated before they are taken for chances.
    pub fn is_calibrated(&self) -> bool {
        self.calibration.is_some()
    }

    /// The chance of an event that a score stands for; beyond the scores of the reference that of the nearest.
    pub fn chance(&self, score: f64) -> f64 {
        self.calibration.as_ref().map_or(score, |fit| fit.chance(score))
    }

    /// What is to be expected of a chunk of scores without labels. `later` are rows since the reference whose labels have
    /// become known, by which the assumption is checked.
    ///
    /// # Errors
    /// [`Error::Data`] for no rows, scores that are missing or not 0-1, or lengths that differ.
    pub fn estimate(&self, scores: &[f64], later: Option<Labelled<'_>>) -> Result<Estimation> {
        assumption::check("chunk", scores, None)?;
        let chances: Vec<f64> = scores.iter().map(|s| self.chance(*s)).collect();
        let values = expected(scores, &chances, self.settings.threshold);
        let estimate = |k: usize| {
            let (value, limits) = (values[k], self.limits[k]);
            let sampling_error = self.scatter[k] / (scores.len() as f64).sqrt();
            Estimate {
                measure: MEASURES[k],
                value,
                sampling_error,
                band: around(value, self.settings.width * sampling_error),
                limits,
                alert: value < limits.0 || value > limits.1,
            }
        };
        let estimates = (0..MEASURES.len()).map(estimate).collect();
        Ok(Estimation { estimates, assumption: self.assumption(scores, later)? })
    }

    fn known(&self, rows: Labelled<'_>) -> Vec<Known> {
        let known = |(score, event): (&f64, &bool)| Known {
            score: *score,
            chance: self.chance(*score),
            event: *event,
        };
        rows.scores.iter().zip(rows.labels).map(known).collect()
    }
}

#[cfg(test)]
mod tests;
