//! Mean absolute error.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;
use forewarn_kernels::point::Loss;

use crate::average;
use crate::points::{self, Compat};

forewarn_core::entry!(Metric: Mae as "mae");

/// Mean absolute error of the predictive mean: lower is better, 0 is perfect.
///
/// `mean |f - y|` with `f` the mean of the draws, in the unit of the target. Consistent for the median, not for
/// the mean (Gneiting 2011, doi:10.1198/jasa.2011.r10138): on zero-inflated data always forecasting 0 is hard
/// to beat. With `compat` it is what views-evaluation calls EMD.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mae {
    /// `views`: the mean over all draws of all rows, each draw a forecast, as views-evaluation 2.0.0 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

impl Metric for Mae {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        points::row_scores(Loss::Absolute, self.compat)
    }

    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        points::tally(args, Loss::Absolute, self.compat, self.domain())
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
                title: "the mean of 0 and 4 is off by 3",
                observed: &[5.0],
                draws: &[&[0.0, 4.0]],
                expect: 3.0,
            },
        ]
    }
}
