//! The lowest of the members.

use forewarn_core::prelude::*;

use crate::quantiles::{self, Order};

forewarn_core::entry!(Ensemble: Minimum as "minimum");

/// Lowest of the members, rank by rank.
///
/// `Q(p) = min Q_m(p)`; for points the smallest. What all members agree will at least happen; too low as a forecast of the
/// mean. Combining by rank: Lichtendahl, Grushka-Cockayne and Winkler (2013), doi:10.1287/mnsc.1120.1667.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Minimum {}

impl Ensemble for Minimum {
    fn fit(&self, _: &EnsembleArgs<'_>) -> Result<Box<dyn Combine>> {
        Ok(Box::new(self.clone()))
    }
}

impl Combine for Minimum {
    fn combine(&self, args: &CombineArgs<'_>) -> Result<Field> {
        quantiles::combine(args.members, Order::Ascending, |values| f64::from(values[0]))
    }
}
