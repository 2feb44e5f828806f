//! How much of what was known has been rewritten.

use forewarn_core::prelude::*;

use crate::newest::Rows;

forewarn_core::entry!(InputCheck: Revision as "revision", check);

/// Values that differ from those of the previous edition of the observations.
///
/// The effect is the share of values, among those above zero in either edition, that are not the same in both; of the
/// periods and units that both have. A value that went missing differs. Facts, without chance: how much an edition
/// usually revises is for the limit to say, and a yearly release that revises more is worth a look. There is no reading
/// without a previous edition; it is unknown when the editions have nothing in common.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Revision {
    /// Share of values that may differ, 0-1.
    pub limit: f64,
}

impl Default for Revision {
    fn default() -> Self {
        Self { limit: 0.05 }
    }
}

impl Revision {
    fn check(self) -> Result<Self> {
        crate::limit::share("revision", "limit", self.limit)?;
        Ok(self)
    }

    fn column(&self, now: Rows<'_>, before: Rows<'_>, common: &Common) -> Reading {
        let (mut either, mut changed) = (0_u64, 0_u64);
        let mut by_unit = vec![0_u64; common.units.len()];
        for (i, j) in &common.periods {
            let (new, old) = (now.row(*i), before.row(*j));
            for (count, (u, v)) in by_unit.iter_mut().zip(&common.units) {
                let (x, y) = (new[*u], old[*v]);
                if !(x > 0.0 || y > 0.0) {
                    continue;
                }
                either += 1;
                // Also when either is missing.
                if x != y {
                    changed += 1;
                    *count += 1;
                }
            }
        }
        let message = format!(
            "{changed} of {either} values above zero differ from the previous edition in {} periods of {} units",
            common.periods.len(),
            common.units.len()
        );
        if either == 0 {
            return Reading::unknown(now.name, message);
        }
        let mut places: Vec<(u64, usize)> =
            by_unit.iter().zip(&common.units).filter(|(n, _)| **n > 0).map(|(n, (u, _))| (*n, *u)).collect();
        places.sort_unstable_by_key(|(n, u)| (std::cmp::Reverse(*n), *u));
        Reading::fact(now.name, changed as f64 / either as f64, self.limit, message)
            .at(now.units(places.into_iter().map(|(_, u)| u)))
    }
}

/// Positions of what both editions have.
struct Common {
    periods: Vec<(usize, usize)>,
    units: Vec<(usize, usize)>,
}

impl Common {
    fn of(now: &Panel, before: &Panel) -> Self {
        let axis = now.axis();
        let period = |i: usize| Some((i, before.axis().index(axis.period(i))?));
        let unit = |(i, unit): (usize, &Unit)| Some((i, before.units().binary_search(unit).ok()?));
        Self {
            periods: (0..axis.len).filter_map(period).collect(),
            units: now.units().iter().enumerate().filter_map(unit).collect(),
        }
    }
}

impl InputCheck for Revision {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        let Some(previous) = args.previous else { return Ok(Vec::new()) };
        let common = Common::of(args.panel, previous);
        let read = |rows: Rows<'_>| match Rows::of(previous, rows.name) {
            Ok(before) => self.column(rows, before, &common),
            Err(_) => Reading::unknown(rows.name, "the previous edition has no such column"),
        };
        Ok(Rows::all(args)?.into_iter().map(read).collect())
    }
}
