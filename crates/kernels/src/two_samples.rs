//! What the tests of two samples ask of them, in one pass over both in order.

use crate::contingency::Binning;
use crate::simd::Real;

/// All that is asked of two samples. The formulas are those of the modules named; numbers may differ from theirs in the
/// last digits.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// `D`, 0-1: [`kolmogorov_smirnov`](crate::kolmogorov_smirnov).
    pub kolmogorov_smirnov: f64,
    /// `V`, 0-1: [`kuiper`](crate::kuiper).
    pub kuiper: f64,
    /// `T`: [`cramer_von_mises`](crate::cramer_von_mises).
    pub cramer_von_mises: f64,
    /// `A^2` with midranks: [`anderson_darling::sum_of_squares`](crate::anderson_darling::sum_of_squares).
    pub anderson_darling: f64,
    /// `U`, pairs in which the reference is greater: [`rank_sum`](crate::rank_sum).
    pub mann_whitney: f64,
    /// In the unit of the values: [`wasserstein::w1`](crate::wasserstein::w1).
    pub wasserstein: f64,
    /// In the root of their unit: [`wasserstein::energy_distance`](crate::wasserstein::energy_distance).
    pub energy_distance: f64,
    /// How many values of each sample are in common bins: [`contingency::bins`](crate::contingency::bins).
    pub bins: Vec<[u64; 2]>,
}

/// Compares two **ascending** samples without NaN, such as [`radix::sorted`](crate::sort::radix::sorted) gives, in at most
/// `most` bins that expect `expected` values of the smaller one. `None` when one is empty.
///
/// Equal values are tied, -0 with 0. Infinite values make the distances infinite or NaN.
pub fn compare<T: Real>(reference: &[T], current: &[T], most: u64, expected: u64) -> Option<Statistics> {
    let sizes = [reference.len() as u64, current.len() as u64];
    if sizes.contains(&0) {
        return None;
    }
    let mut pass = Pass::new(sizes, Binning::new(sizes, most, expected));
    let (mut i, mut j) = (0, 0);
    while i < reference.len() && j < current.len() {
        let (a, b) = (reference[i], current[j]);
        // Which one is next cannot be predicted: no branch asks.
        let (from_a, from_b) = (usize::from(a <= b), usize::from(b <= a));
        let value = if a <= b { a } else { b };
        let (first, other) = (i, j);
        (i, j) = (i + from_a, j + from_b);
        i = tied(reference, i, value);
        j = tied(current, j, value);
        pass.step(value.into(), [(i - first) as u64, (j - other) as u64]);
    }
    while i < reference.len() {
        let first = i;
        i = tied(reference, i, reference[first]);
        pass.step(reference[first].into(), [(i - first) as u64, 0]);
    }
    while j < current.len() {
        let first = j;
        j = tied(current, j, current[first]);
        pass.step(current[first].into(), [0, (j - first) as u64]);
    }
    Some(pass.finish())
}

/// Where the values equal to `value` end, from `i` on.
#[inline(always)]
fn tied<T: Real>(values: &[T], mut i: usize, value: T) -> usize {
    while i < values.len() && values[i] <= value {
        i += 1;
    }
    i
}

/// Sums up to a value.
struct Pass {
    sizes: [u64; 2],
    /// Values below, of both samples and of the current one.
    below: u64,
    current: u64,
    last: f64,
    /// `F - G` times both sizes: a whole number.
    gap: i64,
    highest: i64,
    lowest: i64,
    squares: f64,
    weighted: f64,
    twice_u: u64,
    absolute: f64,
    energy: f64,
    binning: Binning,
}

