//! What is missing, as numbers.

/// Whether anything is missing.
pub(crate) fn has_gaps(field: &[f32]) -> bool {
    field.iter().any(|x| x.is_nan())
}

/// 0 for what is missing.
pub(crate) fn or_zero(x: f32) -> f64 {
    if x.is_nan() { 0.0 } else { x.into() }
}

/// 1 for what is observed, else 0.
pub(crate) fn observed(x: f32) -> f64 {
    f64::from(!x.is_nan())
}

/// A sum over neighbours of which some are missing: those left out count as the mean of the others.
///
/// `present` and `total` are the weights of the neighbours that were observed and of all. Without any neighbour
/// the sum is 0, without any that was observed it is missing.
pub(crate) fn scaled_sum(sum: f64, present: f64, total: f64) -> f64 {
    if total == 0.0 {
        0.0
    } else if present == 0.0 {
        f64::NAN
    } else {
        sum * (total / present)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_with_gaps_is_scaled_up() {
        assert_eq!(scaled_sum(6.0, 3.0, 3.0), 6.0);
        assert_eq!(scaled_sum(6.0, 3.0, 4.0), 8.0);
        assert_eq!(scaled_sum(0.0, 0.0, 0.0), 0.0);
        assert!(scaled_sum(0.0, 0.0, 4.0).is_nan());
    }
}
