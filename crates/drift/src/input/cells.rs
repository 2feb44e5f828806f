//! Which units have become different from themselves.

use forewarn_core::prelude::*;
use forewarn_kernels::cells::kolmogorov_smirnov;
use forewarn_kernels::multiplicity::benjamini_hochberg;

use crate::newest::Rows;
use crate::replay::Replays;

forewarn_core::entry!(InputCheck: Cells as "cells", check);

/// How many units look different in their last periods than in those before, by a test of each, and which.
///
/// Every unit is tested by the two-sample test of Kolmogorov and Smirnov: its newest `current` periods against the
/// `reference` periods before them. Those with `q <= level` (Benjamini and Hochberg 1995,
/// doi:10.1111/j.2517-6161.1995.tb02031.x, over all units that are not constant) are different. Wars begin and end, so
/// that some always are: the effect is the absolute logarithm of the ratio of their number and the usual one (1.1 is
/// three times as many, or a third), where the usual one is the mean of `replays` such tests that end before the newest
/// `current` periods begin; 0 where fewer than `least` are different and usually were. Chance: the square root of the
/// number (Bartlett 1936, doi:10.2307/2983678) by Student's law of prediction; replays overlap one another, so that it
/// warns too often where the number wanders. There is no reading of a panel that is too short.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cells {
    /// Smallest effect that matters.
    pub limit: f64,
    /// Share of the units that are called different that may be so by chance, 0-1.
    pub level: f64,
    /// How many periods are now.
    pub current: usize,
    /// How many periods before them they are compared with.
    pub reference: usize,
    /// How many times the same is done for earlier periods.
    pub replays: usize,
    /// How many units must be different for their number to say something.
    pub least: f64,
}

impl Default for Cells {
    fn default() -> Self {
        Self { limit: 1.1, level: 0.01, current: 24, reference: 36, replays: 24, least: 10.0 }
    }
}

impl Cells {
    fn check(self) -> Result<Self> {
        crate::limit::share("cells", "level", self.level)?;
        crate::limit::positive(
            "cells",
            &[("limit", self.limit), ("current", self.current as f64), ("reference", self.reference as f64)],
        )?;
        Ok(self)
    }

    fn column(&self, rows: Rows<'_>) -> Option<Reading> {
        let needed = 2 * self.current + self.reference + self.replays;
        if rows.len() < needed {
            return None;
        }
        let now = self.different(rows, 0);
        let before: Vec<f64> = (0..self.replays).map(|i| self.different(rows, self.current + i).len() as f64).collect();
        let usual = before.iter().sum::<f64>() / before.len() as f64;
        let number = now.len() as f64;
        let message = format!(
            "{number} units are different in the {} periods to {} from the {} before; {usual:.1} usually were, before these \
             periods",
            self.current,
            rows.now(),
            self.reference
        );
        let replays = Replays::of(before.iter().map(|n| n.sqrt()), ERROR);
        let Some(replays) = replays else {
            return Some(Reading::unknown(rows.name, "fewer than 12 replays say nothing about chance"));
        };
        let few = number < self.least && usual < self.least;
        let effect = if few { 0.0 } else { ((number + 0.5) / (usual + 0.5)).ln().abs() };
        let reading = Reading::fact(rows.name, effect, self.limit, message);
        let places = now.into_iter().map(|(unit, _)| unit);
        Some(reading.by_chance(replays.p_value(number.sqrt())).at(rows.units(places)))
    }

    /// Positions of the units that are different so many periods ago, and their q values, lowest first.
    fn different(&self, rows: Rows<'_>, back: usize) -> Vec<(usize, f64)> {
        let last = rows.last() - back;
        let values = rows.span(last + 1 - self.current - self.reference..last + 1);
        let tests = kolmogorov_smirnov(values, rows.newest().len(), self.reference);
        let known: Vec<(usize, f64)> = tests.iter().map(|t| t.p_value).enumerate().filter(|(_, p)| *p < 1.0).collect();
        let p_values: Vec<f64> = known.iter().map(|(_, p)| *p).collect();
        let adjusted = benjamini_hochberg(&p_values);
        let pairs = known.into_iter().zip(adjusted).map(|((unit, _), q)| (unit, q));
        let mut different: Vec<(usize, f64)> = pairs.filter(|(_, q)| *q <= self.level).collect();
        different.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        different
    }
}

/// Standard deviation of the square root of a count: Bartlett (1936).
const ERROR: f64 = 0.5;

impl InputCheck for Cells {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        Ok(Rows::all(args)?.into_iter().filter_map(|rows| self.column(rows)).collect())
    }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;

    use super::*;

    /// Counts of 300 units in 120 months; from month `change` on the first 60 are five greater.
    fn panel(change: usize) -> Panel {
        let axis = Axis { cadence: Cadence::Month, first: Period(200), len: 120 };
        let mut panel = Panel::new(axis, (1..=300).map(Unit).collect()).unwrap();
        let one = |i: usize| {
            let more = if i / 300 >= change && i % 300 < 60 { 5.0 } else { 0.0 };
            more + Stream::new(1, &[]).below(i as u64, 4) as f32
        };
        panel.push("x", (0..120 * 300).map(one).collect()).unwrap();
        panel
    }

    fn read(panel: &Panel) -> Reading {
        let columns = ["x".to_owned()];
        Cells::default().read(&InputArgs::new(panel, &columns).unwrap()).unwrap().remove(0)
    }

    #[test]
    fn units_that_change_together_are_counted_and_named() {
        let late = read(&panel(102));
        assert!(late.matters() && late.p_value.unwrap() < 1e-6, "{late:?}");
        assert!(late.units.len() > 50 && late.units.iter().all(|unit| unit.0 <= 60), "{late:?}");
        let never = read(&panel(120));
        assert!(!never.matters() && never.units.is_empty(), "{never:?}");
    }

    #[test]
    fn a_short_panel_has_no_reading() {
        let axis = Axis { cadence: Cadence::Month, first: Period(200), len: 107 };
        let mut panel = Panel::new(axis, [1, 2].map(Unit).into()).unwrap();
        panel.push("x", vec![1.0; 214]).unwrap();
        let columns = ["x".to_owned()];
        assert!(Cells::default().read(&InputArgs::new(&panel, &columns).unwrap()).unwrap().is_empty());
    }
}
