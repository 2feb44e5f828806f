//! The sum over the last periods.

use forewarn_core::prelude::*;

use crate::{Compat, presence, rolling, settings};

forewarn_core::entry!(Transform: MovingSum as "moving-sum", check);

/// The sum over the last `periods` periods, the current one included; the reference calls it
/// `temporal.moving_sum`.
///
/// Missing: where any period of the window is missing or lies before the first (a part is not the sum). The
/// reference sums what there is, and calls a window in which nothing was observed 0; `compat = "views"` does the
/// same.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MovingSum {
    /// Length of the window, at least 1.
    #[schemars(range(min = 1))]
    pub periods: usize,
    /// `views` sums what there is.
    pub compat: Compat,
}

impl Default for MovingSum {
    fn default() -> Self {
        Self { periods: 12, compat: Compat::None }
    }
}

impl MovingSum {
    fn check(self) -> Result<Self> {
        settings::at_least_one("moving-sum", "periods", self.periods)?;
        Ok(self)
    }
}

impl Transform for MovingSum {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        if self.compat.views() {
            return Ok(rolling::window_sums(args, self.periods, presence::or_zero));
        }
        Ok(rolling::full_window_sums(args, self.periods))
    }

    fn examples(&self) -> Vec<TransformExample> {
        const NAN: f32 = f32::NAN;
        vec![
            TransformExample {
                title: "a sum needs all its terms",
                settings: r#"{"periods": 2}"#,
                units: &[1],
                groups: &[],
                input: &[1.0, 2.0, 4.0, NAN, 8.0, 16.0],
                expect: &[NAN, 3.0, 6.0, NAN, NAN, 24.0],
            },
            TransformExample {
                title: "the reference sums what there is",
                settings: r#"{"periods": 2, "compat": "views"}"#,
                units: &[1],
                groups: &[],
                input: &[1.0, 2.0, NAN, NAN, 8.0],
                expect: &[1.0, 3.0, 2.0, 0.0, 8.0],
            },
        ]
    }
}
