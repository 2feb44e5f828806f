//! Checks of what came in, one file each. To add one: write the file, name it below.

use crate::gate::{Rule, Verdict};

/// The rules of an input gate for which nobody wrote others: every check that is about faults fails, those that a war
/// can move as well as a fault warn. Not among them: `integrity`, which is what the reference does, and `cells` and `scan`,
/// which tell of the world more often than of its data.
pub fn rules() -> Vec<Rule> {
    let moved = ["activity", "regions", "size"];
    let severity = |name| if moved.contains(&name) { Verdict::Warn } else { Verdict::Fail };
    let own = INPUT_CHECKS.iter().filter(|entry| !["cells", "integrity", "scan"].contains(&entry.name));
    own.map(|entry| Rule::new(entry.name, severity(entry.name))).collect()
}

forewarn_core::catalog! {
    /// Every input check that the binaries know, by name.
    pub static INPUT_CHECKS: [InputCheck] = [
        activity,
        cells,
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
        scan,
        silent,
        size,
        whole,
    ];
}

#[cfg(test)]
mod tests;
