//! The setting that most checks have.

use forewarn_core::{Error, Result};

/// Refuses a share that is not between 0 and 1: the check would say the same of everything.
pub(crate) fn check(check: &str, setting: &str, share: f64) -> Result<()> {
    if 0.0 < share && share < 1.0 {
        return Ok(());
    }
    Err(Error::config(check, format!("`{setting}` is {share}; it must be between 0 and 1, both excluded")))
}
