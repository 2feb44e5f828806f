//! What machines that do the tasks of one run share besides steps, archive and records: what gates said, and the files of the
//! run. They are copied here when a task begins, and there when it has ended.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use forewarn_store::{file as files, open_objects};

use crate::{Error, Resolved, Result};

/// The folder of what gates said, in the output folder and in the store.
const GATES: &str = "gates";

/// Looks whether a place can be read; nothing needs to be there.
///
/// # Errors
/// [`Error::Store`] when there is no such bucket, or the server cannot be reached or refuses.
pub fn reach(place: &Path) -> Result<()> {
    open_objects(place)?.list("forewarn-doctor")?;
    Ok(())
}

/// The copies of a task.
pub(crate) struct Shared<'a> {
    run: &'a Resolved,
    root: PathBuf,
    began: SystemTime,
}

impl<'a> Shared<'a> {
    /// Fetches what gates said elsewhere; does nothing where nothing is shared.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be read, [`Error::Io`] when the output folder cannot be written.
    pub(crate) fn fetch(run: &'a Resolved, root: &Path) -> Result<Self> {
        let shared = Self { run, root: root.to_path_buf(), began: SystemTime::now() };
        if let Some(place) = run.store(GATES) {
            let objects = open_objects(&place)?;
            for object in objects.list("")? {
                let Some(bytes) = objects.get(&object.name)? else { continue };
                let path = root.join(GATES).join(&object.name);
                if std::fs::read(&path).is_ok_and(|known| known == bytes) {
                    continue;
                }
                files::write_bytes(&path, &bytes)?;
            }
        }
        Ok(shared)
    }

    /// Sends what the task has written in the folder of the run, and what its gates said.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be written, [`Error::Io`] when the output folder cannot be read.
    pub(crate) fn send(&self, folder: &Path) -> Result<()> {
        let run = folder.strip_prefix(&self.root).unwrap_or(folder).to_path_buf();
        for part in [PathBuf::from(GATES), run] {
            let Some(place) = self.run.store(&part.display().to_string()) else { return Ok(()) };
            let objects = open_objects(&place)?;
            for path in self.written(&self.root.join(&part))? {
                let name = path.strip_prefix(self.root.join(&part)).unwrap_or(&path).display().to_string();
                objects.put(&name, &std::fs::read(&path).map_err(Error::io(&path))?)?;
            }
        }
        Ok(())
    }

    /// The files below a folder that were written since the task began.
    fn written(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        if !folder.is_dir() {
            return Ok(found);
        }
        for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
            let path = entry.map_err(Error::io(folder))?.path();
            if path.is_dir() {
                found.extend(self.written(&path)?);
                continue;
            }
            let changed = std::fs::metadata(&path).and_then(|m| m.modified()).map_err(Error::io(&path))?;
            found.extend((changed >= self.began).then_some(path));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use crate::small_run;

    #[test]
    fn a_place_is_reached_or_the_cure_is_told() {
        let folder = tempfile::tempdir().unwrap();
        super::reach(&folder.path().join("nothing-yet")).unwrap();
        let said = super::reach(std::path::Path::new("s3://")).unwrap_err().to_string();
        assert!(said.contains("names no bucket"), "{said}");
    }

    #[test]
    fn a_machine_finds_what_the_gates_of_another_said() {
        let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let place = format!("store={}", store.path().display());
        for machine in ["a", "b"] {
            small_run::project(&folder.path().join(machine), 1);
        }
        let machine = |name: &str| small_run::load(&folder.path().join(name), &[place.as_str()]);
        let done = small_run::archive(&machine("a")).unwrap();
        let again = small_run::archive(&machine("b")).unwrap();
        assert_eq!(done.run, again.run, "where it is done is no part of a run");
        let made: Vec<_> = again.steps.iter().filter(|step| !step.cached).map(|step| &step.step).collect();
        assert!(made.is_empty(), "{made:?}");
        for file in ["gates/input/2020-12.json", &format!("runs/{}/report.html", done.run)] {
            let there =
                |name: &str| std::fs::read(folder.path().join(name).join("forewarn-out").join(file)).unwrap();
            assert!(there("a") == there("b"), "{file}");
            assert!(std::fs::read(store.path().join(file)).unwrap() == there("a"), "{file}");
        }
    }
}
