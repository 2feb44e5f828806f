//! Values that are missing.

use forewarn_core::prelude::*;

use crate::newest::Rows;

forewarn_core::entry!(InputCheck: Missing as "missing", check);

/// Values that are missing from the newest period, beyond what is usual.
///
/// The effect is the share of units without a value in the newest period, less that share in the `periods` before it (0
/// when it is lower). A fact, without chance.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Missing {
    /// Share that may be missing beyond the usual, 0-1.
    pub limit: f64,
    /// How many periods before the newest say what is usual.
    pub periods: usize,
}

impl Default for Missing {
    fn default() -> Self {
        Self { limit: 0.002, periods: 12 }
    }
}

impl Missing {
    fn check(self) -> Result<Self> {
        crate::limit::share("missing", "limit", self.limit)?;
        Ok(self)
    }

    fn column(&self, rows: Rows<'_>) -> Reading {
        let share = |i: usize| rows.row(i).iter().filter(|v| v.is_nan()).count() as f64 / rows.row(i).len() as f64;
        let before: Vec<f64> = (rows.last().saturating_sub(self.periods)..rows.last()).map(share).collect();
        let usual = before.iter().sum::<f64>() / before.len().max(1) as f64;
        let now = share(rows.last());
        let message = format!(
            "{:.2} % of the units have no value for {}, {:.2} % had none in the {} periods before",
            100.0 * now,
            rows.now(),
            100.0 * usual,
            before.len()
        );
        let effect = (now - usual).max(0.0);
        Reading::fact(rows.name, effect, self.limit, message).at(rows.units(rows.places(f32::is_nan)))
    }
}

impl InputCheck for Missing {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        Ok(Rows::all(args)?.into_iter().map(|rows| self.column(rows)).collect())
    }
}
