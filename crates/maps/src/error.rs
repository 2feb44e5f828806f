//! Map of errors.

use std::sync::Arc;

use forewarn_core::prelude::*;

use crate::{caption, input, ticks};

/// The mean of each unit's forecast less what was then observed, coloured by the logarithm of its size.
///
/// Above zero too much was forecast, below zero too little. Colour is proportional to `sign(d) ln(1 + |d|)` for the
/// difference `d`; the ticks are in original units. Exactly zero has a colour of its own; a unit that was not observed has no
/// error.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorOfMean {
    /// Value of the last colour, above 0; that of the first is as far below 0. Left out, it is the first round number at or
    /// above the 95th percentile of the sizes of all errors.
    pub top: Option<f32>,
}

forewarn_core::entry!(Map: ErrorOfMean as "error", check);

impl ErrorOfMean {
    fn check(self) -> Result<Self> {
        ticks::check("error", self.top)?;
        Ok(self)
    }
}

impl Map for ErrorOfMean {
    fn needs(&self) -> &'static [MapInput] {
        &[MapInput::Truth]
    }

    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene> {
        let period = args.cadence.label(args.field.target());
        let what = format!("what was observed in {period}");
        let truth = (what.as_str(), "draw the forecast of an earlier origin or an earlier step");
        let truth = input::needed("error", args.beside.truth, truth)?;
        input::one_each("error", args, &[truth])?;
        let values: Vec<f32> = args.field.means().iter().zip(truth).map(|(mean, seen)| mean - seen).collect();
        let label = format!("Expected less observed {} (colour by logarithm)", args.target);
        Ok(Scene {
            title: caption::title(&format!("Expected less observed {}", args.target), args),
            subtitle: caption::subtitle(args),
            legend: ticks::legend(Shade::SignedLog1p, self.top, &values, ("exact", label)),
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

    #[test]
    fn too_much_is_above_zero_and_too_little_below() {
        let field = field(&[[0.0, 4.0], [0.0, 0.0], [1.0, 1.0], [1.0, 1.0]]);
        let beside = Beside { truth: Some(&[0.0, 7.0, 1.0, f32::NAN]), ..Beside::default() };
        let scene = scene(&ENTRY, "{}", &field, beside).unwrap();
        assert_eq!(scene.values[..3], [2.0, -7.0, 0.0]);
        assert!(scene.values[3].is_nan());
        assert_eq!(scene.title, "Expected less observed deaths per cell, 2021-01");
        assert_eq!((scene.legend.shade, scene.legend.top), (Shade::SignedLog1p, 10.0));
        assert_eq!(scene.legend.zero, "exact");
    }

    #[test]
    fn without_a_truth_there_is_no_error() {
        let field = field(&[[1.0]]);
        let none = refusal(&ENTRY, "{}", &field, Beside::default());
        assert!(none.contains("`error` needs what was observed in 2021-01"), "{none}");
        let two = Beside { truth: Some(&[0.0, 1.0]), ..Beside::default() };
        assert!(refusal(&ENTRY, "{}", &field, two).contains("2 values for the 1 units"));
        assert!(refusal(&ENTRY, r#"{"top": -2}"#, &field, two).contains("top is -2"));
    }
}
