//! Forecast verification, one file a metric. To add one: write the file, name it below.
//!
//! A metric turns a field and what was then observed into a [`Tally`](forewarn_core::Tally) of sums; tallies
//! add, and the score of any group (a step, a month, an origin) is that of its pooled tally. Rows hold their
//! draws ascending ([`Field::sorted`](forewarn_core::Field::sorted)); a point forecast is a distribution all of
//! whose mass is on one value. A score that is not defined is NaN, never a number that looks like one.

forewarn_core::catalog! {
    /// Every metric that the binaries know, by name.
    pub static METRICS: [Metric] = [
        average_precision,
        bias,
        brier,
        coverage,
        crps,
        interval_score,
        mae,
        mean_calibration_ratio,
        mse,
        msle,
        quantile_score,
        rmse,
        roc_auc,
    ];
}

mod average;
mod levels;
mod settings;

#[cfg(test)]
mod conformance;
