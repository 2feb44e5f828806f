//! Validation: records become a panel, a quarantine and findings. Nothing is silently dropped or filled.

use std::io::Write as _;
use std::path::Path;

use forewarn_core::{Axis, Panel, Period, Unit, Units};

use crate::records::{Records, Rejected};
use crate::{Error, Result};

mod layout;
mod silence;

use layout::Layout;

pub use crate::finding::{Finding, Severity};

/// What is believed of the records.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// Units that may appear; those of the records when absent. When they are the cells of a
    /// [`Region`](crate::geography::Region), records about other cells are left out and counted, not rejected.
    pub units: Option<Units>,
    /// First period that may appear; the first one of the records when absent.
    pub first: Option<Period>,
    /// Last period that may appear; the last one of the records when absent.
    pub last: Option<Period>,
    /// Whether values are counts: never negative.
    pub counts: bool,
    /// Share of rows (0-1) that may be wrong before [`Severity::Fail`].
    pub max_rejected_share: f64,
    /// How bad a period is that is empty or all zero although its neighbours are not.
    pub silent_periods: Severity,
}

/// What became of the records.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The panel: units ascending, no period left out, NaN where nothing was observed.
    pub panel: Panel,
    /// Rows that are not in it, by line.
    pub rejected: Vec<Rejected>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// Rows that were read.
    pub rows: u64,
}

/// Checks records.
///
/// Rows about the same unit and period: when all agree the first is kept; when they do not, or one of them cannot be
/// believed, all go to quarantine and the value is missing, not zero. The order of the rows decides nothing.
///
/// # Errors
/// [`Error::Config`] when `first` comes after `last`; [`Error::Data`] when no record is left to make a panel of, or
/// the panel would be far larger than the records, or there are more than can be told apart.
pub fn check(mut records: Records, expect: &Expectation) -> Result<Checked> {
    if records.len() >= layout::BROKEN as usize {
        let reason = format!(
            "{} records are more than the 4,294,967,293 that can be told apart; split it",
            records.len()
        );
        return Err(Error::data(&records.file, reason));
    }
    let (axis, units) = frame(&records, expect)?;
    let mut rejected = std::mem::take(&mut records.rejected);
    let mut findings = std::mem::take(&mut records.findings);
    let mut layout = Layout::new(&records, axis, &units, expect.counts);
    rejected.append(&mut layout.rejected);
    rejected.sort_by_key(|r| r.line);
    if layout.is_empty() {
        return Err(nothing_left(&records, &rejected, layout.outside()));
    }
    let panel = layout::fill(&records, axis, &units, &layout.slots)?;
    findings.extend(layout.outside());
    findings.extend(layout::absences(&records, &panel, &layout.slots));
    findings.extend(silence::findings(&panel, &layout.slots, records.absent_is_zero, expect.silent_periods));
    findings.extend(rejections(&records, &rejected, expect.max_rejected_share));
    Ok(Checked { panel, rejected, findings, rows: records.rows })
}

/// Unit-periods of a panel (0.5 GB a column) that are only made when the records or the settings ask for them.
const LARGE: u64 = 1 << 27;

/// Periods and units of the panel.
fn frame(records: &Records, expect: &Expectation) -> Result<(Axis, Units)> {
    if let (Some(first), Some(last)) = (expect.first, expect.last)
        && first > last
    {
        let [first, last] = [first, last].map(|p| records.cadence.label(p));
        let reason = format!("{first} comes after `validation.last`, {last}");
        return Err(Error::Config { setting: "validation.first".to_owned(), reason });
    }
    let units = match &expect.units {
        Some(units) => units.clone(),
        None => own_units(records)?,
    };
    let at = |i: usize| (records.period[i], records.line[i]);
    let (Some(earliest), Some(latest)) = ((0..records.len()).map(at).min(), (0..records.len()).map(at).max())
    else {
        return Err(nothing_left(records, &records.rejected, None));
    };
    let (first, last) = (
        expect.first.map_or(earliest.0, |p| i64::from(p.0)),
        expect.last.map_or(latest.0, |p| i64::from(p.0)),
    );
    let asked_for = expect.first.is_some() && expect.last.is_some();
    let size = (last.abs_diff(first) + 1).saturating_mul(units.len() as u64);
    // A single wild period must not make a panel of a million months.
    if !asked_for && size > LARGE.max(4 * records.len() as u64) {
        let reason = format!(
            "its periods go from {} (line {}) to {} (line {}), which makes {size} values a column of {} records; \
             set `validation.first` and `validation.last` to what is right",
            earliest.0,
            earliest.1,
            latest.0,
            latest.1,
            records.len()
        );
        return Err(Error::data(&records.file, reason));
    }
    let id = |p: i64| {
        i32::try_from(p).map(Period).map_err(|_| Error::data(&records.file, format!("{p} is no period id")))
    };
    Ok((Axis::between(records.cadence, id(first)?, id(last)?), units))
}

