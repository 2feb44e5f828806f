//! The panel: what was observed, by feature, period and unit.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Cadence, Error, Period, Result, Unit};

/// Row labels shared by everything that is about the same units, ascending.
pub type Units = Arc<[Unit]>;

/// The periods of a panel: `len` of them from `first` on, none left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// How often.
    pub cadence: Cadence,
    /// The first period.
    pub first: Period,
    /// How many periods.
    pub len: usize,
}

impl Axis {
    /// All periods from `first` to `last`, both included.
    pub fn between(cadence: Cadence, first: Period, last: Period) -> Self {
        Self { cadence, first, len: usize::try_from(last.0 - first.0 + 1).unwrap_or(0) }
    }

    /// The last period.
    pub fn last(&self) -> Period {
        Period(self.first.0 + self.len as i32 - 1)
    }

    /// Position of `period`, if it is on the axis.
    pub fn index(&self, period: Period) -> Option<usize> {
        usize::try_from(period.0 - self.first.0).ok().filter(|&i| i < self.len)
    }

    /// The period at `index`.
    pub fn period(&self, index: usize) -> Period {
        Period(self.first.0 + index as i32)
    }
}

/// One feature: values on periods x units, units contiguous.
///
/// A value that was not observed is NaN. That is the presence mask: it cannot fall out of step with the
/// values, and arithmetic on what is missing stays missing instead of becoming zero (`docs/adr/0003`).
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Unique in its panel.
    pub name: String,
    values: Vec<f32>,
}

impl Column {
    /// Values on periods x units; NaN is «not observed».
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// How many values are present.
    pub fn present(&self) -> usize {
        self.values.iter().filter(|v| !v.is_nan()).count()
    }
}

/// Observations: features x periods x units, with «not observed» told from zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    axis: Axis,
    units: Units,
    columns: Vec<Column>,
}

impl Panel {
    /// A panel without columns.
    ///
    /// # Errors
    /// [`Error::Data`] when there is no unit, no period, or the units do not ascend.
    pub fn new(axis: Axis, units: Units) -> Result<Self> {
        if units.is_empty() || axis.len == 0 {
            return Err(Error::data(format!("a panel of {} units and {} periods", units.len(), axis.len)));
        }
        if let Some((a, b)) = units.iter().zip(&units[1..]).find(|(a, b)| a >= b) {
            return Err(Error::data(format!("units must ascend, {a} is followed by {b}")));
        }
        Ok(Self { axis, units, columns: Vec::new() })
    }

    /// Adds a column: periods x units, NaN where nothing was observed.
    ///
    /// # Errors
    /// [`Error::Data`] when the size is wrong, the name taken, or a value infinite.
    pub fn push(&mut self, name: impl Into<String>, values: Vec<f32>) -> Result<()> {
        let name = name.into();
        let size = self.axis.len * self.units.len();
        if values.len() != size {
            return Err(Error::data(format!(
                "column `{name}` has {} values, the panel {size}",
                values.len()
            )));
        }
        if self.columns.iter().any(|c| c.name == name) {
            return Err(Error::data(format!("two columns are called `{name}`")));
        }
        if let Some(i) = values.iter().position(|v| v.is_infinite()) {
            let period = self.axis.cadence.label(self.axis.period(i / self.units.len()));
            let unit = self.units[i % self.units.len()];
            return Err(Error::data(format!(
                "column `{name}`, unit {unit}, {period}: the value is infinite"
            )));
        }
        self.columns.push(Column { name, values });
        Ok(())
    }

    /// Its periods.
    pub fn axis(&self) -> Axis {
        self.axis
    }

    /// Its units, ascending.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// Its columns, in the order they were added.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column called `name`.
    ///
    /// # Errors
    /// [`Error::Data`] that lists the columns there are.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.columns.iter().find(|c| c.name == name).ok_or_else(|| {
            let names: Vec<_> = self.columns.iter().map(|c| c.name.as_str()).collect();
            Error::data(format!("no column `{name}`; there are: {}", names.join(", ")))
        })
    }

    /// The values of all units in one period.
    ///
    /// # Errors
    /// [`Error::Data`] when the column or the period does not exist.
    pub fn field(&self, column: &str, period: Period) -> Result<&[f32]> {
        let i = self.axis.index(period).ok_or_else(|| self.outside(period))?;
        let n = self.units.len();
        Ok(&self.column(column)?.values[i * n..(i + 1) * n])
    }

    /// Gives unit `i` the value of unit `order[i]` in one period of one column.
    ///
    /// # Errors
    /// [`Error::Data`] when the column or the period does not exist, or `order` is not one unit of the panel a unit.
    pub fn rearrange(&mut self, column: &str, period: Period, order: &[u32]) -> Result<()> {
        let old = self.field(column, period)?.to_vec();
        if order.len() != old.len() || order.iter().any(|&u| u as usize >= old.len()) {
            return Err(Error::data(format!("an order of {} for {} units", order.len(), old.len())));
        }
        let start = (period.0 - self.axis.first.0) as usize * old.len();
        for c in self.columns.iter_mut().filter(|c| c.name == column) {
            for (value, &u) in c.values[start..start + old.len()].iter_mut().zip(order) {
                *value = old[u as usize];
            }
        }
        Ok(())
    }

    /// Drops the periods after `last`.
    ///
    /// # Errors
    /// [`Error::Data`] when `last` is not on the axis.
    pub fn cut(&mut self, last: Period) -> Result<()> {
        let i = self.axis.index(last).ok_or_else(|| self.outside(last))?;
        self.axis.len = i + 1;
        let size = self.axis.len * self.units.len();
        self.columns.iter_mut().for_each(|column| column.values.truncate(size));
        Ok(())
    }

    /// What could be known at the end of `origin`.
    ///
    /// # Errors
    /// [`Error::Data`] when `origin` is not on the axis.
    pub fn until(&self, origin: Period) -> Result<History<'_>> {
        self.axis
            .index(origin)
            .map(|i| History { panel: self, len: i + 1 })
            .ok_or_else(|| self.outside(origin))
    }

    fn outside(&self, period: Period) -> Error {
        let label = |p| self.axis.cadence.label(p);
        let (first, last) = (label(self.axis.first), label(self.axis.last()));
        Error::data(format!("{} is outside the panel ({first} to {last})", label(period)))
    }
}

