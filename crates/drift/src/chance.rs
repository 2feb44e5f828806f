//! How likely a number is, from the few like it that came before.

use forewarn_core::Usual;
use forewarn_kernels::special::student_tails;

/// Fewest numbers before that tell of chance.
pub(crate) const LEAST: u32 = 6;

/// Student's t of a further value, `(x - mean) / (sd sqrt(1 + 1 / n))`, and its degrees of freedom: the prediction
/// interval of a normal variate. `None` for fewer than [`LEAST`] values before, or when they do not differ.
fn further(value: f64, past: Option<Usual>) -> Option<(f64, f64)> {
    let past = past.filter(|p| p.origins >= LEAST)?;
    let (n, sd) = (f64::from(past.origins), past.sd?);
    // Rounding is no variation.
    let varies = sd > 1e-9 * past.mean.abs().max(value.abs());
    varies.then(|| ((value - past.mean) / (sd * (1.0 + 1.0 / n).sqrt()), n - 1.0))
}

/// How likely a value is as far from those before it, on either side.
pub(crate) fn two_sided(value: f64, past: Option<Usual>) -> Option<f64> {
    further(value, past).map(|(t, df)| student_tails(t, df))
}

/// How likely a value is as far above those before it.
pub(crate) fn above(value: f64, past: Option<Usual>) -> Option<f64> {
    further(value, past).map(|(t, df)| {
        let tail = student_tails(t, df) / 2.0;
        if t > 0.0 { tail } else { 1.0 - tail }
    })
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;
    use forewarn_kernels::special::normal_quantile;

    use super::*;

    #[test]
    fn by_hand_and_unknown() {
        // Mean 0, variance 8 / 7; t = 3 / sqrt(8 / 7 * 9 / 8).
        let past = Usual::of([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0]);
        let p = two_sided(3.0, past).unwrap();
        assert!((p - student_tails(3.0 / (9.0_f64 / 7.0).sqrt(), 7.0)).abs() < 1e-12, "{p}");
        assert!((above(3.0, past).unwrap() - p / 2.0).abs() < 1e-15);
        assert!((above(-3.0, past).unwrap() - (1.0 - p / 2.0)).abs() < 1e-15);
        assert_eq!(two_sided(3.0, Usual::of([1.0, 2.0, 3.0, 4.0, 5.0])), None);
        assert_eq!((two_sided(3.0, Usual::of([0.1; 9])), two_sided(3.0, None)), (None, None));
    }

    #[test]
    fn as_likely_as_it_says() {
        let p = |r: u64| {
            let normal = |i| normal_quantile(Stream::new(3, &[r]).uniform(i));
            two_sided(normal(0), Usual::of((1..=7).map(normal))).unwrap()
        };
        let p: Vec<f64> = (0..4000).map(p).collect();
        for level in [0.01, 0.1, 0.5] {
            let share = p.iter().filter(|p| **p <= level).count() as f64 / 4000.0;
            assert!(
                (share - level).abs() < 4.0 * (level * (1.0 - level) / 4000.0_f64).sqrt(),
                "{level}: {share}"
            );
        }
    }
}
