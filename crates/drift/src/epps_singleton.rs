//! The test of Epps and Singleton.

use forewarn_core::prelude::*;
use forewarn_kernels::epps_singleton::Characteristic;
use forewarn_kernels::kolmogorov_smirnov::Pooled;

use crate::deals::Deals;
use crate::samples;
use crate::settings::{Method, Several};

forewarn_core::entry!(DriftTest: EppsSingleton as "epps-singleton", check);

/// Whether the cosines and sines of the values have the same means: the empirical characteristic function.
///
/// `W` is the squared distance of these means at two points (0.4 and 0.8 over half the interquartile range of
/// the pooled values), in their covariance. It needs no continuous values and is often stronger than
/// `kolmogorov-smirnov`, also for changes of spread. `auto` is asymptotic (the chi-square law with four
/// degrees of freedom) where both samples have 1000 values or more, and by permutation below: the law warns
/// too often where the sizes differ (23 % for 5 % of 1500 against 100). `exact` is not offered. Where half of
/// the values around the middle are equal, as of counts with more than 75 % zeros, there is no scale, and the
/// test refuses, as it does samples of fewer than five values. Values must be independent: months of one
/// series and neighbouring cells are not, and then it warns far too often, unless they are dealt in blocks.
/// Source: Epps and Singleton (1986), doi:10.1080/00949658608810963.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EppsSingleton(pub Several);

/// From this size of both samples on, `auto` trusts the law.
const LARGE: usize = 1000;
/// Fewest values of a sample.
const FEWEST: usize = 5;

impl EppsSingleton {
    fn check(self) -> Result<Self> {
        self.0.check("epps-singleton", &[Method::Exact])?;
        Ok(self)
    }
}

impl DriftTest for EppsSingleton {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        samples::need_order("epps-singleton", args)?;
        samples::need_finite("epps-singleton", args)?;
        let fewest = args.reference.len().min(args.current.len());
        if fewest < FEWEST {
            return Err(Error::data(format!(
                "a sample has {fewest} values and `epps-singleton` needs {FEWEST}; use `kolmogorov-smirnov`"
            )));
        }
        let pooled = Pooled::new(args.reference, args.current);
        let characteristic = Characteristic::new(&pooled).ok_or_else(no_scale)?;
        let observed = characteristic.statistic(pooled.counts());
        let permuted = self.0.permuted();
        let deals = Deals::of("epps-singleton", &permuted, args)?;
        let asymptotic = match deals.method("epps-singleton", self.0.method)? {
            Method::Asymptotic => true,
            Method::Auto => fewest >= LARGE,
            Method::Exact | Method::Permutation => false,
        };
        let p_value = if asymptotic {
            observed.asymptotic_p_value()
        } else {
            deals.p_value(pooled.counts(), |counts| characteristic.statistic(counts).w)
        };
        Ok(deals.drift(observed.w, p_value))
    }
}

fn no_scale() -> Error {
    Error::data(
        "the interquartile range of both samples together is 0, for at least half of their values are equal: \
         `epps-singleton` has no scale; use `zero-inflated` for counts with many zeros, or `kolmogorov-smirnov`"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{cases, near};

    fn compare(method: Method, reference: &[f64], current: &[f64]) -> Result<Drift> {
        let test = EppsSingleton(Several { method, permutations: 199, ..Several::default() });
        test.compare(&DriftArgs::new(reference, current).unwrap())
    }

    #[test]
    fn scipy_agrees() {
        let mut refused = 0;
        for c in cases() {
            let got = compare(Method::Asymptotic, &c.reference, &c.current);
            let Some(expected) = c.epps_singleton.statistic else {
                // SciPy fails inside its linear algebra.
                let error = got.unwrap_err().to_string();
                assert!(error.contains("interquartile range") && error.contains("zero-inflated"), "{error}");
                refused += 1;
                continue;
            };
            let got = got.unwrap();
            if c.name == "binary_numeric_small" {
                // An intended difference: of two values the covariance has rank 1, and SciPy inverts rounding errors.
                assert!(!near(got.statistic, expected, 1e-3), "{got:?}");
                continue;
            }
            // The inverse of the covariance multiplies the rounding.
            assert!((got.statistic - expected).abs() <= 1e-9 * expected, "{}: {got:?} {expected}", c.name);
            let p = c.epps_singleton.p_value.unwrap();
            assert!((got.p_value - p).abs() <= 1e-9 + 1e-7 * p, "{}: {got:?} {p}", c.name);
        }
        assert_eq!(refused, 5);
    }

    #[test]
    fn auto_permutes_small_samples() {
        let c = cases().into_iter().find(|c| c.name == "size_imbalance").unwrap();
        let [auto, permuted] =
            [Method::Auto, Method::Permutation].map(|m| compare(m, &c.reference, &c.current).unwrap());
        assert_eq!(auto, permuted);
        assert!(near(auto.statistic, c.epps_singleton.statistic, 1e-9));
        assert!(auto.p_value > c.epps_singleton.p_value.unwrap(), "{auto:?}");
    }

    #[test]
    fn what_has_no_answer_is_refused_with_the_cure() {
        let error = compare(Method::Auto, &[1.0; 9], &[1.0, 2.0, 3.0]).unwrap_err().to_string();
        assert!(error.contains("has 3 values and `epps-singleton` needs 5"), "{error}");
        let infinite = [1.0, 2.0, f64::INFINITY, 3.0, 4.0];
        let error = compare(Method::Auto, &infinite, &infinite).unwrap_err().to_string();
        assert!(error.contains("value 2 of the reference sample is inf"), "{error}");
        assert!((ENTRY.build)(&json!({"method": "exact"})).is_err());
        assert!((ENTRY.build)(&json!({"level": 1.0})).unwrap_err().to_string().contains("`level` is 1;"));
    }
}
