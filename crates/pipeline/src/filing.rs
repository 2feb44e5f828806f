//! Filing: every forecast of the run goes into the archive, with what made it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_store::{Archive, Digest, Made as HowMade, Manifest};
use serde_json::json;

use crate::Result;
use crate::results::Results;
use crate::stages::forecast::Made;

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
    manifests.into_iter().map(|(manifest, forecast)| Ok(archive.file(manifest, &forecast)?.file())).collect()
}

/// The archive of a run's output folder.
pub(crate) fn archive(root: &Path) -> Result<Archive> {
    Ok(Archive::open(root.join("archive"))?)
}

fn manifest(results: &Results<'_>, made: &Made, how: HowMade, config: &Digest) -> Manifest {
    let (ctx, settings) = (results.ctx, &results.ctx.run.config);
    Manifest {
        schema: 1,
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
