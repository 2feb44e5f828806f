#![allow(
    clippy::unreadable_literal,
    clippy::approx_constant,
    reason = "numbers as another program printed them"
)]

use super::*;
use crate::special::{beta, chi_square_survival, normal_cdf};

/// Parameters, and the quantiles at [`U`].
type Cases = &'static [(&'static [f64], [f64; 6])];

const U: [f64; 6] = [1e-12, 1e-3, 0.3, 0.5, 0.9, 0.999_999];

/// `scipy.stats.poisson.ppf(u, mean)`, scipy 1.17.1.
const POISSON: Cases = &[
    (&[0.1], [0.0, 0.0, 0.0, 0.0, 0.0, 4.0]),
    (&[1.0], [0.0, 0.0, 0.0, 1.0, 2.0, 9.0]),
    (&[5.0], [0.0, 0.0, 4.0, 5.0, 8.0, 19.0]),
    (&[40.0], [5.0, 22.0, 37.0, 40.0, 48.0, 73.0]),
    (&[1234.5], [996.0, 1127.0, 1216.0, 1234.0, 1280.0, 1405.0]),
    (&[100000.0], [97784.0, 99024.0, 99834.0, 100000.0, 100405.0, 101507.0]),
];
/// `scipy.stats.nbinom.ppf(u, n, p)`, scipy 1.17.1.
const NEGATIVE_BINOMIAL: Cases = &[
    (&[0.17434153651086393, 0.036644272944311815], [0.0, 0.0, 0.0, 0.0, 14.0, 272.0]),
    (&[2.5, 0.3], [0.0, 0.0, 3.0, 5.0, 12.0, 49.0]),
    (&[50.0, 0.01], [1472.0, 3055.0, 4558.0, 4917.0, 5870.0, 9036.0]),
    (&[10000.0, 0.5], [9029.0, 9567.0, 9925.0, 10000.0, 10182.0, 10683.0]),
    (&[0.1, 0.001], [0.0, 0.0, 0.0, 0.0, 266.0, 9452.0]),
    (&[0.1, 1e-06], [0.0, 0.0, 4.0, 593.0, 266154.0, 9457022.0]),
    (&[0.5, 1e-05], [0.0, 0.0, 7423.0, 22746.0, 135276.0, 1196400.0]),
    (&[3.0, 1e-05], [17.0, 19052.0, 191375.0, 267403.0, 532228.0, 1912906.0]),
];
/// `scipy.stats.gamma.ppf(u, a, scale=scale)`, scipy 1.17.1.
const GAMMA: Cases = &[
    (
        &[0.05, 2.0],
        [
            1.1689264114573611e-240,
            1.1689264114573264e-60,
            4.0757943774653466e-11,
            1.1147756881492512e-06,
            0.1526342278183781,
            17.393725335787487,
        ],
    ),
    (
        &[0.4373059792144688, 17.896135265700487],
        [
            4.9164917171884005e-27,
            1.8715907883343847e-06,
            0.8947761447742767,
            3.1301902186892696,
            21.746294224543085,
            209.07447127967535,
        ],
    ),
    (
        &[1.0, 1.0],
        [
            1.0000000000005e-12,
            0.001000500333583534,
            0.3566749439387324,
            0.6931471805599455,
            2.302585092994046,
            13.815510557935518,
        ],
    ),
    (
        &[1.3540734109221124, 13.539393939393943],
        [
            2.135809235101553e-08,
            0.09494391840947625,
            8.178812264910734,
            14.069578753232586,
            39.17219190977286,
            201.8790629721146,
        ],
    ),
    (
        &[8.333333333333334, 0.15],
        [
            0.021525275314652707,
            0.31922193327621845,
            0.9921177039657387,
            1.2003712615449884,
            1.8270566478272525,
            4.464836228423572,
        ],
    ),
    (
        &[999.0, 1.0],
        [
            792.5503382650982,
            904.1696601444849,
            982.1867418993614,
            998.6666864467525,
            1039.7140368136463,
            1156.5027645440728,
        ],
    ),
    (
        &[1000.0, 1.0],
        [
            793.4392266170769,
            905.1207909349766,
            983.1784467578987,
            999.6666864269652,
            1040.73430801369,
            1157.577911008724,
        ],
    ),
    (
        &[1000000.0, 0.001],
        [
            992.9816691958044,
            996.9126173198152,
            999.4753579172359,
            999.9996666666865,
            1001.281765499621,
            1004.7606247134678,
        ],
    ),
];
/// `scipy.stats.lognorm.ppf(u, sigma, scale=exp(mu))`, scipy 1.17.1.
const LOGNORMAL: Cases = &[
    (
        &[2.424132797523349, 1.0583449635904805],
        [
            0.006599392164737309,
            0.4289568276211223,
            6.482693943508775,
            11.292432346572344,
            43.83604580416505,
            1728.303334173947,
        ],
    ),
    (
        &[0.0, 0.25],
        [
            0.1722822848736458,
            0.46183015907380476,
            0.8771299445716461,
            1.0,
            1.3776620439479017,
            3.2816819388611456,
        ],
    ),
];
/// `scipy.stats.gumbel_r.ppf(u, loc, scale)`, scipy 1.17.1.
const GUMBEL: Cases = &[
    (
        &[-0.44995173816877987, 8.719938452052823],
        [
            -29.390896372994206,
            -17.302494867600878,
            -2.06860565050266,
            2.7460183711854573,
            19.17311285050635,
            120.02044565074385,
        ],
    ),
    (
        &[0.0, 1.0],
        [
            -3.318939095035956,
            -1.9326447339160655,
            -0.18562675886236574,
            0.36651292058166435,
            2.2503673273124454,
            13.81551005793531,
        ],
    ),
];
/// `scipy.stats.norm.ppf(u)`, scipy 1.17.1.
const NORMAL: Cases = &[(
    &[0.0],
    [-7.034483825301131, -3.090232306167813, -0.5244005127080409, 0.0, 1.2815515655446004, 4.753424308817087],
)];

