//! The field: the forecast of all units for one target period.

use forewarn_kernels::sort;

use crate::{Error, Period, Result, Step, Units};

/// A forecast for one target period: units x draws, draws contiguous.
///
/// The atom that is streamed, stored and scored. A point forecast has one value a unit and says so; a
/// unit that cannot be forecast is NaN in every draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Last period that was known.
    pub origin: Period,
    /// Periods after the origin.
    pub step: Step,
    units: Units,
    draws: Option<usize>,
    values: Vec<f32>,
}

impl Field {
    /// A point forecast: one value a unit.
    ///
    /// # Errors
    /// [`Error::Data`] when the sizes differ or a value is infinite.
    pub fn point(origin: Period, step: Step, units: Units, values: Vec<f32>) -> Result<Self> {
        Self::checked(Self { origin, step, units, draws: None, values })
    }

    /// A predictive distribution: `draws` values a unit, the draws of a unit contiguous.
    ///
    /// # Errors
    /// [`Error::Data`] when the sizes differ, there are no draws, a value is infinite, or only some draws of a unit
    /// are missing.
    pub fn draws(origin: Period, step: Step, units: Units, draws: usize, values: Vec<f32>) -> Result<Self> {
        if draws == 0 {
            return Err(Error::data("a distribution needs at least one draw"));
        }
        Self::checked(Self { origin, step, units, draws: Some(draws), values })
    }

    fn checked(field: Self) -> Result<Self> {
        let size = field.units.len() * field.width();
        if field.values.len() != size {
            return Err(Error::data(format!(
                "{} values for {} units x {} draws",
                field.values.len(),
                field.units.len(),
                field.width()
            )));
        }
        for (unit, row) in field.units.iter().zip(field.rows()) {
            let missing = row[0].is_nan();
            // One look at each value for both checks, without a branch, so that values are looked at side by side.
            if row.iter().fold(false, |wrong, v| wrong | v.is_infinite() | (v.is_nan() != missing)) {
                let infinite = row.iter().any(|v| v.is_infinite());
                let what = if infinite {
                    "the forecast is infinite"
                } else {
                    "some draws are missing, others are not"
                };
                return Err(Error::data(format!("unit {unit}, step {}: {what}", field.step)));
            }
        }
        Ok(field)
    }

    /// Some of its rows, in the order of `rows`, which are places of its units.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let width = self.width();
        let mut values = Vec::with_capacity(rows.len() * width);
        for row in rows {
            values.extend_from_slice(&self.values[row * width..(row + 1) * width]);
        }
        let units = rows.iter().map(|&row| self.units[row]).collect();
        Self { origin: self.origin, step: self.step, units, draws: self.draws, values }
    }

    /// Target period: origin + step.
    pub fn target(&self) -> Period {
        self.origin + self.step
    }

    /// Row labels.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// Whether it was declared a point forecast.
    pub fn is_point(&self) -> bool {
        self.draws.is_none()
    }

    /// Values a unit: 1 for a point forecast.
    pub fn width(&self) -> usize {
        self.draws.unwrap_or(1)
    }

    /// All values, units x draws.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The same, without a copy.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// The rows, one a unit.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.width())
    }

    /// The same forecast with the draws of every unit ascending (order of draws does not matter to a score).
    #[must_use]
    pub fn sorted(mut self) -> Self {
        let width = self.width();
        sort::rows(&mut self.values, width);
        self
    }

    /// Expected value of every unit (NaN where there is no forecast).
    pub fn means(&self) -> Vec<f32> {
        let mean = |row: &[f32]| {
            let sum: f64 = row.iter().map(|&v| f64::from(v)).sum();
            (sum / row.len() as f64) as f32
        };
        self.rows().map(mean).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;

    fn units() -> Units {
        [Unit(1), Unit(2)].into()
    }

    #[test]
    fn a_point_forecast_is_declared_not_guessed() {
        let point = Field::point(Period(5), Step(2), units(), vec![1.0, 2.0]).unwrap();
        let draws = Field::draws(Period(5), Step(2), units(), 1, vec![1.0, 2.0]).unwrap();
        assert!(point.is_point() && !draws.is_point() && point != draws);
        assert_eq!((point.target(), point.width(), draws.width()), (Period(7), 1, 1));
    }

    #[test]
    fn shapes_and_infinities_are_refused() {
        let bad = Field::draws(Period(5), Step(2), units(), 2, vec![1.0; 3]).unwrap_err();
        assert_eq!(bad.to_string(), "data: 3 values for 2 units x 2 draws");
        let inf =
            Field::draws(Period(5), Step(2), units(), 2, vec![1.0, 1.0, f32::INFINITY, 1.0]).unwrap_err();
        assert!(inf.to_string().contains("unit 2, step 2: the forecast is infinite"));
        let half = Field::draws(Period(5), Step(2), units(), 2, vec![1.0, 1.0, f32::NAN, 1.0]).unwrap_err();
        assert!(half.to_string().contains("unit 2, step 2: some draws are missing"));
        assert!(Field::draws(Period(5), Step(2), units(), 2, vec![1.0, 1.0, f32::NAN, -f32::NAN]).is_ok());
        assert!(Field::draws(Period(5), Step(2), units(), 0, vec![]).is_err());
    }

    #[test]
    fn selected_rows_keep_their_units_and_draws() {
        let f = Field::draws(Period(5), Step(2), units(), 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let expected = [Unit(2), Unit(1)].into();
        let expected = Field::draws(Period(5), Step(2), expected, 2, vec![3.0, 4.0, 1.0, 2.0]).unwrap();
        assert_eq!(f.select(&[1, 0]), expected);
        let point = Field::point(Period(5), Step(2), units(), vec![1.0, 2.0]).unwrap().select(&[1]);
        assert!(point.is_point() && point.values() == [2.0]);
    }

    #[test]
    fn sorting_keeps_rows_apart_and_means_are_in_double() {
        let f =
            Field::draws(Period(5), Step(2), units(), 2, vec![3.0, 1.0, 16_777_216.0, 2.0]).unwrap().sorted();
        assert_eq!(f.values(), [1.0, 3.0, 2.0, 16_777_216.0]);
        assert_eq!(f.means(), [2.0, 8_388_609.0]);
    }
}
