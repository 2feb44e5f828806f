//! The time of day, in words.

use std::time::{SystemTime, UNIX_EPOCH};

use forewarn_core::{Cadence, Period};

/// Days from 1970 to 1980, where periods begin.
const DAYS: u64 = 3652;

/// The time now: UTC, as in RFC 3339, to the second.
pub(crate) fn now() -> String {
    // A clock before 1970 is wrong; the record says so by its first day.
    label(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// A time in seconds after 1970.
fn label(seconds: u64) -> String {
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    let period = Period((day as i64 - DAYS as i64 + 1) as i32);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", Cadence::Day.label(period))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        // `date -u -d @N +%FT%TZ`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
        ] {
            assert_eq!(label(seconds), text);
        }
        assert!(now().as_str() > "2024-");
    }
}
