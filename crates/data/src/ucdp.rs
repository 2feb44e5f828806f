//! UCDP GED events: one row an event, aggregated to unit and month by declared rules.
//!
//! Sundberg and Melander (2013), doi:10.1177/0022343313484347. Columns are those of the official files, and the
//! compact ones (`gid`, `month_id` of the start) of files made from them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_core::{Cadence, Cell, Period};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::finding::{Finding, Severity};
use crate::records::{Records, Rejected};
use crate::text::{Csv, show};

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
    /// Fatalities above which an event that is not placed to within 25 km (`where_prec` 3 and more) is no
    /// observation of its cell but a summary of a wider area.
    pub max_summary: f32,
    /// Fatalities of a cell-month above which it is reported with its events (131,703 is the largest that stands:
    /// Kigali, April 1994).
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
    /// [`crate::Error::Io`], [`crate::Error::Data`] when columns are missing. A row that cannot be read is rejected with its line.
    pub fn read(&self, path: &Path) -> Result<Records> {
        let mut csv = Csv::open(path)?;
        let columns = Columns::find(&csv, self)?;
        let mut events =
            Events { settings: self, sums: BTreeMap::new(), rejected: Vec::new(), findings: Vec::new() };
        if columns.date_end.is_none() {
            let message = format!("{}: there is no `date_end`; events are dated by `month_id`", csv.file);
            events.findings.push(Finding::new(Severity::Warn, "date-of-start", 0, message));
        }
        if columns.where_prec.is_none() && self.unit == EventUnit::Cell {
            let message =
                format!("{}: there is no `where_prec`; no event is left out as imprecise", csv.file);
            events.findings.push(Finding::new(Severity::Warn, "no-precision", 0, message));
        }
        let (mut row, mut rows) = (csv::StringRecord::new(), 0);
        while let Some(line) = csv.next(&mut row)? {
            rows += 1;
            let event = if row.len() == csv.width() {
                columns.event(&row, self)
            } else {
                Err(format!("{} fields, the header has {}", row.len(), csv.width()))
            };
            match event {
                Ok(event) => events.add(line, event, &row),
                Err(reason) => events.rejected.push(Rejected::wrong(line, "unreadable", reason, show(&row))),
            }
        }
        Ok(events.into_records(csv.file, rows))
    }

    /// The rule about imprecise places.
    fn drops(&self, where_prec: Option<u8>) -> bool {
        let default: &[u8] = match self.unit {
            EventUnit::Cell => &[4, 6, 7],
            EventUnit::Country => &[],
        };
        where_prec.is_some_and(|p| self.drop_where_prec.as_deref().unwrap_or(default).contains(&p))
    }
}

/// Positions of the columns that are used.
struct Columns {
    id: usize,
    violence: usize,
    place: Place,
    cell: Option<usize>,
    where_prec: Option<usize>,
    date_end: Option<usize>,
    month: Option<usize>,
    deaths: usize,
}

/// How the unit is found.
enum Place {
    Cell { latitude: usize, longitude: usize },
    Country(usize),
}

/// One event.
struct Event {
    id: String,
    unit: i64,
    month: Period,
    violence: usize,
    where_prec: Option<u8>,
    deaths: f32,
}

impl Columns {
    fn find(csv: &Csv, settings: &Ucdp) -> Result<Self> {
        let place = match settings.unit {
            EventUnit::Cell => {
                Place::Cell { latitude: csv.column("latitude")?, longitude: csv.column("longitude")? }
            }
            EventUnit::Country => Place::Country(csv.column("country_id")?),
        };
        let (date_end, month) = (csv.find("date_end"), csv.find("month_id"));
        if date_end.is_none() && month.is_none() {
            csv.column("date_end")?;
        }
        Ok(Self {
            id: csv.column("id")?,
            violence: csv.column("type_of_violence")?,
            place,
            cell: csv.find("priogrid_gid").or_else(|| csv.find("gid")),
            where_prec: csv.find("where_prec"),
            date_end,
            month,
            deaths: csv.column(settings.estimate.column())?,
        })
    }

    fn event(&self, row: &csv::StringRecord, settings: &Ucdp) -> Result<Event, String> {
        let violence = match integer(row, self.violence, "type_of_violence")? {
            v @ 1..=3 => v as usize - 1,
            v => return Err(format!("type_of_violence is {v}; it is 1, 2 or 3")),
        };
        let where_prec = match self.where_prec {
            None => None,
            Some(i) => match integer(row, i, "where_prec")? {
                p @ 1..=7 => Some(p as u8),
                p => return Err(format!("where_prec is {p}; it is 1 to 7")),
            },
        };
        let deaths = float(row, self.deaths, settings.estimate.column())?;
        if deaths < 0.0 || !deaths.is_finite() {
            return Err(format!(
                "{} is {deaths}; a count cannot be negative or infinite",
                settings.estimate.column()
            ));
        }
        let id = row[self.id].to_owned();
        Ok(Event {
            id,
            unit: self.unit(row)?,
            month: self.month(row)?,
            violence,
            where_prec,
            deaths: deaths as f32,
        })
    }

