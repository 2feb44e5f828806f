//! Whether all units have the same value.

use forewarn_core::prelude::*;

use crate::newest::Rows;

forewarn_core::entry!(InputCheck: Constant as "constant", check);

/// A column that has one and the same value everywhere in the newest period, though it varied before.
///
/// The effect is the share of units with the most frequent value other than zero (0-1). A fact, without chance; zero
/// everywhere is for `silent`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Constant {
    /// Share of units that may have the same value beyond the share in the period before, 0-1.
    pub limit: f64,
}

impl Default for Constant {
    fn default() -> Self {
        Self { limit: 0.5 }
    }
}

impl Constant {
    fn check(self) -> Result<Self> {
        crate::limit::share("constant", "limit", self.limit)?;
        Ok(self)
    }

    fn column(&self, rows: Rows<'_>) -> Reading {
        let (now, value) = mode(rows.newest());
        if rows.newest().len() < 2 || rows.len() < 2 {
            return Reading::unknown(rows.name, "one unit or one period is always constant");
        }
        let before = mode(rows.row(rows.last() - 1)).0;
        let message = format!(
            "{:.1} % of the units are {value} in {}; no value other than zero had more than {:.1} % of them in the \
             period before",
            100.0 * now,
            rows.now(),
            100.0 * before
        );
        Reading::fact(rows.name, (now - before).max(0.0), self.limit, message)
    }
}

/// Share of the most frequent value other than zero, and the value.
fn mode(values: &[f32]) -> (f64, f32) {
    let mut sorted: Vec<f32> = values.iter().copied().filter(|v| *v != 0.0 && !v.is_nan()).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let longest = sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len());
    longest.map_or((0.0, 0.0), |run| (run.len() as f64 / values.len() as f64, run[0]))
}

impl InputCheck for Constant {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        Ok(Rows::all(args)?.into_iter().map(|rows| self.column(rows)).collect())
    }
}
