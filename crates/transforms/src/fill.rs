//! The last observed value of the unit in place of what is missing.

use forewarn_core::prelude::*;

use crate::Compat;

forewarn_core::entry!(Transform: Fill as "fill");

/// The last observed value of the unit in place of what is missing; the reference calls it `missing.fill`.
///
/// Missing: carried forward within the unit, over gaps of any length; what comes before the unit's first
/// observation stays missing. The reference then also carries the first observation backward, so that a value of
/// 2010 is known in 1990: a leak of the future, which `compat = "views"` reproduces.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fill {
    /// `views` also fills backward, from the future.
    pub compat: Compat,
}

impl Transform for Fill {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        let n = args.units.len();
        let mut out = args.values.to_vec();
        carry(out.chunks_exact_mut(n), n);
        if self.compat.views() {
            carry(out.chunks_exact_mut(n).rev(), n);
        }
        Ok(out)
    }

    fn examples(&self) -> Vec<TransformExample> {
        const NAN: f32 = f32::NAN;
        vec![
            TransformExample {
                title: "the last value holds until the next; before the first nothing is known",
                settings: "{}",
                units: &[1],
                groups: &[],
                input: &[NAN, 3.0, NAN, NAN, 5.0, NAN],
                expect: &[NAN, 3.0, 3.0, 3.0, 5.0, 5.0],
            },
            TransformExample {
                title: "the reference also fills from the future",
                settings: r#"{"compat": "views"}"#,
                units: &[1],
                groups: &[],
                input: &[NAN, 3.0, NAN, 5.0],
                expect: &[3.0, 3.0, 3.0, 5.0],
            },
        ]
    }
}

/// Carries each unit's last value over what is missing, in the order of the fields.
fn carry<'a>(fields: impl Iterator<Item = &'a mut [f32]>, units: usize) {
    let mut last = vec![f32::NAN; units];
    for field in fields {
        for (x, last) in field.iter_mut().zip(&mut last) {
            *last = if x.is_nan() { *last } else { *x };
            *x = *last;
        }
    }
}
