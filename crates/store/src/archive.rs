//! The archive: every forecast that was issued, immutable, with what made it.
//!
//! `TARGET/NAME/ORIGIN/RUN/` holds `forecast-DIGEST.parquet` and `manifest.json`, in a folder or an S3 bucket. The
//! manifest is written last, and only where there is none yet: a forecast without one is no forecast, and of several
//! writers one is the first. The objects are all there is; the index is a cache. Any number may write and read at once.

mod filed;
mod index;
mod manifest;
mod verification;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::objects::{self, Object, Objects, each};
use crate::{Digest, Error, Result};

use index::Index;

pub use filed::Filed;
pub use manifest::{Made, Manifest};
pub use verification::{Fault, FaultKind, Verification};

const MANIFEST: &str = "manifest.json";
/// What is kept beside the forecasts on a server and is none: editions of the truth, and records of runs.
const BESIDE: [&str; 2] = [".truth/", ".records/"];

/// A manifest that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its folder in the archive: `TARGET/NAME/ORIGIN/RUN`.
    pub folder: String,
    /// Why.
    pub error: Error,
}

impl Unreadable {
    /// The model or ensemble that it is about.
    pub fn name(&self) -> &str {
        self.folder.split('/').nth(1).unwrap_or_default()
    }
}

/// Forecasts below one folder, or one prefix of a bucket.
#[derive(Debug, Clone)]
pub struct Archive {
    objects: Arc<dyn Objects>,
}

impl Archive {
    /// The archive at a place: the path of a folder, `file:///FOLDER`, or `s3://BUCKET/PREFIX` with the credentials and the
    /// endpoint of the variables `AWS_*`. A folder is made with the first forecast.
    ///
    /// # Errors
    /// [`Error::Remote`] when an address or the settings of S3 are wrong. Nobody is asked yet.
    pub fn open(place: impl Into<PathBuf>) -> Result<Self> {
        Ok(Self { objects: objects::open(&place.into())? })
    }

    /// The archive in any kind of store.
    pub fn over(objects: Arc<dyn Objects>) -> Self {
        Self { objects }
    }

    /// Where it is: a path, or an address.
    pub fn place(&self) -> PathBuf {
        self.objects.place("")
    }

    /// The forecast that a manifest is about, whether or not it is filed.
    pub fn filed(&self, manifest: Manifest) -> Filed {
        let folder = manifest.folder();
        Filed { manifest, objects: Arc::clone(&self.objects), folder }
    }

    /// Files a forecast; filing the same again changes nothing, and puts a Parquet file back that was lost or damaged.
    ///
    /// # Errors
    /// [`Error::Conflict`] when something else is filed there; [`Error::Damaged`] when `forecast` is not what the
    /// manifest says, or the manifest names no place in the archive; [`Error::Io`] or [`Error::Remote`] when the archive
    /// cannot be written: then it may be filed nevertheless, and filing it again tells.
    pub fn file(&self, manifest: Manifest, forecast: &Path) -> Result<Filed> {
        check(&manifest, forecast)?;
        let bytes = std::fs::read(forecast).map_err(Error::io(forecast))?;
        expect(&bytes, &manifest, forecast)?;
        let filed = self.filed(Manifest { schema: Manifest::SCHEMA, ..manifest });
        if let Some(there) = self.there(&filed)? {
            return self.same(there, &filed, &bytes);
        }
        self.objects.put(&filed.data(), &bytes)?;
        if self.objects.put_new(&filed.record(), &filed.manifest.text()?)? {
            return Ok(filed);
        }
        // Somebody else was quicker, or an answer to us was lost.
        let place = self.objects.place(&filed.record());
        let gone = || Error::damaged(&place, "was removed while it was filed; file it again");
        self.same(self.there(&filed)?.ok_or_else(gone)?, &filed, &bytes)
    }

    /// What is filed at the place of `offered`.
    fn there(&self, offered: &Filed) -> Result<Option<Filed>> {
        let Some(text) = self.objects.get(&offered.record())? else { return Ok(None) };
        let manifest = self.parse(&offered.record(), &text)?;
        Ok(Some(Filed { manifest, ..offered.clone() }))
    }

    fn parse(&self, name: &str, text: &[u8]) -> Result<Manifest> {
        Manifest::parse(text).map_err(|reason| Error::damaged(&self.objects.place(name), reason))
    }

