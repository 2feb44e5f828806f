//! Whether one forecast is better than another, from the differences of their losses over periods in order; and how small
//! a difference there would have had to be for that to show.

use std::fmt;

use crate::special::{chi_square_survival, student_quantile, student_tails};

/// Level of the tests that [`Comparison::detectable`] is about.
pub const LEVEL: f64 = 0.05;
/// Their power.
pub const POWER: f64 = 0.8;
/// Non-centrality at which a chi-square test with 2 degrees of freedom has that level and power.
const NON_CENTRALITY: f64 = 9.634_689_2;

/// A test that two forecasts have the same expected loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Mean difference of the losses, in their unit: negative where the first forecast is better.
    pub mean: f64,
    /// The test statistic.
    pub statistic: f64,
    /// Probability of a statistic at least as extreme if the forecasts are equally good.
    pub p_value: f64,
    /// Differences that it rests on.
    pub n: usize,
    /// Smallest absolute mean difference that the test detects at [`LEVEL`] with [`POWER`], if the variance is what it was
    /// found to be. An insignificant test of a small one says that the forecasts are alike, of a great one nothing.
    pub detectable: f64,
}

/// Why a test cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CannotTell {
    /// A difference is missing or infinite.
    Missing,
    /// There are too few differences for the horizon, or the horizon is 0.
    TooFew,
    /// The estimated variance is not above 0: the differences are constant, or their autocovariances add up to less
    /// than nothing.
    NoVariance,
}

impl fmt::Display for CannotTell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "a difference is missing",
            Self::TooFew => "too few differences for the horizon",
            Self::NoVariance => "the variance of the differences is not above 0",
        })
    }
}

impl std::error::Error for CannotTell {}

/// Test of Diebold and Mariano (1995, doi:10.1080/07350015.1995.10524599) on loss differences `d` of forecasts `horizon`
/// steps ahead, with the correction for small samples of Harvey, Leybourne and Newbold (1997,
/// doi:10.1016/S0169-2070(96)00719-4):
///
/// `mean / sqrt(V) sqrt((n + 1 - 2h + h(h-1)/n) / n)` against t with `n - 1` degrees of freedom, two-sided, where
/// `V = (g_0 + 2 sum_(0<k<h) g_k) / n` and the autocovariances `g_k` are sums over `n`. What is detectable is
/// `(t_(1-LEVEL/2) + t_POWER)` standard errors.
pub fn diebold_mariano(d: &[f64], horizon: usize) -> Result<Comparison, CannotTell> {
    let (n, h) = (d.len() as f64, horizon as f64);
    check(d, horizon, horizon + 1)?;
    let mean = d.iter().sum::<f64>() / n;
    let centred: Vec<f64> = d.iter().map(|x| x - mean).collect();
    let beyond: f64 = (1..horizon).map(|k| products(&centred, k) / n).sum();
    let variance = (products(&centred, 0) / n + 2.0 * beyond) / n;
    let correction = (n + 1.0 - 2.0 * h + h * (h - 1.0) / n) / n;
    if !(variance > rounding(d) / n && correction > 0.0) {
        return Err(CannotTell::NoVariance);
    }
    let error = (variance / correction).sqrt();
    let statistic = mean / error;
    let df = n - 1.0;
    let errors = student_quantile(1.0 - LEVEL / 2.0, df) + student_quantile(POWER, df);
    Ok(Comparison {
        mean,
        statistic,
        p_value: student_tails(statistic, df),
        n: d.len(),
        detectable: errors * error,
    })
}

/// Conditional test of Giacomini and White (2006, doi:10.1111/j.1468-0262.2006.00718.x): neither the mean of the loss
/// differences `d` of forecasts `horizon` steps ahead, nor the difference known when the forecast was made, `d_(t-h)`,
/// tells which forecast is going to be better.
///
/// With `z_t = (1, d_(t-h)) d_t`, the statistic is `m mean(z)' W^-1 mean(z)` against chi-square with 2 degrees of freedom;
/// `m = n - h`, and `W` is the mean of `z z'` with, for `h > 1`, the weights `1 - k / h` of Newey and West (1987,
/// doi:10.2307/1913610) on its first `h - 1` lags. The mean and the detectable difference are those of the `m` differences;
/// the latter is detected whatever the lagged difference tells.
pub fn giacomini_white(d: &[f64], horizon: usize) -> Result<Comparison, CannotTell> {
    check(d, horizon, horizon + 3)?;
    let z: Vec<[f64; 2]> = d[horizon..].iter().zip(d).map(|(now, then)| [*now, now * then]).collect();
    let m = z.len() as f64;
    let mean = [0, 1].map(|i| z.iter().map(|z| z[i]).sum::<f64>() / m);
    let mut w = [[0.0; 2]; 2];
    for k in 0..horizon {
        let weight = if k == 0 { 0.5 } else { 1.0 - k as f64 / horizon as f64 };
        for (a, b) in z[k..].iter().zip(&z) {
            for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                w[i][j] += weight * (a[i] * b[j] + a[j] * b[i]) / m;
            }
        }
    }
    let determinant = w[0][0] * w[1][1] - w[0][1] * w[1][0];
    if !(w[0][0] > 0.0 && determinant > 1e-12 * w[0][0] * w[1][1]) {
        return Err(CannotTell::NoVariance);
    }
    let [x, y] = mean;
    let form = (w[1][1] * x * x - 2.0 * w[0][1] * x * y + w[0][0] * y * y) / determinant;
    Ok(Comparison {
        mean: x,
        statistic: m * form,
        p_value: chi_square_survival(m * form, 2.0),
        n: z.len(),
        detectable: (NON_CENTRALITY * w[0][0] / m).sqrt(),
    })
}

