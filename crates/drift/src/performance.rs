//! Checks of how good forecasts were, one file each. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every performance check that the binaries know, by name.
    pub static PERFORMANCE_CHECKS: [PerformanceCheck] = [baseline_lost, score_difference];
}

mod finals;

#[cfg(test)]
pub(crate) mod cases;
