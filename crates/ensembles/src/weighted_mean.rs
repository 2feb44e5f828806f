//! The weighted mean of quantiles: vincentization.

use std::collections::BTreeMap;

use forewarn_core::prelude::*;

use crate::quantiles::{self, Order};
use crate::weights::{self, Weights};

forewarn_core::entry!(Ensemble: WeightedMean as "weighted-mean", check);

/// Weighted mean of the members, rank by rank: vincentization.
///
/// `Q(p) = sum of w_m Q_m(p)`, with weights that sum to 1; for points the weighted mean. With equal weights it is `mean`.
/// Vincent (1912), Psychological Monographs 14; Ratcliff (1979), doi:10.1037/0033-2909.86.3.446; Lichtendahl,
/// Grushka-Cockayne and Winkler (2013), doi:10.1287/mnsc.1120.1667.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WeightedMean {
    /// Weight of each member, by its name; divided by their sum. Every member has one, or none are given and all are equal.
    pub weights: BTreeMap<String, f64>,
    /// Whose order of draws.
    pub compat: Compat,
}

/// Whose order of draws.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compat {
    /// That of the members' draws, so that dependence across units survives.
    #[default]
    None,
    /// Ascending in every unit, as in the `vincentization` of `views_pipeline_core` 3.3.4: the same values, but a draw is
    /// then a quantile everywhere at once, and sums over units are far too wide.
    Views,
}

impl WeightedMean {
    fn check(self) -> Result<Self> {
        weights::check("weighted-mean", &self.weights)?;
        Ok(self)
    }
}

impl Ensemble for WeightedMean {
    fn fit(&self, args: &EnsembleArgs<'_>) -> Result<Box<dyn Combine>> {
        let weights = Weights::new("weighted-mean", &self.weights, args)?;
        let names = args.members.iter().map(|&name| name.to_owned()).collect();
        Ok(Box::new(Weighted { weights, names, compat: self.compat }))
    }
}

/// Weights that fit the members.
#[derive(Debug)]
struct Weighted {
    weights: Weights,
    names: Vec<String>,
    compat: Compat,
}

impl Combine for Weighted {
    fn combine(&self, args: &CombineArgs<'_>) -> Result<Field> {
        let field = combine(args.members, &self.weights)?;
        Ok(if self.compat == Compat::Views { field.sorted() } else { field })
    }

    fn weights(&self, _: Step) -> Vec<f64> {
        self.weights.of(&self.names)
    }
}

/// The weighted mean of quantiles.
///
/// # Errors
/// [`Error::Data`] when members differ, or are not those of the weights.
pub(crate) fn combine(members: &[Member<'_>], weights: &Weights) -> Result<Field> {
    let (members, weights) = match members {
        [] => (Vec::new(), Vec::new()),
        _ => weights.pair(members)?,
    };
    quantiles::combine(&members, Order::Members, |values| mean(values, &weights))
}

/// `sum of w_i v_i`, in double precision.
pub(crate) fn mean(values: &[f32], weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(&v, w)| w * f64::from(v)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weighted_mean_of_equal_values_is_exact() {
        let weights: Vec<f64> = (1..=19).map(|i| f64::from(i) / 190.0).collect();
        for v in [0.0_f32, 0.1, 1e-30, 273_076.0, 16_777_215.0] {
            assert_eq!(mean(&[v; 19], &weights) as f32, v);
        }
        assert_eq!(mean(&[1.0, 5.0], &[0.25, 0.75]), 4.0);
    }
}
