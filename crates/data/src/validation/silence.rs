//! Periods that fell silent: empty or all zero, although their neighbours are not.
//!
//! The known outage of a data service: it answers, with zeros for the latest months.

use forewarn_core::Panel;

use super::layout::EMPTY;
use crate::finding::{Finding, Severity};
use crate::text::first_few;

/// Neighbouring periods on each side that are looked at.
const REACH: usize = 6;
/// Fewest nonzero units that neighbours have on average, for silence to be impossible by chance: with Poisson counts
/// of mean 15 a period without any has probability 3e-7.
const ACTIVE: f64 = 15.0;

/// One finding a column for silent periods, one for periods without any row.
///
/// Where an absent row means zero, a period without rows is one of silence, to be judged by its neighbours.
pub(super) fn findings(
    panel: &Panel,
    slots: &[u32],
    absent_is_zero: bool,
    severity: Severity,
) -> Vec<Finding> {
    let n = panel.units().len();
    let filled: Vec<bool> = slots.chunks_exact(n).map(|field| field.iter().any(|&s| s != EMPTY)).collect();
    let active = |field: &[f32]| field.iter().filter(|&&v| !v.is_nan() && v != 0.0).count();
    let columns: Vec<(&str, Vec<usize>)> = panel
        .columns()
        .iter()
        .map(|c| (c.name.as_str(), c.values().chunks_exact(n).map(active).collect()))
        .collect();
    let mut findings = Vec::new();
    let suspicious = |i: usize| !absent_is_zero || columns.iter().any(|(_, a)| around(a, i) >= ACTIVE);
    let empty: Vec<usize> = (0..filled.len()).filter(|&i| !filled[i] && suspicious(i)).collect();
    if !empty.is_empty() {
        let message = format!("no row at all in {}; fetch the source again", labels(panel, &empty));
        findings.push(Finding::new(severity, "missing-period", empty.len() as u64, message));
    }
    for (column, active) in &columns {
        let silent = |&i: &usize| filled[i] && active[i] == 0 && around(active, i) >= ACTIVE;
        let silent: Vec<usize> = (0..active.len()).filter(silent).collect();
        if let Some(&first) = silent.first() {
            let message = format!(
                "column `{column}` is all zero or empty in {}, its neighbours have {:.0} active units on average; \
                 fetch the source again, or set `validation.silent-periods = \"warn\"` knowingly",
                labels(panel, &silent),
                around(active, first)
            );
            findings.push(Finding::new(severity, "silent-period", silent.len() as u64, message));
        }
    }
    findings
}

/// Mean number of active units in the nearest periods that are not silent themselves.
fn around(active: &[usize], i: usize) -> f64 {
    let before = active[..i].iter().rev().filter(|&&a| a > 0).take(REACH);
    let after = active[i + 1..].iter().filter(|&&a| a > 0).take(REACH);
    let near: Vec<usize> = before.chain(after).copied().collect();
    near.iter().sum::<usize>() as f64 / near.len().max(1) as f64
}

/// The periods' labels, the first few of many.
fn labels(panel: &Panel, periods: &[usize]) -> String {
    let axis = panel.axis();
    first_few(periods.iter().map(|&i| axis.cadence.label(axis.period(i))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_the_nearest_that_are_not_silent() {
        let mut active = vec![100, 100, 1, 2, 3, 4, 5, 6, 0, 0];
        assert_eq!(around(&active, 8), 3.5, "six before, silent ones left out, none after");
        active.extend([8, 9]);
        assert_eq!(around(&active, 8), (21.0 + 17.0) / 8.0);
        assert_eq!(around(&[0, 0, 0], 1), 0.0);
    }
}
