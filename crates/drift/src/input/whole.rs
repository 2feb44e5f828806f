//! Whether counts are counts.

use forewarn_core::prelude::*;

use crate::newest::{RowCounts, Rows};

forewarn_core::entry!(InputCheck: Whole as "whole", check);

/// Counts that are not whole numbers, or that are all multiples of one number: both tell of a factor.
///
/// Two readings a column of counts, which is one whose periods before are whole: how many values of the newest period
/// have a fraction (limit 1), and the greatest common divisor of its values above zero (limit 2), when at least
/// `units` are above zero and the values before have no common divisor. Facts, without chance: that twelve counts of
/// which every third is odd are all even has a probability of 0.8 %.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Whole {
    /// How many units must be above zero for a common divisor to be strange.
    pub units: u64,
}

impl Default for Whole {
    fn default() -> Self {
        Self { units: 12 }
    }
}

/// How many periods before the newest say what is usual.
const BEFORE: usize = 24;

impl Whole {
    fn check(self) -> Result<Self> {
        if self.units > 1 {
            return Ok(self);
        }
        Err(Error::config("whole", "`units` must be at least 2: a single value is its own divisor"))
    }

    fn fractions(rows: Rows<'_>) -> Reading {
        let places = rows.places(|v| v.fract() != 0.0 && !v.is_nan());
        let message = format!("{} values of {} are not whole numbers", places.len(), rows.now());
        let subject = format!("{}, fractions", rows.name);
        Reading::fact(subject, places.len() as f64, 1.0, message).at(rows.units(places))
    }

    fn divisor(&self, rows: Rows<'_>) -> Reading {
        let divisor = divisor(rows.newest());
        let active = RowCounts::of(rows.newest()).active;
        // Too few values have a common divisor by chance: that is no effect.
        let effect = if active < self.units { 1 } else { divisor.max(1) };
        let message = format!(
            "the greatest common divisor of the {active} values above zero of {} is {divisor}",
            rows.now()
        );
        Reading::fact(format!("{}, divisor", rows.name), effect as f64, 2.0, message)
    }
}

/// Greatest common divisor of the whole numbers above zero; 0 without any.
fn divisor(values: &[f32]) -> u64 {
    let mut all = 0_u64;
    for v in values.iter().filter(|v| **v > 0.0 && v.fract() == 0.0) {
        let (mut a, mut b) = (all, *v as u64);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        all = a;
        if all == 1 {
            break;
        }
    }
    all
}

impl InputCheck for Whole {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        let mut readings = Vec::new();
        for rows in Rows::all(args)? {
            let before = rows.last().saturating_sub(BEFORE)..rows.last();
            let whole = |v: &f32| v.is_nan() || v.fract() == 0.0;
            if before.clone().all(|i| rows.row(i).iter().all(whole)) {
                readings.push(Self::fractions(rows));
            }
            if before.clone().any(|i| divisor(rows.row(i)) == 1) {
                readings.push(self.divisor(rows));
            }
        }
        Ok(readings)
    }
}
