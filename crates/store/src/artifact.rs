//! Artifacts: every fitted model with what it learned from, immutable, for anyone to audit and to predict with.
//!
//! `root/NAME/` holds `artifact.json`, `model.state`, `reference.json` and exported formats; it is made whole and moved into place. The
//! first fit of a name has the folder `NAME`, every other one (other settings, data or program) `NAME-IDENTITY` with ten
//! digits of its identity: nothing is replaced. What is not part of the identity stands beside: `cost.json`, which
//! differs from run to run, and `evaluations/RUN.json`, which come later.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_core::{Cadence, Step, TargetKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::file::{self, open_to_readers, sync_folder};
use crate::{Digest, Error, Result};

const RECORD: &str = "artifact.json";
const COST: &str = "cost.json";
const EVALUATIONS: &str = "evaluations";
/// File of the fitted state.
pub const STATE: &str = "model.state";
/// File of what the model's forecasts looked like when it was trained.
pub const REFERENCE: &str = "reference.json";

/// Version of `artifact.json`.
const FORMAT: u32 = 1;

/// What was fitted, with what, on what. Its digest is the identity of the artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// `adjective_noun_ddmmyyyy`, the last day it has learned from.
    pub name: String,
    /// Name of the model in its run.
    pub model: String,
    /// Catalog name.
    pub algorithm: String,
    /// Settings as written.
    pub settings: Value,
    /// The settings that were not written, with the values they then had.
    pub defaults: BTreeMap<String, String>,
    /// Seed of what is random in fitting and predicting.
    pub seed: u64,
    /// Column that is forecast.
    pub target: String,
    /// What kind of number it is.
    pub kind: TargetKind,
    /// Level of analysis.
    pub level: String,
    /// How often.
    pub cadence: Cadence,
    /// Partition whose training range it was fitted on.
    pub partition: String,
    /// What it has learned from.
    pub training: Training,
    /// Steps 1 to this.
    pub steps: Step,
    /// The features; `None` where the model learns from none.
    pub features: Option<FeatureList>,
    /// Digests of the data by name: `panel`, `features`, and the source.
    pub data: BTreeMap<String, String>,
    /// Which edition of the observations it knew, in words.
    pub vintage: String,
    /// Version and revision of the program.
    pub code: String,
    /// Digest of the program.
    pub program: String,
    /// Digest of the fitted state.
    pub state: Digest,
    /// Digest of [`REFERENCE`]; `None` where none is kept, as in artifacts from before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Digest>,
}

impl Fit {
    /// Digest of all fields: the same for the same fit.
    ///
    /// # Errors
    /// [`Error::Io`] when the settings cannot be written as JSON.
    pub fn identity(&self) -> Result<Digest> {
        let text = serde_json::to_vec(self).map_err(|e| Error::io(Path::new(RECORD))(e.into()))?;
        Ok(Digest::of_bytes(&text))
    }
}

/// The range that a model has learned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Label of the first period.
    pub first: String,
    /// Label of the last period.
    pub last: String,
    /// How many there are.
    pub periods: u64,
    /// How many units.
    pub units: u64,
}

/// The features that a model was fitted on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureList {
    /// Name of the query set.
    pub query_set: String,
    /// Its version.
    pub version: u32,
    /// Names of the features that the model uses, in its order.
    pub used: Vec<String>,
    /// All features of the query set in its order, each with its name, source and transforms.
    pub definitions: Vec<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    format: u32,
    identity: Digest,
    fit: Fit,
    files: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    bytes: u64,
    sha256: Digest,
}

/// An artifact in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    /// Its folder.
    pub dir: PathBuf,
    /// Digest of the fit.
    pub identity: Digest,
    /// What was fitted.
    pub fit: Fit,
    /// Bytes and digest of each file that belongs to it.
    pub files: BTreeMap<String, (u64, Digest)>,
}

/// What fitting cost, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// CPU seconds of the process while it was fitted; `None` where the fit was found from an earlier run.
    pub cpu_seconds: Option<f64>,
    /// Largest memory of the process until then, in bytes.
    pub peak_bytes: Option<u64>,
}

/// The artifacts below one folder.
#[derive(Debug, Clone)]
pub struct Artifacts {
    root: PathBuf,
}

