//! The step cache: what was made from the same inputs is found again.
//!
//! `root/KIND/KEY/` holds the files of a step and `manifest.json`, which lists them with their digests. A step is
//! made in a folder of its own and renamed into place when it is complete.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::{Builder, TempDir};

use crate::file::{self, UNFINISHED, open_to_readers, sync_folder};
use crate::{Digest, Error, Objects, Result};

mod shared;

const MANIFEST: &str = "manifest.json";

/// All steps below one folder.
#[derive(Debug, Clone)]
pub struct StepStore {
    root: PathBuf,
    /// Where machines without a common disk find each other's steps.
    shared: Option<Arc<dyn Objects>>,
}

/// A step that is complete.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOutput {
    /// Where its files are.
    pub dir: PathBuf,
    /// Digest of each file.
    pub files: BTreeMap<String, Digest>,
    /// Digest of all its files; feeds the keys of later steps.
    pub digest: Digest,
    /// What was said when it was committed.
    pub notes: Value,
}

/// What was found of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// It is complete.
    Found(StepOutput),
    /// It is not there.
    Absent,
    /// It was there, but is not what was committed.
    Damaged {
        /// What is wrong with it.
        reason: String,
        /// Where it was moved, to be looked at.
        aside: PathBuf,
    },
}

/// The list of a step's files.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    files: BTreeMap<String, Entry>,
    notes: Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    bytes: u64,
    sha256: Digest,
}

impl StepStore {
    /// The steps below `root`, which is made when it is not there.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        file::create_folder(&root)?;
        Ok(Self { root, shared: None })
    }

    /// The same steps, which are kept in `objects` too: what is not in the folder is fetched from there.
    #[must_use]
    pub fn sharing(self, objects: Arc<dyn Objects>) -> Self {
        Self { shared: Some(objects), ..self }
    }

    fn place(&self, kind: &str, key: &Digest) -> PathBuf {
        self.root.join(kind).join(key.as_str())
    }

    /// Looks for a step, in the folder first. One that lacks a file of its manifest, or has one of another size, is moved aside
    /// (`KEY.damaged`), so that it can be made again and looked at. Digests are not computed again here.
    ///
    /// # Errors
    /// [`Error::Io`] when the store cannot be read; the step stays where it is then. [`Error::Remote`] when the shared objects
    /// cannot be read or written.
    pub fn get(&self, kind: &str, key: &Digest) -> Result<Lookup> {
        match (self.at_hand(kind, key)?, &self.shared) {
            (Lookup::Found(output), Some(_)) => {
                // A run that was cut off may have made it without sharing it.
                self.share(kind, key, &output)?;
                Ok(Lookup::Found(output))
            }
            (Lookup::Absent, Some(objects)) => {
                Ok(self.fetch(objects.as_ref(), kind, key)?.map_or(Lookup::Absent, Lookup::Found))
            }
            (found, _) => Ok(found),
        }
    }

    fn at_hand(&self, kind: &str, key: &Digest) -> Result<Lookup> {
        let dir = self.place(kind, key);
        if !dir.exists() {
            return Ok(Lookup::Absent);
        }
        let reason = match read(&dir) {
            Ok(output) => return Ok(Lookup::Found(output)),
            Err(e @ Error::Damaged { .. }) => e.to_string(),
            Err(Error::Io { path, source }) if source.kind() == ErrorKind::NotFound => {
                format!("{}: {source}", path.display())
            }
            // What cannot be read just now is not damaged.
            Err(e) => return Err(e),
        };
        let names = (1..).map(|n| if n == 1 { "damaged".to_owned() } else { format!("damaged-{n}") });
        let aside = names.map(|ending| dir.with_extension(ending)).find(|place| !place.exists());
        let aside = aside.unwrap_or_else(|| dir.with_extension("damaged"));
        std::fs::rename(&dir, &aside).map_err(Error::io(&dir))?;
        Ok(Lookup::Damaged { reason, aside })
    }

    /// Removes what killed runs left of any step. Only while nobody else makes steps here.
    ///
    /// # Errors
    /// [`Error::Io`] when the store cannot be read.
    pub fn sweep(&self) -> Result<usize> {
        let mut swept = 0;
        for entry in std::fs::read_dir(&self.root).map_err(Error::io(&self.root))? {
            let kind = entry.map_err(Error::io(&self.root))?.path();
            swept += if kind.is_dir() { file::sweep(&kind)? } else { 0 };
        }
        Ok(swept)
    }

    /// Every step of a kind below `root`, as it was committed, whether or not its files are still there. What cannot be read
    /// is left out.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be read.
    pub fn committed(root: &Path, kind: &str) -> Result<Vec<StepOutput>> {
        let folder = root.join(kind);
        let entries = match std::fs::read_dir(&folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::io(&folder))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let dir = entry.map_err(Error::io(&folder))?.path();
            // What was moved aside, or is not finished, has a dot in its name.
            if !dir.file_name().unwrap_or_default().to_string_lossy().contains('.') {
                found.extend(listed(&dir).map(|(output, _)| output));
            }
        }
        found.sort_by(|a, b| a.dir.cmp(&b.dir));
        Ok(found)
    }

    /// A folder to make a step in.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made.
    pub fn begin(&self, kind: &str, key: &Digest) -> Result<Workspace> {
        let folder = self.root.join(kind);
        file::create_folder(&folder)?;
        let temporary = Builder::new().prefix(UNFINISHED).tempdir_in(&folder).map_err(Error::io(&folder))?;
        Ok(Workspace { temporary, place: self.place(kind, key) })
    }
}

