//! The forecast that the future looks like the unit's own recent past.

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;

use crate::settings;

forewarn_core::entry!(Model: Conflictology as "conflictology", check);

/// Draws each future value, with replacement, from the unit's last `window` periods before the origin.
///
/// The «conflictology» benchmark of the VIEWS prediction challenge: Hegre et al. (2024), arXiv:2407.11045. Draw
/// `d` of unit `u` at origin `o` and step `s` is the pool's value at `below(key(seed, u, o, s), d, n)` in the
/// terms of [`forewarn_kernels::random`], with the `n` observed values of the window ordered oldest first.
/// Periods that were not observed are left out of the pool; a unit without any gets no forecast (NaN).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Conflictology {
    /// Periods to draw from, at least 1.
    #[schemars(range(min = 1))]
    pub window: usize,
}

impl Default for Conflictology {
    fn default() -> Self {
        Self { window: 12 }
    }
}

impl Conflictology {
    fn check(self) -> Result<Self> {
        if self.window == 0 {
            return Err(Error::config("conflictology", "`window` is 0; it needs at least 1 period to draw from"));
        }
        Ok(self)
    }
}

impl Model for Conflictology {
    fn fit(&self, _: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(self.clone()))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<Self>("conflictology", state)?.check()?))
    }

    fn needs(&self) -> Needs {
        Needs { history: self.window, output: Output::Draws, features: false }
    }
}

impl Fitted for Conflictology {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let units = args.history.units().clone();
        let origin = args.history.origin();
        let recent = args.history.recent(args.target, self.window)?;
        let mut values = vec![0.0; units.len() * args.draws];
        let mut pool = Vec::with_capacity(self.window);
        for (i, row) in values.chunks_exact_mut(args.draws).enumerate() {
            pool.clear();
            pool.extend(recent.iter().skip(i).step_by(units.len()).filter(|v| !v.is_nan()));
            let address = [u64::from(units[i].0), origin.0 as u64, u64::from(args.step.0)];
            draw(&pool, || Stream::new(args.seed, &address), row);
        }
        Field::draws(origin, args.step, units, args.draws, values)
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("conflictology", self)
    }
}

/// Fills `row` from `pool`. Most pools hold one value (zero), for which no random number is needed.
fn draw(pool: &[f32], stream: impl FnOnce() -> Stream, row: &mut [f32]) {
    let Some(&first) = pool.first() else {
        row.fill(f32::NAN);
        return;
    };
    if pool.iter().all(|&v| v == first) {
        row.fill(first);
        return;
    }
    let (stream, n) = (stream(), pool.len() as u32);
    for (d, value) in row.iter_mut().enumerate() {
        *value = pool[stream.below(d as u64, n) as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> Panel {
        let axis = Axis::between(Cadence::Month, Period(1), Period(14));
        let mut panel = Panel::new(axis, [Unit(7), Unit(8), Unit(9)].into()).unwrap();
        let values = (0..14).flat_map(|t| [t as f32, 0.0, f32::NAN]).collect();
        panel.push("y", values).unwrap();
        panel
    }

    #[test]
    fn draws_come_from_the_last_twelve_periods_before_the_origin() {
        let panel = panel();
        let args = PredictArgs::new(panel.until(Period(13)).unwrap(), "y", Step(3), 500, 11).unwrap();
        let field = Conflictology::default().predict(&args).unwrap();
        let rows: Vec<_> = field.rows().collect();
        for expected in 1..=12 {
            let share = rows[0].iter().filter(|&&v| v == expected as f32).count();
            assert!((10..=90).contains(&share), "{expected} was drawn {share} times of 500 (about 42 expected)");
        }
        assert!(rows[0].iter().all(|&v| (1.0..=12.0).contains(&v)), "0 is too old, 13 is the future");
        assert!(rows[1].iter().all(|&v| v == 0.0));
        assert!(rows[2].iter().all(|v| v.is_nan()), "never observed: no forecast, not zero");
    }

    #[test]
    fn steps_units_and_seeds_draw_apart() {
        let panel = panel();
        let row = |step, seed| {
            let args = PredictArgs::new(panel.until(Period(13)).unwrap(), "y", Step(step), 50, seed).unwrap();
            Conflictology::default().predict(&args).unwrap().rows().next().unwrap().to_vec()
        };
        assert_eq!(row(1, 1), row(1, 1));
        assert_ne!(row(1, 1), row(2, 1));
        assert_ne!(row(1, 1), row(1, 2));
    }

    #[test]
    fn a_window_of_nothing_is_refused() {
        let e = (ENTRY.build)(&serde_json::json!({"window": 0})).unwrap_err();
        assert!(e.to_string().contains("`window` is 0"), "{e}");
    }
}
