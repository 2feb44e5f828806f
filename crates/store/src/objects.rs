//! Where objects are kept: a folder of this machine, or a bucket of an S3 server.
//!
//! An object is a name and bytes. The archive, the editions of the truth and the records of runs need little of a store, so that any
//! kind can be below them: an object appears whole or not at all, and of several writers of one name one can be the first.

mod bucket;
mod connector;
mod folder;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Result;

use bucket::Bucket;
use folder::Folder;

/// How many objects are read at once: enough to hide the time that each takes on its way from a server.
const AT_ONCE: usize = 16;
/// How many are worth a thread.
const WORTH: usize = 8;

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name: parts with `/` between them.
    pub name: String,
    /// Changes when its content is written anew; means nothing else.
    pub version: String,
}

/// A place for objects.
///
/// All errors name the object and the cure. Whoever implements this has to keep three promises: a reader sees an object
/// whole or not at all; what [`put`](Self::put) and [`put_new`](Self::put_new) have confirmed stays; and of several
/// `put_new` with one name at most one is told `true`.
pub trait Objects: Debug + Send + Sync {
    /// All objects below a folder of names (`""`: all), in no order. None when there is no such folder.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn list(&self, folder: &str) -> Result<Vec<Object>>;

    /// The content; `None` when it is not there.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>>;

    /// Writes an object, or writes it anew.
    ///
    /// # Errors
    /// When the store cannot be written; the object may be there nevertheless.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()>;

    /// Writes an object that is not there yet; `false` when it is, which changes nothing.
    ///
    /// # Errors
    /// When the store cannot be written; the object may be there nevertheless.
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<bool>;

    /// Removes an object; one that is not there is no error.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn delete(&self, name: &str) -> Result<()>;

    /// What people call it: a path or an address.
    fn place(&self, name: &str) -> PathBuf;

    /// Its file, where objects are files of this machine.
    fn local(&self, _name: &str) -> Option<PathBuf> {
        None
    }
}

/// The objects at a place: `s3://BUCKET/PREFIX`, `file:///FOLDER`, or the path of a folder.
///
/// # Errors
/// [`Error::Remote`](crate::Error::Remote) when the address or the settings of S3 are wrong.
pub fn open(place: &Path) -> Result<Arc<dyn Objects>> {
    let text = place.to_string_lossy();
    if text.starts_with("s3://") {
        return Ok(Arc::new(Bucket::open(&text)?));
    }
    let folder = text.strip_prefix("file://").map_or_else(|| place.to_path_buf(), PathBuf::from);
    Ok(Arc::new(Folder::new(folder)))
}

/// Whether a place is an address, and so not relative to any folder.
pub fn is_address(place: &Path) -> bool {
    let text = place.to_string_lossy();
    text.starts_with("s3://") || text.starts_with("file://")
}

/// The name of an object in a folder of names.
pub(crate) fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// What `work` makes of each item, in their order; several at once where there are many.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = (items.len() / WORTH).clamp(1, AT_ONCE);
    if threads == 1 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    std::thread::scope(|scope| {
        let chunks = items.chunks(items.len().div_ceil(threads));
        let all: Vec<_> =
            chunks.map(|chunk| scope.spawn(move || chunk.iter().map(work).collect::<Vec<_>>())).collect();
        let ended = all
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        for (place, expected) in [("/a/b", "/a/b/x"), ("file:///a/b", "/a/b/x"), ("a", "a/x")] {
            let objects = open(Path::new(place)).unwrap();
            assert_eq!(objects.place("x"), Path::new(expected));
            assert_eq!(objects.local("x").as_deref(), Some(Path::new(expected)));
        }
        assert!(is_address(Path::new("s3://b/p")) && is_address(Path::new("file:///p")));
        assert!(!is_address(Path::new("s3/b")) && !is_address(Path::new("/p")));
    }

    #[test]
    fn each_keeps_the_order_however_many_threads_there_are() {
        for n in [0, 1, 7, 8, 15, 16, 100, 1000] {
            let items: Vec<usize> = (0..n).collect();
            assert_eq!(each(&items, |i| i * 2), items.iter().map(|i| i * 2).collect::<Vec<_>>());
        }
    }
}