/// A step on its way; dropped without [`Workspace::commit`] it leaves nothing.
#[derive(Debug)]
pub struct Workspace {
    temporary: TempDir,
    place: PathBuf,
}

impl Workspace {
    /// Where to write the file called `name`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    /// Makes the step complete: flushes its files, writes the manifest and renames the folder into place. When the
    /// same step was completed meanwhile by another run, that one is kept.
    ///
    /// # Errors
    /// [`Error::Io`]; nothing is left then.
    pub fn commit(self, notes: Value) -> Result<StepOutput> {
        let folder = self.temporary.path();
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
            let path = entry.map_err(Error::io(folder))?.path();
            let handle = std::fs::File::open(&path).map_err(Error::io(&path))?;
            handle.sync_all().map_err(Error::io(&path))?;
            let bytes = handle.metadata().map_err(Error::io(&path))?.len();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(name, Entry { bytes, sha256: Digest::of_file(&path)? });
        }
        let manifest = Manifest { files, notes };
        let text = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::io(folder)(e.into()))?;
        file::write_bytes(&folder.join(MANIFEST), &text)?;
        open_to_readers(folder)?;
        match std::fs::rename(folder, &self.place) {
            Ok(()) => sync_folder(file::parent(&self.place))?,
            // Somebody else was first: the same inputs made the same files.
            Err(_) if self.place.join(MANIFEST).exists() => {}
            Err(e) => return Err(Error::io(&self.place)(e)),
        }
        read(&self.place)
    }
}

/// A step in its place; every file must be there with its size.
fn read(dir: &Path) -> Result<StepOutput> {
    let (output, sizes) = listed(dir)?;
    for (name, bytes) in sizes {
        let path = dir.join(name);
        let found = std::fs::metadata(&path).map_err(Error::io(&path))?.len();
        if found != bytes {
            return Err(Error::damaged(&path, format!("has {found} bytes, the manifest says {bytes}")));
        }
    }
    Ok(output)
}

