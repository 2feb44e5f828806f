//! Logarithmic loss of an event.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::Event;
use forewarn_kernels::point::Loss;

use crate::{average, settings};

forewarn_core::entry!(Metric: LogLoss as "log-loss", check);

/// Logarithmic loss of the probability of the event «at least `threshold`»: lower is better, 0 is perfect.
///
/// `-mean (o ln p + (1 - o) ln(1 - p))` with `p` the share of draws that reach the threshold, kept `epsilon`
/// away from 0 and 1, and `o` 1 when the truth does, else 0; natural logarithm, without unit. Proper (Good
/// 1952, doi:10.1111/j.2517-6161.1952.tb00104.x). What was called impossible and happened costs `-ln epsilon`:
/// with `S` draws no `p` is more certain than `1/S`, for which `epsilon` should allow.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LogLoss {
    /// Smallest value that is an event, in the unit of the target. Of forecast probabilities the event is 1.
    pub threshold: f64,
    /// Distance of probabilities from 0 and 1, from 2.3e-16 to below 0.5.
    pub epsilon: f64,
}

impl Default for LogLoss {
    fn default() -> Self {
        Self { threshold: 1.0, epsilon: f64::EPSILON }
    }
}

impl LogLoss {
    fn check(self) -> Result<Self> {
        settings::threshold("log-loss", self.threshold)?;
        // Closer to 1 than that, 1 - epsilon is 1.
        if !(f64::EPSILON..0.5).contains(&self.epsilon) {
            let reason = format!("`epsilon` is {}; it must be from 2.3e-16 to below 0.5", self.epsilon);
            return Err(Error::config("log-loss", reason));
        }
        Ok(self)
    }
}

impl Metric for LogLoss {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let loss = Loss::Log { epsilon: self.epsilon };
        let mut sums = vec![0.0; 3];
        let events = args.events(Event { threshold: self.threshold, strict: false });
        for (i, (&probability, &happened)) in events.probabilities.iter().zip(&events.happened).enumerate() {
            let weight = events.weights.get(i).copied().unwrap_or(1.0);
            sums[0] += 1.0;
            sums[1] += weight;
            sums[2] += weight * loss.of(probability, f64::from(happened));
        }
        Ok(Tally(sums))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn of_events(&self) -> bool {
        true
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast, as certain as epsilon lets it be",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "one draw in four says so, and it happens",
                observed: &[3.0],
                draws: &[&[0.0, 0.0, 0.0, 7.0]],
                expect: 1.386_294_361_119_89,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &LogLoss, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn epsilon_bounds_what_certainty_wins_and_costs() {
        let metric = LogLoss { threshold: 5.0, epsilon: 0.25 };
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        near(score(&metric, &[5.0], &[0.0, 4.0], &[]).unwrap(), 4.0_f64.ln());
        near(score(&metric, &[5.0], &[5.0, 6.0], &[]).unwrap(), -0.75_f64.ln());
        near(score(&metric, &[4.0], &[4.0, 6.0], &[]).unwrap(), 2.0_f64.ln());
        near(score(&LogLoss::default(), &[1.0], &[0.0], &[]).unwrap(), 52.0 * 2.0_f64.ln());
        let mean = (4.0_f64.ln() - 3.0 * 0.75_f64.ln()) / 4.0;
        near(score(&metric, &[5.0, 4.0], &[0.0, 0.0], &[1.0, 3.0]).unwrap(), mean);
    }

    #[test]
    fn of_probabilities_the_event_is_1_whatever_the_threshold() {
        let metric = LogLoss { threshold: 5.0, ..LogLoss::default() };
        let args = ScoreArgs::rows(&[1.0], &[0.25], 1, ForecastKind::Probability).unwrap();
        let loss = metric.score(&metric.tally(&args).unwrap()).unwrap();
        assert!((loss - 4.0_f64.ln()).abs() < 1e-12, "{loss}");
    }

    #[test]
    fn epsilon_is_from_the_least_to_below_one_half() {
        let with = |epsilon| LogLoss { threshold: 1.0, epsilon }.check();
        assert!(with(f64::EPSILON).is_ok() && with(0.49).is_ok());
        for epsilon in [0.0, 1e-16, 0.5, f64::NAN] {
            let error = with(epsilon).unwrap_err();
            assert!(error.to_string().contains("`epsilon`"), "{error}");
        }
    }
}
