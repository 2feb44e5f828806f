//! Drift by the bound of `McDiarmid` of weighted averages.

use std::ops::RangeInclusive;

use forewarn_core::prelude::*;

use super::settings::in_order;
use crate::limit::share;

forewarn_core::entry!(Detector: HddmW as "hddm-w", check);

/// Weighted averages, the latest values weighing most, before and after the cut where they were lowest.
///
/// Values lie between 0 and 1 (1 for an error of a classifier, 0 for none; others are skipped). An average is moved by
/// `lambda` of the way to each new value; with `b` the sum of its squared weights, drift when the average since the cut
/// exceeds that up to the cut by `sqrt((b1 + b2) ln(1 / confidence) / 2)` (the inequality of `McDiarmid`). The cut is where the
/// average and its bound were lowest. With `two-sided`, falls as well. It finds slow changes earlier than `hddm-a`. The same
/// warnings and drifts as river 0.26.1. Source: Frias-Blanco and others (2015), doi:10.1109/TKDE.2014.2345382.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HddmW {
    /// Chance of a false drift at one value, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub drift_confidence: f64,
    /// Chance of a false warning at one value; not below `drift-confidence`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub warning_confidence: f64,
    /// Weight of the newest value, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub lambda: f64,
    /// Whether falls are looked for as well as rises.
    pub two_sided: bool,
}

impl Default for HddmW {
    fn default() -> Self {
        Self { drift_confidence: 0.001, warning_confidence: 0.005, lambda: 0.05, two_sided: false }
    }
}

impl HddmW {
    fn check(self) -> Result<Self> {
        let (drift, warning) = (self.drift_confidence, self.warning_confidence);
        share("hddm-w", "drift-confidence", drift)?;
        share("hddm-w", "warning-confidence", warning)?;
        share("hddm-w", "lambda", self.lambda)?;
        in_order("hddm-w", ("warning-confidence", warning), ("drift-confidence", drift))?;
        Ok(self)
    }
}

impl Detector for HddmW {
    fn start(&self) -> Box<dyn Detecting> {
        let none = Cut { limit: f64::INFINITY, before: Average::NONE, after: Average::NONE };
        Box::new(Averages { settings: self.clone(), all: Average::NONE, lowest: none, highest: none })
    }

    fn range(&self) -> RangeInclusive<f64> {
        0.0..=1.0
    }
}

/// An exponentially weighted average.
#[derive(Debug, Clone, Copy)]
struct Average {
    /// `None` before the first value.
    value: Option<f64>,
    /// Sum of the squared weights, by river's rule: 1 before the first value.
    squares: f64,
}

impl Average {
    const NONE: Self = Self { value: None, squares: 1.0 };

    fn add(&mut self, x: f64, lambda: f64) {
        self.value = Some(self.value.map_or(x, |old| lambda * x + (1.0 - lambda) * old));
        self.squares = lambda * lambda + (1.0 - lambda) * (1.0 - lambda) * self.squares;
    }
}

/// Averages up to where the average of all was lowest, and since. Falls are rises of the negative.
#[derive(Debug, Clone, Copy)]
struct Cut {
    limit: f64,
    before: Average,
    after: Average,
}

impl Cut {
    /// Moves the cut here when the average of all plus its bound is lower than it ever was.
    fn add(&mut self, x: f64, all: Average, lambda: f64, limit: f64) {
        if limit < self.limit {
            *self = Self { limit, before: all, after: Average::NONE };
        } else {
            self.after.add(x, lambda);
        }
    }

    /// Whether the later average is above the earlier (`sign` 1) or below it (-1) by more than chance allows.
    fn differs(&self, sign: f64, confidence: f64) -> bool {
        let squares = self.before.squares + self.after.squares;
        let bound = (squares * (1.0 / confidence).ln() / 2.0).sqrt();
        match (self.before.value, self.after.value) {
            (Some(before), Some(after)) => sign * (after - before) > bound,
            _ => false,
        }
    }
}

#[derive(Debug)]
struct Averages {
    settings: HddmW,
    all: Average,
    lowest: Cut,
    highest: Cut,
}

impl Detecting for Averages {
    fn observe(&mut self, value: f64) -> Signal {
        let HddmW { drift_confidence, warning_confidence, lambda, two_sided } = self.settings;
        self.all.add(value, lambda);
        let average = self.all.value.unwrap_or_default();
        let bound = (self.all.squares * (1.0 / drift_confidence).ln() / 2.0).sqrt();
        self.lowest.add(value, self.all, lambda, average + bound);
        self.highest.add(value, self.all, lambda, bound - average);
        let differs =
            |c| self.lowest.differs(1.0, c) || (two_sided && self.highest.differs(-1.0, c));
        if differs(drift_confidence) {
            Signal::Drift
        } else if differs(warning_confidence) {
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
    fn an_average_is_worked_by_hand() {
        let mut average = Average::NONE;
        average.add(1.0, 0.5);
        assert_eq!((average.value, average.squares), (Some(1.0), 0.5));
        average.add(0.0, 0.5);
        assert_eq!((average.value, average.squares), (Some(0.5), 0.375));
    }

    #[test]
    fn rises_count_and_falls_when_asked_for() {
        let drifts = |first: f64, two_sided| {
            let settings = HddmW { two_sided, ..HddmW::default() };
            let mut averages = settings.start();
            let values = (0..400).map(|i| if i < 200 { first } else { 1.0 - first });
            values.into_iter().position(|v| averages.observe(v) == Signal::Drift)
        };
        assert_eq!(drifts(0.0, false), drifts(1.0, true), "a fall is a rise of the negative");
        assert!(drifts(0.0, false).is_some_and(|i| (200..220).contains(&i)));
        assert_eq!(drifts(1.0, false), None);
    }

    #[test]
    fn settings_are_checked() {
        assert!((ENTRY.build)(&json!({"lambda": 0.0})).is_err());
        assert!((ENTRY.build)(&json!({"warning-confidence": 0.0005})).is_err());
    }
}