    fn unit(&self, row: &csv::StringRecord) -> Result<i64, String> {
        let (latitude, longitude) = match self.place {
            Place::Country(i) => return integer(row, i, "country_id"),
            Place::Cell { latitude, longitude } => {
                (float(row, latitude, "latitude")?, float(row, longitude, "longitude")?)
            }
        };
        let gid = i64::from(Cell::containing(latitude, longitude).map_err(|e| e.to_string())?.gid());
        // Empty where UCDP itself could not tell.
        if let Some(i) = self.cell.filter(|&i| !row[i].trim().is_empty()) {
            let coded = integer(row, i, "priogrid_gid")?;
            if coded != gid {
                return Err(format!(
                    "latitude {latitude}, longitude {longitude} lie in cell {gid}, the row says {coded}"
                ));
            }
        }
        Ok(gid)
    }

    fn month(&self, row: &csv::StringRecord) -> Result<Period, String> {
        if let Some(i) = self.date_end {
            // Some releases write the time of day after the date.
            return Cadence::Month.parse(&row[i]).map_err(|e| format!("date_end: {e}"));
        }
        let i = self.month.unwrap_or_default();
        integer(row, i, "month_id").map(|m| Period(m as i32))
    }
}

fn integer(row: &csv::StringRecord, i: usize, name: &str) -> Result<i64, String> {
    row[i].trim().parse().map_err(|_| format!("{name} is `{}`; an integer was expected", &row[i]))
}

fn float(row: &csv::StringRecord, i: usize, name: &str) -> Result<f64, String> {
    row[i].trim().parse().map_err(|_| format!("{name} is `{}`; a number was expected", &row[i]))
}

/// What is known of a unit and month.
struct Sum {
    line: u32,
    deaths: [f64; 3],
    events: [u32; 3],
    ids: Vec<(f32, String)>,
}

/// Sums over the events read so far.
struct Events<'a> {
    settings: &'a Ucdp,
    sums: BTreeMap<(i64, Period), Sum>,
    rejected: Vec<Rejected>,
    findings: Vec<Finding>,
}

impl Events<'_> {
    fn add(&mut self, line: u32, event: Event, row: &csv::StringRecord) {
        let precision = event.where_prec.unwrap_or(1);
        if self.settings.drops(event.where_prec) {
            let reason = format!("where_prec {precision}: the place is not known well enough");
            let row = show(row);
            self.rejected.push(Rejected { line, rule: "imprecise-place", reason, row, declared: true });
            return;
        }
        let summary = self.settings.unit == EventUnit::Cell
            && precision >= 3
            && event.deaths > self.settings.max_summary;
        if summary {
            let message = format!(
                "event {} (line {line}) would put {} deaths into cell {} in {}, but its place is only known to precision \
                 {precision}; `source.on-summary` says what is done",
                event.id,
                event.deaths,
                event.unit,
                Cadence::Month.label(event.month)
            );
            self.findings.push(Finding::new(Severity::Warn, "summary-event", 1, &message));
            if self.settings.on_summary == OnSummary::Quarantine {
                self.rejected.push(Rejected {
                    line,
                    rule: "summary-event",
                    reason: message,
                    row: show(row),
                    declared: true,
                });
                return;
            }
        }
        let empty = || Sum { line, deaths: [0.0; 3], events: [0; 3], ids: Vec::new() };
        let sum = self.sums.entry((event.unit, event.month)).or_insert_with(empty);
        sum.deaths[event.violence] += f64::from(event.deaths);
        sum.events[event.violence] += 1;
        sum.ids.push((event.deaths, event.id));
    }

    /// Cell-months above the bound, with the events that made them.
    fn note_extremes(&mut self) {
        let Ucdp { unit, max_cell_month, .. } = self.settings;
        if *unit != EventUnit::Cell {
            return;
        }
        for ((cell, month), sum) in &mut self.sums {
            let deaths: f64 = sum.deaths.iter().sum();
            if deaths > f64::from(*max_cell_month) {
                sum.ids.sort_by(|a, b| b.0.total_cmp(&a.0));
                let ids: Vec<&str> = sum.ids.iter().take(5).map(|(_, id)| id.as_str()).collect();
                let message = format!(
                    "cell {cell} has {deaths} deaths in {}, from {} events (the largest: {})",
                    Cadence::Month.label(*month),
                    sum.ids.len(),
                    ids.join(", ")
                );
                self.findings.push(Finding::new(Severity::Warn, "extreme-cell-month", 1, message));
            }
        }
    }

    fn into_records(mut self, file: String, rows: u64) -> Records {
        self.note_extremes();
        let mut columns: Vec<String> = TYPES.iter().map(|&t| t.to_owned()).collect();
        if self.settings.counts {
            columns.extend(TYPES.iter().map(|t| format!("{t}_count")));
        }
        let mut values = vec![Vec::with_capacity(self.sums.len()); columns.len()];
        let (mut unit, mut period, mut line) = (Vec::new(), Vec::new(), Vec::new());
        for ((u, month), sum) in &self.sums {
            unit.push(*u);
            period.push(i64::from(month.0));
            line.push(sum.line);
            let counts = sum.events.iter().map(|&n| n as f32);
            for (out, value) in values.iter_mut().zip(sum.deaths.iter().map(|&d| d as f32).chain(counts)) {
                out.push(value);
            }
        }
        let Self { rejected, findings, .. } = self;
        let cadence = Cadence::Month;
        Records {
            file,
            cadence,
            columns,
            unit,
            period,
            line,
            values,
            rejected,
            findings,
            rows,
            absent_is_zero: true,
        }
    }
}
