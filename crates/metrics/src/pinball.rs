//! Pinball loss.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;

use crate::{average, settings};

forewarn_core::entry!(Metric: Pinball as "pinball", check);

/// Pinball loss of the forecast as a quantile: lower is better, 0 is perfect.
///
/// `mean (1{y <= q} - level)(q - y)` in the unit of the target, with `q` a point forecast that is meant as the
/// `level` quantile, or that quantile of the draws, as in `quantile-score`; at level 0.5 half the absolute
/// error. Proper for that quantile (Koenker and Bassett 1978, doi:10.2307/1913643).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pinball {
    /// Probability of the quantile, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
}

impl Default for Pinball {
    fn default() -> Self {
        Self { level: 0.5 }
    }
}

impl Pinball {
    fn check(self) -> Result<Self> {
        settings::level("pinball", self.level)?;
        Ok(self)
    }
}

impl Metric for Pinball {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        vec![RowScore::QuantileScore { level: self.level }]
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
                title: "half the absolute error",
                observed: &[5.0, 1.0],
                draws: &[&[2.0, 2.0], &[0.0, 4.0]],
                expect: 1.0,
            },
        ]
    }
}
