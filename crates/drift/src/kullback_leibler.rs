//! The Kullback-Leibler divergence between the shares of bins.

use forewarn_core::prelude::*;
use forewarn_kernels::divergence::kullback_leibler;

use crate::binned;
use crate::settings::Binned;

forewarn_core::entry!(DriftTest: KullbackLeibler as "kullback-leibler", check);

/// How surprising the reference is to one who expects the shares of now: the Kullback-Leibler divergence.
///
/// `KL(reference || current) = sum p ln(p / q)`, in nats; not the same when the samples change places. Half a
/// value is added to the count of every bin of both samples, so that an empty one is finite. Bins are made of
/// neighbouring values of **both** samples laid together, of about equal counts, at most `bins`, so that
/// neither sample is taken as the truth; a very frequent value, as zero in counts, has a bin of its own;
/// categories without order have one each. The p value is by permutation, for the distance alone grows as
/// samples shrink: a fixed threshold for it is a test of the sample size. A permutation deals the counts of
/// the bins, in work that grows with the bins and the root of the sizes; sorting the values once is most of
/// the cost. It sees nothing inside a bin. Values must be independent: months of one series and neighbouring
/// cells are not, and then it warns far too often, unless they are dealt in blocks. Source: Kullback and
/// Leibler (1951), doi:10.1214/aoms/1177729694.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct KullbackLeibler(pub Binned);

impl KullbackLeibler {
    fn check(self) -> Result<Self> {
        self.0.check("kullback-leibler")?;
        Ok(self)
    }
}

impl DriftTest for KullbackLeibler {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        binned::distance(("kullback-leibler", args), &self.0, 0.5, kullback_leibler)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{agrees_on_edges, categories, near};

    #[test]
    fn the_definition_agrees() {
        agrees_on_edges(0.5, kullback_leibler, |case| case.kullback_leibler);
        for c in categories() {
            // A category that one sample lacks is finite too.
            let args = [c.codes(0), c.codes(1)];
            let got = KullbackLeibler::default().compare(&DriftArgs::new(&args[0], &args[1]).unwrap().as_nominal());
            assert!(got.unwrap().statistic.is_finite(), "{}", c.name);
        }
    }

    #[test]
    fn worked_by_hand() {
        // 3 of 4 are zero, then 1 of 4; with half a value more in both bins 3.5 and 1.5 of 5.
        let (before, now) = ([0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]);
        let got = KullbackLeibler::default().compare(&DriftArgs::new(&before, &now).unwrap()).unwrap();
        assert!(near(got.statistic, 0.4 * (7.0_f64 / 3.0).ln(), 1e-14), "{got:?}");
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
