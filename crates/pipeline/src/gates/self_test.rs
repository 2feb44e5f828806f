//! Faults planted in a copy of what came in: a gate that does not find them is no gate.

use forewarn_core::{InputArgs, Panel, Period};
use forewarn_drift::faults::Fault;
use forewarn_drift::gate::{Judged, Terms, Verdict, judge, readings};
use serde::{Deserialize, Serialize};

use super::input::InputChecks;
use crate::Result;

/// A fault that was planted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Planted {
    /// Which one.
    pub fault: Fault,
    /// The column.
    pub column: String,
    /// Whether an alarm was raised that is not raised without it; `None` when it was not planted.
    pub found: Option<bool>,
    /// By which checks, or why it was not planted.
    pub note: String,
}

impl std::fmt::Display for Planted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} in `{}` ({})", self.fault, self.column, self.note)
    }
}

/// Fewest units, and fewest of them above zero in the newest period, for a fault to be told from what happens anyway.
const UNITS: usize = 100;
const ACTIVE: usize = 12;
/// Fewest periods.
const PERIODS: usize = 48;

/// Plants every fault in a column, one at a time.
///
/// # Errors
/// What planting answers.
pub(super) fn self_test(
    (checks, alpha): (&InputChecks<'_>, f64),
    args: &InputArgs<'_>,
    column: &str,
    seed: u64,
) -> Result<Vec<Planted>> {
    let judged = |panel: &Panel| -> Result<Vec<Judged>> {
        let mut faulty = InputArgs::new(panel, args.columns)?.with_groups(args.groups).with_due(args.due);
        faulty.previous = args.previous;
        let terms = Terms { alpha, waivers: &[], earlier: &[] };
        Ok(judge(readings(checks, |check| check.read(&faulty)), &terms))
    };
    let clean = judged(args.panel)?;
    let mut all = Vec::new();
    for fault in Fault::ALL {
        let planted = |found, note| Planted { fault, column: column.to_owned(), found, note };
        if let Some(why) = hopeless(fault, args, column)? {
            all.push(planted(None, why));
            continue;
        }
        let alarms = new_alarms(&clean, &judged(&fault.plant(args, column, seed)?)?);
        let note = if alarms.is_empty() { "no check noticed".to_owned() } else { alarms.join(", ") };
        all.push(planted(Some(!alarms.is_empty()), note));
    }
    Ok(all)
}

/// Names of the checks that raise an alarm with the fault and none without.
fn new_alarms(clean: &[Judged], faulty: &[Judged]) -> Vec<String> {
    let alarm = |j: &&Judged| j.verdict >= Verdict::Warn;
    let known = |j: &Judged| {
        let same = |c: &Judged| c.check == j.check && c.reading.subject == j.reading.subject;
        clean.iter().filter(alarm).any(same)
    };
    let mut names: Vec<String> =
        faulty.iter().filter(alarm).filter(|j| !known(j)).map(|j| j.check.clone()).collect();
    names.dedup();
    names
}

/// Why a fault cannot be told in these data, if so: in few of them, or because it changes nothing that is looked at.
fn hopeless(fault: Fault, args: &InputArgs<'_>, column: &str) -> Result<Option<String>> {
    let panel = args.panel;
    let last = panel.axis().last();
    let newest = panel.field(column, last)?;
    let active = newest.iter().filter(|v| **v > 0.0).count();
    let periods = panel.axis().len;
    let needs_previous = matches!(fault, Fault::UnitsZero | Fault::Shifted);
    let needs_active = !matches!(fault, Fault::GroupMissing | Fault::SomeMissing | Fault::Constant);
    if newest.len() < UNITS || periods < PERIODS {
        let text = format!(
            "{} units and {periods} periods are too few ({UNITS} and {PERIODS} are needed)",
            newest.len()
        );
        return Ok(Some(text));
    }
    if needs_previous && args.previous.is_none() {
        return Ok(Some("there is no earlier edition to compare with".to_owned()));
    }
    if needs_active && active < ACTIVE {
        return Ok(Some(format!("{active} units above zero are too few ({ACTIVE} are needed)")));
    }
    if fault == Fault::GroupMissing && args.groups.is_empty() {
        return Ok(Some("there are no groups of units".to_owned()));
    }
    let mut lately = vec![false; newest.len()];
    for back in 1..=PERIODS as i32 / 2 {
        let row = panel.field(column, Period(last.0 - back))?;
        lately.iter_mut().zip(row).for_each(|(seen, v)| *seen |= *v > 0.0);
    }
    let share = lately.iter().filter(|seen| **seen).count() as f64 / newest.len() as f64;
    if fault == Fault::Permuted && share > 0.25 {
        return Ok(Some(format!(
            "{:.0} % of the units were above zero lately: places tell nothing",
            100.0 * share
        )));
    }
    let before = |back: i32| panel.field(column, Period(last.0 - back));
    let same = match fault {
        Fault::Stale => before(1)? == newest || before(2)? == before(1)?,
        Fault::Duplicated => before(12)? == newest || before(13)? == before(1)?,
        _ => false,
    };
    Ok(same.then(|| "the column repeats itself by nature".to_owned()))
}
