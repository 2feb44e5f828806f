//! The two-sample test of Cramer and von Mises.

use forewarn_core::prelude::*;
use forewarn_kernels::cramer_von_mises::{asymptotic_p_value, exact_p_value, statistic};
use forewarn_kernels::kolmogorov_smirnov::Pooled;

use crate::deals::Deals;
use crate::samples;
use crate::settings::{Method, Several};

forewarn_core::entry!(DriftTest: CramerVonMises as "cramer-von-mises", check);

/// Squared distances between the distribution functions of two samples, added up over all values.
///
/// `T = nm / N^2 sum (F - G)^2` over the `N = n + m` pooled values, each distribution function taken with its
/// ties: `SciPy`'s form in ranks is the same without ties and wrong with them (its p value is 0.04 for two
/// columns of zeros). It sees any change of distribution, mostly in the middle, and is stronger than
/// `kolmogorov-smirnov` where many values moved a little. `auto` is exact, given the ties, for samples of
/// some dozens of values, then asymptotic where no values are tied, or hardly any of more than 10,000, and by
/// permutation where many are; a permutation costs some nanoseconds a value, or less where many are tied.
/// `exact` refuses samples that would take too long. Values must be independent: months of one series and
/// neighbouring cells are not, and then it warns far too often, unless they are dealt in blocks. Sources:
/// Anderson (1962), doi:10.1214/aoms/1177704477; Xiao, Gordon and Yakovlev (2006), doi:10.18637/jss.v017.i08.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CramerVonMises(pub Several);

impl CramerVonMises {
    fn check(self) -> Result<Self> {
        self.0.check("cramer-von-mises", &[])?;
        Ok(self)
    }
}

impl DriftTest for CramerVonMises {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        samples::need_order("cramer-von-mises", args)?;
        let pooled = Pooled::new(args.reference, args.current);
        let (counts, sizes, observed) = (pooled.counts(), pooled.sizes(), statistic(pooled.counts()));
        let permuted = self.0.permuted();
        let deals = Deals::of("cramer-von-mises", &permuted, args)?;
        let method = deals.method("cramer-von-mises", self.0.method)?;
        let untied = || samples::untied(&pooled) || samples::nearly_continuous(&pooled);
        let exact = || if method == Method::Permutation { None } else { exact_p_value(counts) };
        let p_value = match method {
            Method::Asymptotic => asymptotic_p_value(observed, sizes),
            Method::Exact => exact().ok_or_else(|| too_much(sizes))?,
            Method::Auto | Method::Permutation => match exact() {
                Some(p_value) => p_value,
                None if method == Method::Auto && untied() => asymptotic_p_value(observed, sizes),
                None => deals.p_value(counts, statistic),
            },
        };
        Ok(deals.drift(observed, p_value))
    }
}

fn too_much([n, m]: [u64; 2]) -> Error {
    Error::data(format!(
        "{n} values in the reference and {m} in the current sample are too many for the exact p value of \
         `cramer-von-mises`; use `auto` or `permutation`"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{cases, near};

    fn compare(method: Method, reference: &[f64], current: &[f64]) -> Result<Drift> {
        let test = CramerVonMises(Several { method, permutations: 199, ..Several::default() });
        test.compare(&DriftArgs::new(reference, current).unwrap())
    }

    #[test]
    fn scipy_agrees_where_there_are_no_ties() {
        let mut exact = 0;
        for c in cases() {
            let got = compare(Method::Asymptotic, &c.reference, &c.current).unwrap();
            if c.untied() {
                // SciPy's series stops at terms of 1e-7: below that its p value is what it left out.
                let p = c.cramer_von_mises.p_value.unwrap();
                assert!(near(got.statistic, c.cramer_von_mises.statistic, 1e-12), "{}: {got:?}", c.name);
                assert!((got.p_value - p).abs() <= 1e-9 * p.max(10.0 * f64::from(u8::from(p < 1e-7))), "{}: {got:?} {p}", c.name);
            } else {
                // An intended difference: its form in ranks is another number with ties, unless the samples are one.
                let alike = near(got.statistic, c.cramer_von_mises.statistic, 1e-3);
                assert_eq!(alike, c.name == "identical", "{}: {got:?}", c.name);
            }
            if let Some(p) = c.cramer_von_mises_exact.filter(|_| c.untied()) {
                let got = compare(Method::Exact, &c.reference, &c.current).unwrap();
                assert!(near(got.p_value, p, 1e-10), "{}: {got:?} {p}", c.name);
                assert_eq!(compare(Method::Auto, &c.reference, &c.current).unwrap(), got);
                exact += 1;
            }
        }
        assert_eq!(exact, 2);
    }

    #[test]
    fn columns_of_zeros_have_not_drifted() {
        // SciPy says p = 0.043 and, for the same share of zeros twice, 2e-9.
        let zeros = compare(Method::Auto, &[0.0; 30], &[0.0; 40]).unwrap();
        assert_eq!((zeros.statistic, zeros.p_value), (0.0, 1.0));
        let c = cases().into_iter().find(|c| c.name == "large_zero_inflated").unwrap();
        assert!(c.cramer_von_mises.p_value.unwrap() < 1e-8);
        assert!(compare(Method::Auto, &c.reference, &c.current).unwrap().p_value > 0.05);
    }

    #[test]
    fn settings_are_checked() {
        let c = cases().into_iter().find(|c| c.name == "large").unwrap();
        let error = compare(Method::Exact, &c.reference, &c.current).unwrap_err().to_string();
        assert!(error.contains("2000 values in the reference and 1500") && error.contains("`auto`"), "{error}");
        let error = (ENTRY.build)(&json!({"level": 1.0})).unwrap_err().to_string();
        assert!(error.contains("`level` is 1; it must be between 0 and 1"), "{error}");
        assert!((ENTRY.build)(&json!({"method": "exact", "permutations": 99})).is_ok());
    }
}
