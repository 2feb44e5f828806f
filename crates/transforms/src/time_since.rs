//! Periods since the last event.

use forewarn_core::prelude::*;

use crate::Compat;

forewarn_core::entry!(Transform: TimeSince as "time-since");

/// Periods since the value last differed from `value`: 0 in a period with an event, 1 in the next, and so on; the
/// reference calls it `temporal.time_since`.
///
/// Where no event has been seen yet, time counts from the unit's first observation (1 there): a lower bound.
///
/// Missing: a period that was not observed is missing, and time goes on through it; an event in the gap is not
/// known of. The reference looks at the previous period, so that the newest month (the outbreak itself) is not in
/// the feature, and stops its clock in gaps; `compat = "views"` reproduces both.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimeSince {
    /// The value of «no event».
    pub value: f32,
    /// `views` looks at the previous period and does not count gaps.
    pub compat: Compat,
}

impl Transform for TimeSince {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        let n = args.units.len();
        let mut out = vec![f32::NAN; args.values.len()];
        if self.compat.views() {
            let lagged = out.chunks_exact_mut(n).skip(1);
            self.count_observed(args.fields().zip(lagged), n);
        } else {
            self.count_elapsed(args.fields().zip(out.chunks_exact_mut(n)), n);
        }
        Ok(out)
    }

    fn examples(&self) -> Vec<TransformExample> {
        const NAN: f32 = f32::NAN;
        vec![
            TransformExample {
                title: "an event resets the clock; a gap does not stop it",
                settings: "{}",
                units: &[1],
                groups: &[],
                input: &[NAN, 0.0, 0.0, 7.0, 0.0, NAN, 0.0],
                expect: &[NAN, 1.0, 2.0, 0.0, 1.0, NAN, 3.0],
            },
            TransformExample {
                title: "the reference is a period late and leaves gaps out",
                settings: r#"{"compat": "views"}"#,
                units: &[1],
                groups: &[],
                input: &[0.0, 0.0, 7.0, 0.0, NAN, 0.0, 0.0],
                expect: &[NAN, 1.0, 2.0, 0.0, 1.0, NAN, 2.0],
            },
        ]
    }
}

impl TimeSince {
    /// Time goes on where nothing was observed.
    fn count_elapsed<'a>(&self, fields: impl Iterator<Item = (&'a [f32], &'a mut [f32])>, units: usize) {
        let mut since = vec![f32::NAN; units];
        for (field, out) in fields {
            for ((&x, since), y) in field.iter().zip(&mut since).zip(out) {
                // A clock that never ran is NaN: it starts with the first observation, not with a gap.
                let next = if x.is_nan() { *since } else { since.max(0.0) } + 1.0;
                *since = if x.is_nan() || x == self.value { next } else { 0.0 };
                *y = if x.is_nan() { f32::NAN } else { *since };
            }
        }
    }

    /// Time stands still where nothing was observed.
    fn count_observed<'a>(&self, fields: impl Iterator<Item = (&'a [f32], &'a mut [f32])>, units: usize) {
        let mut since = vec![0.0_f32; units];
        for (field, out) in fields {
            for ((&x, since), y) in field.iter().zip(&mut since).zip(out) {
                let next = if x == self.value { *since + 1.0 } else { 0.0 };
                *since = if x.is_nan() { *since } else { next };
                *y = if x.is_nan() { f32::NAN } else { *since };
            }
        }
    }
}
