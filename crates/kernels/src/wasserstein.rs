//! Transport distances between distributions on a line, where the cheapest plan keeps the order of the mass.
//!
//! Villani (2009), doi:10.1007/978-3-540-71050-9; Ramdas, Garcia Trillos and Cuturi (2017), doi:10.3390/e19020047. Missing
//! values, no values, weights that are negative or add up to 0, and lengths that differ give NaN.

use std::cmp::Ordering;

use crate::simd::{Level, dispatch};
use crate::sort::sample::sort_at;

/// Partial sums of a row of differences.
const LANES: usize = 32;

/// Wasserstein distance of order 1 between two samples, in their unit: `integral |F - G|`, for equal sizes the mean of
/// `|u_(i) - v_(i)|`.
pub fn w1(u: &[f64], v: &[f64]) -> f64 {
    coupled(u, v, Order::One)
}

/// Wasserstein distance of order 2 between two samples, in their unit: the root of the mean squared difference of their
/// quantiles.
pub fn w2(u: &[f64], v: &[f64]) -> f64 {
    coupled(u, v, Order::Two).sqrt()
}

/// Energy distance between two samples, in the root of their unit: `sqrt(2 integral (F - G)^2)`. Szekely and Rizzo
/// (2013), doi:10.1016/j.jspi.2013.03.018.
pub fn energy_distance(u: &[f64], v: &[f64]) -> f64 {
    let Some(samples) = Samples::new(u, v) else { return f64::NAN };
    let (u, v) = samples.both();
    let unit = |values: &[f64]| values.iter().map(|&x| (x, 1.0 / values.len() as f64)).collect::<Vec<_>>();
    (2.0 * integral(&unit(u), &unit(v), |d| d * d)).sqrt()
}

/// [`w1`] between two samples, from how many of each are at every distinct value, ascending; NaN without values in a
/// sample.
pub fn pooled_w1(values: &[f64], counts: &[[u64; 2]]) -> f64 {
    pooled_integral(values, counts, f64::abs)
}

/// [`energy_distance`] between two samples, from how many of each are at every distinct value, ascending; NaN without
/// values in a sample.
pub fn pooled_energy_distance(values: &[f64], counts: &[[u64; 2]]) -> f64 {
    (2.0 * pooled_integral(values, counts, |d| d * d)).sqrt()
}

/// The integral of a function of `F - G`.
#[inline]
fn pooled_integral(values: &[f64], counts: &[[u64; 2]], of: impl Fn(f64) -> f64) -> f64 {
    let [n, m] = counts.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y]);
    let pairs = n as f64 * m as f64;
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    for ([x, y], step) in counts.iter().zip(values.windows(2)) {
        (i, j) = (i + x, j + y);
        // A whole number: no rounding before the division.
        let gap = (i * m) as i64 - (j * n) as i64;
        sum += of(gap as f64 / pairs) * (step[1] - step[0]);
    }
    if pairs > 0.0 { sum } else { f64::NAN }
}

/// [`w1`] between samples with weights, which are divided by their sum.
pub fn w1_weighted(u: Weighted<'_>, v: Weighted<'_>) -> f64 {
    let (Some(u), Some(v)) = (u.sorted(), v.sorted()) else { return f64::NAN };
    integral(&u, &v, f64::abs)
}

/// [`w2`] between samples with weights, which are divided by their sum.
pub fn w2_weighted(u: Weighted<'_>, v: Weighted<'_>) -> f64 {
    let (Some(u), Some(v)) = (u.sorted(), v.sorted()) else { return f64::NAN };
    let (mut sum, mut i, mut j) = (0.0, 0, 0);
    let (mut from, mut to) = (u[0].1, v[0].1);
    loop {
        let mass = from.min(to);
        sum += mass * (u[i].0 - v[j].0) * (u[i].0 - v[j].0);
        (from, to) = (from - mass, to - mass);
        // The last values take what rounding leaves.
        let (last_u, last_v) = (i + 1 == u.len(), j + 1 == v.len());
        if (from <= 0.0 && last_u) || (to <= 0.0 && last_v) {
            return sum.sqrt();
        }
        if from <= 0.0 {
            i += 1;
            from = u[i].1;
        }
        if to <= 0.0 {
            j += 1;
            to = v[j].1;
        }
    }
}

