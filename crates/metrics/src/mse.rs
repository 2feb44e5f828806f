//! Mean squared error.

use forewarn_core::prelude::*;
use forewarn_kernels::point;

use crate::average;

forewarn_core::entry!(Metric: Mse as "mse");

/// Mean squared error of the predictive mean: lower is better, 0 is perfect.
///
/// `mean (f - y)^2` with `f` the mean of the draws, in the squared unit of the target. It is consistent for
/// the mean (Gneiting 2011, doi:10.1198/jasa.2011.r10138): the best forecast is the expected value. With heavy
/// tails a few rows decide it: read it with an interval, and beside a score of the whole distribution (`crps`).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mse {}

impl Metric for Mse {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(average::tally(args, |y, row| point::squared_error(point::mean(row), y)))
    }

    fn score(&self, tally: &Tally) -> f64 {
        average::mean(tally)
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
                title: "errors of 1 and -3",
                observed: &[0.0, 12.0],
                draws: &[&[1.0], &[9.0]],
                expect: 5.0,
            },
            ScoreExample {
                title: "of draws, the mean counts: 2 against 0",
                observed: &[0.0],
                draws: &[&[0.0, 0.0, 6.0]],
                expect: 4.0,
            },
        ]
    }
}
