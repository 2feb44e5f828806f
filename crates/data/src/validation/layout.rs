//! Where each record belongs: units x periods, with duplicates, strangers and impossible values put aside.

use std::collections::BTreeMap;

use forewarn_core::{Axis, Cell, Panel, Unit, Units};

use crate::finding::{Finding, Severity};
use crate::geography::{self, Region};
use crate::records::{Records, Rejected};
use crate::text::first_few;
use crate::{Error, Result};

/// What is known of a unit and period.
pub(super) const EMPTY: u32 = u32::MAX;
/// A record was there but cannot be believed: the value is missing, even where absent means zero.
pub(super) const BROKEN: u32 = u32::MAX - 1;

/// Where the records of a panel are.
pub(super) struct Layout<'a> {
    records: &'a Records,
    /// Whether values are counts.
    counts: bool,
    /// Periods x units: the position of a record, [`EMPTY`] or [`BROKEN`].
    pub(super) slots: Vec<u32>,
    /// Slots that more than one row speaks of, and the later records; `None` is a row that cannot be believed.
    contested: Vec<(usize, Option<usize>)>,
    /// Records without a slot.
    pub(super) rejected: Vec<Rejected>,
    /// How many records are about each cell outside the region.
    outside: BTreeMap<i64, u64>,
    /// The region, if the units are those of one.
    region: Option<Region>,
}

impl<'a> Layout<'a> {
    /// Finds the place of each record.
    pub(super) fn new(records: &'a Records, axis: Axis, units: &Units, counts: bool) -> Self {
        let named = [Region::AfricaMiddleEast, Region::Land];
        let mut layout = Self {
            records,
            counts,
            slots: vec![EMPTY; axis.len * units.len()],
            contested: Vec::new(),
            rejected: Vec::new(),
            outside: BTreeMap::new(),
            region: named.into_iter().find(|&r| geography::region(r) == *units),
        };
        let mut finder = Finder { units, axis, last: 0 };
        for &(unit, period) in &records.unknown {
            if let Ok(slot) = finder.slot(unit, period) {
                layout.contested.push((slot, None));
            }
        }
        for (i, &unit) in records.unit.iter().enumerate() {
            match finder.slot(unit, records.period[i]) {
                Ok(slot) => layout.settle(slot, i),
                Err(Stray::Unit(_)) if layout.is_outside(unit) => {
                    *layout.outside.entry(unit).or_default() += 1;
                }
                Err(Stray::Unit(reason)) => layout.reject(i, "unknown-unit", reason),
                Err(Stray::Period(reason)) => layout.reject(i, "period-out-of-range", reason),
            }
        }
        layout.judge();
        layout
    }

    /// Gives a slot to record `i`; when it cannot, the slot is contested.
    fn settle(&mut self, slot: usize, i: usize) {
        if let Some(reason) = impossible(self.records, self.counts, i) {
            self.reject(i, "impossible-value", reason);
            self.contested.push((slot, None));
        } else if self.slots[slot] == EMPTY {
            self.slots[slot] = i as u32;
        } else {
            self.contested.push((slot, Some(i)));
        }
    }

    /// Judges all that was said about each contested slot at once, so that the order of the rows decides nothing: rows
    /// that agree are one, and of rows that do not, or that stand beside one that cannot be believed, none is kept.
    fn judge(&mut self) {
        let mut contested = std::mem::take(&mut self.contested);
        contested.sort_unstable();
        for group in contested.chunk_by(|a, b| a.0 == b.0) {
            let (slot, first) = group[0];
            let holder = self.slots[slot];
            let holder = (holder != EMPTY).then_some(holder as usize);
            let rows: Vec<usize> = holder.into_iter().chain(group.iter().filter_map(|c| c.1)).collect();
            let agree = first.is_some() && rows.iter().all(|&i| same(self.records, rows[0], i));
            if !agree {
                self.slots[slot] = BROKEN;
            }
            let lines = first_few(rows.iter().map(|&i| self.records.line[i]));
            for &i in &rows[usize::from(agree)..] {
                let whom = whom(self.records, i);
                let (rule, reason) = if agree {
                    ("duplicate", format!("lines {lines} say the same about {whom}; the first one is kept"))
                } else if first.is_some() {
                    (
                        "contradiction",
                        format!("lines {lines} contradict each other about {whom}; none is kept"),
                    )
                } else {
                    ("contradiction", format!("another row about {whom} cannot be believed; none is kept"))
                };
                self.reject(i, rule, reason);
            }
        }
    }

    fn reject(&mut self, i: usize, rule: &'static str, reason: String) {
        let row = row(self.records, i);
        self.rejected.push(Rejected::wrong(self.records.line[i], rule, reason, row));
    }

    /// Whether the units are a region and this one is a cell elsewhere.
    fn is_outside(&self, unit: i64) -> bool {
        self.region.is_some() && u32::try_from(unit).is_ok_and(|gid| Cell::new(gid).is_ok())
    }

    /// Whether nothing at all has found a place.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.iter().all(|&slot| slot >= BROKEN)
    }

    /// What the region leaves out.
    pub(super) fn outside(&self) -> Option<Finding> {
        let (region, rows) = (self.region?, self.outside.values().sum());
        let (cell, _) = self.outside.iter().max_by_key(|(_, rows)| **rows)?;
        let message = format!(
            "{rows} records about {} cells outside {region} are left out, most of them about cell {cell}",
            self.outside.len()
        );
        Some(Finding::new(Severity::Pass, "outside-region", rows, message))
    }
}

