//! Point forecasts: the mean of a row and its errors.

/// Mean of ascending draws; NaN for no draws.
pub fn mean<T: Copy + Into<f64>>(row: &[T]) -> f64 {
    let (Some(&first), Some(&last)) = (row.first(), row.last()) else { return f64::NAN };
    let (first, last): (f64, f64) = (first.into(), last.into());
    if first == last {
        return first;
    }
    row.iter().map(|&x| x.into()).sum::<f64>() / row.len() as f64
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
