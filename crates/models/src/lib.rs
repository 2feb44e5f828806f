//! Forecasting models, one file each. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every forecasting model that the binaries know, by name.
    pub static MODELS: [Model] = [conflictology, conformal, hurdle, no_change, self_exciting, stepshift, zero];
}

pub mod regressors;

mod cases;
mod levels;
mod part;
mod settings;
mod state;
mod steps;

pub use part::Part;

#[cfg(test)]
mod conformance;
