//! Drift tests and detectors of drift in streams, one file each. To add one: write the file, name it below.
//!
//! A drift test compares two samples of one column and says how likely a difference at least this great is when
//! nothing has changed. Whether the difference matters is another question: with many values anything is
//! significant.

forewarn_core::catalog! {
    /// Every drift test that the binaries know, by name.
    pub static DRIFT_TESTS: [DriftTest] = [chi_square, g_test, kolmogorov_smirnov, mann_whitney, welch];
}

pub mod cbpe;
pub mod detectors;
pub mod input;
pub mod mahalanobis;
pub mod output;
pub mod pca_residual;
pub mod performance;

mod binned;
mod columns;
mod level;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod conformance;