/// [`energy_distance`] between samples with weights, which are divided by their sum.
pub fn energy_distance_weighted(u: Weighted<'_>, v: Weighted<'_>) -> f64 {
    let (Some(u), Some(v)) = (u.sorted(), v.sorted()) else { return f64::NAN };
    (2.0 * integral(&u, &v, |d| d * d)).sqrt()
}

/// [`w1`] between two histograms whose mass is spread evenly within each bin: `edges` ascend, one more than masses.
pub fn w1_histograms(edges: &[f64], p: &[f64], q: &[f64]) -> f64 {
    let rising = edges.is_sorted_by(|a, b| a < b);
    let (Some(p), Some(q)) = (shares(p), shares(q)) else { return f64::NAN };
    if !rising || p.len() != q.len() || edges.len() != p.len() + 1 {
        return f64::NAN;
    }
    let (mut gap, mut sum) = (0.0_f64, 0.0);
    for (edge, (p, q)) in edges.windows(2).zip(p.iter().zip(&q)) {
        let next = gap + (p - q);
        // F - G is a straight line from `gap` to `next`.
        let height = if gap * next < 0.0 {
            (gap * gap + next * next) / (2.0 * (gap - next).abs())
        } else {
            f64::midpoint(gap, next).abs()
        };
        sum += height * (edge[1] - edge[0]);
        gap = next;
    }
    sum
}

/// Values and their weights; a histogram whose mass sits at positions is the same.
#[derive(Debug, Clone, Copy)]
pub struct Weighted<'a> {
    /// The values, in any order.
    pub values: &'a [f64],
    /// One weight a value, 0 or more.
    pub weights: &'a [f64],
}

impl Weighted<'_> {
    /// Values with their shares, ascending; those of weight 0 left out.
    fn sorted(self) -> Option<Vec<(f64, f64)>> {
        let weights = shares(self.weights)?;
        if weights.len() != self.values.len() || self.values.iter().any(|v| v.is_nan()) {
            return None;
        }
        let pairs = self.values.iter().copied().zip(weights);
        let mut pairs: Vec<(f64, f64)> = pairs.filter(|(_, weight)| *weight > 0.0).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some(pairs)
    }
}

/// Weights over their sum, if that is a distribution.
fn shares(weights: &[f64]) -> Option<Vec<f64>> {
    let sum: f64 = weights.iter().sum();
    let valid = weights.iter().all(|&w| w >= 0.0) && sum > 0.0 && sum < f64::INFINITY;
    valid.then(|| weights.iter().map(|w| w / sum).collect())
}

/// Both samples ascending, one behind the other in one piece of memory, sorted in parallel.
struct Samples {
    values: Vec<f64>,
    first: usize,
}

impl Samples {
    /// Nothing when one is empty or has a missing value.
    fn new(u: &[f64], v: &[f64]) -> Option<Self> {
        let mut values = [u, v].concat();
        let (a, b) = values.split_at_mut(u.len());
        let level = Level::best();
        let known = rayon::join(|| sort_at(level, a), || sort_at(level, b));
        (known == (true, true) && !u.is_empty() && !v.is_empty()).then_some(Self { values, first: u.len() })
    }

    fn both(&self) -> (&[f64], &[f64]) {
        self.values.split_at(self.first)
    }
}

#[derive(Clone, Copy)]
enum Order {
    One,
    Two,
}

impl Order {
    #[inline(always)]
    fn cost(self, d: f64) -> f64 {
        match self {
            Self::One => d.abs(),
            Self::Two => d * d,
        }
    }
}

/// Mean cost of the plan that keeps the order.
fn coupled(u: &[f64], v: &[f64], order: Order) -> f64 {
    let Some(samples) = Samples::new(u, v) else { return f64::NAN };
    let (u, v) = samples.both();
    if u.len() == v.len() {
        return sum_at(Level::best(), u, v, order) / u.len() as f64;
    }
    // Masses in units of 1 / (n m), in which they are whole.
    let (n, m) = (u.len() as u128, v.len() as u128);
    let (mut i, mut j, mut done, mut sum) = (0, 0, 0, 0.0);
    while done < n * m {
        let ends = ((i as u128 + 1) * m, (j as u128 + 1) * n);
        let to = ends.0.min(ends.1);
        sum += (to - done) as f64 * order.cost(u[i] - v[j]);
        done = to;
        i += usize::from(ends.0 == to);
        j += usize::from(ends.1 == to);
    }
    sum / (n * m) as f64
}