/// Largest relative distance from the peer's numbers.
fn distance(cases: Cases, quantile: impl Fn(f64, &[f64]) -> f64) -> f64 {
    let pairs = cases.iter().flat_map(|(a, expected)| U.iter().zip(expected).map(move |(&u, &e)| (u, *a, e)));
    pairs.fold(0.0, |worst: f64, (u, a, e)| {
        let ours = quantile(u, a);
        let off = (ours - e).abs() / if e == 0.0 { 1.0 } else { e.abs() };
        assert!(off < 1e-9, "{a:?} at {u}: {ours}, scipy has {e}");
        worst.max(off)
    })
}

#[test]
fn continuous_quantiles_are_those_of_scipy() {
    assert!(distance(NORMAL, |u, _| normal(u)) < 1e-15);
    assert!(distance(LOGNORMAL, |u, a| lognormal(u, a[0], a[1])) < 1e-13);
    assert!(distance(GUMBEL, |u, a| gumbel(u, a[0], a[1])) < 1e-12);
    assert!(distance(GAMMA, |u, a| gamma(u, a[0], a[1])) < 1e-10);
}

#[test]
fn quantiles_of_counts_are_those_of_scipy() {
    assert!(distance(POISSON, |u, a| poisson(u, a[0])) == 0.0);
    assert!(distance(NEGATIVE_BINOMIAL, |u, a| negative_binomial(u, a[0], a[1])) == 0.0);
}

#[test]
fn quantiles_undo_the_distribution_function() {
    for u in (1..200).map(|i| f64::from(i) / 200.0) {
        assert!((normal_cdf(normal(u)) - u).abs() < 1e-12);
        for shape in [0.03, 0.5, 0.999, 1.0, 1.5, 7.0, 300.0, 999.9] {
            let back = 1.0 - chi_square_survival(2.0 * gamma(u, shape, 1.0), 2.0 * shape);
            assert!((back - u).abs() < 1e-10, "shape {shape}, {u}: {back}");
        }
    }
}

