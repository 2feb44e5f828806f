//! The mean without the extremes.

use forewarn_core::prelude::*;

use crate::mean::mean;
use crate::quantiles::{self, Order};

forewarn_core::entry!(Ensemble: TrimmedMean as "trimmed-mean", check);

/// Mean of the members without the lowest and the highest of them, rank by rank.
///
/// At each rank `floor(share M)` of the `M` values are left out at either end, and the others averaged; fewer than
/// `1 / share` members are all averaged. Between `mean` and `median`: a wild member cannot move it, and it uses more than
/// the middle. Jose and Winkler (2008), doi:10.1016/j.ijforecast.2007.06.001.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrimmedMean {
    /// Share of the members that is left out at either end, from 0 to below 0.5.
    #[schemars(range(min = 0.0, max = 0.5))]
    pub share: f64,
}

impl Default for TrimmedMean {
    fn default() -> Self {
        Self { share: 0.2 }
    }
}

impl TrimmedMean {
    fn check(self) -> Result<Self> {
        if (0.0..0.5).contains(&self.share) {
            return Ok(self);
        }
        let reason = format!("`share` is {}, it must be from 0 to below 0.5 at either end", self.share);
        Err(Error::config("trimmed-mean", reason))
    }

    /// Mean of ascending values without those at the ends.
    fn trimmed(&self, values: &[f32]) -> f64 {
        // 0.3 x 10 is 2.999...: a share that means a whole number of members leaves out as many.
        let out = (self.share * values.len() as f64 + 1e-9) as usize;
        // One or two are left at least, whatever the share.
        let out = out.min((values.len() - 1) / 2);
        mean(&values[out..values.len() - out])
    }
}

impl Ensemble for TrimmedMean {
    fn fit(&self, _: &EnsembleArgs<'_>) -> Result<Box<dyn Combine>> {
        Ok(Box::new(self.clone()))
    }
}

impl Combine for TrimmedMean {
    fn combine(&self, args: &CombineArgs<'_>) -> Result<Field> {
        quantiles::combine(args.members, Order::Ascending, |values| self.trimmed(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_left_out() {
        let values = [-900.0, 1.0, 2.0, 6.0, 900.0];
        assert_eq!(TrimmedMean { share: 0.2 }.trimmed(&values), 3.0);
        assert_eq!(TrimmedMean { share: 0.4 }.trimmed(&values), 2.0);
        assert_eq!(TrimmedMean { share: 0.1 }.trimmed(&values), mean(&values));
        assert_eq!(TrimmedMean { share: 0.49 }.trimmed(&[1.0, 3.0]), 2.0);
        let ten: Vec<f32> = (0..10).map(|i| [0.0, 0.0, 0.0, 4.0, 4.0, 4.0, 4.0, 0.0, 0.0, 99.0][i]).collect();
        assert_eq!(TrimmedMean { share: 0.3 }.trimmed(&ten), 4.0);
    }

    #[test]
    fn shares_of_a_half_or_more_are_refused() {
        for share in [0.5, -0.1, f64::NAN] {
            let error = TrimmedMean { share }.check().unwrap_err().to_string();
            assert!(error.contains("must be from 0 to below 0.5"), "{error}");
        }
    }
}
