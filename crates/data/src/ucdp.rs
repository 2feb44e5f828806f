//! UCDP GED events: one row an event, aggregated to unit and month by declared rules.
//!
//! Sundberg and Melander (2013), doi:10.1177/0022343313484347. Columns are those of the official files, upper or
//! lower case, others are ignored. An event counts in the month of `date_end` and in the cell of its latitude and
//! longitude. Of two rows with one `id` that agree the first counts, of two that contradict each other neither does.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::records::Records;
use crate::text::Csv;
use crate::{Error, Result};

mod columns;
mod events;

use columns::Columns;
use events::Events;

/// Which events count, where and how much.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ucdp {
    /// The file: `.csv`, `.csv.gz` or `.zip` with one CSV.
    pub path: PathBuf,
    /// What a unit is.
    pub unit: EventUnit,
    /// Which estimate of fatalities is summed.
    pub estimate: Estimate,
    /// Place precisions (`where_prec`, 1 exact to 7 international waters) whose events are left out; by default 4, 6
    /// and 7 for cells (first-order region, country, sea: no cell can be told), none for countries.
    pub drop_where_prec: Option<Vec<u8>>,
    /// Whether each type of violence also gets a column with the number of events (`ged_sb_count`).
    pub counts: bool,
    /// Whether a file without `date_end` and `where_prec` is accepted (and said): its events are dated by
    /// `month_id`, that of their start, and none is left out as imprecise.
    pub compact: bool,
    /// Fatalities above which an event that is not placed to within 25 km (`where_prec` 3 and more) is no
    /// observation of its cell but a summary of a wider area. Single events of that kind reach 600 in the Central
    /// African Republic 1991-2022 and in Syria 2016-2019; the summaries of Tigray, whose centroid lies in one cell,
    /// come to 273,076.
    pub max_summary: f32,
    /// Fatalities of a cell-month above which it is reported with its events. What stands in GED 21.1 above
    /// 20,000 is April 1994 in seven cells of Rwanda, up to 131,704; the next is 15,143.
    pub max_cell_month: f32,
    /// What happens to summaries in one cell.
    pub on_summary: OnSummary,
}

impl Default for Ucdp {
    fn default() -> Self {
        Self {
            path: PathBuf::new(),
            unit: EventUnit::Cell,
            estimate: Estimate::Best,
            drop_where_prec: None,
            counts: false,
            compact: false,
            max_summary: 1000.0,
            max_cell_month: 20_000.0,
            on_summary: OnSummary::Quarantine,
        }
    }
}

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventUnit {
    /// The PRIO-GRID cell of latitude and longitude.
    Cell,
    /// `country_id` as coded by UCDP.
    Country,
}

/// Which estimate of fatalities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimate {
    /// UCDP's best estimate.
    Best,
    /// The lowest plausible one.
    Low,
    /// The highest plausible one.
    High,
}

impl Estimate {
    fn column(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Low => "low",
            Self::High => "high",
        }
    }
}

/// What happens to a summary event that would fall in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnSummary {
    /// It is put in quarantine and said.
    Quarantine,
    /// It counts and is said.
    Keep,
}

/// Types of violence, 1 to 3.
const TYPES: [&str; 3] = ["ged_sb", "ged_ns", "ged_os"];

impl Ucdp {
    /// Reads the events at `path` (the setting, seen from where the caller stands), one record a unit and month.
    ///
    /// # Errors
    /// [`Error::Config`] for settings that do not fit, [`Error::Io`], [`Error::Data`] when columns are missing. A
    /// row that cannot be read is rejected with its line, and its unit and month, if known, are missing.
    pub fn read(&self, path: &Path) -> Result<Records> {
        self.check()?;
        let mut csv = Csv::open(path)?;
        let columns = Columns::find(&csv, self)?;
        let file = csv.file.clone();
        let mut events = Events::new(self, columns.gaps(&file, self));
        let mut rows = 0;
        while let Some(row) = csv.next()? {
            rows += 1;
            match columns.event(&row, self) {
                Ok(event) => events.add(event, &row),
                Err(flaw) => {
                    events.unknown.extend(flaw.place);
                    events.rejected.push(row.unreadable(flaw.reason));
                }
            }
        }
        Ok(events.into_records(file, rows))
    }

    fn check(&self) -> Result<()> {
        let refuse = |setting: &str, reason: String| {
            Err(Error::Config { setting: format!("source.{setting}"), reason })
        };
        for (setting, bound) in [("max-summary", self.max_summary), ("max-cell-month", self.max_cell_month)] {
            if bound.is_nan() || bound <= 0.0 {
                return refuse(setting, format!("{bound} bounds nothing: give a number of deaths above 0"));
            }
        }
        match self.drop_where_prec.iter().flatten().find(|p| !(1..=7).contains(*p)) {
            Some(p) => refuse("drop-where-prec", format!("{p} is no precision: they are 1 to 7")),
            None => Ok(()),
        }
    }

    /// The rule about imprecise places.
    fn dropped(&self) -> &[u8] {
        let default: &[u8] = match self.unit {
            EventUnit::Cell => &[4, 6, 7],
            EventUnit::Country => &[],
        };
        self.drop_where_prec.as_deref().unwrap_or(default)
    }
}
