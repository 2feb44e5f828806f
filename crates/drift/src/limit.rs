//! Limits that settings must keep to.

use forewarn_core::{Error, Result};

/// Refuses a share that is not between 0 and 1: a test or check would say the same of everything.
pub(crate) fn share(component: &str, setting: &str, share: f64) -> Result<()> {
    if 0.0 < share && share < 1.0 {
        return Ok(());
    }
    Err(Error::config(
        component,
        format!("`{setting}` is {share}; it must be between 0 and 1, both excluded"),
    ))
}

/// Refuses numbers, given with the names of their settings, that are not above 0.
pub(crate) fn positive(component: &str, settings: &[(&str, f64)]) -> Result<()> {
    match settings.iter().find(|(_, value)| !(*value > 0.0 && value.is_finite())) {
        None => Ok(()),
        Some((name, value)) => {
            Err(Error::config(component, format!("`{name}` is {value}; it must be a number above 0")))
        }
    }
}
