//! Root mean squared logarithmic error.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;
use forewarn_kernels::point::Loss;

use crate::average;
use crate::points::{self, Compat};

forewarn_core::entry!(Metric: Rmsle as "rmsle");

/// Root mean squared error of `ln(1 + value)` of the predictive mean: lower is better, 0 is perfect.
///
/// `sqrt(mean (ln(1 + f) - ln(1 + y))^2)` with `f` the mean of the draws, without unit; ranks as `msle` does.
/// In use for counts of fatalities (Vesco et al. 2022, doi:10.1080/03050629.2022.2029856). **It rewards under-
/// prediction on zero-inflated data**: the best `f` is not the expected value but `exp(E ln(1 + Y)) - 1`, far
/// below it, so that a tenth of the right size can score better than the right one. Not defined for values at
/// or below -1.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rmsle {
    /// `views`: the mean over all draws of all rows, each draw a forecast, as views-evaluation 2.0.0 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

impl Metric for Rmsle {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        points::row_scores(Loss::SquaredLog, self.compat)
    }

    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        points::tally(args, Loss::SquaredLog, self.compat, self.domain())
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        Ok(average::mean(tally, 0)?.sqrt())
    }

    fn domain(&self) -> &'static str {
        "values above -1"
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
                title: "half of 1 + y",
                observed: &[3.0],
                draws: &[&[1.0]],
                expect: std::f64::consts::LN_2,
            },
        ]
    }
}
