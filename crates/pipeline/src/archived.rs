//! Work on forecasts that are filed already, by whichever run: pooling them in an ensemble, and making forecasts of cells
//! and of countries add up. Both read one step at a time and file what they make with what it was made of.

mod members;
mod pool;
mod reconcile;

use forewarn_core::{Field, Step};
use forewarn_store::{Archive, Digest, Filed, Labels, Manifest};
use serde::Serialize;

pub use pool::{Pool, Pooled, pool};
pub use reconcile::{Exception, Reconciliation, ReconciliationRequest, reconcile};

use crate::stages::forecast::{Size, write_all};
use crate::{Error, Result};

/// The labels of what is made from forecasts with these.
fn labels(of: &Manifest) -> Labels {
    Labels { target: of.target.clone(), level: of.level.clone(), cadence: of.cadence }
}

/// Files what `make` makes of each step, one at a time so that memory is that of one step, under the record that `manifest`
/// makes of the file's digest and what is in it.
///
/// # Errors
/// What `make` refuses; an archive that cannot be written.
fn file_forecast(
    archive: &Archive,
    labels: &Labels,
    steps: Step,
    make: impl Fn(Step) -> Result<Field>,
    manifest: impl FnOnce(Digest, &Size) -> Manifest,
) -> Result<Filed> {
    let folder = tempfile::tempdir().map_err(Error::io("temporary folder"))?;
    let path = folder.path().join("forecast.parquet");
    let size = write_all(&path, labels, (1..=steps.0).map(|step| make(Step(step))))?;
    Ok(archive.file(manifest(Digest::of_file(&path)?, &size), &path)?)
}

/// Name and digest of a run that makes `name` of these inputs: the same inputs, settings and program give the same.
fn run_id(verb: &str, origin: &str, inputs: &impl Serialize) -> String {
    let text = serde_json::to_string(inputs).unwrap_or_default();
    let digest = Digest::of_bytes(text.as_bytes()).to_string();
    format!("{verb}-{}-{}", origin.replace(':', ""), &digest[..10])
}

/// Every value that one of `manifests` has, once, in order.
fn joined<'m>(manifests: impl Iterator<Item = &'m Manifest>, value: impl Fn(&Manifest) -> &str) -> String {
    let mut all: Vec<String> = manifests.map(|m| value(m).to_owned()).collect();
    all.sort();
    all.dedup();
    all.join(" + ")
}

#[cfg(test)]
mod tests;
