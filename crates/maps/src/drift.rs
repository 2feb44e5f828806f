//! Map of where observations have changed.

use std::sync::Arc;

use forewarn_core::prelude::*;

use crate::{caption, input, ticks};

/// How much each unit's newest observations differ from those before, where that is no chance.
///
/// The size of the change, signed, where the false discovery rate `q` is at most `alpha`, and exactly zero elsewhere, which
/// has a colour of its own. A unit that could not be tested has no data.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Drift {
    /// Share of the units that are shown as changed that may be so by chance, between 0 and 1.
    pub alpha: f64,
}

impl Default for Drift {
    fn default() -> Self {
        Self { alpha: 0.05 }
    }
}

forewarn_core::entry!(Map: Drift as "drift", check);

impl Drift {
    fn check(self) -> Result<Self> {
        input::share("drift", "alpha", self.alpha)?;
        Ok(self)
    }

    fn shown(&self, effect: f32, q: f32) -> f32 {
        if effect.is_nan() || q.is_nan() {
            return f32::NAN;
        }
        if q <= self.alpha as f32 { effect } else { 0.0 }
    }
}

impl Map for Drift {
    fn needs(&self) -> &'static [MapInput] {
        &[MapInput::Drift]
    }

    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene> {
        let what = ("a test of each unit's observations", "draw a forecast whose observations go back far enough");
        let drift = input::needed("drift", args.beside.drift, what)?;
        input::one_each("drift", args, &[drift.effect, drift.q])?;
        let values: Vec<f32> = drift.effect.iter().zip(drift.q).map(|(e, q)| self.shown(*e, *q)).collect();
        let alpha = caption::number(self.alpha as f32);
        let label = format!("Size of the change where q ≤ {alpha}: above 0 more, below 0 less than before");
        Ok(Scene {
            title: format!("Drift of {}: {}", args.target, drift.test),
            subtitle: caption::observations(args),
            legend: ticks::legend(Shade::SignedLinear, None, &values, (&format!("q > {alpha}"), label)),
            units: args.field.units().clone(),
            values,
            ground: Arc::clone(args.ground),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{field, refusal, scene};

    fn beside<'a>(effect: &'a [f32], q: &'a [f32]) -> Beside<'a> {
        let test = "the last 12 periods against the 60 before";
        Beside { drift: Some(UnitDrift { test, effect, q }), ..Beside::default() }
    }

    #[test]
    fn only_what_is_no_chance_is_shown() {
        let field = field(&[[1.0]; 5]);
        let beside = beside(&[0.4, -0.5, 0.3, f32::NAN, 0.2], &[0.01, 0.05, 0.06, 0.01, f32::NAN]);
        let scene = scene(&ENTRY, "{}", &field, beside).unwrap();
        assert_eq!(scene.values[..3], [0.4, -0.5, 0.0]);
        assert!(scene.values[3..].iter().all(|v| v.is_nan()));
        assert_eq!(scene.title, "Drift of deaths per cell: the last 12 periods against the 60 before");
        assert_eq!(scene.subtitle, "Origin 2020-12 · GED 21.1", "it is about no step");
        assert_eq!((scene.legend.zero.as_str(), scene.legend.top), ("q > 0.05", 0.5));
        let strict = crate::cases::scene(&ENTRY, r#"{"alpha": 0.02}"#, &field, beside).unwrap();
        assert_eq!((strict.values[0], strict.values[1]), (0.4, 0.0));
    }

    #[test]
    fn without_a_test_there_is_no_drift() {
        let field = field(&[[1.0]]);
        assert!(refusal(&ENTRY, "{}", &field, Beside::default()).contains("`drift` needs a test"));
        assert!(refusal(&ENTRY, "{}", &field, beside(&[1.0], &[])).contains("0 values for the 1 units"));
        assert!(refusal(&ENTRY, r#"{"alpha": 1}"#, &field, beside(&[0.0], &[1.0])).contains("alpha is 1"));
    }
}
