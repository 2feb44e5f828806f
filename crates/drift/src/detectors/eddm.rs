//! Baena-Garcia's early drift detection method.

use std::ops::RangeInclusive;

use forewarn_core::prelude::*;

use super::running::Variance;
use super::settings::in_order;
use crate::limit::share;

forewarn_core::entry!(Detector: Eddm as "eddm", check);

/// How far errors of a classifier are apart, against the best time: drift when they come much closer.
///
/// Values are 1 for an error, anything else from 0 to 1 for none; others are skipped. With `m` and `s` the mean and standard
/// deviation of the numbers of values from one error to the next, the detector keeps the greatest `m + 2 s`; warning when
/// `m + 2 s` is below `alpha` times that, drift when below `beta` times. It finds slow rises of the error rate earlier than
/// `ddm`, and raises more false alarms. The same warnings and drifts as river 0.26.1. Source: Baena-Garcia and others (2006),
/// Fourth International Workshop on Knowledge Discovery from Data Streams.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Eddm {
    /// So many errors must have come before anything is said, and so many values before the best time is kept.
    pub warm_start: u32,
    /// Share of the best distance that makes a warning, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub alpha: f64,
    /// Share of the best distance that makes a drift; not above `alpha`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub beta: f64,
}

impl Default for Eddm {
    fn default() -> Self {
        Self { warm_start: 30, alpha: 0.95, beta: 0.9 }
    }
}

impl Eddm {
    fn check(self) -> Result<Self> {
        share("eddm", "alpha", self.alpha)?;
        share("eddm", "beta", self.beta)?;
        in_order("eddm", ("alpha", self.alpha), ("beta", self.beta))?;
        Ok(self)
    }
}

impl Detector for Eddm {
    fn start(&self) -> Box<dyn Detecting> {
        let (settings, apart) = (self.clone(), Variance::default());
        Box::new(Distances { settings, apart, seen: 0, last: 0, best: -1.0, signal: Signal::Quiet })
    }

    fn range(&self) -> RangeInclusive<f64> {
        0.0..=1.0
    }
}

#[derive(Debug)]
struct Distances {
    settings: Eddm,
    apart: Variance,
    seen: u64,
    last: u64,
    /// Greatest mean plus two standard deviations.
    best: f64,
    /// What was said last: a warning stays until the next error.
    signal: Signal,
}

impl Detecting for Distances {
    fn observe(&mut self, value: f64) -> Signal {
        self.seen += 1;
        if value == 1.0 {
            self.apart.add((self.seen - self.last) as f64);
            self.last = self.seen;
            if self.seen > u64::from(self.settings.warm_start) {
                self.judge();
            }
        }
        self.signal
    }
}

impl Distances {
    fn judge(&mut self) {
        let Eddm { warm_start, alpha, beta } = self.settings;
        let reach = self.apart.mean.value + 2.0 * self.apart.deviation();
        if reach > self.best {
            self.best = reach;
        } else if self.apart.mean.n > f64::from(warm_start) {
            let level = reach / self.best;
            self.signal = match level {
                l if l < beta => Signal::Drift,
                l if l < alpha => Signal::Warning,
                _ => Signal::Quiet,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Errors so many values apart.
    fn errors(distances: &[usize]) -> Vec<Signal> {
        let mut at_work = Eddm { warm_start: 2, alpha: 0.95, beta: 0.6 }.start();
        let values = distances.iter().flat_map(|d| std::iter::repeat_n(0.0, d - 1).chain([1.0]));
        values.map(|v| at_work.observe(v)).collect()
    }

    #[test]
    fn worked_by_hand() {
        // Distances 4, 4: reach 4. Then 1: mean 3, deviation sqrt(3), a reach of 6.46, the best. Then 1: mean 2.5,
        // deviation sqrt(3), 5.96, 92 % of it: a warning, which stays. Then 1, 1: 5.59 and 5.10.
        let signals = errors(&[4, 4, 1, 1, 1, 1]);
        assert_eq!(signals[..9], [Signal::Quiet; 9]);
        assert_eq!(signals[9..], [Signal::Warning; 3]);
        let signals = errors(&[4, 4, 1, 1, 3]);
        assert_eq!(signals[10..12], [Signal::Warning; 2], "until the next error");
        let many: Vec<usize> = [4, 4].into_iter().chain([1; 20]).collect();
        assert_eq!(errors(&many).last(), Some(&Signal::Drift));
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"alpha": 0.8})).unwrap_err().to_string();
        assert!(error.contains("`alpha` is 0.8 and `beta` 0.9"), "{error}");
        assert!((ENTRY.build)(&json!({"beta": 0.0})).is_err());
    }
}
