//! A number of a forecast against the same number of earlier ones.

use forewarn_core::prelude::*;

use super::leads::{Leads, Range};
use super::past::{Past, periods};
use crate::chance;
use crate::words::number;

/// A change from or to nothing counts as one by this factor.
const MOST: f64 = 1e6;

/// `ln(now / before)`, at most [`MOST`] either way; 0 when both are 0, NaN when one is missing or negative.
pub(super) fn log_ratio(now: f64, before: f64) -> f64 {
    if !(now >= 0.0 && before >= 0.0) {
        return f64::NAN;
    }
    let least = now.max(before) / MOST;
    if least == 0.0 { 0.0 } else { (now.max(least) / before.max(least)).ln() }
}

/// A number of a forecast, and how far it may change.
pub(super) struct Ratio<'a> {
    /// What it is, in a sentence.
    pub what: &'a str,
    /// The number of one step.
    pub of: &'a dyn Fn(&FieldSummary) -> f64,
    /// What units contribute to it.
    pub parts: fn(&FieldSummary) -> &[f32],
    pub leads: &'a Leads,
    /// Absolute log ratio that matters against the last forecast.
    pub limit: f64,
    /// Periods of a year, and the absolute log ratio that matters against the forecast of the year before.
    pub season: (u32, f64),
}

impl Ratio<'_> {
    /// One reading a range of steps against the last forecast, and one against that of a year before if there is one.
    pub(super) fn read(&self, args: &OutputArgs<'_>) -> Vec<Reading> {
        self.leads.ranges(args.outlook).iter().flat_map(|range| self.readings(args, range)).collect()
    }

    fn readings(&self, args: &OutputArgs<'_>, range: &Range) -> Vec<Reading> {
        let past = Past::new(args, range);
        let Some((last, gap)) = past.latest() else {
            let why = format!(
                "there is no forecast of {} from the 12 periods before to compare with",
                range.label()
            );
            return vec![Reading::unknown(range.label(), why)];
        };
        let mut readings = vec![self.reading(args, (range, &past), (last, gap), range.label(), self.limit)];
        let season = i32::try_from(self.season.0).unwrap_or(0);
        if let Some(before) = past.before(season).filter(|_| season != gap) {
            let subject = format!("{}, {} before", range.label(), periods(season));
            readings.push(self.reading(args, (range, &past), (before, season), subject, self.season.1));
        }
        readings
    }

    fn reading(
        &self,
        args: &OutputArgs<'_>,
        (range, past): (&Range, &Past<'_>),
        (before, gap): (&Outlook, i32),
        subject: String,
        limit: f64,
    ) -> Reading {
        let total = |outlook: &Outlook| range.sum(outlook, self.of).unwrap_or(f64::NAN);
        let (now, then) = (total(args.outlook), total(before));
        let change = log_ratio(now, then);
        let usual = Usual::of(past.pairs(gap).map(|(a, b)| log_ratio(total(b), total(a))));
        let usual_text = match usual.and_then(|u| Some((u.origins, u.sd?))) {
            Some((n, sd)) => {
                format!("the standard deviation of {n} such log ratios before is {}", number(sd))
            }
            None => "there are no such changes before".to_owned(),
        };
        let message = format!(
            "{} over {} is {}, and was {} from {} before: a log ratio of {}; {usual_text}",
            self.what,
            range.label(),
            number(now),
            number(then),
            periods(gap),
            number(change)
        );
        let reading = Reading::fact(subject, change.abs(), limit, message);
        let places =
            if reading.matters() { self.places(args.outlook, before, range, change) } else { Vec::new() };
        let reading = reading.at(places);
        match chance::two_sided(change, usual) {
            Some(p) => reading.by_chance(p),
            None => reading,
        }
    }

    /// The units that contribute most to a change in its direction.
    fn places(&self, now: &Outlook, before: &Outlook, range: &Range, sign: f64) -> Vec<Unit> {
        let (Some((units, now)), Some((others, before))) =
            (range.by_unit(now, self.parts), range.by_unit(before, self.parts))
        else {
            return Vec::new();
        };
        if units != others {
            return Vec::new();
        }
        let change: Vec<f64> = now.iter().zip(&before).map(|(a, b)| (a - b) * sign.signum()).collect();
        let mut order: Vec<usize> = (0..units.len()).filter(|&i| change[i] > 0.0).collect();
        order.sort_by(|&a, &b| change[b].total_cmp(&change[a]));
        order.into_iter().take(Reading::PLACES).map(|i| units[i]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_ratios_are_finite() {
        assert_eq!((log_ratio(2.0, 2.0), log_ratio(0.0, 0.0)), (0.0, 0.0));
        assert!((log_ratio(4.0, 2.0) - 2.0_f64.ln()).abs() < 1e-15);
        assert!(
            (log_ratio(0.0, 2.0) + MOST.ln()).abs() < 1e-9 && (log_ratio(2.0, 0.0) - MOST.ln()).abs() < 1e-9
        );
        assert!(log_ratio(-1.0, 2.0).is_nan() && log_ratio(f64::NAN, 2.0).is_nan());
    }
}
