//! Cumulative sums with a declared run length.

use std::sync::OnceLock;

use forewarn_core::prelude::*;
use forewarn_kernels::cusum::limit;

use super::running::Variance;
use super::settings::at_least;

forewarn_core::entry!(Detector: Cusum as "cusum", check);

/// Cumulative sums of standardised values, up and down, with a limit that keeps a declared number of values between false
/// alarms.
///
/// Each value is compared with the mean and standard deviation of all before it, of which there must be `reference`; what is
/// then known as Student's law is brought to a standard normal `u`, so that the doubt about the mean is counted (Hawkins 1987,
/// doi:10.2307/2348827; the step from t to normal is Wallace's of 1959). `up = max(0, up + u - allowance)`,
/// `down = max(0, down - u - allowance)`; drift when either is above the limit `h`. It is solved from the integral equation of
/// the run length so that independent normal values raise one false alarm in `run-length` values on average (Page 1954,
/// doi:10.1093/biomet/41.1-2.100). The unit of the values does not matter. Long tails and autocorrelation make false alarms
/// more frequent than declared. A change that is too small to be found at once is learned, and then no longer one. While all
/// values are equal nothing is said.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cusum {
    /// So many values are only learned from, at least 20.
    #[schemars(range(min = 20))]
    pub reference: u32,
    /// Change that is let pass, in standard deviations, from 0.1 on: half the change that shall be found soonest.
    #[schemars(range(min = 0.1))]
    pub allowance: f64,
    /// Values between two false alarms, on average, from 10 to a billion.
    #[schemars(range(min = 10.0, max = 1e9))]
    pub run_length: f64,
    /// The limit, once it has been solved: streams start afresh after each drift.
    #[serde(skip)]
    #[schemars(skip)]
    limit: OnceLock<f64>,
}

impl Default for Cusum {
    fn default() -> Self {
        Self { reference: 50, allowance: 0.5, run_length: 1000.0, limit: OnceLock::new() }
    }
}

impl Cusum {
    fn check(self) -> Result<Self> {
        at_least("cusum", "reference", f64::from(self.reference), 20.0)?;
        at_least("cusum", "allowance", self.allowance, 0.1)?;
        at_least("cusum", "run-length", self.run_length, 10.0)?;
        if self.run_length > 1e9 {
            let reason = format!("`run-length` is {}; it must be at most 1e9", self.run_length);
            return Err(Error::config("cusum", reason));
        }
        if self.limit().is_nan() {
            let Self { allowance, run_length, .. } = self;
            let reason = format!(
                "single values exceed an `allowance` of {allowance} more rarely than once in a `run-length` of {run_length}; \
                 lower the one or raise the other"
            );
            return Err(Error::config("cusum", reason));
        }
        Ok(self)
    }

    /// The sum that makes a drift, in standard deviations: each side alone has twice the run length.
    fn limit(&self) -> f64 {
        *self.limit.get_or_init(|| limit(self.allowance, 2.0 * self.run_length))
    }
}

impl Detector for Cusum {
    fn start(&self) -> Box<dyn Detecting> {
        Box::new(Sums {
            limit: self.limit(),
            allowance: self.allowance,
            reference: f64::from(self.reference),
            known: Variance::default(),
            up: 0.0,
            down: 0.0,
        })
    }
}

#[derive(Debug)]
struct Sums {
    limit: f64,
    allowance: f64,
    reference: f64,
    known: Variance,
    up: f64,
    down: f64,
}

impl Detecting for Sums {
    fn observe(&mut self, value: f64) -> Signal {
        let known = self.known;
        self.known.add(value);
        let (n, deviation) = (known.mean.n, known.deviation());
        if n < self.reference || deviation == 0.0 {
            return Signal::Quiet;
        }
        let t = (n / (n + 1.0)).sqrt() * (value - known.mean.value) / deviation;
        let u = to_normal(t, n - 1.0);
        self.up = (self.up + u - self.allowance).max(0.0);
        self.down = (self.down - u - self.allowance).max(0.0);
        if self.up.max(self.down) > self.limit { Signal::Drift } else { Signal::Quiet }
    }
}

/// The normal variate that is about as unlikely as `t` of Student's law; from 18 degrees of freedom on, within 0.002 up to 4.
fn to_normal(t: f64, df: f64) -> f64 {
    let size = (df * (t * t / df).ln_1p()).sqrt() * (8.0 * df + 1.0) / (8.0 * df + 3.0);
    size.copysign(t)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use forewarn_kernels::random::Stream;
    use forewarn_kernels::special::{normal_quantile, student_cdf};
    use serde_json::json;

    use super::*;

    /// A standard normal variate (Box and Muller).
    fn normal(stream: Stream, i: u64) -> f64 {
        (-2.0 * stream.uniform(2 * i).ln()).sqrt() * (TAU * stream.uniform(2 * i + 1)).cos()
    }

    /// Values after the reference up to the first drift.
    fn run_length(settings: &Cusum, seed: u64, shift: f64) -> f64 {
        let (mut sums, stream) = (settings.start(), Stream::new(seed, &[]));
        let reference = u64::from(settings.reference);
        let value = |i| normal(stream, i) * 40.0 + if i < reference { 7.0 } else { 7.0 + 40.0 * shift };
        (0..1_000_000).position(|i| sums.observe(value(i)) == Signal::Drift).unwrap() as f64 + 1.0 - reference as f64
    }

    #[test]
    fn false_alarms_are_as_rare_as_declared() {
        for (reference, allowance, declared) in [(50, 0.5, 100.0), (20, 0.5, 60.0), (50, 0.25, 200.0)] {
            let settings = Cusum { reference, allowance, run_length: declared, ..Cusum::default() };
            let runs = 900;
            let mean = (0..runs).map(|r| run_length(&settings, r, 0.0)).sum::<f64>() / runs as f64;
            // Run lengths are nearly exponential: their deviation is their mean. Four standard errors, and 2 %.
            let margin = declared * (4.0 / (runs as f64).sqrt() + 0.02);
            assert!((mean - declared).abs() < margin, "{mean} for {declared} with {reference} before");
        }
    }

    #[test]
    fn a_shift_of_one_deviation_is_found_after_about_ten_values() {
        let runs = 500;
        let settings = Cusum { reference: 200, ..Cusum::default() };
        let mean = (0..runs).map(|r| run_length(&settings, r, -1.0)).sum::<f64>() / runs as f64;
        assert!((9.0..18.0).contains(&mean), "{mean}");
    }

    #[test]
    fn the_step_to_the_normal_law_is_as_near_as_it_says() {
        for df in [18.0, 30.0, 100.0, 5000.0] {
            for t in [0.01, 0.5, 1.0, 2.0, 3.0, 4.0] {
                let expected = -normal_quantile(1.0 - student_cdf(t, df));
                let got = to_normal(t, df);
                assert!((got - expected).abs() < 0.002, "{df} {t}: {got} {expected}");
                assert_eq!(to_normal(-t, df), -got);
            }
        }
    }

    #[test]
    fn equal_values_say_nothing_and_the_first_other_one_is_no_drift() {
        let mut sums = Cusum::default().start();
        let values = (0..300).map(|i| f64::from(u8::from(i == 200)));
        assert!(values.into_iter().all(|v| sums.observe(v) == Signal::Quiet));
    }

    #[test]
    fn settings_are_checked() {
        for settings in [json!({"reference": 10}), json!({"allowance": 0.0}), json!({"run-length": 2e9}), json!({"run-length": 10.0, "allowance": 3.0})] {
            assert!((ENTRY.build)(&settings).is_err(), "{settings}");
        }
    }
}
