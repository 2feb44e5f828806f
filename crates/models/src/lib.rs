//! Forecasting models, one file each. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every forecasting model that the binaries know, by name.
    pub static MODELS: [Model] = [conflictology, no_change, zero];
}

pub mod regressors;

mod settings;

#[cfg(test)]
mod conformance;
