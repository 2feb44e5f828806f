//! Trackers: where runs tell what they were told, how good they were, and what they made of what.
//!
//! A [`Tracker`] begins a [`Run`], which is one stage of a group, and gives a [`Tracked`] that takes metrics, tables,
//! pictures, artifacts and alerts until it is finished. There are three: [`Jsonl`] (lines in a file), [`Wandb`] (offline runs
//! that `wandb sync` uploads) and [`Mlflow`] (a server). A [`Collector`] of OpenTelemetry takes [`Span`]s. Nothing here knows what a forecast is.

mod error;
mod jsonl;
mod mlflow;
mod moment;
mod otlp;
mod tracker;
mod wandb;
mod words;

pub use error::{Error, Result};
pub use jsonl::Jsonl;
pub use mlflow::{Mlflow, Patience};
pub use moment::Moment;
pub use otlp::{Collector, Span};
pub use tracker::{Tracked, Tracker};
pub use wandb::Wandb;
pub use words::{Alert, Artifact, File, Level, Metrics, Place, Role, Run, Table};
