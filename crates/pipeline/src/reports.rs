//! Pages beside the forecast report: how good the forecasts were, whether anything drifts, and what a run did.
//!
//! Each is made from what runs have left: records, scores, evidence of gates, online evaluation. Nothing is computed
//! again, and each page is a pure function of what was read.

mod drift;
mod evaluation;
mod frame;
mod run;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::gates::{Evidence, Kind};
use crate::online::Online;
use crate::record::{CONFIG, PAGE, Record, SCORES};
use crate::runs::{Difference, Runs, difference};
use crate::scores::Scores;
use crate::{Error, Resolved, Result};

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// What is forecast; runs make it.
    Forecast,
    /// How good the forecasts were.
    Evaluation,
    /// What the gates say, and said.
    Drift,
    /// What the run did, and at what cost.
    Run,
}

impl Report {
    /// All of them, in the order of the links between them.
    pub const ALL: [Self; 4] = [Self::Forecast, Self::Evaluation, Self::Drift, Self::Run];

    /// Name of its file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Forecast => PAGE,
            Self::Evaluation => "evaluation.html",
            Self::Drift => "drift.html",
            Self::Run => "run.html",
        }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Forecast => "Forecast",
            Self::Evaluation => "Evaluation",
            Self::Drift => "Drift",
            Self::Run => "Run",
        }
    }
}

/// A page that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The page, UTF-8, beginning with `<!doctype html>`.
    pub page: String,
    /// Folder of the run that it is about: where it belongs.
    pub folder: PathBuf,
}

/// Makes a page about the newest run that has left what it needs, with links to the `others` beside it.
///
/// # Errors
/// [`Error::Config`] that says what is not there yet, and which command makes it; what cannot be read.
pub fn make(run: &Resolved, report: Report, others: &[Report]) -> Result<Made> {
    let (records, _) = Runs::of(run).list()?;
    let left = Left { root: run.path(&run.config.output), records };
    let beside = frame::Beside { report, others };
    let (record, page) = match report {
        Report::Forecast => {
            let record = left.newest("forecast report", |place, _| place.join(PAGE).is_file())?;
            let path = left.place(record).join(PAGE);
            (record, std::fs::read_to_string(&path).map_err(Error::io(&path))?)
        }
        Report::Evaluation => {
            let record = left.newest("evaluation", |place, _| place.join(SCORES).is_file())?;
            let scores: Scores = json(&left.place(record).join(SCORES))?;
            let issued = online(&left.root, &run.config.target.column)?;
            let facts = evaluation::Facts { record, scores: &scores, online: issued.as_ref() };
            (record, evaluation::page(&facts, beside))
        }
        Report::Drift => {
            let record = left.newest("verdict of a gate", |_, record| !record.gates.is_empty())?;
            (record, drift::page(record, &gates(&left.root)?, (&run.config.target.level, beside))?)
        }
        Report::Run => {
            let record = left.newest("record", |_, record| record.run.is_some())?;
            let before = left.records.iter().rfind(|r| r.id < record.id && r.run.is_some());
            let changed: Option<Difference> = before.map(|before| difference(before, record));
            (record, run::page(record, changed.as_ref(), beside))
        }
    };
    Ok(Made { page, folder: left.place(record) })
}

/// What runs have left.
struct Left {
    /// The output folder.
    root: PathBuf,
    /// The oldest first.
    records: Vec<Record>,
}

impl Left {
    /// Folder of a run's results.
    fn place(&self, record: &Record) -> PathBuf {
        record.folder(&self.root).unwrap_or_else(|| self.root.clone())
    }

    /// The newest run that has left `what`.
    fn newest(&self, what: &str, has: impl Fn(&Path, &Record) -> bool) -> Result<&Record> {
        let found = self.records.iter().rfind(|record| has(&self.place(record), record));
        found.ok_or_else(|| {
            let reason = format!("is not in {}; `forewarn run -c FILE` makes it", self.root.display());
            Error::config(format!("the {what}"), reason)
        })
    }
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&bytes).map_err(|e| {
        let reason = format!("it was not written by this version ({e}); run again");
        Error::config(path.display().to_string(), reason)
    })
}

/// The newest online evaluation of a target, where there is one.
fn online(root: &Path, target: &str) -> Result<Option<Online>> {
    let folder = root.join("online").join(target);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(None) };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let newest = paths.filter(|path| path.extension().is_some_and(|e| e == "json")).max();
    newest.map(|path| json(&path)).transpose()
}

/// What each gate has said, oldest first.
fn gates(root: &Path) -> Result<Vec<(Kind, Vec<Evidence>)>> {
    let of = |kind: Kind| {
        let Ok(entries) = std::fs::read_dir(root.join("gates").join(kind.as_str())) else {
            return Ok((kind, Vec::new()));
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let paths = paths.filter(|path| path.extension().is_some_and(|e| e == "json"));
        let mut all: Vec<Evidence> = paths.map(|path| json(&path)).collect::<Result<_>>()?;
        // Labels of periods of one cadence sort as the periods do.
        all.sort_by(|a, b| a.period.cmp(&b.period));
        Ok((kind, all))
    };
    [Kind::Input, Kind::Output, Kind::Performance].into_iter().map(of).collect()
}

/// A value of the configuration that a run was made with, such as `vintage`.
fn told(record: &Record, path: &[&str]) -> Option<String> {
    let table: toml::Table = record.settings.get(CONFIG)?.parse().ok()?;
    let (first, rest) = path.split_first()?;
    let value = rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests;
