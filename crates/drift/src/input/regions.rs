//! Countries that fell silent.

use forewarn_core::prelude::*;

use crate::input::activity::Activity;
use crate::newest::{RowCounts, Rows};

forewarn_core::entry!(InputCheck: Regions as "regions");

/// The share of units above zero in each group of units, such as the cells of a country, where it fell.
///
/// Effect and chance as those of `activity`, of falls alone: that a war begins is not for a gate of data to stop, that a
/// country falls silent at once is most often a delivery that failed. A group where fewer than `expected` units a period
/// were above zero in the periods before has no reading: its silence says nothing. All groups count when the gate
/// corrects for many readings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Regions {
    /// Smallest effect that matters.
    pub limit: f64,
    /// How many periods before the newest it is compared with.
    pub periods: usize,
    /// For how many earlier periods the same is done to know what chance does.
    pub replays: usize,
    /// How many units above zero a period make a group worth a reading.
    pub expected: f64,
}

impl Default for Regions {
    fn default() -> Self {
        Self { limit: 1.0, periods: 12, replays: 96, expected: 2.0 }
    }
}

impl InputCheck for Regions {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        let activity = Activity { limit: self.limit, periods: self.periods, replays: self.replays };
        let mut readings = Vec::new();
        for rows in Rows::all(args)? {
            let first = rows.last().saturating_sub(self.replays + self.periods);
            for group in args.groups {
                let count = |i: usize| RowCounts::of(group.rows.iter().map(|u| &rows.row(i)[*u]));
                let counts: Vec<_> = (first..rows.len()).map(count).collect();
                let [before @ .., _] = &counts[counts.len().saturating_sub(1 + self.periods)..] else { continue };
                let mean = before.iter().map(|c| c.active).sum::<u64>() as f64 / before.len().max(1) as f64;
                if mean >= self.expected {
                    let subject = format!("{}, {}", rows.name, group.name);
                    let units = rows.units(group.rows.iter().copied());
                    readings.push(activity.series(subject, &counts, &rows.now(), true).at(units));
                }
            }
        }
        Ok(readings)
    }
}
