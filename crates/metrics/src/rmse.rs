//! Root mean squared error.

use forewarn_core::prelude::*;
use forewarn_kernels::point;

use crate::average;

forewarn_core::entry!(Metric: Rmse as "rmse");

/// Root mean squared error of the predictive mean: lower is better, 0 is perfect.
///
/// `sqrt(mean (f - y)^2)` with `f` the mean of the draws, in the unit of the target. The root is taken of the
/// pool, not averaged over its parts. It ranks forecasts as `mse` does (Gneiting 2011,
/// doi:10.1198/jasa.2011.r10138), and a few rows decide it where tails are heavy.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rmse {}

impl Metric for Rmse {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(average::tally(args, |y, row| point::squared_error(point::mean(row), y)))
    }

    fn score(&self, tally: &Tally) -> f64 {
        average::mean(tally).sqrt()
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
                title: "errors of 1 and -7: the larger one dominates",
                observed: &[0.0, 12.0],
                draws: &[&[1.0], &[5.0]],
                expect: 5.0,
            },
        ]
    }
}
