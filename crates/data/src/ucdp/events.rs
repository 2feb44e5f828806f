//! From events to sums by unit and month.

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::{Cadence, Period};

use super::columns::{Event, What};
use super::{EventUnit, OnSummary, TYPES, Ucdp};
use crate::finding::{Finding, Severity};
use crate::records::{Records, Rejected};
use crate::text::{Row, first_few};

/// The events read so far.
pub(super) struct Events<'a> {
    settings: &'a Ucdp,
    all: Vec<Event>,
    /// Units and months of which a row could not be believed.
    pub(super) unknown: BTreeSet<(i64, Period)>,
    pub(super) rejected: Vec<Rejected>,
    findings: Vec<Finding>,
}

/// What is known of a unit and month.
#[derive(Default)]
struct Sum {
    line: u32,
    deaths: [f64; 3],
    events: [u32; 3],
    /// Positions of its events.
    members: Vec<usize>,
}

impl<'a> Events<'a> {
    pub(super) fn new(settings: &'a Ucdp, findings: Vec<Finding>) -> Self {
        Self { settings, all: Vec::new(), unknown: BTreeSet::new(), rejected: Vec::new(), findings }
    }

    /// Takes an event, unless a declared rule leaves it out.
    pub(super) fn add(&mut self, mut event: Event, row: &Row<'_>) {
        let mut leave_out = |rule, reason| {
            self.rejected.push(Rejected { line: row.line, rule, reason, row: row.show(), declared: true });
        };
        if !event.counts {
            let precision = event.what.where_prec.unwrap_or_default();
            leave_out(
                "imprecise-place",
                format!("where_prec {precision}: the place is not known well enough"),
            );
        } else if let Some(message) = self.settings.summary(&event) {
            self.findings.push(Finding::new(Severity::Warn, "summary-event", 1, &message));
            if self.settings.on_summary == OnSummary::Quarantine {
                event.counts = false;
                leave_out("summary-event", message);
            }
        }
        self.all.push(event);
    }

    /// Leaves out what is said twice.
    fn resolve_duplicates(&mut self) {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by(|&a, &b| self.all[a].id.cmp(&self.all[b].id));
        let groups: Vec<&[usize]> =
            order.chunk_by(|&a, &b| self.all[a].id == self.all[b].id).filter(|g| g.len() > 1).collect();
        for group in groups {
            let first = self.all[group[0]].what;
            let agree = group.iter().all(|&i| self.all[i].what == first);
            let lines = first_few(group.iter().map(|&i| self.all[i].line));
            // Of rows that agree the first one stays.
            for &i in &group[usize::from(agree)..] {
                self.reject(i, agree, &lines);
            }
        }
    }

    /// Puts an event aside that other lines speak of, too; what they disagree about is unknown.
    fn reject(&mut self, i: usize, agree: bool, lines: &str) {
        let event = &mut self.all[i];
        if !std::mem::take(&mut event.counts) {
            return;
        }
        let What { unit, month, .. } = event.what;
        let rejected = if agree {
            let reason =
                format!("lines {lines} say the same about event {}; the first one is kept", event.id);
            Rejected::wrong(event.line, "duplicate", reason, show(event))
        } else {
            self.unknown.insert((unit, month));
            let reason = format!(
                "lines {lines} contradict each other about event {}; none is kept, and unit {unit} is missing in {}",
                event.id,
                Cadence::Month.label(month)
            );
            Rejected::wrong(event.line, "contradiction", reason, show(event))
        };
        self.rejected.push(rejected);
    }

    /// Cell-months above the bound, with the events that made them.
    fn note_extremes(&mut self, sums: &BTreeMap<(i64, Period), Sum>) {
        let Ucdp { unit, max_cell_month, .. } = *self.settings;
        let total = |sum: &Sum| sum.deaths.iter().sum::<f64>();
        let extreme = sums.iter().filter(|(_, sum)| total(sum) > f64::from(max_cell_month));
        for (&(cell, month), sum) in extreme.filter(|_| unit == EventUnit::Cell) {
            let mut events: Vec<&Event> = sum.members.iter().map(|&i| &self.all[i]).collect();
            events.sort_by(|a, b| b.what.deaths.total_cmp(&a.what.deaths));
            let largest: Vec<String> =
                events.iter().take(5).map(|e| format!("{} ({})", e.id, e.what.deaths)).collect();
            let message = format!(
                "cell {cell} has {} deaths in {}, from {} events (the largest: {}); check them, and take out of the \
                 file what does not belong there",
                total(sum),
                Cadence::Month.label(month),
                events.len(),
                largest.join(", ")
            );
            self.findings.push(Finding::new(Severity::Warn, "extreme-cell-month", 1, message));
        }
    }

    /// Sums over the events that count, where nothing stands against them.
    fn sums(&self) -> BTreeMap<(i64, Period), Sum> {
        let mut sums = BTreeMap::new();
        for (i, Event { line, what, .. }) in self.all.iter().enumerate().filter(|(_, e)| e.counts) {
            let empty = || Sum { line: *line, ..Sum::default() };
            let sum = sums.entry((what.unit, what.month)).or_insert_with(empty);
            sum.deaths[what.violence] += f64::from(what.deaths);
            sum.events[what.violence] += 1;
            sum.members.push(i);
        }
        sums.retain(|place, _| !self.unknown.contains(place));
        sums
    }

    pub(super) fn into_records(mut self, file: String, rows: u64) -> Records {
        self.resolve_duplicates();
        let sums = self.sums();
        self.note_extremes(&sums);
        let mut columns: Vec<String> = TYPES.iter().map(|&t| t.to_owned()).collect();
        if self.settings.counts {
            columns.extend(TYPES.iter().map(|t| format!("{t}_count")));
        }
        let mut records = Records {
            file,
            cadence: Cadence::Month,
            values: vec![Vec::with_capacity(sums.len()); columns.len()],
            columns,
            unknown: self.unknown.iter().map(|&(unit, month)| (unit, i64::from(month.0))).collect(),
            rejected: self.rejected,
            findings: self.findings,
            rows,
            absent_is_zero: true,
            ..Records::default()
        };
        for ((unit, month), sum) in sums {
            records.unit.push(unit);
            records.period.push(i64::from(month.0));
            records.line.push(sum.line);
            let counts = sum.events.iter().map(|&n| n as f32);
            let deaths = sum.deaths.iter().map(|&d| d as f32);
            for (out, value) in records.values.iter_mut().zip(deaths.chain(counts)) {
                out.push(value);
            }
        }
        records
    }
}

impl Ucdp {
    /// What is to be said of an event that is too large for one cell, given how well its place is known.
    fn summary(&self, event: &Event) -> Option<String> {
        let What { unit, month, where_prec, deaths, .. } = event.what;
        let precision = where_prec.filter(|&p| p >= 3)?;
        (self.unit == EventUnit::Cell && deaths > self.max_summary).then(|| {
            format!(
                "event {} (line {}) would put {deaths} deaths into cell {unit} in {}, but its place is only known to \
                 precision {precision}; `source.on-summary` says what is done",
                event.id,
                event.line,
                Cadence::Month.label(month)
            )
        })
    }
}

/// An event as text, for the quarantine.
fn show(event: &Event) -> String {
    let What { unit, month, violence, where_prec, deaths } = event.what;
    let precision = where_prec.map(|p| format!(" where_prec={p}")).unwrap_or_default();
    let month = Cadence::Month.label(month);
    format!(
        "id={} type_of_violence={} unit={unit} month={month}{precision} deaths={deaths}",
        event.id,
        violence + 1
    )
}
