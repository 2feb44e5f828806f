//! Symmetric mean absolute percentage error.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;
use forewarn_kernels::point::Loss;

use crate::average;

forewarn_core::entry!(Metric: Smape as "smape", check);

/// Mean absolute error as a share of forecast and truth together: lower is better, 0 is perfect.
///
/// `scale mean |f - y| / (|f| + |y|)` with `f` the mean of the draws and 0 where both are 0, without unit; 0-1
/// with the default scale (Makridakis 1993, doi:10.1016/0169-2070(93)90079-3; 200 gives the M4 percentages).
/// Any miss of a zero costs the whole 1, however small: of little use on zero-inflated data.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Smape {
    /// Value of a complete miss: 1, or 2, 100, 200 in other conventions.
    pub scale: f64,
}

impl Default for Smape {
    fn default() -> Self {
        Self { scale: 1.0 }
    }
}

impl Smape {
    fn check(self) -> Result<Self> {
        if !(self.scale.is_finite() && self.scale > 0.0) {
            let reason = format!("`scale` is {}; it must be above 0", self.scale);
            return Err(Error::config("smape", reason));
        }
        Ok(self)
    }
}

impl Metric for Smape {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        vec![RowScore::Point(Loss::SymmetricPercentage)]
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        Ok(self.scale * average::mean(tally, 0)?)
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
                title: "1 for 3, and something for nothing",
                observed: &[3.0, 0.0],
                draws: &[&[1.0, 1.0], &[0.0, 4.0]],
                expect: 0.75,
            },
        ]
    }
}
