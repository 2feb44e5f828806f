//! What benches and examples share; see `benches/monthly_run.rs`.

use std::error::Error;
use std::path::Path;

use forewarn_core::Panel;
use forewarn_data::geography::{self, Region};
use forewarn_data::table::{Layout, Table};
use forewarn_data::validation::{Expectation, Severity, check};

/// What cell and month are called in the record.
pub const NAMES: (&str, &str) = ("gid", "month_id");

/// The record of Africa and the Middle East, one row a cell and month, checked. `unit` and `time` are the columns of cell and
/// month.
///
/// # Errors
/// A file that cannot be read or is no such record.
pub fn observed(
    table: impl AsRef<Path>,
    (unit, time): (&str, &str),
    columns: &[&str],
) -> Result<Panel, Box<dyn Error>> {
    let read = Table {
        unit: unit.into(),
        time: time.into(),
        values: columns.iter().map(|name| (*name).to_owned()).collect(),
        layout: Layout::Dense,
        ..Table::default()
    };
    let expect = Expectation {
        units: Some(geography::region(Region::AfricaMiddleEast)),
        first: None,
        last: None,
        counts: true,
        max_rejected_share: 0.0,
        silent_periods: Severity::Fail,
    };
    Ok(check(read.read(table.as_ref())?, &expect)?.panel)
}
