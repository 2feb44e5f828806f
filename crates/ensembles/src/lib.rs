//! Ensembles, one file each. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every ensemble that the binaries know, by name.
    pub static ENSEMBLES: [Ensemble] = [mean, median];
}

mod quantiles;
pub mod reconcilers;

#[cfg(test)]
mod conformance;
