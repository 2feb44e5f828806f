//! How unequally a field is spread over its cells.

/// Gini index of values that are not negative, in any order: `sum_i (2 i - n - 1) x_(i) / (n sum x)` with `x_(i)`
/// ascending and `i` from 1. 0 when all are equal, `1 - 1 / n` when one has everything. Damgaard and Weiner (2000),
/// doi:10.1890/0012-9658(2000)081\[1139:DIIPSO\]2.0.CO;2.
///
/// NaN for no values, all zero, or any that is negative, infinite or missing.
pub fn gini<T: Copy + Into<f64>>(values: &[T]) -> f64 {
    let mut sorted: Vec<f64> = values.iter().map(|&v| v.into()).collect();
    if sorted.iter().any(|v| !v.is_finite() || *v < 0.0) {
        return f64::NAN;
    }
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let weighted: f64 = sorted.iter().enumerate().map(|(i, x)| (2.0 * i as f64 + 1.0 - n) * x).sum();
    weighted / (n * sorted.iter().sum::<f64>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn worked_by_hand() {
        assert_eq!(gini(&[2.0_f32, 2.0, 2.0]), 0.0);
        assert_eq!(gini(&[0.0, 8.0, 0.0, 0.0]), 0.75);
        // (-2 * 1 + 0 * 2 + 2 * 3) / (3 * 6).
        assert!((gini(&[3.0, 1.0, 2.0]) - 4.0 / 18.0).abs() < 1e-15);
        assert_eq!(gini(&[5.0_f32]), 0.0);
    }

    #[test]
    fn what_cannot_be_shared_has_no_index() {
        assert!(gini::<f64>(&[]).is_nan() && gini(&[0.0; 5]).is_nan());
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(gini(&[1.0, bad, 2.0]).is_nan(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn it_is_half_the_relative_mean_difference(
            values in prop::collection::vec(prop_oneof![Just(0.0_f64), 0.0..50.0], 1..70),
        ) {
            let (n, sum) = (values.len() as f64, values.iter().sum::<f64>());
            let pairs: f64 = values.iter().flat_map(|a| values.iter().map(move |b| (a - b).abs())).sum();
            let expected = pairs / (2.0 * n * sum);
            let got = gini(&values);
            prop_assert!((got - expected).abs() < 1e-12 || sum == 0.0 && got.is_nan(), "{got} {expected}");
        }
    }
}
