//! Brier score of an event.

use forewarn_core::prelude::*;
use forewarn_kernels::exceedance::exceeding;

use crate::{average, settings};

forewarn_core::entry!(Metric: Brier as "brier", check);

/// Brier score of the event «at least `threshold`»: lower is better, 0 is perfect.
///
/// `mean (p - o)^2` with `p` the share of draws that reach the threshold and `o` 1 when the truth does, else 0;
/// a probability squared, 0-1. Proper. Source: Brier (1950),
/// `doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2`. For rare events all scores are small: always forecasting
/// 0 scores the frequency of the event. For «more than t» give the next number above t.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Brier {
    /// Smallest value that is an event, in the unit of the target; 1 for «anything at all» of a count.
    pub threshold: f64,
}

impl Default for Brier {
    fn default() -> Self {
        Self { threshold: 1.0 }
    }
}

impl Brier {
    fn check(self) -> Result<Self> {
        settings::threshold("brier", self.threshold)?;
        Ok(self)
    }
}

impl Metric for Brier {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let loss = |y: f64, row: &[f32]| {
            let probability = exceeding(row, self.threshold) as f64 / row.len() as f64;
            let event = if y >= self.threshold { 1.0 } else { 0.0 };
            (probability - event) * (probability - event)
        };
        Ok(average::tally(args, loss))
    }

    fn score(&self, tally: &Tally) -> f64 {
        average::mean(tally)
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
