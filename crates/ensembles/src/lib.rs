//! Ensembles, one file each. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every ensemble that the binaries know, by name.
    pub static ENSEMBLES: [Ensemble] = [beta_transformed_pool, linear_pool, maximum, mean, median, minimum, stacking, trimmed_mean, weighted_mean];
}

mod beta;
mod errors;
mod members;
mod picks;
mod quantiles;
mod ranks;
pub mod reconcilers;
mod simplex;
mod step_groups;
mod weights;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod learning;
#[cfg(test)]
mod reference;
