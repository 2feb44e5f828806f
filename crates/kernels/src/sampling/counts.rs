//! Distributions of counts, as tables of their distribution function.

use super::{gamma, normal};
use crate::special::beta;

/// What is left out of a table, as a share of all: less than the distance between two uniform variates.
const LEFT_OUT: f64 = 1.0 / (1_u64 << 58) as f64;
/// From this mean on a Poisson quantile is taken from its expansion around the normal one.
const LARGE_MEAN: f64 = 1e8;
/// From this ratio of variance to mean on a negative binomial quantile is searched, not looked up.
const LARGE_RATIO: f64 = 2e4;

/// A distribution on 0, 1, 2, ..., made once and asked many times.
///
/// The probabilities are built outwards from the most probable count by their ratios and then divided by their sum, so
/// that none is ever the difference of two large logarithms. The table is as long as the distribution is wide: about
/// `20 sqrt(mean)` numbers for Poisson, `40 variance / mean` for a skewed negative binomial.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// The distribution function at `first`, `first + 1`, ...
    Table {
        first: f64,
        cumulative: Vec<f64>,
    },
    LargePoisson {
        mean: f64,
    },
    WideNegativeBinomial {
        size: f64,
        probability: f64,
    },
    Invalid,
}

impl Counts {
    /// Poisson of `mean >= 0`. From a mean of 1e8 on the Cornish-Fisher expansion, which is off by at most a
    /// thousandth of a count before it is rounded up to the next one.
    pub fn poisson(mean: f64) -> Self {
        if !(mean >= 0.0 && mean.is_finite()) {
            return Self(Kind::Invalid);
        }
        if mean >= LARGE_MEAN {
            return Self(Kind::LargePoisson { mean });
        }
        Self(table(mean.floor(), 0.0, |k| mean / (k + 1.0)))
    }

    /// Negative binomial of `size > 0` and `probability` of success above 0 and at most 1. From `1 / probability = 2e4` on
    /// the distribution function is the incomplete beta function, right to 1e-9, and the quantile a search.
    pub fn negative_binomial(size: f64, probability: f64) -> Self {
        let valid = size > 0.0 && size.is_finite() && probability > 0.0 && probability <= 1.0;
        if !valid {
            return Self(Kind::Invalid);
        }
        let failure = 1.0 - probability;
        if 1.0 / probability >= LARGE_RATIO {
            return Self(Kind::WideNegativeBinomial { size, probability });
        }
        let mode = ((size - 1.0).max(0.0) * failure / probability).floor();
        if mode >= LARGE_MEAN * LARGE_MEAN {
            return Self(Kind::Invalid);
        }
        Self(table(mode, failure, |k| failure * (size + k) / (k + 1.0)))
    }

    /// The least count that is not exceeded with probability `u`.
    pub fn quantile(&self, u: f64) -> f64 {
        if !(0.0..=1.0).contains(&u) {
            return f64::NAN;
        }
        match &self.0 {
            Kind::Invalid => f64::NAN,
            _ if u == 0.0 => 0.0,
            Kind::Table { first, cumulative } if u < 1.0 || cumulative.len() == 1 => {
                let at = cumulative.partition_point(|&c| c < u);
                first + at.min(cumulative.len() - 1) as f64
            }
            _ if u == 1.0 => f64::INFINITY,
            Kind::Table { .. } => f64::NAN,
            Kind::LargePoisson { mean } => large_poisson(u, *mean),
            Kind::WideNegativeBinomial { size, probability } => search(u, *size, *probability),
        }
    }
}

/// The table of the distribution whose probability at `k + 1` is `ratio(k)` times that at `k`, the largest at `mode`, the
/// ratios never above `ratio(k)` or `limit` beyond `k`.
fn table(mode: f64, limit: f64, ratio: impl Fn(f64) -> f64) -> Kind {
    let (mut below, mut total) = (Vec::new(), 1.0);
    let (mut k, mut weight) = (mode, 1.0);
    while k > 0.0 {
        let fall = 1.0 / ratio(k - 1.0);
        if fall < 1.0 && weight * fall / (1.0 - fall) < LEFT_OUT * total {
            break;
        }
        weight *= fall;
        total += weight;
        below.push(weight);
        k -= 1.0;
    }
    let first = k;
    let mut weights = below;
    weights.reverse();
    weights.push(1.0);
    (k, weight) = (mode, 1.0);
    loop {
        let fall = ratio(k);
        let worst = fall.max(limit);
        if worst < 1.0 && weight * worst / (1.0 - worst) < LEFT_OUT * total {
            break;
        }
        weight *= fall;
        total += weight;
        weights.push(weight);
        k += 1.0;
    }
    Kind::Table { first, cumulative: normalised(weights) }
}

/// Running sums, as shares of the last.
fn normalised(mut weights: Vec<f64>) -> Vec<f64> {
    let mut sum = 0.0;
    for w in &mut weights {
        sum += *w;
        *w = sum;
    }
    for w in &mut weights {
        *w /= sum;
    }
    weights
}

/// Cornish and Fisher (1938), doi:10.2307/1400905, to the next whole number.
fn large_poisson(u: f64, mean: f64) -> f64 {
    let z = normal(u);
    let continuous = mean + z * mean.sqrt() + (z * z - 1.0) / 6.0;
    (continuous - 0.5).ceil().max(0.0)
}

/// The least `k` whose distribution function `I_p(size, k + 1)` reaches `u`, by doubling and halving around a guess.
fn search(u: f64, size: f64, probability: f64) -> f64 {
    let reaches = |k: f64| beta(size, k + 1.0, probability) >= u;
    let guess = gamma(u, size, (1.0 - probability) / probability).floor().max(0.0);
    let mut width = 1.0;
    let (mut low, mut high) = (guess, guess);
    while !reaches(high) {
        (low, high) = (high, high + width);
        width *= 2.0;
    }
    while low > 0.0 && reaches(low) {
        (low, high) = ((low - width).max(0.0), low);
        width *= 2.0;
    }
    if reaches(low) {
        return low;
    }
    while high - low > 1.0 {
        let middle = f64::midpoint(low, high).floor();
        if middle <= low || middle >= high {
            break;
        }
        if reaches(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}
