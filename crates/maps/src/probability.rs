//! Map of the probability that something happens.

use std::sync::Arc;

use forewarn_core::prelude::*;

use crate::{caption, input, ticks};

/// The share of each unit's draws that reach a threshold, from 0 to 1.
///
/// Exactly zero (not one draw reached it) has a colour of its own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probability {
    /// The event is «at least this many», above 0.
    pub threshold: f32,
}

impl Default for Probability {
    fn default() -> Self {
        Self { threshold: 1.0 }
    }
}

forewarn_core::entry!(Map: Probability as "probability", check);

impl Probability {
    fn check(self) -> Result<Self> {
        if !(self.threshold > 0.0 && self.threshold.is_finite()) {
            let reason = format!("threshold is {}; expected a number above 0", self.threshold);
            return Err(Error::config("probability", reason));
        }
        Ok(self)
    }

    /// Share of a unit's draws that reach the threshold; NaN when a draw is missing.
    fn share(&self, draws: &[f32]) -> f32 {
        if draws.iter().any(|draw| draw.is_nan()) {
            return f32::NAN;
        }
        draws.iter().filter(|&&draw| draw >= self.threshold).count() as f32 / draws.len() as f32
    }
}

impl Map for Probability {
    fn needs(&self) -> &'static [MapInput] {
        &[MapInput::Draws]
    }

    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene> {
        input::draws("probability", args)?;
        let shares: Vec<f32> = args.field.rows().map(|draws| self.share(draws)).collect();
        let event = format!("{} or more {}", caption::number(self.threshold), args.target);
        Ok(Scene {
            title: caption::title(&format!("Probability of {event}"), args),
            subtitle: caption::subtitle(args),
            legend: ticks::legend(Shade::Linear, Some(1.0), &[], ("0", format!("Probability of {event}"))),
            units: args.field.units().clone(),
            values: shares,
            ground: Arc::clone(args.ground),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(settings: &str, field: &Field) -> Result<Scene> {
        let map = (ENTRY.build)(&serde_json::from_str(settings).unwrap())?;
        let ground = Ground::of_cells(field.units(), vec![])?;
        map.scene(&MapArgs::new(field, ("happy_hippo", "deaths per cell"), Cadence::Month, &ground))
    }

    fn field() -> Field {
        let units: Units = [Unit(1), Unit(2), Unit(3)].into();
        let values = [[0.0, 0.0, 1.0, 30.0], [0.0; 4], [f32::NAN; 4]].concat();
        Field::draws(Period(492), Step(6), units, 4, values).unwrap()
    }

    #[test]
    fn shares_of_draws_are_probabilities() {
        for (settings, expected, event) in
            [("{}", 0.5, "1 or more deaths"), (r#"{"threshold": 25}"#, 0.25, "25 or more deaths")]
        {
            let scene = scene(settings, &field()).unwrap();
            assert_eq!((scene.values[0], scene.values[1]), (expected, 0.0));
            assert!(scene.values[2].is_nan());
            assert!(scene.title.contains(event) && scene.title.ends_with("2021-06"), "{}", scene.title);
        }
    }

    #[test]
    fn a_point_forecast_has_no_probability() {
        let point = Field::point(Period(1), Step(1), [Unit(1)].into(), vec![1.0]).unwrap();
        let error = scene("{}", &point).unwrap_err().to_string();
        assert!(error.contains("happy_hippo") && error.contains("expected-value"), "{error}");
        assert!(scene(r#"{"threshold": 0}"#, &field()).is_err());
    }
}
