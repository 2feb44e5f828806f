//! The continuous ranked probability score (CRPS) of one row of draws.
//!
//! `CRPS = E|X - y| - E|X - X'| / 2`, in the unit of `y`: Gneiting and Raftery (2007),
//! doi:10.1198/016214506000001437. Both estimators below run over ascending draws once, in the
//! quantile-decomposition form (Laio and Tamea 2007, doi:10.5194/hess-11-1267-2007), whose terms are all
//! >= 0: the textbook form subtracts two large numbers where the draws are far from zero and close together.

/// Independent partial sums, so that the additions need not wait for one another. Part of the definition:
/// another number gives other last bits.
pub(crate) const LANES: usize = 8;
/// The first rank of each partial sum.
const RANKS: [f64; LANES] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];

/// CRPS of the empirical distribution of `m` ascending draws:
/// `mean|x_i - y| - sum_ij |x_i - x_j| / (2 m^2) = 2/m^2 sum_i (x_i - y)(m 1{y < x_i} - i - 1/2)`, `i` from 0.
///
/// One draw gives `|x - y|`; no draws, or a missing value anywhere, give NaN.
pub fn ensemble<T: Copy + Into<f64>>(row: &[T], y: f64) -> f64 {
    let (Some(&first), Some(&last)) = (row.first(), row.last()) else { return f64::NAN };
    let (first, last): (f64, f64) = (first.into(), last.into());
    if first == last {
        return (first - y).abs();
    }
    let m = row.len() as f64;
    let term = |i: f64, x: f64| {
        let above = if x > y { m } else { 0.0 };
        (x - y) * (above - i - 0.5)
    };
    2.0 * sum(row, term) / (m * m)
}

/// CRPS of what is above a threshold: [`ensemble`] of `max(x, threshold)` against `max(y, threshold)`.
pub fn above<T: Copy + Into<f64>>(row: &[T], y: f64, threshold: f64) -> f64 {
    let (Some(&first), Some(&last)) = (row.first(), row.last()) else { return f64::NAN };
    let (first, last): (f64, f64) = (first.into(), last.into());
    let y = if y < threshold { threshold } else { y };
    if first.max(threshold) == last.max(threshold) {
        return (first.max(threshold) - y).abs();
    }
    let m = row.len() as f64;
    let term = |i: f64, x: f64| {
        let x = if x < threshold { threshold } else { x };
        let above = if x > y { m } else { 0.0 };
        (x - y) * (above - i - 0.5)
    };
    2.0 * sum(row, term) / (m * m)
}

/// CRPS with the spread of `m` ascending draws as an unbiased estimate of that of the distribution they were
/// drawn from: `mean|x_i - y| - sum_ij |x_i - x_j| / (2 m (m - 1)) = 2/(m (m-1)) sum_i (x_i - y)((m-1) 1{y < x_i} - i)`,
/// `i` from 0. Ferro (2014), doi:10.1002/qj.2270. No term of the last sum is negative, nor is the score.
///
/// Fewer than two draws, or a missing value anywhere, give NaN.
pub fn fair<T: Copy + Into<f64>>(row: &[T], y: f64) -> f64 {
    let (Some(&first), Some(&last), true) = (row.first(), row.last(), row.len() > 1) else { return f64::NAN };
    let (first, last): (f64, f64) = (first.into(), last.into());
    if first == last {
        return (first - y).abs();
    }
    let m = row.len() as f64;
    let term = |i: f64, x: f64| {
        let above = if x > y { m - 1.0 } else { 0.0 };
        (x - y) * (above - i)
    };
    2.0 * sum(row, term) / (m * (m - 1.0))
}

/// Sum of a function of rank (from 0) and draw.
#[inline(always)]
pub(crate) fn sum<T: Copy + Into<f64>>(row: &[T], term: impl Fn(f64, f64) -> f64) -> f64 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    let mut ranks = RANKS;
    for block in blocks {
        for lane in 0..LANES {
            lanes[lane] += term(ranks[lane], block[lane].into());
            ranks[lane] += LANES as f64;
        }
    }
    for ((sum, rank), &x) in lanes.iter_mut().zip(ranks).zip(rest) {
        *sum += term(rank, x.into());
    }
    total(lanes)
}

