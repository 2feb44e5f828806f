//! Variogram score.

use forewarn_core::prelude::*;
use forewarn_kernels::variogram;

use crate::average;
use crate::joint::Case;

forewarn_core::entry!(Metric: VariogramScore as "variogram-score", check);

/// Variogram score of all pairs of units of a field: lower is better, 0 is perfect.
///
/// `sum_ij (|y_i - y_j|^p - mean_k |x_ki - x_kj|^p)^2` over all ordered pairs of units, in the unit of the
/// target to the power `2p` (Scheuerer and Hamill 2015, doi:10.1175/MWR-D-14-00269.1). It sees wrong dependence
/// between units that `energy-score` hardly notices, and no error that all units share. Draws of the same
/// number must belong together across units. Of a pool it is the mean over fields. The cost grows with the
/// square of the number of units, which is bounded.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct VariogramScore {
    /// Power of the differences.
    pub power: f64,
    /// Most units that are compared pair by pair.
    pub max_units: usize,
}

impl Default for VariogramScore {
    fn default() -> Self {
        Self { power: 0.5, max_units: 2000 }
    }
}

impl VariogramScore {
    fn check(self) -> Result<Self> {
        if !(self.power.is_finite() && self.power > 0.0) {
            let reason = format!("`power` is {}; it must be above 0", self.power);
            return Err(Error::config("variogram-score", reason));
        }
        Ok(self)
    }
}

impl Metric for VariogramScore {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let Some(case) = Case::of(args)? else { return Ok(Tally(vec![0.0; 3])) };
        if case.observed.len() > self.max_units {
            return Err(Error::data(format!(
                "{} units are more than `max-units` = {}: score countries, or raise it (cost grows with the square)",
                case.observed.len(),
                self.max_units
            )));
        }
        let score = variogram::scores(&case.trajectories(), &case.observed, self.power, None, false)[0];
        Ok(Tally(vec![1.0, 1.0, score]))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
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
                title: "a step of 4 where there is none",
                observed: &[0.0, 0.0],
                draws: &[&[0.0], &[4.0]],
                expect: 8.0,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &VariogramScore, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn powers_of_the_differences_worked_by_hand() {
        // Differences 2 and 4 where there is 1: 2 (1 - 3)^2 and 2 (1 - 10)^2.
        for (power, expect) in [(1.0, 8.0), (2.0, 162.0)] {
            let metric = VariogramScore { power, ..VariogramScore::default() };
            let variogram = score(&metric, &[0.0, 1.0], &[0.0, 0.0, 2.0, 4.0], &[]).unwrap();
            assert!((variogram - expect).abs() < 1e-9, "power {power}: {variogram}");
        }
        assert_eq!(score(&VariogramScore::default(), &[5.0], &[0.0, 1.0], &[]).unwrap(), 0.0);
    }

    #[test]
    fn units_beyond_the_most_are_refused_if_their_truth_is_known() {
        let metric = VariogramScore { max_units: 1, ..VariogramScore::default() };
        let error = score(&metric, &[0.0, 1.0], &[0.0, 2.0], &[]).unwrap_err();
        assert!(error.to_string().contains("`max-units` = 1"), "{error}");
        assert_eq!(score(&metric, &[0.0, f64::NAN], &[0.0, 2.0], &[]).unwrap(), 0.0);
        let error = score(&metric, &[0.0], &[0.0], &[1.0]).unwrap_err();
        assert!(error.to_string().contains("no weights of rows"), "{error}");
    }

    #[test]
    fn the_power_is_above_zero() {
        for power in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            let error = VariogramScore { power, ..VariogramScore::default() }.check().unwrap_err();
            assert!(error.to_string().contains("`power`"), "{error}");
        }
    }
}
