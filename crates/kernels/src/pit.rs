//! Calibration of predictive distributions: histograms of where the truth falls among the draws.
//!
//! Counts and zero-inflated values tie with many draws. Both histograms spread such a case over all the places where
//! it could be, so that a forecast of nothing for a place where nothing happens is calibrated: its histogram is flat.

use crate::simd::Real;

/// Cases by bin, in fractions of a case. Histograms of parts of the cases add up to that of the whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    bins: Vec<f64>,
}

impl Histogram {
    /// No cases.
    ///
    /// # Panics
    /// When there are no bins.
    pub fn new(bins: usize) -> Self {
        assert!(bins > 0, "a histogram has bins");
        Self { bins: vec![0.0; bins] }
    }

    /// Number of cases in each bin, ascending.
    pub fn bins(&self) -> &[f64] {
        &self.bins
    }

    /// Number of cases.
    pub fn cases(&self) -> f64 {
        self.bins.iter().sum()
    }

    /// From the cases in each bin.
    ///
    /// # Panics
    /// When there are no bins.
    pub fn from_bins(bins: &[f64]) -> Self {
        assert!(!bins.is_empty(), "a histogram has bins");
        Self { bins: bins.to_vec() }
    }

    /// Adds the cases of another histogram.
    ///
    /// # Panics
    /// When it has another number of bins.
    pub fn add(&mut self, other: &Self) {
        assert_eq!(self.bins.len(), other.bins.len(), "bins of the two histograms");
        self.bins.iter_mut().zip(&other.bins).for_each(|(a, b)| *a += b);
    }

    /// Adds a case by its probability integral transform, not randomised: spread evenly between `below`,
    /// `P(X < y)`, and `at_most`, `P(X <= y)`, over equal bins of 0-1. Czado, Gneiting and Held (2009),
    /// doi:10.1111/j.1541-0420.2009.01191.x.
    ///
    /// A truth that ties with nothing falls in one bin, `[k / K, (k + 1) / K)`, the last of which is closed. A case
    /// with a missing value, or whose probabilities are not ascending within 0-1, is not counted; the answer is
    /// whether it was.
    pub fn add_transform(&mut self, below: f64, at_most: f64) -> bool {
        self.add_weighted(below, at_most, 1.0)
    }

    /// The same for a case that counts `weight` times.
    pub fn add_weighted(&mut self, below: f64, at_most: f64, weight: f64) -> bool {
        if !(0.0 <= below && below <= at_most && at_most <= 1.0) {
            return false;
        }
        let (first, last) = (self.bin(below), self.bin(at_most));
        if first == last {
            self.bins[first] += weight;
            return true;
        }
        let edge = |bin: usize| bin as f64 / self.bins.len() as f64;
        let share = |bin| (edge(bin + 1).min(at_most) - edge(bin).max(below)) / (at_most - below);
        let shares: Vec<f64> = (first..=last).map(share).collect();
        self.bins[first..=last].iter_mut().zip(shares).for_each(|(bin, share)| *bin += weight * share);
        true
    }

    /// Adds a case by the rank of its truth among the draws, of which `below` are smaller and `ties` equal: spread
    /// evenly over the ranks `below..=below + ties`. There is one bin more than draws. Hamill (2001),
    /// doi:10.1175/1520-0493(2001)129\<0550:IORHFV\>2.0.CO;2, with the ties of Hamill and Colucci (1998) in
    /// expectation.
    ///
    /// # Panics
    /// When there are more than one draw fewer than bins.
    pub fn add_rank(&mut self, below: usize, ties: usize) {
        let share = 1.0 / (ties + 1) as f64;
        self.bins[below..=below + ties].iter_mut().for_each(|bin| *bin += share);
    }

    /// The bin of a probability.
    fn bin(&self, probability: f64) -> usize {
        let bins = self.bins.len();
        let guess = (probability * bins as f64) as usize;
        // Products such as 0.29 * 100 fall short of the edge that they are.
        let bin = if (guess + 1) as f64 / bins as f64 <= probability { guess + 1 } else { guess };
        bin.min(bins - 1)
    }

    /// Reliability index: `sum_k |f_k - 1 / K|` with `f_k` the share of the cases in bin `k`; 0 for a flat histogram,
    /// at most `2 (1 - 1 / K)`. NaN without cases. Delle Monache et al. (2006), doi:10.1029/2005JD006917.
    pub fn reliability_index(&self) -> f64 {
        let (cases, flat) = (self.cases(), 1.0 / self.bins.len() as f64);
        self.bins.iter().map(|bin| (bin / cases - flat).abs()).sum()
    }

    /// Kolmogorov distance from uniform: the largest difference at any edge between the share of the cases below it
    /// and its place in 0-1. NaN without cases.
    pub fn kolmogorov_distance(&self) -> f64 {
        let (cases, bins) = (self.cases(), self.bins.len() as f64);
        if cases == 0.0 {
            return f64::NAN;
        }
        let mut below = 0.0;
        let distance = |(k, bin): (usize, &f64)| {
            below += bin;
            (below / cases - (k + 1) as f64 / bins).abs()
        };
        self.bins.iter().enumerate().map(distance).fold(0.0, f64::max)
    }
}

