//! The mean ensemble.

use forewarn_core::prelude::*;

use crate::quantiles::{self, Order};

forewarn_core::entry!(Ensemble: Mean as "mean");

/// Mean of the members, rank by rank.
///
/// `Q(p) = mean of Q_m(p)`; for points the arithmetic mean. Role production. Quantile averaging (Vincentization):
/// Lichtendahl, Grushka-Cockayne and Winkler (2013), doi:10.1287/mnsc.1120.1667.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mean {}

impl Ensemble for Mean {
    fn fit(&self, _: &EnsembleArgs<'_>) -> Result<Box<dyn Combine>> {
        Ok(Box::new(self.clone()))
    }
}

impl Combine for Mean {
    fn combine(&self, args: &CombineArgs<'_>) -> Result<Field> {
        quantiles::combine(args.members, Order::Ascending, mean)
    }
}

/// Mean of values in the order given, in double precision.
pub(crate) fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_equal_values_is_exact() {
        for v in [0.0, 0.1, 1e-30, 273_076.0, 16_777_217.0] {
            for n in 1..50 {
                assert_eq!(mean(&vec![v; n]) as f32, v);
            }
        }
        assert_eq!(mean(&[1.0, 2.0, 6.0]), 3.0);
    }
}
