//! The value of an earlier period.

use forewarn_core::prelude::*;

use crate::settings;

forewarn_core::entry!(Transform: TimeLag as "time-lag", check);

/// The value `periods` earlier, `y(t) = x(t - periods)`; the reference calls it `temporal.tlag`.
///
/// Missing: moves along with the values; the first `periods` periods are missing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimeLag {
    /// How many periods back, at least 1.
    #[schemars(range(min = 1))]
    pub periods: usize,
}

impl Default for TimeLag {
    fn default() -> Self {
        Self { periods: 1 }
    }
}

impl TimeLag {
    fn check(self) -> Result<Self> {
        settings::at_least_one("time-lag", "periods", self.periods)?;
        Ok(self)
    }
}

impl Transform for TimeLag {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        let size = args.values.len();
        let head = self.periods.saturating_mul(args.units.len()).min(size);
        let mut out = Vec::with_capacity(size);
        out.resize(head, f32::NAN);
        out.extend_from_slice(&args.values[..size - head]);
        Ok(out)
    }

    fn examples(&self) -> Vec<TransformExample> {
        const NAN: f32 = f32::NAN;
        vec![
            TransformExample {
                title: "two units, one period later",
                settings: "{}",
                units: &[1, 2],
                groups: &[],
                input: &[1.0, 10.0, NAN, 20.0, 3.0, 30.0],
                expect: &[NAN, NAN, 1.0, 10.0, NAN, 20.0],
            },
            TransformExample {
                title: "a lag longer than history",
                settings: r#"{"periods": 12}"#,
                units: &[1],
                groups: &[],
                input: &[1.0, 2.0],
                expect: &[NAN, NAN],
            },
        ]
    }
}