/// The error that no record is left, with what is known of the reasons.
fn nothing_left(records: &Records, rejected: &[Rejected], outside: Option<Finding>) -> Error {
    if records.rows == 0 {
        return Error::data(&records.file, "has no rows; fetch or export it again");
    }
    let mut reason = format!("holds no usable row ({} of {} rejected)", rejected.len(), records.rows);
    if let Some(first) = rejected.first() {
        reason = format!("{reason}; the first, line {}: {}; {}", first.line, first.reason, cure(first.rule));
    }
    if let Some(outside) = outside {
        reason = format!("{reason}; {}", outside.message);
    }
    Error::data(&records.file, reason)
}

/// The units that the records are about.
fn own_units(records: &Records) -> Result<Units> {
    let mut units: Vec<Unit> = records.unit.iter().filter_map(|&u| u32::try_from(u).ok().map(Unit)).collect();
    units.sort_unstable();
    units.dedup();
    if units.is_empty() && !records.is_empty() {
        return Err(Error::data(&records.file, "no unit id is a number from 0 to 4,294,967,295"));
    }
    Ok(units.into())
}

/// One finding a rule, and whether too many rows are wrong.
fn rejections(records: &Records, rejected: &[Rejected], bound: f64) -> Vec<Finding> {
    let mut rules: Vec<(&'static str, bool, u64, &Rejected)> = Vec::new();
    for r in rejected {
        match rules.iter_mut().find(|(rule, ..)| *rule == r.rule) {
            Some((_, _, count, _)) => *count += 1,
            None => rules.push((r.rule, r.declared, 1, r)),
        }
    }
    let mut findings: Vec<Finding> = rules
        .into_iter()
        .map(|(rule, declared, count, first)| {
            let severity = if declared { Severity::Pass } else { Severity::Warn };
            let verb = if declared { "left out by rule" } else { "in quarantine" };
            let rows = if count == 1 { "row" } else { "rows" };
            let message = format!(
                "{count} {rows} {verb}, the first at {}:{}: {}; {}",
                records.file,
                first.line,
                first.reason,
                cure(rule)
            );
            Finding::new(severity, rule, count, message)
        })
        .collect();
    let wrong = rejected.iter().filter(|r| !r.declared).count() as u64;
    let share = wrong as f64 / records.rows.max(1) as f64;
    if share > bound {
        let message = format!(
            "{}: {wrong} of {} rows are wrong ({:.3} %), the bound is {:.3} %; mend the source, or raise \
             `validation.max-rejected-share` knowingly",
            records.file,
            records.rows,
            share * 100.0,
            bound * 100.0
        );
        findings.push(Finding::new(Severity::Fail, "rejected-share", wrong, message));
    }
    findings
}

/// What can be done about rows that a rule has put aside.
fn cure(rule: &str) -> &'static str {
    match rule {
        "unknown-unit" => "correct the id, or set `validation.region` to one that holds it",
        "period-out-of-range" => "correct the period, or widen `validation.first` and `validation.last`",
        "duplicate" => "remove the rows that are there again",
        "contradiction" => "find out which row is right and remove the others",
        "impossible-value" => "correct the value, or leave it empty if it was not observed",
        "imprecise-place" => "`source.drop-where-prec` says which",
        "summary-event" => "to count them set `source.on-summary = \"keep\"`",
        _ => "correct the row",
    }
}

/// Writes the quarantine as CSV (line, rule, reason, row as read), whole or not at all.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub fn write_quarantine(path: &Path, rejected: &[Rejected]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let mut out = csv::Writer::from_writer(Vec::new());
    let refused = |e: csv::Error| Error::io(path)(std::io::Error::other(e));
    out.write_record(["line", "rule", "reason", "row"]).map_err(refused)?;
    for r in rejected {
        out.write_record([r.line.to_string().as_str(), r.rule, &r.reason, &r.row]).map_err(refused)?;
    }
    let bytes = out.into_inner().map_err(|e| Error::io(path)(std::io::Error::other(e.to_string())))?;
    let mut builder = tempfile::Builder::new();
    // As readable as any other file: who mends the source is not always who runs.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder).map_err(Error::io(folder))?;
    file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(Error::io(path))?;
    file.persist(path).map_err(|e| Error::io(path)(e.error))?;
    Ok(())
}
