//! What a sweep found, and the file of the best settings.

use std::path::PathBuf;

use forewarn_core::{Better, Cadence, Partition, Period, RollingOrigins, Step};
use forewarn_store::file as files;
use serde::Serialize;
use serde_json::Value;

use super::journal::Trial;
use super::plan::{Plan, Resource};
use super::search::{Method, Past, Proposal, finalists};
use crate::components::Status;
use crate::usage::Usage;
use crate::{Error, Result};

/// What a sweep did.
#[derive(Debug, Clone, Serialize)]
pub struct Sweep {
    /// Folder of its results.
    pub folder: PathBuf,
    /// The model.
    pub model: String,
    /// How settings were chosen.
    pub method: Method,
    /// The metric, with its settings.
    pub objective: String,
    /// Which way is good.
    pub better: Better,
    /// Where trials were scored.
    pub evaluated: Evaluated,
    /// What successive halving gave more of: `origins`, or the path of a setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Every trial, in order.
    pub trials: Vec<Trial>,
    /// How many of them were recorded before.
    pub found: usize,
    /// Numbers (from 1) of the trials to choose from, the best first: those that have a score, and of successive halving those
    /// with the most of the resource.
    pub ranking: Vec<usize>,
    /// File of the best settings; none where no trial has a score.
    pub best_file: Option<PathBuf>,
    /// What is in it: the file of the model with the best settings.
    pub best: Option<String>,
    /// Why there are fewer trials than asked for.
    pub stopped: Option<String>,
    /// CPU seconds of all trials.
    pub cpu_seconds: f64,
    /// What should be known.
    pub warnings: Vec<String>,
    /// What the process cost.
    pub usage: Usage,
}

impl Sweep {
    /// The best trial.
    pub fn winner(&self) -> Option<&Trial> {
        self.ranking.first().and_then(|&number| self.trials.get(number - 1))
    }
}

/// Where trials were scored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluated {
    /// How many origins.
    pub origins: usize,
    /// Periods between two of them.
    pub stride: usize,
    /// Periods ahead.
    pub steps: Step,
    /// First and last training period.
    pub train: (String, String),
    /// First and last period that was forecast.
    pub test: (String, String),
}

impl Evaluated {
    /// In the labels of the cadence.
    pub(super) fn new(
        plan: &Plan,
        cadence: Cadence,
        (partition, origins): (Partition, RollingOrigins),
    ) -> Self {
        let label = |(first, last): (Period, Period)| (cadence.label(first), cadence.label(last));
        let steps = plan.run.config.forecast.steps;
        Self {
            origins: origins.count,
            stride: origins.stride,
            steps,
            train: label(partition.train),
            test: label((origins.first + Step(1), origins.last() + steps)),
        }
    }
}

/// What was done.
pub(super) struct Done {
    pub(super) folder: PathBuf,
    pub(super) trials: Vec<Trial>,
    pub(super) past: Vec<Past>,
    pub(super) found: usize,
    pub(super) stopped: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// Ranks the trials and writes the best settings.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn outcome(plan: &Plan, evaluated: Evaluated, done: Done) -> Result<Sweep> {
    let ranking = finalists(&done.past);
    let best = ranking.first().map(|&i| best(plan, &done.trials[i], &done.past[i])).transpose()?;
    let best_file = best.as_ref().map(|_| done.folder.join("best.toml"));
    if let (Some(path), Some(text)) = (&best_file, &best) {
        files::write_bytes(path, text.as_bytes())?;
    }
    let resource = plan.resource.as_ref().map(|resource| match resource {
        Resource::Origins => super::file::ORIGINS.to_owned(),
        Resource::Setting(path) => path.clone(),
    });
    Ok(Sweep {
        folder: done.folder,
        model: plan.model.name.clone(),
        method: plan.search.method,
        objective: plan.objective.name.clone(),
        better: plan.objective.metric.better(),
        evaluated,
        resource,
        cpu_seconds: done.trials.iter().filter_map(|trial| trial.cpu_seconds).sum(),
        trials: done.trials,
        found: done.found,
        ranking: ranking.into_iter().map(|i| i + 1).collect(),
        best_file,
        best,
        stopped: done.stopped,
        warnings: done.warnings,
        usage: Usage::now(),
    })
}

/// The file of a model.
#[derive(Serialize)]
struct ModelFile<'a> {
    algorithm: &'a str,
    status: Status,
    settings: Value,
}

/// The file of the model with the settings of a trial, ready to be pasted.
fn best(plan: &Plan, trial: &Trial, past: &Past) -> Result<String> {
    let wrong = |reason: String| Error::config("best settings", reason);
    let proposal = Proposal { settings: past.settings.clone(), resource: past.resource };
    let settings = plan.settings(&proposal).map_err(wrong)?;
    let model = ModelFile { algorithm: &plan.model.algorithm, status: plan.model.status, settings };
    let text = toml::to_string(&model).map_err(|e| wrong(e.to_string()))?;
    let (objective, score) = (&plan.objective.name, trial.score.unwrap_or(f64::NAN));
    Ok(format!("# models/{}.toml: {objective} {score} in trial {}\n{text}", plan.model.name, trial.number))
}
