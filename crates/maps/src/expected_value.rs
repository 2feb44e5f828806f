//! Map of the expected value.

use std::sync::Arc;

use forewarn_core::prelude::*;

use crate::{caption, input, ticks};

/// The mean of each unit's forecast, coloured by its logarithm.
///
/// Colour is proportional to ln(1 + value), because counts of rare events span several powers of ten; the
/// ticks are in original units. Exactly zero has a colour of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectedValue {
    /// Value of the last colour, above 0. Left out, it is the first round number at or above the 95th
    /// percentile of the values above zero. Set it to compare maps of different steps or months.
    pub top: Option<f32>,
}

forewarn_core::entry!(Map: ExpectedValue as "expected-value", check);

impl ExpectedValue {
    fn check(self) -> Result<Self> {
        ticks::check("expected-value", self.top)?;
        Ok(self)
    }
}

impl Map for ExpectedValue {
    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene> {
        let values = args.field.means();
        input::counts("expected-value", args, &values)?;
        let what = format!("Expected {}", args.target);
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

    fn map(settings: &str) -> Result<Box<dyn Map>> {
        (ENTRY.build)(&serde_json::from_str(settings).unwrap())
    }

    fn scene(settings: &str, ids: &[u32], rows: &[[f32; 2]]) -> Result<Scene> {
        let units: Units = ids.iter().map(|&id| Unit(id)).collect();
        let field = Field::draws(Period(492), Step(1), units, 2, rows.concat()).unwrap();
        let ground = Ground::of_cells(field.units(), vec![])?;
        map(settings)?.scene(&MapArgs::new(&field, ("happy_hippo", "deaths per cell"), Cadence::Month, &ground))
    }

    #[test]
    fn means_go_on_the_map_and_missing_stays_missing() {
        let scene = scene("{}", &[1, 2, 720], &[[0.0, 0.0], [3.0, 5.0], [f32::NAN; 2]]).unwrap();
        assert_eq!(scene.values[..2], [0.0, 4.0]);
        assert!(scene.values[2].is_nan());
        assert_eq!((scene.legend.top, scene.legend.shade), (5.0, Shade::Log1p));
        assert_eq!(scene.title, "Expected deaths per cell, 2021-01");
        assert_eq!(scene.subtitle, "Origin 2020-12 · step 1 · happy_hippo · 2 draws");
    }

    #[test]
    fn a_set_top_holds_for_every_step() {
        assert_eq!(scene(r#"{"top": 50}"#, &[1], &[[1.0, 1.0]]).unwrap().legend.top, 50.0);
        for bad in [r#"{"top": 0}"#, r#"{"top": -1}"#, r#"{"bottom": 1}"#] {
            assert!(map(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_cell_or_no_count_is_refused() {
        let text = |result: Result<Scene>| result.unwrap_err().to_string();
        assert!(text(scene("{}", &[259_201], &[[1.0, 1.0]])).contains("259201 is no PRIO-GRID cell"));
        let negative = text(scene("{}", &[7], &[[-1.0, 0.0]]));
        assert!(negative.contains("unit 7") && negative.contains("-0.5"), "{negative}");
    }
}
