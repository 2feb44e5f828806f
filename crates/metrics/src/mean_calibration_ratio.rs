//! Ratio of what was forecast to what was observed.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;

use crate::average;

forewarn_core::entry!(Metric: MeanCalibrationRatio as "mean-calibration-ratio");

/// Sum of the predictive means over the sum of the observations: best near 1; above it, the forecast is too high.
///
/// `sum f / sum y`, with `f` the mean of the draws, without unit: calibration in the large (Van Calster et al. 2019,
/// doi:10.1186/s12916-019-1466-7), also known as multiplicative bias. Of a pool it is the ratio of its sums, not a
/// mean of ratios. Right total, wrong places: it says nothing about either. Not defined when nothing was observed; for
/// targets that can be negative use `bias`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MeanCalibrationRatio {}

impl Metric for MeanCalibrationRatio {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        vec![RowScore::Mean, RowScore::Observed]
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        let (forecast, observed) = (average::mean(tally, 0)?, average::mean(tally, 1)?);
        if observed == 0.0 {
            return Err(Error::data("nothing was observed: there is no ratio to it"));
        }
        Ok(forecast / observed)
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 1.0,
            },
            ScoreExample {
                title: "a quarter of what happened",
                observed: &[0.0, 4.0],
                draws: &[&[0.0, 0.0], &[0.0, 2.0]],
                expect: 0.25,
            },
            ScoreExample {
                title: "nothing happened, no score",
                observed: &[0.0, 0.0],
                draws: &[&[0.0], &[1.0]],
                expect: f64::NAN,
            },
        ]
    }

    fn better(&self) -> Better {
        Better::Near(1.0)
    }
}
