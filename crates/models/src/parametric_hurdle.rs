//! The forecast of zeros as often as lately, and a smooth positive part.

use forewarn_core::prelude::*;

use crate::families::{self, Family};
use crate::{settings, window};

forewarn_core::entry!(Model: ParametricHurdle as "parametric-hurdle", check);

/// No draw in log space is above this: `exp(20) - 1` is about 485 million.
const CAP: f64 = 20.0;

/// Draws zero as often as the unit's last `window` periods had it, else from a distribution of their positive values.
///
/// With `w` the share of zeros in the window and `F` fitted by moments (dividing by their number) to the positive values, or
/// to `ln(1 + y)` of them when `log1p`: draw `d` is 0 when `u = uniform(key(seed, unit, origin, step), d) < w`, in the terms
/// of [`forewarn_kernels::random`], and else the quantile of `F` at `(u - w) / (1 - w)`, capped at 20 and turned back when
/// `log1p`, never below 0. The `ParametricHurdleConflictology` of the VIEWS baselines: Hegre et al. (2024),
/// arXiv:2407.11045; that one leaves draws of counts unrounded. Here a positive draw of a count is the nearest whole number,
/// at least 1, so that the share of zeros stays `w`. What was not observed is left out; a unit without any observation has
/// no forecast (NaN).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ParametricHurdle {
    /// Periods to fit to, at least 1.
    #[schemars(range(min = 1))]
    pub window: usize,
    /// Distribution of the positive part.
    pub distribution: Positive,
    /// Whether it is fitted to `ln(1 + y)`.
    pub log1p: bool,
}

/// A distribution of the positive part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Positive {
    /// Its logarithm is normal.
    #[default]
    Lognormal,
    /// The limit of maxima.
    Gumbel,
    /// Gamma.
    Gamma,
}

impl Default for ParametricHurdle {
    fn default() -> Self {
        Self { window: 12, distribution: Positive::default(), log1p: false }
    }
}

impl ParametricHurdle {
    fn check(self) -> Result<Self> {
        window::check("parametric-hurdle", self.window)?;
        Ok(self)
    }

    /// The distribution of positive values.
    fn positive(&self, values: &[f64]) -> Family {
        let logarithms: Vec<f64> = values.iter().map(|v| v.ln_1p()).collect();
        let values = if self.log1p { &logarithms } else { values };
        match self.distribution {
            Positive::Lognormal => families::lognormal(values),
            Positive::Gumbel => families::gumbel(values),
            Positive::Gamma => families::gamma(values),
        }
    }
}

/// Settings, and whether draws are whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FittedHurdle {
    settings: ParametricHurdle,
    kind: TargetKind,
}

impl Model for ParametricHurdle {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(FittedHurdle { settings: self.clone(), kind: args.kind }))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<FittedHurdle>("parametric-hurdle", state)?))
    }

    fn needs(&self) -> Needs {
        Needs { history: self.window, output: Output::Draws, features: false }
    }
}

impl FittedHurdle {
    /// A variate of the positive part as a draw of the target.
    fn emitted(&self, variate: f64) -> f32 {
        let raw = if self.settings.log1p { variate.min(CAP).exp_m1() } else { variate };
        let floored = raw.max(0.0);
        if self.kind == TargetKind::Count { floored.round().max(1.0) as f32 } else { floored as f32 }
    }
}

impl Fitted for FittedHurdle {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        window::draws(args, self.settings.window, |pool, stream, row| {
            if let Some(v) = pool.iter().find(|v| **v < 0.0) {
                return Err(format!("{v} is below zero"));
            }
            let positive: Vec<f64> = pool.iter().map(|&v| f64::from(v)).filter(|&v| v > 0.0).collect();
            if positive.is_empty() {
                row.fill(0.0);
                return Ok(());
            }
            let zeros = 1.0 - positive.len() as f64 / pool.len() as f64;
            let quantile = self.settings.positive(&positive).quantile();
            for (d, value) in row.iter_mut().enumerate() {
                let u = stream.uniform(d as u64);
                let beyond = (u - zeros) / (1.0 - zeros);
                *value = if u < zeros { 0.0 } else { self.emitted(quantile(beyond)) };
            }
            Ok(())
        })
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("parametric-hurdle", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(settings: ParametricHurdle, kind: TargetKind) -> (f64, f64, Vec<f32>) {
        let axis = Axis::between(Cadence::Month, Period(1), Period(12));
        let mut panel = Panel::new(axis, [Unit(1)].into()).unwrap();
        panel.push("y", vec![0.0, 0.0, 0.0, 12.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 40.0]).unwrap();
        let args = PredictArgs::new(panel.until(Period(12)).unwrap(), "y", Step(1), 40_000, 3).unwrap();
        let field = FittedHurdle { settings, kind }.predict(&args).unwrap();
        let none = field.values().iter().filter(|&&v| v == 0.0).count() as f64 / 4e4;
        (f64::from(field.means()[0]), none, field.values().to_vec())
    }

    #[test]
    fn the_share_of_zeros_is_kept_and_counts_are_whole() {
        for distribution in [Positive::Lognormal, Positive::Gumbel, Positive::Gamma] {
            for log1p in [false, true] {
                let settings = ParametricHurdle { window: 12, distribution, log1p };
                let (_, none, values) = draws(settings, TargetKind::Count);
                // Five standard errors of a share of 0.75 among 40,000.
                assert!((none - 0.75).abs() < 0.011, "{distribution:?}: {none}");
                assert!(values.iter().all(|v| v.fract() == 0.0 && *v >= 0.0));
            }
        }
    }

    #[test]
    fn the_positive_part_has_the_mean_of_the_positive_values() {
        let settings = ParametricHurdle { window: 12, distribution: Positive::Gamma, log1p: false };
        let (mean, _, values) = draws(settings, TargetKind::Continuous);
        // Gamma of mean 18.33 and variance 248, a quarter of the time: five standard errors are 0.3.
        assert!((mean - 55.0 / 12.0).abs() < 0.3, "{mean}");
        assert!(values.iter().any(|v| v.fract() != 0.0));
    }
}