/// How many draws, in any order, are below the truth, and how many equal it; `None` when a value is missing.
pub fn rank<T: Real>(draws: &[T], truth: T) -> Option<(usize, usize)> {
    let (mut below, mut ties, mut above) = (0, 0, 0);
    for &draw in draws {
        below += usize::from(draw < truth);
        ties += usize::from(draw == truth);
        above += usize::from(draw > truth);
    }
    let missing = below + ties + above < draws.len() || truth.partial_cmp(&truth).is_none();
    (!missing).then_some((below, ties))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_forecast_where_nothing_happens_is_calibrated() {
        let (mut transforms, mut ranks) = (Histogram::new(10), Histogram::new(6));
        for _ in 0..8 {
            assert!(transforms.add_transform(0.0, 1.0));
            let (below, ties) = rank(&[0.0_f32; 5], 0.0).unwrap();
            ranks.add_rank(below, ties);
        }
        assert!(transforms.reliability_index() < 1e-12 && transforms.kolmogorov_distance() < 1e-12);
        assert!(ranks.reliability_index() < 1e-12 && ranks.kolmogorov_distance() < 1e-12);
        assert!((ranks.cases() - 8.0).abs() < 1e-12);
    }

    #[test]
    fn transforms_worked_by_hand() {
        let mut histogram = Histogram::new(4);
        assert!(histogram.add_transform(0.25, 0.75));
        assert_eq!(histogram.bins(), [0.0, 0.5, 0.5, 0.0]);
        assert!(histogram.add_transform(0.125, 0.625));
        assert_eq!(histogram.bins(), [0.25, 1.0, 0.75, 0.0]);
        for p in [0.25, 1.0, 0.0] {
            assert!(histogram.add_transform(p, p));
        }
        assert_eq!(histogram.bins(), [1.25, 2.0, 0.75, 1.0]);
        assert_eq!(histogram.reliability_index(), 0.15 + 0.1 + 0.05);
        assert_eq!(histogram.kolmogorov_distance(), 0.65 - 0.5);
    }

    #[test]
    fn a_weight_is_a_repetition() {
        let (mut once, mut thrice) = (Histogram::new(4), Histogram::new(4));
        for (below, at_most) in [(0.125, 0.625), (0.25, 0.25)] {
            assert!(once.add_weighted(below, at_most, 3.0));
            assert!((0..3).all(|_| thrice.add_transform(below, at_most)));
        }
        assert_eq!(once, thrice);
        assert_eq!(Histogram::from_bins(once.bins()), once);
    }

    #[test]
    fn ranks_worked_by_hand() {
        // Input `ens_ties` of the comparison of peers; `scores` 2.7 gives the same shares.
        let rows = [
            ([1.0_f32, 1.0, 2.0, 2.0], 1.0),
            ([2.0; 4], 2.0),
            ([0.0, 3.0, 3.0, 9.0], 3.0),
            ([0.0, 0.0, 0.0, 5.0], 0.0),
        ];
        let mut histogram = Histogram::new(5);
        for (row, y) in rows {
            let (below, ties) = rank(&row, y).unwrap();
            histogram.add_rank(below, ties);
        }
        let expected = [0.195_833_333, 0.279_166_667, 0.279_166_667, 0.195_833_333, 0.05];
        let off = |(a, b): (&f64, f64)| (a / 4.0 - b).abs() > 1e-9;
        assert!(!histogram.bins().iter().zip(expected).any(off), "{histogram:?}");
    }

    #[test]
    fn missing_values_are_not_counted() {
        assert_eq!(rank(&[1.0, f64::NAN], 1.0), None);
        assert_eq!(rank(&[1.0, 2.0], f64::NAN), None);
        assert_eq!(rank::<f64>(&[], f64::NAN), None);
        let mut histogram = Histogram::new(3);
        for (below, at_most) in [(f64::NAN, 1.0), (0.0, f64::NAN), (0.6, 0.5), (-0.1, 0.5), (0.5, 1.1)] {
            assert!(!histogram.add_transform(below, at_most));
        }
        assert_eq!(histogram.cases(), 0.0);
        assert!(histogram.reliability_index().is_nan() && histogram.kolmogorov_distance().is_nan());
    }

    #[test]
    fn shares_that_are_edges_fall_above_them() {
        for k in 0..100 {
            let mut histogram = Histogram::new(100);
            assert!(histogram.add_transform(f64::from(k) / 100.0, f64::from(k) / 100.0));
            assert_eq!(histogram.bins()[k as usize], 1.0, "{k}");
        }
    }

    proptest! {
        #[test]
        fn a_case_is_spread_as_its_distribution_function_says(
            m in 1_usize..30, below in 0_usize..30, ties in 0_usize..30, bins in 1_usize..25,
        ) {
            let below = below.min(m);
            let ties = ties.min(m - below);
            let (lower, upper) = (below as f64 / m as f64, (below + ties) as f64 / m as f64);
            let mut histogram = Histogram::new(bins);
            prop_assert!(histogram.add_transform(lower, upper));
            prop_assert!((histogram.cases() - 1.0).abs() < 1e-12);
            if ties > 0 {
                let uniform = |u: f64| ((u - lower) / (upper - lower)).clamp(0.0, 1.0);
                for (k, &bin) in histogram.bins().iter().enumerate() {
                    let expected = uniform((k + 1) as f64 / bins as f64) - uniform(k as f64 / bins as f64);
                    prop_assert!((bin - expected).abs() < 1e-12, "{bin} {expected}");
                }
            }
        }

        #[test]
        fn ranks_count(draws in prop::collection::vec(0_u16..5, 0..70), truth in 0_u16..5) {
            let row: Vec<f32> = draws.iter().map(|&x| f32::from(x)).collect();
            let below = draws.iter().filter(|&&x| x < truth).count();
            let ties = draws.iter().filter(|&&x| x == truth).count();
            prop_assert_eq!(rank(&row, f32::from(truth)), Some((below, ties)));
            let mut histogram = Histogram::new(draws.len() + 1);
            let (mut left, mut right) = (histogram.clone(), histogram.clone());
            left.add_rank(below, ties);
            right.add_rank(0, draws.len());
            histogram.add_rank(below, ties);
            histogram.add_rank(0, draws.len());
            left.add(&right);
            prop_assert_eq!(left, histogram);
        }
    }
}
