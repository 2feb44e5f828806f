//! Copies on this machine of what is on servers: fetched once, and compared each time.

use std::path::{Path, PathBuf};

use crate::{Digest, Result, file};

/// A copy in `folder` of what has a digest; `fetch` gets it when there is none, or another one.
///
/// # Errors
/// What `fetch` answers; [`crate::Error::Io`] when it cannot be kept.
pub(crate) fn copy(
    folder: &Path,
    digest: &Digest,
    fetch: impl FnOnce() -> Result<Vec<u8>>,
) -> Result<PathBuf> {
    let path = folder.join(format!("{digest}.parquet"));
    if !Digest::of_file(&path).is_ok_and(|found| found == *digest) {
        file::write_bytes(&path, &fetch()?)?;
    }
    Ok(path)
}

/// Where copies are: in the cache folder of the user, `XDG_CACHE_HOME` or `~/.cache`.
pub(crate) fn folder() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("forewarn").join("forecasts")
}
