//! Forecasting models, one file each. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every forecasting model that the binaries know, by name.
    pub static MODELS: [Model] = [average, conflictology, conformal, global_bootstrap, hurdle, last_observed_poisson, mixture, no_change, parametric_conflictology, parametric_hurdle, self_exciting, stepshift, zero];
}

pub mod regressors;

mod bytes;
mod cases;
pub mod compat;
mod families;
mod levels;
mod merged;
mod part;
mod settings;
mod state;
mod steps;
mod tree_contributions;
mod tree_state;
mod watched;
mod window;

pub use part::Part;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod regressor_laws;
