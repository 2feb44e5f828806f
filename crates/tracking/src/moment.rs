//! Moments to the second, as runs write them.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{Error, Result};

const DAY: u64 = 86_400;

/// A moment: seconds after 1970-01-01 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// Reads `2026-03-01T06:00:00Z`, the form of RFC 3339 that [`Moment`] is written in.
    ///
    /// # Errors
    /// [`Error::Wrong`] for any other text, and for years before 1970.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong =
            || Error::wrong("time", format!("`{text}` is none; expected one such as 2026-03-01T06:00:00Z"));
        let number =
            |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u64>().ok());
        let parts =
            [(0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)].map(|(from, to)| number(from, to));
        let [Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second)] = parts else {
            return Err(wrong());
        };
        if year < 1970 || month == 0 || day == 0 {
            return Err(wrong());
        }
        let moment = Self(days(year, month, day) * DAY + hour * 3600 + minute * 60 + second);
        // A month 13 or a minute 60 is written differently from how it was read.
        if moment.to_string() == text { Ok(moment) } else { Err(wrong()) }
    }

    /// As in names of files: `20260301_060000`.
    pub(crate) fn stamp(self) -> String {
        self.to_string().replace(['-', ':', 'Z'], "").replace('T', "_")
    }
}

/// Days from 1970-01-01, years beginning in March so that leap days come last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    // 719468 days lie between the first of March of year 0 and 1970.
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, second) = (self.0 / DAY, self.0 % DAY);
        let mut year = 1970 + day / 366;
        while days(year + 1, 1, 1) <= day {
            year += 1;
        }
        let month = (1..=12).rev().find(|month| days(year, *month, 1) <= day).unwrap_or(1);
        let date = day - days(year, month, 1) + 1;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        // `date -u -d @N +%FT%TZ`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Moment(seconds).to_string(), text);
            assert_eq!(Moment::parse(text).unwrap(), Moment(seconds));
        }
        assert_eq!(Moment(951_827_696).stamp(), "20000229_123456");
    }

    #[test]
    fn each_day_of_a_century_comes_back() {
        for day in 0..36_525 {
            let moment = Moment(day * DAY + 1);
            assert_eq!(Moment::parse(&moment.to_string()).unwrap(), moment);
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z"]
        {
            assert!(Moment::parse(text).unwrap_err().to_string().contains("expected one such as"), "{text}");
        }
        assert!(
            Moment::parse("2026-01-01T00:00:00+01:00").is_err()
                && Moment::parse("1969-01-01T00:00:00Z").is_err()
        );
    }
}
