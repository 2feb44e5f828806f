//! Whether two samples have the same mean, whatever their variances: Welch's t test.

use crate::special::student_tails;

/// Welch's `t` and its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// Difference of the means, reference less current, over its standard error.
    pub t: f64,
    /// Degrees of freedom by Satterthwaite (1946); no whole number.
    pub df: f64,
}

impl Welch {
    /// `t = (mean x - mean y) / sqrt(v + w)` with `v = var(x) / n`, `w = var(y) / m` (divisors n - 1, m - 1), and
    /// `df = (v + w)^2 / (v^2 / (n - 1) + w^2 / (m - 1))`.
    ///
    /// Of two constant samples `t` is NaN when they agree, else infinite, and `df` NaN. NaN with fewer than two
    /// values in a sample, or a value that is NaN or infinite.
    pub fn new(reference: &[f64], current: &[f64]) -> Self {
        let ones = |sample: &[f64]| sample.iter().map(|v| (*v, 1.0)).collect::<Vec<_>>();
        Self::of(&ones(reference), &ones(current))
    }

    /// The same from how many values of each sample, reference and current, are at every distinct value.
    pub fn of_counts(values: &[f64], counts: &[[u64; 2]]) -> Self {
        let side = |side: usize| {
            let pairs = values.iter().zip(counts).map(|(v, pair)| (*v, pair[side] as f64));
            pairs.filter(|(_, count)| *count > 0.0).collect::<Vec<_>>()
        };
        Self::of(&side(0), &side(1))
    }

    fn of(reference: &[(f64, f64)], current: &[(f64, f64)]) -> Self {
        let ((x, v, n), (y, w, m)) = (moments(reference), moments(current));
        let total = v + w;
        // Shares of the variance, so that small variances do not underflow when squared.
        let part = |e: f64, size: f64| (e / total).powi(2) / (size - 1.0);
        let df = 1.0 / (part(v, n) + part(w, m));
        Self { t: (x - y) / total.sqrt(), df }
    }

    /// Two-sided p value; NaN when `t` or `df` is.
    pub fn p_value(&self) -> f64 {
        student_tails(self.t, self.df)
    }
}

/// Mean, squared standard error of the mean and size of values with their counts.
fn moments(sample: &[(f64, f64)]) -> (f64, f64, f64) {
    let n = sample.iter().map(|(_, count)| count).sum::<f64>();
    let rough = sample.iter().map(|(v, count)| v * count).sum::<f64>() / n;
    // A second pass takes away most of what rounding left in the first.
    let mean = rough + sample.iter().map(|(v, count)| (v - rough) * count).sum::<f64>() / n;
    let squares = sample.iter().map(|(v, count)| (v - mean).powi(2) * count).sum::<f64>();
    (mean, squares / (n - 1.0) / n, n)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_are_values_that_come_again() {
        let plain = Welch::new(&[1.0, 1.0, 4.0], &[4.0, 2.0, 4.0, 4.0]);
        let counted = Welch::of_counts(&[1.0, 2.0, 4.0], &[[2, 0], [0, 1], [1, 3]]);
        assert!((plain.t - counted.t).abs() < 1e-14 && (plain.df - counted.df).abs() < 1e-13, "{counted:?}");
    }

    #[test]
    fn worked_by_hand() {
        // Means 2 and 5, variances 1 and 8/3 (of 3, 3, 7, 7: 16/3): errors 1/3 and 4/3, together 5/3.
        let welch = Welch::new(&[1.0, 2.0, 3.0], &[3.0, 7.0, 3.0, 7.0]);
        assert!((welch.t - -3.0 / (5.0_f64 / 3.0).sqrt()).abs() < 1e-14, "{welch:?}");
        // (25/9) / ((1/9) / 2 + (16/9) / 3) = 25 / (1/2 + 16/3).
        assert!((welch.df - 150.0 / 35.0).abs() < 1e-13, "{welch:?}");
    }

    #[test]
    fn two_degrees_of_freedom_are_algebraic() {
        // Two and two values of equal variance: df = 2, p = 1 - t / sqrt(2 + t^2). t = 3 / sqrt(1/4 + 1/4).
        let welch = Welch::new(&[4.0, 5.0], &[1.0, 2.0]);
        assert!((welch.df - 2.0).abs() < 1e-14 && (welch.t - 18_f64.sqrt()).abs() < 1e-14, "{welch:?}");
        assert!((welch.p_value() - (1.0 - (18.0_f64 / 20.0).sqrt())).abs() < 1e-13);
    }

    #[test]
    fn what_cannot_be_said_is_nan() {
        let same = Welch::new(&[0.0; 3], &[0.0; 4]);
        assert!(same.t.is_nan() && same.p_value().is_nan());
        let apart = Welch::new(&[1.0; 3], &[0.0; 4]);
        assert!(apart.t.is_infinite() && apart.p_value().is_nan());
        for sample in [&[1.0][..], &[], &[1.0, f64::NAN], &[1.0, f64::INFINITY]] {
            assert!(Welch::new(sample, &[1.0, 2.0]).p_value().is_nan(), "{sample:?}");
        }
    }

    proptest! {
        #[test]
        fn unit_origin_and_order_do_not_matter(
            a in prop::collection::vec(-9.0..9.0, 3..20), b in prop::collection::vec(-9.0..9.0, 3..20),
        ) {
            let welch = Welch::new(&a, &b);
            let other = |s: &[f64]| s.iter().rev().map(|v| 1e-3 * v + 7.0).collect::<Vec<f64>>();
            let moved = Welch::new(&other(&a), &other(&b));
            prop_assert!((moved.t - welch.t).abs() < 1e-9 * (1.0 + welch.t.abs()));
            prop_assert!((moved.df - welch.df).abs() < 1e-9 * welch.df);
            let back = Welch::new(&b, &a);
            prop_assert_eq!((back.t, back.p_value()), (-welch.t, welch.p_value()));
        }

        #[test]
        fn is_the_textbook_formula(
            a in prop::collection::vec(-9_i32..9, 2..20), b in prop::collection::vec(-9_i32..9, 2..20),
        ) {
            // Sums and sums of squares of whole numbers are exact.
            let moments = |s: &[i32]| {
                let n = s.len() as f64;
                let (sum, squares) = (f64::from(s.iter().sum::<i32>()), s.iter().map(|v| v * v).sum::<i32>());
                (n, sum / n, (f64::from(squares) - sum * sum / n) / (n - 1.0))
            };
            let ((n, x, v), (m, y, w)) = (moments(&a), moments(&b));
            prop_assume!(v + w > 1e-9);
            let float = |s: &[i32]| s.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            let welch = Welch::new(&float(&a), &float(&b));
            let error = v / n + w / m;
            let df = error * error / ((v / n).powi(2) / (n - 1.0) + (w / m).powi(2) / (m - 1.0));
            prop_assert!((welch.t - (x - y) / error.sqrt()).abs() < 1e-9 * (1.0 + welch.t.abs()));
            prop_assert!((welch.df - df).abs() < 1e-9 * df);
            prop_assert!(df >= (n.min(m) - 1.0) * (1.0 - 1e-9) && df <= (n + m - 2.0) * (1.0 + 1e-9));
        }
    }
}
