//! Events and non-events at every forecast probability that `S` draws can express: 0, 1/S, ..., 1.
//!
//! The tally is `[sum of S, sum of S^2, events at 0, non-events at 0, events at 1/S, ...]`, both sums over rows:
//! 2(S + 1) counts, however many rows there were, from which ranking scores come out exactly, with their ties.
//! Level `k` means `k/S`, so tallies of different `S` must not be pooled; the first two sums tell when they were
//! (the spread of `S` is then not zero), and the pool has no score.

use forewarn_core::{ScoreArgs, Tally};
use forewarn_kernels::exceedance::exceeding;

/// Counts of rows by the share of draws `>= threshold`, and by whether the truth is.
pub(crate) fn tally(args: &ScoreArgs<'_>, threshold: f64) -> Tally {
    let width = args.forecast.width();
    let draws = width as f64;
    let mut sums = vec![0.0; 2 + 2 * (width + 1)];
    for (y, row) in args.rows() {
        let kind = usize::from(f64::from(y) < threshold);
        sums[0] += draws;
        sums[1] += draws * draws;
        sums[2 + 2 * exceeding(row, threshold) + kind] += 1.0;
    }
    Tally(sums)
}

/// A score of `[events, non-events]` by ascending probability; NaN for no rows and for a pool of forecasts of
/// different numbers of draws.
pub(crate) fn score(tally: &Tally, score: fn(&[[f64; 2]]) -> f64) -> f64 {
    let [draws, squares, counts @ ..] = tally.0.as_slice() else { return f64::NAN };
    let levels = counts.as_chunks().0;
    let rows: f64 = counts.iter().sum();
    // Whole numbers below 2^53: equal exactly, or not of one S.
    if *squares == draws * (draws / rows) { score(levels) } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Field, Period, Step, Unit};
    use forewarn_kernels::ranking::roc_auc;

    use super::*;

    fn of(observed: &[f32], draws: usize, values: &[f32]) -> Tally {
        let units = (0..observed.len() as u32).map(Unit).collect();
        let field = Field::draws(Period(1), Step(1), units, draws, values.to_vec()).unwrap();
        tally(&ScoreArgs::new(observed, &field).unwrap(), 1.0)
    }

    #[test]
    fn rows_are_counted_where_they_belong() {
        let t = of(&[0.0, 1.0, f32::NAN, 3.0], 2, &[0.0, 0.5, 0.0, 1.0, 0.0, 1.0, 1.0, 2.0]);
        assert_eq!(t.0, [6.0, 12.0, /* 0 */ 0.0, 1.0, /* 1/2 */ 1.0, 0.0, /* 1 */ 1.0, 0.0]);
        assert_eq!(score(&t, roc_auc), 1.0);
    }

    #[test]
    fn forecasts_of_different_numbers_of_draws_have_no_common_score() {
        let mut pool = of(&[0.0, 1.0], 2, &[0.0, 0.0, 0.0, 1.0]);
        assert_eq!(score(&pool, roc_auc), 1.0);
        pool.add(&of(&[0.0, 1.0], 2, &[0.0, 0.0, 0.0, 1.0]));
        assert_eq!(score(&pool, roc_auc), 1.0, "the same number pools");
        pool.add(&of(&[f32::NAN], 3, &[0.0, 0.0, 0.0]));
        assert_eq!(score(&pool, roc_auc), 1.0, "no row, no mixture");
        pool.add(&of(&[0.0], 3, &[0.0, 0.0, 0.0]));
        assert!(score(&pool, roc_auc).is_nan());
        assert!(score(&Tally::default(), roc_auc).is_nan());
    }
}
