//! Distribution functions of the tests that compare forecasts: normal, Student's t and chi-square.
//!
//! From the incomplete gamma and beta functions by series and continued fractions (Lentz's method; Press et al. 2007,
//! Numerical Recipes, sections 6.1, 6.2 and 6.4). Absolute errors are below 1e-12; arguments outside the domain give NaN.

use std::f64::consts::{PI, SQRT_2};

const TINY: f64 = 1e-300;
const TERMS: usize = 10_000;

/// `ln Gamma(x)` for `x > 0`. Lanczos (1964), doi:10.1137/0701008, with `g = 7` and nine terms.
pub fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let terms = C.iter().enumerate().map(|(i, c)| c / (x + i as f64 + 1.0));
    let sum = 0.999_999_999_999_809_9 + terms.sum::<f64>();
    let t = x + 7.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// Regularised upper incomplete gamma function `Q(a, x)`: the survival function of a gamma variate of shape `a`.
pub fn gamma_upper(a: f64, x: f64) -> f64 {
    let valid = a > 0.0 && x >= 0.0 && a < f64::INFINITY;
    if !valid {
        return f64::NAN;
    }
    if x == 0.0 || x == f64::INFINITY {
        return f64::from(x == 0.0);
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for i in 1..TERMS {
            term *= x / (a + i as f64);
            sum += term;
            if term < sum * f64::EPSILON {
                break;
            }
        }
        return 1.0 - front * sum;
    }
    let steps = (1..TERMS).map(|i| {
        let i = i as f64;
        (-i * (i - a), x + 2.0 * i + 1.0 - a)
    });
    front / lentz(x + 1.0 - a, steps)
}

/// Regularised incomplete beta function `I_x(a, b)`: the distribution function of a beta variate.
pub fn beta(a: f64, b: f64, x: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&x)) {
        return f64::NAN;
    }
    if x == 0.0 || x == 1.0 {
        return x;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(b, a, 1.0 - x);
    }
    let front = (a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let steps = (1..TERMS).map(|i| {
        let m = (i / 2) as f64;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        (if i % 2 == 1 { odd } else { even }, 1.0)
    });
    front / lentz(1.0, steps)
}