/// Poisson's and the negative binomial distribution function, by other means than tables.
#[test]
fn a_quantile_of_counts_is_the_least_that_reaches() {
    let reaches = |cdf: &dyn Fn(f64) -> f64, k: f64, u: f64, what: &str| {
        assert!(k == 0.0 || cdf(k - 1.0) < u + 1e-9, "{what}: {k} at {u} is too much");
        assert!(cdf(k) > u - 1e-9, "{what}: {k} at {u} is too little");
    };
    for u in (1..100).map(|i| f64::from(i) / 100.0) {
        for mean in [0.01, 0.7, 3.0, 29.5, 900.0, 1e8] {
            let cdf = |k: f64| if k < 0.0 { 0.0 } else { gamma_upper(k + 1.0, mean) };
            if mean < 1e8 {
                reaches(&cdf, poisson(u, mean), u, "Poisson");
            }
        }
        for (n, p) in [(0.01, 0.5), (0.3, 0.01), (1.0, 0.2), (40.0, 0.9), (5.0, 1e-4), (0.2, 1e-5)] {
            let cdf = |k: f64| beta(n, k + 1.0, p);
            reaches(&cdf, negative_binomial(u, n, p), u, "negative binomial");
        }
    }
}

#[test]
fn a_large_mean_changes_its_method_without_a_jump() {
    for u in [1e-9, 0.01, 0.37, 0.5, 0.9, 1.0 - 1e-9] {
        let (below, above) = (poisson(u, 1e8 - 1.0), poisson(u, 1e8));
        assert!((above - below - 1.0).abs() <= 1.0, "{u}: {below} and {above}");
    }
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-3;
    assert!(near(negative_binomial(0.9, 0.3, 5.001e-5), negative_binomial(0.9, 0.3, 4.999e-5)));
}

#[test]
fn one_uniform_variate_in_two_halves_has_mean_and_variance() {
    // The midpoints of a million equal strata: no sampling error, and little from the tails.
    let n = 1_000_000;
    let moments = |quantile: &dyn Fn(f64) -> f64| {
        let values: Vec<f64> = (0..n).map(|i| quantile((f64::from(i) + 0.5) / f64::from(n))).collect();
        let mean = values.iter().sum::<f64>() / f64::from(n);
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(n))
    };
    let check = |(mean, variance): (f64, f64), m: f64, v: f64| {
        assert!((mean / m - 1.0).abs() < 1e-4 && (variance / v - 1.0).abs() < 1e-3, "{mean} {variance}");
    };
    let poisson = Counts::poisson(1e5);
    check(moments(&|u| poisson.quantile(u)), 1e5, 1e5);
    let nb = Counts::negative_binomial(3.0, 0.1);
    check(moments(&|u| nb.quantile(u)), 27.0, 270.0);
}

#[test]
fn ends_and_domains() {
    assert_eq!((normal(0.0), normal(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
    assert_eq!((gamma(0.0, 2.0, 1.0), gamma(1.0, 2.0, 1.0)), (0.0, f64::INFINITY));
    assert_eq!((poisson(0.0, 9.0), poisson(1.0, 9.0), poisson(0.4, 0.0)), (0.0, f64::INFINITY, 0.0));
    assert_eq!((lognormal(0.0, 1.0, 1.0), lognormal(0.3, 0.0, 0.0)), (0.0, 1.0));
    assert_eq!(negative_binomial(0.9, 2.0, 1.0), 0.0);
    assert_eq!((gumbel(0.0, 1.0, 2.0), gumbel(1.0, 1.0, 2.0)), (f64::NEG_INFINITY, f64::INFINITY));
    for bad in [-0.1, 1.1, f64::NAN] {
        assert!(normal(bad).is_nan() && gamma(bad, 1.0, 1.0).is_nan() && poisson(bad, 1.0).is_nan());
        assert!(gumbel(bad, 0.0, 1.0).is_nan() && lognormal(bad, 0.0, 1.0).is_nan());
        assert!(negative_binomial(bad, 1.0, 0.5).is_nan());
    }
    assert!(poisson(0.5, -1.0).is_nan() && poisson(0.5, f64::NAN).is_nan());
    assert!(gamma(0.5, 0.0, 1.0).is_nan() && gamma(0.5, 1.0, -1.0).is_nan());
    assert!(negative_binomial(0.5, 0.0, 0.5).is_nan() && negative_binomial(0.5, 1.0, 0.0).is_nan());
    assert!(gumbel(0.5, 0.0, 0.0).is_nan() && lognormal(0.5, 0.0, -1.0).is_nan());
}
