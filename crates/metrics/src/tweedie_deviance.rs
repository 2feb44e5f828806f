//! Mean Tweedie deviance.

use forewarn_core::prelude::*;

use crate::points::Compat;
use crate::{average, deviance, settings};

forewarn_core::entry!(Metric: TweedieDeviance as "tweedie-deviance", check);

/// Mean Tweedie deviance of the predictive mean: lower is better, 0 is perfect.
///
/// `mean 2 (max(y, 0)^(2-p) / ((1-p)(2-p)) - y f^(1-p) / (1-p) + f^(2-p) / (2-p))` with `f` the mean of the
/// draws and `p` the power of the mean that the variance is proportional to, in the unit of the target to the
/// power `2 - p` (Jorgensen 1987, doi:10.1111/j.2517-6161.1987.tb01685.x). Power 0 is `mse`, 1 `poisson-
/// deviance`, 2 gamma; between 1 and 2 zero is possible and the rest continuous. A forecast of 0 has none:
/// `floor` raises forecasts to a least one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TweedieDeviance {
    /// Power of the variance function: 0, or 1 and more.
    pub power: f64,
    /// Least forecast, in the unit of the target: smaller ones are raised to it. 0 leaves them, and any row with
    /// forecast 0 then leaves no score.
    pub floor: f64,
    /// `views`: the mean over all draws of all rows, each draw a forecast, as views-evaluation 2.0.0 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

impl Default for TweedieDeviance {
    fn default() -> Self {
        Self { power: 1.5, floor: 0.0, compat: None }
    }
}

impl TweedieDeviance {
    fn check(self) -> Result<Self> {
        settings::floor("tweedie-deviance", self.floor)?;
        if !self.power.is_finite() || (self.power > 0.0 && self.power < 1.0) {
            let reason = format!("`power` is {}; there is no such law between 0 and 1", self.power);
            return Err(Error::config("tweedie-deviance", reason));
        }
        Ok(self)
    }
}

impl Metric for TweedieDeviance {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        deviance::tally(args, (self.power, self.floor), self.compat)
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
                title: "1 for 0 and for 4",
                observed: &[0.0, 4.0],
                draws: &[&[1.0], &[1.0]],
                expect: 4.0,
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

    fn score(metric: &TweedieDeviance, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    fn of(power: f64, floor: f64) -> TweedieDeviance {
        TweedieDeviance { power, floor, compat: None }
    }

    #[test]
    fn the_powers_of_known_laws() {
        // 1 for 2: normal, Poisson, gamma, inverse Gaussian.
        let two = 2.0_f64.ln();
        for (power, expect) in [(0.0, 1.0), (1.0, 4.0 * two - 2.0), (2.0, 2.0 - 2.0 * two), (3.0, 0.5)] {
            let deviance = score(&of(power, 0.0), &[2.0], &[1.0], &[]).unwrap();
            assert!((deviance - expect).abs() < 1e-12, "power {power}: {deviance}");
        }
        let error = score(&of(2.0, 0.0), &[0.0], &[1.0], &[]).unwrap_err();
        assert!(error.to_string().contains("above 0 from power 2"), "{error}");
    }

    #[test]
    fn views_scores_each_draw_by_itself() {
        let views = TweedieDeviance { compat: Some(Compat::Views), ..of(0.0, 0.0) };
        assert_eq!(score(&of(0.0, 0.0), &[2.0], &[1.0, 3.0], &[]).unwrap(), 0.0);
        assert_eq!(score(&views, &[2.0], &[1.0, 3.0], &[]).unwrap(), 1.0);
        assert_eq!(score(&views, &[2.0, 0.0], &[1.0, 3.0, 0.0, 0.0], &[3.0, 1.0]).unwrap(), 0.75);
    }

    #[test]
    fn the_floor_raises_a_forecast_of_zero() {
        let error = score(&of(1.5, 0.0), &[1.0], &[0.0], &[]).unwrap_err();
        assert!(error.to_string().contains("see `floor`"), "{error}");
        let floored = score(&of(1.5, 0.5), &[1.0], &[0.0], &[]).unwrap();
        assert_eq!(floored, score(&of(1.5, 0.0), &[1.0], &[0.5], &[]).unwrap());
        for (metric, name) in [(of(0.5, 0.0), "`power`"), (of(1.5, -1.0), "`floor`")] {
            assert!(metric.check().unwrap_err().to_string().contains(name));
        }
    }
}
