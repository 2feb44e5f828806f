//! Change against an earlier period.

use forewarn_core::prelude::*;

use crate::settings;

forewarn_core::entry!(Transform: Delta as "delta", check);

/// Change against `periods` earlier, `y(t) = x(t) - x(t - periods)`; the reference calls it `temporal.delta`.
///
/// Missing: where either value is missing; so are the first `periods` periods.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Delta {
    /// How many periods back, at least 1.
    #[schemars(range(min = 1))]
    pub periods: usize,
}

impl Default for Delta {
    fn default() -> Self {
        Self { periods: 1 }
    }
}

impl Delta {
    fn check(self) -> Result<Self> {
        settings::at_least_one("delta", "periods", self.periods)?;
        Ok(self)
    }
}

impl Transform for Delta {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        let size = args.values.len();
        let head = self.periods.saturating_mul(args.units.len()).min(size);
        let mut out = Vec::with_capacity(size);
        out.resize(head, f32::NAN);
        out.extend(args.values[head..].iter().zip(args.values).map(|(now, then)| now - then));
        Ok(out)
    }

    fn examples(&self) -> Vec<TransformExample> {
        const NAN: f32 = f32::NAN;
        vec![TransformExample {
            title: "two units; a gap is missing twice",
            settings: "{}",
            units: &[1, 2],
            groups: &[],
            input: &[1.0, 10.0, 4.0, NAN, 2.0, 30.0, 2.0, 31.0],
            expect: &[NAN, NAN, 3.0, NAN, -2.0, NAN, 0.0, 1.0],
        }]
    }
}
