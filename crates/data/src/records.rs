//! Rows as they were read, before anything is believed.

use forewarn_core::Cadence;

use crate::finding::Finding;

/// Observations as read from one source: one record a unit and period, not yet checked.
///
/// `unit`, `period`, `line` and each vector of `values` run over the records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// Where they came from, for messages.
    pub file: String,
    /// How often they were observed.
    pub cadence: Cadence,
    /// Names of the value columns.
    pub columns: Vec<String>,
    /// Unit ids as read: any integer.
    pub unit: Vec<i64>,
    /// Period ids as read: any integer.
    pub period: Vec<i64>,
    /// Line (CSV, 1 = header) or row (Parquet, 1 = first) of each record; for aggregates, of its first row.
    pub line: Vec<u32>,
    /// Values by column, then record; NaN is an empty field. Not yet known to be finite or >= 0.
    pub values: Vec<Vec<f32>>,
    /// Rows that could not become a record, or were left out by a declared rule.
    pub rejected: Vec<Rejected>,
    /// Units and periods that rejected rows speak of: their values are missing, even where absent means zero.
    pub unknown: Vec<(i64, i64)>,
    /// What the reader noticed.
    pub findings: Vec<Finding>,
    /// Rows that were read, records and rejected.
    pub rows: u64,
    /// Whether a unit and period without a record means «observed, and nothing happened» (0), as in event
    /// data and nonzero-only tables, or «not observed».
    pub absent_is_zero: bool,
}

impl Records {
    /// How many records.
    pub fn len(&self) -> usize {
        self.unit.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.unit.is_empty()
    }
}

/// A row that did not become part of the panel, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rejected {
    /// Line or row in the source.
    pub line: u32,
    /// Short name of the rule, such as `duplicate` or `unknown-unit`.
    pub rule: &'static str,
    /// What was found and what was expected.
    pub reason: String,
    /// The row as read, as far as it is known.
    pub row: String,
    /// Left out by a rule that the settings declare, not because the row is wrong.
    pub declared: bool,
}

impl Rejected {
    /// A row that is wrong.
    pub(crate) fn wrong(line: u32, rule: &'static str, reason: String, row: String) -> Self {
        Self { line, rule, reason, row, declared: false }
    }
}
