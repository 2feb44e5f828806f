//! What was read of an archive, kept in one object, so that it need not be read again.
//!
//! Only a cache: each entry is used as long as its manifest is there in the same version, and an index that is not
//! there, damaged or old makes a listing slower and nothing else. So nobody has to keep it in step, and writers of it
//! may overwrite each other.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::manifest::Manifest;
use crate::Digest;
use crate::objects::{Object, Objects};

/// Name of the object. No target can be called so.
pub(super) const INDEX: &str = ".index.json";

/// So many manifests are read again rather than the index written anew.
const FEW: usize = 32;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    version: String,
    manifest: Manifest,
}

/// What is known, by the name of the manifest's object.
#[derive(Debug, Default)]
pub(super) struct Index(HashMap<String, Entry>);

impl Index {
    /// What is kept in the archive; nothing when that is of no use.
    pub(super) fn read(objects: &dyn Objects) -> Self {
        let bytes = objects.get(INDEX).ok().flatten().unwrap_or_default();
        let entries = Self::parse(&bytes).unwrap_or_default();
        Self(entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect())
    }

    /// The digest of the rest is the first line.
    fn parse(bytes: &[u8]) -> Option<Vec<Entry>> {
        let end = bytes.iter().position(|b| *b == b'\n')?;
        let (digest, rest) = (&bytes[..end], &bytes[end + 1..]);
        let whole = Digest::of_bytes(rest).as_str().as_bytes() == digest;
        whole.then(|| serde_json::from_slice(rest).ok())?
    }

    /// Whether bytes are an index.
    pub(super) fn is_whole(bytes: &[u8]) -> bool {
        Self::parse(bytes).is_some()
    }

    /// Takes out what is known of an object in this version.
    pub(super) fn take(&mut self, object: &Object) -> Option<Manifest> {
        let entry = self.0.remove(&object.name)?;
        (entry.version == object.version).then_some(entry.manifest)
    }

    /// Keeps what was read, when so much of it is new that it is worth it.
    pub(super) fn keep<'m>(
        objects: &dyn Objects,
        new: usize,
        all: impl Iterator<Item = (&'m Object, &'m Manifest)>,
    ) {
        if new <= FEW {
            return;
        }
        let entry = |(object, manifest): (&Object, &Manifest)| Entry {
            name: object.name.clone(),
            version: object.version.clone(),
            manifest: manifest.clone(),
        };
        let Ok(rest) = serde_json::to_vec(&all.map(entry).collect::<Vec<_>>()) else { return };
        let mut bytes = Digest::of_bytes(&rest).as_str().as_bytes().to_vec();
        bytes.push(b'\n');
        bytes.extend(rest);
        // Somebody who may only read the archive can list it all the same.
        let _ = objects.put(INDEX, &bytes);
    }
}
