//! Whether two samples fall into the same bins equally often: Pearson's chi-square and the likelihood ratio `G`
//! of a table with two columns. Without Yates's correction.

use crate::special::chi_square_survival;

/// Adjacent values put together, from below, until a bin holds at least an equal share of both samples (of what is
/// left, divided by the bins that are) and has an expected count of at least `expected` in the smaller one; what is
/// left at the top joins the last bin.
///
/// `counts` are the reference and current values at every distinct value, ascending. Bins depend on the pooled
/// values only, so that under no drift they favour neither sample. A value that is very frequent, as zero, is a bin
/// alone, and the others share the bins that are left. At most `most` bins; none without values.
pub fn bins(counts: &[[u64; 2]], most: u64, expected: u64) -> Vec<[u64; 2]> {
    let mut binning = Binning::new(sizes(counts), most, expected);
    for pair in counts {
        binning.push(*pair);
    }
    binning.finish()
}

/// [`bins`] of counts that come one after the other.
#[derive(Debug, Clone)]
pub struct Binning {
    sizes: [u64; 2],
    most: u64,
    expected: u64,
    /// Values that are in no closed bin.
    left: u64,
    /// Values that make the open bin full.
    full: u64,
    open: [u64; 2],
    bins: Vec<[u64; 2]>,
}

impl Binning {
    /// Bins for two samples of known sizes.
    pub fn new(sizes: [u64; 2], most: u64, expected: u64) -> Self {
        let mut new = Self {
            sizes,
            most,
            expected,
            left: sizes[0] + sizes[1],
            full: 0,
            open: [0, 0],
            bins: Vec::new(),
        };
        new.full = new.when_full();
        new
    }

    /// The counts at the next distinct value.
    #[inline]
    pub fn push(&mut self, [x, y]: [u64; 2]) {
        self.open = [self.open[0] + x, self.open[1] + y];
        let total = self.open[0] + self.open[1];
        if total >= self.full {
            self.left -= total;
            self.bins.push(std::mem::take(&mut self.open));
            self.full = self.when_full();
        }
    }

    /// An equal share of what is left for every bin that is, and enough that the smaller sample expects its part; no bin
    /// is full without values, or when there are as many as may be.
    fn when_full(&self) -> u64 {
        let least = self.sizes[0].min(self.sizes[1]);
        let all = u128::from(self.sizes[0]) + u128::from(self.sizes[1]);
        let places = self.most.saturating_sub(self.bins.len() as u64);
        if places == 0 || (least == 0 && self.expected > 0) {
            return u64::MAX;
        }
        let expected = (u128::from(self.expected) * all).div_ceil(u128::from(least.max(1)));
        self.left.div_ceil(places).max(1).max(expected.min(u128::from(u64::MAX)) as u64)
    }

    /// The bins.
    pub fn finish(mut self) -> Vec<[u64; 2]> {
        match self.bins.last_mut() {
            Some([x, y]) => (*x, *y) = (*x + self.open[0], *y + self.open[1]),
            None if self.open != [0, 0] => self.bins.push(self.open),
            None => {}
        }
        self.bins
    }
}

/// Pearson's statistic: `sum (observed - expected)^2 / expected` over both columns, of the counts of each bin; 0
/// without values.
///
/// As `sum (x m - y n)^2 / (x + y) / (n m)`, so that equal shares give exactly 0.
pub fn chi_square(bins: &[[u64; 2]]) -> f64 {
    let [n, m] = sizes(bins).map(u128::from);
    let term = |[x, y]: [u64; 2]| {
        let gap = (u128::from(x) * m).abs_diff(u128::from(y) * n) as f64;
        gap * gap / (x + y) as f64
    };
    let filled = bins.iter().filter(|bin| **bin != [0, 0]);
    filled.map(|bin| term(*bin)).sum::<f64>() / (n as f64 * m as f64).max(1.0)
}

/// The likelihood ratio statistic `2 sum observed ln(observed / expected)` over both columns; 0 without values.
pub fn likelihood_ratio(bins: &[[u64; 2]]) -> f64 {
    let sizes = sizes(bins).map(|size| size as f64);
    let [n, m] = sizes;
    let term = |count: u64, size: f64, total: u64| {
        if count == 0 {
            return 0.0;
        }
        let count = count as f64;
        count * (count * (n + m) / (total as f64 * size)).ln()
    };
    let both = |[x, y]: [u64; 2]| term(x, n, x + y) + term(y, m, x + y);
    // Rounding can take equal shares below 0.
    (2.0 * bins.iter().map(|bin| both(*bin)).sum::<f64>()).max(0.0)
}

