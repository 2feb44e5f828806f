//! What a transfer leaves on disk: the unfinished part, its note, the finished file, its source.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Error as IoError, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ureq::http::{HeaderMap, header};

use super::request::Source;
use crate::error::{Error, Result};

/// The server's names for one state of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Validators {
    /// `ETag`.
    pub(crate) etag: Option<String>,
    /// `Last-Modified`.
    pub(crate) last_modified: Option<String>,
}

impl Validators {
    /// Those of an answer.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Self { etag: text(header::ETAG), last_modified: text(header::LAST_MODIFIED) }
    }

    /// One that vouches for every byte; a weak tag (`W/`) does not.
    pub(super) fn strong(&self) -> Option<&str> {
        let tag = self.etag.as_deref().filter(|tag| !tag.starts_with("W/"));
        tag.or(self.last_modified.as_deref())
    }
}

/// Where the bytes of a part came from: the content of `TARGET.part.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Note {
    pub(super) url: String,
    pub(super) validators: Validators,
}

/// The unfinished file, ours alone while this value lives.
#[derive(Debug)]
pub(crate) struct Part {
    target: PathBuf,
    path: PathBuf,
    note: PathBuf,
    file: File,
}

impl Part {
    /// Opens or creates `TARGET.part`, and the folder it is in.
    ///
    /// # Errors
    /// [`Error::Io`], also when another process is fetching the same file.
    pub(crate) fn open(target: &Path) -> Result<Self> {
        let (path, note) = (beside(target, ".part"), beside(target, ".part.json"));
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(&path).map_err(Error::io(&path))?;
        let busy = || Error::Io {
            path: path.clone(),
            source: IoError::new(
                ErrorKind::WouldBlock,
                "another download of this file is under way; wait for it",
            ),
        };
        match file.try_lock() {
            // Whoever had the lock may have finished and renamed it while we were waiting at the door.
            Ok(()) if path.exists() => Ok(Self { target: target.to_owned(), path, note, file }),
            Ok(()) | Err(TryLockError::WouldBlock) => Err(busy()),
            Err(TryLockError::Error(source)) => Err(Error::Io { path, source }),
        }
    }

    /// Bytes here.
    pub(super) fn bytes(&self) -> Result<u64> {
        Ok(self.file.metadata().map_err(Error::io(&self.path))?.len())
    }

    /// Bytes of `url` that another transfer can go on with, and what vouches for them.
    pub(super) fn held(&self, url: &str) -> Result<Option<(u64, Note)>> {
        let bytes = self.bytes()?;
        let note: Option<Note> =
            fs::read(&self.note).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Ok(note.filter(|n| bytes > 0 && n.url == url && n.validators.strong().is_some()).map(|n| (bytes, n)))
    }

    /// Throws away what is here and notes where the next bytes come from.
    pub(super) fn restart(&mut self, note: &Note) -> Result<()> {
        self.discard()?;
        write_whole(&self.note, note)
    }

    /// Throws away what is here.
    pub(crate) fn discard(&mut self) -> Result<()> {
        self.file.set_len(0).map_err(Error::io(&self.path))?;
        remove(&self.note)
    }

    /// Adds bytes at the end.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io(&self.path))
    }

    /// The file itself, to write into.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Where it is, for messages and checks.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it is to become.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Leaves what a later transfer of `url` can go on with, else nothing. Gives the bytes left.
    pub(super) fn leave(self, url: &str) -> u64 {
        match self.held(url) {
            Ok(Some((bytes, _))) => bytes,
            _ => self.abandon(),
        }
    }

    /// Leaves nothing: 0 bytes.
    pub(crate) fn abandon(mut self) -> u64 {
        // A failed clean-up must not hide the failure that brought us here.
        let _ = self.discard().and_then(|()| remove(&self.path));
        0
    }

    /// Makes it the target, in one step, and records its source.
    pub(super) fn publish(self, source: &Source) -> Result<()> {
        self.file.sync_all().map_err(Error::io(&self.path))?;
        fs::rename(&self.path, &self.target).map_err(Error::io(&self.target))?;
        // A crash here leaves an old source beside a new file; their checksums differ, so it is not believed.
        write_whole(&source_path(&self.target), source)?;
        remove(&self.note)
    }

    /// Drops it, because the target holds the same bytes already, and records their source.
    pub(super) fn confirm(self, source: &Source) -> Result<()> {
        write_whole(&source_path(&self.target), source)?;
        remove(&self.note)?;
        remove(&self.path)
    }
}

/// What is known about the file at `target`, when it is readable.
pub(super) fn read_source(target: &Path) -> Option<Source> {
    serde_json::from_slice(&fs::read(source_path(target)).ok()?).ok()
}

fn source_path(target: &Path) -> PathBuf {
    beside(target, ".source.json")
}

fn beside(target: &Path, ending: &str) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::io(path)(e)),
        _ => Ok(()),
    }
}

/// Writes a record so that it is there whole or not at all, also after a power cut.
fn write_whole(path: &Path, record: &impl Serialize) -> Result<()> {
    let temporary = beside(path, ".new");
    let mut text = serde_json::to_vec_pretty(record).map_err(|e| Error::io(path)(e.into()))?;
    text.push(b'\n');
    let mut file = File::create(&temporary).map_err(Error::io(&temporary))?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(Error::io(&temporary))?;
    fs::rename(&temporary, path).map_err(Error::io(path))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(url: &str, etag: Option<&str>) -> Note {
        Note {
            url: url.into(),
            validators: Validators { etag: etag.map(str::to_owned), last_modified: None },
        }
    }

    #[test]
    fn only_vouched_bytes_of_the_same_address_are_held() {
        let folder = tempfile::tempdir().unwrap();
        let mut part = Part::open(&folder.path().join("sub/a.csv")).unwrap();
        assert_eq!(part.held("u").unwrap(), None);
        part.restart(&note("u", Some("\"1\""))).unwrap();
        assert_eq!(part.held("u").unwrap(), None, "no bytes yet");
        part.append(b"abc").unwrap();
        assert_eq!(part.held("u").unwrap().unwrap().0, 3);
        assert_eq!(part.held("v").unwrap(), None, "another address");
        for etag in [None, Some("W/\"1\"")] {
            part.restart(&note("u", etag)).unwrap();
            part.append(b"abc").unwrap();
            assert_eq!(part.held("u").unwrap(), None, "{etag:?} does not vouch for bytes");
        }
    }

    #[test]
    fn two_downloads_of_one_file_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.csv");
        let first = Part::open(&target).unwrap();
        let message = Part::open(&target).unwrap_err().to_string();
        assert!(message.contains("a.csv.part") && message.contains("under way"), "{message}");
        drop(first);
        assert!(Part::open(&target).is_ok());
    }

    #[test]
    fn nothing_worth_keeping_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.csv");
        let mut part = Part::open(&target).unwrap();
        part.restart(&note("u", Some("\"1\""))).unwrap();
        assert_eq!(part.leave("u"), 0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut part = Part::open(&target).unwrap();
        part.restart(&note("u", Some("W/\"1\""))).unwrap();
        part.append(b"abc").unwrap();
        assert_eq!(part.leave("u"), 0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
