//! Scores that are a mean over rows: the tally is the number of rows and the sum of their losses.

use forewarn_core::{ScoreArgs, Tally};

/// Adds up a loss of truth and ascending draws.
pub(crate) fn tally(args: &ScoreArgs<'_>, loss: impl Fn(f64, &[f32]) -> f64) -> Tally {
    let (mut rows, mut sum) = (0.0, 0.0);
    for (y, row) in args.rows() {
        rows += 1.0;
        sum += loss(f64::from(y), row);
    }
    Tally(vec![rows, sum])
}

/// Mean loss; NaN for no rows.
pub(crate) fn mean(tally: &Tally) -> f64 {
    tally.at(1) / tally.at(0)
}
