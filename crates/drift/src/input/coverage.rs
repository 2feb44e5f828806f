//! Units that no longer report.

use forewarn_core::prelude::*;

use crate::newest::Rows;

forewarn_core::entry!(InputCheck: Coverage as "coverage", check);

/// Units that stopped reporting, units that are new, and units that are zero though they never were.
///
/// Four readings. Of each column, the effect is the share of units that were observed in the `periods` before the newest
/// and are not observed now; that share in the group of units, such as the cells of a country, where it is greatest;
/// and the share of units that are zero now, of those that were above zero in all of the `periods` before (population, temperature: a conflict may end, so that for sparse counts the limit is out of
/// reach of what does end). Of the panel, the share of the previous edition's units that are gone, or of this edition's
/// that are new, whichever is greater. Facts, without chance.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Coverage {
    /// Share of units that may be lost, 0-1.
    pub limit: f64,
    /// Share of the units of a group that may be lost, 0-1.
    pub group: f64,
    /// Share of the units that never were zero that may be zero, 0-1.
    pub zeros: f64,
    /// How many periods before the newest are looked at.
    pub periods: usize,
}

/// Fewest units that were never zero for their share to say something.
const FEWEST: usize = 100;

impl Default for Coverage {
    fn default() -> Self {
        Self { limit: 0.001, group: 0.2, zeros: 0.05, periods: 24 }
    }
}

impl Coverage {
    fn check(self) -> Result<Self> {
        crate::limit::share("coverage", "limit", self.limit)?;
        crate::limit::share("coverage", "group", self.group)?;
        crate::limit::share("coverage", "zeros", self.zeros)?;
        Ok(self)
    }

    /// Of the column, and of the group that lost most.
    fn lost(&self, rows: Rows<'_>, groups: &[Group]) -> Vec<Reading> {
        let before = self.before(rows);
        let seen = |u: usize| before.clone().any(|i| !rows.row(i)[u].is_nan());
        let of = |units: &mut dyn Iterator<Item = usize>| {
            let reporting: Vec<usize> = units.filter(|u| seen(*u)).collect();
            let lost: Vec<usize> = reporting.iter().copied().filter(|u| rows.newest()[*u].is_nan()).collect();
            (reporting.len(), lost)
        };
        let reading = |subject: String, limit, (reporting, lost): (usize, Vec<usize>)| {
            let message = format!(
                "{} of {reporting} units that reported in the {} periods before have no value for {}",
                lost.len(),
                before.len(),
                rows.now()
            );
            let share = lost.len() as f64 / reporting as f64;
            Reading::fact(subject, share, limit, message).at(rows.units(lost))
        };
        let mut readings = vec![reading(rows.name.to_owned(), self.limit, of(&mut (0..rows.newest().len())))];
        let by_group = groups.iter().map(|group| (group, of(&mut group.rows.iter().copied())));
        let share = |(reporting, lost): &(usize, Vec<usize>)| lost.len() as f64 / (*reporting).max(1) as f64;
        let worst = by_group.max_by(|a, b| share(&a.1).total_cmp(&share(&b.1)));
        // The subject does not name the group, so that the next period's reading is of the same subject.
        let worst = worst.filter(|(_, (reporting, _))| *reporting > 0);
        readings.extend(worst.map(|(group, lost)| {
            let of_group = reading(format!("{}, groups", rows.name), self.group, lost);
            let message = format!("{}: {}", group.name, of_group.message);
            Reading { message, ..of_group }
        }));
        readings
    }

    fn fallen(&self, rows: Rows<'_>) -> Option<Reading> {
        let before = self.before(rows);
        let never_zero = |u: &usize| before.clone().all(|i| rows.row(i)[*u] > 0.0);
        let steady: Vec<usize> = (0..rows.newest().len()).filter(never_zero).collect();
        if before.len() < self.periods || steady.len() < FEWEST {
            return None;
        }
        let zero: Vec<usize> = steady.iter().copied().filter(|u| rows.newest()[*u] == 0.0).collect();
        let message = format!(
            "{} of {} units that never were zero in the {} periods before are zero in {}",
            zero.len(),
            steady.len(),
            before.len(),
            rows.now()
        );
        let share = zero.len() as f64 / steady.len() as f64;
        Some(Reading::fact(format!("{}, zeros", rows.name), share, self.zeros, message).at(rows.units(zero)))
    }

    fn before(&self, rows: Rows<'_>) -> std::ops::Range<usize> {
        rows.last().saturating_sub(self.periods)..rows.last()
    }

    fn editions(&self, now: &Units, before: &Units) -> Reading {
        let missing = |from: &Units, of: &Units| -> Vec<Unit> {
            of.iter().copied().filter(|unit| from.binary_search(unit).is_err()).collect()
        };
        let (gone, new) = (missing(now, before), missing(before, now));
        let share = (gone.len() as f64 / before.len() as f64).max(new.len() as f64 / now.len() as f64);
        let message = format!("{} units of the previous edition are gone, {} are new", gone.len(), new.len());
        Reading::fact("units", share, self.limit, message).at(gone.into_iter().chain(new))
    }
}

impl InputCheck for Coverage {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        let mut readings = Vec::new();
        for rows in Rows::all(args)? {
            readings.extend(self.lost(rows, args.groups));
            readings.extend(self.fallen(rows));
        }
        readings.extend(args.previous.map(|p| self.editions(args.panel.units(), p.units())));
        Ok(readings)
    }
}
