//! How far a run goes, and what it did.

use std::path::PathBuf;

use forewarn_drift::gate::Verdict;
use serde::{Deserialize, Serialize};

use crate::engine::StepRecord;
use crate::gates::Kind;
use crate::scores::Scores;
use crate::usage::Usage;

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// The checked panel.
    Validate,
    /// The features.
    Features,
    /// The fitted models.
    Train,
    /// The forecasts of models and ensembles, filed without being evaluated or judged: for origins that are past.
    Hindcast,
    /// The models' forecasts.
    Forecast,
    /// The ensembles' forecasts.
    Combine,
    /// The scores.
    Evaluate,
    /// What the gates say of the forecast and of how good it was.
    Judge,
    /// The catalog of models, which is made only when a run is to end with it: it tells costs, which differ from run to
    /// run.
    Catalog,
    /// The maps.
    Map,
    /// The report.
    Report,
    /// Everything, filed.
    Archive,
}

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Its id: the same inputs and program have the same.
    pub run: String,
    /// Folder of its results.
    pub folder: PathBuf,
    /// Files that were written there or in the archive.
    pub files: Vec<PathBuf>,
    /// The page to open, when the run went so far.
    pub report: Option<PathBuf>,
    /// Every score, when the run was to end with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
    /// What the gates said.
    pub gates: Vec<GateSummary>,
    /// Parts that could not be made, and why.
    pub missing: Vec<String>,
    /// What should be known.
    pub warnings: Vec<String>,
    /// What each step cost.
    pub steps: Vec<StepRecord>,
    /// What the whole run cost.
    pub usage: Usage,
    /// Folder of its record.
    pub record: PathBuf,
}

/// What a gate said, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateSummary {
    /// Which gate.
    pub gate: Kind,
    /// What it said.
    pub verdict: Verdict,
    /// What is off, or unknown, each in a sentence.
    pub reasons: Vec<String>,
    /// The whole of it.
    pub evidence: PathBuf,
}
