//! Scores that are weighted means over rows: the tally is `[rows, weight, sum of the first row score, ...]`.

use forewarn_core::{Error, Result, Tally};

/// Mean of row score `i`.
///
/// # Errors
/// [`Error::Data`] when there are no rows.
pub(crate) fn mean(tally: &Tally, i: usize) -> Result<f64> {
    if tally.at(0) == 0.0 {
        return Err(Error::data("no row has both a forecast and a truth"));
    }
    if tally.at(1) == 0.0 {
        return Err(Error::data("all rows have weight 0"));
    }
    Ok(tally.at(2 + i) / tally.at(1))
}
