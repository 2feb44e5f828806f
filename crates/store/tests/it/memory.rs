//! Objects in memory, and objects that fail: to see what the archive makes of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use forewarn_store::{Error, Object, Objects, Result};

/// Objects in memory.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    objects: Mutex<Content>,
}

/// What each object holds, and how often anything was written before it and in all.
type Content = (usize, BTreeMap<String, (usize, Vec<u8>)>);

impl Memory {
    /// Names of all objects.
    pub(crate) fn names(&self) -> Vec<String> {
        self.objects.lock().unwrap().1.keys().cloned().collect()
    }

    /// Flips a bit of an object, unnoticed; `place` counts the bits. Doing it again mends it.
    pub(crate) fn flip(&self, name: &str, place: usize) {
        let mut all = self.objects.lock().unwrap();
        let bytes = &mut all.1.get_mut(name).unwrap().1;
        let bit = place % (8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

impl Objects for Memory {
    fn list(&self, folder: &str) -> Result<Vec<Object>> {
        let below = |name: &String| folder.is_empty() || name.starts_with(&format!("{folder}/"));
        let all = self.objects.lock().unwrap();
        let object = |(name, (version, _)): (&String, &(usize, Vec<u8>))| Object {
            name: name.clone(),
            version: version.to_string(),
        };
        Ok(all.1.iter().filter(|(name, _)| below(name)).map(object).collect())
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.objects.lock().unwrap().1.get(name).map(|(_, bytes)| bytes.clone()))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut all = self.objects.lock().unwrap();
        all.0 += 1;
        let version = all.0;
        all.1.insert(name.to_owned(), (version, bytes.to_vec()));
        Ok(())
    }

    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<bool> {
        if self.get(name)?.is_some() {
            return Ok(false);
        }
        self.put(name, bytes).map(|()| true)
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.objects.lock().unwrap().1.remove(name);
        Ok(())
    }

    fn place(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("memory://{name}"))
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing happens, and that is told.
    Refused,
    /// An object that may be written anew is cut, and that is told.
    Short,
    /// It happens, but the answer is lost.
    Lost,
    /// The writer is gone before or after it, and so does nothing more.
    KilledBefore,
    KilledAfter,
    /// There is no room any more: all that writes fails from here on.
    Full,
    /// Somebody else files something in the same place just before.
    Raced,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Refused,
        Self::Short,
        Self::Lost,
        Self::KilledBefore,
        Self::KilledAfter,
        Self::Full,
        Self::Raced,
    ];
}

/// What somebody else does.
type Rival = Box<dyn Fn() + Send>;

/// Objects of which the call number `at` goes wrong.
pub(crate) struct Faulty {
    inner: Arc<Memory>,
    kind: Kind,
    at: usize,
    calls: Mutex<usize>,
    rival: Mutex<Rival>,
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at {}", self.kind, self.at)
    }
}

impl Faulty {
    pub(crate) fn new(inner: Arc<Memory>, kind: Kind, at: usize, rival: Rival) -> Self {
        Self { inner, kind, at, calls: Mutex::new(0), rival: Mutex::new(rival) }
    }

    /// How many calls there were: the fault has happened when there were more than `at`.
    pub(crate) fn calls(&self) -> usize {
        *self.calls.lock().unwrap()
    }

    /// Does a call, or what becomes of it. `cut` is what is left of it when it is cut.
    fn call<T>(
        &self,
        name: &str,
        writes: bool,
        whole: impl Fn() -> Result<T>,
        cut: impl Fn() -> Result<()>,
    ) -> Result<T> {
        let now = {
            let mut calls = self.calls.lock().unwrap();
            *calls += 1;
            *calls - 1
        };
        let error = |kind: std::io::ErrorKind| Err(Error::io(&self.place(name))(kind.into()));
        let failed = || error(std::io::ErrorKind::ConnectionReset);
        match self.kind {
            Kind::KilledBefore | Kind::KilledAfter if now > self.at => failed(),
            Kind::Full if now >= self.at && writes => error(std::io::ErrorKind::StorageFull),
            _ if now != self.at => whole(),
            Kind::Raced => {
                (self.rival.lock().unwrap())();
                whole()
            }
            Kind::Lost | Kind::KilledAfter => {
                let _ = whole();
                failed()
            }
            Kind::Short => {
                let _ = cut();
                failed()
            }
            Kind::Refused | Kind::KilledBefore => failed(),
            Kind::Full => whole(),
        }
    }
}

impl Objects for Faulty {
    fn list(&self, folder: &str) -> Result<Vec<Object>> {
        self.call(folder, false, || self.inner.list(folder), || Ok(()))
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.call(name, false, || self.inner.get(name), || Ok(()))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let cut = || self.inner.put(name, &bytes[..bytes.len() / 2]);
        self.call(name, true, || self.inner.put(name, bytes), cut)
    }

    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<bool> {
        self.call(name, true, || self.inner.put_new(name, bytes), || Ok(()))
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.call(name, true, || self.inner.delete(name), || Ok(()))
    }

    fn place(&self, name: &str) -> PathBuf {
        self.inner.place(name)
    }
}
