//! Mean absolute percentage error.

use forewarn_core::prelude::*;

use crate::average;
use crate::points::pairs;

forewarn_core::entry!(Metric: Mape as "mape");

/// Mean absolute error as a share of the truth: lower is better, 0 is perfect.
///
/// `mean |f - y| / |y|` with `f` the mean of the draws, a share without unit (multiply by 100 for per cent).
/// Not defined where the truth is 0, which `zero` decides; it punishes forecasts above the truth more than
/// those below (Hyndman and Koehler 2006, doi:10.1016/j.ijforecast.2006.03.001).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mape {
    /// What becomes of rows whose truth is 0.
    pub zero: Zero,
}

impl Metric for Mape {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let mut sums = vec![0.0; 3];
        for pair in pairs(args, None) {
            let size = match (pair.observed == 0.0, self.zero) {
                (true, Zero::Skip) => continue,
                (true, Zero::Refuse) => return Err(Error::data(NEEDS)),
                (_, Zero::Epsilon) => pair.observed.abs().max(f64::EPSILON),
                _ => pair.observed.abs(),
            };
            sums[0] += 1.0;
            sums[1] += pair.weight;
            sums[2] += pair.weight * (pair.forecast - pair.observed).abs() / size;
        }
        Ok(Tally(sums))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[3.0, 12.0],
                draws: &[&[3.0], &[12.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "a third of 3 and twice 2",
                observed: &[3.0, 2.0],
                draws: &[&[1.0], &[4.0]],
                expect: 0.833_333_333_333_333,
            },
            ScoreExample {
                title: "nothing happened, no score",
                observed: &[0.0],
                draws: &[&[1.0]],
                expect: f64::NAN,
            },
        ]
    }
}

const NEEDS: &str = "a truth of 0 has no percentage error; use `zero = \"skip\"`, or another metric such as `mae`";

/// What becomes of rows whose truth is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Zero {
    /// There is no score.
    #[default]
    Refuse,
    /// They are left out.
    Skip,
    /// They are divided by 2.2e-16, as scikit-learn does, which makes the score huge.
    Epsilon,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &Mape, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn each_policy_for_a_truth_of_zero() {
        let of = |zero| score(&Mape { zero }, &[0.0, 2.0], &[1.0, 3.0], &[]);
        let error = of(Zero::Refuse).unwrap_err();
        assert!(error.to_string().contains("zero = \"skip\""), "{error}");
        assert_eq!(of(Zero::Skip).unwrap(), 0.5);
        assert!(of(Zero::Epsilon).unwrap() > 2e15);
        assert_eq!(score(&Mape { zero: Zero::Epsilon }, &[0.0], &[1.0], &[]).unwrap(), 1.0 / f64::EPSILON);
        assert_eq!(score(&Mape { zero: Zero::Epsilon }, &[0.0], &[0.0], &[]).unwrap(), 0.0);
    }

    #[test]
    fn what_is_skipped_has_no_weight_either() {
        let skip = Mape { zero: Zero::Skip };
        let (observed, forecast) = ([0.0, 2.0, 4.0], [1.0, 3.0, 5.0]);
        // (1/2 + 3/4) / 4
        assert_eq!(score(&skip, &observed, &forecast, &[9.0, 1.0, 3.0]).unwrap(), 0.3125);
        let error = score(&skip, &[0.0], &[1.0], &[]).unwrap_err();
        assert!(error.to_string().contains("no row"), "{error}");
    }

    #[test]
    fn a_negative_truth_counts_by_its_size() {
        assert_eq!(score(&Mape::default(), &[-2.0], &[-2.0, 0.0], &[]).unwrap(), 0.5);
    }
}
