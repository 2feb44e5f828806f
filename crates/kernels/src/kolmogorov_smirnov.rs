//! Whether two samples come from one distribution: the greatest distance between their empirical
//! distribution functions (Smirnov 1939), with p values that are right on small and on tied samples.

use crate::{kolmogorov, sort};

/// Two samples laid together: how many of each are at every distinct value, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooled {
    values: Vec<f64>,
    counts: Vec<[u64; 2]>,
    sizes: [u64; 2],
}

impl Pooled {
    /// Pools two samples, in any order; values that are equal (as numbers: -0 is 0) are tied. NaN counts as
    /// a value above all others: keep it out.
    pub fn new(reference: &[f64], current: &[f64]) -> Self {
        let sorted = |sample: &[f64]| {
            sort::sample::sorted(sample).unwrap_or_else(|| {
                let mut sample: Vec<f64> = sample.iter().map(|v| v + 0.0).collect();
                sample.sort_unstable_by(f64::total_cmp);
                sample
            })
        };
        let (a, b) = (sorted(reference), sorted(current));
        let (mut rest_a, mut rest_b) = (a.as_slice(), b.as_slice());
        let most = a.len() + b.len();
        let (mut values, mut counts) = (Vec::with_capacity(most), Vec::with_capacity(most));
        while let Some(value) = lowest(rest_a, rest_b) {
            let here = |rest: &[f64]| rest.iter().take_while(|v| v.total_cmp(&value).is_eq()).count();
            let (x, y) = (here(rest_a), here(rest_b));
            values.push(value);
            counts.push([x as u64, y as u64]);
            (rest_a, rest_b) = (&rest_a[x..], &rest_b[y..]);
        }
        Self { values, counts, sizes: [a.len() as u64, b.len() as u64] }
    }

    /// The statistic `D`, 0-1: the greatest distance between the two distribution functions.
    pub fn statistic(&self) -> f64 {
        statistic(&self.counts)
    }

    /// `D` times both sample sizes: a whole number, so that «at least as far apart» is decided exactly.
    pub fn gap(&self) -> u64 {
        gap(&self.counts, self.sizes)
    }

    /// The distinct values of both samples, ascending; -0 as 0.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many values of each sample are at every distinct value, ascending.
    pub fn counts(&self) -> &[[u64; 2]] {
        &self.counts
    }

    /// Sample sizes.
    pub fn sizes(&self) -> [u64; 2] {
        self.sizes
    }

    /// Two-sided p value, exact given the ties: the share of all ways to deal the pooled values into two
    /// samples of these sizes whose statistic is at least as great.
    ///
    /// Schroeer and Trenkler (1995), doi:10.1016/0167-9473(94)00040-P. Work is the product of the sample sizes.
    pub fn exact_p_value(&self) -> f64 {
        let mut complete = Vec::new();
        for [x, y] in &self.counts {
            complete.extend((1..x + y).map(|_| false));
            complete.push(true);
        }
        outside(self.gap(), self.sizes, |seen| complete[seen - 1])
    }

    /// Two-sided p value from Kolmogorov's law for one sample of the effective size `nm / (n + m)`, rounded.
    ///
    /// For continuous data; with ties it is too large, the more the fewer values there are.
    pub fn asymptotic_p_value(&self) -> f64 {
        let [n, m] = self.sizes.map(|size| size as f64);
        kolmogorov::survival((n * m / (n + m)).round_ties_even().max(1.0) as u64, self.statistic())
    }
}

/// The statistic `D`, 0-1, from how many of each sample are at every distinct value, ascending; NaN without values in a
/// sample.
pub fn statistic(counts: &[[u64; 2]]) -> f64 {
    let [n, m] = counts.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y]);
    gap(counts, [n, m]) as f64 / (n * m) as f64
}

fn gap(counts: &[[u64; 2]], [n, m]: [u64; 2]) -> u64 {
    let (mut i, mut j, mut gap) = (0, 0, 0);
    for [x, y] in counts {
        (i, j) = (i + x, j + y);
        gap = gap.max((i * m).abs_diff(j * n));
    }
    gap
}

/// Two-sided p value of a gap (the statistic times both sample sizes), exact for samples without ties and too
/// large for others.
pub fn untied_p_value(gap: u64, sizes: [u64; 2]) -> f64 {
    outside(gap, sizes, |_| true)
}

/// The next value of either sample.
fn lowest(a: &[f64], b: &[f64]) -> Option<f64> {
    match (a.first(), b.first()) {
        (Some(x), Some(y)) => Some(if x.total_cmp(y).is_le() { *x } else { *y }),
        (x, y) => x.or(y).copied(),
    }
}

