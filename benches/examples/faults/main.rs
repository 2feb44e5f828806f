//! Faults planted in the record at its real size, and what the input gate says of them: the table of
//! `docs/results/gates.md`.
//!
//! ```text
//! faults TABLE.parquet [MONTHS [CHECK..]]     so many months, drawn from the last 120; then all 120 untouched
//! ```
//!
//! Three gates judge the same cases: the default rules, the reference's tests as they are (`integrity`, `compat =
//! "views"`, the thresholds of its forecasting partition), and the same tests corrected. With named checks, one gate of these
//! alone judges them.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;

use forewarn_benches::{NAMES, observed};
use forewarn_core::{Axis, Group, InputArgs, Panel};
use forewarn_data::geography;
use forewarn_drift::faults::Fault;
use forewarn_drift::gate::{Judged, Rule, Terms, Verdict, checks, judge, readings};
use forewarn_drift::input::{INPUT_CHECKS, rules};
use forewarn_kernels::random::Stream;
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

const COLUMNS: [&str; 3] = ["ged_sb_best", "ged_ns_best", "ged_os_best"];
const SEED: u64 = 6;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let table = arguments.first().ok_or("see the first lines of benches/examples/faults/main.rs")?;
    let months: usize = arguments.get(1).map_or(Ok(30), |n| n.parse())?;
    let mut out = std::io::stdout().lock();
    let panel = observed(table, NAMES, &COLUMNS)?;
    let mut bench = Bench { panel, rules: Vec::new(), periods: 0, columns: COLUMNS.map(str::to_owned) };
    // The reference's tests look at 31 periods; more would cost and change nothing.
    let mut gates = vec![
        ("default rules", rules(), usize::MAX),
        ("reference", reference("views"), 36),
        ("corrected", reference("none"), 36),
    ];
    if let Some(named) = arguments.get(2..).filter(|named| !named.is_empty()) {
        let rules = named.iter().map(|check| Rule::new(check, Verdict::Warn)).collect();
        gates = vec![("named checks", rules, usize::MAX)];
    }
    for (name, rules, periods) in gates {
        (bench.rules, bench.periods) = (rules, periods);
        writeln!(out, "== {name}")?;
        bench.faults(months, &mut out)?;
        bench.untouched(&mut out)?;
    }
    Ok(())
}

/// The reference's tests.
fn reference(compat: &str) -> Vec<Rule> {
    let mut rule = Rule::new("integrity", Verdict::Fail);
    rule.settings.insert("compat".to_owned(), json!(compat));
    vec![rule]
}

struct Bench {
    panel: Panel,
    rules: Vec<Rule>,
    /// How many periods the gate gets to see.
    periods: usize,
    columns: [String; 3],
}

impl Bench {
    /// What the gate would have said at the end of a month, with or without a fault in the first column.
    fn judged(&self, len: usize, fault: Option<Fault>) -> Outcome<Vec<Judged>> {
        let (panel, previous) = (self.until(len)?, self.until(len - 1)?);
        let groups = groups(&panel);
        let args =
            |panel| Ok::<_, forewarn_core::Error>(InputArgs::new(panel, &self.columns)?.with_groups(&groups));
        let faulty = fault.map(|f| f.plant(&args(&panel)?, COLUMNS[0], SEED + len as u64)).transpose()?;
        let args = args(faulty.as_ref().unwrap_or(&panel))?.with_previous(Some(&previous));
        let checks = checks(&self.rules, INPUT_CHECKS)?;
        let readings = readings(&checks, |check| check.read(&args));
        Ok(judge(readings, &Terms { alpha: 0.01, waivers: &[], earlier: &[] }))
    }

    /// Whether a fault leaves everything as it is: a country that is silent anyway.
    fn changes_nothing(&self, len: usize, fault: Fault) -> Outcome<bool> {
        let panel = self.until(len)?;
        let groups = groups(&panel);
        let args = InputArgs::new(&panel, &self.columns)?.with_groups(&groups);
        let faulty = fault.plant(&args, COLUMNS[0], SEED + len as u64)?;
        Ok(faulty.column(COLUMNS[0])?.values() == panel.column(COLUMNS[0])?.values())
    }

    /// The panel as it was after so many periods, the last of them.
    fn until(&self, len: usize) -> Outcome<Panel> {
        let (axis, units) = (self.panel.axis(), self.panel.units());
        let first = len.saturating_sub(self.periods);
        let mut part =
            Panel::new(Axis { first: axis.period(first), len: len - first, ..axis }, units.clone())?;
        for c in self.panel.columns() {
            part.push(&c.name, c.values()[first * units.len()..len * units.len()].to_vec())?;
        }
        Ok(part)
    }

    fn faults(&self, months: usize, out: &mut impl Write) -> Outcome<()> {
        let all = self.panel.axis().len;
        let mut drawn: Vec<usize> = (all - 120..all).collect();
        let draw = Stream::new(SEED, &[]);
        for i in (1..drawn.len()).rev() {
            drawn.swap(i, draw.below(i as u64, i as u32 + 1) as usize);
        }
        for fault in Fault::ALL.into_iter().chain([Fault::UnitsSilent, Fault::GroupSilent]) {
            let (mut found, mut failed, mut nothing, mut by) = (0, 0, 0, BTreeMap::new());
            for i in &drawn[..months] {
                let clean = self.judged(i + 1, None)?;
                let judged = self.judged(i + 1, Some(fault))?;
                let known: Vec<_> = alarms(&clean).map(|j| (&j.check, &j.reading.subject)).collect();
                let new: Vec<_> =
                    alarms(&judged).filter(|j| !known.contains(&(&j.check, &j.reading.subject))).collect();
                nothing += usize::from(self.changes_nothing(i + 1, fault)?);
                found += usize::from(!new.is_empty());
                failed += usize::from(new.iter().any(|j| j.verdict == Verdict::Fail));
                let mut names: Vec<&str> = new.iter().map(|j| j.check.as_str()).collect();
                names.dedup();
                for name in names {
                    *by.entry(name.to_owned()).or_insert(0) += 1;
                }
            }
            writeln!(
                out,
                "{fault:?}: {found} of {months} ({failed} fail), {nothing} changed nothing, {by:?}"
            )?;
        }
        Ok(())
    }

    fn untouched(&self, out: &mut impl Write) -> Outcome<()> {
        let all = self.panel.axis().len;
        let (mut months, mut fails, mut by) = (0, 0, BTreeMap::new());
        for i in all - 120..all {
            let judged = self.judged(i + 1, None)?;
            months += usize::from(alarms(&judged).next().is_some());
            fails += usize::from(alarms(&judged).any(|j| j.verdict == Verdict::Fail));
            for j in alarms(&judged) {
                *by.entry(j.check.clone()).or_insert(0) += 1;
            }
        }
        writeln!(out, "untouched: {months} of 120 months with an alarm ({fails} fail) {by:?}")?;
        Ok(())
    }
}

fn alarms(judged: &[Judged]) -> impl Iterator<Item = &Judged> {
    judged.iter().filter(|j| j.verdict != Verdict::Pass)
}

/// The cells of each country.
fn groups(panel: &Panel) -> Vec<Group> {
    let mut groups: BTreeMap<u32, Group> = BTreeMap::new();
    for (row, unit) in panel.units().iter().enumerate() {
        if let Some(c) = geography::country(*unit) {
            let group =
                groups.entry(c.id).or_insert_with(|| Group { name: c.name.to_owned(), rows: Vec::new() });
            group.rows.push(row);
        }
    }
    groups.into_values().collect()
}
