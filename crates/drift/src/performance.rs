//! Checks of how good forecasts were, one file each. To add one: write the file, name it below.

use crate::gate::{Rule, Verdict};

/// The rules of a performance gate for which nobody wrote others: a forecast that became worse than it was fails, one that is no better than its baseline warns.
pub fn rules() -> Vec<Rule> {
    let fails = ["score-difference"];
    let severity = |name| if fails.contains(&name) { Verdict::Fail } else { Verdict::Warn };
    PERFORMANCE_CHECKS.iter().map(|entry| Rule::new(entry.name, severity(entry.name))).collect()
}

forewarn_core::catalog! {
    /// Every performance check that the binaries know, by name.
    pub static PERFORMANCE_CHECKS: [PerformanceCheck] = [baseline_lost, score_difference];
}

mod finals;

#[cfg(test)]
pub(crate) mod cases;
