//! Root mean squared error.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;
use forewarn_kernels::point::Loss;

use crate::average;
use crate::points::{self, Compat};

forewarn_core::entry!(Metric: Rmse as "rmse");

/// Root mean squared error of the predictive mean: lower is better, 0 is perfect.
///
/// `sqrt(mean (f - y)^2)` with `f` the mean of the draws, in the unit of the target. Of a pool it is the root
/// of the pooled mean, not a mean of roots. Ranks as `mse` does (Gneiting 2011, doi:10.1198/jasa.2011.r10138).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rmse {
    /// `views`: the mean over all draws of all rows, each draw a forecast, as views-evaluation 2.0.0 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

impl Metric for Rmse {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        points::row_scores(Loss::Squared, self.compat)
    }

    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        points::tally(args, Loss::Squared, self.compat, self.domain())
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        Ok(average::mean(tally, 0)?.sqrt())
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
                expect: 2.236_067_977_499_79,
            },
        ]
    }
}
