//! Brier score of an event.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::{Event, RowScore};
use forewarn_kernels::point::Loss;

use crate::{average, settings};

forewarn_core::entry!(Metric: Brier as "brier", check);

/// Brier score of the event «at least `threshold`»: lower is better, 0 is perfect.
///
/// `mean (p - o)^2` with `p` the share of draws that reach the threshold and `o` 1 when the truth does, else 0;
/// a probability squared, 0-1. Proper. Source: Brier (1950),
/// `doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2`. For rare events all scores are small: always forecasting
/// 0 scores the frequency of the event. A point
/// forecast says 0 or 1; a forecast probability of an event that is observed as 0 or 1 is scored as it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Brier {
    /// Smallest value that is an event, in the unit of the target; 1 for «anything at all» of a count.
    pub threshold: f64,
    /// Whether the threshold must be passed (`>`), not just reached (`>=`).
    pub strict: bool,
}

impl Default for Brier {
    fn default() -> Self {
        Self { threshold: 1.0, strict: false }
    }
}

impl Brier {
    fn check(self) -> Result<Self> {
        settings::threshold("brier", self.threshold)?;
        Ok(self)
    }
}

impl Metric for Brier {
    fn row_scores(&self, kind: ForecastKind) -> Vec<RowScore> {
        match kind {
            ForecastKind::Probability => vec![RowScore::Point(Loss::Squared)],
            _ => vec![RowScore::Brier(Event { threshold: self.threshold, strict: self.strict })],
        }
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn of_events(&self) -> bool {
        true
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "one draw in four says so, and it happens",
                observed: &[3.0],
                draws: &[&[0.0, 0.0, 0.0, 7.0]],
                expect: 0.5625,
            },
            ScoreExample {
                title: "how many is of no concern, and 0.9 is no event",
                observed: &[3.0],
                draws: &[&[0.9, 7.0]],
                expect: 0.25,
            },
        ]
    }
}
