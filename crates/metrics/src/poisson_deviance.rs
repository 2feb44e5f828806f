//! Mean Poisson deviance.

use forewarn_core::prelude::*;

use crate::{average, deviance, settings};

forewarn_core::entry!(Metric: PoissonDeviance as "poisson-deviance", check);

/// Mean Poisson deviance of the predictive mean: lower is better, 0 is perfect.
///
/// `mean 2 (y ln(y / f) - y + f)` with `f` the mean of the draws and `0 ln 0 = 0`, in the unit of the target.
/// Consistent for the expected value, like `mse`, but large counts decide less (Gneiting 2011,
/// doi:10.1198/jasa.2011.r10138). A forecast of 0 has no deviance, whatever happens: `floor` raises
/// forecasts to a least one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PoissonDeviance {
    /// Least forecast, in the unit of the target: smaller ones are raised to it. 0 leaves them, and any row with
    /// forecast 0 then leaves no score.
    pub floor: f64,
}

impl PoissonDeviance {
    fn check(self) -> Result<Self> {
        settings::floor("poisson-deviance", self.floor)?;
        Ok(self)
    }
}

impl Metric for PoissonDeviance {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        deviance::tally(args, (1.0, self.floor), None)
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
                title: "1 for 0 and half for 2",
                observed: &[0.0, 2.0],
                draws: &[&[1.0], &[1.0]],
                expect: 1.386_294_361_119_89,
            },
            ScoreExample {
                title: "0 for 1 is infinitely wrong",
                observed: &[1.0],
                draws: &[&[0.0]],
                expect: f64::NAN,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &PoissonDeviance, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn the_floor_raises_what_is_below_it_only() {
        let metric = PoissonDeviance { floor: 0.5 };
        assert_eq!(score(&metric, &[0.0], &[0.0], &[]).unwrap(), 1.0);
        assert_eq!(score(&metric, &[0.0], &[1.0, 3.0], &[]).unwrap(), 4.0);
        let deviance = score(&metric, &[1.0], &[0.0], &[]).unwrap();
        assert!((deviance - (2.0 * 2.0_f64.ln() - 1.0)).abs() < 1e-12, "{deviance}");
    }

    #[test]
    fn rows_weigh_what_they_weigh() {
        let metric = PoissonDeviance::default();
        assert_eq!(score(&metric, &[0.0, 1.0], &[1.0, 1.0], &[1.0, 3.0]).unwrap(), 0.5);
        assert_eq!(score(&metric, &[0.0, f64::NAN], &[1.0, 9.0], &[]).unwrap(), 2.0);
    }

    #[test]
    fn what_it_needs_is_said() {
        let error = score(&PoissonDeviance { floor: 0.5 }, &[-1.0], &[1.0], &[]).unwrap_err();
        assert!(error.to_string().contains("observations of at least 0"), "{error}");
        let error = score(&PoissonDeviance::default(), &[1.0], &[0.0], &[]).unwrap_err();
        assert!(error.to_string().contains("see `floor`"), "{error}");
        for floor in [-0.1, f64::INFINITY, f64::NAN] {
            let error = PoissonDeviance { floor }.check().unwrap_err();
            assert!(error.to_string().contains("`floor`"), "{error}");
        }
    }
}
