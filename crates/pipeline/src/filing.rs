//! Filing: every forecast of the run goes into the archive, with what made it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use forewarn_store::{Archive, Digest, Filed, Made as HowMade, Manifest, Unreadable};
use serde_json::json;

use crate::results::Results;
use crate::stages::forecast::Made;
use crate::{Resolved, Result};

/// The records of all forecasts, with the files they are about.
pub(crate) fn manifests(results: &Results<'_>) -> Vec<(Manifest, PathBuf)> {
    let config = Digest::of_bytes(results.ctx.run.to_toml().as_bytes());
    let record =
        |made: &Made| Some((manifest(results, made, how(results, made)?, &config), made.file.clone()));
    results.made.iter().filter_map(record).collect()
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

fn manifest(results: &Results<'_>, made: &Made, how: HowMade, config: &Digest) -> Manifest {
    let (ctx, settings) = (results.ctx, &results.ctx.run.config);
    Manifest {
        schema: Manifest::SCHEMA,
        run: results.id.to_owned(),
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
        vintage: settings.vintage.clone(),
        code: results.code.revision.clone(),
        config: config.clone(),
        data: BTreeMap::from([(results.snapshot.name.clone(), results.snapshot.digest.clone())]),
        inputs: BTreeMap::new(),
        file: made.sha256.clone(),
    }
}

/// How a forecast was made; `None` for one that is neither a model's nor an ensemble's.
fn how(results: &Results<'_>, made: &Made) -> Option<HowMade> {
    if let Some((spec, trained)) = results.trained.iter().find(|(spec, _)| spec.name == made.name) {
        return Some(HowMade::Model {
            algorithm: spec.algorithm.clone(),
            settings: spec.settings.clone(),
            artifact: trained.artifact.clone(),
            state: trained.digest.to_string(),
        });
    }
    let spec = results.ensembles.iter().find(|e| e.name == made.name)?;
    let members =
        results.made.iter().filter(|m| spec.members.contains(&m.name) && !made.absent.contains(&m.name));
    Some(HowMade::Ensemble {
        algorithm: spec.algorithm.clone(),
        settings: spec.settings.clone(),
        role: json!(spec.role).as_str().unwrap_or_default().to_owned(),
        members: members.map(|m| (m.name.clone(), m.sha256.to_string())).collect(),
        absent: made.absent.iter().map(|name| (name.clone(), "it has no forecast".to_owned())).collect(),
        weights: made.weights.clone(),
    })
}
