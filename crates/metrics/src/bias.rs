//! Mean error.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;
use forewarn_kernels::point::Loss;

use crate::average;
use crate::points::{self, Compat};

forewarn_core::entry!(Metric: Bias as "bias");

/// Mean error of the predictive mean: best near 0; above it, the forecast is too high.
///
/// `mean (f - y)` with `f` the mean of the draws, in the unit of the target (Jolliffe and Stephenson 2012,
/// doi:10.1002/9781119960003). Errors of opposite sign cancel: it says nothing about skill.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bias {
    /// `views`: the mean over all draws of all rows, each draw a forecast, as views-evaluation 2.0.0 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

impl Metric for Bias {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        points::row_scores(Loss::Error, self.compat)
    }

    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        points::tally(args, Loss::Error, self.compat, self.domain())
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn better(&self) -> Better {
        Better::Near(0.0)
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
                title: "too low by 3 and too high by 1",
                observed: &[5.0, 0.0],
                draws: &[&[2.0, 2.0], &[0.0, 2.0]],
                expect: -1.0,
            },
        ]
    }
}
