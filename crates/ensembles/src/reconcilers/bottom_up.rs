//! The sums of the parts.

use forewarn_core::prelude::*;

use super::families;

forewarn_core::entry!(Reconcile: BottomUp as "bottom-up");

/// Each total becomes the sum of its parts, draw by draw; the parts stay as they are.
///
/// `t_d = sum_i x_id`. What the totals' own forecast knew is lost; it is the reference that the others are compared with
/// (Hyndman and Athanasopoulos 2021, Forecasting: Principles and Practice, 11.1).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BottomUp {}

impl Reconcile for BottomUp {
    fn reconcile(&self, args: &ReconcileArgs<'_>) -> Result<Reconciled> {
        families::each(args, true, |family| {
            family.total = family.sums(|v| v);
            Ok(None)
        })
    }
}
