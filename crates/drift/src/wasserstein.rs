//! The Wasserstein distance.

use forewarn_core::prelude::*;
use forewarn_kernels::kolmogorov_smirnov::Pooled;
use forewarn_kernels::wasserstein::pooled_w1;

use crate::deals::Deals;
use crate::samples;
use crate::settings::Permuted;

forewarn_core::entry!(DriftTest: Wasserstein as "wasserstein", check);

/// How far values have moved on average, if each moved no further than it must: the Wasserstein distance.
///
/// `integral |F - G|`, in the unit of the values. It sees shifts and outliers, near ones less than far ones;
/// of heavy tails it is ruled by the largest values, where `energy-distance` is less so. The p value is by
/// permutation; one deals the counts of the distinct values, in some nanoseconds a value, or less where many
/// are tied: 999 of two samples of a million different values take some 15 s, of two columns of counts
/// milliseconds. Values must be finite, and independent: months of one series and neighbouring cells are not,
/// and then it warns far too often, unless they are dealt in blocks. Source: Ramdas, Garcia Trillos and
/// Cuturi (2017), doi:10.3390/e19020047.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Wasserstein(pub Permuted);

impl Wasserstein {
    fn check(self) -> Result<Self> {
        self.0.check("wasserstein")?;
        Ok(self)
    }
}

impl DriftTest for Wasserstein {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        transport("wasserstein", args, &self.0, pooled_w1)
    }
}

/// A distance in the unit of the values, its p value by permutation.
pub(crate) fn transport(
    test: &str,
    args: &DriftArgs<'_>,
    settings: &Permuted,
    distance: fn(&[f64], &[[u64; 2]]) -> f64,
) -> Result<Drift> {
    samples::need_order(test, args)?;
    samples::need_finite(test, args)?;
    let pooled = Pooled::new(args.reference, args.current);
    let of = |counts: &[[u64; 2]]| distance(pooled.values(), counts);
    let deals = Deals::of(test, settings, args)?;
    Ok(deals.drift(of(pooled.counts()), deals.p_value(pooled.counts(), of)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{cases, near};

    fn compare(reference: &[f64], current: &[f64]) -> Result<Drift> {
        let test = Wasserstein(Permuted { permutations: 99, ..Permuted::default() });
        test.compare(&DriftArgs::new(reference, current).unwrap())
    }

    #[test]
    fn scipy_agrees() {
        for c in cases() {
            let got = compare(&c.reference, &c.current).unwrap();
            assert!(near(got.statistic, c.wasserstein, 1e-12), "{}: {got:?} {}", c.name, c.wasserstein);
        }
    }

    #[test]
    fn worked_by_hand() {
        // All of 2 and half of 4 move by one.
        let got = compare(&[0.0, 2.0, 4.0, 4.0], &[0.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(got.statistic, 0.5);
        let sample: Vec<f64> = (0..30).map(f64::from).collect();
        let moved: Vec<f64> = sample.iter().map(|v| v + 20.0).collect();
        let got = compare(&sample, &moved).unwrap();
        assert!(near(got.statistic, 20.0, 1e-14) && got.p_value == 0.01, "{got:?}");
    }

    #[test]
    fn what_has_no_answer_is_refused_with_the_cure() {
        let error = compare(&[1.0, f64::INFINITY], &[1.0]).unwrap_err().to_string();
        assert!(error.contains("value 1 of the reference sample is inf") && error.contains("mann-whitney"));
        let codes = DriftArgs::new(&[1.0], &[2.0]).unwrap().as_nominal();
        let error = Wasserstein::default().compare(&codes).unwrap_err().to_string();
        assert!(error.contains("codes of categories") && error.contains("`total-variation`"), "{error}");
        assert!((ENTRY.build)(&json!({"permutations": 0})).is_err());
    }
}
