//! Tabular regressors, one file each in `regressors/`. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every tabular regressor that the binaries know, by name.
    pub static REGRESSORS: [Regressor] = [
        boosting,
        elastic_net,
        least_squares,
        random_forest,
        #[cfg(feature = "xgboost")]
        xgboost,
    ];
}

mod linear;
