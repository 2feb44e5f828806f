//! The folder of an offline run, whole or not there.

use std::path::{Path, PathBuf};

use tempfile::{Builder, TempDir};

use crate::{Error, Moment, Result};

/// A run's folder that is not in its place yet.
#[derive(Debug)]
pub(super) struct Folder {
    above: PathBuf,
    made: TempDir,
}

impl Folder {
    /// A new one in `above`, which is made.
    pub(super) fn new(above: &Path) -> Result<Self> {
        std::fs::create_dir_all(above).map_err(Error::io(above))?;
        let made = temporary(above)?;
        Ok(Self { above: above.to_path_buf(), made })
    }

    /// Writes a file and flushes it; its folders are made.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        use std::io::Write as _;
        let path = self.made.path().join(name);
        let folder = path.parent().unwrap_or(self.made.path());
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let written = std::fs::File::create(&path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(Error::io(&path))
    }

    /// Puts it in its place, instead of folders that the same run left there.
    pub(super) fn keep(self, started: Moment, id: &str) -> Result<()> {
        let place = self.above.join(format!("offline-run-{}-{id}", started.stamp()));
        readable(self.made.path())?;
        // Outlives the old folders, which go with it.
        let aside = temporary(&self.above)?;
        for (number, old) in earlier(&self.above, id)?.iter().enumerate() {
            std::fs::rename(old, aside.path().join(number.to_string())).map_err(Error::io(old))?;
        }
        std::fs::rename(self.made.path(), &place).map_err(Error::io(&place))?;
        std::fs::File::open(&self.above).and_then(|f| f.sync_all()).map_err(Error::io(&self.above))
    }
}

fn temporary(above: &Path) -> Result<TempDir> {
    Builder::new().prefix(".unfinished-").tempdir_in(above).map_err(Error::io(above))
}

/// Folders of offline runs with an id.
fn earlier(above: &Path, id: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(above).map_err(Error::io(above))? {
        let entry = entry.map_err(Error::io(above))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("offline-run-") && name.ends_with(&format!("-{id}")) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Temporary folders are private; a result is for all who may read the folder above.
#[cfg(unix)]
fn readable(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).map_err(Error::io(folder))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> Result<()> {
    Ok(())
}
