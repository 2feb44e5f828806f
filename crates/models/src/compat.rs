//! Whose behaviour a baseline shows where the reference system's differs.

use std::collections::BTreeMap;

use forewarn_core::prelude::*;

/// Whose behaviour a baseline shows where the reference system's differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compat {
    /// Every forecast starts from what is known at its own origin.
    #[default]
    None,
    /// That of `views_baseline` 1.0.2, to compare with old numbers: every forecast starts from the end of training,
    /// however late its origin; a window counts observed periods, and a unit that was not observed at the end of training
    /// has no forecast.
    Views,
}

/// One number a unit, kept from the end of training; NaN as `None`.
pub(crate) type Kept = BTreeMap<u32, Option<f32>>;

/// What `of` makes of the last `window` observed values, oldest first, of each unit seen at the end of training.
pub(crate) fn keep(args: &FitArgs<'_>, window: usize, of: impl Fn(&[f32]) -> f32) -> Result<Kept> {
    let (column, units) = (args.history.column(args.target)?, args.history.units());
    let last = &column[column.len() - units.len()..];
    let mut kept = Kept::new();
    for (i, unit) in units.iter().enumerate() {
        let series = column.iter().skip(i).step_by(units.len());
        let mut values: Vec<f32> = series.rev().filter(|v| !v.is_nan()).take(window).copied().collect();
        values.reverse();
        kept.insert(unit.0, (!last[i].is_nan()).then(|| of(&values)));
    }
    Ok(kept)
}

/// The point forecast of what was kept.
///
/// # Errors
/// [`Error::Data`] for a unit that was not there at training.
pub(crate) fn forecast(kept: &Kept, args: &PredictArgs<'_>) -> Result<Field> {
    let value = |unit: &Unit| match kept.get(&unit.0) {
        Some(value) => Ok(value.unwrap_or(f32::NAN)),
        None => Err(Error::data(format!("unit {unit} was not there when the model was fitted"))),
    };
    let values = args.history.units().iter().map(value).collect::<Result<Vec<f32>>>()?;
    Field::point(args.history.origin(), args.step, args.history.units().clone(), values)
}

/// Three units over eight periods, as in the reference's fixture: training ends in period 7, where unit 20 is missing.
#[cfg(test)]
pub(crate) fn fixture() -> Panel {
    let none = f32::NAN;
    let rows = [
        [2.0, 4.0, 0.0],
        [8.0, 10.0, 6.0],
        [14.0, 16.0, 12.0],
        [20.0, 22.0, 18.0],
        [26.0, 28.0, 24.0],
        [32.0, 34.0, 30.0],
        [38.0, none, 36.0],
        [44.0, 46.0, 42.0],
    ];
    let axis = Axis::between(Cadence::Month, Period(1), Period(8));
    let mut panel = Panel::new(axis, [Unit(10), Unit(20), Unit(30)].into()).unwrap();
    panel.push("y", rows.concat()).unwrap();
    panel
}
