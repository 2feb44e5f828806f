//! p values of many tests at once, adjusted so that one level serves for all: an adjusted p value at or below the level
//! is a rejection.
//!
//! A NaN stands for a test without an answer: it stays NaN and does not count among the tests. p values are not checked
//! otherwise; the results are at most 1 and in the order of the input.

/// What the adjustment keeps at or below the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// See [`bonferroni`].
    Bonferroni,
    /// See [`holm`].
    Holm,
    /// See [`benjamini_hochberg`].
    BenjaminiHochberg,
    /// See [`benjamini_yekutieli`].
    BenjaminiYekutieli,
}

impl Adjustment {
    /// The adjusted p values.
    pub fn apply(self, p_values: &[f64]) -> Vec<f64> {
        match self {
            Self::Bonferroni => bonferroni(p_values),
            Self::Holm => holm(p_values),
            Self::BenjaminiHochberg => benjamini_hochberg(p_values),
            Self::BenjaminiYekutieli => benjamini_yekutieli(p_values),
        }
    }
}

/// Every p value times the number of tests: the probability of any false alarm, whatever the dependence. Bonferroni
/// (1936).
pub fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    let tests = ascending(p_values).len() as f64;
    p_values.iter().map(|p| if p.is_nan() { *p } else { (p * tests).min(1.0) }).collect()
}

/// The probability of any false alarm, whatever the dependence, never more than [`bonferroni`]: the `k`-th smallest
/// times the `tests - k + 1` that are left, and no less than any before it. Holm (1979), Scandinavian Journal of
/// Statistics 6, 65-70.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let (mut adjusted, mut least) = (p_values.to_vec(), 0.0_f64);
    for (k, &i) in order.iter().enumerate() {
        least = least.max((p_values[i] * (order.len() - k) as f64).min(1.0));
        adjusted[i] = least;
    }
    adjusted
}

/// The expected share of false alarms among all alarms (false discovery rate), for tests that are independent or
/// positively dependent: the `k`-th smallest times `tests / k`, and no more than any after it. Benjamini and Hochberg
/// (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    step_up(p_values, 1.0)
}

/// The expected share of false alarms among all alarms, whatever the dependence: [`benjamini_hochberg`] times
/// `1 + 1/2 + ... + 1/tests`. Benjamini and Yekutieli (2001), doi:10.1214/aos/1013699998.
pub fn benjamini_yekutieli(p_values: &[f64]) -> Vec<f64> {
    let tests = ascending(p_values).len();
    step_up(p_values, (1..=tests).map(|k| 1.0 / k as f64).sum())
}

fn step_up(p_values: &[f64], factor: f64) -> Vec<f64> {
    let order = ascending(p_values);
    let (mut adjusted, mut most) = (p_values.to_vec(), 1.0_f64);
    for (k, &i) in order.iter().enumerate().rev() {
        most = most.min(p_values[i] * factor * order.len() as f64 / (k + 1) as f64);
        adjusted[i] = most;
    }
    adjusted
}

/// Where the p values are, ascending, without NaN.
fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).filter(|&i| !p_values[i].is_nan()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Adjustment; 4] = [
        Adjustment::Bonferroni,
        Adjustment::Holm,
        Adjustment::BenjaminiHochberg,
        Adjustment::BenjaminiYekutieli,
    ];

    /// p values, and what `multipletests` of statsmodels makes of them.
    const P: [f64; 15] = [
        0.000_1, 0.000_4, 0.001_9, 0.009_5, 0.020_1, 0.027_8, 0.029_8, 0.034_4, 0.045_9, 0.324, 0.426_2,
        0.571_9, 0.652_8, 0.759, 1.0,
    ];
    const EXPECTED: [[f64; 15]; 4] = [
        [
            0.001_5, 0.006, 0.028_5, 0.142_5, 0.301_5, 0.417, 0.447, 0.516, 0.688_5, 1.0, 1.0, 1.0, 1.0, 1.0,
            1.0,
        ],
        [
            0.001_5,
            0.005_6,
            0.024_7,
            0.113_999_999_999_999_99,
            0.221_1,
            0.277_999_999_999_999_97,
            0.277_999_999_999_999_97,
            0.277_999_999_999_999_97,
            0.321_300_000_000_000_03,
            1.0,
            1.0,
            1.0,
            1.0,
            1.0,
            1.0,
        ],
        [
            0.001_5,
            0.003,
            0.009_5,
            0.035_625,
            0.060_3,
            0.063_857_142_857_142_86,
            0.063_857_142_857_142_86,
            0.064_5,
            0.076_500_000_000_000_01,
            0.486_000_000_000_000_04,
            0.581_181_818_181_818_2,
            0.714_874_999_999_999_9,
            0.753_230_769_230_769_3,
            0.813_214_285_714_285_7,
            1.0,
        ],
        [
            0.004_977_343_489_843_491,
            0.009_954_686_979_686_982,
            0.031_523_175_435_675_44,
            0.118_211_907_883_782_89,
            0.200_089_208_291_708_31,
            0.211_892_622_853_337_15,
            0.211_892_622_853_337_15,
            0.214_025_770_063_270_1,
            0.253_844_517_982_018,
            1.0,
            1.0,
            1.0,
            1.0,
            1.0,
            1.0,
        ],
    ];

    #[test]
    fn statsmodels_agrees() {
        for (adjustment, expected) in ALL.into_iter().zip(EXPECTED) {
            let got = adjustment.apply(&P);
            assert_eq!(got.len(), expected.len());
            for (got, expected) in got.iter().zip(&expected) {
                assert!((got - expected).abs() <= 1e-12 * expected, "{adjustment:?}: {got} {expected}");
            }
        }
    }

    #[test]
    fn worked_by_hand_with_one_that_has_no_answer() {
        let p = [0.04, f64::NAN, 0.01, 0.03];
        let near = |got: Vec<f64>, expected: [f64; 3]| {
            assert!(got[1].is_nan());
            for (got, expected) in [got[0], got[2], got[3]].iter().zip(expected) {
                assert!((got - expected).abs() < 1e-15, "{got} {expected}");
            }
        };
        near(bonferroni(&p), [0.12, 0.03, 0.09]);
        near(holm(&p), [0.06, 0.03, 0.06]);
        near(benjamini_hochberg(&p), [0.04, 0.03, 0.04]);
        near(benjamini_yekutieli(&p), [0.04 * 11.0 / 6.0, 0.03 * 11.0 / 6.0, 0.04 * 11.0 / 6.0]);
        assert!(ALL.iter().all(|a| a.apply(&[]).is_empty()));
    }

    proptest! {
        #[test]
        fn they_keep_the_order_and_never_sharpen(p in prop::collection::vec(0.0..=1.0_f64, 1..30)) {
            let [b, h, bh, by] = ALL.map(|a| a.apply(&p));
            for i in 0..p.len() {
                prop_assert!(p[i] <= bh[i] * (1.0 + 1e-12) && bh[i] <= by[i] && h[i] <= b[i] && b[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || (bh[i] <= bh[j] && h[i] <= h[j]));
                }
            }
        }
    }
}
