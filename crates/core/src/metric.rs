//! Verification scores: what a metric is, and the rows it scores.

mod rows;

use std::fmt::Debug;

use forewarn_kernels::draws::RowScore;
use serde::{Deserialize, Serialize};

use crate::Result;

pub use rows::{Events, ForecastKind, Places, ScoreArgs};

/// A verification score.
///
/// A metric reduces some rows to a [`Tally`]: sums that add. The evaluator pools tallies over any group (step, month,
/// origin, country) and asks for the score of the pool, so that one pass over the forecasts serves every grouping,
/// resampling and increment.
pub trait Metric: Debug + Send + Sync {
    /// The scores of single rows whose weighted sums are the tally: `[rows, weight, sum of the first, ...]`. All
    /// metrics of an evaluation that name theirs share one pass over the draws; a metric that needs the rows together
    /// names none and tallies by itself.
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        Vec::new()
    }

    /// What some rows contribute. Rows without truth (NaN) contribute nothing.
    ///
    /// # Errors
    /// [`crate::Error::Data`] when the metric is not defined for a row, or for such forecasts at all.
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        args.tally(&self.row_scores(args.kind()), self.domain())
    }

    /// The score of pooled tallies.
    ///
    /// # Errors
    /// [`crate::Error::Data`] that says why there is none: no rows, no event, ...
    fn score(&self, tally: &Tally) -> Result<f64>;

    /// Worked cases: shown in the docs and run as tests. The first shows a perfect forecast.
    fn examples(&self) -> Vec<ScoreExample>;

    /// Adds a part to a pool.
    fn pool(&self, pool: &mut Tally, part: &Tally) {
        pool.add(part);
    }

    /// Which way is good.
    fn better(&self) -> Better {
        Better::Lower
    }

    /// Where its row scores are defined, for the message about a row where they are not.
    fn domain(&self) -> &'static str {
        "finite values"
    }

    /// Whether it scores the probability of an event: a point forecast that is offered to it is one.
    fn of_events(&self) -> bool {
        false
    }
}

/// Tallies of several metrics, in their order; those made of row scores share one pass over the draws.
pub fn tallies(metrics: &[&dyn Metric], args: &ScoreArgs<'_>) -> Vec<Result<Tally>> {
    let wanted: Vec<Vec<RowScore>> = metrics.iter().map(|m| m.row_scores(args.kind())).collect();
    let sums = args.sums(&wanted.concat());
    let mut next = 2;
    let mut own = |(metric, wanted): (&&dyn Metric, &Vec<RowScore>)| {
        if wanted.is_empty() {
            return metric.tally(args);
        }
        let mine = &sums[next..next + wanted.len()];
        next += wanted.len();
        if mine.iter().all(|v| v.is_finite()) {
            return Ok(Tally([&sums[..2], mine].concat()));
        }
        metric.tally(args) // once more by itself, for the row to blame
    };
    metrics.iter().zip(&wanted).map(&mut own).collect()
}

/// Sums that add: what some rows contribute to a score.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally(pub Vec<f64>);

impl Tally {
    /// Adds another tally of the same metric; a shorter one is padded with zeros.
    pub fn add(&mut self, other: &Tally) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0.0);
        }
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a += b;
        }
    }

    /// The `i`-th sum; 0 when nothing was tallied.
    pub fn at(&self, i: usize) -> f64 {
        self.0.get(i).copied().unwrap_or(0.0)
    }
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// A loss.
    Lower,
    /// A skill.
    Higher,
    /// Nearest to the given value is best (bias 0, coverage at its level).
    Near(f64),
}

/// A worked case of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreExample {
    /// What it shows.
    pub title: &'static str,
    /// Truth, a value a unit.
    pub observed: &'static [f32],
    /// Draws, a row a unit; one draw is a point forecast.
    pub draws: &'static [&'static [f32]],
    /// Expected score; NaN where there is none.
    pub expect: f64,
}

#[cfg(test)]
mod tests;
