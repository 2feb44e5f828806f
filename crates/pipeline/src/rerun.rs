//! Rerun: an old run once more, from its record alone, and whether it gives the same.
//!
//! Settings are taken from the record, observations from where they were; those have to have the digest of the record. The
//! output goes to a folder of its own, so that nothing is found there from earlier runs.

use std::path::{Path, PathBuf};

use forewarn_store::{Digest, file as files};
use serde::Serialize;

use crate::code::Code;
use crate::config::Source;
use crate::progress::Observer;
use crate::record::{CONFIG, GATES, QUERY_SET, Record};
use crate::run::run;
use crate::runs::{Difference, Kind, Runs, difference};
use crate::{Error, Resolved, Result};

/// What repeating a run has shown.
#[derive(Debug, Clone, Serialize)]
pub struct Rerun {
    /// Number of the record that was repeated.
    pub record: String,
    /// Whether every panel, artifact, forecast, map and score has the same digest.
    pub equal: bool,
    /// How many digests were compared.
    pub compared: usize,
    /// Why it was not repeated, or what probably made it differ.
    pub causes: Vec<String>,
    /// What differs; `None` when it was not repeated.
    pub difference: Option<Difference>,
    /// What stopped it, when something did.
    pub stopped: Option<String>,
    /// Output folder.
    pub folder: PathBuf,
}

/// Repeats a run into the folder `output`, which has to be new or empty.
///
/// # Errors
/// [`Error::Config`] when there is something in the folder; [`Error::Io`], [`Error::Store`].
pub fn rerun(record: &Record, code: &Code, output: &Path, observer: &dyn Observer) -> Result<Rerun> {
    let output = std::path::absolute(output).map_err(Error::io(output))?;
    if std::fs::read_dir(&output).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::config(output.display().to_string(), "is not empty; name a new folder"));
    }
    let mut answer = Rerun {
        record: record.id.clone(),
        equal: false,
        compared: 0,
        causes: obstacles(record),
        difference: None,
        stopped: None,
        folder: output.clone(),
    };
    if !answer.causes.is_empty() {
        return Ok(answer);
    }
    let resolved = match prepared(record, &output) {
        Ok(resolved) => resolved,
        Err(e @ Error::Config { .. }) => {
            answer.causes.push(format!("this program does not take the settings any more: {e}"));
            return Ok(answer);
        }
        Err(e) => return Err(e),
    };
    let result = run(&resolved, code, record.until, observer);
    answer.stopped = result.err().map(|e| e.to_string());
    let again = Runs::of(&resolved)?.find("latest")?;
    let mut difference = difference(record, &again);
    difference.changed.retain(|changed| changed.kind != Kind::Setting || !is_moved(&changed.name));
    difference.equal = difference.changed.is_empty();
    answer.compared = record.digests.compared();
    answer.equal = difference.results().next().is_none()
        && (answer.compared > 0
            || record.failure.as_ref().map(|f| &f.place) == again.failure.as_ref().map(|f| &f.place));
    if !answer.equal {
        answer.causes = causes(record, &again, &difference);
    }
    answer.difference = Some(difference);
    Ok(answer)
}

/// Why a run cannot be repeated: what is missing in its record, or observations that are not those it had.
fn obstacles(record: &Record) -> Vec<String> {
    let mut found = Vec::new();
    if !record.settings.contains_key(CONFIG) {
        found.push(format!("settings are missing: the record has no {CONFIG}"));
    }
    if record.sources.is_empty() {
        found.push("the record names no observations".to_owned());
    }
    for (name, source) in &record.sources {
        let Some(path) = &source.path else { continue };
        match Digest::of_file(path) {
            Ok(digest) if digest.as_str() == source.digest => {}
            Ok(digest) => found.push(format!(
                "the observations have changed: {} has sha256 {digest}, {name} had {}",
                path.display(),
                source.digest
            )),
            Err(e) => found.push(format!("the observations are gone: {e}")),
        }
    }
    found
}

/// Writes the settings into `output`, and points them at where things are.
fn prepared(record: &Record, output: &Path) -> Result<Resolved> {
    let folder = output.join("settings");
    for (name, text) in &record.settings {
        files::write_bytes(&folder.join(name), text.as_bytes())?;
    }
    let mut run = Resolved::load(&folder.join(CONFIG), &[], &[])?;
    let needed = [("models", &run.config.models), ("ensembles", &run.config.ensembles)];
    let mut needed: Vec<String> = needed
        .iter()
        .flat_map(|(kind, all)| all.iter().map(move |name| format!("{kind}/{name}.toml")))
        .collect();
    needed.extend(run.config.features.query_set.iter().map(|_| QUERY_SET.to_owned()));
    needed.extend(run.config.gates.file.iter().map(|_| GATES.to_owned()));
    if let Some(absent) = needed.iter().find(|name| !record.settings.contains_key(*name)) {
        return Err(Error::config("the record", format!("has no {absent}")));
    }
    let config = &mut run.config;
    config.output = output.to_path_buf();
    config.archive = None;
    config.download = None;
    config.features.query_set = config.features.query_set.as_ref().map(|_| QUERY_SET.into());
    config.gates.file = config.gates.file.as_ref().map(|_| GATES.into());
    let path = record.sources.values().find_map(|source| source.path.clone());
    match (&mut config.source, path) {
        (Some(Source::Table(table)), Some(path)) => table.path = path,
        (Some(Source::Ucdp(events)), Some(path)) => events.path = path,
        _ => {}
    }
    Ok(run)
}

/// Whether a setting says where something is, which a rerun has elsewhere.
fn is_moved(name: &str) -> bool {
    let Some(path) = name.strip_prefix(CONFIG).and_then(|rest| rest.strip_prefix(": ")) else { return false };
    ["output", "archive", "features.query-set", "gates.file", "source.path"].contains(&path)
        || path.starts_with("download.")
}

/// What probably made it differ, the likeliest first.
fn causes(before: &Record, after: &Record, difference: &Difference) -> Vec<String> {
    let mut causes = Vec::new();
    if difference.changed.iter().any(|c| c.kind == Kind::Code) {
        let (was, is) = (&before.code, &after.code);
        causes.push(if was.revision == is.revision {
            format!("the program was built anew: {} and {}", was.digest, is.digest)
        } else {
            format!("the program has changed: {} and {}", was.revision, is.revision)
        });
    }
    let defaults: Vec<&str> =
        difference.changed.iter().filter(|c| c.kind == Kind::Setting).map(|c| c.name.as_str()).collect();
    if !defaults.is_empty() {
        causes.push(format!(
            "this program has settings that the other did not have, or lacks some: {}",
            defaults.join(", ")
        ));
    }
    if let Some(failure) = &after.failure {
        causes.push(format!("the rerun stopped at {}: {}", failure.place, failure.reason));
    }
    if let Some(failure) = &before.failure {
        causes.push(format!("the first run had stopped at {}: {}", failure.place, failure.reason));
    }
    let machine = |r: &Record| (r.host.arch.clone(), r.host.cpu.clone());
    if machine(before) != machine(after) {
        causes.push(format!("the machine is another one: {:?} and {:?}", machine(before), machine(after)));
    }
    if causes.is_empty() {
        causes.push("program, settings and observations are the same: this should not happen".to_owned());
    }
    causes
}

#[cfg(test)]
mod tests;
