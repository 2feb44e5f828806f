//! Distributions fitted by moments: to a window of counts, or to its positive part.
//!
//! Moments divide by the number of values, as `views_baseline` 1.0.2 does, so that its numbers can be compared.

use std::f64::consts::PI;

use forewarn_kernels::sampling::{self, Counts};

/// Euler's constant, the mean of the standard Gumbel distribution.
const EULER: f64 = 0.577_215_664_901_532_9;

/// A fitted distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Family {
    /// One value.
    Point(f64),
    /// Poisson of this mean.
    Poisson(f64),
    /// Zero with probability `pi`, else failures before the `n`-th success of probability `p`.
    NegativeBinomial { pi: f64, n: f64, p: f64 },
    /// Mean and standard deviation of the logarithm.
    Lognormal { mu: f64, sigma: f64 },
    /// Location and scale of the limit of maxima.
    Gumbel { loc: f64, scale: f64 },
    /// Shape and scale.
    Gamma { k: f64, theta: f64 },
}

/// Mean and variance.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (mean, values.map(|v| (v - mean).powi(2)).sum::<f64>() / n)
}

/// `n = m^2 / (v - m)`, `p = m / v`; Poisson where the variance is not above the mean.
pub(crate) fn negative_binomial(values: &[f64]) -> Family {
    let (mean, variance) = moments(values.iter().copied());
    if mean == 0.0 {
        return Family::Point(0.0);
    }
    if variance <= mean {
        return Family::Poisson(mean);
    }
    Family::NegativeBinomial { pi: 0.0, n: mean * mean / (variance - mean), p: mean / variance }
}

/// The `n` of the negative binomial, and the `pi` and `p` that match mean and share of zeros; without a surplus of zeros
/// the negative binomial itself.
pub(crate) fn zero_inflated(values: &[f64]) -> Family {
    let plain = negative_binomial(values);
    let Family::NegativeBinomial { n, .. } = plain else { return plain };
    let mean = moments(values.iter().copied()).0;
    let zeros = values.iter().filter(|&&v| v == 0.0).count() as f64 / values.len() as f64;
    let rate = |inner: f64| {
        let pi = 1.0 - mean / inner;
        pi + (1.0 - pi) * (n / (n + inner)).powf(n)
    };
    if zeros <= rate(mean) + 1e-12 {
        return plain;
    }
    // The share of zeros rises with the mean of the inner distribution, from that of the plain one to 1.
    let (mut low, mut high) = (mean, 2.0 * mean);
    while rate(high) < zeros && high < 1e300 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if rate(middle) < zeros {
            low = middle;
        } else {
            high = middle;
        }
    }
    let inner = f64::midpoint(low, high);
    Family::NegativeBinomial { pi: 1.0 - mean / inner, n, p: n / (n + inner) }
}

/// Moments of the logarithms of the positive values; one value where they agree.
pub(crate) fn lognormal(values: &[f64]) -> Family {
    let positive = values.iter().copied().filter(|&v| v > 0.0);
    let Some(first) = positive.clone().next() else { return Family::Point(0.0) };
    if positive.clone().all(|v| v == first) {
        return Family::Point(first);
    }
    let (mu, variance) = moments(positive.map(f64::ln));
    Family::Lognormal { mu, sigma: variance.sqrt() }
}

/// `scale = sd sqrt(6) / pi`, `loc = m - 0.5772 scale`, of all values given.
pub(crate) fn gumbel(values: &[f64]) -> Family {
    let (mean, variance) = moments(values.iter().copied());
    if variance == 0.0 {
        return Family::Point(mean);
    }
    let scale = variance.sqrt() * 6.0_f64.sqrt() / PI;
    Family::Gumbel { loc: mean - EULER * scale, scale }
}

/// `k = m^2 / v`, `theta = v / m` of the positive values.
pub(crate) fn gamma(values: &[f64]) -> Family {
    let positive = values.iter().copied().filter(|&v| v > 0.0);
    let Some(first) = positive.clone().next() else { return Family::Point(0.0) };
    let (mean, variance) = moments(positive);
    if variance == 0.0 {
        return Family::Point(first);
    }
    Family::Gamma { k: mean * mean / variance, theta: variance / mean }
}

