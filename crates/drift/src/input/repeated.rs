//! Whether the newest period is one that was there before.

use forewarn_core::prelude::*;

use crate::newest::{RowCounts, Rows};

forewarn_core::entry!(InputCheck: Repeated as "repeated", check);

/// A newest period that is a copy of an earlier one: a stale delivery, a month loaded twice.
///
/// The effect is, for the earlier period that is most alike, the share of units with the same value above zero among
/// those with one above zero in either period (0-1). An earlier period does not count where the period before the newest
/// is as much alike the one before it: the column repeats itself, by season or always. A period with fewer than `units`
/// above zero has no reading. A fact, without chance.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Repeated {
    /// Share of equal values from which on a period is a copy, 0-1.
    pub limit: f64,
    /// How many units must be above zero.
    pub units: u64,
}

impl Default for Repeated {
    fn default() -> Self {
        Self { limit: 0.8, units: 5 }
    }
}

impl Repeated {
    fn check(self) -> Result<Self> {
        crate::limit::share("repeated", "limit", self.limit)?;
        Ok(self)
    }

    fn column(&self, rows: Rows<'_>) -> Option<Reading> {
        let last = rows.last();
        if RowCounts::of(rows.newest()).active < self.units || last < 2 {
            return None;
        }
        // What was as much alike a period ago repeats itself by nature: a season, or a column that never changes.
        let by_nature = |i: usize| alike(rows.row(last - 1), rows.row(i - 1)) >= self.limit;
        let shares = (1..last).map(|i| (alike(rows.newest(), rows.row(i)), i));
        let shares = shares.filter(|(share, i)| *share < self.limit || !by_nature(*i));
        // Of periods that are equally alike the latest is named.
        let (share, i) = shares.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))?;
        let message = format!(
            "{:.0} % of the values above zero of {} or {} are the same in both",
            100.0 * share,
            rows.now(),
            rows.label(i)
        );
        Some(Reading::fact(rows.name, share, self.limit, message))
    }
}

/// Share of units with the same value above zero among those with one above zero in either row.
fn alike(a: &[f32], b: &[f32]) -> f64 {
    let (mut same, mut either) = (0_u64, 0_u64);
    for (x, y) in a.iter().zip(b) {
        let (p, q) = (*x > 0.0, *y > 0.0);
        either += u64::from(p || q);
        same += u64::from(p && x == y);
    }
    if either == 0 { 0.0 } else { same as f64 / either as f64 }
}

impl InputCheck for Repeated {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        Ok(Rows::all(args)?.into_iter().filter_map(|rows| self.column(rows)).collect())
    }
}