/// What to divide the likelihood ratio by, so that it follows the chi-square law in small samples too: Williams
/// (1976), doi:10.1093/biomet/63.1.33.
///
/// `1 + (N sum 1 / (x + y) - 1) (N / n + N / m - 1) / (6 N (bins - 1))`, over bins with values. 1 when there are
/// fewer than two, or none of a sample.
pub fn williams(bins: &[[u64; 2]]) -> f64 {
    let [n, m] = sizes(bins).map(|size| size as f64);
    let totals: Vec<f64> = bins.iter().map(|[x, y]| (x + y) as f64).filter(|total| *total > 0.0).collect();
    if totals.len() < 2 || n * m == 0.0 {
        return 1.0;
    }
    let all = n + m;
    let rows = all * totals.iter().map(|total| 1.0 / total).sum::<f64>() - 1.0;
    1.0 + rows * (all / n + all / m - 1.0) / (6.0 * all * (totals.len() as f64 - 1.0))
}

/// p value of either statistic: the chi-square law with one degree of freedom less than there are bins with
/// values; 1 when there is one.
pub fn p_value(statistic: f64, bins: &[[u64; 2]]) -> f64 {
    let filled = bins.iter().filter(|bin| **bin != [0, 0]).count();
    if filled < 2 { 1.0 } else { chi_square_survival(statistic, filled as f64 - 1.0) }
}