impl Artifacts {
    /// The artifacts below `root`; the folder is made when the first is kept.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Keeps a fit. One that is there already is found, and nothing is written; else `files` gives the exported files by
    /// name, among them the state and, where the fit has one, the reference.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the name cannot name a folder, or the state or the reference is not that of the fit; what
    /// `files` answers.
    pub fn keep<E: From<Error>>(
        &self,
        fit: Fit,
        cost: Cost,
        files: impl FnOnce() -> Result<BTreeMap<String, Vec<u8>>, E>,
    ) -> Result<Artifact, E> {
        let identity = fit.identity()?;
        let mut dir = match self.place(&fit.name, &identity)? {
            Place::Taken(artifact) => return Ok(*artifact),
            Place::Free(dir) => dir,
        };
        let files = files()?;
        for (name, expected) in parts(&fit) {
            if files.get(name).map(|bytes| Digest::of_bytes(bytes)).as_ref() != Some(expected) {
                return Err(Error::damaged(&dir, format!("`{name}` has not the digest {expected}")).into());
            }
        }
        let record = Record { format: FORMAT, identity, fit, files: BTreeMap::new() };
        while !self.write(&dir, record.clone(), cost, &files)? {
            // Somebody else was first, with this artifact or with another one of its name.
            dir = match self.place(&record.fit.name, &record.identity)? {
                Place::Taken(artifact) => return Ok(*artifact),
                Place::Free(dir) => dir,
            };
        }
        Ok(read(&dir)?)
    }

    /// Where a fit is, or where it goes: to the plain name when nothing is there.
    fn place(&self, name: &str, identity: &Digest) -> Result<Place> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
            let reason = format!("`{name}` cannot name an artifact; use letters, digits and _");
            return Err(Error::damaged(&self.root, reason));
        }
        let other = format!("{name}-{}", &identity.as_str()[..10]);
        for folder in [name, &other] {
            let dir = self.root.join(folder);
            if !dir.exists() {
                return Ok(Place::Free(dir));
            }
            // What cannot be read keeps its place, and is for `verify` to tell.
            if let Ok(artifact) = read(&dir)
                && artifact.identity == *identity
            {
                return Ok(Place::Taken(Box::new(artifact)));
            }
        }
        let dir = self.root.join(other);
        Err(Error::damaged(&dir, "is the place of this artifact and holds something else; move it away"))
    }

    /// Writes an artifact, whole or not at all; `false` where its place was taken meanwhile.
    fn write(
        &self,
        dir: &Path,
        mut record: Record,
        cost: Cost,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<bool> {
        file::create_folder(&self.root)?;
        file::sweep_abandoned(&self.root)?;
        let (folder, _lock) = file::unfinished_folder(&self.root)?;
        for (name, bytes) in files {
            file::write_bytes(&folder.path().join(name), bytes)?;
            let entry = Entry { bytes: bytes.len() as u64, sha256: Digest::of_bytes(bytes) };
            record.files.insert(name.clone(), entry);
        }
        write_json(&folder.path().join(COST), &cost)?;
        write_json(&folder.path().join(RECORD), &record)?;
        open_to_readers(folder.path())?;
        match std::fs::rename(folder.path(), dir) {
            Ok(()) => sync_folder(&self.root)?,
            Err(_) if dir.join(RECORD).is_file() => return Ok(false),
            Err(e) => return Err(Error::io(dir)(e)),
        }
        Ok(true)
    }

    /// Every artifact by name, and every folder that is none with the reason.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be read.
    pub fn list(&self) -> Result<(Vec<Artifact>, Vec<Error>)> {
        let (mut found, mut broken) = (Vec::new(), Vec::new());
        let entries = match std::fs::read_dir(&self.root) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((found, broken)),
            entries => entries.map_err(Error::io(&self.root))?,
        };
        let mut folders = Vec::new();
        for entry in entries {
            folders.push(entry.map_err(Error::io(&self.root))?.path());
        }
        folders.sort();
        let unfinished = |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        for dir in folders.into_iter().filter(|p| p.is_dir() && !unfinished(p)) {
            match read(&dir) {
                Ok(artifact) => found.push(artifact),
                Err(e) => broken.push(e),
            }
        }
        Ok((found, broken))
    }

    /// The artifact whose folder has this name.
    ///
    /// # Errors
    /// [`Error::Damaged`] that says which there are.
    pub fn find(&self, folder: &str) -> Result<Artifact> {
        let names = |all: &[Artifact]| all.iter().map(Artifact::folder).collect::<Vec<_>>().join(", ");
        if self.root.join(folder).join(RECORD).is_file() && !folder.contains(['/', '\\']) {
            return read(&self.root.join(folder));
        }
        let all = self.list()?.0;
        let there =
            if all.is_empty() { "none yet; `forewarn train` makes them".to_owned() } else { names(&all) };
        Err(Error::damaged(&self.root, format!("holds no artifact `{folder}`; there are: {there}")))
    }
}

enum Place {
    Taken(Box<Artifact>),
    Free(PathBuf),
}

impl Artifact {
    /// Name of its folder.
    pub fn folder(&self) -> String {
        self.dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The fitted state, which must be that of the fit.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Damaged`] with both digests.
    pub fn state(&self) -> Result<Vec<u8>> {
        self.part(STATE, &self.fit.state)
    }

    /// What the model's forecasts looked like when it was trained, which must be that of the fit; `None` where none is kept.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Damaged`] with both digests.
    pub fn reference(&self) -> Result<Option<Vec<u8>>> {
        self.fit.reference.as_ref().map(|expected| self.part(REFERENCE, expected)).transpose()
    }

