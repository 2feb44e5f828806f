//! Mean absolute scaled error.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;
use forewarn_kernels::point::Loss;

use crate::average;

forewarn_core::entry!(Metric: Mase as "mase", check);

/// Mean absolute error in units of what the naive forecast misses: lower is better, 0 is perfect, 1 is no
/// better than naive.
///
/// `mean |f - y| / scale` with `f` the mean of the draws, without unit. `scale` is the mean absolute seasonal
/// difference `mean |y_t - y_(t-s)|` of the training series (Hyndman and Koehler 2006,
/// doi:10.1016/j.ijforecast.2006.03.001); left at 1 this is `mae`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mase {
    /// Mean absolute (seasonal) difference of the training series, above 0, in the unit of the target.
    pub scale: f64,
}

impl Default for Mase {
    fn default() -> Self {
        Self { scale: 1.0 }
    }
}

impl Mase {
    fn check(self) -> Result<Self> {
        if !(self.scale.is_finite() && self.scale > 0.0) {
            let reason = format!("`scale` is {}; it must be above 0", self.scale);
            return Err(Error::config("mase", reason));
        }
        Ok(self)
    }
}

impl Metric for Mase {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        vec![RowScore::Point(Loss::Absolute)]
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        Ok(average::mean(tally, 0)? / self.scale)
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
                title: "off by 3 and by 1",
                observed: &[5.0, 1.0],
                draws: &[&[2.0, 2.0], &[0.0, 4.0]],
                expect: 2.0,
            },
        ]
    }
}
