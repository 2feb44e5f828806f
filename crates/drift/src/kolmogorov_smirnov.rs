//! The two-sample test of Kolmogorov and Smirnov.

use forewarn_core::prelude::*;
use forewarn_kernels::kolmogorov_smirnov::{Pooled, statistic};

use crate::deals::Deals;
use crate::samples;
use crate::settings::{Method, Several};

forewarn_core::entry!(DriftTest: KolmogorovSmirnov as "kolmogorov-smirnov", check);

/// Greatest distance between the distribution functions of two samples, and how likely chance makes it as great.
///
/// `D = max |F(x) - G(x)|`, 0-1, two-sided; drifted when its p value is at or below `level`. It sees any
/// change of distribution, shifts in the middle best and tails least. Values must be independent of one
/// another: months of one series, or neighbouring cells, are not, and then it warns far too often, unless
/// they are dealt in blocks. `auto` is exact while the product of the sample sizes is at most 200 million
/// (two months of 13,110 cells, nearly all of them tied at zero, are still compared exactly, in less than a
/// second); beyond, asymptotic where hardly any values are tied, and by permutation where many are. Sources:
/// Hodges (1958), doi:10.1007/BF02589501; exact p values given ties by Schroeer and Trenkler (1995),
/// doi:10.1016/0167-9473(94)00040-P; the asymptotic law by Simard and L'Ecuyer (2011),
/// doi:10.18637/jss.v039.i11.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct KolmogorovSmirnov(pub Several);

/// Greatest product of the sample sizes for which `auto` is exact.
const EXACT: u64 = 200_000_000;

impl KolmogorovSmirnov {
    fn check(self) -> Result<Self> {
        self.0.check("kolmogorov-smirnov", &[])?;
        Ok(self)
    }
}

impl DriftTest for KolmogorovSmirnov {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        samples::need_order("kolmogorov-smirnov", args)?;
        let pooled = Pooled::new(args.reference, args.current);
        let [n, m] = pooled.sizes();
        let permuted = self.0.permuted();
        let deals = Deals::of("kolmogorov-smirnov", &permuted, args)?;
        let p_value = match deals.method("kolmogorov-smirnov", self.0.method)? {
            Method::Exact => pooled.exact_p_value(),
            Method::Asymptotic => pooled.asymptotic_p_value(),
            Method::Auto if n.saturating_mul(m) <= EXACT => pooled.exact_p_value(),
            Method::Auto if samples::nearly_continuous(&pooled) => pooled.asymptotic_p_value(),
            Method::Auto | Method::Permutation => deals.p_value(pooled.counts(), statistic),
        };
        Ok(deals.drift(pooled.statistic(), p_value))
    }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::kolmogorov_smirnov::untied_p_value;
    use forewarn_kernels::random::Stream;
    use serde_json::json;

    use super::*;
    use crate::cases::cases;

    fn compare(method: Method, reference: &[f64], current: &[f64]) -> Drift {
        let test = KolmogorovSmirnov(Several { method, ..Several::default() });
        test.compare(&DriftArgs::new(reference, current).unwrap()).unwrap()
    }

    #[test]
    fn other_libraries_agree() {
        for c in cases() {
            let near = |got: f64, expected: f64, tolerance: f64, what: &str| {
                assert!((got - expected).abs() <= tolerance * expected, "{}, {what}: {got} {expected}", c.name);
            };
            let asymptotic = compare(Method::Asymptotic, &c.reference, &c.current);
            near(asymptotic.statistic, c.statistic, 1e-12, "statistic");
            near(asymptotic.p_value, c.asymptotic, 1e-9, "asymptotic");
            let pooled = Pooled::new(&c.reference, &c.current);
            near(untied_p_value(pooled.gap(), pooled.sizes()), c.exact, 1e-10, "exact without ties");
            // An intended difference: SciPy's exact p value knows no ties, and is then too large.
            let exact = compare(Method::Exact, &c.reference, &c.current).p_value;
            assert!(exact <= c.exact * (1.0 + 1e-10), "{}: {exact} {}", c.name, c.exact);
        }
    }

    #[test]
    fn with_ties_the_exact_test_sees_what_others_miss() {
        // 80 % zeros against 72 %. On 0 and 1 the law given the ties is hypergeometric: 0.014928..., by SciPy's
        // `hypergeom`; its `ks_2samp`, exact, says 0.21.
        let zeros = |n: usize, zeros: usize| (0..n).map(|i| f64::from(u8::from(i >= zeros))).collect::<Vec<_>>();
        let (reference, current) = (zeros(400, 320), zeros(300, 216));
        let exact = compare(Method::Exact, &reference, &current);
        assert!(exact.drifted && (exact.p_value - 0.014_928_239_611_11).abs() < 1e-13, "{exact:?}");
        assert!(!compare(Method::Asymptotic, &reference, &current).drifted);
    }

    #[test]
    fn auto_is_exact_until_it_would_be_slow() {
        let sample = |n: u64, seed| (0..n).map(|i| Stream::new(seed, &[]).uniform(i)).collect::<Vec<_>>();
        let (a, b) = (sample(30, 1), sample(20, 2));
        assert_eq!(compare(Method::Auto, &a, &b), compare(Method::Exact, &a, &b));
        let (a, b) = (sample(15_000, 1), sample(14_000, 2));
        assert_eq!(compare(Method::Auto, &a, &b), compare(Method::Asymptotic, &a, &b));
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"level": 1.0})).unwrap_err().to_string();
        assert!(error.contains("`level` is 1; it must be between 0 and 1"), "{error}");
        assert!((ENTRY.build)(&json!({"method": "guess"})).is_err());
        assert!((ENTRY.build)(&json!({"method": "asymptotic", "level": 0.01})).is_ok());
    }
}
