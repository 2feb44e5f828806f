//! What a model's forecasts look like when it is trained, kept with its artifact.

use std::path::PathBuf;

use forewarn_core::{Error as Fault, FieldSummary, Outlook, Step, Trained as Numbers};
use forewarn_drift::reference;
use forewarn_store::{Artifact, Digest, REFERENCE};
use rayon::prelude::*;
use serde_json::json;

use crate::components::ModelSpec;
use crate::context::Context;
use crate::drift::ProfileFile;
use crate::stages::train::Trained;
use crate::{Error, Result};

/// A reference that was made.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    /// Its file.
    pub(super) file: PathBuf,
    /// Digest of the file.
    pub(super) digest: Digest,
}

/// Forecasts from the last period that the model has learned from, and keeps profiles of the forecast; `None`, with a
/// warning, where the model refuses to forecast from there.
///
/// # Errors
/// A store that cannot be written.
pub(super) fn make(
    ctx: &Context<'_>,
    spec: &ModelSpec,
    label: &str,
    trained: &Trained,
) -> Result<Option<Reference>> {
    let config = &ctx.run.config;
    let event = config.evaluation.event;
    let inputs = json!({
        "artifact": trained.digest.as_str(),
        "data": ctx.data_digest(spec),
        "target": config.target.column,
        "origin": trained.until,
        "steps": config.forecast.steps,
        "draws": config.forecast.draws,
        "seed": trained.seed,
        "event": event,
    });
    let made = ctx.engine.step("reference", label, &inputs, |workspace| {
        let summary = |step: u16| -> Result<FieldSummary> {
            let args = ctx.predict_args(spec, trained.until, Step(step), trained.seed)?;
            Ok(FieldSummary::of(&trained.fitted.predict(&args)?, event as f32))
        };
        let steps = (1..=config.forecast.steps.0).into_par_iter().map(summary).collect::<Result<_>>()?;
        let columns = reference::profiles(&Outlook { origin: trained.until, steps }, event)?;
        let path = workspace.path(REFERENCE);
        std::fs::write(&path, ProfileFile::of_columns(columns)?.text()?).map_err(Error::io(path))?;
        Ok(json!({ "origin": trained.until }))
    });
    match made {
        Ok(output) => {
            let file = output.dir.join(REFERENCE);
            let digest = output.files.get(REFERENCE).cloned().map_or_else(|| Digest::of_file(&file), Ok)?;
            Ok(Some(Reference { file, digest }))
        }
        Err(e @ (Error::Core(_) | Error::Config { .. })) => {
            ctx.engine.warn(format!("no reference is kept of `{}`: {e}", trained.artifact));
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

/// The numbers of the reference of an artifact, by which later forecasts are judged.
///
/// # Errors
/// [`Error::Store`] when it was changed; [`Error::Core`] when none is kept, or none of draws of at least `event`.
pub(crate) fn numbers(artifact: &Artifact, event: f64) -> Result<Numbers> {
    let none =
        |what: String| Error::from(Fault::data(format!("the artifact `{}` keeps {what}", artifact.fit.name)));
    let bytes = artifact
        .reference()?
        .ok_or_else(|| none("no reference; it was made before there was one".to_owned()))?;
    let file = ProfileFile::read(&String::from_utf8_lossy(&bytes), &artifact.dir.join(REFERENCE))?;
    let numbers = reference::trained(&file.columns, event);
    if numbers.steps.is_empty() {
        return Err(none(format!("no reference of draws of at least {event}")));
    }
    Ok(numbers)
}
