//! The forecast of the unit's own past, with a little of everyone's.

use forewarn_core::prelude::*;

use crate::{settings, window};

forewarn_core::entry!(Model: Mixture as "mixture", check);

/// Draws from the unit's last `window` periods, or with probability `pool-share` from all positive values of training.
///
/// The `MixtureBaseline` of the VIEWS baselines, which gives a quiet unit some chance of conflict: Hegre et al. (2024),
/// arXiv:2407.11045. In the terms of [`forewarn_kernels::random`], with the stream at `key(seed, unit, origin, step)`:
/// draw `d` is from the pool when `uniform(2 d) < pool-share`, and then its value at `below(2 d + 1, n)`, the pool
/// ascending; else the window's at `below(2 d + 1, n)`, oldest first. The pool is learned at the end of training; the window
/// ends at the origin of the forecast. What was not observed is in neither; a unit without any observation in the window
/// has no forecast (NaN). Without a positive value in training all draws are from the window.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mixture {
    /// Periods of the unit's own past to draw from, at least 1.
    #[schemars(range(min = 1))]
    pub window: usize,
    /// Probability, 0-1, that a draw is from the pool of all units.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub pool_share: f64,
}

impl Default for Mixture {
    fn default() -> Self {
        Self { window: 18, pool_share: 0.05 }
    }
}

impl Mixture {
    fn check(self) -> Result<Self> {
        window::check("mixture", self.window)?;
        if !(0.0..=1.0).contains(&self.pool_share) {
            return Err(Error::config("mixture", format!("`pool-share` is {}, not 0-1", self.pool_share)));
        }
        Ok(self)
    }
}

/// Settings, and all positive values of training, ascending.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FittedMixture {
    settings: Mixture,
    pool: Vec<f32>,
}

impl Model for Mixture {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        let observed = args.history.column(args.target)?;
        let mut pool: Vec<f32> = observed.iter().copied().filter(|&v| v > 0.0).collect();
        pool.sort_unstable_by(f32::total_cmp);
        Ok(Box::new(FittedMixture { settings: self.clone(), pool }))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<FittedMixture>("mixture", state)?))
    }

    fn needs(&self) -> Needs {
        Needs { history: self.window, output: Output::Draws, features: false }
    }
}

impl Fitted for FittedMixture {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let share = if self.pool.is_empty() { 0.0 } else { self.settings.pool_share };
        window::draws(args, self.settings.window, |own, stream, row| {
            for (d, value) in row.iter_mut().enumerate() {
                let i = 2 * d as u64;
                let pool = if stream.uniform(i) < share { &self.pool } else { own };
                *value = pool[stream.below(i + 1, pool.len() as u32) as usize];
            }
            Ok(())
        })
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("mixture", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_unit_draws_the_share_of_the_pool() {
        let axis = Axis::between(Cadence::Month, Period(1), Period(30));
        let mut panel = Panel::new(axis, [Unit(1), Unit(2)].into()).unwrap();
        panel.push("y", (0..30).flat_map(|t| [0.0, (t % 3) as f32 * 50.0]).collect()).unwrap();
        let fit = FitArgs::new(panel.until(Period(20)).unwrap(), "y", TargetKind::Count, 1).unwrap();
        let fitted = Mixture::default().fit(&fit).unwrap();
        let args = PredictArgs::new(panel.until(Period(25)).unwrap(), "y", Step(1), 20_000, 3).unwrap();
        let field = fitted.predict(&args).unwrap();
        let count = |row: usize, value: f32| {
            field.rows().nth(row).unwrap().iter().filter(|&&v| v == value).count()
        };
        // Training to period 20 has 7 values of 50 and 6 of 100; five standard errors of 1,000 draws are 155.
        let (fifty, hundred) = (count(0, 50.0), count(0, 100.0));
        assert!((fifty + hundred).abs_diff(1_000) < 155 && fifty.abs_diff(538) < 115, "{fifty} {hundred}");
        assert_eq!(count(0, 0.0) + fifty + hundred, 20_000);
        assert!(count(1, 0.0).abs_diff(6_333) < 330, "a third of 95 %: {}", count(1, 0.0));
    }

    #[test]
    fn a_share_is_a_probability() {
        assert!((ENTRY.build)(&serde_json::json!({"pool-share": 1.1})).is_err());
        assert!((ENTRY.build)(&serde_json::json!({"window": 0})).is_err());
    }
}
