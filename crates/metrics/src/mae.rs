//! Mean absolute error.

use forewarn_core::prelude::*;
use forewarn_kernels::point;

use crate::average;

forewarn_core::entry!(Metric: Mae as "mae");

/// Mean absolute error of the predictive mean: lower is better, 0 is perfect.
///
/// `mean |f - y|` with `f` the mean of the draws, in the unit of the target. Of a point forecast it is its CRPS.
/// It is consistent for the median (Gneiting 2011, doi:10.1198/jasa.2011.r10138): where most values are zero,
/// forecasting zero everywhere is nearly optimal. To judge draws, use `crps`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mae {}

impl Metric for Mae {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(average::tally(args, |y, row| (point::mean(row) - y).abs()))
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
                expect: 2.0,
            },
        ]
    }
}
