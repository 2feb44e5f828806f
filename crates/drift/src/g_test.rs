//! The likelihood ratio test of two samples in common bins.

use forewarn_core::prelude::*;
use forewarn_kernels::contingency::{likelihood_ratio, p_value, williams};

use crate::deals::Deals;
use crate::binned;
use crate::settings::Binned;

forewarn_core::entry!(DriftTest: GTest as "g-test", check);

/// Whether values fall into the same bins as often as they did, by the likelihood ratio.
///
/// `G = 2 sum observed ln(observed / expected)` over the bins of both samples, expected if their shares were
/// equal. Two-sided by nature; by the chi-square law with one degree of freedom less than bins, `G` divided
/// by Williams's correction (1976, doi:10.1093/biomet/63.1.33), for without it the test warns too often where
/// counts are small (`SciPy`'s `chi2_contingency` has none); the statistic is `G` itself; drifted when the p
/// value is at or below `level`. Bins are made of neighbouring values of **both** samples laid together, of
/// about equal counts, at most `bins`, so that neither sample is taken as the truth; zero in counts, the
/// lowest value, has a bin of its own where it is frequent; what would expect fewer than five values of the
/// smaller sample is merged with its neighbours (Cochran 1954, doi:10.2307/3001616). Categories without order
/// have one bin each, none merged; where one expects fewer than five values the p value is then by
/// permutation. It sees changes of shape and of the share of zeros, not changes inside a bin. Samples of one
/// and the same value have `p = 1`; too few values for two bins are refused. Values must be independent:
/// months of one series and neighbouring cells are not, and then it warns far too often, unless they are
/// dealt in blocks. Source: Wilks (1938), doi:10.1214/aoms/1177732360.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct GTest(pub Binned);

impl GTest {
    fn check(self) -> Result<Self> {
        self.0.check("g-test")?;
        Ok(self)
    }
}

impl DriftTest for GTest {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        let table = binned::table("g-test", args, self.0.bins, binned::EXPECTED)?;
        let statistic = likelihood_ratio(&table);
        let permuted = self.0.permuted();
        let deals = Deals::of("g-test", &permuted, args)?;
        let sparse = args.nominal && binned::least_expected(&table) < binned::EXPECTED as f64;
        let p_value = if deals.independent() && !sparse {
            p_value(statistic / williams(&table), &table)
        } else {
            deals.p_value(&table, likelihood_ratio)
        };
        Ok(deals.drift(statistic, p_value))
    }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::special::chi_square_survival;
    use serde_json::json;

    use super::*;
    use crate::cases::{categories, near};

    fn compare(reference: &[f64], current: &[f64]) -> Result<Drift> {
        GTest::default().compare(&DriftArgs::new(reference, current).unwrap())
    }

    /// So many zeros, the others ones.
    fn binary(zeros: usize, size: usize) -> Vec<f64> {
        (0..size).map(|i| f64::from(u8::from(i >= zeros))).collect()
    }

    #[test]
    fn worked_by_hand() {
        // 60 of 100 zeros against 40 of 100: 50 expected everywhere.
        let drift = compare(&binary(60, 100), &binary(40, 100)).unwrap();
        let expected = 2.0 * (120.0 * 1.2_f64.ln() + 80.0 * 0.8_f64.ln());
        assert!((drift.statistic - expected).abs() < 1e-12 && drift.drifted, "{drift:?}");
        // Divided by Williams's 1 + (200 (2 / 100) - 1)^2 / 1200.
        let p = chi_square_survival(expected / (1.0 + 9.0 / 1200.0), 1.0);
        assert!((drift.p_value - p).abs() < 1e-14, "{drift:?}");
    }

    #[test]
    fn too_few_values_are_refused_with_the_cure() {
        let error = compare(&binary(40, 41), &binary(30, 31)).unwrap_err().to_string();
        assert!(error.contains("no two bins that expect 5") && error.contains("kolmogorov-smirnov"), "{error}");
        assert_eq!(compare(&[0.0; 41], &[0.0; 31]).unwrap().p_value, 1.0);
    }

    #[test]
    fn categories_have_one_bin_each() {
        for c in categories() {
            let (before, now) = (c.codes(0), c.codes(1));
            let args = DriftArgs::new(&before, &now).unwrap().as_nominal();
            let got = GTest::default().compare(&args).unwrap();
            assert!(near(got.statistic, c.likelihood_ratio.statistic, 1e-12), "{}: {got:?}", c.name);
            let least = binned::least_expected(&c.table);
            let p = c.likelihood_ratio.p_value.unwrap();
            if least < 5.0 {
                assert!(got.p_value >= 1e-3, "{}: by permutation", c.name);
            } else {
                // An intended difference: divided by Williams's correction, the p value is a little greater.
                assert!(got.p_value > p && got.p_value < 1.2 * p, "{}: {got:?} {p}", c.name);
            }
        }
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"bins": 1})).unwrap_err().to_string();
        assert!(error.contains("`bins` is 1; it must be at least 2"), "{error}");
        let error = (ENTRY.build)(&json!({"level": 1.0})).unwrap_err().to_string();
        assert!(error.contains("`level` is 1; it must be between 0 and 1"), "{error}");
        assert!((ENTRY.build)(&json!({"bins": 4, "level": 0.01})).is_ok());
    }
}
