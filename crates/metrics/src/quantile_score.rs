//! Quantile score.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;

use crate::{average, settings};

forewarn_core::entry!(Metric: QuantileScore as "quantile-score", check);

/// Pinball loss of one quantile of the draws: lower is better, 0 is perfect.
///
/// `mean (1{y <= q} - level)(q - y)` with `q` the `level` quantile (linear interpolation), in the unit of the target;
/// at level 0.5 half the absolute error. Proper for that quantile (Koenker and Bassett 1978, doi:10.2307/1913643).
/// The default looks at the tail: 0.99 wants 100 draws at least, and of a point forecast it says only what the
/// point is worth as that quantile.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct QuantileScore {
    /// Which quantile, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
}

impl Default for QuantileScore {
    fn default() -> Self {
        Self { level: 0.99 }
    }
}

impl QuantileScore {
    fn check(self) -> Result<Self> {
        settings::level("quantile-score", self.level)?;
        Ok(self)
    }
}

impl Metric for QuantileScore {
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
                title: "too high is cheap for a high quantile: it is 29.37",
                observed: &[10.0],
                draws: &[&[0.0, 5.0, 9.0, 30.0]],
                expect: 0.1937,
            },
            ScoreExample {
                title: "too low is dear",
                observed: &[40.0],
                draws: &[&[0.0, 0.0, 0.0, 0.0]],
                expect: 39.6,
            },
        ]
    }
}
