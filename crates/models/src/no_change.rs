//! The forecast that everything stays as it is.

use forewarn_core::prelude::*;

use crate::settings;

forewarn_core::entry!(Model: NoChange as "no-change");

/// Repeats each unit's last observation at every step, as a point (persistence).
///
/// Re-anchored: the observation is the last one at the *origin of the forecast*, not at the end of
/// training, so that a later origin gets a later observation. A unit that was not observed in the last
/// period gets the latest observation before it; one that was never observed gets no forecast (NaN).
/// Reference forecast of the forecast-verification literature: Murphy (1992),
/// doi:10.1175/1520-0434(1992)007<0692:CPATLC>2.0.CO;2.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NoChange {}

impl Model for NoChange {
    fn fit(&self, _: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(self.clone()))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<Self>("no-change", state)?))
    }

    fn needs(&self) -> Needs {
        Needs { history: 1, output: Output::Point, features: false }
    }
}

impl Fitted for NoChange {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
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
            NoChange {}.predict(&args).unwrap().values().to_vec()
        };
        assert_eq!(predict(2, 1)[..2], [2.0, 5.0]);
        assert_eq!(predict(3, 36)[..2], [3.0, 5.0], "re-anchored, and unit 2 keeps what was last seen");
        assert!(predict(3, 1)[2].is_nan(), "never observed: no forecast, not zero");
    }
}
