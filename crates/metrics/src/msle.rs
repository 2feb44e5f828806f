//! Mean squared logarithmic error.

use forewarn_core::prelude::*;
use forewarn_kernels::point;

use crate::average;

forewarn_core::entry!(Metric: Msle as "msle");

/// Mean squared error of `ln(1 + value)` of the predictive mean: lower is better, 0 is perfect.
///
/// `mean (ln(1 + f) - ln(1 + y))^2` with `f` the mean of the draws, without unit. In use for counts of
/// fatalities (Vesco et al. 2022, doi:10.1080/03050629.2022.2029856). **It rewards under-prediction on
/// zero-inflated data**: the best `f` is not the expected value but `exp(E ln(1 + Y)) - 1`, far below it, so that
/// forecasts of nearly nothing rank above the truth. Never choose a model by it alone.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Msle {}

impl Metric for Msle {
    /// # Errors
    /// [`Error::Data`] when a truth or a predictive mean is -1 or less.
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let tally = average::tally(args, |y, row| point::squared_log_error(point::mean(row), y));
        if tally.at(1).is_finite() { Ok(tally) } else { Err(outside(args)) }
    }

    fn score(&self, tally: &Tally) -> f64 {
        average::mean(tally)
    }

    fn examples(&self) -> Vec<ScoreExample> {
        use std::f64::consts::LN_2;
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "3 for 1 doubles what the logarithm sees, 0 for 0 is right",
                observed: &[1.0, 0.0],
                draws: &[&[3.0], &[0.0]],
                expect: LN_2 * LN_2 / 2.0,
            },
        ]
    }
}

/// Names the first row without a logarithm.
fn outside(args: &ScoreArgs<'_>) -> Error {
    let defined = |v: f64| v > -1.0;
    let rows = args.forecast.units().iter().zip(args.observed).zip(args.forecast.rows());
    for ((unit, &y), row) in rows.filter(|((_, y), _)| !y.is_nan()) {
        let mean = point::mean(row);
        if !defined(f64::from(y)) || !defined(mean) {
            return Error::data(format!(
                "unit {unit}: msle needs values above -1, observed is {y} and the predictive mean {mean}; use \
                 `mse` for targets that can be negative"
            ));
        }
    }
    Error::data("msle: the sum of the losses is not finite")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(observed: &[f32], forecast: &[f32]) -> Result<f64> {
        let units = (1..=observed.len() as u32).map(Unit).collect();
        let field = Field::point(Period(1), Step(1), units, forecast.to_vec())?;
        Ok(Msle {}.score(&Msle {}.tally(&ScoreArgs::new(observed, &field)?)?))
    }

    #[test]
    fn values_without_a_logarithm_are_refused_by_unit() {
        assert!(score(&[0.0, 1.0], &[-0.999, 1.0]).unwrap() > 20.0);
        for (observed, forecast) in [([0.0, 1.0], [0.0, -1.0]), ([0.0, -3.0], [0.0, -3.0])] {
            let error = score(&observed, &forecast).unwrap_err().to_string();
            assert!(error.contains("unit 2: msle needs values above -1"), "{error}");
        }
    }

    #[test]
    fn less_than_the_truth_scores_better_than_the_truth() {
        // One row in ten has 99 deaths: the expected value 9.9 everywhere loses to nothing anywhere.
        let mut observed = [0.0; 10];
        observed[0] = 99.0;
        assert!(score(&observed, &[0.0; 10]).unwrap() < score(&observed, &[9.9; 10]).unwrap());
    }
}
