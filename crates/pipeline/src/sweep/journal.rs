//! The trials as they end, one line of JSON each.
//!
//! A line that a killed program left unfinished is not a trial: it is dropped, and the trial is done again.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use forewarn_store::file as files;
use serde::{Deserialize, Serialize};

use super::space::Settings;
use crate::{Error, Result};

/// One trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Its number, from 1.
    pub number: usize,
    /// The settings that were tried, by path.
    pub settings: Settings,
    /// How much of the resource it had; none without successive halving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<u64>,
    /// The objective over all rows; `None` where the trial failed.
    pub score: Option<f64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// SHA-256 of everything that the score depends on.
    pub digest: String,
    /// CPU seconds (all threads); 0 where the score of an equal trial was taken over, `None` where unknown.
    pub cpu_seconds: Option<f64>,
}

/// The file of the trials.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    recorded: Vec<(String, Trial)>,
}

impl Journal {
    /// Reads what is recorded, and says what of it could not be used.
    ///
    /// # Errors
    /// [`Error::Io`] when the file is there but cannot be read or mended.
    pub(crate) fn open(path: PathBuf) -> Result<(Self, Option<String>)> {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(Error::io(path)(e)),
        };
        let mut recorded = Vec::new();
        let mut whole = 0;
        for line in bytes.split_inclusive(|&b| b == b'\n') {
            let text = std::str::from_utf8(line).ok().filter(|text| text.ends_with('\n'));
            let Some(trial) = text.and_then(|text| serde_json::from_str::<Trial>(text).ok()) else { break };
            whole += line.len();
            recorded.extend(text.map(|text| (text.to_owned(), trial)));
        }
        let journal = Self { path, recorded };
        if whole == bytes.len() {
            return Ok((journal, None));
        }
        files::write_bytes(&journal.path, &bytes[..whole])?;
        let (path, line) = (journal.path.display(), journal.recorded.len() + 1);
        let warning = format!("{path}: line {line} is not whole; the trials from there on are done again");
        Ok((journal, Some(warning)))
    }

    /// The trial at `index` (from 0), if it is recorded and depends on the same. What is recorded from another one on is dropped, with
    /// a warning.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn take(&mut self, index: usize, digest: &str) -> Result<(Option<Trial>, Option<String>)> {
        let Some((_, trial)) = self.recorded.get(index) else { return Ok((None, None)) };
        if trial.number == index + 1 && trial.digest == digest {
            return Ok((Some(trial.clone()), None));
        }
        let warning = format!(
            "{}: line {} is of another trial; the trials from there on are done again",
            self.path.display(),
            index + 1
        );
        self.recorded.truncate(index);
        let lines: String = self.recorded.iter().map(|(line, _)| line.as_str()).collect();
        files::write_bytes(&self.path, lines.as_bytes())?;
        Ok((None, Some(warning)))
    }

    /// Records a trial, flushed to disk; gives it as a later reader will find it.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be written.
    pub(crate) fn add(&mut self, trial: &Trial) -> Result<Trial> {
        let fault = |e: serde_json::Error| Error::io(&self.path)(e.into());
        let line = serde_json::to_string(trial).map_err(fault)? + "\n";
        let trial: Trial = serde_json::from_str(&line).map_err(fault)?;
        let mut file =
            OpenOptions::new().append(true).create(true).open(&self.path).map_err(Error::io(&self.path))?;
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::io(&self.path))?;
        self.recorded.push((line, trial.clone()));
        Ok(trial)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trial(number: usize) -> Trial {
        Trial {
            number: number + 1,
            settings: [("rate".to_owned(), json!(0.1 + 0.2))].into(),
            resource: None,
            score: Some(1.0 / 3.0),
            reason: None,
            digest: format!("digest {number}"),
            cpu_seconds: Some(0.25),
        }
    }

    fn three() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials.jsonl");
        let mut journal = Journal::open(path.clone()).unwrap().0;
        for number in 0..3 {
            let added = journal.add(&trial(number)).unwrap();
            assert_eq!(journal.take(number, &added.digest).unwrap(), (Some(added), None));
        }
        (folder, path)
    }

    #[test]
    fn what_is_read_again_is_what_was_given_back() {
        let (_folder, path) = three();
        let bytes = std::fs::read(&path).unwrap();
        let (mut journal, warning) = Journal::open(path.clone()).unwrap();
        assert_eq!((journal.recorded.len(), warning), (3, None));
        assert_eq!(journal.take(3, "digest 3").unwrap(), (None, None));
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_torn_line_is_dropped_wherever_it_ends() {
        let (_folder, path) = three();
        let bytes = std::fs::read(&path).unwrap();
        let length = bytes.len() / 3;
        for cut in [1, length / 2, length - 1] {
            std::fs::write(&path, &bytes[..2 * length + cut]).unwrap();
            let (mut journal, warning) = Journal::open(path.clone()).unwrap();
            assert!(warning.unwrap().contains("line 3 is not whole"));
            assert_eq!(std::fs::read(&path).unwrap(), bytes[..2 * length]);
            journal.add(&trial(2)).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "and done again");
        }
    }

    #[test]
    fn trials_that_depend_on_something_else_are_dropped() {
        let (_folder, path) = three();
        let (mut journal, _) = Journal::open(path.clone()).unwrap();
        assert!(journal.take(0, "digest 0").unwrap().0.is_some());
        let (found, warning) = journal.take(1, "another").unwrap();
        assert!(found.is_none() && warning.unwrap().contains("line 2 is of another trial"));
        assert_eq!(Journal::open(path).unwrap().0.recorded.len(), 1);
    }
}
