//! Run lengths of cumulative sums of independent standard normal values.

use std::f64::consts::{PI, TAU};

use crate::linear::solve;
use crate::special::normal_cdf;

/// How many values pass on average until `s = max(0, s + u - allowance)`, from 0 on, exceeds `limit`; `u` standard normal.
///
/// Solves `L(s) = 1 + L(0) P(u <= k - s) + integral from 0 to h of L(y) phi(y + k - s) dy` with Gauss and Legendre's nodes, to
/// about 1e-8 relative. Source: Page (1954), doi:10.1093/biomet/41.1-2.100. `allowance` and `limit` are at least 0 and finite.
pub fn average_run_length(allowance: f64, limit: f64) -> f64 {
    let nodes = legendre(24 + (3.0 * limit) as usize);
    // The state 0, then the nodes.
    let states: Vec<(f64, f64)> =
        std::iter::once((0.0, 0.0)).chain(nodes.iter().map(|(x, w)| (x * limit, w * limit))).collect();
    let n = states.len();
    let (mut a, mut b) = (vec![0.0; n * n], vec![1.0; n]);
    for (i, (row, (from, _))) in a.chunks_exact_mut(n).zip(&states).enumerate() {
        for (cell, (to, weight)) in row.iter_mut().zip(&states) {
            *cell = -weight * density(to + allowance - from);
        }
        row[0] -= normal_cdf(allowance - from);
        row[i] += 1.0;
    }
    if solve(&mut a, &mut b) { b[0] } else { f64::NAN }
}

/// The limit that values pass `run_length` times on average before it is exceeded: the inverse of [`average_run_length`].
///
/// NaN when a single value exceeds the allowance more rarely than that, so that no limit is short enough.
/// `allowance` is at least 0.1, `run_length` at most 1e12.
pub fn limit(allowance: f64, run_length: f64) -> f64 {
    let off = |h: f64| (average_run_length(allowance, h) / run_length).ln();
    let (mut last, mut h) = ((0.0, off(0.0)), 4.0);
    if last.1 > 0.0 {
        return f64::NAN;
    }
    // The logarithm of the run length is nearly a straight line: the secant gets there in a few steps.
    for _ in 0..30 {
        let now = (h, off(h));
        if now.1.abs() < 1e-9 || now.1 == last.1 {
            break;
        }
        h = (now.0 - now.1 * (now.0 - last.0) / (now.1 - last.1)).max(0.0);
        last = now;
    }
    h
}

fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / TAU.sqrt()
}

/// Nodes and weights of the `n`-point rule of Gauss and Legendre on 0-1.
fn legendre(n: usize) -> Vec<(f64, f64)> {
    let node = |i: usize| {
        // Newton's steps from a first guess that is good to 1 / n^3.
        let mut x = (PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..8 {
            let (value, derivative) = polynomial(n, x);
            slope = derivative;
            x -= value / slope;
        }
        (f64::midpoint(1.0, x), 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(node).collect()
}

/// Legendre's polynomial of degree `n` at `x`, and its derivative.
fn polynomial(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut now) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, now) = (now, ((2.0 * k - 1.0) * x * now - (k - 1.0) * before) / k);
    }
    (now, n as f64 * (x * now - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_integrates_polynomials() {
        for n in [2, 5, 40, 200] {
            let nodes = legendre(n);
            for degree in [0, 1, 3] {
                let integral: f64 = nodes.iter().map(|(x, w)| w * x.powi(degree)).sum();
                assert!((integral - 1.0 / f64::from(degree + 1)).abs() < 1e-13, "{n} {degree}: {integral}");
            }
        }
    }

    /// Brook and Evans's Markov chain of so many states: the slow twin.
    fn chain(allowance: f64, limit: f64, n: usize) -> f64 {
        let width = 2.0 * limit / (2.0 * n as f64 - 1.0);
        let (mut a, mut b) = (vec![0.0; n * n], vec![1.0; n]);
        for (i, row) in a.chunks_exact_mut(n).enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                let upper = normal_cdf((j as f64 - i as f64 + 0.5) * width + allowance);
                let lower = normal_cdf((j as f64 - i as f64 - 0.5) * width + allowance);
                *cell = if j == 0 { -upper } else { lower - upper };
            }
            row[i] += 1.0;
        }
        assert!(solve(&mut a, &mut b));
        b[0]
    }

    #[test]
    fn run_lengths_are_those_of_the_markov_chain() {
        // Its error falls with the square of the width: two sizes tell the limit.
        for (k, h) in [(0.5, 4.0), (0.5, 5.0), (0.25, 8.0), (1.0, 2.5)] {
            let expected = (4.0 * chain(k, h, 160) - chain(k, h, 80)) / 3.0;
            let got = average_run_length(k, h);
            assert!((got / expected - 1.0).abs() < 1e-3, "{k} {h}: {got} {expected}");
        }
    }

    #[test]
    fn textbook_run_lengths() {
        // Montgomery, Introduction to Statistical Quality Control: two-sided 168 at h = 4 and 465 at h = 5, k = 1/2.
        assert!((average_run_length(0.5, 4.0) / 2.0 - 168.0).abs() < 0.5);
        assert!((average_run_length(0.5, 5.0) / 2.0 - 465.0).abs() < 0.7);
    }

    #[test]
    fn limits_are_the_inverse() {
        for (k, length) in [(0.5, 930.0), (0.5, 2e9), (0.1, 1000.0), (2.0, 50.0), (0.25, 4.0)] {
            let h = limit(k, length);
            assert!((average_run_length(k, h) / length - 1.0).abs() < 1e-6, "{k} {length}: {h}");
        }
        // Two deviations are exceeded once in 44 values.
        assert!(limit(2.0, 40.0).is_nan());
    }
}
