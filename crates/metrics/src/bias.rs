//! Mean error.

use forewarn_core::prelude::*;
use forewarn_kernels::point;

use crate::average;

forewarn_core::entry!(Metric: Bias as "bias");

/// Mean error of the predictive mean: best near 0; above it, the forecast is too high.
///
/// `mean (f - y)`, forecast minus observed, with `f` the mean of the draws, in the unit of the target. The first
/// moment of the joint distribution of forecasts and observations (Murphy and Winkler 1987,
/// `doi:10.1175/1520-0493(1987)115<1330:AGFFFV>2.0.CO;2`). Errors cancel: a bias of 0 does not make a forecast
/// good. Relative to what was observed: `mean-calibration-ratio`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bias {}

impl Metric for Bias {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(average::tally(args, |y, row| point::mean(row) - y))
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
                title: "too low by 4 in one of two rows",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[8.0]],
                expect: -2.0,
            },
            ScoreExample {
                title: "errors cancel",
                observed: &[0.0, 12.0],
                draws: &[&[12.0], &[0.0]],
                expect: 0.0,
            },
        ]
    }

    fn better(&self) -> Better {
        Better::Near(0.0)
    }
}
