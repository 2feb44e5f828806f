//! Steps of machines that have no disk in common: objects `KIND/KEY/FILE`, and the manifest last, so that a step is there whole
//! or not at all.

use std::path::PathBuf;

use super::{MANIFEST, Manifest, StepOutput, StepStore};
use crate::objects::each;
use crate::{Digest, Error, Objects, Result, file};

impl StepStore {
    /// Lets other machines find a step; does nothing where steps are not shared, or it is there already.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Remote`]; the step is as it was, and shared when it is looked for next.
    pub fn share(&self, kind: &str, key: &Digest, output: &StepOutput) -> Result<()> {
        let Some(objects) = self.shared.as_deref().filter(|_| !self.mark(kind, key).exists()) else {
            return Ok(());
        };
        let place = |name: &str| format!("{kind}/{key}/{name}");
        let send = |name: &String| {
            let path = output.dir.join(name);
            objects.put(&place(name), &std::fs::read(&path).map_err(Error::io(&path))?)
        };
        if objects.get(&place(MANIFEST))?.is_none() {
            let names: Vec<String> = output.files.keys().cloned().collect();
            each(&names, send).into_iter().collect::<Result<()>>()?;
            let path = output.dir.join(MANIFEST);
            // Whoever was first has made the same of the same inputs.
            objects.put_new(&place(MANIFEST), &std::fs::read(&path).map_err(Error::io(&path))?)?;
        }
        file::write_bytes(&self.mark(kind, key), b"")
    }

    /// Whatever another machine has made; `None` when none has.
    pub(super) fn fetch(
        &self,
        objects: &dyn Objects,
        kind: &str,
        key: &Digest,
    ) -> Result<Option<StepOutput>> {
        let place = |name: &str| format!("{kind}/{key}/{name}");
        let Some(text) = objects.get(&place(MANIFEST))? else { return Ok(None) };
        let damaged = |name: &str, reason: String| Error::damaged(&objects.place(&place(name)), reason);
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|e| damaged(MANIFEST, e.to_string()))?;
        let workspace = self.begin(kind, key)?;
        let files: Vec<_> = manifest.files.iter().collect();
        let take = |(name, entry): &(&String, &super::Entry)| {
            let bytes = objects.get(&place(name))?;
            let bytes =
                bytes.ok_or_else(|| damaged(name, "the manifest names it, and it is not there".into()))?;
            let found = Digest::of_bytes(&bytes);
            if found != entry.sha256 {
                return Err(damaged(name, format!("has sha256 {found}, its manifest says {}", entry.sha256)));
            }
            let path = workspace.path(name);
            std::fs::write(&path, bytes).map_err(Error::io(&path))
        };
        each(&files, take).into_iter().collect::<Result<()>>()?;
        let output = workspace.commit(manifest.notes)?;
        file::write_bytes(&self.mark(kind, key), b"")?;
        Ok(Some(output))
    }

    /// Tells that a step is shared. Its name has a dot: it is no step.
    fn mark(&self, kind: &str, key: &Digest) -> PathBuf {
        self.place(kind, key).with_extension("shared")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::{Lookup, open_objects};

    fn key() -> Digest {
        Digest::of_bytes(b"inputs")
    }

    fn machine(folder: &Path, objects: &Arc<dyn Objects>) -> StepStore {
        StepStore::open(folder).unwrap().sharing(Arc::clone(objects))
    }

    fn make(store: &StepStore) -> StepOutput {
        let workspace = store.begin("train", &key()).unwrap();
        std::fs::write(workspace.path("model"), "weights").unwrap();
        std::fs::write(workspace.path("more"), "of it").unwrap();
        workspace.commit(json!({ "by": "test" })).unwrap()
    }

    #[test]
    fn what_one_machine_made_another_finds() {
        let folder = tempfile::tempdir().unwrap();
        let objects = open_objects(&folder.path().join("objects")).unwrap();
        let (first, second) =
            (machine(&folder.path().join("a"), &objects), machine(&folder.path().join("b"), &objects));
        let made = make(&first);
        assert_eq!(second.get("train", &key()).unwrap(), Lookup::Absent, "it is not shared yet");
        first.share("train", &key(), &made).unwrap();
        let Lookup::Found(found) = second.get("train", &key()).unwrap() else { panic!("it is there") };
        assert_eq!((&found.digest, &found.notes, &found.files), (&made.digest, &made.notes, &made.files));
        assert!(found.dir.starts_with(folder.path().join("b")));
        assert_eq!(std::fs::read(found.dir.join("model")).unwrap(), b"weights");
        assert_eq!(StepStore::committed(&folder.path().join("b"), "train").unwrap(), [found]);
    }

    #[test]
    fn what_was_made_and_not_shared_is_shared_when_it_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let objects = open_objects(&folder.path().join("objects")).unwrap();
        let (first, second) =
            (machine(&folder.path().join("a"), &objects), machine(&folder.path().join("b"), &objects));
        let made = make(&first);
        assert_eq!(first.get("train", &key()).unwrap(), Lookup::Found(made));
        assert!(matches!(second.get("train", &key()).unwrap(), Lookup::Found(_)));
    }

    #[test]
    fn a_step_without_its_manifest_is_not_there_and_one_that_is_not_what_it_says_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let objects = open_objects(&folder.path().join("objects")).unwrap();
        let (first, second) =
            (machine(&folder.path().join("a"), &objects), machine(&folder.path().join("b"), &objects));
        let made = make(&first);
        objects.put(&format!("train/{}/model", key()), b"weights").unwrap();
        assert_eq!(second.get("train", &key()).unwrap(), Lookup::Absent);
        first.share("train", &key(), &made).unwrap();
        objects.put(&format!("train/{}/model", key()), b"others").unwrap();
        let said = second.get("train", &key()).unwrap_err().to_string();
        assert!(said.contains("model") && said.contains("its manifest says"), "{said}");
        objects.delete(&format!("train/{}/model", key())).unwrap();
        let said = second.get("train", &key()).unwrap_err().to_string();
        assert!(said.contains("it is not there"), "{said}");
        assert!(StepStore::committed(&folder.path().join("b"), "train").unwrap().is_empty());
    }
}
