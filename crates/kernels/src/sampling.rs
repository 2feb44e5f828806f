//! Quantile functions: a uniform variate in, a variate of the distribution out.
//!
//! They rise with `u`, so that they serve stratified draws as well as independent ones. `u` outside 0-1 and parameters
//! outside their domain give NaN; `u = 0` gives the lower end of the distribution and `u = 1` the upper one. For many
//! variates of one distribution of counts, build [`Counts`] once.

mod counts;

pub use counts::Counts;

use crate::special::{gamma_upper, ln_gamma};

/// From this shape on, a gamma quantile is taken from its expansion around the normal one.
const NEARLY_NORMAL: f64 = 1e4;

/// The standard normal quantile, to 1e-15 of it. Wichura (1988), algorithm AS 241, doi:10.2307/2347330.
pub fn normal(u: f64) -> f64 {
    if !(0.0..=1.0).contains(&u) {
        return f64::NAN;
    }
    if u == 0.0 || u == 1.0 {
        return if u == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let q = u - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&CENTRE.0, r) / polynomial(&CENTRE.1, r);
    }
    let r = (-u.min(1.0 - u).ln()).sqrt();
    let (tail, r) = if r <= 5.0 { (&NEAR, r - 1.6) } else { (&FAR, r - 5.0) };
    (polynomial(&tail.0, r) / polynomial(&tail.1, r)).copysign(q)
}

/// Coefficients of numerator and denominator, from the power 0 up.
type Ratio = ([f64; 8], [f64; 8]);

const CENTRE: Ratio = (
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);

const NEAR: Ratio = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);

const FAR: Ratio = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// `exp(mu + sigma z)` with `z` standard normal; `sigma >= 0`.
pub fn lognormal(u: f64, mu: f64, sigma: f64) -> f64 {
    if sigma >= 0.0 { (mu + sigma * normal(u)).exp() } else { f64::NAN }
}

/// `location - scale ln(-ln u)`, the limit of maxima (Gumbel 1958); `scale > 0`.
pub fn gumbel(u: f64, location: f64, scale: f64) -> f64 {
    if scale > 0.0 && (0.0..=1.0).contains(&u) { location - scale * (-u.ln()).ln() } else { f64::NAN }
}

/// The gamma quantile of `shape > 0` and `scale > 0`, to 1e-10 of it.
///
/// Newton's method on the logarithm of the smaller tail, from the cube of Wilson and Hilferty (1931),
/// doi:10.1073/pnas.17.12.684; from a shape of 10,000 on the expansion of Goldberg and Levine (1946),
/// doi:10.1214/aoms/1177730986.
pub fn gamma(u: f64, shape: f64, scale: f64) -> f64 {
    let valid = (0.0..=1.0).contains(&u) && shape > 0.0 && scale > 0.0;
    if !valid || shape.is_infinite() || scale.is_infinite() {
        return f64::NAN;
    }
    if u == 0.0 || u == 1.0 {
        return if u == 0.0 { 0.0 } else { f64::INFINITY };
    }
    if shape >= NEARLY_NORMAL {
        return scale * nearly_normal(normal(u), shape);
    }
    let ln_gamma = ln_gamma(shape);
    let split = shape + 1.0;
    let x = if u <= lower(shape, split, ln_gamma) {
        lower_root(u, shape, ln_gamma)
    } else {
        upper_root(1.0 - u, shape, ln_gamma)
    };
    scale * x
}

/// The gamma quantile of a large shape at the normal quantile `z`.
fn nearly_normal(z: f64, shape: f64) -> f64 {
    let (s, z2) = (shape.sqrt(), z * z);
    let fourth = (3.0 * z2 + 7.0) * z2 - 16.0;
    let fifth = ((9.0 * z2 + 256.0) * z2 - 433.0) * z;
    let tail = (z2 - 7.0) * z / (36.0 * s) - fourth / (810.0 * shape) + fifth / (38_880.0 * shape * s);
    shape + z * s + (z2 - 1.0) / 3.0 + tail
}

/// The first guess: the cube of a normal variate, for shapes from 1 on.
fn cube(u: f64, shape: f64) -> f64 {
    let c = 1.0 / (9.0 * shape);
    shape * (1.0 - c + normal(u) * c.sqrt()).powi(3)
}

/// Probability of at most `x`, by its series: every digit counts where it is small.
fn lower(shape: f64, x: f64, ln_gamma: f64) -> f64 {
    let (mut term, mut sum, mut i) = (1.0 / shape, 1.0 / shape, shape);
    while term > sum * f64::EPSILON {
        i += 1.0;
        term *= x / i;
        sum += term;
    }
    (shape * x.ln() - x - ln_gamma).exp() * sum
}

/// Where the lower tail is `u`. Its logarithm is concave in `ln x`, so Newton's steps cannot go astray.
fn lower_root(u: f64, shape: f64, ln_gamma: f64) -> f64 {
    let small = ((u.ln() + ln_gamma + shape.ln()) / shape).exp();
    let guess = if shape >= 1.0 { cube(u, shape) } else { small };
    let mut x = if guess > small { guess } else { small };
    for _ in 0..60 {
        let p = lower(shape, x, ln_gamma);
        if p == 0.0 || x == 0.0 {
            return x;
        }
        let slope = (shape * x.ln() - x - ln_gamma).exp() / p;
        let step = (u / p).ln() / slope;
        x *= step.exp();
        if step.abs() < 1e-13 {
            break;
        }
    }
    x
}

/// Where the upper tail is `q`. Its logarithm is convex in `x` below shape 1 and nearly straight above.
fn upper_root(q: f64, shape: f64, ln_gamma: f64) -> f64 {
    let start = shape + 1.0;
    let mut x = if shape >= 1.0 { cube(1.0 - q, shape).max(start) } else { start };
    for _ in 0..60 {
        let tail = gamma_upper(shape, x);
        if tail == 0.0 {
            x = f64::midpoint(x, start);
            continue;
        }
        let density = ((shape - 1.0) * x.ln() - x - ln_gamma).exp();
        let step = (tail / q).ln() * tail / density;
        x = (x + step).max(start);
        if step.abs() < 1e-13 * x {
            break;
        }
    }
    x
}

/// The least count that a Poisson variate of `mean >= 0` does not exceed with probability `u`.
pub fn poisson(u: f64, mean: f64) -> f64 {
    Counts::poisson(mean).quantile(u)
}

/// The least number of failures before the `size`-th success, of `probability` each, that is not exceeded with
/// probability `u`; `size > 0` need not be whole. Mean `size (1 - p) / p`, variance `size (1 - p) / p^2`.
pub fn negative_binomial(u: f64, size: f64, probability: f64) -> f64 {
    Counts::negative_binomial(size, probability).quantile(u)
}

#[cfg(test)]
mod tests;
