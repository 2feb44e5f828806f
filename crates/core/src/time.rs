//! Time: cadences, periods, months and steps.

use std::fmt;
use std::ops::{Add, Sub};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How often a series is observed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cadence {
    /// Calendar months; period 1 is January 1980.
    #[default]
    Month,
    /// Calendar days; period 1 is 1 January 1980.
    Day,
    /// Hours (UTC); period 1 is the first hour of 1980.
    Hour,
    /// Minutes (UTC); period 1 is the first minute of 1980.
    Minute,
}

impl Cadence {
    /// The period as people write it: `2020-12`, `2020-12-31`, `2020-12-31T23`, `2020-12-31T23:59`.
    pub fn label(self, period: Period) -> String {
        let date = |days: i32| {
            let (y, m, d) = civil_from_days(days);
            format!("{y:04}-{m:02}-{d:02}")
        };
        let i = period.0 - 1;
        match self {
            Self::Month => Month(period.0).to_string(),
            Self::Day => date(i),
            Self::Hour => format!("{}T{:02}", date(i.div_euclid(24)), i.rem_euclid(24)),
            Self::Minute => {
                let minute = i.rem_euclid(1440);
                format!("{}T{:02}:{:02}", date(i.div_euclid(1440)), minute / 60, minute % 60)
            }
        }
    }

    /// Reads what [`Cadence::label`] writes; a longer timestamp is cut to the cadence.
    ///
    /// # Errors
    /// [`Error::Data`] when the text is no date of the calendar.
    pub fn parse(self, text: &str) -> Result<Period> {
        let bad =
            || Error::data(format!("`{text}` is no {self:?} (expected like `{}`)", self.label(Period(1))));
        let mut numbers = text.trim().split(['-', 'T', ' ', ':']).map(str::parse::<i32>);
        let mut next = || numbers.next().and_then(std::result::Result::ok);
        let (year, month) = (next().ok_or_else(bad)?, next().ok_or_else(bad)?);
        if !(1..=12).contains(&month) {
            return Err(bad());
        }
        if self == Self::Month {
            return Ok(Month::new(year, month as u32)?.into());
        }
        let day = next().ok_or_else(bad)?;
        let days = days_from_civil(year, month, day).ok_or_else(bad)?;
        let mut clock = |bound: i32| next().filter(|x| (0..bound).contains(x)).ok_or_else(bad);
        Ok(Period(match self {
            Self::Month | Self::Day => days + 1,
            Self::Hour => days * 24 + clock(24)? + 1,
            Self::Minute => days * 1440 + clock(24)? * 60 + clock(60)? + 1,
        }))
    }

    /// Periods after which the season repeats (12 for months, 24 for hours, ...).
    pub fn season(self) -> usize {
        match self {
            Self::Month => 12,
            Self::Day => 7,
            Self::Hour => 24,
            Self::Minute => 1440,
        }
    }
}

/// Days from 1 January 1980; `None` for a day that the calendar does not have.
fn days_from_civil(year: i32, month: i32, day: i32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i32::from(leap),
        _ => 31,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years counted from March make the leap day the last one (Hinnant, "chrono-compatible low-level date algorithms").
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    Some(era * 146_097 + doe - 723_120)
}

/// Year, month, day of the day that is `days` after 1 January 1980.
fn civil_from_days(days: i32) -> (i32, i32, i32) {
    let z = days + 723_120;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i32::from(month <= 2), month, day)
}

/// A position on the time axis of a [`Cadence`]; 1 is the first period of 1980.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Period(pub i32);

impl Add<Step> for Period {
    type Output = Period;

    fn add(self, step: Step) -> Period {
        Period(self.0 + i32::from(step.0))
    }
}

impl Sub<Step> for Period {
    type Output = Period;

    fn sub(self, step: Step) -> Period {
        Period(self.0 - i32::from(step.0))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A calendar month, `(year - 1980) * 12 + month`: January 1980 is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month `month` (1-12) of `year`.
    ///
    /// # Errors
    /// [`Error::Data`] when `month` is not 1-12 or `year` is not 1-9999.
    pub fn new(year: i32, month: u32) -> Result<Self> {
        if !(1..=12).contains(&month) || !(1..=9999).contains(&year) {
            return Err(Error::data(format!("{year}-{month} is no month (expected like `1980-01`)")));
        }
        Ok(Self((year - 1980) * 12 + month as i32))
    }

    /// The calendar year.
    pub fn year(self) -> i32 {
        1980 + (self.0 - 1).div_euclid(12)
    }

    /// The month of the year, 1-12.
    pub fn month(self) -> u32 {
        ((self.0 - 1).rem_euclid(12) + 1) as u32
    }
}

impl From<Month> for Period {
    fn from(month: Month) -> Self {
        Period(month.0)
    }
}

impl From<Period> for Month {
    fn from(period: Period) -> Self {
        Month(period.0)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

/// Lead time in periods: the first period after the origin is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Step(pub u16);

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_count_from_january_1980() {
        // (month_id, year, month) as in the published calendar of the reference.
        for (id, year, month) in
            [(1, 1980, 1), (12, 1980, 12), (13, 1981, 1), (109, 1989, 1), (492, 2020, 12), (564, 2026, 12)]
        {
            let m = Month::new(year, month).unwrap();
            assert_eq!(Period::from(m), Period(id));
            assert_eq!((m.year(), m.month()), (year, month));
            assert_eq!(Cadence::Month.parse(&m.to_string()).unwrap(), Period(id));
        }
        assert!(Month::new(2020, 13).is_err());
        assert_eq!(Month::from(Period(0)).to_string(), "1979-12");
    }

    #[test]
    fn labels_round_trip_on_every_cadence() {
        for cadence in [Cadence::Month, Cadence::Day, Cadence::Hour, Cadence::Minute] {
            for i in (-3_000..90_000).step_by(97) {
                let label = cadence.label(Period(i));
                assert_eq!(cadence.parse(&label).unwrap(), Period(i), "{cadence:?} {label}");
            }
        }
        assert_eq!(Cadence::Day.label(Period(1)), "1980-01-01");
        assert_eq!(Cadence::Day.parse("2000-02-29").unwrap(), Period(7365));
        assert_eq!(Cadence::Minute.label(Period(1440)), "1980-01-01T23:59");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for (cadence, text) in [
            (Cadence::Month, "2020-13"),
            (Cadence::Month, "then"),
            (Cadence::Day, "2021-02-29"),
            (Cadence::Day, "2021-02"),
            (Cadence::Hour, "2021-02-03T24"),
            (Cadence::Minute, "2021-02-03T23:60"),
        ] {
            assert!(cadence.parse(text).is_err(), "{text}");
        }
    }
}