/// A panel up to an origin: later values cannot be reached through it.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    panel: &'a Panel,
    len: usize,
}

impl<'a> History<'a> {
    /// The last period that can be seen.
    pub fn origin(&self) -> Period {
        self.panel.axis.period(self.len - 1)
    }

    /// The periods that can be seen.
    pub fn axis(&self) -> Axis {
        Axis { len: self.len, ..self.panel.axis }
    }

    /// Row labels.
    pub fn units(&self) -> &'a Units {
        &self.panel.units
    }

    /// What could be known at the end of an earlier `origin`.
    ///
    /// # Errors
    /// [`Error::Data`] when `origin` is not among the visible periods.
    pub fn until(&self, origin: Period) -> Result<Self> {
        if origin > self.origin() {
            let label = |p| self.panel.axis.cadence.label(p);
            return Err(Error::data(format!("{} is after {}", label(origin), label(self.origin()))));
        }
        self.panel.until(origin)
    }

    /// Names of the columns, in order.
    pub fn names(&self) -> Vec<String> {
        self.panel.columns.iter().map(|c| c.name.clone()).collect()
    }

    /// A column on the visible periods x units.
    ///
    /// # Errors
    /// [`Error::Data`] when there is no such column.
    pub fn column(&self, name: &str) -> Result<&'a [f32]> {
        Ok(&self.panel.column(name)?.values[..self.len * self.panel.units.len()])
    }

    /// The last `periods` fields of a column (fewer when history is shorter), oldest first.
    ///
    /// # Errors
    /// [`Error::Data`] when there is no such column.
    pub fn recent(&self, name: &str, periods: usize) -> Result<&'a [f32]> {
        let n = self.panel.units.len();
        Ok(&self.column(name)?[self.len.saturating_sub(periods) * n..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> Panel {
        let axis = Axis::between(Cadence::Month, Period(10), Period(12));
        let mut panel = Panel::new(axis, [Unit(3), Unit(5)].into()).unwrap();
        panel.push("deaths", vec![0.0, 1.0, f32::NAN, 2.0, 4.0, 0.0]).unwrap();
        panel
    }

    #[test]
    fn missing_is_not_zero() {
        let p = panel();
        assert_eq!(p.column("deaths").unwrap().present(), 5);
        let second = p.field("deaths", Period(11)).unwrap();
        assert!(second[0].is_nan() && second[1] == 2.0);
    }

    #[test]
    fn history_ends_at_its_origin() {
        let p = panel();
        let h = p.until(Period(11)).unwrap();
        assert_eq!((h.origin(), h.axis().len), (Period(11), 2));
        assert_eq!(h.column("deaths").unwrap().len(), 4);
        assert_eq!(h.recent("deaths", 1).unwrap()[1], 2.0);
        assert_eq!(h.recent("deaths", 99).unwrap().len(), 4);
        assert_eq!(h.until(Period(10)).unwrap().axis().len, 1);
        assert!(h.until(Period(12)).unwrap_err().to_string().contains("1980-12 is after 1980-11"));
        assert!(p.until(Period(13)).unwrap_err().to_string().contains("1980-10 to 1980-12"));
    }

    #[test]
    fn bad_columns_are_named() {
        let mut p = panel();
        let wrong = |e: Result<()>| e.unwrap_err().to_string();
        assert!(wrong(p.push("x", vec![0.0])).contains("`x` has 1 values, the panel 6"));
        assert!(wrong(p.push("deaths", vec![0.0; 6])).contains("two columns"));
        let infinite = vec![0.0, 0.0, 0.0, f32::INFINITY, 0.0, 0.0];
        assert!(wrong(p.push("y", infinite)).contains("unit 5, 1980-11"));
        assert!(p.column("z").unwrap_err().to_string().contains("there are: deaths"));
        assert!(Panel::new(p.axis(), [Unit(5), Unit(3)].into()).is_err());
        assert!(Panel::new(p.axis(), [].into()).is_err());
    }

    #[test]
    fn one_period_of_one_column_is_rearranged() {
        let axis = Axis::between(Cadence::Month, Period(1), Period(2));
        let mut panel = Panel::new(axis, [Unit(1), Unit(2), Unit(3)].into()).unwrap();
        panel.push("a", vec![1.0, 2.0, 3.0, 4.0, 5.0, f32::NAN]).unwrap();
        panel.push("b", vec![0.0; 6]).unwrap();
        panel.rearrange("a", Period(2), &[2, 0, 1]).unwrap();
        let values = panel.column("a").unwrap().values();
        assert!(values[..3] == [1.0, 2.0, 3.0] && values[3].is_nan() && values[4..] == [4.0, 5.0]);
        assert_eq!(panel.column("b").unwrap().values(), [0.0; 6]);
        assert!(panel.rearrange("a", Period(2), &[0, 1]).is_err(), "too short");
        assert!(panel.rearrange("a", Period(2), &[0, 1, 3]).is_err(), "no such unit");
        assert!(
            panel.rearrange("c", Period(2), &[0, 1, 2]).is_err()
                && panel.rearrange("a", Period(3), &[0, 1, 2]).is_err()
        );
    }
}
