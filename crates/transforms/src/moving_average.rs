//! The mean over the last periods.

use forewarn_core::prelude::*;

use crate::{Compat, presence, rolling, settings};

forewarn_core::entry!(Transform: MovingAverage as "moving-average", check);

/// The mean over the last `periods` periods, the current one included; the reference calls it
/// `temporal.moving_average`.
///
/// Missing: where any period of the window is missing or lies before the first. The reference averages what there
/// is; `compat = "views"` does the same.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MovingAverage {
    /// Length of the window, at least 1.
    #[schemars(range(min = 1))]
    pub periods: usize,
    /// `views` averages what there is.
    pub compat: Compat,
}

impl Default for MovingAverage {
    fn default() -> Self {
        Self { periods: 12, compat: Compat::None }
    }
}

impl MovingAverage {
    fn check(self) -> Result<Self> {
        settings::at_least_one("moving-average", "periods", self.periods)?;
        Ok(self)
    }
}

impl Transform for MovingAverage {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        if self.compat.views() {
            let counts = rolling::window_sums(args, self.periods, presence::observed);
            let mut out = rolling::window_sums(args, self.periods, presence::or_zero);
            for (sum, count) in out.iter_mut().zip(counts) {
                *sum /= count;
            }
            return Ok(out);
        }
        let mut out = rolling::full_window_sums(args, self.periods);
        for sum in &mut out {
            *sum /= self.periods as f32;
        }
        Ok(out)
    }

    fn examples(&self) -> Vec<TransformExample> {
        const NAN: f32 = f32::NAN;
        vec![
            TransformExample {
                title: "a mean needs all its terms",
                settings: r#"{"periods": 2}"#,
                units: &[1],
                groups: &[],
                input: &[1.0, 2.0, 4.0, NAN, 8.0, 16.0],
                expect: &[NAN, 1.5, 3.0, NAN, NAN, 12.0],
            },
            TransformExample {
                title: "the reference averages what there is",
                settings: r#"{"periods": 2, "compat": "views"}"#,
                units: &[1],
                groups: &[],
                input: &[1.0, 2.0, NAN, NAN, 8.0],
                expect: &[1.0, 1.5, 2.0, NAN, 8.0],
            },
        ]
    }
}
