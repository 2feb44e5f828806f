//! How far event frequencies are from the probabilities that were forecast.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::Event;

use crate::{calibration, settings};

forewarn_core::entry!(Metric: CalibrationError as "calibration-error", check);

/// Calibration error of the probability of an event: lower is better, 0 is perfect.
///
/// `sum_k w_k (f_k - o_k)^2 / sum_k w_k` over bins of the forecast probability, with `f_k` the mean forecast of the rows
/// of bin `k`, `o_k` the share of them in which the event happened and `w_k` their weight; a probability squared, 0-1.
/// It is the reliability of Murphy (1973), `doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2`: what the Brier score
/// would be better by if forecasts were replaced by the frequencies of their bins (but for differences within
/// bins). Alone it is won by forecasting the frequency of the event everywhere: read it beside `resolution`. It depends
/// on the number of bins, and is too large where bins have few rows. A point forecast says 0 or 1.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CalibrationError {
    /// Smallest value that is an event, in the unit of the target; 1 for «anything at all» of a count.
    pub threshold: f64,
    /// Whether the threshold must be passed (`>`), not just reached (`>=`).
    pub strict: bool,
    /// Number of bins of probability, equally wide and half-open; the last one holds 1.
    pub bins: u16,
}

impl Default for CalibrationError {
    fn default() -> Self {
        Self { threshold: 1.0, strict: false, bins: 10 }
    }
}

impl CalibrationError {
    fn check(self) -> Result<Self> {
        settings::threshold("calibration-error", self.threshold)?;
        settings::bins("calibration-error", self.bins)?;
        Ok(self)
    }
}

impl Metric for CalibrationError {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(calibration::tally(args, Event { threshold: self.threshold, strict: self.strict }, self.bins))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        Ok(calibration::parts(tally)?.reliability)
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
                expect: 0.0,
            },
            ScoreExample {
                title: "one in two, and it happens once in two",
                observed: &[0.0, 12.0],
                draws: &[&[0.0, 3.0], &[0.0, 3.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "one in two, and it never happens",
                observed: &[0.0, 0.0],
                draws: &[&[0.0, 3.0], &[0.0, 3.0]],
                expect: 0.25,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &dyn Metric, observed: &[f64], p: &[f64], weights: &[f64]) -> f64 {
        let args = ScoreArgs::rows(observed, p, 1, ForecastKind::Probability).unwrap().weighted(weights).unwrap();
        metric.score(&metric.tally(&args).unwrap()).unwrap()
    }

    #[test]
    fn bins_weigh_what_their_rows_weigh() {
        // Two bins: 0.2 and 0.4 with one event of two, 0.9 with none of one.
        let halves = CalibrationError { bins: 2, ..CalibrationError::default() };
        let (y, p) = ([0.0, 1.0, 0.0], [0.2, 0.4, 0.9]);
        let expected = (2.0 * 0.2_f64.powi(2) + 0.81) / 3.0;
        assert!((score(&halves, &y, &p, &[]) - expected).abs() < 1e-15);
        // The first row counts three times: 0.25 forecast, 0.25 happened.
        assert!((score(&halves, &y, &p, &[3.0, 1.0, 0.0]) - 0.0).abs() < 1e-15);
        // Ten bins part 0.2 and 0.4.
        let tenths = CalibrationError::default();
        assert!((score(&tenths, &y, &p, &[]) - (0.04 + 0.36 + 0.81) / 3.0).abs() < 1e-15);
    }

    #[test]
    fn it_and_resolution_make_the_brier_score_of_equal_forecasts() {
        let (y, p) = ([0.0, 1.0, 1.0, 0.0, 0.0], [0.25, 0.25, 0.75, 0.75, 0.25]);
        let resolution = crate::resolution::Resolution::default();
        let error = score(&CalibrationError::default(), &y, &p, &[]);
        let unresolved = (1.0 - score(&resolution, &y, &p, &[])) * 0.4 * 0.6;
        let brier = score(&crate::brier::Brier::default(), &y, &p, &[]);
        assert!((error + unresolved - brier).abs() < 1e-15, "{error} {unresolved} {brier}");
    }

    #[test]
    fn no_bins_are_refused() {
        let error = CalibrationError { bins: 0, ..CalibrationError::default() }.check().unwrap_err();
        assert!(error.to_string().contains("`bins` is 0"), "{error}");
    }
}