impl Pass {
    fn new(sizes: [u64; 2], binning: Binning) -> Self {
        let (below, current, gap, highest, lowest, twice_u) = (0, 0, 0, 0, 0, 0);
        let (last, squares, weighted, absolute, energy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        Self {
            sizes,
            below,
            current,
            last,
            gap,
            highest,
            lowest,
            squares,
            weighted,
            twice_u,
            absolute,
            energy,
            binning,
        }
    }

    /// The next distinct value, which `x` and `y` values have.
    #[inline(always)]
    fn step(&mut self, value: f64, [x, y]: [u64; 2]) {
        let [n, m] = self.sizes;
        let before = self.gap as f64;
        if before != 0.0 {
            let moved = value - self.last;
            self.absolute += before.abs() * moved;
            self.energy += before * before * moved;
        }
        self.last = value;
        self.gap += (x * m) as i64 - (y * n) as i64;
        self.highest = self.highest.max(self.gap);
        self.lowest = self.lowest.min(self.gap);
        let (after, tied, all) = (self.gap as f64, (x + y) as f64, (n + m) as f64);
        self.squares += tied * after * after;
        // With midranks, `N M - B n` is the mean of the gaps below and above the tie.
        let (middle, midrank) = (0.5 * (before + after), self.below as f64 + 0.5 * tied);
        let weight = midrank * (all - midrank) - 0.25 * all * tied;
        self.weighted += if weight > 0.0 { tied * middle * middle / weight } else { 0.0 };
        self.twice_u += x * (2 * self.current + y);
        (self.below, self.current) = (self.below + x + y, self.current + y);
        self.binning.push([x, y]);
    }

    fn finish(self) -> Statistics {
        let [n, m] = self.sizes.map(|size| size as f64);
        let (pairs, all) = (n * m, n + m);
        Statistics {
            kolmogorov_smirnov: self.highest.max(-self.lowest) as f64 / pairs,
            kuiper: (self.highest - self.lowest) as f64 / pairs,
            cramer_von_mises: self.squares / (pairs * all * all),
            anderson_darling: self.weighted / all * (1.0 / n + 1.0 / m) * (all - 1.0) / all,
            mann_whitney: self.twice_u as f64 / 2.0,
            wasserstein: self.absolute / pairs,
            energy_distance: (2.0 * self.energy).sqrt() / pairs,
            bins: self.binning.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kolmogorov_smirnov::Pooled;
    use crate::rank_sum::RankSum;
    use crate::{anderson_darling, contingency, cramer_von_mises, kuiper, wasserstein};

    #[test]
    fn worked_by_hand() {
        // 0 0 1 against 0 4: a third above at zero, one half from 1 to 4.
        let got = compare(&[0.0_f32, -0.0, 1.0], &[0.0, 4.0], 2, 0).unwrap();
        assert_eq!((got.kolmogorov_smirnov, got.kuiper, got.mann_whitney), (0.5, 0.5, 2.0));
        assert!((got.wasserstein - (1.0 / 6.0 + 1.5)).abs() < 1e-15);
        assert_eq!(got.bins, [[2, 1], [1, 1]]);
        assert_eq!(compare::<f64>(&[], &[1.0], 2, 0), None);
    }

    fn agree(a: &[f64], b: &[f64]) -> Result<(), TestCaseError> {
        let (mut x, mut y) = (a.to_vec(), b.to_vec());
        x.sort_by(f64::total_cmp);
        y.sort_by(f64::total_cmp);
        let got = compare(&x, &y, 4, 1).unwrap();
        let pooled = Pooled::new(a, b);
        let (values, counts) = (pooled.values(), pooled.counts());
        for (got, expected) in [
            (got.kolmogorov_smirnov, pooled.statistic()),
            (got.kuiper, kuiper::statistic(counts)),
            (got.cramer_von_mises, cramer_von_mises::statistic(counts)),
            (got.anderson_darling, anderson_darling::sum_of_squares(counts)),
            (got.mann_whitney, RankSum::new(counts).u),
            (got.wasserstein, wasserstein::pooled_w1(values, counts)),
            (got.energy_distance, wasserstein::pooled_energy_distance(values, counts)),
        ] {
            prop_assert!((got - expected).abs() <= 1e-12 * (1.0 + expected.abs()), "{} {}", got, expected);
        }
        prop_assert_eq!(got.bins, contingency::bins(counts, 4, 1));
        Ok(())
    }

    proptest! {
        #[test]
        fn is_what_each_says_alone(
            a in prop::collection::vec(0_u8..9, 1..40), b in prop::collection::vec(0_u8..9, 1..40),
        ) {
            let float = |s: &[u8]| s.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            agree(&float(&a), &float(&b))?;
        }

        #[test]
        fn without_ties_too(
            a in prop::collection::vec(-9.0..9.0_f64, 1..40), b in prop::collection::vec(-9.0..9.0_f64, 1..40),
        ) {
            agree(&a, &b)?;
        }
    }
}
