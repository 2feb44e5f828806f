//! The forecast of Poisson counts around the last observation.

use forewarn_core::prelude::*;
use forewarn_kernels::sampling::Counts;

use crate::{settings, window};

forewarn_core::entry!(Model: LastObservedPoisson as "last-observed-poisson");

/// Draws Poisson counts whose mean is the unit's value in the last period before the origin.
///
/// A benchmark of the VIEWS prediction challenge: Hegre et al. (2024), arXiv:2407.11045. Draw `d` is the Poisson quantile
/// of `uniform(key(seed, unit, origin, step), d)` in the terms of [`forewarn_kernels::random`]. A last observation of 0
/// gives 0 in every draw. A unit that was not observed in the last period has no forecast (NaN). For counts only.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LastObservedPoisson {}

impl Model for LastObservedPoisson {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        settings::counts_only("last-observed-poisson", args.kind)?;
        Ok(Box::new(self.clone()))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<Self>("last-observed-poisson", state)?))
    }

    fn needs(&self) -> Needs {
        Needs { history: 1, output: Output::Draws, features: false }
    }
}

impl Fitted for LastObservedPoisson {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        window::draws(args, 1, |pool, stream, row| {
            let mean = f64::from(pool[0]);
            if mean < 0.0 {
                return Err(format!("{mean} is no count"));
            }
            if mean == 0.0 {
                row.fill(0.0);
                return Ok(());
            }
            let distribution = Counts::poisson(mean);
            for (d, value) in row.iter_mut().enumerate() {
                *value = distribution.quantile(stream.uniform(d as u64)) as f32;
            }
            Ok(())
        })
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("last-observed-poisson", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::fixture;

    #[test]
    fn mean_and_variance_are_the_last_observation() {
        let panel = fixture();
        let args = PredictArgs::new(panel.until(Period(7)).unwrap(), "y", Step(1), 40_000, 3).unwrap();
        let field = LastObservedPoisson {}.predict(&args).unwrap();
        let row = field.rows().next().unwrap();
        let mean = row.iter().map(|&v| f64::from(v)).sum::<f64>() / 4e4;
        let variance = row.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / 4e4;
        // Five standard errors: sqrt(38 / 40,000) and about 38 sqrt(2 / 40,000).
        assert!((mean - 38.0).abs() < 0.16 && (variance - 38.0).abs() < 1.4, "{mean} {variance}");
        assert!(field.rows().nth(1).unwrap().iter().all(|v| v.is_nan()), "not observed: no forecast");
    }
}
