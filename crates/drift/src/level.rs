//! The setting that every drift test has.

use forewarn_core::{Error, Result};

/// Refuses a level that is not between 0 and 1: the test would say the same of every column.
pub(crate) fn check(test: &str, level: f64) -> Result<()> {
    if 0.0 < level && level < 1.0 {
        return Ok(());
    }
    Err(Error::config(test, format!("`level` is {level}; it must be between 0 and 1, both excluded")))
}
