//! Values that cannot be, or never were.

use forewarn_core::prelude::*;

use crate::newest::Rows;

forewarn_core::entry!(InputCheck: Range as "range", check);

/// Values of the newest period that are below the bound, or far above everything before.
///
/// Two readings a column: how many values are below `least` (0 for a column that never was below), limit 1; and the greatest value in multiples
/// of the greatest one in all periods before, which may be at most `multiple` (1 is a new record). Facts, without
/// chance: of `n` periods of values whose tail falls as `1 / x`, the newest is 5 times the record of the others in one of
/// `5 n` cases.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Range {
    /// Least possible value, in the unit of the column; when absent it is 0 for columns that never were below 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<f32>,
    /// From which multiple of the record on a value is not believed, above 1.
    pub multiple: f64,
}

impl Default for Range {
    fn default() -> Self {
        Self { least: None, multiple: 5.0 }
    }
}

impl Range {
    fn check(self) -> Result<Self> {
        if self.multiple > 1.0 {
            return Ok(self);
        }
        Err(Error::config("range", format!("`multiple` is {}; it must be above 1", self.multiple)))
    }

    fn below(&self, rows: Rows<'_>) -> Option<Reading> {
        let never_below = || (0..rows.last()).all(|i| !rows.row(i).iter().any(|v| *v < 0.0));
        let least = self.least.or_else(|| never_below().then_some(0.0))?;
        let places = rows.places(|v| v < least);
        let message = format!("{} values of {} are below {least}", places.len(), rows.now());
        let subject = format!("{}, least", rows.name);
        Some(Reading::fact(subject, places.len() as f64, 1.0, message).at(rows.units(places)))
    }

    fn above(&self, rows: Rows<'_>) -> Reading {
        let greatest = |values: &[f32]| values.iter().copied().fold(f32::NAN, f32::max);
        let subject = format!("{}, greatest", rows.name);
        let record = (0..rows.last()).map(|i| greatest(rows.row(i))).fold(f32::NAN, f32::max);
        let now = greatest(rows.newest());
        if now.is_nan() || record.is_nan() || record <= 0.0 {
            return Reading::unknown(subject, format!("{} or all before it has no value above 0", rows.now()));
        }
        let places = rows.places(|v| v > record);
        let message = format!("the greatest value of {} is {now}, of all periods before {record}", rows.now());
        let effect = f64::from(now.max(0.0)) / f64::from(record);
        Reading::fact(subject, effect, self.multiple, message).at(rows.units(places))
    }
}

impl InputCheck for Range {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        let mut readings = Vec::new();
        for rows in Rows::all(args)? {
            readings.extend(self.below(rows));
            readings.push(self.above(rows));
        }
        Ok(readings)
    }
}
