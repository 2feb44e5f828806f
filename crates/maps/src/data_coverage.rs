//! Map of how much is known.

use std::sync::Arc;

use forewarn_core::prelude::*;

use crate::{caption, input, ticks};

/// The share of periods up to the origin that were observed of each unit, from 0 to 1.
///
/// A forecast of a unit of which little is known deserves little trust. Exactly zero (never observed) has a colour of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DataCoverage {}

forewarn_core::entry!(Map: DataCoverage as "data-coverage");

impl Map for DataCoverage {
    fn needs(&self) -> &'static [MapInput] {
        &[MapInput::Reported]
    }

    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene> {
        let what = ("shares of observed periods", "draw a forecast whose origin is among the observations");
        let reported = input::needed("data-coverage", args.beside.reported, what)?;
        input::one_each("data-coverage", args, &[reported])?;
        let off = |share: &f32| *share < 0.0 || *share > 1.0;
        if let Some((unit, share)) = args.field.units().iter().zip(reported).find(|(_, share)| off(share)) {
            return Err(Error::data(format!("unit {unit} was observed in a share of {share} of all periods")));
        }
        let label = "Share of periods that were observed".to_owned();
        Ok(Scene {
            title: format!("Share of periods with known {}", args.target),
            subtitle: caption::observations(args),
            legend: ticks::legend(Shade::Linear, Some(1.0), &[], ("never", label)),
            units: args.field.units().clone(),
            values: reported.to_vec(),
            ground: Arc::clone(args.ground),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{field, refusal, scene};

    #[test]
    fn shares_are_shown_as_they_are() {
        let field = field(&[[1.0]; 3]);
        let beside = Beside { reported: Some(&[1.0, 0.25, 0.0]), ..Beside::default() };
        let scene = scene(&ENTRY, "{}", &field, beside).unwrap();
        assert_eq!(scene.values, [1.0, 0.25, 0.0]);
        assert_eq!((scene.legend.shade, scene.legend.zero.as_str()), (Shade::Linear, "never"));
        assert_eq!(scene.title, "Share of periods with known deaths per cell");
    }

    #[test]
    fn what_is_no_share_is_refused() {
        let field = field(&[[1.0]]);
        assert!(refusal(&ENTRY, "{}", &field, Beside::default()).contains("`data-coverage` needs"));
        let more = Beside { reported: Some(&[1.5]), ..Beside::default() };
        assert!(refusal(&ENTRY, "{}", &field, more).contains("unit 1 was observed in a share of 1.5"));
        assert!(refusal(&ENTRY, r#"{"x": 1}"#, &field, more).contains("data-coverage"));
    }
}
