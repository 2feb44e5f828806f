//! Map of a quantile.

use std::sync::Arc;

use forewarn_core::prelude::*;
use forewarn_kernels::quantile::quantile;

use crate::{caption, input, ticks};

/// A quantile of each unit's draws, coloured by its logarithm.
///
/// By linear interpolation between the order statistics (type 7 of Hyndman and Fan 1996,
/// doi:10.1080/00031305.1996.10473566). Of rare events most quantiles are 0 in most units: exactly zero has a colour of its
/// own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quantile {
    /// Share of the draws that are at most the quantile, between 0 and 1.
    pub level: f64,
    /// Value of the last colour, above 0. Left out, it is the first round number at or above the 95th percentile of the
    /// values above zero.
    pub top: Option<f32>,
}

impl Default for Quantile {
    fn default() -> Self {
        Self { level: 0.9, top: None }
    }
}

forewarn_core::entry!(Map: Quantile as "quantile", check);

impl Quantile {
    fn check(self) -> Result<Self> {
        ticks::check("quantile", self.top)?;
        input::share("quantile", "level", self.level)?;
        Ok(self)
    }
}

impl Map for Quantile {
    fn needs(&self) -> &'static [MapInput] {
        &[MapInput::Draws]
    }

    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene> {
        input::draws("quantile", args)?;
        let sorted = args.field.clone().sorted();
        let values: Vec<f32> = sorted.rows().map(|row| quantile(row, self.level) as f32).collect();
        input::counts("quantile", args, &values)?;
        let what = format!("{} quantile of {}", caption::percent(self.level), args.target);
        let label = format!("{what} (colour by logarithm)");
        Ok(Scene {
            title: caption::title(&what, args),
            subtitle: caption::subtitle(args),
            legend: ticks::legend(Shade::Log1p, self.top, &values, ("0", label)),
            units: args.field.units().clone(),
            values,
            ground: Arc::clone(args.ground),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{field, point, refusal, scene};

    #[test]
    fn quantiles_lie_between_the_draws_and_missing_stays_missing() {
        let field = field(&[[4.0, 0.0, 1.0, 2.0, 3.0], [0.0; 5], [f32::NAN; 5]]);
        let scene = scene(&ENTRY, r#"{"level": 0.625}"#, &field, Beside::default()).unwrap();
        assert_eq!(scene.values[..2], [2.5, 0.0]);
        assert!(scene.values[2].is_nan());
        assert_eq!(scene.title, "62.5 % quantile of deaths per cell, 2021-01");
        assert_eq!(scene.subtitle, "Origin 2020-12 · step 1 · happy_hippo · 5 draws · GED 21.1");
        assert_eq!((scene.legend.shade, scene.legend.top), (Shade::Log1p, 2.5_f32.max(5.0)));
    }

    #[test]
    fn what_has_no_quantile_is_refused() {
        let field = field(&[[-3.0, -1.0]]);
        assert!(refusal(&ENTRY, "{}", &field, Beside::default()).contains("at least 0"));
        assert!(refusal(&ENTRY, "{}", &point(&[1.0]), Beside::default()).contains("point forecast"));
        for settings in [r#"{"level": 0}"#, r#"{"level": 1}"#, r#"{"top": 0}"#, r#"{"levels": 0.5}"#] {
            assert!(refusal(&ENTRY, settings, &field, Beside::default()).contains("quantile"), "{settings}");
        }
    }
}
