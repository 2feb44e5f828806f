//! Point forecasts: the mean of a row and its errors, and their sums over many rows.

mod sums;

pub use sums::{Sums, sums};

/// Mean of ascending draws; NaN for no draws.
pub fn mean<T: Copy + Into<f64>>(row: &[T]) -> f64 {
    let (Some(&first), Some(&last)) = (row.first(), row.last()) else { return f64::NAN };
    let (first, last): (f64, f64) = (first.into(), last.into());
    if first == last {
        return first;
    }
    crate::crps::sum(row, |_, x| x) / row.len() as f64
}

/// A loss of a point forecast `f` of `y`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    /// `f - y`.
    Error,
    /// `|f - y|`.
    Absolute,
    /// `(f - y)^2`.
    Squared,
    /// `(ln(1 + f) - ln(1 + y))^2`; NaN unless both are above -1.
    SquaredLog,
    /// `|f - y| / |y|`; infinite or NaN where `y` is 0.
    Percentage,
    /// `|f - y| / (|f| + |y|)`, 0 where both are 0.
    SymmetricPercentage,
    /// Unit deviance of the Tweedie family with variance `mean^power`; see [`tweedie_deviance`].
    Tweedie {
        /// 0 normal, 1 Poisson, between 1 and 2 zero-inflated continuous, 2 gamma.
        power: f64,
    },
    /// Pinball loss at `level`: `f` is taken for that quantile.
    Pinball {
        /// Probability, 0-1.
        level: f64,
    },
    /// Logarithmic loss of `f` as the probability of `y`, which is 0 or 1; `f` is kept `epsilon` away from both.
    Log {
        /// Distance from 0 and 1.
        epsilon: f64,
    },
}

impl Loss {
    /// The loss.
    #[inline]
    pub fn of(self, f: f64, y: f64) -> f64 {
        match self {
            Self::Error => f - y,
            Self::Absolute => (f - y).abs(),
            Self::Squared => squared_error(f, y),
            Self::SquaredLog => squared_log_error(f, y),
            Self::Percentage => (f - y).abs() / y.abs(),
            Self::SymmetricPercentage if f == 0.0 && y == 0.0 => 0.0,
            Self::SymmetricPercentage => (f - y).abs() / (f.abs() + y.abs()),
            Self::Tweedie { power } => tweedie_deviance(f, y, power),
            Self::Pinball { level } => crate::quantile::pinball(f, y, level),
            Self::Log { epsilon } => {
                let p = f.clamp(epsilon, 1.0 - epsilon);
                -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
            }
        }
    }
}

/// Unit deviance of the Tweedie family (Jorgensen 1987, doi:10.1111/j.2517-6161.1987.tb01685.x):
/// `2 (max(y, 0)^(2-p) / ((1-p)(2-p)) - y f^(1-p) / (1-p) + f^(2-p) / (2-p))`, with its limits at `p` 0, 1 and 2.
///
/// NaN outside its domain: `f > 0` unless `p` is 0; `y >= 0` for `1 <= p < 2`; `y > 0` for `p >= 2`; no `p` between 0
/// and 1.
pub fn tweedie_deviance(f: f64, y: f64, power: f64) -> f64 {
    if power == 0.0 {
        return squared_error(f, y);
    }
    let least = if power >= 2.0 { y > 0.0 } else { power < 0.0 || (power >= 1.0 && y >= 0.0) };
    if !(least && f > 0.0) {
        return f64::NAN;
    }
    if power == 1.0 {
        let entropy = if y == 0.0 { 0.0 } else { y * (y / f).ln() };
        return 2.0 * (entropy - y + f);
    }
    if power == 2.0 {
        return 2.0 * ((f / y).ln() + y / f - 1.0);
    }
    let (one, two) = (1.0 - power, 2.0 - power);
    2.0 * (y.max(0.0).powf(two) / (one * two) - y * f.powf(one) / one + f.powf(two) / two)
}

/// `(f - y)^2`.
pub fn squared_error(f: f64, y: f64) -> f64 {
    (f - y) * (f - y)
}

/// `(ln(1 + f) - ln(1 + y))^2`; infinite or NaN unless both are above -1.
pub fn squared_log_error(f: f64, y: f64) -> f64 {
    if f == y && f > -1.0 {
        return 0.0; // most rows: 0 against 0, for which two logarithms are too many
    }
    squared_error(f.ln_1p(), y.ln_1p())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        assert_eq!(mean(&[0.0_f32, 0.0, 1.0, 2.0]), 0.75);
        assert_eq!(mean(&[0.1_f32; 7]), f64::from(0.1_f32), "a constant row has no rounding");
        assert!(mean::<f32>(&[]).is_nan() && mean(&[0.0, f64::NAN]).is_nan());
        assert_eq!(squared_error(5.0, 2.0), 9.0);
        let doubled = squared_log_error(2.0 * std::f64::consts::E - 1.0, std::f64::consts::E - 1.0);
        assert!((doubled - std::f64::consts::LN_2.powi(2)).abs() < 1e-15);
    }

    #[test]
    fn outside_its_domain_a_logarithm_is_not_a_number() {
        assert_eq!(squared_log_error(3.0, 3.0), 0.0);
        assert!(!squared_log_error(-1.0, 0.0).is_finite());
        assert!(!squared_log_error(-1.0, -1.0).is_finite());
        assert!(squared_log_error(-2.0, -2.0).is_nan());
    }
}