/// Probability that a random lattice path from (0, 0) to the sizes (n, m) touches `|i m - j n| >= gap` where
/// `i + j` is `checked`. The recursion adds what is outside, all of it positive, so that even the
/// smallest probability has full relative precision: Viehmann (2021), arXiv:2102.08037.
fn outside(gap: u64, [n, m]: [u64; 2], checked: impl Fn(usize) -> bool) -> f64 {
    if gap == 0 {
        return 1.0;
    }
    let touches = |i: u64, j: u64| (i * m).abs_diff(j * n) >= gap && checked((i + j) as usize);
    let mut row = vec![0.0; m as usize + 1];
    for j in 1..=m {
        row[j as usize] = if touches(0, j) { 1.0 } else { row[j as usize - 1] };
    }
    for i in 1..=n {
        if touches(i, 0) {
            row[0] = 1.0;
        }
        let mut left = row[0];
        for (j, up) in (1..=m).zip(&mut row[1..]) {
            // Given that a path is at (i, j), it came from (i - 1, j) with probability i / (i + j).
            let inside = (i as f64 * *up + j as f64 * left) / (i + j) as f64;
            left = if touches(i, j) { 1.0 } else { inside };
            *up = left;
        }
    }
    row[m as usize]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition: deal the pooled values in every way.
    fn by_enumeration(a: &[f64], b: &[f64]) -> f64 {
        let gap = Pooled::new(a, b).gap();
        let pooled: Vec<f64> = a.iter().chain(b).copied().collect();
        let (mut all, mut far) = (0, 0);
        for deal in 0_u32..1 << pooled.len() {
            if deal.count_ones() as usize != a.len() {
                continue;
            }
            let side = |bit| {
                (0..pooled.len()).filter(|i| deal >> i & 1 == bit).map(|i| pooled[i]).collect::<Vec<_>>()
            };
            all += 1;
            far += u32::from(Pooled::new(&side(1), &side(0)).gap() >= gap);
        }
        f64::from(far) / f64::from(all)
    }

    #[test]
    fn worked_by_hand() {
        // 1 2 against 3 4 5: apart, which 2 of the 10 ways to deal five values into 2 and 3 are.
        let apart = Pooled::new(&[2.0, 1.0], &[5.0, 3.0, 4.0]);
        assert_eq!((apart.statistic(), apart.gap(), apart.sizes()), (1.0, 6, [2, 3]));
        assert!((apart.exact_p_value() - 0.2).abs() < 1e-15);
        assert!((untied_p_value(6, [2, 3]) - 0.2).abs() < 1e-15);
        // 0 0 0 1 against 0 1 1: 3/4 and 1/3 are at zero.
        let tied = Pooled::new(&[0.0, 0.0, -0.0, 1.0], &[0.0, 1.0, 1.0]);
        assert_eq!(tied.gap(), 5);
        assert!((tied.statistic() - 5.0 / 12.0).abs() < 1e-15);
    }

    #[test]
    fn the_same_sample_is_no_evidence() {
        let same = Pooled::new(&[0.0, 0.0, 1.0], &[0.0, 0.0, 1.0]);
        assert_eq!((same.statistic(), same.exact_p_value(), same.asymptotic_p_value()), (0.0, 1.0, 1.0));
    }

    #[test]
    fn tiny_probabilities_keep_their_digits() {
        // Two samples of 300 apart: 2 / C(600, 300).
        let log_choose: f64 = (1..=300).map(|k| (f64::from(300 + k) / f64::from(k)).ln()).sum();
        let p = untied_p_value(300 * 300, [300, 300]);
        assert!((p.ln() - (2_f64.ln() - log_choose)).abs() < 1e-10, "{p}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn exact_is_what_dealing_gives(
            a in prop::collection::vec(0_u8..5, 1..7), b in prop::collection::vec(0_u8..5, 1..7),
        ) {
            let float = |s: &[u8]| s.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            let (a, b) = (float(&a), float(&b));
            let pooled = Pooled::new(&a, &b);
            prop_assert!((pooled.exact_p_value() - by_enumeration(&a, &b)).abs() < 1e-12);
            prop_assert!(untied_p_value(pooled.gap(), pooled.sizes()) >= pooled.exact_p_value() - 1e-12);
        }

        #[test]
        fn the_samples_may_change_places(
            a in prop::collection::vec(0_u8..9, 1..30), b in prop::collection::vec(0_u8..9, 1..30),
        ) {
            let float = |s: &[u8]| s.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            let (one, other) = (Pooled::new(&float(&a), &float(&b)), Pooled::new(&float(&b), &float(&a)));
            prop_assert_eq!(one.gap(), other.gap());
            prop_assert!((one.exact_p_value() - other.exact_p_value()).abs() < 1e-12);
            prop_assert_eq!(one.asymptotic_p_value(), other.asymptotic_p_value());
        }
    }
}
