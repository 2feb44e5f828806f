//! Everything that the report and the archive are about.

use std::path::Path;

use crate::code::Code;
use crate::components::{EnsembleSpec, ModelSpec, Role};
use crate::context::Context;
use crate::partitions::EvaluatedPartition;
use crate::scores::{NamedMetric, Scores};
use crate::stages::fetch::Snapshot;
use crate::stages::forecast::Made;
use crate::stages::maps::Picture;

/// What a run has made, and of what.
pub(crate) struct Results<'a> {
    /// Configuration and panel.
    pub(crate) ctx: &'a Context<'a>,
    /// The program.
    pub(crate) code: &'a Code,
    /// The observations.
    pub(crate) snapshot: &'a Snapshot,
    /// Id of the run.
    pub(crate) id: &'a str,
    /// Folder of all output.
    pub(crate) root: &'a Path,
    /// What could not be made, and why.
    pub(crate) missing: &'a [String],
    /// Models, in the order of the configuration.
    pub(crate) models: &'a [ModelSpec],
    /// Ensembles, in the order of the configuration.
    pub(crate) ensembles: &'a [EnsembleSpec],
    /// Metrics, by name.
    pub(crate) metrics: &'a [NamedMetric],
    /// The forecasts of models and ensembles.
    pub(crate) made: &'a [Made],
    /// The scores.
    pub(crate) evaluated: &'a Evaluated,
    /// The maps.
    pub(crate) pictures: &'a [Picture],
}

/// What evaluation gives: the scores, and where and when they were taken.
pub(crate) struct Evaluated {
    /// Partition and origins.
    pub(crate) partition: EvaluatedPartition,
    /// The scores.
    pub(crate) scores: Scores,
}

/// The forecast that is issued: the production ensemble's, else the last one made.
pub(crate) fn issued<'m>(ensembles: &[EnsembleSpec], made: &'m [Made]) -> Option<&'m Made> {
    let production = ensembles.iter().find(|e| e.role == Role::Production);
    production.and_then(|e| made.iter().find(|m| m.name == e.name)).or(made.last())
}
