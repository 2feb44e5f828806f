//! Bounds of settings that several metrics share.

use forewarn_core::{Error, Result};

/// A probability strictly between 0 and 1.
pub(crate) fn level(component: &str, level: f64) -> Result<()> {
    if 0.0 < level && level < 1.0 {
        return Ok(());
    }
    Err(Error::config(component, format!("`level` is {level}; it must be between 0 and 1, both excluded")))
}

/// A number that a value can reach or fail to reach.
pub(crate) fn threshold(component: &str, threshold: f64) -> Result<()> {
    if threshold.is_finite() {
        return Ok(());
    }
    Err(Error::config(component, format!("`threshold` is {threshold}; it must be finite")))
}

/// A probability, 0 and 1 included.
pub(crate) fn probability(component: &str, setting: &str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::config(component, format!("`{setting}` is {value}; it must be from 0 to 1")))
}

/// A least value for forecasts; 0 for none.
pub(crate) fn floor(component: &str, floor: f64) -> Result<()> {
    if floor.is_finite() && floor >= 0.0 {
        return Ok(());
    }
    Err(Error::config(component, format!("`floor` is {floor}; it must be 0 or more")))
}

/// A number of bins.
pub(crate) fn bins(component: &str, bins: u16) -> Result<()> {
    if bins > 0 {
        return Ok(());
    }
    Err(Error::config(component, "`bins` is 0; it must be 1 or more"))
}
