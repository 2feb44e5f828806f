//! Forecasting models, one file each. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every forecasting model that the binaries know, by name.
    pub static MODELS: [Model] = [conflictology, conformal, hurdle, no_change, self_exciting, stepshift, zero];
}

pub mod regressors;

mod bytes;
mod cases;
mod levels;
mod merged;
mod part;
mod settings;
mod state;
mod steps;
mod tree_state;

pub use part::Part;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod regressor_laws;
