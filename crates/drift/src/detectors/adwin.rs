//! The adaptive window of Bifet and Gavalda.

use forewarn_core::prelude::*;

use super::settings::at_least;
use crate::limit::share;

forewarn_core::entry!(Detector: Adwin as "adwin", check);

/// A window of the latest values that grows while their mean stays and says drift where two parts of it differ.
///
/// At every `clock`-th value each cut of the window into an older part of `n0` values and a newer one of `n1` is tried: drift
/// when their means differ by more than `sqrt(2 m V d) + 2/3 m d`, where `V` is the variance of the window,
/// `d = ln(2 ln(n) / delta)`, `n = n0 + n1` and `m = 1 / (n0 - w + 1) + 1 / (n1 - w + 1)` with `w` the shortest part; the
/// oldest values are then dropped and the search goes on. It keeps about `max-buckets log2(n)` sums instead of the values.
/// Any change of the mean is found, up or down, whatever the unit of the values; the bound holds for independent values.
/// The same drifts as river 0.26.1. Source: Bifet and Gavalda (2007), doi:10.1137/1.9781611972771.42.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Adwin {
    /// Chance of a false alarm at one look, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub delta: f64,
    /// Looks for a drift at every so many values.
    #[schemars(range(min = 1))]
    pub clock: u32,
    /// Most sums of the same number of values before two of them are merged.
    #[schemars(range(min = 2))]
    pub max_buckets: u32,
    /// Fewest values on either side of a cut.
    #[schemars(range(min = 1))]
    pub min_window: u32,
    /// So many values must be in the window before it is looked at.
    pub grace_period: u32,
}

impl Default for Adwin {
    fn default() -> Self {
        Self { delta: 0.002, clock: 32, max_buckets: 5, min_window: 5, grace_period: 10 }
    }
}

impl Adwin {
    fn check(self) -> Result<Self> {
        share("adwin", "delta", self.delta)?;
        at_least("adwin", "clock", f64::from(self.clock), 1.0)?;
        at_least("adwin", "max-buckets", f64::from(self.max_buckets), 2.0)?;
        at_least("adwin", "min-window", f64::from(self.min_window), 1.0)?;
        Ok(self)
    }

    /// How many values, their sum and their squared distances from their mean, in the window at the end of `values`.
    #[cfg(test)]
    pub(super) fn sums(&self, values: &[f64]) -> [f64; 3] {
        let mut window = self.window();
        for &value in values {
            window.observe(value);
        }
        [window.width, window.total, window.squares]
    }

    fn window(&self) -> Window {
        let most = self.max_buckets as usize;
        let settings = self.clone();
        Window { settings, most, ticks: 0, width: 0.0, total: 0.0, squares: 0.0, levels: vec![Vec::new()] }
    }
}

impl Detector for Adwin {
    fn start(&self) -> Box<dyn Detecting> {
        Box::new(self.window())
    }
}

/// The sum of some neighbouring values, and of their squared distances from their mean.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    total: f64,
    squares: f64,
}

/// The latest values in buckets: those of `levels[i]` hold `2^i` values each, oldest first; higher levels are older.
#[derive(Debug, Clone)]
struct Window {
    settings: Adwin,
    most: usize,
    ticks: u32,
    /// How many values.
    width: f64,
    /// Their sum.
    total: f64,
    /// Sum of their squared distances from their mean.
    squares: f64,
    levels: Vec<Vec<Bucket>>,
}

/// How many values a bucket of a level holds.
fn size(level: usize) -> f64 {
    (1_u64 << level) as f64
}

impl Detecting for Window {
    fn observe(&mut self, value: f64) -> Signal {
        self.add(value);
        self.ticks = (self.ticks + 1) % self.settings.clock;
        let mut signal = Signal::Quiet;
        if self.ticks == 0 && self.width > f64::from(self.settings.grace_period) {
            while self.differs() {
                self.drop_oldest();
                signal = Signal::Drift;
            }
        }
        signal
    }
}

impl Window {
    fn add(&mut self, value: f64) {
        self.levels[0].push(Bucket { total: value, squares: 0.0 });
        self.width += 1.0;
        if self.width > 1.0 {
            let from_mean = value - self.total / (self.width - 1.0);
            self.squares += (self.width - 1.0) * from_mean * from_mean / self.width;
        }
        self.total += value;
        let mut level = 0;
        while self.levels[level].len() > self.most {
            self.merge_oldest(level);
            level += 1;
        }
    }

