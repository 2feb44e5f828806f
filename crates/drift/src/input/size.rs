//! How great the values above zero are.

use forewarn_core::prelude::*;

use crate::newest::{RowCounts, Rows};
use crate::replay::Replays;

forewarn_core::entry!(InputCheck: Size as "size", check);

/// The values above zero of the newest period, against those of the `periods` before it.
///
/// The effect is the absolute difference of the mean logarithms (1.1 is three times as great, or a third). Chance:
/// Welch's statistic of the logarithms (Welch 1947, doi:10.1093/biomet/34.1-2.28), replayed for `replays` periods
/// before the newest, each against the periods before it; by Student's law of prediction. It is one half of a two-part
/// test for counts; the other is `activity`. There is no reading where fewer than two values are above zero, and it is
/// unknown with fewer than twelve replays.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Size {
    /// Smallest effect that matters.
    pub limit: f64,
    /// How many periods before the newest it is compared with.
    pub periods: usize,
    /// For how many earlier periods the same is done to know what chance does.
    pub replays: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { limit: 1.0, periods: 12, replays: 96 }
    }
}

impl Size {
    fn check(self) -> Result<Self> {
        if self.limit >= 0.0 && self.periods > 0 {
            return Ok(self);
        }
        Err(Error::config("size", "`limit` must be at least 0 and `periods` above 0"))
    }

    fn column(&self, rows: Rows<'_>) -> Option<Reading> {
        let first = rows.last().saturating_sub(self.replays + self.periods);
        let counts: Vec<_> = (first..rows.len()).map(|i| RowCounts::of(rows.row(i))).collect();
        let last = counts.len() - 1;
        let before = |i: usize| counts[i.saturating_sub(self.periods)..i].iter().copied().reduce(RowCounts::plus);
        // Logarithms vary as much in one period as in the next: the variance of the many serves for the few.
        let welch = |i: usize| {
            let reference = before(i)?;
            let scale = reference.variance() * (1.0 / counts[i].active as f64 + 1.0 / reference.active as f64);
            Some((counts[i].mean_log() - reference.mean_log()) / scale.sqrt())
        };
        let now = welch(last).filter(|statistic| statistic.is_finite())?;
        let replays = Replays::of((self.periods..last).filter_map(welch), 1.0);
        let Some(replays) = replays else {
            return Some(Reading::unknown(rows.name, "there are fewer than 12 earlier periods to compare with"));
        };
        let reference = before(last)?;
        let (newest, usual) = (counts[last].mean_log(), reference.mean_log());
        let message = format!(
            "the {} values above zero of {} have a geometric mean of {:.2}, those of the {} periods before of {:.2}",
            counts[last].active,
            rows.now(),
            newest.exp(),
            self.periods,
            usual.exp()
        );
        let reading = Reading::fact(rows.name, (newest - usual).abs(), self.limit, message);
        Some(reading.by_chance(replays.p_value(now)).detects(replays.detectable(0.001) * (newest - usual) / now))
    }
}

impl InputCheck for Size {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        Ok(Rows::all(args)?.into_iter().filter_map(|rows| self.column(rows)).collect())
    }
}
