//! The two parameters of a beta transform, learned from where past observations fell in the pool.

use std::collections::BTreeMap;

use forewarn_core::{EnsembleArgs, Member, Result};
use forewarn_kernels::{pit, special};

use crate::errors;
use crate::members;
use crate::weights::Weights;

/// Probabilities are kept to 1 of as many, rounded outwards.
const LEVELS: usize = 512;
/// Neither parameter is learned to be beyond this or its inverse.
const BOUND: f64 = 8.0;
/// Rounds of the search, each on a grid 0.6 times as wide.
const ROUNDS: usize = 24;

/// Distribution function of a beta variate; the identity for `a = b = 1`, exactly.
pub(crate) fn distribution(a: f64, b: f64, x: f64) -> f64 {
    if a == 1.0 && b == 1.0 { x } else { special::beta(a, b, x) }
}

/// Where observations fell in the linear pool: how many in each interval of probabilities, by its ends in levels.
///
/// A count that ties with draws may have any probability between `P(X < y)` and `P(X <= y)`; nothing is drawn at random.
/// One that ties with none lies between two draws. So its interval is that of its rank among the draws and itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Transforms {
    intervals: BTreeMap<(usize, usize), f64>,
    /// Targets of which there is any.
    pub(crate) targets: std::collections::BTreeSet<forewarn_core::Period>,
}

/// Reads the past of each group of steps. Units in which no transform would change the pool are left out: all members say
/// the same one value.
///
/// # Errors
/// [`forewarn_core::Error::Data`] when a past target is not of these members, or they differ in units, origin or step.
pub(crate) fn read(
    args: &EnsembleArgs<'_>,
    groups: &[[u16; 2]],
    weights: &Weights,
) -> Result<Vec<Transforms>> {
    let mut all = vec![Transforms::default(); groups.len()];
    errors::visit(args, groups, &mut |group, members, truth| {
        let (members, weights) = weights.pair(members)?;
        let total = members::total(&members) as f64;
        for (i, &y) in truth.iter().enumerate().filter(|&(i, &y)| errors::tells(&members, y, i)) {
            let Some((below, at_most)) = pooled(&members, &weights, i, y) else { continue };
            let lower = (below * total / (total + 1.0) * LEVELS as f64 + 1e-9) as usize;
            let upper = ((at_most * total + 1.0) / (total + 1.0) * LEVELS as f64 - 1e-9).ceil() as usize;
            all[group].add(lower, upper.clamp(lower + 1, LEVELS));
            all[group].targets.insert(members[0].field.target());
        }
        Ok(())
    })?;
    Ok(all)
}

/// `P(X < y)` and `P(X <= y)` in the linear pool.
fn pooled(members: &[Member<'_>], weights: &[f64], index: usize, y: f32) -> Option<(f64, f64)> {
    let (mut below, mut at_most) = (0.0, 0.0);
    for (m, w) in members.iter().zip(weights) {
        let row = members::row(m.field, index);
        let (less, ties) = pit::rank(row, y)?;
        below += w * less as f64 / row.len() as f64;
        at_most += w * (less + ties) as f64 / row.len() as f64;
    }
    Some((below, at_most))
}

impl Transforms {
    fn add(&mut self, lower: usize, upper: usize) {
        *self.intervals.entry((lower, upper)).or_default() += 1.0;
    }

    /// Logarithm of the probability of all intervals under a beta distribution.
    fn likelihood(&self, a: f64, b: f64) -> f64 {
        let at: Vec<f64> = (0..=LEVELS).map(|k| distribution(a, b, k as f64 / LEVELS as f64)).collect();
        let term = |(&(lower, upper), n): (&(usize, usize), &f64)| {
            n * (at[upper] - at[lower]).max(f64::MIN_POSITIVE).ln()
        };
        self.intervals.iter().map(term).sum()
    }

    /// The most likely parameters, between 1/8 and 8; 1 and 1 without a past.
    ///
    /// A grid of their logarithms is searched, then a narrower one around the best, and so on: the likelihood of intervals
    /// may be flat, and this always ends, in the same place.
    pub(crate) fn most_likely(&self) -> (f64, f64) {
        if self.intervals.is_empty() {
            return (1.0, 1.0);
        }
        let (mut best, mut centre) = (self.likelihood(1.0, 1.0), (0.0, 0.0));
        let mut half = BOUND.ln();
        for _ in 0..ROUNDS {
            let from = centre;
            for (i, j) in (-2..=2).flat_map(|i| (-2..=2).map(move |j| (i, j))) {
                let near = |at: f64, k: i32| (at + f64::from(k) * half / 2.0).clamp(-BOUND.ln(), BOUND.ln());
                let (a, b) = (near(from.0, i), near(from.1, j));
                let value = self.likelihood(a.exp(), b.exp());
                if value > best {
                    (best, centre) = (value, (a, b));
                }
            }
            half *= 0.6;
        }
        (centre.0.exp(), centre.1.exp())
    }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;

    use super::*;

    /// Intervals of `n` observations whose probabilities have the distribution function `x^k`, each kept with a width.
    fn powers(n: u64, k: f64, width: usize) -> Transforms {
        let mut transforms = Transforms::default();
        for i in 0..n {
            let z = Stream::new(1, &[i]).uniform(0).powf(1.0 / k);
            let lower = ((z * LEVELS as f64) as usize / width * width).min(LEVELS - width);
            transforms.add(lower, lower + width);
        }
        transforms
    }

    #[test]
    fn parameters_are_found_again() {
        // x^k is the beta distribution (k, 1).
        for (k, width) in [(1.0, 1), (2.0, 1), (0.5, 1), (2.0, 64)] {
            let (a, b) = powers(20_000, k, width).most_likely();
            assert!((a / k - 1.0).abs() < 0.05 && (b - 1.0).abs() < 0.05, "{k} {width}: {a} {b}");
        }
    }

    #[test]
    fn no_other_parameters_nearby_are_more_likely() {
        let transforms = powers(300, 1.7, 8);
        let (a, b) = transforms.most_likely();
        let best = transforms.likelihood(a, b);
        for (x, y) in [(1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99), (1.01, 1.01), (0.99, 0.99)] {
            assert!(transforms.likelihood(a * x, b * y) <= best + 1e-9);
        }
    }

    #[test]
    fn what_says_nothing_changes_nothing() {
        assert_eq!(Transforms::default().most_likely(), (1.0, 1.0));
        let mut all = Transforms::default();
        (0..100).for_each(|_| all.add(0, LEVELS));
        assert_eq!(all.most_likely(), (1.0, 1.0));
        // All observations at one end: the bounds hold.
        let mut low = Transforms::default();
        low.add(0, 1);
        let (a, b) = low.most_likely();
        assert!((0.124..=8.001).contains(&a) && (0.124..=8.001).contains(&b), "{a} {b}");
    }
}
