//! The forecast of counts distributed like the unit's recent past, smoothed.

use forewarn_core::prelude::*;

use crate::{families, settings, window};

forewarn_core::entry!(Model: ParametricConflictology as "parametric-conflictology", check);

/// Draws from a distribution of counts fitted by moments to the unit's last `window` periods before the origin.
///
/// With mean `m` and variance `v` (dividing by the number of values): `n = m^2 / (v - m)` and `p = m / v`, or Poisson of mean
/// `m` where `v <= m`; the zero-inflated one keeps `n` and solves for the share of surplus zeros and the inner mean that match
/// `m` and the share of zeros. The `ParametricConflictology` of the VIEWS baselines: Hegre et al. (2024),
/// arXiv:2407.11045. Draw `d` is the quantile at `uniform(key(seed, unit, origin, step), d)` in the terms of
/// [`forewarn_kernels::random`]. What was not observed is left out; a unit without any observation has no forecast
/// (NaN). For counts only.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ParametricConflictology {
    /// Periods to fit to, at least 1.
    #[schemars(range(min = 1))]
    pub window: usize,
    /// Which distribution.
    pub distribution: Distribution,
}

/// A distribution of counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// Two parameters: mean and variance.
    #[default]
    NegativeBinomial,
    /// A third: the share of zeros.
    ZeroInflatedNegativeBinomial,
}

impl Default for ParametricConflictology {
    fn default() -> Self {
        Self { window: 12, distribution: Distribution::default() }
    }
}

impl ParametricConflictology {
    fn check(self) -> Result<Self> {
        window::check("parametric-conflictology", self.window)?;
        Ok(self)
    }
}

impl Model for ParametricConflictology {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        settings::counts_only("parametric-conflictology", args.kind)?;
        Ok(Box::new(self.clone()))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<Self>("parametric-conflictology", state)?.check()?))
    }

    fn needs(&self) -> Needs {
        Needs { history: self.window, output: Output::Draws, features: false }
    }
}

impl Fitted for ParametricConflictology {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let fit = match self.distribution {
            Distribution::NegativeBinomial => families::negative_binomial,
            Distribution::ZeroInflatedNegativeBinomial => families::zero_inflated,
        };
        window::draws(args, self.window, |pool, stream, row| {
            if let Some(v) = pool.iter().find(|v| **v < 0.0) {
                return Err(format!("{v} is no count"));
            }
            if pool.iter().all(|&v| v == 0.0) {
                row.fill(0.0);
                return Ok(());
            }
            let values: Vec<f64> = pool.iter().map(|&v| f64::from(v)).collect();
            let quantile = fit(&values).quantile();
            for (d, value) in row.iter_mut().enumerate() {
                *value = quantile(stream.uniform(d as u64)) as f32;
            }
            Ok(())
        })
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("parametric-conflictology", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zeros(distribution: Distribution) -> (f64, f64) {
        let axis = Axis::between(Cadence::Month, Period(1), Period(12));
        let mut panel = Panel::new(axis, [Unit(1)].into()).unwrap();
        panel.push("y", vec![0.0, 0.0, 0.0, 12.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 40.0]).unwrap();
        let args = PredictArgs::new(panel.until(Period(12)).unwrap(), "y", Step(1), 40_000, 3).unwrap();
        let field = ParametricConflictology { window: 12, distribution }.predict(&args).unwrap();
        let none = field.values().iter().filter(|&&v| v == 0.0).count() as f64 / 4e4;
        (f64::from(field.means()[0]), none)
    }

    #[test]
    fn the_mean_is_kept_and_the_inflated_one_keeps_the_zeros_too() {
        // Five standard errors: 5 sqrt(125 / 40,000) = 0.28 and 5 sqrt(0.25 / 40,000) = 0.0125; more for the inflated one.
        let (mean, none) = zeros(Distribution::NegativeBinomial);
        assert!((mean - 55.0 / 12.0).abs() < 0.28 && (none - 0.5618).abs() < 0.0125, "{mean} {none}");
        let (mean, none) = zeros(Distribution::ZeroInflatedNegativeBinomial);
        assert!((mean - 55.0 / 12.0).abs() < 0.4 && (none - 0.75).abs() < 0.0125, "{mean} {none}");
    }
}
