//! Checks of what came in, one file each. To add one: write the file, name it below.

use crate::gate::{Rule, Verdict};

/// The rules of an input gate for which nobody wrote others: every check that is about faults fails, those that a war
/// can move as well as a fault warn. `integrity` is what the reference does, to compare with.
pub fn rules() -> Vec<Rule> {
    let moved = ["activity", "regions", "size"];
    let severity = |name| if moved.contains(&name) { Verdict::Warn } else { Verdict::Fail };
    let own = INPUT_CHECKS.iter().filter(|entry| entry.name != "integrity");
    own.map(|entry| Rule::new(entry.name, severity(entry.name))).collect()
}

forewarn_core::catalog! {
    /// Every input check that the binaries know, by name.
    pub static INPUT_CHECKS: [InputCheck] = [
        activity,
        constant,
        coverage,
        freshness,
        integrity,
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
