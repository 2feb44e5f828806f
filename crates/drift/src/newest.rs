//! A column of a panel, row by row: one row is the values of all units in one period.

use forewarn_core::prelude::*;

/// A column of what came in.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// Its name.
    pub name: &'a str,
    units: &'a Units,
    axis: Axis,
    values: &'a [f32],
}

impl<'a> Rows<'a> {
    /// The columns to look at.
    pub(crate) fn all(args: &InputArgs<'a>) -> Result<Vec<Self>> {
        let panel = args.panel;
        args.columns.iter().map(|name| Self::of(panel, name)).collect()
    }

    /// One column of a panel.
    pub(crate) fn of(panel: &'a Panel, name: &'a str) -> Result<Self> {
        let values = panel.column(name)?.values();
        Ok(Self { name, units: panel.units(), axis: panel.axis(), values })
    }

    /// How many periods there are.
    pub(crate) fn len(self) -> usize {
        self.axis.len
    }

    /// Position of the newest period.
    pub(crate) fn last(self) -> usize {
        self.axis.len - 1
    }

    /// The values of one period.
    pub(crate) fn row(self, i: usize) -> &'a [f32] {
        &self.values[i * self.units.len()..][..self.units.len()]
    }

    /// The values of some periods, one after the other.
    pub(crate) fn span(self, periods: std::ops::Range<usize>) -> &'a [f32] {
        &self.values[periods.start * self.units.len()..periods.end * self.units.len()]
    }

    /// The values of the newest period.
    pub(crate) fn newest(self) -> &'a [f32] {
        self.row(self.last())
    }

    /// What a period is called.
    pub(crate) fn label(self, i: usize) -> String {
        self.axis.cadence.label(self.axis.period(i))
    }

    /// What the newest period is called.
    pub(crate) fn now(self) -> String {
        self.label(self.last())
    }

    /// The units at some positions.
    pub(crate) fn units(self, rows: impl IntoIterator<Item = usize>) -> impl Iterator<Item = Unit> {
        rows.into_iter().map(|row| self.units[row])
    }

    /// Positions of the values of the newest period that are as asked.
    pub(crate) fn places(self, is: impl Fn(f32) -> bool) -> Vec<usize> {
        self.newest().iter().enumerate().filter(|(_, v)| is(**v)).map(|(i, _)| i).collect()
    }
}

/// What is counted of a row.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RowCounts {
    /// Values that are there.
    pub present: u64,
    /// Values above zero.
    pub active: u64,
    /// Sum of the logarithms of the values above zero.
    pub logs: f64,
    /// Sum of their squares.
    pub squares: f64,
}

impl RowCounts {
    /// Counts the values at some positions, or all of them.
    pub(crate) fn of<'v>(values: impl IntoIterator<Item = &'v f32>) -> Self {
        let mut counts = Self::default();
        for v in values {
            counts.present += u64::from(!v.is_nan());
            if *v > 0.0 {
                let log = f64::from(*v).ln();
                counts.active += 1;
                counts.logs += log;
                counts.squares += log * log;
            }
        }
        counts
    }

    /// All of both.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            present: self.present + other.present,
            active: self.active + other.active,
            logs: self.logs + other.logs,
            squares: self.squares + other.squares,
        }
    }

    /// Mean logarithm of the values above zero; NaN without any.
    pub(crate) fn mean_log(self) -> f64 {
        self.logs / self.active as f64
    }

    /// Sample variance of the logarithms; NaN with fewer than two.
    pub(crate) fn variance(self) -> f64 {
        let n = self.active as f64;
        (self.squares - self.logs * self.logs / n).max(0.0) / (n - 1.0)
    }

    /// Share of the present values that are above zero; NaN without any.
    pub(crate) fn share(self) -> f64 {
        self.active as f64 / self.present as f64
    }
}
