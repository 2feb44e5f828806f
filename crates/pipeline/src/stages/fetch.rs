//! Fetch: which observations this run is about, by digest.

use forewarn_data::download::{Client, Fetched, Progress};
use forewarn_store::Digest;
use serde::Serialize;

use crate::config::{Download, Source};
use crate::{Error, Resolved, Result};

/// A source of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
        Some(Source::Synthetic(process)) => {
            let settings = serde_json::to_string(process).map_err(|e| Error::io(&run.file)(e.into()))?;
            let digest = Digest::of_bytes(settings.as_bytes()).to_string();
            return Ok(Snapshot { name: "synthetic process".to_owned(), digest });
        }
        Some(Source::Table(table)) => &table.path,
        Some(Source::Ucdp(events)) => &events.path,
    };
    let file = run.path(path);
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Snapshot { name, digest: Digest::of_file(&file)?.to_string() })
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
