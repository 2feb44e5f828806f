//! The forecast of the unit's recent mean.

use forewarn_core::prelude::*;

use crate::compat::{self, Compat, Kept};
use crate::{settings, window};

forewarn_core::entry!(Model: Average as "average", check);

/// Forecasts the mean of the unit's last `window` periods at every step, as a point.
///
/// `sum of y over the observed periods / their number`. Re-anchored: the window ends at the *origin of the forecast*. What
/// was not observed is left out of the mean; a unit without any observation in the window has no forecast (NaN). The
/// `AverageModel` of the VIEWS baselines: Hegre et al. (2024), arXiv:2407.11045. That one keeps the mean of the end of
/// training for every later origin, which `compat = "views"` does too.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Average {
    /// Periods in the mean, at least 1.
    #[schemars(range(min = 1))]
    pub window: usize,
    /// Whose anchor.
    pub compat: Compat,
}

impl Default for Average {
    fn default() -> Self {
        Self { window: 60, compat: Compat::None }
    }
}

impl Average {
    fn check(self) -> Result<Self> {
        window::check("average", self.window)?;
        Ok(self)
    }
}

/// Settings, and the means at the end of training where they are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FittedAverage {
    settings: Average,
    kept: Option<Kept>,
}

/// The mean, in double.
fn mean(values: &[f32]) -> f32 {
    let sum: f64 = values.iter().map(|&v| f64::from(v)).sum();
    (sum / values.len() as f64) as f32
}

impl Model for Average {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        let views = self.compat == Compat::Views;
        let kept = views.then(|| compat::keep(args, self.window, mean)).transpose()?;
        Ok(Box::new(FittedAverage { settings: self.clone(), kept }))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<FittedAverage>("average", state)?))
    }

    fn needs(&self) -> Needs {
        Needs { history: self.window, output: Output::Point, features: false }
    }
}

impl Fitted for FittedAverage {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        if let Some(kept) = &self.kept {
            return compat::forecast(kept, args);
        }
        let units = args.history.units().clone();
        let recent = args.history.recent(args.target, self.settings.window)?;
        let (mut sums, mut counts) = (vec![0.0_f64; units.len()], vec![0_u32; units.len()]);
        for field in recent.chunks_exact(units.len()) {
            for (i, &value) in field.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
                sums[i] += f64::from(value);
                counts[i] += 1;
            }
        }
        // Nothing observed is 0 / 0: no forecast.
        let values = sums.iter().zip(&counts).map(|(sum, &n)| (sum / f64::from(n)) as f32).collect();
        Field::point(args.history.origin(), args.step, units, values)
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("average", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predict(compat: Compat, origin: i32) -> Vec<f32> {
        let panel = compat::fixture();
        let fit = FitArgs::new(panel.until(Period(7)).unwrap(), "y", TargetKind::Count, 1).unwrap();
        let fitted = Average { window: 3, compat }.fit(&fit).unwrap();
        let args = PredictArgs::new(panel.until(Period(origin)).unwrap(), "y", Step(2), 1, 1).unwrap();
        fitted.predict(&args).unwrap().values().to_vec()
    }

    #[test]
    fn the_window_ends_at_the_origin_and_what_is_missing_is_left_out() {
        assert_eq!(predict(Compat::None, 7), [32.0, 31.0, 30.0]);
        assert_eq!(predict(Compat::None, 8), [38.0, 40.0, 36.0]);
    }

    #[test]
    fn the_reference_stays_at_the_end_of_training() {
        // `views_baseline` 1.0.2 `AverageModel(window_months=3)`, training to period 7: {10: 32.0, 30: 30.0}.
        for origin in [7, 8] {
            let values = predict(Compat::Views, origin);
            assert_eq!((values[0], values[2]), (32.0, 30.0));
            assert!(values[1].is_nan(), "not there at the end of training");
        }
    }

    #[test]
    fn a_window_of_nothing_is_refused() {
        assert!((ENTRY.build)(&serde_json::json!({"window": 0})).is_err());
    }
}
