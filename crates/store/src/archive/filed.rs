//! A forecast of an archive: what made it, and its file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::MANIFEST;
use super::manifest::Manifest;
use crate::forecast::ForecastFile;
use crate::objects::{self, Objects, joined};
use crate::{Digest, Error, Result, copies};

/// A forecast in the archive.
#[derive(Debug, Clone)]
pub struct Filed {
    /// What made it.
    pub manifest: Manifest,
    pub(super) objects: Arc<dyn Objects>,
    pub(super) folder: String,
}

impl PartialEq for Filed {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place() && self.manifest == other.manifest
    }
}

impl Filed {
    /// The forecast at a place, `ARCHIVE/TARGET/NAME/ORIGIN/RUN`, in a folder or an S3 bucket.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Remote`] or [`Error::Damaged`] when its manifest cannot be read.
    pub fn read(place: &Path) -> Result<Self> {
        let objects = objects::open(place)?;
        let text = objects.get(MANIFEST)?;
        let path = objects.place(MANIFEST);
        let text = text.ok_or_else(|| Error::damaged(&path, "is not there: this is no archived forecast"))?;
        let manifest = Manifest::parse(&text).map_err(|reason| Error::damaged(&path, reason))?;
        Ok(Self { manifest, objects, folder: String::new() })
    }

    /// Its folder: a path, or an address.
    pub fn place(&self) -> PathBuf {
        self.objects.place(&self.folder)
    }

    /// Path or address of its Parquet file.
    pub fn file_place(&self) -> PathBuf {
        self.objects.place(&self.data())
    }

    /// Name of its Parquet file among the objects.
    pub(super) fn data(&self) -> String {
        joined(&self.folder, &self.manifest.file_name())
    }

    /// Name of its manifest among the objects.
    pub(super) fn record(&self) -> String {
        joined(&self.folder, MANIFEST)
    }

    /// Its Parquet file. Of an archive on a server it is a copy in the cache folder of the user
    /// (`XDG_CACHE_HOME`, or `~/.cache`), fetched once; a forecast never changes.
    ///
    /// # Errors
    /// [`Error::Remote`] or [`Error::Io`] when it cannot be fetched, [`Error::Damaged`] when it is not what was filed.
    pub fn file(&self) -> Result<PathBuf> {
        match self.objects.local(&self.data()) {
            Some(path) => Ok(path),
            None => self.fetched(&copies::folder()),
        }
    }

    /// A copy in `cache`, whole and with the right digest.
    pub(super) fn fetched(&self, cache: &Path) -> Result<PathBuf> {
        copies::copy(cache, &self.manifest.file, || self.bytes())
    }

    /// The content of its Parquet file, if it is what was filed.
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let place = self.objects.place(&self.data());
        let bytes = self.objects.get(&self.data())?;
        let gone = || Error::damaged(&place, "is not there; put it back from a copy, or file it again");
        let bytes = bytes.ok_or_else(gone)?;
        let (found, filed) = (Digest::of_bytes(&bytes), &self.manifest.file);
        if found == *filed {
            return Ok(bytes);
        }
        let cure = "put it back from a copy, or file it again";
        Err(Error::damaged(&place, format!("has sha256 {found}, it was filed with {filed}; {cure}")))
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Remote`] or [`Error::Damaged`].
    pub fn open(&self) -> Result<ForecastFile> {
        ForecastFile::open(&self.file()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Archive;
    use super::*;

    #[test]
    fn a_copy_is_fetched_once_and_always_checked() {
        let folder = tempfile::tempdir().unwrap();
        let (from, cache) = (folder.path().join("f"), folder.path().join("cache"));
        std::fs::write(&from, b"forecast").unwrap();
        let digest = Digest::of_bytes(b"forecast");
        let manifest = json!({
            "schema": 2, "run": "r", "name": "m",
            "made": { "kind": "import", "source": "s", "digest": "d", "layout": "l" },
            "target": "y", "level": "pgm", "cadence": "month", "origin": [1, "1980-01"], "steps": 1, "draws": null,
            "units": 1, "missing": 0, "seed": 0, "vintage": "", "code": "", "config": digest, "data": {}, "file": digest
        });
        let archive = Archive::open(folder.path().join("archive")).unwrap();
        let filed = archive.file(serde_json::from_value(manifest).unwrap(), &from).unwrap();
        let copy = filed.fetched(&cache).unwrap();
        std::fs::write(&copy, b"damaged").unwrap();
        assert_eq!(filed.fetched(&cache).unwrap(), copy);
        assert_eq!(std::fs::read(&copy).unwrap(), b"forecast", "a damaged copy is fetched again");
        std::fs::write(filed.file().unwrap(), b"damaged").unwrap();
        assert_eq!(filed.fetched(&cache).unwrap(), copy, "a good copy needs nobody");
        std::fs::remove_file(&copy).unwrap();
        assert!(matches!(filed.fetched(&cache), Err(Error::Damaged { .. })));
        assert!(!copy.exists(), "what is damaged is not kept");
    }
}