/// Why a unit and period have no place.
enum Stray {
    Unit(String),
    Period(String),
}

/// Finds the position of units and periods, fast when rows come in order.
struct Finder<'a> {
    units: &'a Units,
    axis: Axis,
    last: usize,
}

impl Finder<'_> {
    fn slot(&mut self, unit: i64, period: i64) -> Result<usize, Stray> {
        let position = u32::try_from(unit).ok().and_then(|u| self.position(Unit(u)));
        let position = position.ok_or_else(|| self.no_unit(unit))?;
        // Not by `Axis::index`: a period may be any number here.
        let index = period.checked_sub(i64::from(self.axis.first.0)).and_then(|i| usize::try_from(i).ok());
        let index = index.filter(|&i| i < self.axis.len).ok_or_else(|| self.no_period(period))?;
        Ok(index * self.units.len() + position)
    }

    fn position(&mut self, unit: Unit) -> Option<usize> {
        let next = self.last + 1;
        for guess in [next, self.last, 0] {
            if self.units.get(guess) == Some(&unit) {
                self.last = guess;
                return Some(guess);
            }
        }
        self.last = self.units.binary_search(&unit).ok()?;
        Some(self.last)
    }

    fn no_unit(&self, unit: i64) -> Stray {
        let (first, last) = (self.units.first().map_or(0, |u| u.0), self.units.last().map_or(0, |u| u.0));
        Stray::Unit(format!(
            "unit {unit} is none of the {} known units ({first} to {last})",
            self.units.len()
        ))
    }

    fn no_period(&self, period: i64) -> Stray {
        let Self { axis, .. } = self;
        let label = |p| axis.cadence.label(p);
        Stray::Period(format!(
            "period {period} is outside {} ({}) to {} ({})",
            axis.first,
            label(axis.first),
            axis.last(),
            label(axis.last())
        ))
    }
}

/// Why a record's values cannot be.
fn impossible(records: &Records, counts: bool, i: usize) -> Option<String> {
    records.columns.iter().zip(&records.values).find_map(|(name, values)| {
        let value = values[i];
        if value.is_infinite() {
            Some(format!(
                "column `{name}` is infinite or beyond single precision; a finite number was expected"
            ))
        } else if counts && value < 0.0 {
            Some(format!("column `{name}` is {value}; a count cannot be negative"))
        } else {
            None
        }
    })
}

fn same(records: &Records, a: usize, b: usize) -> bool {
    records.values.iter().all(|v| v[a] == v[b] || v[a].is_nan() && v[b].is_nan())
}

fn whom(records: &Records, i: usize) -> String {
    format!("unit {} in period {}", records.unit[i], records.period[i])
}

/// A record as text, for the quarantine.
fn row(records: &Records, i: usize) -> String {
    let values = records.values.iter().map(|v| v[i].to_string());
    let fields = [records.unit[i].to_string(), records.period[i].to_string()].into_iter().chain(values);
    fields.collect::<Vec<_>>().join(",")
}

/// The panel of the records in their places.
pub(super) fn fill(records: &Records, axis: Axis, units: &Units, slots: &[u32]) -> Result<Panel> {
    let absent = if records.absent_is_zero { 0.0 } else { f32::NAN };
    let mut panel = Panel::new(axis, units.clone())?;
    for (name, values) in records.columns.iter().zip(&records.values) {
        let value = |&slot: &u32| match slot {
            EMPTY => absent,
            BROKEN => f32::NAN,
            i => values[i as usize],
        };
        let column = slots.iter().map(value).collect();
        panel.push(name, column).map_err(|e| Error::data(&records.file, e.to_string()))?;
    }
    Ok(panel)
}

/// Unit-periods of a dense table that have no row, and values that are missing in the rows there are.
pub(super) fn absences(records: &Records, panel: &Panel, slots: &[u32]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let label = |i: usize| {
        let (axis, n) = (panel.axis(), panel.units().len());
        format!("unit {}, {}", panel.units()[i % n], axis.cadence.label(axis.period(i / n)))
    };
    let absent = slots.iter().filter(|&&s| s == EMPTY).count() as u64;
    if let Some(first) = slots.iter().position(|&s| s == EMPTY).filter(|_| !records.absent_is_zero) {
        let message = format!(
            "{absent} of {} unit-periods have no row and are missing, not zero; the first: {}",
            slots.len(),
            label(first)
        );
        findings.push(Finding::new(Severity::Warn, "absent-rows", absent, message));
    }
    for column in panel.columns() {
        let missing = |(i, v): (usize, &f32)| v.is_nan() && slots[i] != EMPTY;
        let count = column.values().iter().enumerate().filter(|&x| missing(x)).count() as u64;
        if let Some(first) = column.values().iter().enumerate().position(missing) {
            let message =
                format!("column `{}`: {count} values are missing, the first: {}", column.name, label(first));
            findings.push(Finding::new(Severity::Warn, "missing-values", count, message));
        }
    }
    findings
}
