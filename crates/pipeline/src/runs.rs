//! The records of an output folder: to list, to find, to compare.

mod difference;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use forewarn_store::{Digest, Objects, file as files, open_objects};
use rayon::prelude::*;

use crate::record::{LOG, RECORD, Record};
use crate::{Error, Resolved, Result};

pub use difference::{Changed, Difference, Kind, difference};

/// The records of an output folder, or those that all share who file on one server.
#[derive(Debug, Clone)]
pub struct Runs {
    objects: Arc<dyn Objects>,
}

impl Runs {
    /// Those of a run's output folder, or beside its archive on a server.
    ///
    /// # Errors
    /// [`Error::Store`] when the address or the settings of the server are wrong.
    pub fn of(run: &Resolved) -> Result<Self> {
        Ok(Self { objects: open_objects(&run.shared("records"))? })
    }

    /// Those in any kind of store.
    #[cfg(test)]
    fn over(objects: Arc<dyn Objects>) -> Self {
        Self { objects }
    }

    /// Every record, the oldest first, and what is none, with the reason.
    ///
    /// # Errors
    /// [`Error::Store`] when they cannot be looked for.
    pub fn list(&self) -> Result<(Vec<Record>, Vec<Error>)> {
        let (mut found, mut broken) = (Vec::new(), Vec::new());
        let read: Vec<_> = self.numbers()?.into_par_iter().map(|number| self.read(number)).collect();
        for record in read {
            match record {
                Ok(record) => found.push(record),
                Err(e) => broken.push(e),
            }
        }
        Ok((found, broken))
    }

    fn read(&self, number: u64) -> Result<Record> {
        let name = format!("{}/{RECORD}", folder_of(number));
        let path = self.objects.place(&name);
        let none = || Error::config(path.display().to_string(), "is not there: its folder is no record");
        Record::parse(&self.objects.get(&name)?.ok_or_else(none)?, &path)
    }

    /// The record that is meant: by its number, by the beginning of its run's id (the newest, where the run was repeated),
    /// by its folder, or `latest`.
    ///
    /// # Errors
    /// [`Error::Config`] when there is none, or the beginning is that of several runs; [`Error::Io`], [`Error::Store`].
    pub fn find(&self, wanted: &str) -> Result<Record> {
        if let Some(folder) = folder(wanted) {
            return Record::read(&folder);
        }
        let numbers = self.numbers()?;
        if let Some(number) = wanted.parse().ok().filter(|number| numbers.contains(number)) {
            return self.read(number);
        }
        let (mut all, _) = self.list()?;
        if wanted != "latest" {
            all.retain(|r| r.run.as_ref().is_some_and(|run| run.starts_with(wanted)));
        }
        let mut runs: Vec<&str> = all.iter().filter_map(|r| r.run.as_deref()).collect();
        runs.sort_unstable();
        runs.dedup();
        if wanted != "latest" && runs.len() > 1 {
            let reason = format!("is the beginning of several runs: {}", runs.join(", "));
            return Err(Error::config(format!("`{wanted}`"), reason));
        }
        all.pop().ok_or_else(|| {
            let place = self.objects.place("").display().to_string();
            Error::config(
                format!("`{wanted}`"),
                format!("no such record in {place}; see `forewarn runs list`"),
            )
        })
    }

    /// Writes a record, with its log, under the next number. Gives its place.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Store`] when it cannot be written; then there is nothing of it.
    pub(crate) fn keep(&self, mut record: Record, log: &str) -> Result<PathBuf> {
        let mut number = self.numbers()?.last().map_or(1, |last| last + 1);
        loop {
            record.id = folder_of(number);
            let place = self.objects.place(&record.id);
            let text = serde_json::to_vec_pretty(&record).map_err(|e| Error::io(&place)(e.into()))?;
            let written = match self.objects.local(&record.id) {
                Some(folder) => files::write_folder(&folder, &[(LOG, log.as_bytes()), (RECORD, &text)])?,
                None => self.publish(&record.id, log, &text)?,
            };
            // Another process may have taken the number since it was looked for.
            if written {
                return Ok(place);
            }
            number += 1;
        }
    }

    /// Puts a record where nothing can be renamed: the log under a name that no other has, and then the record, which takes
    /// the number if it is free. A log without a record is of a writer that was killed.
    fn publish(&self, folder: &str, log: &str, text: &[u8]) -> Result<bool> {
        let digest = Digest::of_bytes(text);
        let beside = format!("logs/{folder}-{}.log", &digest.as_str()[..16]);
        let name = format!("{folder}/{RECORD}");
        self.objects.put_new(&beside, log.as_bytes())?;
        // The answer to an earlier attempt of ours may have been lost.
        if self.objects.put_new(&name, text)? || self.objects.get(&name)?.as_deref() == Some(text) {
            return Ok(true);
        }
        self.objects.delete(&beside)?;
        Ok(false)
    }

    /// The numbers of all records, ascending.
    fn numbers(&self) -> Result<Vec<u64>> {
        let objects = self.objects.list("")?;
        let number = |name: &str| name.split_once('/')?.0.parse::<u64>().ok();
        let numbers: BTreeSet<u64> = objects.iter().filter_map(|object| number(&object.name)).collect();
        Ok(numbers.into_iter().collect())
    }
}

/// The name of a record's folder.
fn folder_of(number: u64) -> String {
    format!("{number:04}")
}

/// The folder of a record that is named by its path.
fn folder(wanted: &str) -> Option<PathBuf> {
    let path = Path::new(wanted);
    match path.file_name()?.to_str()? {
        RECORD => Some(path.parent()?.to_path_buf()),
        _ => path.join(RECORD).is_file().then(|| path.to_path_buf()),
    }
}

#[cfg(test)]
mod tests;
