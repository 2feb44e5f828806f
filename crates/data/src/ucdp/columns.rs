//! From a row to an event.

use forewarn_core::{Cadence, Cell, Period};

use super::{EventUnit, Ucdp};
use crate::Result;
use crate::finding::{Finding, Severity};
use crate::text::{Csv, Row, integer, reason};

/// Positions of the columns that are used.
pub(super) struct Columns {
    id: usize,
    violence: usize,
    place: Place,
    where_prec: Option<usize>,
    time: Time,
    /// Position and name.
    deaths: (usize, &'static str),
}

/// How the unit is found.
enum Place {
    Cell {
        latitude: usize,
        longitude: usize,
        /// The cell as coded in the file, to compare.
        coded: Option<usize>,
    },
    Country(usize),
}

/// How the month is found.
enum Time {
    DateEnd(usize),
    MonthOfStart(usize),
}

/// One event.
pub(super) struct Event {
    pub(super) line: u32,
    pub(super) id: String,
    pub(super) what: What,
    /// Whether it goes into the sum of its unit and month.
    pub(super) counts: bool,
}

/// What an event says; two rows with one id should say the same.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct What {
    pub(super) unit: i64,
    pub(super) month: Period,
    /// 0 to 2.
    pub(super) violence: usize,
    pub(super) where_prec: Option<u8>,
    pub(super) deaths: f32,
}

/// Why a row is no event.
pub(super) struct Flaw {
    pub(super) reason: String,
    /// The unit and month that it speaks of, as far as they are known.
    pub(super) place: Option<(i64, Period)>,
}

impl From<String> for Flaw {
    fn from(reason: String) -> Self {
        Self { reason, place: None }
    }
}

impl Columns {
    /// Finds them in the header.
    pub(super) fn find(csv: &Csv, settings: &Ucdp) -> Result<Self> {
        let official = |name: &str| match csv.find(name)? {
            None if !settings.compact => {
                let cure =
                    "; if the file was made from an official one without it, say so: `source.compact = true`";
                Err(csv.lacks(name, cure))
            }
            found => Ok(found),
        };
        let place = match settings.unit {
            EventUnit::Cell => Place::Cell {
                latitude: csv.column("latitude")?,
                longitude: csv.column("longitude")?,
                coded: csv.find("priogrid_gid")?.or(csv.find("gid")?),
            },
            EventUnit::Country => Place::Country(csv.column("country_id")?),
        };
        let where_prec =
            if settings.dropped().is_empty() { csv.find("where_prec")? } else { official("where_prec")? };
        let time = match official("date_end")? {
            Some(date_end) => Time::DateEnd(date_end),
            None => Time::MonthOfStart(csv.column("month_id")?),
        };
        let estimate = settings.estimate.column();
        Ok(Self {
            id: csv.column("id")?,
            violence: csv.column("type_of_violence")?,
            place,
            where_prec,
            time,
            deaths: (csv.column(estimate)?, estimate),
        })
    }

    /// What the columns of the file cannot tell.
    pub(super) fn gaps(&self, file: &str, settings: &Ucdp) -> Vec<Finding> {
        let mut gaps = Vec::new();
        let mut say = |rule, message| gaps.push(Finding::new(Severity::Warn, rule, 0, message));
        if let Time::MonthOfStart(_) = self.time {
            let message = "there is no `date_end`; events are dated by `month_id`, the month of their start";
            say("date-of-start", format!("{file}: {message}"));
        }
        if self.where_prec.is_none() && settings.unit == EventUnit::Cell {
            say(
                "no-precision",
                format!("{file}: there is no `where_prec`; no event is left out as imprecise"),
            );
        }
        gaps
    }

    /// The event of a row.
    pub(super) fn event(&self, row: &Row<'_>, settings: &Ucdp) -> Result<Event, Flaw> {
        if let Some(fault) = &row.fault {
            return Err(fault.clone().into());
        }
        let where_prec = self.where_prec(row)?;
        let (unit, month) = (self.unit(row)?, self.month(row)?);
        let dropped = where_prec.is_some_and(|p| settings.dropped().contains(&p));
        let place = (!dropped).then_some((unit, month));
        let flaw = |reason| Flaw { reason, place };
        let violence = self.violence(row).map_err(flaw)?;
        let deaths = self.deaths(row).map_err(flaw)?;
        let id = row.fields[self.id].trim().to_owned();
        if id.is_empty() {
            return Err(flaw(
                "id is empty; without it nobody can tell whether the event is there twice".to_owned(),
            ));
        }
        Ok(Event {
            line: row.line,
            id,
            what: What { unit, month, violence, where_prec, deaths },
            counts: !dropped,
        })
    }

    fn where_prec(&self, row: &Row<'_>) -> Result<Option<u8>, String> {
        let Some(i) = self.where_prec else { return Ok(None) };
        match integer("where_prec", &row.fields[i])? {
            p @ 1..=7 => Ok(Some(p as u8)),
            p => Err(format!("where_prec is {p}; it is 1 to 7")),
        }
    }

    fn violence(&self, row: &Row<'_>) -> Result<usize, String> {
        match integer("type_of_violence", &row.fields[self.violence])? {
            v @ 1..=3 => Ok(v as usize - 1),
            v => Err(format!("type_of_violence is {v}; it is 1, 2 or 3")),
        }
    }

    fn deaths(&self, row: &Row<'_>) -> Result<f32, String> {
        let (i, name) = self.deaths;
        let deaths = float(name, &row.fields[i])?;
        if deaths < 0.0 || !deaths.is_finite() {
            return Err(format!("{name} is {deaths}; a count cannot be negative or infinite"));
        }
        Ok(deaths as f32)
    }

    fn unit(&self, row: &Row<'_>) -> Result<i64, String> {
        let (latitude, longitude, coded) = match self.place {
            Place::Country(i) => return integer("country_id", &row.fields[i]),
            Place::Cell { latitude, longitude, coded } => (
                float("latitude", &row.fields[latitude])?,
                float("longitude", &row.fields[longitude])?,
                // Empty where UCDP itself could not tell.
                coded.map(|i| &row.fields[i]).filter(|text| !text.trim().is_empty()),
            ),
        };
        let gid = i64::from(Cell::containing(latitude, longitude).map_err(reason)?.gid());
        match coded.map(|text| integer("priogrid_gid", text)).transpose()? {
            Some(coded) if coded != gid => Err(format!(
                "latitude {latitude}, longitude {longitude} lie in cell {gid}, the row says {coded}"
            )),
            _ => Ok(gid),
        }
    }

    fn month(&self, row: &Row<'_>) -> Result<Period, String> {
        match self.time {
            // Some releases write the time of day after the date. The day has to exist, too.
            Time::DateEnd(i) => Cadence::Day
                .parse(&row.fields[i])
                .and_then(|_| Cadence::Month.parse(&row.fields[i]))
                .map_err(|e| format!("date_end: {}", reason(e))),
            Time::MonthOfStart(i) => {
                let id = integer("month_id", &row.fields[i])?;
                i32::try_from(id).map(Period).map_err(|_| format!("month_id is {id}; that is no month"))
            }
        }
    }
}

fn float(name: &str, text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| format!("{name} is `{text}`; a number was expected"))
}
