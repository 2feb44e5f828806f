//! Scores of means, variances and the covariance of forecast and truth.
//!
//! The tally is `[weight, mean f, mean y, sum (f - mean)^2, sum (y - mean)^2, sum (f - mean)(y - mean), sum (f - y)^2]`,
//! merged by the formulas of Chan, Golub and LeVeque (1983), doi:10.1080/00031305.1983.10483115: raw sums of squares
//! would lose everything where values are far from zero.

use forewarn_core::{Error, Result, ScoreArgs, Tally};

use crate::points::{Compat, Pair, pairs};

/// The moments of some rows, in two passes.
pub(crate) fn tally(args: &ScoreArgs<'_>, compat: Option<Compat>) -> Tally {
    let pairs = pairs(args, compat);
    let sum = |term: &dyn Fn(&Pair) -> f64| pairs.iter().map(|p| p.weight * term(p)).sum::<f64>();
    let weight = sum(&|_| 1.0);
    if weight == 0.0 {
        return Tally::default();
    }
    let (f, y) = (sum(&|p| p.forecast) / weight, sum(&|p| p.observed) / weight);
    Tally(vec![
        weight,
        f,
        y,
        sum(&|p| (p.forecast - f).powi(2)),
        sum(&|p| (p.observed - y).powi(2)),
        sum(&|p| (p.forecast - f) * (p.observed - y)),
        sum(&|p| (p.forecast - p.observed).powi(2)),
    ])
}

/// Adds the moments of other rows.
pub(crate) fn pool(pool: &mut Tally, part: &Tally) {
    if part.at(0) == 0.0 {
        return;
    }
    if pool.at(0) == 0.0 {
        *pool = part.clone();
        return;
    }
    let weight = pool.at(0) + part.at(0);
    let (df, dy) = (part.at(1) - pool.at(1), part.at(2) - pool.at(2));
    let shift = pool.at(0) * part.at(0) / weight;
    let share = part.at(0) / weight;
    let mixed = [df * df, dy * dy, df * dy, 0.0];
    for (i, product) in (3..).zip(mixed) {
        pool.0[i] += part.at(i) + shift * product;
    }
    pool.0[1] += df * share;
    pool.0[2] += dy * share;
    pool.0[0] = weight;
}

/// The moments, for a score that needs variance.
///
/// # Errors
/// [`Error::Data`] when there is no row, or the truth or (where asked) the forecast is constant.
pub(crate) fn varying(tally: &Tally, forecast_too: bool) -> Result<[f64; 7]> {
    if tally.at(0) == 0.0 {
        return Err(Error::data("no row has both a forecast and a truth"));
    }
    if tally.at(4) <= 0.0 {
        return Err(Error::data("the truth is constant"));
    }
    if forecast_too && tally.at(3) <= 0.0 {
        return Err(Error::data("the forecast is constant"));
    }
    Ok([0, 1, 2, 3, 4, 5, 6].map(|i| tally.at(i)))
}
