//! Whether an archive is what was filed: every object of it is read and compared.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::filed::Filed;
use super::index::{INDEX, Index};
use super::manifest::Manifest;
use super::{Archive, BESIDE, folder_of};
use crate::file::UNFINISHED;
use crate::objects::{Object, Objects, each, joined};
use crate::{Error, Result};

/// What is wrong with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// It is not what was filed.
    Damaged,
    /// It was filed and is not there.
    Missing,
    /// Nothing that is filed needs it. It does no harm: a writer was killed, or is at work.
    Orphaned,
}

/// An object that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// In which way.
    pub kind: FaultKind,
    /// Path or address of the object.
    pub place: PathBuf,
    /// What was found, what was expected, and the cure.
    pub reason: String,
}

/// What was found in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Forecasts that are whole.
    pub whole: usize,
    /// Objects that were read.
    pub objects: usize,
    /// What is wrong, by place.
    pub faults: Vec<Fault>,
}

impl Verification {
    /// Whether something that was filed is not there or not as it was; orphans are no damage.
    pub fn is_damaged(&self) -> bool {
        self.faults.iter().any(|fault| fault.kind != FaultKind::Orphaned)
    }
}

impl Archive {
    /// Whether a forecast is what was filed: its manifest and its Parquet file.
    ///
    /// # Errors
    /// [`Error::Damaged`] with both digests when it is not, or when it is gone.
    pub fn verify(&self, filed: &Filed) -> Result<()> {
        let gone = || Error::damaged(&filed.objects.place(&filed.record()), "is not there");
        read(&*filed.objects, &filed.record(), &filed.folder)?.ok_or_else(gone)??;
        filed.bytes().map(|_| ())
    }

    /// Reads all that is in the archive and names what is damaged, missing or orphaned. The index is not used.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Remote`] when the archive cannot be listed.
    pub fn verify_all(&self) -> Result<Verification> {
        let mut objects = self.objects.list("")?;
        objects.retain(|object| !BESIDE.iter().any(|beside| object.name.starts_with(beside)));
        let names: BTreeSet<&str> = objects.iter().map(|o| o.name.as_str()).collect();
        let records: Vec<&Object> = objects.iter().filter(|o| folder_of(&o.name).is_some()).collect();
        let looked = each(&records, |object| self.look(object, &names));
        let mut found = Verification { objects: objects.len(), ..Verification::default() };
        let (mut needed, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        for (object, (data, fault)) in records.iter().zip(looked) {
            needed.insert(object.name.clone());
            match data {
                Some(data) => needed.insert(data),
                None => unknown.insert(folder_of(&object.name).unwrap_or_default().to_owned()),
            };
            found.whole += usize::from(fault.is_none());
            found.faults.extend(fault);
        }
        let others = objects.iter().filter(|object| !needed.contains(&object.name));
        found.faults.extend(others.filter_map(|object| self.orphan(object, &unknown)));
        found.faults.sort_by(|a, b| a.place.cmp(&b.place));
        Ok(found)
    }

    /// The Parquet file that a manifest names, if that can be told, and what is wrong with the two.
    fn look(&self, object: &Object, names: &BTreeSet<&str>) -> (Option<String>, Option<Fault>) {
        let folder = folder_of(&object.name).unwrap_or_default();
        let manifest = match read(&*self.objects, &object.name, folder) {
            Ok(Some(Ok(manifest))) => manifest,
            // It was there when the archive was listed.
            Ok(None) => return (None, Some(self.fault(FaultKind::Missing, &object.name, "is gone"))),
            Ok(Some(Err(e))) | Err(e) => return (None, Some(self.told(&object.name, &e))),
        };
        let filed = Filed { manifest, objects: Arc::clone(&self.objects), folder: folder.to_owned() };
        let data = filed.data();
        let fault = if names.contains(data.as_str()) {
            filed.bytes().err().map(|e| self.told(&data, &e))
        } else {
            let cure = "is not there; put it back from a copy, or file the same again";
            Some(self.fault(FaultKind::Missing, &data, cure))
        };
        (Some(data), fault)
    }

    /// An object that no readable manifest names.
    fn orphan(&self, object: &Object, unknown: &BTreeSet<String>) -> Option<Fault> {
        let (folder, name) = object.name.rsplit_once('/').unwrap_or(("", &object.name));
        if object.name == INDEX {
            let whole = self.objects.get(INDEX).is_ok_and(|bytes| bytes.is_some_and(|b| Index::is_whole(&b)));
            let reason = "the index is damaged; remove it: it is only a cache and is made anew";
            return (!whole).then(|| self.fault(FaultKind::Damaged, INDEX, reason));
        }
        // Whether a damaged manifest names it, nobody knows.
        if unknown.contains(folder) && name.starts_with("forecast") {
            return None;
        }
        let reason = if object.name.contains(UNFINISHED) {
            "was left by a writer that was killed, or one is at work; removed by the next filing there"
        } else if name.starts_with("forecast") {
            "has no manifest: a filing ended before it, or is at work; file it again, or remove it"
        } else {
            "is nothing that the archive knows; move it elsewhere"
        };
        Some(self.fault(FaultKind::Orphaned, &joined(folder, name), reason))
    }

    fn told(&self, name: &str, error: &Error) -> Fault {
        let place = self.objects.place(name);
        let text = error.to_string();
        let reason = text.strip_prefix(&format!("{}: ", place.display())).unwrap_or(&text);
        Fault { kind: FaultKind::Damaged, reason: reason.to_owned(), place }
    }

    fn fault(&self, kind: FaultKind, name: &str, reason: &str) -> Fault {
        Fault { kind, place: self.objects.place(name), reason: reason.to_owned() }
    }
}

/// The manifest of that name, compared byte by byte with what would be written; `None` when it is not there.
fn read(objects: &dyn Objects, name: &str, folder: &str) -> Result<Option<Result<Manifest>>> {
    let Some(text) = objects.get(name)? else { return Ok(None) };
    let place = objects.place(name);
    let checked = || {
        let manifest = Manifest::parse(&text).map_err(|reason| Error::damaged(&place, reason))?;
        if manifest.text()? != text {
            return Err(Error::damaged(&place, "is not as it was written; put it back from a copy"));
        }
        // `Filed::read` knows no archive above the forecast.
        if !folder.is_empty() && manifest.folder() != folder {
            let reason = format!("is the manifest of {}; move it there, or remove it", manifest.folder());
            return Err(Error::damaged(&place, reason));
        }
        Ok(manifest)
    };
    Ok(Some(checked()))
}
