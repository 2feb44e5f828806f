//! The tests of the reference, and from where on it warns.

use std::collections::BTreeMap;

use forewarn_core::prelude::*;

use super::shares::{By, What};

/// A test of the reference.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// Share of all values that are missing.
    GlobalMissingness,
    /// Share of all values that are zero.
    GlobalZeros,
    /// Share of values that are missing, of the period with the greatest.
    TimeMissingness,
    /// Share of values that are missing, of the unit with the greatest.
    SpaceMissingness,
    /// Share of values that are missing, of each column.
    FeatureMissingness,
    /// Share of values that are zero, of the period with the greatest.
    TimeZeros,
    /// Share of values that are zero, of the unit with the greatest.
    SpaceZeros,
    /// Share of values that are zero, of each column.
    FeatureZeros,
    /// Relative change of the share of each column that is missing.
    DeltaCompleteness,
    /// Relative change of the share of each column that is zero.
    DeltaZeroes,
    /// Distance of the greatest new value of each column from the mean, in standard deviations.
    ExtremeValues,
    /// One over the p value of the test of Kolmogorov and Smirnov on the values of each column that are above zero.
    KsDrift,
    /// Relative change of the share of outliers among rows of all columns, by ECOD.
    EcodDrift,
}

impl Test {
    /// Its catalog name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GlobalMissingness => "global-missingness",
            Self::GlobalZeros => "global-zeros",
            Self::TimeMissingness => "time-missingness",
            Self::SpaceMissingness => "space-missingness",
            Self::FeatureMissingness => "feature-missingness",
            Self::TimeZeros => "time-zeros",
            Self::SpaceZeros => "space-zeros",
            Self::FeatureZeros => "feature-zeros",
            Self::DeltaCompleteness => "delta-completeness",
            Self::DeltaZeroes => "delta-zeroes",
            Self::ExtremeValues => "extreme-values",
            Self::KsDrift => "ks-drift",
            Self::EcodDrift => "ecod-drift",
        }
    }

    /// What it takes the share of, if it is about shares of the whole panel.
    pub(super) fn share(self) -> Option<(What, By)> {
        Some(match self {
            Self::GlobalMissingness => (What::Missing, By::All),
            Self::GlobalZeros => (What::Zeros, By::All),
            Self::TimeMissingness => (What::Missing, By::Period),
            Self::SpaceMissingness => (What::Missing, By::Unit),
            Self::FeatureMissingness => (What::Missing, By::Feature),
            Self::TimeZeros => (What::Zeros, By::Period),
            Self::SpaceZeros => (What::Zeros, By::Unit),
            Self::FeatureZeros => (What::Zeros, By::Feature),
            _ => return None,
        })
    }
}

/// A set of tests with thresholds, as the reference has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Set {
    /// Of its pipeline for the calibration partition: shares of the whole panel.
    Calibration,
    /// Of its pipeline for the validation partition, the same.
    Validation,
    /// Of its pipeline for forecasts: the last period against those before it.
    #[default]
    Forecasting,
    /// The default of `viewser`: all tests.
    Viewser,
}

impl Set {
    /// Trusted and tested periods.
    pub(super) fn lengths(self) -> [u32; 2] {
        if self == Self::Viewser { [10, 1] } else { [30, 1] }
    }

    pub(super) fn thresholds(self) -> BTreeMap<Test, f64> {
        let shares = [
            (Test::GlobalMissingness, 0.01),
            (Test::TimeMissingness, 0.05),
            (Test::SpaceMissingness, 0.05),
            (Test::FeatureMissingness, 0.05),
            (Test::GlobalZeros, 0.99),
            (Test::TimeZeros, 0.95),
            (Test::FeatureZeros, 0.95),
        ];
        let changes =
            [(Test::DeltaCompleteness, 0.01), (Test::DeltaZeroes, 0.01), (Test::ExtremeValues, 5.0)];
        let all = [
            (Test::GlobalMissingness, 0.05),
            (Test::GlobalZeros, 0.75),
            (Test::TimeMissingness, 0.01),
            (Test::SpaceMissingness, 0.03),
            (Test::FeatureMissingness, 0.01),
            (Test::TimeZeros, 0.75),
            (Test::SpaceZeros, 0.95),
            (Test::FeatureZeros, 0.75),
            (Test::DeltaCompleteness, 1.01),
            (Test::DeltaZeroes, 1.01),
            (Test::ExtremeValues, 4.0),
            (Test::KsDrift, 100.0),
            (Test::EcodDrift, 0.05),
        ];
        match self {
            Self::Calibration | Self::Validation => shares.into(),
            Self::Forecasting => changes.into(),
            Self::Viewser => all.into(),
        }
    }
}
