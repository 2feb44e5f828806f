//! Forecast verification, one file a metric. To add one: write the file, name it below.
//!
//! A metric turns a field and what was then observed into a [`Tally`](forewarn_core::Tally) of sums; tallies
//! add, and the score of any group (a step, a month, an origin) is that of its pooled tally. A point
//! forecast is a distribution all of whose mass is on one value. A score that is not defined says why, and never gives
//! a number that looks like one.

forewarn_core::catalog! {
    /// Every metric that the binaries know, by name.
    pub static METRICS: [Metric] = [
        accuracy,
        average_precision,
        bias,
        brier,
        calibration_error,
        coverage,
        crps,
        dawid_sebastiani,
        energy_score,
        f1,
        fractions_skill_score,
        gini,
        ignorance,
        interval_score,
        log_loss,
        mae,
        mape,
        mase,
        mcc,
        mean_calibration_ratio,
        moran,
        mse,
        msle,
        pearson,
        pinball,
        pit_deviation,
        poisson_deviance,
        precision,
        quantile_score,
        r2,
        recall,
        resolution,
        rmse,
        rmsle,
        roc_auc,
        sal,
        smape,
        spearman,
        threshold_crps,
        tweedie_deviance,
        variogram_score,
        weighted_interval_score,
    ];
}

mod average;
mod calibration;
mod confusion;
mod deviance;
mod joint;
mod levels;
mod moments;
mod picture;
mod points;
mod settings;

#[cfg(test)]
mod conformance;
