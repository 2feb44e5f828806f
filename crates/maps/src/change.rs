//! Map of what has changed.

use std::sync::Arc;

use forewarn_core::prelude::*;

use crate::{caption, input, ticks};

/// The mean of each unit's forecast less what was expected or seen before, coloured by the logarithm of its size.
///
/// Colour is proportional to `sign(d) ln(1 + |d|)` for the difference `d`; the ticks are in original units. Exactly zero («no
/// change») has a colour of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Change {
    /// `previous`: the mean of the forecast of the same period that was made before; `observed`: what was last observed.
    pub against: Against,
    /// Value of the last colour, above 0; that of the first is as far below 0. Left out, it is the first round number at or
    /// above the 95th percentile of the sizes of all changes.
    pub top: Option<f32>,
}

/// What a forecast is compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The forecast of the same period that was made before.
    #[default]
    Previous,
    /// What was observed at the origin.
    Observed,
}

forewarn_core::entry!(Map: Change as "change", check);

impl Change {
    fn check(self) -> Result<Self> {
        ticks::check("change", self.top)?;
        Ok(self)
    }

    /// What was there before, and what it is called.
    fn before(&self, args: &MapArgs<'_>) -> Result<(Vec<f32>, String)> {
        let field = args.field;
        if self.against == Against::Observed {
            let what = ("what was observed at the origin", "draw a forecast whose origin is among the observations");
            let observed = input::needed("change", args.beside.observed, what)?;
            let origin = args.cadence.label(field.origin);
            return Ok((observed.to_vec(), format!("what was observed in {origin}")));
        }
        let what = (
            "a forecast of the same period from an earlier origin",
            "file one (`forewarn replay`), or draw `change:against=observed`",
        );
        let previous = input::needed("change", args.beside.previous, what)?;
        if previous.target() != field.target() || previous.units() != field.units() {
            let [ours, theirs] = [field, previous].map(|f| args.cadence.label(f.target()));
            return Err(Error::data(format!(
                "`change` got a forecast of {} units for {theirs}; expected the {} units of this one and {ours}",
                previous.units().len(),
                field.units().len()
            )));
        }
        Ok((previous.means(), format!("the forecast from {}", args.cadence.label(previous.origin))))
    }
}

impl Map for Change {
    fn needs(&self) -> &'static [MapInput] {
        match self.against {
            Against::Previous => &[MapInput::Previous],
            Against::Observed => &[MapInput::Observed],
        }
    }

    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene> {
        let (before, name) = self.before(args)?;
        input::one_each("change", args, &[&before])?;
        let values: Vec<f32> = args.field.means().iter().zip(&before).map(|(now, then)| now - then).collect();
        let what = format!("Change of expected {} since {name}", args.target);
        let label = format!("Change of expected {} (colour by logarithm)", args.target);
        Ok(Scene {
            title: caption::title(&what, args),
            subtitle: caption::subtitle(args),
            legend: ticks::legend(Shade::SignedLog1p, self.top, &values, ("no change", label)),
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

    fn now() -> Field {
        field(&[[0.0, 2.0], [4.0, 4.0], [1.0, 1.0], [f32::NAN; 2]])
    }

    /// The forecast of the same month, made a month before.
    fn previous(step: u16) -> Field {
        Field::point(Period(491), Step(step), now().units().clone(), vec![3.0, 0.0, 1.0, 1.0]).unwrap()
    }

    #[test]
    fn a_change_is_the_difference_of_means() {
        let previous = previous(2);
        let beside = Beside { previous: Some(&previous), ..Beside::default() };
        let scene = scene(&ENTRY, "{}", &now(), beside).unwrap();
        assert_eq!(scene.values[..3], [-2.0, 4.0, 0.0]);
        assert!(scene.values[3].is_nan());
        assert_eq!(scene.title, "Change of expected deaths per cell since the forecast from 2020-11, 2021-01");
        assert_eq!((scene.legend.top, scene.legend.ticks[0]), (5.0, -5.0));
        assert_eq!(scene.legend.zero, "no change");
    }

    #[test]
    fn or_from_what_was_last_observed() {
        let beside = Beside { observed: Some(&[0.0, f32::NAN, 0.0, 0.0]), ..Beside::default() };
        let scene = scene(&ENTRY, r#"{"against": "observed", "top": 50}"#, &now(), beside).unwrap();
        assert_eq!((scene.values[0], scene.values[2], scene.legend.top), (1.0, 1.0, 50.0));
        assert!(scene.values[1].is_nan(), "what was not observed has not changed by anything known");
        assert!(scene.title.contains("since what was observed in 2020-12"), "{}", scene.title);
    }

    #[test]
    fn what_cannot_be_compared_is_refused_with_a_cure() {
        let none = refusal(&ENTRY, "{}", &now(), Beside::default());
        assert!(none.contains("earlier origin") && none.contains("forewarn replay"), "{none}");
        assert!(refusal(&ENTRY, r#"{"against": "observed"}"#, &now(), Beside::default()).contains("observed"));
        let other = previous(3);
        let month = refusal(&ENTRY, "{}", &now(), Beside { previous: Some(&other), ..Beside::default() });
        assert!(month.contains("2021-02") && month.contains("2021-01"), "{month}");
        let short = Beside { observed: Some(&[1.0]), ..Beside::default() };
        assert!(refusal(&ENTRY, r#"{"against": "observed"}"#, &now(), short).contains("1 values for the 4 units"));
        assert!(refusal(&ENTRY, r#"{"top": 0}"#, &now(), Beside::default()).contains("top is 0"));
    }
}
