//! Filing: every forecast of the run goes into the archive, with what made it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use forewarn_store::{Archive, Digest, Filed, Made as HowMade, Manifest, Unreadable};
use serde_json::json;

use crate::components::ModelSpec;
use crate::config::Config;
use crate::session::Session;
use crate::stages::forecast::Made;
use crate::stages::train::Trained;
use crate::{Resolved, Result};

/// Forecasts that are to be filed, and what made them.
#[derive(Clone, Copy)]
pub(crate) struct Issue<'a> {
    /// The run.
    pub(crate) session: &'a Session<'a>,
    /// The models that were fitted on all data.
    pub(crate) trained: &'a [(&'a ModelSpec, Trained)],
    /// The forecasts of models and ensembles.
    pub(crate) made: &'a [Made],
}

/// The records of all forecasts, with the files they are about.
pub(crate) fn manifests(issue: &Issue<'_>) -> Vec<(Manifest, PathBuf)> {
    let config = Digest::of_bytes(issue.session.ctx.run.essence().as_bytes());
    let record =
        |made: &Made| Some((manifest(issue.session, made, how(issue, made)?, &config), made.file.clone()));
    issue.made.iter().filter_map(record).collect()
}

/// Files them; what is already there stays.
///
/// # Errors
/// [`crate::Error::Store`] when something else is filed under the same run.
pub(crate) fn file(archive: &Archive, manifests: Vec<(Manifest, PathBuf)>) -> Result<Vec<PathBuf>> {
    let file =
        |(manifest, forecast): (Manifest, PathBuf)| Ok(archive.file(manifest, &forecast)?.file_place());
    manifests.into_iter().map(file).collect()
}

/// The archive of a run.
///
/// # Errors
/// An address that is none.
pub(crate) fn archive(run: &Resolved) -> Result<Archive> {
    Ok(Archive::open(run.archive())?)
}

/// What is filed under one of `names`, in the order of the archive.
///
/// # Errors
/// An archive that cannot be read, or a manifest of one of them that cannot; those of others are nobody's concern here.
pub(crate) fn of(archive: &Archive, names: &[String]) -> Result<Vec<Filed>> {
    let (mut found, unreadable) = archive.list()?;
    let concerns = |broken: &Unreadable| names.iter().any(|name| name == broken.name());
    if let Some(broken) = unreadable.into_iter().find(concerns) {
        return Err(broken.error.into());
    }
    found.retain(|filed| names.contains(&filed.manifest.name));
    Ok(found)
}

fn manifest(session: &Session<'_>, made: &Made, how: HowMade, config: &Digest) -> Manifest {
    let (ctx, settings) = (session.ctx, &session.ctx.run.config);
    let inputs = session.models.iter().find(|spec| spec.name == made.name).map(|spec| ctx.inputs(spec));
    let inputs = inputs.unwrap_or_default();
    Manifest {
        schema: Manifest::SCHEMA,
        run: session.id.clone(),
        name: made.name.clone(),
        made: how,
        target: settings.target.column.clone(),
        level: settings.target.level.clone(),
        cadence: ctx.cadence(),
        origin: (ctx.origin(), ctx.cadence().label(ctx.origin())),
        steps: settings.forecast.steps,
        draws: made.size.draws,
        units: made.size.units,
        missing: made.size.missing,
        seed: made.seed,
        vintage: vintage(settings),
        code: session.code.revision.clone(),
        config: config.clone(),
        data: BTreeMap::from([(session.snapshot.name.clone(), session.snapshot.digest.clone())]),
        inputs,
        file: made.sha256.clone(),
    }
}

/// The edition that the forecast knew; of one from a past origin that it is replayed, because today's edition of the past was
/// not known then.
fn vintage(settings: &Config) -> String {
    let replayed = if settings.forecast.origin.is_some() { " (replayed)" } else { "" };
    format!("{}{replayed}", settings.vintage)
}

/// How a forecast was made; `None` for one that is neither a model's nor an ensemble's.
fn how(issue: &Issue<'_>, made: &Made) -> Option<HowMade> {
    if let Some((spec, trained)) = issue.trained.iter().find(|(spec, _)| spec.name == made.name) {
        return Some(HowMade::Model {
            algorithm: spec.algorithm.clone(),
            settings: spec.settings.clone(),
            artifact: trained.artifact.clone(),
            state: trained.digest.to_string(),
        });
    }
    let spec = issue.session.ensembles.iter().find(|e| e.name == made.name)?;
    let members =
        issue.made.iter().filter(|m| spec.members.contains(&m.name) && !made.absent.contains(&m.name));
    Some(HowMade::Ensemble {
        algorithm: spec.algorithm.clone(),
        settings: spec.settings.clone(),
        role: json!(spec.role).as_str().unwrap_or_default().to_owned(),
        members: members.map(|m| (m.name.clone(), m.sha256.to_string())).collect(),
        absent: made.absent.iter().map(|name| (name.clone(), "it has no forecast".to_owned())).collect(),
        weights: made.weights.clone(),
    })
}
