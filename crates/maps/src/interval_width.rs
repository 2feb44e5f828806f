//! Map of how wide forecasts are.

use std::sync::Arc;

use forewarn_core::prelude::*;
use forewarn_kernels::quantile::central_interval;

use crate::{caption, input, ticks};

/// The width of the central interval of each unit's draws, coloured by its logarithm.
///
/// Upper less lower end of the interval that leaves as many draws below it as above: the quantiles `(1 - level) / 2` and
/// `(1 + level) / 2`. Exactly zero (the forecast is sure) has a colour of its own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IntervalWidth {
    /// Share of the draws in the interval, between 0 and 1.
    pub level: f64,
    /// Value of the last colour, above 0. Left out, it is the first round number at or above the 95th percentile of the
    /// values above zero.
    pub top: Option<f32>,
}

impl Default for IntervalWidth {
    fn default() -> Self {
        Self { level: 0.9, top: None }
    }
}

forewarn_core::entry!(Map: IntervalWidth as "interval-width", check);

impl IntervalWidth {
    fn check(self) -> Result<Self> {
        ticks::check("interval-width", self.top)?;
        input::share("interval-width", "level", self.level)?;
        Ok(self)
    }
}

impl Map for IntervalWidth {
    fn needs(&self) -> &'static [MapInput] {
        &[MapInput::Draws]
    }

    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene> {
        input::draws("interval-width", args)?;
        let sorted = args.field.clone().sorted();
        let width = |row: &[f32]| {
            let (lower, upper) = central_interval(row, self.level);
            (upper - lower) as f32
        };
        let values: Vec<f32> = sorted.rows().map(width).collect();
        let what = format!("Width of the {} interval of {}", caption::percent(self.level), args.target);
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
    fn the_width_is_upper_less_lower_end() {
        let field = field(&[[0.0, 1.0, 2.0, 3.0, 8.0], [7.0; 5], [f32::NAN; 5]]);
        let of = |settings| scene(&ENTRY, settings, &field, Beside::default()).unwrap();
        let half = of(r#"{"level": 0.5}"#);
        assert_eq!(half.values[..2], [2.0, 0.0]);
        assert!(half.values[2].is_nan());
        assert_eq!(half.title, "Width of the 50 % interval of deaths per cell, 2021-01");
        // Quantiles 0.05 and 0.95 of five draws: a fifth of the way from the ends.
        assert!((of("{}").values[0] - (8.0 - 0.2 * 5.0 - 0.2)).abs() < 1e-6);
    }

    #[test]
    fn what_has_no_width_is_refused() {
        let sure = point(&[1.0]);
        assert!(refusal(&ENTRY, "{}", &sure, Beside::default()).contains("`interval-width`"));
        for settings in [r#"{"level": 1.5}"#, r#"{"top": -1}"#] {
            let text = refusal(&ENTRY, settings, &sure, Beside::default());
            assert!(text.contains("interval-width") && text.contains("expected"), "{text}");
        }
    }
}
