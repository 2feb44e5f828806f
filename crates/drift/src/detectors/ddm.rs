//! Gama's drift detection method.

use std::ops::RangeInclusive;

use forewarn_core::prelude::*;

use super::running::Mean;
use super::settings::{at_least, in_order};

forewarn_core::entry!(Detector: Ddm as "ddm", check);

/// The error rate of a classifier against its best time: drift when it has risen by more than chance allows.
///
/// Values are 1 for an error and 0 for none (a share in between is taken as such; others are skipped). With `p` the mean of
/// `n` values and `s = sqrt(p (1 - p) / n)`, the detector keeps `p` and `s` of the time when `p + s` was lowest; warning when
/// `p + s > p_min + warning-threshold s_min`, drift when `p + s > p_min + drift-threshold s_min`. Only rises are found. After
/// `warm-start` values without an error the first error is a drift, for `p_min` and `s_min` are 0: for rare errors `hddm-a`
/// is better. The same warnings and drifts as river 0.26.1. Source: Gama, Medas, Castillo and Rodrigues (2004),
/// doi:10.1007/978-3-540-28645-5_29.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ddm {
    /// So many values must have come before anything is said.
    pub warm_start: u32,
    /// Standard deviations above the best time that make a warning.
    #[schemars(range(min = 0.0))]
    pub warning_threshold: f64,
    /// Standard deviations above the best time that make a drift; not below `warning-threshold`.
    #[schemars(range(min = 0.0))]
    pub drift_threshold: f64,
}

impl Default for Ddm {
    fn default() -> Self {
        Self { warm_start: 30, warning_threshold: 2.0, drift_threshold: 3.0 }
    }
}

impl Ddm {
    fn check(self) -> Result<Self> {
        at_least("ddm", "warning-threshold", self.warning_threshold, 0.0)?;
        at_least("ddm", "drift-threshold", self.drift_threshold, 0.0)?;
        let (drift, warning) = (self.drift_threshold, self.warning_threshold);
        in_order("ddm", ("drift-threshold", drift), ("warning-threshold", warning))?;
        Ok(self)
    }
}

impl Detector for Ddm {
    fn start(&self) -> Box<dyn Detecting> {
        Box::new(Rate { settings: self.clone(), mean: Mean::default(), best: (0.0, f64::INFINITY) })
    }

    fn range(&self) -> RangeInclusive<f64> {
        0.0..=1.0
    }
}

#[derive(Debug)]
struct Rate {
    settings: Ddm,
    mean: Mean,
    /// Error rate at its best time, and its standard deviation then.
    best: (f64, f64),
}

impl Detecting for Rate {
    fn observe(&mut self, value: f64) -> Signal {
        self.mean.add(value);
        let p = self.mean.value;
        let s = (p * (1.0 - p) / self.mean.n).sqrt();
        if self.mean.n <= f64::from(self.settings.warm_start) {
            return Signal::Quiet;
        }
        if p + s <= self.best.0 + self.best.1 {
            self.best = (p, s);
        }
        let above = |deviations: f64| p + s > self.best.0 + deviations * self.best.1;
        if above(self.settings.drift_threshold) {
            Signal::Drift
        } else if above(self.settings.warning_threshold) {
            Signal::Warning
        } else {
            Signal::Quiet
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn worked_by_hand() {
        // One error in 4, then errors. At 4: p = .25, s = .2165; at 5: p = .4, s = .2191; p + s is 1.7 s above the best p.
        let settings = Ddm { warm_start: 3, warning_threshold: 1.5, drift_threshold: 2.0 };
        let mut rate = settings.start();
        let signals = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0].map(|v| rate.observe(v));
        assert_eq!(signals[..4], [Signal::Quiet; 4]);
        assert_eq!(signals[4], Signal::Warning);
        // At 6: p = .5, s = .2041, 2.1 s above it.
        assert_eq!(signals[5..], [Signal::Drift, Signal::Drift]);
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"warning-threshold": 4.0})).unwrap_err().to_string();
        assert!(error.contains("`drift-threshold` is 3 and `warning-threshold` 4"), "{error}");
        assert!((ENTRY.build)(&json!({"warning-threshold": -1.0})).is_err());
    }
}
