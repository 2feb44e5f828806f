//! Drift tests and detectors of drift in streams, one file each. To add one: write the file, name it below.
//!
//! A drift test compares two samples of one column and says how likely a difference at least this great is when
//! nothing has changed. Whether the difference matters is another question: with many values anything is
//! significant.

forewarn_core::catalog! {
    /// Every drift test that the binaries know, by name.
    pub static DRIFT_TESTS: [DriftTest] = [
        anderson_darling, chi_square, cramer_von_mises, energy_distance, epps_singleton, fisher_exact, g_test, hellinger, jeffreys, jensen_shannon, kolmogorov_smirnov, kuiper, kullback_leibler, mann_whitney, mmd, psi, total_variation, wasserstein, welch, zero_inflated,
    ];
}

forewarn_core::catalog! {
    /// Every test of rows of several columns that the binaries know, by name.
    pub static ROW_TESTS: [RowTest] = [domain_classifier, mahalanobis, pca_residual];
}

pub mod cbpe;
pub mod detectors;
pub mod faults;
pub mod gate;
pub mod input;
pub mod output;
pub mod performance;
pub mod profile;
pub mod reference;

mod binned;
mod chance;
mod columns;
mod deals;
mod limit;
mod newest;
mod replay;
mod samples;
pub mod settings;
mod words;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod check_conformance;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod peers;
