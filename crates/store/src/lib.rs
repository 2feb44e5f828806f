//! What is kept: whole-or-nothing files, the step cache, fitted models, the forecast archive. It knows fields and labels, not panels.
//!
//! Everything here is written beside its place and renamed into it: a reader, or a run that is killed, finds a file
//! whole or not at all.

mod archive;
mod artifact;
mod copies;
mod digest;
mod editions;
mod error;
pub mod file;
mod forecast;
mod objects;
mod steps;
mod table;

pub use archive::{Archive, Fault, FaultKind, Filed, Made, Manifest, Unreadable, Verification};
pub use artifact::{Artifact, Artifacts, Cost, FeatureList, Fit, REFERENCE, STATE, Training};
pub use digest::Digest;
pub use editions::{Edition, Editions};
pub use error::{Error, Result};
pub use forecast::{ForecastFile, Labels, write_forecast};
pub use objects::{Object, Objects, is_address, open as open_objects};
pub use steps::{Lookup, StepOutput, StepStore, Workspace};
pub use table::write_table;
