//! The Jensen-Shannon distance between the shares of bins.

use forewarn_core::prelude::*;
use forewarn_kernels::divergence::jensen_shannon_distance;

use crate::binned;
use crate::settings::Binned;

forewarn_core::entry!(DriftTest: JensenShannon as "jensen-shannon", check);

/// How well a value tells which sample it is from, by its bin: the Jensen-Shannon distance.
///
/// The root of `(KL(p, m) + KL(q, m)) / 2` with `m = (p + q) / 2`, 0 to `sqrt(ln 2) = 0.8326` with the
/// natural logarithm (some divide by that); nothing is added to empty bins. /// Bins are made of neighbouring
/// values of **both** samples laid together, of about equal counts, at most `bins`, so that neither sample is
/// taken as the truth; a very frequent value, as zero in counts, has a bin of its own; categories without
/// order have one each. The p value is by permutation, for the distance alone grows as samples shrink: a
/// fixed threshold for it is a test of the sample size. A permutation deals the counts of the bins, in work
/// that grows with the bins and the root of the sizes; sorting the values once is most of the cost. It sees
/// nothing inside a bin. Values must be independent: months of one series and neighbouring cells are not, and
/// then it warns far too often, unless they are dealt in blocks. Source: Endres and Schindelin (2003),
/// doi:10.1109/TIT.2003.813506.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct JensenShannon(pub Binned);

impl JensenShannon {
    fn check(self) -> Result<Self> {
        self.0.check("jensen-shannon")?;
        Ok(self)
    }
}

impl DriftTest for JensenShannon {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        binned::distance(("jensen-shannon", args), &self.0, 0.0, jensen_shannon_distance)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{agrees_on_edges, categories, near};

    #[test]
    fn the_definition_agrees() {
        agrees_on_edges(0.0, jensen_shannon_distance, |case| case.jensen_shannon);
        for c in categories() {
            let args = [c.codes(0), c.codes(1)];
            let got = JensenShannon::default().compare(&DriftArgs::new(&args[0], &args[1]).unwrap().as_nominal());
            assert!(near(got.unwrap().statistic, c.jensen_shannon, 1e-12), "{}", c.name);
        }
    }

    #[test]
    fn worked_by_hand() {
        // 3 of 4 are zero, then 1 of 4.
        let (before, now) = ([0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]);
        let got = JensenShannon::default().compare(&DriftArgs::new(&before, &now).unwrap()).unwrap();
        assert!(near(got.statistic, (0.75 * 1.5_f64.ln() + 0.25 * 0.5_f64.ln()).sqrt(), 1e-14), "{got:?}");
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