/// The continued fraction `b0 + a1 / (b1 + a2 / (b2 + ...))`.
fn lentz(b0: f64, steps: impl Iterator<Item = (f64, f64)>) -> f64 {
    let floor = |x: f64| if x.abs() < TINY { TINY } else { x };
    let (mut value, mut c, mut d) = (floor(b0), floor(b0), 0.0);
    for (a, b) in steps {
        d = 1.0 / floor(b + a * d);
        c = floor(b + a / c);
        value *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

/// Probability that a standard normal variate is at most `x`.
pub fn normal_cdf(x: f64) -> f64 {
    let tail = 0.5 * gamma_upper(0.5, x * x / 2.0);
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// The `p`-quantile of the standard normal distribution, `p` 0-1.
pub fn normal_quantile(p: f64) -> f64 {
    symmetric_quantile(p, |x| 0.5 * gamma_upper(0.5, (x / SQRT_2).powi(2)))
}

/// Probability that a variate of Student's t distribution is at most `t`; `df > 0` degrees of freedom.
pub fn student_cdf(t: f64, df: f64) -> f64 {
    let tail = student_tails(t, df) / 2.0;
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// Probability that a variate of Student's t distribution is as far from 0 as `t`, on either side.
pub fn student_tails(t: f64, df: f64) -> f64 {
    if t.is_infinite() {
        return if df > 0.0 { 0.0 } else { f64::NAN };
    }
    beta(df / 2.0, 0.5, df / (df + t * t))
}

/// The `p`-quantile of Student's t distribution, `p` 0-1.
pub fn student_quantile(p: f64, df: f64) -> f64 {
    symmetric_quantile(p, |x| student_tails(x, df) / 2.0)
}

/// Probability that a chi-square variate of `df` degrees of freedom exceeds `x`; 1 for a negative `x`.
pub fn chi_square_survival(x: f64, df: f64) -> f64 {
    gamma_upper(df / 2.0, if x < 0.0 { 0.0 } else { x / 2.0 })
}

/// The `p`-quantile of the chi-square distribution, `p` 0-1.
pub fn chi_square_quantile(p: f64, df: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    falling_root(1.0 - p, |x| chi_square_survival(x, df))
}

/// The quantile of a distribution symmetric about 0, of the probability `tail(x)` to exceed `x >= 0`.
fn symmetric_quantile(p: f64, tail: impl Fn(f64) -> f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p < 0.5 { -falling_root(p, tail) } else { falling_root(1.0 - p, tail) }
}

/// Where a falling function of `x >= 0` reaches `target`, by bisection down to neighbouring numbers.
fn falling_root(target: f64, f: impl Fn(f64) -> f64) -> f64 {
    if target <= 0.0 {
        return f64::INFINITY;
    }
    let start = f(0.0);
    if start.is_nan() || start <= target {
        return 0.0 * start;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while f(high) > target && high < f64::MAX / 2.0 {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if f(middle) > target {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-10 * b.abs().max(1.0)
    }

    #[test]
    fn gamma_at_whole_and_half_numbers() {
        let factorials = [1.0_f64, 1.0, 2.0, 6.0, 24.0, 120.0, 720.0];
        for (i, f) in factorials.iter().enumerate() {
            assert!(near(ln_gamma(i as f64 + 1.0), f.ln()));
        }
        assert!(near(ln_gamma(0.5), PI.sqrt().ln()) && near(ln_gamma(0.25), 1.288_022_524_698_077_5));
        assert!(ln_gamma(0.0).is_nan() && ln_gamma(f64::NAN).is_nan());
    }

    #[test]
    fn closed_forms() {
        for x in [0.0, 0.1, 1.0, 2.5, 7.0, 30.0] {
            // Chi-square with 2 degrees of freedom is exponential; with 4, one step further.
            assert!(near(chi_square_survival(x, 2.0), (-x / 2.0).exp()));
            assert!(near(chi_square_survival(x, 4.0), (-x / 2.0).exp() * (1.0 + x / 2.0)));
            // t with 1 degree of freedom is Cauchy's; with 2, algebraic.
            assert!(near(student_cdf(x, 1.0), 0.5 + x.atan() / PI));
            assert!(near(student_cdf(-x, 2.0), 0.5 - x / (2.0 * (2.0 + x * x).sqrt())));
        }
        assert!(near(beta(2.0, 3.0, 0.4), 6.0 * 0.16 - 8.0 * 0.064 + 3.0 * 0.0256));
    }

    #[test]
    fn of_the_tables() {
        assert!(
            near(normal_cdf(1.0), 0.841_344_746_068_543) && near(normal_cdf(-3.0), 0.001_349_898_031_630_095)
        );
        assert!(near(normal_quantile(0.975), 1.959_963_984_540_054));
        assert!(near(student_quantile(0.975, 10.0), 2.228_138_851_964_938_5));
        assert!(near(chi_square_quantile(0.95, 1.0), 3.841_458_820_694_124));
        assert!(near(chi_square_quantile(0.95, 2.0), -2.0 * 0.05_f64.ln()));
        // Two-sided p values of scipy 1.17.1 for 23 degrees of freedom.
        assert!(near(student_tails(2.747_720_877_551_608, 23.0), 0.011_463_652_090_812_064));
        assert!(near(student_tails(0.237_507_585_949_428_45, 23.0), 0.814_365_960_050_674_7));
    }

    #[test]
    fn quantiles_undo_and_domains_end() {
        for p in [1e-9, 0.01, 0.3, 0.5, 0.8, 0.999] {
            assert!(
                near(normal_cdf(normal_quantile(p)), p)
                    && near(student_cdf(student_quantile(p, 3.5), 3.5), p)
            );
            assert!(near(1.0 - chi_square_survival(chi_square_quantile(p, 7.0), 7.0), p));
        }
        assert_eq!((normal_quantile(0.0), normal_quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!((student_quantile(0.5, 4.0), chi_square_quantile(0.0, 4.0)), (0.0, 0.0));
        assert!(
            normal_cdf(f64::NAN).is_nan()
                && student_cdf(1.0, 0.0).is_nan()
                && student_cdf(f64::NAN, 3.0).is_nan()
        );
        assert!(chi_square_survival(1.0, -1.0).is_nan() && chi_square_survival(f64::NAN, 1.0).is_nan());
        assert!(normal_quantile(1.1).is_nan() && student_quantile(0.9, -1.0).is_nan());
        assert_eq!((chi_square_survival(-1.0, 1.0), normal_cdf(f64::INFINITY)), (1.0, 1.0));
    }
}
