//! The records of an output folder: to list, to find, to compare.

mod difference;

use std::path::{Path, PathBuf};

use forewarn_store::file as files;

use crate::record::{LOG, RECORD, Record};
use crate::{Error, Resolved, Result};

pub use difference::{Changed, Difference, Kind, difference};

/// The records below one folder.
#[derive(Debug, Clone)]
pub struct Runs {
    root: PathBuf,
}

impl Runs {
    /// Those of a run's output folder.
    pub fn of(run: &Resolved) -> Self {
        Self { root: run.path(&run.config.output).join("records") }
    }

    /// Every record, the oldest first, and what is none, with the reason.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be read.
    pub fn list(&self) -> Result<(Vec<Record>, Vec<Error>)> {
        let (mut found, mut broken) = (Vec::new(), Vec::new());
        for number in self.numbers()? {
            match Record::read(&self.folder(number)) {
                Ok(record) => found.push(record),
                Err(e) => broken.push(e),
            }
        }
        Ok((found, broken))
    }

    /// The record that is meant: by its number, by the beginning of its run's id (the newest, where the run was repeated),
    /// by its folder, or `latest`.
    ///
    /// # Errors
    /// [`Error::Config`] when there is none, or the beginning is that of several runs; [`Error::Io`].
    pub fn find(&self, wanted: &str) -> Result<Record> {
        if let Some(folder) = folder(wanted) {
            return Record::read(&folder);
        }
        let numbers = self.numbers()?;
        if let Some(number) = wanted.parse().ok().filter(|number| numbers.contains(number)) {
            return Record::read(&self.folder(number));
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
            let place = self.root.display();
            Error::config(
                format!("`{wanted}`"),
                format!("no such record in {place}; see `forewarn runs list`"),
            )
        })
    }

    /// Writes a record, with its log, under the next number. Gives its folder.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Store`] when it cannot be written; then there is nothing of it.
    pub(crate) fn keep(&self, mut record: Record, log: &str) -> Result<PathBuf> {
        let mut number = self.numbers()?.last().map_or(1, |last| last + 1);
        loop {
            record.id = format!("{number:04}");
            let folder = self.folder(number);
            let text = serde_json::to_vec_pretty(&record).map_err(|e| Error::io(&folder)(e.into()))?;
            let parts = [(LOG, log.as_bytes()), (RECORD, text.as_slice())];
            // Another process may have taken the number since it was looked for.
            if files::write_folder(&folder, &parts)? {
                return Ok(folder);
            }
            number += 1;
        }
    }

    fn folder(&self, number: u64) -> PathBuf {
        self.root.join(format!("{number:04}"))
    }

    /// The numbers of all records, ascending.
    fn numbers(&self) -> Result<Vec<u64>> {
        let entries = match std::fs::read_dir(&self.root) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::io(&self.root))?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry.map_err(Error::io(&self.root))?.file_name();
            numbers.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
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
