//! The test of Kolmogorov and Smirnov on a sliding window.

use std::collections::VecDeque;

use forewarn_core::prelude::*;
use forewarn_kernels::kolmogorov_smirnov::untied_p_value;
use forewarn_kernels::random::Stream;

use super::settings::{at_least, in_order};
use crate::limit::share;

forewarn_core::entry!(Detector: Kswin as "kswin", check);

/// The latest values against a sample of those before them, by the test of Kolmogorov and Smirnov, at every value.
///
/// The newest `stat-size` values of the window are compared with as many drawn without replacement from the older ones; drift
/// when the exact two-sided p value is at most `alpha` and the distance of the distribution functions above 0.1. It sees
/// changes of shape, not only of the mean, but the test is made at every value and so its false alarms are many more than
/// `alpha` of the windows. The p value takes values as free of ties: with counts it is too large and drift is found late. The
/// sample is drawn by forewarn's own numbers, addressed by how many values came since the start: another sample than river's
/// of the same seed. Where the window is twice `stat-size` the sample is all that is older, and the drifts are those of river
/// 0.26.1. Source: Raab, Heusinger and Schleif (2020), doi:10.1016/j.neucom.2019.11.111.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Kswin {
    /// p value that makes a drift, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub alpha: f64,
    /// Values in the window.
    #[schemars(range(min = 2))]
    pub window_size: u32,
    /// How many of them are the newest; at most half of the window.
    #[schemars(range(min = 1))]
    pub stat_size: u32,
    /// Seed of the samples.
    pub seed: u64,
}

impl Default for Kswin {
    fn default() -> Self {
        Self { alpha: 0.005, window_size: 100, stat_size: 30, seed: 0 }
    }
}

impl Kswin {
    fn check(self) -> Result<Self> {
        share("kswin", "alpha", self.alpha)?;
        at_least("kswin", "stat-size", f64::from(self.stat_size), 1.0)?;
        let twice = 2.0 * f64::from(self.stat_size);
        in_order("kswin", ("window-size", f64::from(self.window_size)), ("twice stat-size", twice))?;
        Ok(self)
    }

    /// The smallest distance that makes a drift, in units of `1 / stat-size`; above `stat-size` when there is none.
    fn limit(&self) -> u64 {
        let n = u64::from(self.stat_size);
        let drifts = |gap: &u64| {
            let distance = *gap as f64 / n as f64;
            distance > 0.1 && untied_p_value(gap * n, [n, n]) <= self.alpha
        };
        (1..=n).find(drifts).unwrap_or(n + 1)
    }
}

impl Detector for Kswin {
    fn start(&self) -> Box<dyn Detecting> {
        let older = self.window_size - self.stat_size;
        Box::new(Window {
            limit: self.limit(),
            size: self.window_size as usize,
            seed: self.seed,
            seen: 0,
            values: VecDeque::with_capacity(self.window_size as usize),
            places: (0..older).collect(),
            sample: vec![0.0; self.stat_size as usize],
            newest: vec![0.0; self.stat_size as usize],
        })
    }
}

#[derive(Debug)]
struct Window {
    limit: u64,
    size: usize,
    seed: u64,
    seen: u64,
    values: VecDeque<f64>,
    /// Places of the older values, in whatever order.
    places: Vec<u32>,
    sample: Vec<f64>,
    newest: Vec<f64>,
}

impl Detecting for Window {
    fn observe(&mut self, value: f64) -> Signal {
        self.seen += 1;
        if self.values.len() == self.size {
            self.values.pop_front();
        }
        self.values.push_back(value);
        if self.values.len() < self.size {
            return Signal::Quiet;
        }
        self.draw();
        let older = self.places.len();
        for (to, from) in self.newest.iter_mut().zip(self.values.range(older..)) {
            *to = *from;
        }
        self.sample.sort_unstable_by(f64::total_cmp);
        self.newest.sort_unstable_by(f64::total_cmp);
        if gap(&self.sample, &self.newest) >= self.limit { Signal::Drift } else { Signal::Quiet }
    }
}

impl Window {
    /// Draws the sample from the older values: the first places of a shuffle that is not finished.
    fn draw(&mut self) {
        let stream = Stream::new(self.seed, &[self.seen]);
        for i in 0..self.sample.len() {
            let left = (self.places.len() - i) as u32;
            let other = i + stream.below(i as u64, left) as usize;
            self.places.swap(i, other);
            self.sample[i] = self.values[self.places[i] as usize];
        }
    }
}

/// Greatest distance of the distribution functions of two ascending samples of `n` values each, in units of `1 / n`.
fn gap(a: &[f64], b: &[f64]) -> u64 {
    let (mut i, mut j, mut most) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while i < a.len() && a[i] <= value {
            i += 1;
        }
        while j < b.len() && b[j] <= value {
            j += 1;
        }
        most = most.max(i.abs_diff(j) as u64);
    }
    most
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::kolmogorov_smirnov::Pooled;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_limit_is_the_first_distance_that_is_unlikely() {
        // SciPy's exact p values of 30 against 30: 0.0065 at 13/30 and 0.0025 at 14/30.
        assert_eq!(Kswin::default().limit(), 14);
        assert_eq!(Kswin { alpha: 0.01, ..Kswin::default() }.limit(), 13);
        assert_eq!(Kswin { stat_size: 2, ..Kswin::default() }.limit(), 3, "two values are never unlikely");
    }

    #[test]
    fn the_sample_is_drawn_without_replacement_and_evenly() {
        let settings = Kswin { stat_size: 10, window_size: 40, ..Kswin::default() };
        let mut counts = [0_u32; 30];
        for seed in 0..2000 {
            let values = (0..40).map(f64::from).collect();
            let mut window = Window {
                limit: settings.limit(),
                size: 40,
                seed,
                seen: 40,
                values,
                places: (0..30).collect(),
                sample: vec![0.0; 10],
                newest: vec![0.0; 10],
            };
            window.draw();
            let mut sample: Vec<usize> = window.sample.iter().map(|v| *v as usize).collect();
            sample.sort_unstable();
            sample.dedup();
            assert_eq!(sample.len(), 10);
            for v in sample {
 counts[v] += 1;
}
        }
        let expected = 2000.0 / 3.0;
        let chi2: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
        assert!(chi2 < 60.0, "29 degrees of freedom: {chi2}");
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"window-size": 50})).unwrap_err().to_string();
        assert!(error.contains("`window-size` is 50") && error.contains("60"), "{error}");
        assert!((ENTRY.build)(&json!({"alpha": 1.5})).is_err());
    }

    #[test]
    fn the_gap_is_that_of_the_test() {
        for seed in 0..500 {
            let stream = Stream::new(seed, &[]);
            let n = 1 + u64::from(stream.below(0, 30));
            let sample = |from: u64, high| -> Vec<f64> {
                (from..from + n).map(|i| f64::from(stream.below(i, high))).collect()
            };
            let (mut a, mut b) = (sample(1, 12), sample(100, 15));
            let expected = Pooled::new(&a, &b).statistic();
            a.sort_by(f64::total_cmp);
            b.sort_by(f64::total_cmp);
            assert!((gap(&a, &b) as f64 / n as f64 - expected).abs() < 1e-12, "{a:?} {b:?}");
        }
    }
}
