//! Checks of settings that several detectors have.

use forewarn_core::{Error, Result};

/// Refuses a number that is below `least`, or not finite.
pub(super) fn at_least(detector: &str, name: &str, value: f64, least: f64) -> Result<()> {
    if value.is_finite() && value >= least {
        return Ok(());
    }
    Err(Error::config(detector, format!("`{name}` is {value}; it must be at least {least}")))
}

/// Refuses a value of `name` that is below one of `other`.
pub(super) fn in_order(
    detector: &str,
    (name, value): (&str, f64),
    (other, least): (&str, f64),
) -> Result<()> {
    if value >= least {
        return Ok(());
    }
    let reason = format!("`{name}` is {value} and `{other}` {least}; `{name}` must not be the smaller one");
    Err(Error::config(detector, reason))
}
