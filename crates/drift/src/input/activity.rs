//! How many units are above zero.

use forewarn_core::prelude::*;

use crate::newest::{RowCounts, Rows};
use crate::replay::Replays;

forewarn_core::entry!(InputCheck: Activity as "activity", check);

/// The share of units that are above zero in the newest period, against the `periods` before it.
///
/// The effect is the absolute logarithm of the ratio of both shares (0.69 is twice or half as many). Chance: the
/// difference of the square roots of both numbers, whose variance does not depend on the number (Bartlett 1936,
/// doi:10.2307/2983678), is replayed for `replays` periods before the newest, each against the periods before it, so
/// that what months do to one another is part of it; by Student's law of prediction. It is one half of a two-part test
/// for counts; the other is `size`. Unknown with fewer than twelve replays.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Activity {
    /// Smallest effect that matters.
    pub limit: f64,
    /// How many periods before the newest it is compared with.
    pub periods: usize,
    /// For how many earlier periods the same is done to know what chance does.
    pub replays: usize,
}

impl Default for Activity {
    fn default() -> Self {
        Self { limit: 0.5, periods: 12, replays: 96 }
    }
}

impl Activity {
    fn check(self) -> Result<Self> {
        if self.limit >= 0.0 && self.periods > 0 {
            return Ok(self);
        }
        Err(Error::config("activity", "`limit` must be at least 0 and `periods` above 0"))
    }

    /// One reading of a series of counts, of which the newest is the last. Of falls alone, when so asked.
    pub(crate) fn series(&self, subject: String, counts: &[RowCounts], now: &str, falls: bool) -> Reading {
        let first = counts.len().saturating_sub(1 + self.replays).max(self.periods);
        let usual = |i: usize| {
            counts[i - self.periods..i].iter().copied().reduce(RowCounts::plus).map_or(f64::NAN, RowCounts::share)
        };
        // Expected against seen; both are numbers of units.
        let pair = |i: usize| (usual(i) * counts[i].present as f64, counts[i].active as f64);
        let moved = |i: usize| {
            let (expected, seen) = pair(i);
            seen.sqrt() - expected.sqrt()
        };
        let last = counts.len() - 1;
        let replays = (first < last).then(|| Replays::of((first..last).map(moved), ERROR)).flatten();
        let Some(replays) = replays else {
            return Reading::unknown(subject, "there are fewer than 12 earlier periods to compare with");
        };
        let (expected, seen) = pair(last);
        // Half a unit is added so that nothing has a logarithm.
        let ratio = ((seen + 0.5) / (expected + 0.5)).ln();
        let (effect, p_value) = if falls {
            ((-ratio).max(0.0), replays.one_sided(moved(last), true))
        } else {
            (ratio.abs(), replays.p_value(moved(last)))
        };
        let message = format!(
            "{seen} units are above zero in {now}, {expected:.1} were expected from the {} periods before",
            self.periods
        );
        let detectable = 2.0 * replays.detectable(DETECT) / expected.max(0.5).sqrt();
        Reading::fact(subject, effect, self.limit, message).by_chance(p_value).detects(detectable)
    }
}

/// The level that what is detectable is told for.
const DETECT: f64 = 0.001;
/// Standard deviation of the square root of a count: Bartlett (1936).
const ERROR: f64 = 0.5;

impl InputCheck for Activity {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        let read = |rows: Rows<'_>| {
            let first = rows.last().saturating_sub(self.replays + self.periods);
            let counts: Vec<_> = (first..rows.len()).map(|i| RowCounts::of(rows.row(i))).collect();
            self.series(rows.name.to_owned(), &counts, &rows.now(), false)
        };
        Ok(Rows::all(args)?.into_iter().map(read).collect())
    }
}
