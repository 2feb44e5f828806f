//! The median ensemble.

use forewarn_core::prelude::*;

use crate::quantiles::{self, Order};

forewarn_core::entry!(Ensemble: Median as "median");

/// Median of the members, rank by rank.
///
/// `Q(p) = median of Q_m(p)`; for points the median, with an even number of members the mean of the middle two.
/// One wild member cannot move it far, hence its role as shadow. Trimmed opinion pools: Jose, Grushka-Cockayne and
/// Lichtendahl (2014), doi:10.1287/mnsc.2013.1781.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Median {}

impl Ensemble for Median {
    fn fit(&self, _: &EnsembleArgs<'_>) -> Result<Box<dyn Combine>> {
        Ok(Box::new(self.clone()))
    }
}

impl Combine for Median {
    fn combine(&self, args: &CombineArgs<'_>) -> Result<Field> {
        quantiles::combine(args.members, Order::Ascending, median)
    }
}

/// Median of ascending values.
fn median(values: &[f32]) -> f64 {
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        return f64::from(values[middle]);
    }
    f64::midpoint(f64::from(values[middle - 1]), f64::from(values[middle]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_middle() {
        assert_eq!(median(&[5.0]), 5.0);
        assert_eq!(median(&[1.0, 2.0]), 1.5);
        assert_eq!(median(&[0.0, 2.0, 900.0]), 2.0);
        assert_eq!(median(&[0.0, 1.0, 2.0, 900.0]), 1.5);
    }
}
