//! A forecast of an archive: what made it, and its file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::MANIFEST;
use super::manifest::Manifest;
use crate::forecast::ForecastFile;
use crate::objects::{self, Objects, joined};
use crate::{Digest, Error, Result, file};

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
            None => self.fetched(&cache()),
        }
    }

    /// A copy in `cache`, whole and with the right digest.
    pub(super) fn fetched(&self, cache: &Path) -> Result<PathBuf> {
        let path = cache.join(format!("{}.parquet", self.manifest.file));
        if Digest::of_file(&path).is_ok_and(|found| found == self.manifest.file) {
            return Ok(path);
        }
        file::write_bytes(&path, &self.bytes()?)?;
        Ok(path)
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

/// Where copies of what is on servers are kept.
fn cache() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("forewarn").join("forecasts")
}
