//! The observations as the reference sees them.

use std::ops::Range;

use forewarn_core::prelude::*;

/// What stands where a unit does not exist.
pub(super) const NONE: f64 = f64::NEG_INFINITY;

/// Values by period, unit and feature; NaN where missing, [`NONE`] where the unit does not exist.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub units: usize,
    pub features: usize,
    pub values: Vec<f64>,
}

impl Tensor {
    /// Columns of a panel. A unit exists from the first period with a value of its own: of any column when the
    /// columns are one row (`rows`), as in the reference's tables, else of each column by itself.
    pub(super) fn of(panel: &Panel, columns: &[String], rows: bool) -> Result<Self> {
        let columns = columns.iter().map(|name| Ok(panel.column(name)?.values())).collect::<Result<Vec<_>>>()?;
        let (units, features) = (panel.units().len(), columns.len());
        let mut begun = vec![false; units * features];
        let mut values = Vec::with_capacity(panel.axis().len * begun.len());
        for period in 0..panel.axis().len {
            for unit in 0..units {
                let row = columns.iter().map(|column| column[period * units + unit]);
                let begun = &mut begun[unit * features..(unit + 1) * features];
                let any = rows && row.clone().any(|v| !v.is_nan());
                for (begun, value) in begun.iter_mut().zip(row) {
                    *begun |= any || !value.is_nan();
                    values.push(if *begun { f64::from(value) } else { NONE });
                }
            }
        }
        Ok(Self { units, features, values })
    }

    pub(super) fn periods(&self) -> usize {
        self.values.len() / (self.units * self.features).max(1)
    }

    /// The values of all features of a unit in a period, period by period.
    pub(super) fn rows(&self, periods: Range<usize>) -> impl Iterator<Item = &[f64]> {
        let size = self.units * self.features;
        self.values[periods.start * size..periods.end * size].chunks_exact(self.features)
    }

    /// The values of one feature.
    pub(super) fn feature(&self, feature: usize, periods: Range<usize>) -> impl Iterator<Item = f64> {
        self.rows(periods).map(move |row| row[feature])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_exists_from_its_first_value_on() {
        let axis = Axis::between(Cadence::Month, Period(1), Period(3));
        let mut panel = Panel::new(axis, [Unit(1), Unit(2)].into()).unwrap();
        let nan = f32::NAN;
        panel.push("a", vec![nan, nan, 5.0, nan, nan, nan]).unwrap();
        panel.push("b", vec![nan, nan, 1.0, nan, 2.0, 3.0]).unwrap();
        let text = |rows| {
            let tensor = Tensor::of(&panel, &["b".to_owned(), "a".to_owned()], rows).unwrap();
            assert_eq!((tensor.periods(), tensor.units, tensor.features), (3, 2, 2));
            format!("{:?}", tensor.values)
        };
        assert_eq!(text(false), "[-inf, -inf, -inf, -inf, 1.0, 5.0, -inf, -inf, 2.0, NaN, 3.0, -inf]");
        assert_eq!(text(true), "[-inf, -inf, -inf, -inf, 1.0, 5.0, -inf, -inf, 2.0, NaN, 3.0, NaN]");
        assert!(Tensor::of(&panel, &["c".to_owned()], true).is_err());
    }
}
