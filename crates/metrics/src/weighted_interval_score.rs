//! Weighted interval score.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;

use crate::{average, settings};

forewarn_core::entry!(Metric: WeightedIntervalScore as "weighted-interval-score", check);

/// Interval scores of several central intervals and the error of the median, weighted to approach the CRPS:
/// lower is better, 0 is perfect.
///
/// `(|y - median| / 2 + sum_k a_k / 2 IS_k) / (K + 1/2)` with `a_k = 1 - level_k`, `IS_k` the `interval-score`
/// of that level and quantiles by linear interpolation, in the unit of the target (Bracher et al. 2021,
/// doi:10.1371/journal.pcbi.1008618).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WeightedIntervalScore {
    /// Probabilities that the intervals should hold, between 0 and 1.
    pub levels: Vec<f64>,
}

impl Default for WeightedIntervalScore {
    fn default() -> Self {
        Self { levels: vec![0.5, 0.8, 0.9] }
    }
}

impl WeightedIntervalScore {
    fn check(self) -> Result<Self> {
        for &level in &self.levels {
            settings::level("weighted-interval-score", level)?;
        }
        Ok(self)
    }
}

impl Metric for WeightedIntervalScore {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        vec![RowScore::WeightedInterval { levels: self.levels.clone() }]
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
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
                title: "of a point it is the absolute error",
                observed: &[5.0],
                draws: &[&[2.0]],
                expect: 3.0,
            },
        ]
    }
}
