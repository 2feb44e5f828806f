//! The words of forewarn and its extension points. No IO, no threads, no clock.
//!
//! Time is a [`Period`] on the axis of a [`Cadence`] ([`Month`] is the typed view of the monthly one),
//! space a [`Unit`] (for PRIO-GRID: [`Cell`]), observations a [`Panel`], a forecast for one target
//! period a [`Field`]. Components implement [`Model`], [`Regressor`], [`Ensemble`], [`Reconcile`], [`Metric`],
//! [`DriftTest`], [`Detector`], [`Map`] or [`Transform`] and declare themselves with [`entry!`].

mod detector;
mod drift;
mod entry;
mod error;
mod field;
mod gate;
mod grid;
mod metric;
mod panel;
mod partition;
mod reconcile;
mod regression;
mod scene;
mod time;
mod traits;

pub use detector::{Detecting, Detector, Signal, Watch};
pub use drift::{Drift, DriftArgs, DriftTest, RowDrift, RowTest};
pub use entry::Entry;
pub use error::{Error, Result};
pub use field::Field;
pub use gate::{
    FieldSummary, Group, InputArgs, InputCheck, Outlook, OutputArgs, OutputCheck, PerformanceCheck, Reading,
    Reference, Track, Trained, TrainedStep, Usual,
};
pub use grid::{COLUMNS, Cell, ROWS, Unit};
pub use metric::{Better, Events, ForecastKind, Metric, Places, ScoreArgs, ScoreExample, Tally, tallies};
pub use panel::{Axis, Column, History, Panel, Units};
pub use partition::{Partition, PartitionName, RollingOrigins, YearlyPartitions};
pub use reconcile::{Hierarchy, Reconcile, ReconcileArgs, Reconciled};
pub use regression::{
    Contributions, DesignMatrix, LabelArgs, Labels, Predicts, PrepareArgs, Prepared, Regression,
    RegressionPart, Regressor, same_columns,
};
pub use scene::{Ground, Legend, Lines, Scene, Shade};
pub use time::{Cadence, Month, Period, Step};
pub use traits::{
    Beside, Combine, CombineArgs, Ensemble, EnsembleArgs, FitArgs, Fitted, Map, MapArgs, MapInput, Member,
    Model, Needs, NoPast, Output, Past, PastTarget, PredictArgs, TargetKind, Transform, TransformArgs,
    TransformExample, UnitDrift, UnitScores,
};
#[doc(hidden)]
pub use {schemars, serde, serde_json};

/// What a component file needs.
pub mod prelude {
    pub use crate::*;
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
}
