//! Continuous ranked probability score.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;

use crate::average;

forewarn_core::entry!(Metric: Crps as "crps");

/// Continuous ranked probability score of the draws: lower is better, 0 is perfect.
///
/// `mean (E|X - y| - E|X - X'| / 2)` over rows, in the unit of the target; the integral over all thresholds of
/// the Brier score. Proper: only the true distribution is optimal in expectation (Gneiting and Raftery 2007,
/// doi:10.1198/016214506000001437). A point forecast is a distribution on one value, so that its CRPS is its
/// mean absolute error. On zero-inflated data most rows contribute almost nothing: read it beside `brier` and a
/// score of the tail.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Crps {
    /// How the spread `E|X - X'|` is estimated from the draws.
    pub estimator: Estimator,
}

/// How the spread of a distribution is estimated from `S` draws of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// The draws are the forecast (also known as edf or qd): pairs divided by `S^2`. Fewer draws of the same distribution score worse.
    #[default]
    #[serde(alias = "edf", alias = "qd")]
    Ensemble,
    /// The draws are a sample of the forecast (also known as pwm): pairs divided by `S (S - 1)`, which is unbiased and compares
    /// forecasts of different numbers of draws (Ferro 2014, doi:10.1002/qj.2270). It is never negative.
    #[serde(alias = "pwm")]
    Fair,
}

impl Metric for Crps {
    fn row_scores(&self, kind: ForecastKind) -> Vec<RowScore> {
        match (self.estimator, kind) {
            // A point is known in full: its spread needs no estimate.
            (Estimator::Fair, ForecastKind::Draws) => vec![RowScore::FairCrps],
            _ => vec![RowScore::Crps],
        }
    }

    fn domain(&self) -> &'static str {
        match self.estimator {
            Estimator::Fair => "at least 2 draws; use `estimator = \"ensemble\"`, or declare the forecast a point",
            Estimator::Ensemble => "finite values",
        }
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn examples(&self) -> Vec<ScoreExample> {
        let fair = self.estimator == Estimator::Fair;
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0, 0.0], &[12.0, 12.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "of a point forecast it is the absolute error",
                observed: &[5.0],
                draws: &[&[3.0]],
                expect: 2.0,
            },
            ScoreExample {
                title: "draws 0, 0, 1, 2 for 0: mean distance 3/4, less half the mean distance among the draws",
                observed: &[0.0],
                draws: &[&[0.0, 0.0, 1.0, 2.0]],
                expect: if fair { 0.75 - 14.0 / 24.0 } else { 0.75 - 14.0 / 32.0 },
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fair_score_of_one_draw_is_refused_and_of_a_point_is_its_error() {
        let fair = Crps { estimator: Estimator::Fair };
        let units: Units = [Unit(1)].into();
        let draw = Field::draws(Period(1), Step(1), units.clone(), 1, vec![3.0]).unwrap();
        let error = fair.tally(&ScoreArgs::new(&[5.0], &draw).unwrap()).unwrap_err();
        assert!(error.to_string().contains("at least 2 draws"), "{error}");
        let point = Field::point(Period(1), Step(1), units, vec![3.0]).unwrap();
        let tally = fair.tally(&ScoreArgs::new(&[5.0], &point).unwrap()).unwrap();
        assert_eq!(fair.score(&tally).unwrap(), 2.0);
    }

    #[test]
    fn the_fair_examples_hold_too() {
        let last = Crps { estimator: Estimator::Fair }.examples().pop().unwrap();
        assert!((last.expect - (0.75 - 14.0 / 24.0)).abs() < 1e-15);
        assert!((forewarn_kernels::crps::fair(last.draws[0], 0.0) - last.expect).abs() < 1e-15);
    }
}