/// The partial sums of a row, added up in their order.
#[inline(always)]
pub(crate) fn total(lanes: [f64; LANES]) -> f64 {
    let [first, rest @ ..] = lanes;
    rest.into_iter().fold(first, |sum, lane| sum + lane)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, word for word: the scalar twin.
    fn by_definition(row: &[f64], y: f64, pairs: f64) -> f64 {
        let m = row.len() as f64;
        let distance = row.iter().map(|x| (x - y).abs()).sum::<f64>() / m;
        let spread: f64 = row.iter().flat_map(|a| row.iter().map(move |b| (a - b).abs())).sum();
        distance - spread / (2.0 * pairs)
    }

    #[test]
    fn worked_by_hand() {
        // Draws 0, 0, 1, 2 and truth 0: 3/4 - (2 * (1 + 2 + 1 + 2 + 1)) / 32 = 3/4 - 7/16.
        let row = [0.0_f32, 0.0, 1.0, 2.0];
        assert_eq!(ensemble(&row, 0.0), 0.3125);
        assert!((fair(&row, 0.0) - (0.75 - 14.0 / 24.0)).abs() < 1e-15);
        assert_eq!(ensemble(&[3.0_f32], 5.0), 2.0);
        assert!(fair(&[3.0_f32], 5.0).is_nan(), "one draw says nothing about spread");
        assert!(ensemble::<f32>(&[], 5.0).is_nan());
    }

    #[test]
    fn constant_rows_are_points_in_both_estimators() {
        let row = [2.5_f32; 100];
        assert_eq!(ensemble(&row, 4.0), 1.5);
        assert_eq!(fair(&row, 4.0), 1.5);
    }

    #[test]
    fn missing_values_stay_missing() {
        assert!(ensemble(&[0.0_f32, 1.0], f64::NAN).is_nan());
        assert!(ensemble(&[0.0_f32, 0.0], f64::NAN).is_nan());
        assert!(ensemble(&[0.0, 1.0, f64::NAN], 1.0).is_nan());
    }

    #[test]
    fn far_from_zero_nothing_is_lost() {
        let near: Vec<f64> = (0..100).map(|i| f64::from(i) * 0.25).collect();
        let far: Vec<f64> = near.iter().map(|x| x + 1e8).collect();
        assert!((ensemble(&near, 3.0) - ensemble(&far, 1e8 + 3.0)).abs() < 1e-12);
        assert!((fair(&near, 3.0) - fair(&far, 1e8 + 3.0)).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn both_forms_agree_with_the_definition(
            mut row in prop::collection::vec(prop_oneof![Just(0.0_f64), 0.0..5.0, -1e3..1e3], 1..70),
            y in prop_oneof![Just(0.0_f64), -1e3..1e3],
        ) {
            row.sort_by(f64::total_cmp);
            let m = row.len() as f64;
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (1.0 + y.abs() + 1e3);
            let expected = by_definition(&row, y, m * m);
            prop_assert!(close(ensemble(&row, y), expected), "{} {expected}", ensemble(&row, y));
            if row.len() > 1 {
                let expected = by_definition(&row, y, m * (m - 1.0));
                prop_assert!(close(fair(&row, y), expected), "{} {expected}", fair(&row, y));
            }
        }

        #[test]
        fn a_score_of_the_edf_is_never_negative_and_zero_only_for_the_truth(
            mut row in prop::collection::vec(0.0_f32..10.0, 1..40), y in 0.0_f64..10.0,
        ) {
            row.sort_by(f32::total_cmp);
            let score = ensemble(&row, y);
            prop_assert!(score >= 0.0);
            prop_assert_eq!(score == 0.0, row.iter().all(|&x| f64::from(x) == y));
        }
    }
}
