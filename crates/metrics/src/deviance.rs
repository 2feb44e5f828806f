//! Tallies of Tweedie deviances.

use forewarn_core::{Error, Result, ScoreArgs, Tally};
use forewarn_kernels::point::tweedie_deviance;

use crate::points::{Compat, pairs};

/// `[rows, weight, sum]` of the deviance of `power` from forecasts of at least `floor`.
///
/// # Errors
/// [`Error::Data`] with the first pair outside the domain of the power.
pub(crate) fn tally(
    args: &ScoreArgs<'_>,
    (power, floor): (f64, f64),
    compat: Option<Compat>,
) -> Result<Tally> {
    let mut sums = vec![0.0; 3];
    for pair in pairs(args, compat) {
        // Without a floor a negative forecast of a power that allows it stays what it is.
        let forecast = if floor > 0.0 { pair.forecast.max(floor) } else { pair.forecast };
        let deviance = tweedie_deviance(forecast, pair.observed, power);
        if !deviance.is_finite() {
            return Err(Error::data(format!(
                "the deviance of power {power} is not defined for forecast {forecast}, observed {}: it needs \
                 forecasts above 0 (see `floor`) and observations of at least 0, above 0 from power 2",
                pair.observed
            )));
        }
        sums[0] += 1.0;
        sums[1] += pair.weight;
        sums[2] += pair.weight * deviance;
    }
    Ok(Tally(sums))
}
