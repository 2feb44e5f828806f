//! The run, from observations to filed forecasts: fetch > validate > features > train > forecast > combine >
//! evaluate > maps > report > archive.
//!
//! Every stage is made of idempotent steps, keyed by the digest of their inputs and of the program: a run that was
//! killed goes on where it was and ends with the same bytes.

pub mod archived;
pub mod artifacts;
mod clock;
mod code;
mod components;
mod config;
mod context;
mod coverage;
pub mod diversity;
pub mod drift;
mod engine;
mod error;
mod explain;
mod filing;
pub mod gates;
pub mod importance;
pub mod imports;
mod judge;
mod layers;
pub mod lineage;
pub mod maps;
mod model_catalog;
pub mod online;
mod outcome;
mod page;
mod partitions;
mod plan;
mod progress;
pub mod promotion;
pub mod record;
mod recorder;
pub mod redteam;
pub mod replay;
pub mod report;
mod reports;
pub mod rerun;
mod results;
mod run;
pub mod runs;
mod scores;
pub mod scoring;
mod secret;
mod session;
mod shared;
#[cfg(test)]
mod small_run;
mod stages;
pub mod sweep;
mod telemetry;
mod trackers;
mod tracking;
pub mod truth;
mod usage;
pub mod why;
mod work;

pub use code::Code;
pub use components::{
    EnsembleSpec, MissingMember, ModelSpec, Role, Status, ensembles, is_component_name, models,
};
pub use config::{
    Compat, Config, Countries, Download, Evaluation, Features, Forecast, Gates, Maps, SilentPeriods, Source,
    Target, Validation,
};
pub use engine::StepRecord;
pub use error::{Error, Result};
pub use explain::{Explained, explain};
pub use forewarn_store::{
    Archive, Artifact, Artifacts, Cost, FaultKind, Filed, Made, Manifest, Unreadable, Verification,
    write_table,
};
pub use judge::judge;
pub use layers::{Resolved, Shown};
pub use outcome::{GateSummary, Outcome, Until};
pub use partitions::{Partitions, Ranges, Yearly};
pub use plan::{Plan, Task, plan};
pub use progress::{Event, Observer, Silent};
pub use run::{Single, run, task, write_file};
pub use scores::{
    Comparison, Forecasts, Group, GroupSlices, Intervals, Leads, Margin, NamedMetric, OriginTallies, Part,
    Score, Scores, Skill, Slices, State, Summary, Verdict, is_better, skill,
};
pub use shared::reach;
pub use stages::fetch::download;
pub use trackers::{MlflowSettings, TrackerKind, Tracking, WandbSettings};
pub use usage::Usage;
