//! Fetch: which observations this run is about, by digest.

use std::path::PathBuf;

use forewarn_data::download::{Client, Fetched, Progress};
use forewarn_data::synthetic::Synthetic;
use forewarn_store::Digest;
use serde::Serialize;

use crate::config::{Download, Source};
use crate::{Error, Resolved, Result};

/// A source of the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Snapshot {
    /// File, or the name of a process.
    pub name: String,
    /// SHA-256 of the file, or of the process's settings.
    pub digest: String,
}

/// Finds the source and takes its digest.
///
/// # Errors
/// [`Error::Config`] without a source; [`Error::Io`] when its file cannot be read.
pub(crate) fn fetch(run: &Resolved) -> Result<Snapshot> {
    let path = match &run.config.source {
        None => {
            let reason = "there is no [source]; give it a type: synthetic, table or ucdp";
            return Err(Error::config(run.file.display().to_string(), reason));
        }
        Some(Source::Synthetic(settings)) => {
            let digest = process(settings).map_err(|e| Error::io(&run.file)(e.into()))?.to_string();
            return Ok(Snapshot { name: "synthetic process".to_owned(), digest });
        }
        Some(Source::Table(table)) => &table.path,
        Some(Source::Ucdp(events)) => &events.path,
    };
    let file = run.path(path);
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Snapshot { name, digest: Digest::of_file(&file)?.to_string() })
}

/// Digest of a process: of its settings.
///
/// # Errors
/// Settings that cannot be written as JSON.
pub(crate) fn process(settings: &Synthetic) -> serde_json::Result<Digest> {
    Ok(Digest::of_bytes(serde_json::to_string(settings)?.as_bytes()))
}

/// The file of the source; `None` for a process, or without a source.
pub(crate) fn source_file(run: &Resolved) -> Option<PathBuf> {
    match run.config.source.as_ref()? {
        Source::Synthetic(_) => None,
        Source::Table(table) => Some(run.path(&table.path)),
        Source::Ucdp(events) => Some(run.path(&events.path)),
    }
}

/// Fetches the release that `[download]` names; what was there before stays until the new copy is whole.
///
/// # Errors
/// [`Error::Data`] with what the server did, after how many tries.
pub fn download(run: &Resolved, download: &Download, progress: &mut dyn FnMut(Progress)) -> Result<Fetched> {
    let mut client = Client::new(download.client.clone())?;
    let folder = run.path(&download.into);
    Ok(download.ucdp.fetch(&mut client, run.ucdp_token.0.as_deref(), &folder, progress)?)
}
