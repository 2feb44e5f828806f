//! Whether the same places lead the list.

use std::collections::BTreeSet;

use forewarn_core::prelude::*;

use super::leads::{Leads, Range};
use super::past::{Past, periods};
use crate::limit;
use crate::chance;
use crate::words::{number, percent};

forewarn_core::entry!(OutputCheck: RankStability as "rank-stability", check);

/// Whether the places with the greatest means are those of the last forecast, at the same steps.
///
/// The `top` units by the sum over steps of their means, of those that are above zero, against those of the latest
/// earlier forecast. The effect is **the share of places on the list that are new**: one minus the number of units on
/// both lists over the length of the longer one, 0-1. A share of a list is what its readers see change; a rank
/// correlation over all units is ruled by thousands that nobody looks at. The p value is one-sided, by the prediction
/// interval of Student's t (Geisser 1993, Predictive Inference) on the shares between earlier forecasts as many periods
/// apart; with fewer than six of them, or none that differ, the reading is a fact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RankStability {
    /// Length of the list.
    #[schemars(range(min = 1))]
    pub top: usize,
    /// Ranges of steps, one reading each.
    pub leads: Leads,
    /// Share of new places that matters, 0-1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub limit: f64,
}

impl Default for RankStability {
    fn default() -> Self {
        Self { top: 100, leads: Leads::default(), limit: 0.5 }
    }
}

impl RankStability {
    fn check(self) -> Result<Self> {
        self.leads.check("rank-stability")?;
        limit::positive("rank-stability", &[("limit", self.limit), ("top", self.top as f64)])?;
        Ok(self)
    }

    /// The units on the list, greatest first.
    fn list(&self, outlook: &Outlook, range: &Range) -> Option<Vec<Unit>> {
        let (units, sums) = range.by_unit(outlook, |field| &field.means)?;
        let mut order: Vec<usize> = (0..units.len()).filter(|&i| sums[i] > 0.0).collect();
        order.sort_by(|&a, &b| sums[b].total_cmp(&sums[a]));
        Some(order.into_iter().take(self.top).map(|i| units[i]).collect())
    }

    fn reading(&self, args: &OutputArgs<'_>, range: &Range) -> Reading {
        let past = Past::new(args, range);
        let unknown = |why: &str| Reading::unknown(range.label(), why);
        let Some((last, gap)) = past.latest() else {
            return unknown("there is no forecast from the 12 periods before to compare with");
        };
        let (Some(now), Some(then)) = (self.list(args.outlook, range), self.list(last, range)) else {
            return unknown("the units are not the same at all steps");
        };
        let share = |a: &Outlook, b: &Outlook| Some(new_share(&self.list(b, range)?, &self.list(a, range)?));
        let usual = Usual::of(past.pairs(gap).filter_map(|(a, b)| share(a, b)));
        let effect = new_share(&now, &then);
        if effect.is_nan() {
            return unknown("no unit has a mean above zero");
        }
        let usually = match usual {
            Some(u) => format!("{} on average between {} pairs before", number(u.mean), u.origins),
            None => "nothing is known of pairs before".to_owned(),
        };
        let message = format!(
            "{} of the {} places with the greatest means at {} are new since {} before; {usually}",
            percent(effect),
            now.len().max(then.len()),
            range.label(),
            periods(gap)
        );
        let reading = Reading::fact(range.label(), effect, self.limit, message);
        let reading = reading.at(not_in(&now, &then));
        match chance::above(effect, usual) {
            Some(p) => reading.by_chance(p),
            None => reading,
        }
    }
}

/// The units of `now` that are not in `then`.
fn not_in(now: &[Unit], then: &[Unit]) -> Vec<Unit> {
    let then: BTreeSet<Unit> = then.iter().copied().collect();
    now.iter().filter(|unit| !then.contains(unit)).copied().collect()
}

/// Share of the longer list that is not on both; NaN when both are empty.
fn new_share(now: &[Unit], then: &[Unit]) -> f64 {
    let both = now.len() - not_in(now, then).len();
    let longer = now.len().max(then.len());
    (longer - both) as f64 / longer as f64
}

impl OutputCheck for RankStability {
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>> {
        Ok(self.leads.ranges(args.outlook).iter().map(|range| self.reading(args, range)).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::cases::{history, outlook};

    #[test]
    fn worked_by_hand() {
        let check = RankStability { top: 2, ..RankStability::default() };
        let read = |now: &[[f32; 4]], then: &[[f32; 4]]| {
            let (now, then) = (outlook(501, &[2, 3], now), [outlook(500, &[2, 3], then)]);
            check.read(&OutputArgs::new(&now, &then)).unwrap().remove(0)
        };
        let then = [[3.0, 2.0, 1.0, 0.0], [0.0; 4]];
        let reading = read(&[[3.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 2.0]], &then);
        assert_eq!((reading.effect, &reading.units[..], reading.p_value), (Some(0.5), &[Unit(4)][..], None));
        assert!(reading.message.starts_with("50 % of the 2 places"), "{}", reading.message);
        // A list that has become shorter has lost places.
        assert_eq!(read(&[[3.0, 0.0, 0.0, 0.0], [0.0; 4]], &then).effect, Some(0.5));
        assert_eq!(read(&[[0.0; 4], [0.0; 4]], &then).effect, Some(1.0));
        assert_eq!(read(&[[0.0; 4], [0.0; 4]], &[[0.0; 4], [0.0; 4]]).effect, None);
        assert_eq!(read(&[[6.0, 4.0, 2.0, 0.0], [0.0; 4]], &then).effect, Some(0.0), "no order is changed");
    }

    #[test]
    fn shuffled_places_are_seen() {
        let (earlier, mut now) = (history(24, 1.0), history(25, 1.0).pop().unwrap());
        let check = RankStability::default();
        let calm = check.read(&OutputArgs::new(&now, &earlier)).unwrap();
        assert!(calm.iter().all(|r| !r.matters() && r.p_value.unwrap() > 1e-3), "{calm:?}");
        now.steps.iter_mut().for_each(|field| field.means.rotate_left(7));
        let shuffled = check.read(&OutputArgs::new(&now, &earlier)).unwrap();
        assert!(shuffled.iter().all(|r| r.matters() && r.p_value.unwrap() < 1e-6), "{shuffled:?}");
        assert!((ENTRY.build)(&json!({"top": 0})).is_err());
    }
}