    /// Merges the two oldest buckets of a level into one of the next.
    fn merge_oldest(&mut self, level: usize) {
        if level + 1 == self.levels.len() {
            self.levels.push(Vec::with_capacity(self.most + 1));
        }
        let (a, b) = (self.levels[level][0], self.levels[level][1]);
        let n = size(level);
        let apart = a.total / n - b.total / n;
        let squares = a.squares + b.squares + n * 0.5 * apart * apart;
        self.levels[level].drain(..2);
        self.levels[level + 1].push(Bucket { total: a.total + b.total, squares });
    }

    fn drop_oldest(&mut self) {
        let level = self.levels.len() - 1;
        let (n, bucket) = (size(level), self.levels[level].remove(0));
        self.width -= n;
        self.total -= bucket.total;
        let apart = bucket.total / n - self.total / self.width;
        self.squares -= bucket.squares + n * self.width * apart * apart / (n + self.width);
        if self.levels[level].is_empty() {
            self.levels.pop();
        }
    }

    /// Whether the means on both sides of some cut between two buckets differ by more than chance.
    fn differs(&self) -> bool {
        let least = f64::from(self.settings.min_window);
        let d = (2.0 * self.width.ln() / self.settings.delta).ln();
        let variance = self.squares / self.width;
        let (mut n0, mut u0) = (0.0, 0.0);
        let (mut n1, mut u1) = (self.width, self.total);
        for (level, buckets) in self.levels.iter().enumerate().rev() {
            let n = size(level);
            for bucket in buckets {
                n0 += n;
                n1 -= n;
                u0 += bucket.total;
                u1 -= bucket.total;
                if n1 < least {
                    return false;
                }
                if n0 < least {
                    continue;
                }
                let m = 1.0 / (n0 - least + 1.0) + 1.0 / (n1 - least + 1.0);
                let bound = (2.0 * m * variance * d).sqrt() + 2.0 / 3.0 * d * m;
                if (u0 / n0 - u1 / n1).abs() > bound {
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn buckets_keep_the_sums_of_the_window() {
        let mut window = Adwin::default().window();
        let values: Vec<f64> = (0..1000_u32).map(|i| f64::from(i * i % 17)).collect();
        for &v in &values {
            window.add(v);
        }
        let mean = values.iter().sum::<f64>() / 1000.0;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        assert_eq!((window.width, window.total), (1000.0, values.iter().sum()));
        assert!((window.squares - squares).abs() < 1e-9 * squares, "{} {squares}", window.squares);
        let held: f64 = window.levels.iter().enumerate().map(|(i, l)| size(i) * l.len() as f64).sum();
        assert_eq!(held, 1000.0);
        assert!(window.levels.iter().all(|l| (1..=5).contains(&l.len())));
        // Dropping the oldest leaves the sums of the others.
        let dropped = size(window.levels.len() - 1) as usize;
        window.drop_oldest();
        let rest = &values[dropped..];
        let mean = rest.iter().sum::<f64>() / rest.len() as f64;
        let squares: f64 = rest.iter().map(|v| (v - mean).powi(2)).sum();
        assert_eq!((window.width, window.total), (rest.len() as f64, rest.iter().sum()));
        assert!((window.squares - squares).abs() < 1e-9 * squares);
    }

    #[test]
    fn the_bound_is_worked_by_hand() {
        // Ten zeros, ten ones, cut in the middle: means 1 apart, variance 1/4.
        let settings = Adwin { clock: 20, ..Adwin::default() };
        let step: Vec<f64> = (0..20).map(|i| f64::from(u8::from(i >= 10))).collect();
        let d = (2.0 * 20.0_f64.ln() / 0.002).ln();
        let bound = |w: f64| (4.0 / (11.0 - w) * 0.25 * d).sqrt() + 4.0 / 3.0 * d / (11.0 - w);
        assert!(bound(5.0) > 1.0 && bound(1.0) > 1.0);
        let mut window = settings.window();
        assert!(step.iter().all(|&v| window.observe(v) == Signal::Quiet));
        // Twenty of each: 2.9 standard errors more.
        let step: Vec<f64> = (0..80).map(|i| f64::from(u8::from(i >= 40))).collect();
        let mut window = Adwin { clock: 80, ..Adwin::default() }.window();
        let signals: Vec<Signal> = step.iter().map(|&v| window.observe(v)).collect();
        assert_eq!(signals[79], Signal::Drift);
        assert!(window.width < 80.0 && window.width >= 40.0, "{}", window.width);
    }

    #[test]
    fn settings_are_checked() {
        for (settings, word) in [
            (json!({"delta": 0.0}), "`delta` is 0"),
            (json!({"clock": 0}), "`clock` is 0"),
            (json!({"max-buckets": 1}), "at least 2"),
            (json!({"min-window": 0}), "`min-window` is 0"),
        ] {
            let error = (ENTRY.build)(&settings).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