impl Family {
    /// Its quantile function; made once for many draws.
    pub(crate) fn quantile(self) -> impl Fn(f64) -> f64 {
        let counts = match self {
            Self::Poisson(mean) => Some(Counts::poisson(mean)),
            Self::NegativeBinomial { n, p, .. } => Some(Counts::negative_binomial(n, p)),
            _ => None,
        };
        move |u| match (&counts, self) {
            (_, Self::Point(value)) => value,
            (_, Self::Lognormal { mu, sigma }) => sampling::lognormal(u, mu, sigma),
            (_, Self::Gumbel { loc, scale }) => sampling::gumbel(u, loc, scale),
            (_, Self::Gamma { k, theta }) => sampling::gamma(u, k, theta),
            (Some(_), Self::NegativeBinomial { pi, .. }) if u <= pi => 0.0,
            (Some(counts), Self::NegativeBinomial { pi, .. }) => counts.quantile((u - pi) / (1.0 - pi)),
            (Some(counts), _) => counts.quantile(u),
            (None, _) => f64::NAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVERDISPERSED: [f64; 12] = [0.0, 0.0, 0.0, 12.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 40.0];
    const MIXED: [f64; 36] = [
        1.0, 5.0, 0.0, 0.0, 2.0, 16.0, 4.0, 4.0, 2.0, 0.0, 6.0, 3.0, 46.0, 2.0, 0.0, 9.0, 0.0, 6.0, 6.0, 1.0,
        43.0, 0.0, 2.0, 0.0, 0.0, 0.0, 9.0, 4.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 6.0,
    ];

    fn numbers(family: Family) -> Vec<f64> {
        match family {
            Family::Point(v) | Family::Poisson(v) => vec![v],
            Family::NegativeBinomial { pi, n, p } => vec![pi, n, p],
            Family::Lognormal { mu: a, sigma: b }
            | Family::Gumbel { loc: a, scale: b }
            | Family::Gamma { k: a, theta: b } => vec![a, b],
        }
    }

    fn near(family: Family, expected: &[f64]) {
        let ours = numbers(family);
        let same = ours.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-9 * b.abs().max(1e-300));
        assert!(ours.len() == expected.len() && same, "{family:?}, expected {expected:?}");
    }

    /// `fit_nb`, `fit_zinb`, `fit_lognormal`, `fit_gumbel` and `fit_gamma` of `views_baseline` 1.0.2.
    #[test]
    fn moments_are_those_of_the_reference() {
        near(negative_binomial(&OVERDISPERSED), &[0.0, 0.174_341_536_510_863_93, 0.036_644_272_944_311_815]);
        near(negative_binomial(&MIXED), &[0.0, 0.253_521_126_760_563_4, 0.048_257_372_654_155_49]);
        let inflated = [0.500_561_823_855_187_5, 0.174_341_536_510_863_93, 0.018_643_521_822_480_472];
        near(zero_inflated(&OVERDISPERSED), &inflated);
        assert_eq!(zero_inflated(&MIXED), negative_binomial(&MIXED));
        near(lognormal(&OVERDISPERSED), &[2.424_132_797_523_349, 1.058_344_963_590_480_5]);
        near(lognormal(&MIXED), &[1.372_323_446_639_511_3, 1.086_654_397_913_957_8]);
        near(gumbel(&OVERDISPERSED), &[-0.449_951_738_168_779_87, 8.719_938_452_052_823]);
        near(gumbel(&MIXED), &[0.418_928_957_441_989_9, 7.936_498_125_600_063]);
        near(gamma(&OVERDISPERSED), &[1.354_073_410_922_112_4, 13.539_393_939_393_943]);
        near(gamma(&MIXED), &[0.437_305_979_214_468_8, 17.896_135_265_700_487]);
    }

    #[test]
    fn what_has_no_spread_falls_back_as_the_reference_does() {
        for fit in [negative_binomial, zero_inflated, lognormal, gumbel, gamma] {
            assert_eq!(fit(&[0.0; 12]), Family::Point(0.0));
        }
        assert_eq!(
            (negative_binomial(&[5.0; 6]), gamma(&[5.0; 6])),
            (Family::Poisson(5.0), Family::Point(5.0))
        );
        let even = [1.0, 0.0, 2.0, 1.0, 1.0, 0.0, 2.0, 1.0, 1.0, 1.0];
        assert_eq!(zero_inflated(&even), Family::Poisson(1.0));
    }

    /// Quantiles at the midpoints of 200,000 equal strata: no sampling error.
    #[test]
    fn variates_have_the_mean_and_the_zeros_of_the_window() {
        for (family, mean, zeros) in [
            (negative_binomial(&OVERDISPERSED), 55.0 / 12.0, 0.561_835_5),
            (zero_inflated(&OVERDISPERSED), 55.0 / 12.0, 0.75),
            (lognormal(&OVERDISPERSED), (2.424_132_797_523_349_f64 + 1.120_094_062 / 2.0).exp(), 0.0),
            (gumbel(&OVERDISPERSED), 55.0 / 12.0, 0.0),
            (gamma(&OVERDISPERSED), 55.0 / 3.0, 0.0),
        ] {
            let quantile = family.quantile();
            let values: Vec<f64> = (0..200_000).map(|i| quantile((f64::from(i) + 0.5) / 2e5)).collect();
            let (ours, _) = moments(values.iter().copied());
            let none = values.iter().filter(|&&v| v == 0.0).count() as f64 / 2e5;
            assert!((ours / mean - 1.0).abs() < 2e-3, "{family:?}: mean {ours}, expected {mean}");
            assert!((none - zeros).abs() < 1e-3, "{family:?}: zeros {none}, expected {zeros}");
        }
    }
}
