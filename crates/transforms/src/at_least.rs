//! Whether a threshold is reached.

use forewarn_core::prelude::*;

use crate::{Compat, settings};

forewarn_core::entry!(Transform: AtLeast as "at-least", check);

/// 1 where the value is at least `threshold`, else 0; the reference calls it `bool.gte`.
///
/// Missing: stays missing. In the reference it becomes 0, «not reached», which `compat = "views"` reproduces.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AtLeast {
    /// In the unit of the column.
    pub threshold: f32,
    /// `views` makes what is missing 0.
    pub compat: Compat,
}

impl Default for AtLeast {
    fn default() -> Self {
        Self { threshold: 1.0, compat: Compat::None }
    }
}

impl AtLeast {
    fn check(self) -> Result<Self> {
        settings::finite("at-least", "threshold", self.threshold.into())?;
        Ok(self)
    }
}

impl Transform for AtLeast {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        let reached = |x: f32| f32::from(u8::from(x >= self.threshold));
        let missing = if self.compat.views() { 0.0 } else { f32::NAN };
        Ok(args.values.iter().map(|&x| if x.is_nan() { missing } else { reached(x) }).collect())
    }

    fn examples(&self) -> Vec<TransformExample> {
        vec![
            TransformExample {
                title: "equal is reached; missing is not known",
                settings: r#"{"threshold": 5}"#,
                units: &[1],
                groups: &[],
                input: &[4.9, 5.0, f32::NAN, 0.0],
                expect: &[0.0, 1.0, f32::NAN, 0.0],
            },
            TransformExample {
                title: "the reference calls missing «not reached»",
                settings: r#"{"compat": "views"}"#,
                units: &[1],
                groups: &[],
                input: &[1.0, f32::NAN],
                expect: &[1.0, 0.0],
            },
        ]
    }
}
