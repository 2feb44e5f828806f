//! A period in which nothing happened anywhere.

use forewarn_core::prelude::*;

use crate::newest::{RowCounts, Rows};

forewarn_core::entry!(InputCheck: Silent as "silent", check);

/// A period that is zero everywhere although its neighbours are not: most often a delivery that failed.
///
/// Every period from the second to the newest is looked at. The effect is how many units were expected to be above
/// zero in a period that has none: the least number in the `periods` on either side; 0 when no period is silent. A fact,
/// without chance: with Poisson's law, five units expected and none seen has a probability of 0.7 %, ten of 0.005 %.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Silent {
    /// How many units must be expected for silence to be strange.
    pub limit: f64,
    /// How many periods on either side say what was expected.
    pub periods: usize,
}

impl Default for Silent {
    fn default() -> Self {
        Self { limit: 3.0, periods: 3 }
    }
}

impl Silent {
    fn check(self) -> Result<Self> {
        if self.limit > 0.0 && self.periods > 0 {
            return Ok(self);
        }
        Err(Error::config("silent", "`limit` and `periods` must be above 0"))
    }

    fn column(&self, rows: Rows<'_>) -> Reading {
        let active: Vec<u64> = (0..rows.len()).map(|i| RowCounts::of(rows.row(i)).active).collect();
        let expected = |i: usize| {
            let near = i.saturating_sub(self.periods)..(i + self.periods + 1).min(active.len());
            near.filter(|j| *j != i).map(|j| active[j]).min().unwrap_or(0)
        };
        let silent: Vec<usize> = (0..active.len()).filter(|i| active[*i] == 0).collect();
        let worst = silent.iter().copied().max_by_key(|i| (expected(*i), *i));
        let Some(worst) = worst.filter(|i| expected(*i) > 0) else {
            return Reading::fact(rows.name, 0.0, self.limit, "no period is zero everywhere".to_owned());
        };
        let message = format!(
            "{} is zero everywhere, although at least {} units are not in each of the {} periods beside it",
            rows.label(worst),
            expected(worst),
            self.periods
        );
        Reading::fact(rows.name, expected(worst) as f64, self.limit, message)
    }
}

impl InputCheck for Silent {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        Ok(Rows::all(args)?.into_iter().map(|rows| self.column(rows)).collect())
    }
}
