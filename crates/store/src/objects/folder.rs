//! Objects as files below a folder: flushed to disk, whole or not there.

use std::fs::{DirEntry, Metadata};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{Object, Objects};
use crate::{Error, Result, file};

/// A folder of this machine. It is made with the first object.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        name.split('/').filter(|part| !part.is_empty()).fold(self.root.clone(), |path, part| path.join(part))
    }
}

/// All files below a folder, which is called `name`.
fn collect(folder: &Path, name: &str, found: &mut Vec<Object>) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Error::io(folder)(e)),
    };
    for entry in entries {
        let entry = entry.map_err(Error::io(folder))?;
        let name = super::joined(name, &entry.file_name().to_string_lossy());
        if entry.file_type().map_err(Error::io(folder))?.is_dir() {
            collect(&entry.path(), &name, found)?;
        } else if let Some(version) = version(&entry)? {
            found.push(Object { name, version });
        }
    }
    Ok(())
}

impl Objects for Folder {
    fn list(&self, folder: &str) -> Result<Vec<Object>> {
        let mut found = Vec::new();
        collect(&self.path(folder), folder, &mut found)?;
        Ok(found)
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let path = self.path(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io(&path)(e)),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(name);
        file::sweep_abandoned(file::parent(&path))?;
        file::write_bytes(&path, bytes)
    }

    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<bool> {
        let path = self.path(name);
        file::sweep_abandoned(file::parent(&path))?;
        file::write_new(&path, |file| file.write_all(bytes).map_err(Error::io(&path)))
    }

    fn delete(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::io(&path)(e)),
            _ => Ok(()),
        }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.path(name)
    }

    fn local(&self, name: &str) -> Option<PathBuf> {
        Some(self.path(name))
    }
}

/// `None` when it is gone: a writer has just renamed it.
fn version(entry: &DirEntry) -> Result<Option<String>> {
    match entry.metadata() {
        Ok(metadata) => Ok(Some(identity(&metadata))),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io(&entry.path())(e)),
    }
}

/// Times are compared for being the same only, never for being earlier: a clock that jumps makes no difference.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let m = metadata;
    format!(
        "{:x}-{:x}-{:x}.{:x}-{:x}.{:x}",
        m.ino(),
        m.size(),
        m.mtime(),
        m.mtime_nsec(),
        m.ctime(),
        m.ctime_nsec()
    )
}

#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> String {
    format!("{:x}-{:?}", metadata.len(), metadata.modified().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Folder, below: &str) -> Vec<String> {
        let mut names: Vec<_> = folder.list(below).unwrap().into_iter().map(|o| o.name).collect();
        names.sort();
        names
    }

    #[test]
    fn objects_are_files() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().join("not/there"));
        assert_eq!((folder.get("a").unwrap(), names(&folder, "")), (None, vec![]));
        folder.put("a/b", b"one").unwrap();
        folder.put("a/b", b"two").unwrap();
        folder.put("c", b"three").unwrap();
        assert_eq!(std::fs::read(root.path().join("not/there/a/b")).unwrap(), b"two");
        assert_eq!(folder.get("a/b").unwrap().unwrap(), b"two");
        assert_eq!(
            (names(&folder, ""), names(&folder, "a")),
            (vec!["a/b".into(), "c".into()], vec!["a/b".into()])
        );
        folder.delete("a/b").unwrap();
        folder.delete("a/b").unwrap();
        assert_eq!(names(&folder, ""), ["c"]);
        assert!(folder.get("a").is_err(), "a folder is no object");
    }

    #[test]
    fn the_first_writer_of_a_name_wins() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().to_path_buf());
        let wins: usize = super::super::each(&(0..64_u8).collect::<Vec<_>>(), |&i| {
            usize::from(folder.put_new("deep/name", &vec![i; 100_000]).unwrap())
        })
        .into_iter()
        .sum();
        let bytes = folder.get("deep/name").unwrap().unwrap();
        assert_eq!((wins, bytes.len(), bytes.iter().all(|b| *b == bytes[0])), (1, 100_000, true));
        assert_eq!(names(&folder, ""), ["deep/name"], "nothing is left beside it");
    }

    #[test]
    fn a_version_tells_that_something_was_written() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().to_path_buf());
        let version = || folder.list("").unwrap()[0].version.clone();
        folder.put("x", b"1").unwrap();
        let first = version();
        assert_eq!(first, version());
        folder.put("x", b"2").unwrap();
        assert_ne!(first, version());
    }
}
