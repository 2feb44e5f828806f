//! The archive: every forecast that was issued, immutable, with what made it.
//!
//! `root/TARGET/NAME/ORIGIN/RUN/` holds `forecast.parquet` and `manifest.json`. The manifest is written last: a folder
//! without one is no forecast. The files are all there is: no index has to be kept in step with them. One process at a
//! time may file the same forecast; any number may read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use forewarn_core::{Cadence, Period, Step};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::file::{self, UNFINISHED};
use crate::forecast::ForecastFile;
use crate::{Digest, Error, Result};

const FORECAST: &str = "forecast.parquet";
const MANIFEST: &str = "manifest.json";

/// Version of [`Manifest`].
const SCHEMA: u32 = 1;

/// What made a forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this record: 1.
    pub schema: u32,
    /// Run that made it.
    pub run: String,
    /// Model or ensemble.
    pub name: String,
    /// How it was made.
    pub made: Made,
    /// Column that is forecast.
    pub target: String,
    /// Level of analysis.
    pub level: String,
    /// How often.
    pub cadence: Cadence,
    /// Last period that was known, with its label.
    pub origin: (Period, String),
    /// Steps 1 to this.
    pub steps: Step,
    /// Draws a unit; `None` for a point forecast.
    pub draws: Option<usize>,
    /// Units.
    pub units: u64,
    /// Unit-steps without a forecast.
    pub missing: u64,
    /// Seed of the draws.
    pub seed: u64,
    /// Which edition of the observations it knew, in words.
    pub vintage: String,
    /// Version and revision of the program.
    pub code: String,
    /// Digest of the resolved configuration.
    pub config: Digest,
    /// Digests of the sources, by name.
    pub data: BTreeMap<String, String>,
    /// Digest of the Parquet file.
    pub file: Digest,
}

/// How a forecast was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Made {
    /// By a model.
    Model {
        /// Catalog name.
        algorithm: String,
        /// Its settings.
        settings: Value,
        /// Name of the fitted artifact.
        artifact: String,
        /// Digest of its state.
        state: String,
    },
    /// By an ensemble.
    Ensemble {
        /// Catalog name.
        algorithm: String,
        /// Its settings.
        settings: Value,
        /// Role in the run.
        role: String,
        /// Digests of the members' forecasts, by name.
        members: BTreeMap<String, String>,
        /// Members that it had to do without, with the reason.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        absent: BTreeMap<String, String>,
        /// Weights of the members, steps x members in the order of their names; empty where it has none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        weights: Vec<Vec<f64>>,
    },
    /// By making forecasts of cells and of countries add up.
    Reconciliation {
        /// Catalog name.
        algorithm: String,
        /// Its settings.
        settings: Value,
        /// Name and digest of the cells' forecast.
        cells: (String, String),
        /// Name and digest of the countries' forecast.
        countries: (String, String),
    },
}

/// A forecast in the archive.
#[derive(Debug, Clone, PartialEq)]
pub struct Filed {
    /// Its folder.
    pub dir: PathBuf,
    /// What made it.
    pub manifest: Manifest,
}

impl Filed {
    /// The forecast in a folder of an archive.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Damaged`] when its manifest cannot be read.
    pub fn read(dir: &Path) -> Result<Self> {
        read(dir)
    }

