//! Whether the values of one sample tend to be above those of another: the rank sum of Wilcoxon (1945) as
//! counted by Mann and Whitney (1947).

use crate::special::normal_cdf;

/// How often values of the reference are above values of the current sample, and what to expect of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankSum {
    /// Pairs of a reference and a current value in which the reference is greater; ties count half.
    pub u: f64,
    /// Expectation of `u` when both samples are of one distribution: half of the pairs.
    pub mean: f64,
    /// Variance of `u` given the ties, when both samples are of one distribution.
    pub variance: f64,
}

impl RankSum {
    /// From how many values of each sample, reference and current, are at every distinct value, ascending:
    /// [`counts`](crate::kolmogorov_smirnov::Pooled::counts).
    ///
    /// `variance = nm / 12 * (N + 1 - sum (t^3 - t) / (N (N - 1)))` with `N = n + m` and `t` values at a tie.
    /// Whole numbers until the last division: `u` is exact. Without values in a sample all is 0 or NaN.
    pub fn new(counts: &[[u64; 2]]) -> Self {
        let (mut current, mut twice_u, mut ties, mut reference) = (0, 0, 0, 0);
        for [x, y] in counts.iter().map(|pair| pair.map(u128::from)) {
            twice_u += x * (2 * current + y);
            reference += x;
            current += y;
            let t = x + y;
            ties += t * t * t - t;
        }
        let (pairs, all) = ((reference * current) as f64, (reference + current) as f64);
        let variance = pairs / 12.0 * (all + 1.0 - ties as f64 / (all * (all - 1.0)));
        Self { u: twice_u as f64 / 2.0, mean: pairs / 2.0, variance: variance.max(0.0) }
    }

    /// Two-sided p value by the normal law, with a correction of one half for continuity; 1 when all values are
    /// tied.
    pub fn p_value(&self) -> f64 {
        let excess = (self.u - self.mean).abs() - 0.5;
        if excess <= 0.0 {
            return 1.0;
        }
        2.0 * normal_cdf(-excess / self.variance.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kolmogorov_smirnov::Pooled;

    fn rank_sum(reference: &[f64], current: &[f64]) -> RankSum {
        RankSum::new(Pooled::new(reference, current).counts())
    }

    #[test]
    fn worked_by_hand() {
        // 1 2 against 3 4 5: no reference value is above; 6 / 12 * 6.
        assert_eq!(rank_sum(&[2.0, 1.0], &[5.0, 3.0, 4.0]), RankSum { u: 0.0, mean: 3.0, variance: 3.0 });
        // 0 1 1 against 0 0: two ties with halves, four pairs above: 5. Ties of three and two:
        // 6 / 12 * (6 - (24 + 6) / 20).
        assert_eq!(rank_sum(&[0.0, 1.0, 1.0], &[-0.0, 0.0]), RankSum { u: 5.0, mean: 3.0, variance: 2.25 });
        // (2 - 0.5) / 1.5 = 1 standard deviation.
        assert!((rank_sum(&[0.0, 1.0, 1.0], &[0.0, 0.0]).p_value() - 0.317_310_507_862_914).abs() < 1e-12);
    }

    #[test]
    fn nothing_but_ties_is_no_evidence() {
        let tied = rank_sum(&[3.0; 5], &[3.0; 2]);
        assert_eq!((tied.u, tied.variance, tied.p_value()), (5.0, 0.0, 1.0));
        assert_eq!(rank_sum(&[3.0], &[3.0]).p_value(), 1.0);
    }

    #[test]
    fn millions_of_ties_do_not_overflow() {
        // 3 million zeros in each: 3e6^2 / 2 pairs.
        let counts = [[3_000_000, 3_000_000], [1, 0]];
        let rank_sum = RankSum::new(&counts);
        assert_eq!(rank_sum.u, 4.5e12 + 3e6);
        assert!((rank_sum.p_value() - 0.317_310_5).abs() < 1e-3, "{rank_sum:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn is_what_counting_pairs_and_dealing_give(
            a in prop::collection::vec(0_u8..5, 1..6), b in prop::collection::vec(0_u8..5, 1..6),
        ) {
            let float = |s: &[u8]| s.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            let pairs = |a: &[f64], b: &[f64]| -> f64 {
                let pair = |x: &f64, y: &f64| f64::from(u8::from(x > y)) + f64::from(u8::from(x >= y));
                a.iter().flat_map(|x| b.iter().map(move |y| pair(x, y) / 2.0)).sum()
            };
            let (a, b) = (float(&a), float(&b));
            let got = rank_sum(&a, &b);
            prop_assert_eq!(got.u, pairs(&a, &b));
            let pooled: Vec<f64> = a.iter().chain(&b).copied().collect();
            let side = |deal: u32, bit: u32| {
                (0..pooled.len()).filter(|i| deal >> i & 1 == bit).map(|i| pooled[i]).collect::<Vec<_>>()
            };
            let deals = (0_u32..1 << pooled.len()).filter(|deal| deal.count_ones() as usize == a.len());
            let u: Vec<f64> = deals.map(|deal| pairs(&side(deal, 1), &side(deal, 0))).collect();
            let mean = u.iter().sum::<f64>() / u.len() as f64;
            let variance = u.iter().map(|u| (u - mean).powi(2)).sum::<f64>() / u.len() as f64;
            prop_assert!((got.mean - mean).abs() < 1e-9 && (got.variance - variance).abs() < 1e-9);
            let back = rank_sum(&b, &a);
            prop_assert_eq!((back.p_value(), back.variance), (got.p_value(), got.variance));
        }
    }
}
