//! Total variation between the shares of bins.

use forewarn_core::prelude::*;
use forewarn_kernels::divergence::total_variation;

use crate::binned;
use crate::settings::Binned;

forewarn_core::entry!(DriftTest: TotalVariation as "total-variation", check);

/// How many values would have to move to another bin: half the sum of the differences of the shares.
///
/// `sum |p - q| / 2`, 0-1; nothing is added to empty bins. /// Bins are made of neighbouring values of
/// **both** samples laid together, of about equal counts, at most `bins`, so that neither sample is taken as
/// the truth; a very frequent value, as zero in counts, has a bin of its own; categories without order have
/// one each. The p value is by permutation, for the distance alone grows as samples shrink: a fixed threshold
/// for it is a test of the sample size. A permutation deals the counts of the bins, in work that grows with
/// the bins and the root of the sizes; sorting the values once is most of the cost. It sees nothing inside a
/// bin. Values must be independent: months of one series and neighbouring cells are not, and then it warns
/// far too often, unless they are dealt in blocks. Source: Gibbs and Su (2002),
/// doi:10.1111/j.1751-5823.2002.tb00178.x.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TotalVariation(pub Binned);

impl TotalVariation {
    fn check(self) -> Result<Self> {
        self.0.check("total-variation")?;
        Ok(self)
    }
}

impl DriftTest for TotalVariation {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        binned::distance(("total-variation", args), &self.0, 0.0, total_variation)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{agrees_on_edges, categories, near};

    #[test]
    fn the_definition_agrees() {
        agrees_on_edges(0.0, total_variation, |case| case.total_variation);
        for c in categories() {
            let args = [c.codes(0), c.codes(1)];
            let got = TotalVariation::default().compare(&DriftArgs::new(&args[0], &args[1]).unwrap().as_nominal());
            assert!(near(got.unwrap().statistic, c.total_variation, 1e-12), "{}", c.name);
        }
    }

    #[test]
    fn worked_by_hand() {
        // 3 of 4 are zero, then 1 of 4.
        let (before, now) = ([0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]);
        let got = TotalVariation::default().compare(&DriftArgs::new(&before, &now).unwrap()).unwrap();
        assert!(near(got.statistic, 0.5, 1e-14), "{got:?}");
        // 34 of the 70 ways to deal four zeros and four ones are as far apart.
        assert!((got.p_value - 34.0 / 70.0).abs() < 0.2 && !got.drifted, "{got:?}");
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"bins": 1})).unwrap_err().to_string();
        assert!(error.contains("`bins` is 1; it must be at least 2"), "{error}");
        assert!((ENTRY.build)(&json!({"permutations": 0})).unwrap_err().to_string().contains("at least 1"));
        assert!((ENTRY.build)(&json!({"bins": 20, "seed": 3})).is_ok());
    }
}
