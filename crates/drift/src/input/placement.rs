//! Whether things happen where they used to.

use forewarn_core::prelude::*;

use crate::newest::Rows;
use crate::replay::Replays;

forewarn_core::entry!(InputCheck: Placement as "placement", check);

/// The share of units above zero that were above zero in the `periods` before as well: when ids are mixed up, things
/// happen where they never did.
///
/// The effect is how much that share of the newest period is below its mean of the replays (0-1; 0 when it is above).
/// Chance: the share, as an angle (Freeman and Tukey 1950, doi:10.1214/aoms/1177729756) in units of its binomial error,
/// is replayed for `replays` periods; one-sided, by Student's law of prediction. There is no reading where fewer than
/// `units` are above zero; it is unknown with fewer than twelve replays.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Placement {
    /// Smallest effect that matters, 0-1.
    pub limit: f64,
    /// In how many periods before a unit must have been above zero.
    pub periods: usize,
    /// For how many earlier periods the same is done to know what chance does.
    pub replays: usize,
    /// How many units must be above zero.
    pub units: usize,
}

impl Default for Placement {
    fn default() -> Self {
        Self { limit: 0.3, periods: 36, replays: 60, units: 4 }
    }
}

impl Placement {
    fn check(self) -> Result<Self> {
        crate::limit::share("placement", "limit", self.limit)?;
        Ok(self)
    }

    fn column(&self, rows: Rows<'_>) -> Option<Reading> {
        let (last, first) = (rows.last(), rows.last().saturating_sub(self.replays).max(self.periods));
        let lately = Lately::new(rows, self.periods);
        let now = lately.at(last);
        if now.active < self.units {
            return None;
        }
        let before: Vec<Placed> =
            (first..last).map(|i| lately.at(i)).filter(|placed| placed.active >= self.units).collect();
        let (known, active) = before.iter().fold((0, 0), |(k, n), p| (k + p.known, n + p.active));
        let usual = known as f64 / active as f64;
        let Some(replays) = Replays::of(before.iter().map(|placed| placed.angle(usual)), 1.0) else {
            return Some(Reading::unknown(rows.name, "there are fewer than 12 earlier periods to compare with"));
        };
        let message = format!(
            "{} of {} units above zero in {} were above zero in the {} periods before; usually {:.0} % were",
            now.known,
            now.active,
            rows.now(),
            self.periods,
            100.0 * usual
        );
        let new = rows.units(lately.new_places(last));
        let effect = (usual - now.known as f64 / now.active as f64).max(0.0);
        let p = replays.one_sided(now.angle(usual), true);
        Some(Reading::fact(rows.name, effect, self.limit, message).by_chance(p).at(new))
    }
}

/// How many units are above zero in a period, and how many of them were lately.
#[derive(Clone, Copy)]
struct Placed {
    known: usize,
    active: usize,
}

impl Placed {
    /// How far the share of the known is from the usual one, in units of its binomial error.
    fn angle(self, usual: f64) -> f64 {
        let n = self.active as f64;
        let angle = |share: f64| share.sqrt().asin();
        2.0 * n.sqrt() * (angle(self.known as f64 / n) - angle(usual))
    }
}

/// For each period and unit, the last period before it in which the unit was above zero.
struct Lately<'a> {
    rows: Rows<'a>,
    periods: usize,
}

impl<'a> Lately<'a> {
    fn new(rows: Rows<'a>, periods: usize) -> Self {
        Self { rows, periods }
    }

    fn at(&self, i: usize) -> Placed {
        let active = self.active(i);
        let known = active.iter().filter(|unit| self.known(i, **unit)).count();
        Placed { known, active: active.len() }
    }

    fn active(&self, i: usize) -> Vec<usize> {
        self.rows.row(i).iter().enumerate().filter(|(_, v)| **v > 0.0).map(|(unit, _)| unit).collect()
    }

    fn known(&self, i: usize, unit: usize) -> bool {
        (i.saturating_sub(self.periods)..i).rev().any(|j| self.rows.row(j)[unit] > 0.0)
    }

    fn new_places(&self, i: usize) -> Vec<usize> {
        self.active(i).into_iter().filter(|unit| !self.known(i, *unit)).collect()
    }
}

impl InputCheck for Placement {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        Ok(Rows::all(args)?.into_iter().filter_map(|rows| self.column(rows)).collect())
    }
}
