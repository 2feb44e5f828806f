//! The test of Page and Hinkley.

use forewarn_core::prelude::*;

use super::running::Mean;
use super::settings::at_least;
use crate::limit::share;

forewarn_core::entry!(Detector: PageHinkley as "page-hinkley", check);

/// Sum of the distances from the running mean: drift when it has risen too far above its lowest point, or fallen.
///
/// With `e = x - mean` (the mean of all values so far, this one among them), `up = alpha up + e - delta` and
/// `down = alpha down + e + delta`; drift when `up - min(up)` or `max(down) - down` exceeds `threshold`. Both `delta` and
/// `threshold` are in the unit of the values: the defaults are for errors between 0 and 1 and say drift all the time of counts
/// with a long tail; scale the values, or use `cusum`, whose threshold has no unit. The same drifts as river 0.26.1. Sources:
/// Page (1954), doi:10.1093/biomet/41.1-2.100; Hinkley (1971), doi:10.1093/biomet/58.3.509.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PageHinkley {
    /// Fewest values before a drift can be told.
    pub min_instances: u32,
    /// Change of the mean that is let pass, in the unit of the values.
    pub delta: f64,
    /// Sum of distances that makes a drift, in the unit of the values.
    #[schemars(range(min = 0.0))]
    pub threshold: f64,
    /// What is kept of the sum from one value to the next, above 0 and below 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub alpha: f64,
    /// Which changes of the mean count.
    pub mode: Mode,
}

/// Which changes of the mean count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Rises.
    Up,
    /// Falls.
    Down,
    /// Rises and falls.
    #[default]
    Both,
}

impl Default for PageHinkley {
    fn default() -> Self {
        Self { min_instances: 30, delta: 0.005, threshold: 50.0, alpha: 1.0 - 0.0001, mode: Mode::Both }
    }
}

impl PageHinkley {
    fn check(self) -> Result<Self> {
        share("page-hinkley", "alpha", self.alpha)?;
        at_least("page-hinkley", "threshold", self.threshold, 0.0)?;
        at_least("page-hinkley", "delta", self.delta, 0.0)?;
        Ok(self)
    }
}

impl Detector for PageHinkley {
    fn start(&self) -> Box<dyn Detecting> {
        let settings = self.clone();
        // The sum that looks for falls starts below its first point, as in river.
        Box::new(Sums {
            settings,
            mean: Mean::default(),
            up: 0.0,
            down: 0.0,
            lowest: f64::INFINITY,
            highest: -1.0,
        })
    }
}

#[derive(Debug)]
struct Sums {
    settings: PageHinkley,
    mean: Mean,
    up: f64,
    down: f64,
    lowest: f64,
    highest: f64,
}

impl Detecting for Sums {
    fn observe(&mut self, value: f64) -> Signal {
        let PageHinkley { min_instances, delta, threshold, alpha, mode } = self.settings;
        self.mean.add(value);
        let from_mean = value - self.mean.value;
        self.up = alpha * self.up + from_mean - delta;
        self.down = alpha * self.down + from_mean + delta;
        self.lowest = self.lowest.min(self.up);
        self.highest = self.highest.max(self.down);
        if self.mean.n < f64::from(min_instances) {
            return Signal::Quiet;
        }
        let rose = mode != Mode::Down && self.up - self.lowest > threshold;
        let fell = mode != Mode::Up && self.highest - self.down > threshold;
        if rose || fell { Signal::Drift } else { Signal::Quiet }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn worked_by_hand() {
        // Means 0, 0, 1, 1.5; distances 0, 0, 2, 1.5: without forgetting or tolerance, 2 then 3.5 above the lowest.
        let fell = |threshold, mode| {
            let settings = PageHinkley { min_instances: 1, delta: 0.0, threshold, alpha: 1.0, mode };
            let mut sums = settings.start();
            [0.0, 0.0, 3.0, 3.0].map(|v| sums.observe(v))
        };
        assert_eq!(fell(3.4, Mode::Up)[2..], [Signal::Quiet, Signal::Drift]);
        assert_eq!(fell(3.6, Mode::Both)[2..], [Signal::Quiet; 2]);
        assert_eq!(fell(1.0, Mode::Down), [Signal::Quiet; 4]);
    }

    #[test]
    fn settings_are_checked() {
        for settings in [json!({"alpha": 1.0}), json!({"threshold": -1.0}), json!({"mode": "sideways"})] {
            assert!((ENTRY.build)(&settings).is_err(), "{settings}");
        }
    }
}
