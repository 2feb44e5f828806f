//! Checks of what goes out, one file each. To add one: write the file, name it below.

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
