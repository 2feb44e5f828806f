//! Checks of what goes out, one file each. To add one: write the file, name it below.

use crate::gate::{Rule, Verdict};

/// The rules of an output gate for which nobody wrote others: what cannot be fails, what the world may have moved warns.
pub fn rules() -> Vec<Rule> {
    let fails = ["coherence", "impossible", "stripes"];
    let severity = |name| if fails.contains(&name) { Verdict::Fail } else { Verdict::Warn };
    OUTPUT_CHECKS.iter().map(|entry| Rule::new(entry.name, severity(entry.name))).collect()
}

forewarn_core::catalog! {
    /// Every output check that the binaries know, by name.
    pub static OUTPUT_CHECKS: [OutputCheck] =
        [activation, coherence, high_quantile, impossible, mean, rank_stability, stripes, trained];
}

mod leads;
mod past;
mod ratio;

#[cfg(test)]
pub(crate) mod cases;

pub use leads::Leads;