/// How many independent pairs `n` pairs of two series are worth, whose values depend on the ones before:
/// `n (1 - r s) / (1 + r s)`, rounded down, between 0 and `n`, with `r` and `s` the correlations of each series with
/// itself one step later. Bretherton et al. (1999), doi:10.1175/1520-0442(1999)012<1990:TENOSD>2.0.CO;2.
///
/// NaN for series of different lengths, of less than 3 values, constant or with missing values.
pub fn effective_sample_size(a: &[f64], b: &[f64]) -> f64 {
    if a.len() != b.len() || a.len() < 3 {
        return f64::NAN;
    }
    let n = a.len() as f64;
    let both = lag_correlation(a) * lag_correlation(b);
    let size = (n * (1.0 - both) / (1.0 + both)).floor();
    if size.is_nan() { size } else { size.clamp(0.0, n) }
}

fn check(d: &[f64], horizon: usize, least: usize) -> Result<(), CannotTell> {
    if !d.iter().all(|x| x.is_finite()) {
        return Err(CannotTell::Missing);
    }
    if horizon == 0 || d.len() < least { Err(CannotTell::TooFew) } else { Ok(()) }
}

/// Sum of the products of a series and itself `lag` steps later.
fn products(x: &[f64], lag: usize) -> f64 {
    x[lag..].iter().zip(x).map(|(a, b)| a * b).sum()
}

/// The variance that rounding gives constant differences.
fn rounding(d: &[f64]) -> f64 {
    let greatest = d.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    (greatest * f64::EPSILON * d.len() as f64).powi(2)
}

