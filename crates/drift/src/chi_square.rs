//! Pearson's chi-square test of two samples in common bins.

use forewarn_core::prelude::*;
use forewarn_kernels::contingency::{chi_square, p_value};

use crate::deals::Deals;
use crate::binned;
use crate::settings::Binned;

forewarn_core::entry!(DriftTest: ChiSquare as "chi-square", check);

/// Whether values fall into the same bins as often as they did, by Pearson's statistic.
///
/// `X^2 = sum (observed - expected)^2 / expected` over the bins of both samples, expected if their shares
/// were equal. Two-sided by nature; by the chi-square law with one degree of freedom less than bins, without
/// Yates's correction; drifted when the p value is at or below `level`. Bins are made of neighbouring values
/// of **both** samples laid together, of about equal counts, at most `bins`, so that neither sample is taken
/// as the truth; zero in counts, the lowest value, has a bin of its own where it is frequent; what would
/// expect fewer than five values of the smaller sample is merged with its neighbours (Cochran 1954,
/// doi:10.2307/3001616). Categories without order have one bin each, none merged; where one expects fewer
/// than five values the p value is then by permutation. It sees changes of shape and of the share of zeros,
/// not changes inside a bin. Samples of one and the same value have `p = 1`; too few values for two bins are
/// refused. Values must be independent: months of one series and neighbouring cells are not, and then it
/// warns far too often, unless they are dealt in blocks. Source: Pearson (1900),
/// doi:10.1080/14786440009463897.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ChiSquare(pub Binned);

impl ChiSquare {
    fn check(self) -> Result<Self> {
        self.0.check("chi-square")?;
        Ok(self)
    }
}

impl DriftTest for ChiSquare {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        let table = binned::table("chi-square", args, self.0.bins, binned::EXPECTED)?;
        let statistic = chi_square(&table);
        let permuted = self.0.permuted();
        let deals = Deals::of("chi-square", &permuted, args)?;
        let sparse = args.nominal && binned::least_expected(&table) < binned::EXPECTED as f64;
        let lawful = deals.independent() && !sparse;
        let p_value = if lawful { p_value(statistic, &table) } else { deals.p_value(&table, chi_square) };
        Ok(deals.drift(statistic, p_value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{categories, near};

    fn compare(reference: &[f64], current: &[f64]) -> Result<Drift> {
        ChiSquare::default().compare(&DriftArgs::new(reference, current).unwrap())
    }

    /// So many zeros, the others ones.
    fn binary(zeros: usize, size: usize) -> Vec<f64> {
        (0..size).map(|i| f64::from(u8::from(i >= zeros))).collect()
    }

    #[test]
    fn worked_by_hand() {
        // 60 of 100 zeros against 40 of 100: 50 expected everywhere, four times 10^2 / 50.
        let drift = compare(&binary(60, 100), &binary(40, 100)).unwrap();
        assert!((drift.statistic - 8.0).abs() < 1e-14 && drift.drifted, "{drift:?}");
        // Two-sided normal tail of the square root of 8.
        assert!((drift.p_value - 0.004_677_734_981_047_266).abs() < 1e-12, "{drift:?}");
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
            let got = ChiSquare::default().compare(&args).unwrap();
            assert!(near(got.statistic, c.chi_square.statistic, 1e-12), "{}: {got:?}", c.name);
            let least = binned::least_expected(&c.table);
            if least < 5.0 {
                assert!(got.p_value >= 1e-3, "{}: by permutation", c.name);
            } else {
                assert!(c.chi_square.agrees(got.statistic, got.p_value), "{}: {got:?}", c.name);
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
