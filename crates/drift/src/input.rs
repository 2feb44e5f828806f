//! Checks of what came in, one file each. To add one: write the file, name it below.

use crate::gate::{Rule, Verdict};

/// The rules of an input gate for which nobody wrote others: every check that is about faults fails, those that a war
/// can move as well as a fault warn.
pub fn rules() -> Vec<Rule> {
    let moved = ["activity", "regions", "size"];
    let severity = |name| if moved.contains(&name) { Verdict::Warn } else { Verdict::Fail };
    INPUT_CHECKS.iter().map(|entry| Rule::new(entry.name, severity(entry.name))).collect()
}

forewarn_core::catalog! {
    /// Every input check that the binaries know, by name.
    pub static INPUT_CHECKS: [InputCheck] = [
        activity,
        constant,
        coverage,
        freshness,
        missing,
        placement,
        range,
        regions,
        repeated,
        revision,
        silent,
        size,
        whole,
    ];
}

#[cfg(test)]
mod tests;