    /// Its Parquet file.
    pub fn file(&self) -> PathBuf {
        self.dir.join(FORECAST)
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Damaged`].
    pub fn open(&self) -> Result<ForecastFile> {
        ForecastFile::open(&self.file())
    }
}

/// Forecasts below one folder.
#[derive(Debug, Clone)]
pub struct Archive {
    root: PathBuf,
}

impl Archive {
    /// The archive below `root`, which is made when it is not there.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        file::create_folder(&root)?;
        Ok(Self { root })
    }

    /// Where a forecast belongs.
    pub fn place(&self, manifest: &Manifest) -> PathBuf {
        let origin = manifest.origin.1.replace(':', "");
        [&manifest.target, &manifest.name, &origin, &manifest.run]
            .iter()
            .fold(self.root.clone(), |p, part| p.join(part))
    }

    /// Files a forecast; filing the same again changes nothing.
    ///
    /// # Errors
    /// [`Error::Conflict`] when something else is filed there; [`Error::Damaged`] when `forecast` is not what the
    /// manifest says, or the manifest names no place in the archive.
    pub fn file(&self, manifest: Manifest, forecast: &Path) -> Result<Filed> {
        check(&manifest, forecast)?;
        let dir = self.place(&manifest);
        let path = dir.join(MANIFEST);
        let text = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::io(&path)(e.into()))?;
        if path.exists() {
            let filed = read(&dir)?;
            return same(&filed, &manifest, &text).map(|()| filed);
        }
        file::sweep(&dir)?;
        file::write_with(&dir.join(FORECAST), |out| copy(forecast, out, &manifest.file))?;
        file::write_bytes(&path, &text)?;
        Ok(Filed { dir, manifest })
    }

    /// Every forecast, by target, name, origin and run.
    ///
    /// # Errors
    /// [`Error::Io`] when a folder cannot be read, [`Error::Damaged`] when a manifest cannot.
    pub fn list(&self) -> Result<Vec<Filed>> {
        let mut found = Vec::new();
        collect(&self.root, &mut found)?;
        found.sort_by(|a, b| a.dir.cmp(&b.dir));
        Ok(found)
    }

    /// Whether a forecast is what was filed.
    ///
    /// # Errors
    /// [`Error::Damaged`] with both digests when it is not.
    pub fn verify(&self, filed: &Filed) -> Result<()> {
        let (path, found) = (filed.file(), Digest::of_file(&filed.file())?);
        if found == filed.manifest.file {
            return Ok(());
        }
        Err(Error::damaged(&path, format!("has sha256 {found}, it was filed with {}", filed.manifest.file)))
    }
}

/// Copies a file that must have this digest.
fn copy(from: &Path, out: &mut File, expected: &Digest) -> Result<()> {
    let found = Digest::of_pieces(from, |piece| out.write_all(piece).map_err(Error::io(from)))?;
    if found == *expected {
        return Ok(());
    }
    Err(Error::damaged(from, format!("has sha256 {found}, the manifest says {expected}; make it again")))
}

/// Whether the record is of this version, and its names are names of folders that [`Archive::list`] looks into.
fn check(manifest: &Manifest, forecast: &Path) -> Result<()> {
    if manifest.schema != SCHEMA {
        return Err(Error::damaged(forecast, version(manifest.schema)));
    }
    for part in [&manifest.target, &manifest.name, &manifest.origin.1, &manifest.run] {
        if part.is_empty() || part.starts_with('.') || part.contains(['/', '\\']) {
            let reason =
                format!("`{part}` cannot name a folder of the archive; use letters, digits, - and _");
            return Err(Error::damaged(forecast, reason));
        }
    }
    Ok(())
}

fn version(found: u32) -> String {
    format!("its manifest is of version {found}, this program knows version {SCHEMA}: use a newer one")
}

/// Whether what is filed is what is offered, with the record `text`; else both digests of the file that differs.
fn same(filed: &Filed, offered: &Manifest, text: &[u8]) -> Result<()> {
    if filed.manifest == *offered {
        return Ok(());
    }
    let (path, there, now) = if filed.manifest.file == offered.file {
        let path = filed.dir.join(MANIFEST);
        let there = Digest::of_file(&path)?;
        (path, there, Digest::of_bytes(text))
    } else {
        (filed.file(), filed.manifest.file.clone(), offered.file.clone())
    };
    Err(Error::Conflict { path, filed: there.to_string(), offered: now.to_string() })
}

fn collect(folder: &Path, found: &mut Vec<Filed>) -> Result<()> {
    if folder.join(MANIFEST).exists() {
        found.push(read(folder)?);
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let unfinished = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(UNFINISHED));
        if path.is_dir() && !unfinished {
            collect(&path, found)?;
        }
    }
    Ok(())
}

fn read(dir: &Path) -> Result<Filed> {
    let path = dir.join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|e| Error::damaged(&path, e.to_string()))?;
    if manifest.schema != SCHEMA {
        return Err(Error::damaged(&path, version(manifest.schema)));
    }
    Ok(Filed { dir: dir.to_path_buf(), manifest })
}
