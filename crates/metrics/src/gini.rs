//! Whether the forecast is as concentrated as the truth.

use forewarn_core::prelude::*;
use forewarn_kernels::inequality;

use crate::picture::{self, Contribution, check_equal_weights, fields};

forewarn_core::entry!(Metric: Gini as "gini");

/// Error of the concentration of a field: lower is better, 0 is perfect.
///
/// The mean over fields of `|G_f - G_o|` with the Gini index `G` of the predictive means and of the truth:
/// `sum_i (2 i - n - 1) x_(i) / (n sum x)` of values in ascending order, 0-1: 0 when all units have the same, near 1 when one
/// has everything. Damgaard and Weiner (2000), `doi:10.1890/0012-9658(2000)081[1139:DIIPSO]2.0.CO;2`. It does not see where
/// the values are. A field of predictive means is less concentrated than anything that happens: compare models, not with
/// 0. Fields of zeros are not counted; a forecast of zeros for another has no score. It needs whole fields of values that
/// are not negative.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gini {}

impl Metric for Gini {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        args.check_whole()?;
        check_equal_weights(args)?;
        let [forecast, observed] = fields(args);
        let known = |values: &[f64]| -> Vec<f64> {
            values.iter().zip(&observed).filter(|(_, y)| !y.is_nan()).map(|(v, _)| *v).collect()
        };
        let (forecast, observed) = (known(&forecast), known(&observed));
        let empty = |values: &[f64]| values.iter().all(|v| *v == 0.0);
        if empty(&observed) {
            return Ok(Contribution::Uncounted.tally());
        }
        if empty(&forecast) {
            return Ok(Contribution::Refused.tally());
        }
        let difference = inequality::gini(&forecast) - inequality::gini(&observed);
        if difference.is_nan() {
            return Err(Error::data("it needs finite values that are not negative"));
        }
        Ok(Contribution::Score(difference.abs()).tally())
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        picture::mean(tally, "are all zero", "is not all zero")
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
                title: "the right total spread over all cells",
                observed: &[0.0, 8.0, 0.0, 0.0],
                draws: &[&[2.0], &[2.0], &[2.0], &[2.0]],
                expect: 0.75,
            },
            ScoreExample {
                title: "as concentrated, elsewhere",
                observed: &[0.0, 8.0, 0.0, 0.0],
                draws: &[&[0.0], &[0.0], &[3.0], &[0.0]],
                expect: 0.0,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(observed: &[f64], forecast: &[f64]) -> Result<f64> {
        let args = ScoreArgs::rows(observed, forecast, 1, ForecastKind::Point)?;
        Gini {}.score(&Gini {}.tally(&args)?)
    }

    #[test]
    fn a_table_is_a_field_and_unknown_truth_is_not_in_it() {
        // 0.75 against 0.5: half of four have it.
        assert!((score(&[0.0, 8.0, 0.0, 0.0], &[1.0, 1.0, 0.0, 0.0]).unwrap() - 0.25).abs() < 1e-12);
        let with_gap = score(&[0.0, 8.0, f64::NAN, 0.0, 0.0], &[1.0, 1.0, 9.0, 0.0, 0.0]).unwrap();
        assert!((with_gap - 0.25).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_shared_says_so() {
        let why = |observed: &[f64], forecast: &[f64]| score(observed, forecast).unwrap_err().to_string();
        assert!(why(&[0.0, 0.0], &[1.0, 0.0]).contains("no field whose truth is not all zero"));
        assert!(why(&[1.0, 0.0], &[0.0, 0.0]).contains("1 of 1 forecast fields are all zero"));
        assert!(why(&[1.0, 0.0], &[-1.0, 0.0]).contains("not negative"));
        let args = ScoreArgs::rows(&[1.0, 0.0], &[1.0, 0.0], 1, ForecastKind::Point).unwrap();
        let part = Gini {}.tally(&args.placed(Places::Part)).unwrap_err().to_string();
        assert!(part.contains("a part of one"), "{part}");
    }
}