#[inline(always)]
fn costs(u: &[f64], v: &[f64], order: Order) -> f64 {
    let mut sums = [0.0; LANES];
    let (u_blocks, u_rest) = u.as_chunks::<LANES>();
    let (v_blocks, v_rest) = v.as_chunks::<LANES>();
    for (u, v) in u_blocks.iter().zip(v_blocks) {
        for ((sum, u), v) in sums.iter_mut().zip(u).zip(v) {
            *sum += order.cost(u - v);
        }
    }
    let rest = u_rest.iter().zip(v_rest).fold(0.0, |sum, (u, v)| sum + order.cost(u - v));
    sums.iter().fold(rest, |sum, s| sum + s)
}

#[inline(always)]
fn sum_body(u: &[f64], v: &[f64], order: Order) -> f64 {
    match order {
        Order::One => costs(u, v, Order::One),
        Order::Two => costs(u, v, Order::Two),
    }
}

dispatch! {
    fn sum_at(u: &[f64], v: &[f64], order: Order) -> f64 = sum_body;
}

/// `integral height(F - G)` of two ascending lists of values and shares.
fn integral(u: &[(f64, f64)], v: &[(f64, f64)], height: impl Fn(f64) -> f64) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    let (mut f, mut g) = (0.0, 0.0);
    let mut at = f64::NAN;
    while i < u.len() || j < v.len() {
        let first = match (u.get(i), v.get(j)) {
            (Some(u), Some(v)) => u.0.total_cmp(&v.0) != Ordering::Greater,
            (u, _) => u.is_some(),
        };
        let (next, share) = if first { u[i] } else { v[j] };
        if i + j > 0 && next > at {
            sum += height(f - g) * (next - at);
        }
        at = next;
        if first {
            (i, f) = (i + 1, f + share);
        } else {
            (j, g) = (j + 1, g + share);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * b.abs().max(1.0)
    }

    fn weighted<'a>(values: &'a [f64], weights: &'a [f64]) -> Weighted<'a> {
        Weighted { values, weights }
    }

    #[test]
    fn worked_by_hand() {
        assert_eq!((w1(&[3.0, 0.0], &[1.0, 1.0]), w2(&[3.0, 0.0], &[1.0, 1.0])), (1.5, 2.5_f64.sqrt()));
        // 13 among 15 against 11 among 11; also scipy 1.17.1 and POT 0.9.7, whose value of order 2 is squared.
        let (mut u, mut v) = ([0.0; 15], [0.0; 11]);
        (u[4], v[3]) = (13.0, 11.0);
        assert!(near(w1(&u, &v), 0.4) && near(w2(&u, &v).powi(2), 3.2));
        assert!(near(energy_distance(&u, &v), 0.175_234_330_846_072));
    }

    #[test]
    fn masses_at_positions_and_in_bins() {
        let at = [0.0, 1.0, 2.0, 3.0];
        let (p, q) = ([0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.5, 0.0]);
        assert!(near(w1_weighted(weighted(&at, &p), weighted(&at, &q)), 0.75));
        assert!(near(energy_distance_weighted(weighted(&at, &p), weighted(&at, &q)), 0.790_569_415_042_095));
        assert!(near(w1_histograms(&[0.0, 1.0, 2.0, 3.0, 4.0], &p, &q), 0.75), "all bins equally wide");
        // F - G falls from 1/2 to -1/2 in the middle bin.
        assert!(near(w1_histograms(&[0.0, 1.0, 3.0, 4.0], &[1.0, 0.0, 1.0], &[0.0, 1.0, 0.0]), 1.0));
        assert!(near(w1_histograms(&[0.0, 1.0, 2.0, 3.0], &[3.0, 0.0, 3.0], &[0.0, 1.0, 0.0]), 0.75));
    }

    #[test]
    fn what_has_no_distance() {
        let good = [1.0, 2.0];
        for bad in [&[][..], &[f64::NAN, 1.0]] {
            assert!(
                w1(&good, bad).is_nan() && w2(bad, &good).is_nan() && energy_distance(&good, bad).is_nan()
            );
        }
        for bad in [[0.0, 0.0], [-1.0, 2.0], [f64::NAN, 1.0]] {
            let (good, bad) = (weighted(&good, &good), weighted(&good, &bad));
            assert!(w1_weighted(good, bad).is_nan() && w2_weighted(bad, good).is_nan());
            assert!(energy_distance_weighted(good, bad).is_nan());
        }
        assert!(w1_weighted(weighted(&good, &[1.0]), weighted(&good, &good)).is_nan());
        assert!(w1_histograms(&[0.0, 0.0, 1.0], &good, &good).is_nan(), "edges that do not ascend");
    }

    /// Every value as often as it takes for both samples to be as large.
    fn plain(u: &[f64], v: &[f64], power: i32) -> f64 {
        let repeat = |x: &[f64], times: usize| {
            let mut x: Vec<f64> = x.iter().flat_map(|&x| std::iter::repeat_n(x, times)).collect();
            x.sort_by(f64::total_cmp);
            x
        };
        let (a, b) = (repeat(u, v.len()), repeat(v, u.len()));
        a.iter().zip(&b).map(|(a, b)| (a - b).abs().powi(power)).sum::<f64>() / a.len() as f64
    }

    #[test]
    fn pooled_counts_give_the_same() {
        let (u, v) = ([3.0, 0.0, 0.0, 7.5, 0.0], [0.0, 0.0, 2.0, 7.5]);
        let pooled = crate::kolmogorov_smirnov::Pooled::new(&u, &v);
        let (values, counts) = (pooled.values(), pooled.counts());
        assert!((pooled_w1(values, counts) - w1(&u, &v)).abs() < 1e-15);
        assert!((pooled_energy_distance(values, counts) - energy_distance(&u, &v)).abs() < 1e-15);
        assert_eq!((pooled_w1(&[1.0], &[[2, 3]]), pooled_w1(&[1.0], &[[2, 0]]).is_nan()), (0.0, true));
    }

    proptest! {
        #[test]
        fn the_definition(
            u in proptest::collection::vec(prop_oneof![Just(0.0), -9.0..9.0], 1..70),
            v in proptest::collection::vec(prop_oneof![Just(0.0), -9.0..9.0], 1..70),
        ) {
            let ones = (vec![2.0; u.len()], vec![0.5; v.len()]);
            let (a, b) = (weighted(&u, &ones.0), weighted(&v, &ones.1));
            prop_assert!(near(w1(&u, &v), plain(&u, &v, 1)) && near(w1_weighted(a, b), plain(&u, &v, 1)));
            prop_assert!(near(w2(&u, &v).powi(2), plain(&u, &v, 2)), "{} {}", w2(&u, &v), plain(&u, &v, 2));
            prop_assert!(near(w2_weighted(a, b).powi(2), plain(&u, &v, 2)), "{} {}", w2_weighted(a, b), plain(&u, &v, 2));
            // 2 E|U - V| - E|U - U'| - E|V - V'|
            let mean = |a: &[f64], b: &[f64]| {
                a.iter().flat_map(|a| b.iter().map(move |b| (a - b).abs())).sum::<f64>() / (a.len() * b.len()) as f64
            };
            let energy = 2.0 * mean(&u, &v) - mean(&u, &u) - mean(&v, &v);
            prop_assert!(near(energy_distance(&u, &v).powi(2), energy));
            prop_assert!(near(energy_distance_weighted(a, b).powi(2), energy));
        }

        #[test]
        fn every_level_gives_the_same_bytes(u in proptest::collection::vec(-9.0..9.0, 1..99), skip in 0_usize..2) {
            let v: Vec<f64> = u.iter().rev().copied().collect();
            let at = skip.min(u.len() - 1);
            let sums = Level::available().map(|l| sum_at(l, &u[at..], &v[at..], Order::Two).to_bits());
            prop_assert!(sums.collect::<Vec<_>>().windows(2).all(|two| two[0] == two[1]));
        }
    }
}
