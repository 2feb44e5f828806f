//! Where each record belongs: units x periods, with duplicates, strangers and impossible values put aside.

use forewarn_core::{Axis, Panel, Unit, Units};

use crate::finding::{Finding, Severity};
use crate::records::{Records, Rejected};
use crate::{Error, Result};

/// What is known of a unit and period.
pub(super) const EMPTY: u32 = u32::MAX;
/// A record was there but cannot be believed: the value is missing, even where absent means zero.
pub(super) const BROKEN: u32 = u32::MAX - 1;

/// The record of each period and unit (periods x units), [`EMPTY`] or [`BROKEN`].
pub(super) fn place(
    records: &Records,
    axis: Axis,
    units: &Units,
    counts: bool,
    rejected: &mut Vec<Rejected>,
) -> Vec<u32> {
    let mut slots = vec![EMPTY; axis.len * units.len()];
    let mut finder = Finder { units, last: 0 };
    for i in 0..records.len() {
        let mut reject = |i: usize, rule, reason| {
            rejected.push(Rejected::wrong(records.line[i], rule, reason, row(records, i)));
        };
        let slot = match slot_of(records, axis, &mut finder, i) {
            Ok(slot) => slot,
            Err((rule, reason)) => {
                reject(i, rule, reason);
                continue;
            }
        };
        if let Some(reason) = impossible(records, counts, i) {
            reject(i, "impossible-value", reason);
            slots[slot] = BROKEN;
            continue;
        }
        match slots[slot] {
            EMPTY => slots[slot] = i as u32,
            BROKEN => reject(
                i,
                "duplicate",
                format!("the row before it for {} cannot be believed", whom(records, i)),
            ),
            earlier if same(records, earlier as usize, i) => {
                let line = records.line[earlier as usize];
                reject(
                    i,
                    "duplicate",
                    format!("says the same as line {line} about {}; that one is kept", whom(records, i)),
                );
            }
            earlier => {
                let (a, b) = (records.line[earlier as usize], records.line[i]);
                let reason = || {
                    format!(
                        "lines {a} and {b} contradict each other about {}; neither is kept",
                        whom(records, i)
                    )
                };
                reject(earlier as usize, "contradiction", reason());
                reject(i, "contradiction", reason());
                slots[slot] = BROKEN;
            }
        }
    }
    slots
}

/// Finds the position of units, fast when rows come in order.
struct Finder<'a> {
    units: &'a Units,
    last: usize,
}

impl Finder<'_> {
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
}

fn slot_of(
    records: &Records,
    axis: Axis,
    finder: &mut Finder<'_>,
    i: usize,
) -> Result<usize, (&'static str, String)> {
    let (unit, period) = (records.unit[i], records.period[i]);
    let position = u32::try_from(unit).ok().and_then(|u| finder.position(Unit(u)));
    let Some(position) = position else {
        let units = finder.units;
        let span = (units.first().map_or(0, |u| u.0), units.last().map_or(0, |u| u.0));
        let reason =
            format!("unit {unit} is none of the {} known units ({} to {})", units.len(), span.0, span.1);
        return Err(("unknown-unit", reason));
    };
    let index = i32::try_from(period).ok().and_then(|p| axis.index(forewarn_core::Period(p)));
    let Some(index) = index else {
        let label = |p| axis.cadence.label(p);
        let reason = format!(
            "period {period} is outside {} ({}) to {} ({})",
            axis.first,
            label(axis.first),
            axis.last(),
            label(axis.last())
        );
        return Err(("period-out-of-range", reason));
    };
    Ok(index * finder.units.len() + position)
}

/// Why a record's values cannot be.
fn impossible(records: &Records, counts: bool, i: usize) -> Option<String> {
    records.columns.iter().zip(&records.values).find_map(|(name, values)| {
        let value = values[i];
        if value.is_infinite() {
            Some(format!("column `{name}` is infinite; a finite number was expected"))
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