/// A step as its manifest has it, and the size of each file.
fn listed(dir: &Path) -> Result<(StepOutput, BTreeMap<String, u64>)> {
    let path = dir.join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|e| Error::damaged(&path, e.to_string()))?;
    let line = |(name, entry): (&String, &Entry)| format!("{name}\n{}\n", entry.sha256);
    let digest = Digest::of_bytes(manifest.files.iter().map(line).collect::<String>().as_bytes());
    let sizes = manifest.files.iter().map(|(name, entry)| (name.clone(), entry.bytes)).collect();
    let files = manifest.files.into_iter().map(|(name, entry)| (name, entry.sha256)).collect();
    Ok((StepOutput { dir: dir.to_path_buf(), files, digest, notes: manifest.notes }, sizes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key() -> Digest {
        Digest::of_bytes(b"inputs")
    }

    fn make(store: &StepStore, text: &str) -> StepOutput {
        let workspace = store.begin("train", &key()).unwrap();
        std::fs::write(workspace.path("model"), text).unwrap();
        workspace.commit(json!({"by": "test"})).unwrap()
    }

    #[test]
    fn a_step_is_found_by_its_key_only() {
        let root = tempfile::tempdir().unwrap();
        let store = StepStore::open(root.path()).unwrap();
        assert_eq!(store.get("train", &key()).unwrap(), Lookup::Absent);
        let made = make(&store, "weights");
        assert_eq!(store.get("train", &key()).unwrap(), Lookup::Found(made.clone()));
        assert_eq!(std::fs::read(made.dir.join("model")).unwrap(), b"weights");
        assert_eq!(made.notes, json!({"by": "test"}));
        assert_eq!(store.get("train", &Digest::of_bytes(b"other")).unwrap(), Lookup::Absent);
        assert_eq!(store.get("forecast", &key()).unwrap(), Lookup::Absent);
    }

    #[test]
    fn what_is_not_committed_is_not_there() {
        let root = tempfile::tempdir().unwrap();
        let store = StepStore::open(root.path()).unwrap();
        let workspace = store.begin("train", &key()).unwrap();
        std::fs::write(workspace.path("model"), "half").unwrap();
        assert_eq!(store.get("train", &key()).unwrap(), Lookup::Absent);
        // A killed run cannot clean up.
        std::mem::forget(workspace);
        assert_eq!(store.sweep().unwrap(), 1);
        make(&store, "whole");
        assert_eq!(store.sweep().unwrap(), 0, "what is complete stays");
        let names: Vec<_> =
            std::fs::read_dir(root.path().join("train")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [key().as_str()], "the leftover is gone");
    }

    #[test]
    fn the_first_of_two_runs_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let store = StepStore::open(root.path()).unwrap();
        let first = make(&store, "weights");
        // The second looked before the first was complete, and so makes the same step again.
        let second = store.begin("train", &key()).unwrap();
        std::fs::write(second.path("model"), "weights").unwrap();
        assert_eq!(second.commit(json!({"by": "second"})).unwrap(), first);
        assert_eq!(std::fs::read_dir(root.path().join("train")).unwrap().count(), 1, "nothing is left of it");
    }

    #[test]
    fn a_damaged_step_is_moved_aside_and_made_again() {
        let root = tempfile::tempdir().unwrap();
        let store = StepStore::open(root.path()).unwrap();
        let made = make(&store, "weights");
        std::fs::write(made.dir.join("model"), "cut").unwrap();
        let damaged = |ending: &str| match store.get("train", &key()).unwrap() {
            Lookup::Damaged { reason, aside } => (reason, aside == made.dir.with_extension(ending)),
            other => panic!("{other:?}"),
        };
        let (reason, moved) = damaged("damaged");
        assert!(moved && reason.contains("has 3 bytes, the manifest says 7"), "{reason}");
        assert_eq!(std::fs::read(made.dir.with_extension("damaged").join("model")).unwrap(), b"cut");
        assert_eq!(make(&store, "weights").digest, made.digest);
        std::fs::remove_file(made.dir.join("model")).unwrap();
        let (reason, moved) = damaged("damaged-2");
        assert!(moved && reason.contains("No such file"), "a file that is gone is damage too: {reason}");
    }

    #[test]
    fn committed_steps_are_listed_whatever_became_of_their_files() {
        let root = tempfile::tempdir().unwrap();
        let store = StepStore::open(root.path()).unwrap();
        let made = make(&store, "weights");
        std::fs::write(made.dir.join("model"), "cut").unwrap();
        std::fs::create_dir_all(root.path().join("train/none")).unwrap();
        assert_eq!(StepStore::committed(root.path(), "train").unwrap(), std::slice::from_ref(&made));
        assert_eq!(StepStore::committed(root.path(), "forecast").unwrap(), []);
        assert!(matches!(store.get("train", &key()).unwrap(), Lookup::Damaged { .. }));
        assert_eq!(StepStore::committed(root.path(), "train").unwrap(), [], "what was moved aside is none");
    }

    #[test]
    fn a_step_that_cannot_be_read_is_left_where_it_is() {
        let root = tempfile::tempdir().unwrap();
        let store = StepStore::open(root.path()).unwrap();
        // A folder cannot be read as a manifest, whoever asks.
        let manifest = make(&store, "weights").dir.join(MANIFEST);
        std::fs::remove_file(&manifest).unwrap();
        std::fs::create_dir(&manifest).unwrap();
        assert!(matches!(store.get("train", &key()), Err(Error::Io { .. })));
        assert!(manifest.is_dir());
    }
}
