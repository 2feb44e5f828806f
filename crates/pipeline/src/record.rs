//! The record of a run: what was done with what, at what cost, and how it ended.
//!
//! One folder a run, `records/NNNN` in the output folder, with `record.json` and `run.log`; with an archive on a server
//! `.records/NNNN` there. It is written at the end,
//! whole or not at all, also when the run fails. Numbers only rise: a repeated run has a record of its own, whatever the
//! clock says.

mod digests;
mod host;
mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::engine::StepRecord;
use crate::outcome::{GateSummary, Until};
use crate::usage::Usage;
use crate::{Error, Result};

pub use digests::Digests;
pub(crate) use digests::{PAGE, SCORES};
pub use host::Host;
pub(crate) use settings::{CONFIG, GATES, QUERY_SET, leaves, settings};

/// File of the record in its folder.
pub(crate) const RECORD: &str = "record.json";
/// File of the log beside it.
pub(crate) const LOG: &str = "run.log";

/// What a run did, with what, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Version of this record: [`Record::SCHEMA`].
    pub schema: u32,
    /// Number of the record, `0007`: the name of its folder.
    pub id: String,
    /// Id of the run: the same inputs and program have the same. `None` when it failed before its observations were
    /// checked.
    pub run: Option<String>,
    /// How far it was to go.
    pub until: Until,
    /// How it ended.
    pub end: End,
    /// What stopped it.
    pub failure: Option<Failure>,
    /// Parts that could not be made, and why.
    pub missing: Vec<String>,
    /// What should be known.
    pub warnings: Vec<String>,
    /// When it began: UTC, as in RFC 3339.
    pub started: String,
    /// When it ended.
    pub ended: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// CPU seconds of the run; largest memory of the process until its end, in bytes.
    pub usage: Usage,
    /// The machine.
    pub host: Host,
    /// The program.
    pub code: Code,
    /// Seed of everything random.
    pub seed: u64,
    /// Label of the last known period.
    pub origin: Option<String>,
    /// The configuration file.
    pub file: PathBuf,
    /// Everything the run was told, as TOML by name of the file: the resolved configuration, models, ensembles, query set,
    /// rules of the gates (without who is told, which may be secret and changes nothing).
    pub settings: BTreeMap<String, String>,
    /// Digest of the resolved configuration.
    pub config: String,
    /// Where each value of the configuration came from, by path.
    pub origins: BTreeMap<String, String>,
    /// The observations, by name.
    pub sources: BTreeMap<String, Source>,
    /// Digests of what was made.
    pub digests: Digests,
    /// The forecast that is issued.
    pub issued: Option<IssuedForecast>,
    /// What the gates said.
    pub gates: Vec<GateSummary>,
    /// What each step made of what, and its cost.
    pub steps: Vec<StepRecord>,
    /// Files that were written.
    pub files: Vec<PathBuf>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// All of it was done.
    Done,
    /// Done, but for some parts.
    Incomplete,
    /// Something stopped it.
    Failed,
}

impl End {
    /// As written in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }
}

/// What stopped a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Where: the step that failed, else the gate, or the last step before.
    pub place: String,
    /// Why.
    pub reason: String,
    /// Exit code that says so.
    pub exit_code: u8,
}

/// Observations that a run was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its file; `None` for a process.
    pub path: Option<PathBuf>,
    /// SHA-256 of the file, or of the settings of the process.
    pub digest: String,
}

/// The forecast that is issued, and how good such forecasts were.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedForecast {
    /// Model or ensemble.
    pub name: String,
    /// Its scores over all rows of the evaluated partition, by metric; those that are not defined are left out.
    pub scores: BTreeMap<String, f64>,
}

impl Record {
    /// The version that is written.
    pub const SCHEMA: u32 = 1;

    /// Reads the record in a folder.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::Config`] when it is none, or of another version.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(RECORD);
        Self::parse(&std::fs::read(&path).map_err(Error::io(&path))?, &path)
    }

    /// The record that a file or object holds.
    ///
    /// # Errors
    /// [`Error::Config`] when it is none, or of another version.
    pub(crate) fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let wrong = |reason: String| Error::config(path.display().to_string(), reason);
        let Version { schema } = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if schema != Self::SCHEMA {
            let known = Self::SCHEMA;
            return Err(wrong(format!(
                "is of version {schema}, this program knows {known}: use another one"
            )));
        }
        serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))
    }

    /// Folder of the run's results, in the output folder `root`.
    pub fn folder(&self, root: &Path) -> Option<PathBuf> {
        Some(root.join("runs").join(self.run.as_ref()?))
    }
}

/// A value as it is called in the record.
pub(crate) fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests;
