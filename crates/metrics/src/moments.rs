//! Scores of means, variances and the covariance of forecast and truth.
//!
//! The tally is `[rows, weight, mean f, mean y, sum (f - mean)^2, sum (y - mean)^2, sum (f - mean)(y - mean),
//! sum (f - y)^2]`. Pools merge means and moments: raw sums of squares would lose everything where values are far from
//! zero.

use forewarn_core::{Error, Result, ScoreArgs, Tally};
use forewarn_kernels::correlation::Moments;

use crate::points::{Compat, pairs};

/// The moments of some rows.
pub(crate) fn tally(args: &ScoreArgs<'_>, compat: Option<Compat>) -> Tally {
    let pairs = pairs(args, compat);
    let column = |of: fn(&crate::points::Pair) -> f64| pairs.iter().map(of).collect::<Vec<f64>>();
    let moments = Moments::of(&column(|p| p.forecast), &column(|p| p.observed), &column(|p| p.weight));
    let squares = pairs.iter().map(|p| p.weight * (p.forecast - p.observed).powi(2)).sum();
    written(&moments, squares)
}

/// Adds the moments of other rows.
pub(crate) fn pool(pool: &mut Tally, part: &Tally) {
    *pool = written(&read(pool).merge(&read(part)), pool.at(7) + part.at(7));
}

fn written(moments: &Moments, squared_errors: f64) -> Tally {
    let Moments { rows, weight, mean, squares, products, .. } = *moments;
    Tally(vec![rows as f64, weight, mean[0], mean[1], squares[0], squares[1], products, squared_errors])
}

fn read(tally: &Tally) -> Moments {
    Moments {
        rows: tally.at(0) as u64,
        missing: 0,
        weight: tally.at(1),
        mean: [tally.at(2), tally.at(3)],
        squares: [tally.at(4), tally.at(5)],
        products: tally.at(6),
    }
}

/// The moments and the sum of squared errors, for a score that needs variance.
///
/// # Errors
/// [`Error::Data`] when there is no row, or the truth or (where asked) the forecast is constant.
pub(crate) fn varying(tally: &Tally, forecast_too: bool) -> Result<(Moments, f64)> {
    let moments = read(tally);
    if moments.weight == 0.0 {
        return Err(Error::data("no row has both a forecast and a truth"));
    }
    if moments.squares[1] <= 0.0 {
        return Err(Error::data("the truth is constant"));
    }
    if forecast_too && moments.squares[0] <= 0.0 {
        return Err(Error::data("the forecast is constant"));
    }
    Ok((moments, tally.at(7)))
}