/// Correlation of a series with itself one step later.
fn lag_correlation(x: &[f64]) -> f64 {
    let centred = |x: &[f64]| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        x.iter().map(|x| x - mean).collect::<Vec<f64>>()
    };
    let (a, b) = (centred(&x[1..]), centred(&x[..x.len() - 1]));
    let (variance, earlier) = (products(&a, 0), products(&b, 0));
    if variance.min(earlier) <= rounding(x) {
        return f64::NAN;
    }
    let product: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
    product / (variance * earlier).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Stream;
    use crate::special::{chi_square_quantile, ln_gamma, normal_quantile};

    const D: [f64; 24] = [
        0.2421, 0.8631, 0.7851, 0.344, 1.0259, 1.3258, 0.6612, 0.2897, 1.0605, -0.127, 1.4925, 1.5942,
        -0.3194, 0.8371, 0.0365, 0.3965, -0.9162, -0.1462, 0.5324, 0.4329, -1.2165, -0.4023, 0.4324, 0.188,
    ];

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-10 * b.abs().max(1.0)
    }

    #[test]
    fn the_reference_at_two_horizons() {
        // A direct definition, with scipy 1.17.1 for the p values.
        let one = diebold_mariano(&D, 1).unwrap();
        assert!(
            near(one.statistic, 2.747_720_877_551_608) && near(one.p_value, 0.011_463_652_090_812_064),
            "{one:?}"
        );
        let three = diebold_mariano(&D, 3).unwrap();
        assert!(near(three.statistic, 2.113_507_261_037_215_6), "{three:?}");
        assert!(near(three.p_value, 0.045_614_519_768_023_186) && three.n == 24, "{three:?}");
    }

    #[test]
    fn worked_by_hand() {
        // g_0 = 2/3, V = 2/9, correction (4 - 2) / 3: standard error sqrt(1/3).
        let got = diebold_mariano(&[1.0, 2.0, 3.0], 1).unwrap();
        assert!(near(got.statistic, 2.0 * 3.0_f64.sqrt()) && near(got.mean, 2.0));
        // With 2 degrees of freedom t_p = (2p - 1) sqrt(2 / (4p (1 - p))).
        let t = |p: f64| (2.0 * p - 1.0) * (2.0 / (4.0 * p * (1.0 - p))).sqrt();
        assert!(near(got.detectable, (t(0.975) + t(0.8)) / 3.0_f64.sqrt()), "{got:?}");
        // z = (1, 1), (2, 2), (-1, -2), (1, -1): means 3/4 and 0, W = [[7, 6], [6, 10]] / 4.
        let got = giacomini_white(&[1.0, 1.0, 2.0, -1.0, 1.0], 1).unwrap();
        assert!(near(got.statistic, 4.0 * 0.5625 * 2.5 / (17.5 / 4.0 - 2.25)), "{got:?}");
        assert!(near(got.p_value, (-got.statistic / 2.0).exp()) && got.n == 4 && near(got.mean, 0.75));
    }

    #[test]
    fn it_says_when_it_cannot_tell() {
        for horizon in [1, 3] {
            for constant in [0.0, 1.0, 0.1, -1e-9] {
                assert_eq!(
                    diebold_mariano(&[constant; 24], horizon),
                    Err(CannotTell::NoVariance),
                    "{constant}"
                );
                assert_eq!(
                    giacomini_white(&[constant; 24], horizon),
                    Err(CannotTell::NoVariance),
                    "{constant}"
                );
            }
            for test in [diebold_mariano, giacomini_white] {
                assert_eq!(test(&D, 0), Err(CannotTell::TooFew));
                assert_eq!(test(&D[..horizon], horizon), Err(CannotTell::TooFew));
                assert_eq!(
                    test(&[1.0, f64::NAN, 2.0, 3.0, 4.0, 5.0, 6.0], horizon),
                    Err(CannotTell::Missing)
                );
            }
        }
        // Alternating differences: the autocovariance outweighs the variance.
        let alternating: Vec<f64> = (0..24).map(|i| f64::from(i % 2)).collect();
        assert_eq!(diebold_mariano(&alternating, 2), Err(CannotTell::NoVariance));
    }

    #[test]
    fn the_power_is_what_it_is_said_to_be() {
        // Share of significant tests where the true difference is what is detectable.
        let (runs, n) = (2000, 40);
        let share = |difference: f64, test: fn(&[f64], usize) -> Result<Comparison, CannotTell>| {
            let significant = (0..runs).filter(|&run| {
                let stream = Stream::new(9, &[run]);
                let d: Vec<f64> = (0..n).map(|i| difference + normal_quantile(stream.uniform(i))).collect();
                test(&d, 1).is_ok_and(|c| c.p_value < LEVEL)
            });
            significant.count() as f64 / runs as f64
        };
        let t = student_quantile(1.0 - LEVEL / 2.0, 39.0) + student_quantile(POWER, 39.0);
        let (size, power) = (share(0.0, diebold_mariano), share(t / 40.0_f64.sqrt(), diebold_mariano));
        // Six standard errors.
        assert!((size - LEVEL).abs() < 0.03 && (power - POWER).abs() < 0.055, "{size} {power}");
        let size = share(0.0, giacomini_white);
        assert!((size - LEVEL).abs() < 0.04, "{size}");
    }

    #[test]
    fn the_non_centrality_has_level_and_power() {
        // A Poisson mixture of chi-square variates.
        let (half, critical) = (NON_CENTRALITY / 2.0, chi_square_quantile(1.0 - LEVEL, 2.0));
        let weight = |j: f64| (j * half.ln() - half - ln_gamma(j + 1.0)).exp();
        let power: f64 =
            (0..80).map(f64::from).map(|j| weight(j) * chi_square_survival(critical, 2.0 + 2.0 * j)).sum();
        assert!((power - POWER).abs() < 1e-7, "{power}");
    }

    #[test]
    fn pairs_of_series_that_remember() {
        // xskillscore 0.0.29 has 11 of these 12.
        let y = [
            0.777_443, 6.938_003, 7.165_594, 14.047_39, 5.448_53, 2.251_696, 7.674_163, 3.054_71, 5.477_966,
            3.413_837, 6.582_957, 4.814_328,
        ];
        let f = [
            4.407_386, 3.013_261, 4.900_681, 15.218_297, 7.653_631, 4.576_465, 9.594_137, 2.679_117,
            12.915_967, 4.920_887, 1.211_307, 5.873_109,
        ];
        assert_eq!(effective_sample_size(&y, &f), 11.0);
        // Both rise and rise: correlations of 1.
        assert_eq!(effective_sample_size(&[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0, 6.0, 8.0]), 0.0);
        // Against each other, they are worth more, but not more than there are.
        assert_eq!(effective_sample_size(&[1.0, -1.0, 1.0, -1.0], &[1.0, 2.0, 3.0, 4.5]), 4.0);
        assert!(
            effective_sample_size(&y, &f[1..]).is_nan() && effective_sample_size(&[0.1; 7], &y[..7]).is_nan()
        );
        assert!(effective_sample_size(&[1.0, f64::NAN, 2.0, 3.0], &[1.0, 0.0, 2.0, 3.0]).is_nan());
    }

    proptest! {
        #[test]
        fn scale_changes_nothing_but_the_unit(d in proptest::collection::vec(-9.0..9.0, 8..70), h in 1_usize..4) {
            let scaled: Vec<f64> = d.iter().map(|x| x * -1024.0).collect();
            for (test, sign) in [(diebold_mariano as fn(&[f64], usize) -> _, -1.0), (giacomini_white, 1.0)] {
                match (test(&d, h), test(&scaled, h)) {
                    (Ok(a), Ok(b)) => {
                        prop_assert!(near(a.statistic * sign, b.statistic) && near(a.p_value, b.p_value));
                        prop_assert!(near(a.detectable * 1024.0, b.detectable) && near(a.mean * -1024.0, b.mean));
                        prop_assert!((0.0..=1.0).contains(&a.p_value) && a.detectable > 0.0);
                    }
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }
    }
}
