//! Files that appear whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempDir};

use crate::{Error, Result};

/// Prefix of unfinished files and folders; what a killed writer leaves behind begins with it.
pub const UNFINISHED: &str = ".unfinished-";

/// Writes a file: into a new one beside it, flushed to disk, then renamed over it. Folders are made.
///
/// # Errors
/// [`Error::Io`]; the file that was there is untouched.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, |file| file.write_all(bytes).map_err(Error::io(path)))
}

/// [`write_bytes`], with what `write` writes; when it fails, nothing has happened.
pub(crate) fn write_with(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let file = written(path, write)?;
    file.persist(path).map_err(|e| Error::io(path)(e.error))?;
    sync_folder(parent(path))
}

/// [`write_with`], but only where nothing is: `false` when something is there, which stays. Of several writers one wins.
pub(crate) fn write_new(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let file = written(path, write)?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_folder(parent(path)).map(|()| true),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(Error::io(path)(e.error)),
    }
}

/// A file beside `path` with all that `write` writes, flushed to disk and not in its place yet.
fn written(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<NamedTempFile> {
    let folder = parent(path);
    create_folder(folder)?;
    let mut file = unfinished(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all().map_err(Error::io(path))?;
    // Temporary files are private by default; a result is for all who may read the folder.
    open_to_readers(file.path())?;
    Ok(file)
}

/// A new file that is locked: [`sweep_abandoned`] takes those away that nobody has locked any more.
fn unfinished(folder: &Path) -> Result<NamedTempFile> {
    loop {
        let file = Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(Error::io(folder))?;
        // Where files cannot be locked, none is ever taken away.
        let _ = file.as_file().lock();
        // Somebody may have taken it away before it was locked.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// A new folder that is locked as long as the handle is open. Folders can be locked where they can be opened, which is on
/// Unix; elsewhere none is ever taken away.
pub(crate) fn unfinished_folder(above: &Path) -> Result<(TempDir, Option<File>)> {
    loop {
        let made = Builder::new().prefix(UNFINISHED).tempdir_in(above).map_err(Error::io(above))?;
        let lock = File::open(made.path()).ok().filter(|folder| folder.lock().is_ok());
        if made.path().exists() {
            return Ok((made, lock));
        }
    }
}

/// Removes the files and folders that killed writers left in a folder, and none of a writer that is at work.
///
/// # Errors
/// [`Error::Io`] when the folder cannot be read.
pub(crate) fn sweep_abandoned(folder: &Path) -> Result<()> {
    for path in leftovers(folder)? {
        let is_folder = path.is_dir();
        let Ok(file) = OpenOptions::new().read(true).write(!is_folder).open(&path) else { continue };
        // A lock goes with the process that has it, however it ends. It is held until all is gone: a writer that has just
        // made this waits for it, and then sees that it has to make another one.
        if file.try_lock().is_ok() {
            // Gone already, or not ours to remove: it is in nobody's way.
            let _ = if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        }
    }
    Ok(())
}

/// What begins with [`UNFINISHED`] in a folder; nothing when there is no folder.
fn leftovers(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io(folder)(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io(folder))?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Writes a new folder with some files, whole or not at all; tells whether it did, which it does not where there is a
/// folder already. What killed writers left beside it is removed.
///
/// # Errors
/// [`Error::Io`]; nothing is left then.
pub fn write_folder(folder: &Path, files: &[(&str, &[u8])]) -> Result<bool> {
    let above = parent(folder);
    create_folder(above)?;
    sweep_abandoned(above)?;
    let (made, _lock) = unfinished_folder(above)?;
    for (name, bytes) in files {
        write_bytes(&made.path().join(name), bytes)?;
    }
    open_to_readers(made.path())?;
    match std::fs::rename(made.path(), folder) {
        Ok(()) => sync_folder(above).map(|()| true),
        Err(_) if folder.exists() => Ok(false),
        Err(e) => Err(Error::io(folder)(e)),
    }
}

/// Makes a folder and those above it, each flushed to disk.
pub(crate) fn create_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    create_folder(parent(folder))?;
    match std::fs::create_dir(folder) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists || !folder.is_dir() => Err(Error::io(folder)(e)),
        _ => sync_folder(parent(folder)),
    }
}

/// Flushes the entries of a folder, so that a rename survives a power cut.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io(folder))
}

/// The folder of a path.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
pub(crate) fn open_to_readers(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if path.is_dir() { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(Error::io(path))
}

#[cfg(not(unix))]
pub(crate) fn open_to_readers(_: &Path) -> Result<()> {
    Ok(())
}

/// Removes what killed writers left in a folder. Only for folders that nobody else is writing to.
///
/// # Errors
/// [`Error::Io`] when the folder cannot be read.
pub fn sweep(folder: &Path) -> Result<usize> {
    let found = leftovers(folder)?;
    for path in &found {
        let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        removed.map_err(Error::io(path))?;
    }
    Ok(found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file.txt");
        write_bytes(&path, b"one").unwrap();
        write_bytes(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("inside"), b"x").unwrap();
        assert!(write_bytes(&path, b"y").is_err(), "a folder is not replaced by a file");
        assert_eq!(std::fs::read(path.join("inside")).unwrap(), b"x");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_folder_appears_whole_and_replaces_nothing() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/0001");
        assert!(write_folder(&folder, &[("one", b"1"), ("two", b"2")]).unwrap());
        assert!(!write_folder(&folder, &[("one", b"x")]).unwrap(), "it is there already");
        assert_eq!(std::fs::read(folder.join("one")).unwrap(), b"1");
        assert!(write_folder(&root.path().join("a/0002"), &[("no/such\0name", b"x")]).is_err());
        let names: Vec<_> =
            std::fs::read_dir(root.path().join("a")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["0001"], "nothing is left of what was not written");
    }

    #[test]
    fn leftovers_are_swept_and_results_are_not() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".unfinished-abc"), b"x").unwrap();
        std::fs::create_dir(folder.path().join(".unfinished-folder")).unwrap();
        std::fs::write(folder.path().join("kept"), b"x").unwrap();
        assert_eq!(sweep(folder.path()).unwrap(), 2);
        assert!(folder.path().join("kept").exists());
        assert_eq!(sweep(&folder.path().join("nowhere")).unwrap(), 0);
    }

    #[test]
    fn what_is_there_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/file");
        let write = |bytes: &'static [u8]| {
            write_new(&path, |file| file.write_all(bytes).map_err(Error::io(Path::new("f"))))
        };
        assert!(write(b"one").unwrap());
        assert!(!write(b"two").unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        assert_eq!(std::fs::read_dir(parent(&path)).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn only_what_nobody_writes_any_more_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let at_work = unfinished(folder.path()).unwrap();
        std::fs::write(folder.path().join(".unfinished-dead"), b"x").unwrap();
        sweep_abandoned(folder.path()).unwrap();
        assert_eq!(leftovers(folder.path()).unwrap(), [at_work.path()]);
        let (file, path) = at_work.keep().unwrap();
        drop(file);
        sweep_abandoned(folder.path()).unwrap();
        assert!(!path.exists());
        sweep_abandoned(&folder.path().join("nowhere")).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_a_killed_writer_left_goes_with_the_next_one() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(".unfinished-dead")).unwrap();
        std::fs::write(root.path().join(".unfinished-dead/record.json"), b"{").unwrap();
        let (at_work, lock) = unfinished_folder(root.path()).unwrap();
        std::fs::write(at_work.path().join("record.json"), b"{").unwrap();
        assert!(write_folder(&root.path().join("0001"), &[("record.json", b"{}")]).unwrap());
        assert_eq!(leftovers(root.path()).unwrap(), [at_work.path()], "one is still at work");
        drop(lock);
        assert!(write_folder(&root.path().join("0002"), &[("record.json", b"{}")]).unwrap());
        assert!(leftovers(root.path()).unwrap().is_empty());
        assert_eq!(std::fs::read(root.path().join("0001/record.json")).unwrap(), b"{}");
    }

    #[cfg(unix)]
    #[test]
    fn writers_that_sweep_take_nothing_away_from_each_other() {
        let root = tempfile::tempdir().unwrap();
        let write = |writer: usize| {
            for i in 0..20 {
                let folder = root.path().join(format!("{writer}-{i}"));
                assert!(write_folder(&folder, &[("a", b"1"), ("b", b"2")]).unwrap());
                assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2);
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|writer| drop(scope.spawn(move || write(writer)))));
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 80, "all there, and nothing else");
    }
}
