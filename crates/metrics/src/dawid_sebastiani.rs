//! Dawid-Sebastiani score.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;

use crate::average;

forewarn_core::entry!(Metric: DawidSebastiani as "dawid-sebastiani");

/// Squared standardised error plus twice the logarithm of the spread: lower is better.
///
/// `mean ((y - m) / s)^2 + 2 ln s` with `m` the mean and `s` the standard deviation of the draws (over `S -
/// 1`), in no unit that can be compared across targets; the logarithmic score of a normal distribution up to
/// constants, proper for mean and variance (Dawid and Sebastiani 1999, doi:10.1214/aos/1018031101). Not defined
/// where all draws agree: of little use on zero-inflated data.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DawidSebastiani {}

impl Metric for DawidSebastiani {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        vec![RowScore::DawidSebastiani]
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn domain(&self) -> &'static str {
        "draws that differ"
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast has no spread, and no score",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: f64::NAN,
            },
            ScoreExample {
                title: "off by one standard deviation",
                observed: &[3.0],
                draws: &[&[1.0, 3.0]],
                expect: 1.193_147_180_559_95,
            },
        ]
    }
}