    fn part(&self, name: &str, expected: &Digest) -> Result<Vec<u8>> {
        let path = self.dir.join(name);
        let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
        same(&path, &Digest::of_bytes(&bytes), expected)?;
        Ok(bytes)
    }

    /// What fitting cost; nothing is known where the file is not there.
    pub fn cost(&self) -> Cost {
        let bytes = std::fs::read(self.dir.join(COST)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Adds what a run found of it; what was added by the same run before stays.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn evaluated(&self, run: &str, scores: &impl Serialize) -> Result<()> {
        let path = self.dir.join(EVALUATIONS).join(format!("{run}.json"));
        if path.exists() { Ok(()) } else { write_json(&path, scores) }
    }

    /// What runs found of it, by run.
    ///
    /// # Errors
    /// [`Error::Io`] when a file cannot be read, [`Error::Damaged`] when it is no JSON.
    pub fn evaluations(&self) -> Result<BTreeMap<String, Value>> {
        let folder = self.dir.join(EVALUATIONS);
        let mut found = BTreeMap::new();
        for name in names_in(&folder)?.into_iter().filter(|n| !n.starts_with('.')) {
            let path = folder.join(&name);
            let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
            let value = serde_json::from_slice(&bytes).map_err(|e| Error::damaged(&path, e.to_string()))?;
            found.insert(name.trim_end_matches(".json").to_owned(), value);
        }
        Ok(found)
    }

    /// Everything that is wrong with it: a file that is missing, changed or not listed, a record that was changed.
    ///
    /// # Errors
    /// [`Error::Io`] when its folder cannot be read.
    pub fn faults(&self) -> Result<Vec<Error>> {
        let mut faults = Vec::new();
        let path = self.dir.join(RECORD);
        faults.extend(same(&path, &self.fit.identity()?, &self.identity).err());
        for (name, (_, sha256)) in &self.files {
            let path = self.dir.join(name);
            faults.extend(Digest::of_file(&path).and_then(|found| same(&path, &found, sha256)).err());
        }
        for (name, expected) in parts(&self.fit) {
            match self.files.get(name) {
                Some((_, sha256)) => faults.extend(same(&path, sha256, expected).err()),
                None => faults.push(Error::damaged(&path, format!("lists no `{name}`"))),
            }
        }
        let mut strangers = Vec::new();
        self.strangers("", &mut strangers)?;
        let reason = "is no part of the artifact; move it away";
        faults.extend(strangers.iter().map(|name| Error::damaged(&self.dir.join(name), reason)));
        Ok(faults)
    }

    /// Files in `folder` (relative to the artifact's) that do not belong to it.
    fn strangers(&self, folder: &str, found: &mut Vec<String>) -> Result<()> {
        for name in names_in(&self.dir.join(folder))? {
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if self.files.contains_key(&name) || [RECORD, COST, EVALUATIONS].contains(&name.as_str()) {
                continue;
            }
            if self.dir.join(&name).is_dir() {
                self.strangers(&name, found)?;
            } else {
                found.push(name);
            }
        }
        Ok(())
    }
}

/// The files that a fit names by digest.
fn parts(fit: &Fit) -> impl Iterator<Item = (&'static str, &Digest)> {
    [(STATE, Some(&fit.state)), (REFERENCE, fit.reference.as_ref())]
        .into_iter()
        .filter_map(|(name, digest)| Some((name, digest?)))
}

fn same(path: &Path, found: &Digest, expected: &Digest) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::damaged(path, format!("has sha256 {found}, it was kept with {expected}: fit the model again")))
}

/// Names of what is in a folder; none when there is no folder.
fn names_in(folder: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io(folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(Error::io(folder))?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec_pretty(value).map_err(|e| Error::io(path)(e.into()))?;
    file::write_bytes(path, &text)
}

fn read(dir: &Path) -> Result<Artifact> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let path = dir.join(RECORD);
    let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
    let damaged = |e: serde_json::Error| Error::damaged(&path, e.to_string());
    let Version { format } = serde_json::from_slice(&bytes).map_err(damaged)?;
    if format != FORMAT {
        let reason = format!("is of format {format}, this program knows {FORMAT}: use a newer one");
        return Err(Error::damaged(&path, reason));
    }
    let record: Record = serde_json::from_slice(&bytes).map_err(damaged)?;
    let files = record.files.into_iter().map(|(name, e)| (name, (e.bytes, e.sha256))).collect();
    Ok(Artifact { dir: dir.to_path_buf(), identity: record.identity, fit: record.fit, files })
}

#[cfg(test)]
mod tests;
