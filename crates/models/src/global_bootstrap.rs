//! The forecast that any unit may be like any other.

use forewarn_core::prelude::*;

use crate::{settings, window};

forewarn_core::entry!(Model: GlobalBootstrap as "global-bootstrap", check);

/// Draws each future value, with replacement, from the values of all units in the last `window` periods.
///
/// A benchmark of the VIEWS prediction challenge: Hegre et al. (2024), arXiv:2407.11045. Draw `d` of unit `u` at origin
/// `o` and step `s` is the pool's value at `below(key(seed, u, o, s), d, n)` in the terms of
/// [`forewarn_kernels::random`], with the `n` observed values of the window before the origin ordered by period, then by
/// unit. Every unit has the same distribution, so one that was never observed has it too; without any observed value no
/// unit has a forecast (NaN). The only baseline whose forecast of a unit depends on which other units are there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GlobalBootstrap {
    /// Periods to draw from, at least 1.
    #[schemars(range(min = 1))]
    pub window: usize,
}

impl Default for GlobalBootstrap {
    fn default() -> Self {
        Self { window: 12 }
    }
}

impl GlobalBootstrap {
    fn check(self) -> Result<Self> {
        window::check("global-bootstrap", self.window)?;
        Ok(self)
    }
}

impl Model for GlobalBootstrap {
    fn fit(&self, _: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(self.clone()))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<Self>("global-bootstrap", state)?.check()?))
    }

    fn needs(&self) -> Needs {
        Needs { history: self.window, output: Output::Draws, features: false }
    }
}

impl Fitted for GlobalBootstrap {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let units = args.history.units().clone();
        let recent = args.history.recent(args.target, self.window)?;
        let pool: Vec<f32> = recent.iter().copied().filter(|v| !v.is_nan()).collect();
        let mut values = vec![f32::NAN; units.len() * args.draws];
        if !pool.is_empty() {
            for (row, &unit) in values.chunks_exact_mut(args.draws).zip(units.iter()) {
                let stream = window::stream(args, unit);
                for (d, value) in row.iter_mut().enumerate() {
                    *value = pool[stream.below(d as u64, pool.len() as u32) as usize];
                }
            }
        }
        Field::draws(args.history.origin(), args.step, units, args.draws, values)
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("global-bootstrap", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::fixture;

    #[test]
    fn every_unit_draws_equally_from_all_of_the_window() {
        let panel = fixture();
        let args = PredictArgs::new(panel.until(Period(7)).unwrap(), "y", Step(1), 5_000, 3).unwrap();
        let field = GlobalBootstrap { window: 2 }.predict(&args).unwrap();
        for row in field.rows() {
            // Five values are observed in periods 6 and 7: 1,000 draws of each, give or take six standard errors.
            for expected in [30.0, 32.0, 34.0, 36.0, 38.0] {
                let n = row.iter().filter(|&&v| v == expected).count();
                assert!((830..=1170).contains(&n), "{expected}: {n}");
            }
            assert!(row.iter().all(|v| (30.0..=38.0).contains(v)));
        }
        assert_ne!(field.rows().next(), field.rows().nth(1));
    }
}
