//! Drift by Hoeffding's bound of averages.

use std::ops::RangeInclusive;

use forewarn_core::prelude::*;

use super::running::Mean;
use super::settings::in_order;
use crate::limit::share;

forewarn_core::entry!(Detector: HddmA as "hddm-a", check);

/// The mean of all values against the mean up to the cut where it was lowest, by Hoeffding's inequality.
///
/// Values lie between 0 and 1 (1 for an error of a classifier, 0 for none; others are skipped) and need no other law. The cut
/// is where the mean and its bound `sqrt(ln(1 / drift-confidence) / (2 n))` were lowest; drift when the mean `z` of all `n`
/// values exceeds that of the first `c` up to the cut by `sqrt((n - c) / (2 c n) ln(2 / confidence))`. With `two-sided`, falls
/// as well. The better choice for rare errors, which it takes long to see. The same warnings and drifts as river 0.26.1.
/// Source: Frias-Blanco and others (2015), doi:10.1109/TKDE.2014.2345382.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HddmA {
    /// Chance of a false drift at one value, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub drift_confidence: f64,
    /// Chance of a false warning at one value; not below `drift-confidence`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub warning_confidence: f64,
    /// Whether falls of the mean are looked for as well as rises.
    pub two_sided: bool,
}

impl Default for HddmA {
    fn default() -> Self {
        Self { drift_confidence: 0.001, warning_confidence: 0.005, two_sided: false }
    }
}

impl HddmA {
    fn check(self) -> Result<Self> {
        let (drift, warning) = (self.drift_confidence, self.warning_confidence);
        share("hddm-a", "drift-confidence", drift)?;
        share("hddm-a", "warning-confidence", warning)?;
        in_order("hddm-a", ("warning-confidence", warning), ("drift-confidence", drift))?;
        Ok(self)
    }
}

impl Detector for HddmA {
    fn start(&self) -> Box<dyn Detecting> {
        let none = Mean::default();
        Box::new(Averages { settings: self.clone(), all: none, lowest: none, highest: none })
    }

    fn range(&self) -> RangeInclusive<f64> {
        0.0..=1.0
    }
}

#[derive(Debug)]
struct Averages {
    settings: HddmA,
    all: Mean,
    /// The mean up to where it was lowest.
    lowest: Mean,
    /// The mean up to where it was highest.
    highest: Mean,
}

impl Detecting for Averages {
    fn observe(&mut self, value: f64) -> Signal {
        self.all.add(value);
        self.move_cuts();
        let HddmA { drift_confidence, warning_confidence, two_sided } = self.settings;
        let all = self.all;
        let rose = |c| differs(self.lowest, all, c, all.value - self.lowest.value);
        let fell = |c| two_sided && differs(self.highest, all, c, self.highest.value - all.value);
        if rose(drift_confidence) || fell(drift_confidence) {
            Signal::Drift
        } else if rose(warning_confidence) || fell(warning_confidence) {
            Signal::Warning
        } else {
            Signal::Quiet
        }
    }
}

impl Averages {
    fn move_cuts(&mut self) {
        let log = (1.0 / self.settings.drift_confidence).ln();
        let bound = |mean: Mean| (1.0 / (2.0 * mean.n) * log).sqrt();
        let all = self.all;
        if self.lowest.n == 0.0 || self.lowest.value + bound(self.lowest) >= all.value + bound(all) {
            self.lowest = all;
        }
        if self.highest.n == 0.0 || self.highest.value - bound(self.highest) <= all.value - bound(all) {
            self.highest = all;
        }
    }
}

/// Whether the mean of all is further from that up to the cut than chance allows.
fn differs(cut: Mean, all: Mean, confidence: f64, apart: f64) -> bool {
    let m = (all.n - cut.n) / cut.n * (1.0 / all.n);
    cut.n != all.n && apart >= (m / 2.0 * (2.0 / confidence).ln()).sqrt()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn worked_by_hand() {
        // 100 zeros, then ones: with k of them apart is k / (100 + k), the bound sqrt(k ln(2 / .001) / (200 (100 + k))).
        // At k = 3 that is .029 against .033 (.0295 for a warning), at k = 4 .03846 against .03823.
        let mut averages = HddmA::default().start();
        for _ in 0..100 {
            assert_eq!(averages.observe(0.0), Signal::Quiet);
        }
        let signals: Vec<Signal> = (0..4).map(|_| averages.observe(1.0)).collect();
        assert_eq!(signals, [Signal::Quiet, Signal::Quiet, Signal::Quiet, Signal::Drift]);
    }

    #[test]
    fn falls_count_when_asked_for() {
        let fall = |two_sided| {
            let settings = HddmA { two_sided, ..HddmA::default() };
            let mut averages = settings.start();
            (0..200).map(|i| averages.observe(f64::from(u8::from(i < 100)))).any(|s| s == Signal::Drift)
        };
        assert!(fall(true) && !fall(false));
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"warning-confidence": 0.0001})).unwrap_err().to_string();
        assert!(error.contains("`warning-confidence` must not be the smaller one"), "{error}");
        assert!((ENTRY.build)(&json!({"drift-confidence": 1.0})).is_err());
    }
}
