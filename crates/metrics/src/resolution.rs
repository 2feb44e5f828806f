//! How far the frequencies of events differ between forecasts that differ.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::Event;

use crate::{calibration, settings};

forewarn_core::entry!(Metric: Resolution as "resolution", check);

/// Resolution of the probability of an event: higher is better, 1 is perfect, 0 is what one forecast for all has.
///
/// `sum_k w_k (o_k - o)^2 / sum_k w_k`, divided by `o (1 - o)`, over bins of the forecast probability, with `o_k` the share of
/// the rows of bin `k` in which the event happened, `w_k` their weight and `o` the share of all rows: the part of the
/// variance of the event that forecasts tell apart, 0-1. With `calibration-error` it makes the Brier score:
/// `calibration-error + (1 - resolution) o (1 - o)`, but for differences within bins. Murphy (1973),
/// `doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2`. It does not see whether the probabilities are right. A point
/// forecast says 0 or 1. Where the event happened everywhere or nowhere there is nothing to tell apart, and no score.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resolution {
    /// Smallest value that is an event, in the unit of the target; 1 for «anything at all» of a count.
    pub threshold: f64,
    /// Whether the threshold must be passed (`>`), not just reached (`>=`).
    pub strict: bool,
    /// Number of bins of probability, equally wide and half-open; the last one holds 1.
    pub bins: u16,
}

impl Default for Resolution {
    fn default() -> Self {
        Self { threshold: 1.0, strict: false, bins: 10 }
    }
}

impl Resolution {
    fn check(self) -> Result<Self> {
        settings::threshold("resolution", self.threshold)?;
        settings::bins("resolution", self.bins)?;
        Ok(self)
    }
}

impl Metric for Resolution {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(calibration::tally(args, Event { threshold: self.threshold, strict: self.strict }, self.bins))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        let parts = calibration::parts(tally)?;
        if parts.uncertainty == 0.0 {
            return Err(Error::data("the event happened in every row, or in none"));
        }
        Ok(parts.resolution / parts.uncertainty)
    }

    fn better(&self) -> Better {
        Better::Higher
    }

    fn of_events(&self) -> bool {
        true
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
                title: "one in two, everywhere",
                observed: &[0.0, 12.0],
                draws: &[&[0.0, 3.0], &[0.0, 3.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "the wrong way round tells them apart as well",
                observed: &[0.0, 12.0],
                draws: &[&[12.0], &[0.0]],
                expect: 1.0,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(bins: u16, observed: &[f64], p: &[f64]) -> Result<f64> {
        let args = ScoreArgs::rows(observed, p, 1, ForecastKind::Probability)?;
        let metric = Resolution { bins, ..Resolution::default() };
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn what_is_in_one_bin_is_not_told_apart() {
        // Frequencies 1/3 and 1 of three and one row, 1/2 of all: (3/36 + 1/4) / 4 of 1/4.
        let (y, p) = ([0.0, 1.0, 0.0, 1.0], [0.1, 0.2, 0.3, 0.9]);
        assert!((score(2, &y, &p).unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(score(1, &y, &p).unwrap(), 0.0);
        assert_eq!(score(10, &y, &p).unwrap(), 1.0);
    }

    #[test]
    fn without_both_outcomes_there_is_nothing_to_tell_apart() {
        for y in [0.0, 1.0] {
            let error = score(10, &[y, y], &[0.1, 0.9]).unwrap_err();
            assert!(error.to_string().contains("in every row, or in none"), "{error}");
        }
    }
}