    /// What is filed, if it is what is offered; else both digests of what differs.
    fn same(&self, there: Filed, offered: &Filed, bytes: &[u8]) -> Result<Filed> {
        if (Manifest { schema: Manifest::SCHEMA, ..there.manifest.clone() }) == offered.manifest {
            if there.bytes().is_err() {
                self.objects.put(&there.data(), bytes)?;
            }
            return Ok(there);
        }
        let (filed, now) = (&there.manifest.file, &offered.manifest.file);
        if filed == now {
            let path = self.objects.place(&there.record());
            let [filed, offered] =
                [&there, offered].map(|f| f.manifest.text().map(|text| Digest::of_bytes(&text)));
            return Err(Error::Conflict { path, filed: filed?.to_string(), offered: offered?.to_string() });
        }
        // What we have put there, now or before, will never have a manifest. If it stays, `verify_all` names it.
        let _ = self.objects.delete(&offered.data());
        let path = self.objects.place(&there.data());
        Err(Error::Conflict { path, filed: filed.to_string(), offered: now.to_string() })
    }

    /// Every forecast, by target, name, origin and run; and the manifests that cannot be read.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Remote`] when the archive itself cannot be read.
    pub fn list(&self) -> Result<(Vec<Filed>, Vec<Unreadable>)> {
        let mut objects = self.objects.list("")?;
        objects.retain(|object| folder_of(&object.name).is_some());
        objects.sort_by(|a, b| a.name.split('/').cmp(b.name.split('/')));
        let mut index = Index::read(&*self.objects);
        let known: Vec<Option<Manifest>> = objects.iter().map(|object| index.take(object)).collect();
        let new = known.iter().filter(|known| known.is_none()).count();
        let unread = objects.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(o, _)| o);
        let mut read = self.read_all(&unread.collect::<Vec<_>>()).into_iter();
        let (mut found, mut unreadable) = (Vec::new(), Vec::new());
        for (object, known) in objects.iter().zip(known) {
            let folder = folder_of(&object.name).unwrap_or_default().to_owned();
            match known.map_or_else(|| read.next().unwrap_or(Ok(None)), |known| Ok(Some(known))) {
                Ok(Some(manifest)) => {
                    found.push((object, Filed { manifest, objects: Arc::clone(&self.objects), folder }));
                }
                // It was removed since the objects were listed.
                Ok(None) => {}
                Err(error) => unreadable.push(Unreadable { folder, error }),
            }
        }
        let all = found.iter().map(|(object, filed)| (*object, &filed.manifest));
        Index::keep(&*self.objects, new, all);
        Ok((found.into_iter().map(|(_, filed)| filed).collect(), unreadable))
    }

    /// The manifests; `None` for one that is not there any more.
    fn read_all(&self, objects: &[&Object]) -> Vec<Result<Option<Manifest>>> {
        each(objects, |object| {
            let text = self.objects.get(&object.name)?;
            text.map(|text| self.parse(&object.name, &text)).transpose()
        })
    }
}

/// The folder of a forecast, when an object is the manifest of one. What begins with a dot is none.
fn folder_of(name: &str) -> Option<&str> {
    let folder = name.strip_suffix(MANIFEST)?.strip_suffix('/')?;
    let parts: Vec<&str> = folder.split('/').collect();
    (parts.len() == 4 && parts.iter().all(|part| is_name(part))).then_some(folder)
}

fn is_name(part: &str) -> bool {
    !part.is_empty() && !part.starts_with('.') && !part.contains(['/', '\\'])
}

/// Whether bytes are those that a manifest is about.
fn expect(bytes: &[u8], manifest: &Manifest, from: &Path) -> Result<()> {
    let (found, expected) = (Digest::of_bytes(bytes), &manifest.file);
    if found == *expected {
        return Ok(());
    }
    Err(Error::damaged(from, format!("has sha256 {found}, the manifest says {expected}; make it again")))
}

/// Whether the record is of a known version, and its names are names of folders that [`Archive::list`] looks into.
fn check(manifest: &Manifest, forecast: &Path) -> Result<()> {
    if manifest.schema > Manifest::SCHEMA {
        return Err(Error::damaged(forecast, manifest::version(manifest.schema)));
    }
    for part in [&manifest.target, &manifest.name, &manifest.origin.1, &manifest.run] {
        if !is_name(part) {
            let reason =
                format!("`{part}` cannot name a folder of the archive; use letters, digits, - and _");
            return Err(Error::damaged(forecast, reason));
        }
    }
    Ok(())
}
