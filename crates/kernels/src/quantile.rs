//! Quantiles of one row of draws, and the scores of quantiles and intervals.

/// The `p`-quantile of ascending draws by linear interpolation between the order statistics at
/// `h = (m - 1) p` (type 7 of Hyndman and Fan 1996, doi:10.1080/00031305.1996.10473566).
///
/// NaN for no draws or `p` outside 0..=1.
pub fn quantile<T: Copy + Into<f64>>(row: &[T], p: f64) -> f64 {
    if row.is_empty() || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let (below, t) = position(row.len(), p);
    between(row[below].into(), row[(below + 1).min(row.len() - 1)].into(), t)
}

/// Rank (from 0) of the order statistic below the `p`-quantile of `m` draws, and the share of the way to the next.
pub(crate) fn position(m: usize, p: f64) -> (usize, f64) {
    let h = (m - 1) as f64 * p;
    let below = (h as usize).min(m - 1);
    (below, h - below as f64)
}

/// The point a share `t` of the way from `a` to `b`.
#[inline(always)]
pub(crate) fn between(a: f64, b: f64, t: f64) -> f64 {
    if a == b {
        return a;
    }
    // From the nearer end, so that both ends are met exactly.
    if t < 0.5 { a + (b - a) * t } else { b - (b - a) * (1.0 - t) }
}

/// Lower and upper end of the central interval that holds `level` (0-1) of the ascending draws.
pub fn central_interval<T: Copy + Into<f64>>(row: &[T], level: f64) -> (f64, f64) {
    let tail = (1.0 - level) / 2.0;
    (quantile(row, tail), quantile(row, 1.0 - tail))
}

/// Pinball loss of `q` as the `p`-quantile: `(1{y <= q} - p)(q - y)`. Koenker and Bassett (1978),
/// doi:10.2307/1913643.
pub fn pinball(q: f64, y: f64, p: f64) -> f64 {
    if y < q { (1.0 - p) * (q - y) } else { p * (y - q) }
}

/// Interval score of a central interval of `level` (0-1), with `a = 1 - level`:
/// `(u - l) + 2/a (l - y) 1{y < l} + 2/a (y - u) 1{y > u}`. Gneiting and Raftery (2007),
/// doi:10.1198/016214506000001437.
pub fn interval_score((lower, upper): (f64, f64), y: f64, level: f64) -> f64 {
    let outside = (lower - y).max(0.0) + (y - upper).max(0.0);
    (upper - lower) + 2.0 / (1.0 - level) * outside
}

/// Whether a closed interval holds `y`.
pub fn covers((lower, upper): (f64, f64), y: f64) -> bool {
    lower <= y && y <= upper
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn worked_by_hand() {
        let row = [0.0_f32, 5.0, 9.0, 30.0];
        assert_eq!(quantile(&row, 0.5), 7.0);
        assert_eq!((quantile(&row, 0.0), quantile(&row, 1.0)), (0.0, 30.0));
        assert!((quantile(&row, 0.99) - 29.37).abs() < 1e-12);
        assert!(quantile(&row, 1.5).is_nan() && quantile::<f32>(&[], 0.5).is_nan());
        assert!((pinball(29.37, 10.0, 0.99) - 0.01 * 19.37).abs() < 1e-12);
        assert!((pinball(8.0, 10.0, 0.99) - 1.98).abs() < 1e-12);
        assert_eq!(interval_score((1.0, 3.0), 2.0, 0.5), 2.0);
        assert_eq!(interval_score((1.0, 3.0), 0.0, 0.5), 6.0);
        assert_eq!(interval_score((1.0, 3.0), 4.5, 0.5), 8.0);
        assert!(covers((1.0, 3.0), 3.0) && covers((1.0, 3.0), 1.0) && !covers((1.0, 3.0), 3.1));
    }

    #[test]
    fn an_interval_score_is_the_pinball_loss_of_both_ends() {
        // IS = 2/a (pinball at a/2 of l + pinball at 1 - a/2 of u): Bracher et al. (2021).
        for y in [-3.0, 1.0, 2.2, 3.0, 40.0] {
            let (level, a) = (0.9, 0.1);
            let two = pinball(1.0, y, a / 2.0) + pinball(3.0, y, 1.0 - a / 2.0);
            assert!((interval_score((1.0, 3.0), y, level) - 2.0 / a * two).abs() < 1e-9, "{y}");
        }
    }

    proptest! {
        #[test]
        fn quantiles_ascend_and_stay_within_the_draws(
            mut row in prop::collection::vec(prop_oneof![Just(0.0_f32), -50.0_f32..50.0], 1..60),
            p in 0.0..=1.0_f64, q in 0.0..=1.0_f64,
        ) {
            row.sort_by(f32::total_cmp);
            let (a, b) = (quantile(&row, p.min(q)), quantile(&row, p.max(q)));
            prop_assert!(a <= b + 1e-12);
            prop_assert!(f64::from(row[0]) <= a && b <= f64::from(row[row.len() - 1]));
            let share = row.iter().filter(|&&x| f64::from(x) <= a).count() as f64;
            prop_assert!(share >= ((row.len() - 1) as f64 * p.min(q)).floor());
        }
    }
}
