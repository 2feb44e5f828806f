//! The forecast that everything stays as it is.

use forewarn_core::prelude::*;

use crate::compat::{self, Compat, Kept};
use crate::settings;

forewarn_core::entry!(Model: NoChange as "no-change");

/// Repeats each unit's last observation at every step, as a point (persistence).
///
/// Re-anchored: the observation is the last one at the *origin of the forecast*, not at the end of
/// training, so that a later origin gets a later observation. A unit that was not observed in the last
/// period gets the latest observation before it; one that was never observed gets no forecast (NaN).
/// Reference forecast of the forecast-verification literature: Murphy (1992),
/// doi:10.1175/1520-0434(1992)007<0692:CPATLC>2.0.CO;2. The `LocfModel` of the VIEWS baselines repeats the
/// end of training at every later origin, which `compat = "views"` does too.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NoChange {
    /// Whose anchor.
    pub compat: Compat,
}

/// Settings, and the last values of training where they are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FittedNoChange {
    settings: NoChange,
    kept: Option<Kept>,
}

impl Model for NoChange {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        let views = self.compat == Compat::Views;
        let kept = views.then(|| compat::keep(args, 1, |last| last[0])).transpose()?;
        Ok(Box::new(FittedNoChange { settings: self.clone(), kept }))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<FittedNoChange>("no-change", state)?))
    }

    fn needs(&self) -> Needs {
        Needs { history: 1, output: Output::Point, features: false }
    }
}

impl Fitted for FittedNoChange {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        if let Some(kept) = &self.kept {
            return compat::forecast(kept, args);
        }
        let units = args.history.units().clone();
        let observed = args.history.column(args.target)?;
        let mut last = vec![f32::NAN; units.len()];
        for field in observed.chunks_exact(units.len()).rev() {
            for (known, &value) in last.iter_mut().zip(field).filter(|(known, _)| known.is_nan()) {
                *known = value;
            }
            if !last.iter().any(|v| v.is_nan()) {
                break;
            }
        }
        Field::point(args.history.origin(), args.step, units, last)
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("no-change", self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_repeats_the_latest_observation_of_each_unit() {
        let axis = Axis::between(Cadence::Month, Period(1), Period(3));
        let mut panel = Panel::new(axis, [Unit(1), Unit(2), Unit(3)].into()).unwrap();
        let none = f32::NAN;
        panel.push("y", vec![1.0, 4.0, none, 2.0, 5.0, none, 3.0, none, none]).unwrap();
        let predict = |origin, step| {
            let args = PredictArgs::new(panel.until(Period(origin)).unwrap(), "y", Step(step), 9, 0).unwrap();
            FittedNoChange { settings: NoChange::default(), kept: None }.predict(&args).unwrap().values().to_vec()
        };
        assert_eq!(predict(2, 1)[..2], [2.0, 5.0]);
        assert_eq!(predict(3, 36)[..2], [3.0, 5.0], "re-anchored, and unit 2 keeps what was last seen");
        assert!(predict(3, 1)[2].is_nan(), "never observed: no forecast, not zero");
    }

    #[test]
    fn the_reference_stays_at_the_end_of_training() {
        let panel = compat::fixture();
        let fit = FitArgs::new(panel.until(Period(7)).unwrap(), "y", TargetKind::Count, 1).unwrap();
        let fitted = NoChange { compat: Compat::Views }.fit(&fit).unwrap();
        let args = PredictArgs::new(panel.until(Period(8)).unwrap(), "y", Step(1), 1, 1).unwrap();
        let values = fitted.predict(&args).unwrap().values().to_vec();
        // `views_baseline` 1.0.2 `LocfModel`, training to period 7: {10: 38.0, 30: 36.0}.
        assert_eq!((values[0], values[2]), (38.0, 36.0));
        assert!(values[1].is_nan());
    }
}