/// Sums of the two columns.
fn sizes(counts: &[[u64; 2]]) -> [u64; 2] {
    counts.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(got: f64, expected: f64, tolerance: f64) -> bool {
        (got - expected).abs() <= tolerance * expected.abs()
    }

    #[test]
    fn worked_by_hand() {
        // 10 20 against 30 20, of 40 each: 15 expected of each in the first bin, 25 in the second: 10/3 + 2.
        let bins = [[10, 20], [30, 20]];
        assert!(near(chi_square(&bins), 10.0 / 3.0 + 2.0, 1e-15));
        // 2 (10 ln(2/3) + 20 ln(4/3) + 30 ln(6/5) + 20 ln(4/5)).
        let logs = 10.0 * (2.0_f64 / 3.0).ln() + 20.0 * (4.0_f64 / 3.0).ln();
        let logs = logs + 30.0 * 1.2_f64.ln() + 20.0 * 0.8_f64.ln();
        assert!(near(likelihood_ratio(&bins), 2.0 * logs, 1e-14));
        // (80 (1/30 + 1/50) - 1) (2 + 2 - 1) / 480.
        assert!(near(williams(&bins), 1.0 + 9.8 / 480.0, 1e-15));
        // With two more bins the law has two degrees of freedom more: exp(-x / 2) for two.
        assert!(near(p_value(3.0, &[[1, 1]; 3]), (-1.5_f64).exp(), 1e-13));
    }

    #[test]
    fn bins_are_filled_from_below() {
        let ten = [[1, 1]; 10];
        assert_eq!(bins(&ten, 5, 1), [[2, 2]; 5]);
        // A third of 20 is 6.7: four pairs; the twelve that are left are two bins of three pairs.
        assert_eq!(bins(&ten, 3, 1), [[4, 4], [3, 3], [3, 3]]);
        // Nine in ten are zero: the other bins share what is left.
        assert_eq!(
            bins(&[[90, 90], [5, 5], [3, 3], [1, 2], [1, 0]], 4, 1),
            [[90, 90], [5, 5], [3, 3], [2, 2]]
        );
        // Five expected in each.
        assert_eq!(bins(&ten, 10, 5), [[5, 5]; 2]);
        // Many zeros are a bin of their own; one of ten values is current, so 20 are needed to expect two.
        assert_eq!(bins(&[[80, 9], [5, 0], [4, 1], [1, 0]], 10, 2), [[90, 10]]);
        assert_eq!(bins(&[[80, 9], [5, 0], [4, 1], [1, 0]], 10, 1), [[80, 9], [10, 1]]);
        assert_eq!((bins(&[], 10, 5), bins(&[[2, 1]], 10, 5)), (vec![], vec![[2, 1]]));
    }

    #[test]
    fn scipy_agrees() {
        // chi2_contingency of SciPy 1.17.1, correction=False, lambda_ pearson and log-likelihood.
        let cases: [(&[[u64; 2]], [f64; 4]); 5] = [
            (
                &[[151, 77], [88, 68], [61, 55]],
                [
                    7.179_157_553_476_969,
                    0.027_609_957_930_718_93,
                    7.204_196_347_904_373,
                    0.027_266_452_626_609_95,
                ],
            ),
            (
                &[[158, 89], [79, 65], [63, 38], [0, 8]],
                [
                    15.442_222_465_330_206,
                    0.001_475_207_643_259_115_8,
                    18.105_187_724_816_176,
                    0.000_418_414_906_986_281_7,
                ],
            ),
            (
                &[[160, 96], [82, 65], [42, 39], [16, 0]],
                [
                    14.663_643_235_071_811,
                    0.002_127_862_670_959_225_6,
                    20.297_703_474_171_783,
                    0.000_147_256_464_361_151_9,
                ],
            ),
            (
                &[[316, 107], [84, 43]],
                [
                    3.610_630_231_504_751,
                    0.057_411_359_192_774_715,
                    3.502_378_417_372_043,
                    0.061_280_761_407_172_105,
                ],
            ),
            (
                &[[18, 8], [1, 4], [1, 3]],
                [
                    6.055_448_717_948_717_5,
                    0.048_425_712_371_599_99,
                    6.204_289_910_722_904,
                    0.044_952_677_423_238_84,
                ],
            ),
        ];
        for (bins, [pearson, p, ratio, q]) in cases {
            assert!(near(chi_square(bins), pearson, 1e-12) && near(likelihood_ratio(bins), ratio, 1e-12));
            assert!(near(p_value(pearson, bins), p, 1e-9) && near(p_value(ratio, bins), q, 1e-9));
        }
    }

    #[test]
    fn empty_bins_change_nothing() {
        assert_eq!((chi_square(&[]), likelihood_ratio(&[]), p_value(0.0, &[])), (0.0, 0.0, 1.0));
        let (with, without) = ([[3, 4], [0, 0], [5, 1]], [[3, 4], [5, 1]]);
        assert_eq!(chi_square(&with), chi_square(&without));
        assert_eq!(likelihood_ratio(&with), likelihood_ratio(&without));
        assert_eq!(p_value(2.0, &with), p_value(2.0, &without));
        assert_eq!(williams(&with), williams(&without));
        assert_eq!(
            (williams(&[[3, 4], [0, 0]]), williams(&[[3, 0], [4, 0]]), williams(&[])),
            (1.0, 1.0, 1.0)
        );
    }

    proptest! {
        #[test]
        fn are_what_expected_counts_give(table in prop::collection::vec([0_u64..30, 1_u64..30], 1..8)) {
            prop_assume!(table.iter().any(|bin| bin[0] > 0));
            let [n, m] = sizes(&table).map(|size| size as f64);
            let (mut pearson, mut ratio) = (0.0, 0.0);
            for [x, y] in &table {
                for (count, size) in [(*x as f64, n), (*y as f64, m)] {
                    let expected = (x + y) as f64 * size / (n + m);
                    pearson += (count - expected).powi(2) / expected;
                    ratio += if count > 0.0 { 2.0 * count * (count / expected).ln() } else { 0.0 };
                }
            }
            prop_assert!((chi_square(&table) - pearson).abs() < 1e-9);
            prop_assert!((likelihood_ratio(&table) - ratio).abs() < 1e-9);
        }

        #[test]
        fn bins_keep_all_values_and_are_full(
            counts in prop::collection::vec([0_u64..9, 0_u64..9], 1..60), most in 1_u64..12, expected in 0_u64..6,
        ) {
            let bins = bins(&counts, most, expected);
            prop_assert_eq!(sizes(&bins), sizes(&counts));
            prop_assert!(bins.len() as u64 <= most);
            let [n, m] = sizes(&counts);
            let least = |bin: &[u64; 2]| (bin[0] + bin[1]) * n.min(m) >= expected * (n + m);
            prop_assert!(bins.len() == 1 || bins.iter().all(least));
        }
    }
}
