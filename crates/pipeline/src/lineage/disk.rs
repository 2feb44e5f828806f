//! What is on the disk, and whether it is what it was.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use forewarn_store::{Artifact, Digest, Filed, StepOutput, StepStore};

use super::{State, missing};
use crate::artifacts::artifacts;
use crate::config::{Config, Source};
use crate::record::{CONFIG, Record};
use crate::runs::Runs;
use crate::stages::fetch;
use crate::stages::forecast::FORECAST;
use crate::{Error, Resolved, Result, filing};

/// What a run's output folder and archive hold.
pub(super) struct Disk<'a> {
    run: &'a Resolved,
    pub(super) root: PathBuf,
    pub(super) archive: Vec<Filed>,
    pub(super) artifacts: Vec<Artifact>,
    records: Vec<Record>,
    steps: RefCell<BTreeMap<String, Rc<Vec<StepOutput>>>>,
    digests: RefCell<BTreeMap<PathBuf, State>>,
}

impl<'a> Disk<'a> {
    /// Looks at all of it; what cannot be read among artifacts and records is as good as missing.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub(super) fn open(run: &'a Resolved) -> Result<Self> {
        let root = run.path(&run.config.output);
        Ok(Self {
            run,
            archive: filing::archive(run)?.list()?.0,
            artifacts: artifacts(run).list()?.0,
            records: Runs::of(run)?.list()?.0,
            root,
            steps: RefCell::default(),
            digests: RefCell::default(),
        })
    }

    /// The forecast that is meant.
    ///
    /// # Errors
    /// [`Error::Config`] when there is none, or several.
    pub(super) fn find(&self, wanted: &str) -> Result<Filed> {
        let path = Path::new(wanted);
        let path = if path.is_file() { path.parent().unwrap_or(path) } else { path };
        if path.join("manifest.json").is_file() {
            return Ok(Filed::read(path)?);
        }
        let mut fit: Vec<&Filed> = self.archive.iter().filter(|filed| fits(filed, wanted)).collect();
        match (fit.pop(), fit.len()) {
            (Some(filed), 0) => Ok(filed.clone()),
            (None, _) => {
                let there: Vec<String> = self.archive.iter().rev().take(4).map(folder).collect();
                let there = if there.is_empty() { "it is empty".to_owned() } else { there.join(", ") };
                let reason = format!("no forecast of the archive fits; there are: {there}, ...");
                Err(Error::config(format!("`{wanted}`"), reason))
            }
            (Some(last), others) => {
                let names: Vec<String> = fit.into_iter().chain([last]).map(folder).collect();
                let reason = format!("{} forecasts fit, name one of: {}", others + 1, names.join(", "));
                Err(Error::config(format!("`{wanted}`"), reason))
            }
        }
    }

    /// The newest record of the run that made a forecast.
    pub(super) fn record(&self, filed: &Filed) -> Option<&Record> {
        let manifest = &filed.manifest;
        let made = |r: &&Record| {
            r.run.as_ref() == Some(&manifest.run)
                && r.digests.forecasts.get(&manifest.name).map(String::as_str) == Some(manifest.file.as_str())
        };
        let mut of_run: Vec<&Record> = self.records.iter().filter(made).collect();
        // A repeated run may have gone less far.
        of_run.sort_by_key(|r| (r.digests.scores.is_some(), r.digests.page.is_some()));
        of_run.pop()
    }

    /// Archived forecasts with a digest; those of this name first.
    pub(super) fn of_digest(&self, name: &str, digest: &str) -> impl Iterator<Item = &Filed> {
        let same = |filed: &&Filed| filed.manifest.file.as_str() == digest;
        let mut all: Vec<&Filed> = self.archive.iter().filter(same).collect();
        all.sort_by_key(|filed| filed.manifest.name != name);
        all.into_iter()
    }

    /// A forecast with this digest that was not filed.
    pub(super) fn unfiled(&self, digest: &str) -> Option<PathBuf> {
        let of = |kind| {
            let steps = self.steps(kind);
            let found = steps.iter().find(|s| s.files.get(FORECAST).is_some_and(|d| d.as_str() == digest));
            found.map(|step| step.dir.join(FORECAST))
        };
        of("forecast").or_else(|| of("combine"))
    }

    /// Every step of a kind.
    pub(super) fn steps(&self, kind: &str) -> Rc<Vec<StepOutput>> {
        let read = || Rc::new(StepStore::committed(&self.root.join("steps"), kind).unwrap_or_default());
        Rc::clone(self.steps.borrow_mut().entry(kind.to_owned()).or_insert_with(read))
    }

    /// Where a forecast is, and whether it is what was filed; one on a server is fetched.
    pub(super) fn forecast(&self, filed: &Filed) -> (PathBuf, State) {
        let (place, digest) = (filed.file_place(), &filed.manifest.file);
        match filed.file() {
            Ok(path) => (place, self.check(&path, digest.as_str())),
            Err(e) => (place, missing(e.to_string())),
        }
    }

    /// Whether a file has a digest. Each is read once.
    pub(super) fn check(&self, path: &Path, expected: &str) -> State {
        if let Some(state) = self.digests.borrow().get(path) {
            return state.clone();
        }
        let state = match Digest::of_file(path) {
            Ok(found) if found.as_str() == expected => State::Holds,
            Ok(found) => State::Differs { reason: format!("{} has sha256 {found}", path.display()) },
            Err(e) => missing(e.to_string()),
        };
        self.digests.borrow_mut().insert(path.to_path_buf(), state.clone());
        state
    }

    /// Whether all files of a step are what was committed.
    pub(super) fn check_step(&self, step: &StepOutput) -> State {
        let states =
            step.files.iter().map(|(name, digest)| self.check(&step.dir.join(name), digest.as_str()));
        states.into_iter().find(|state| *state != State::Holds).unwrap_or(State::Holds)
    }

    /// Where a source is, and whether it is what it was.
    pub(super) fn source(&self, filed: &Filed, name: &str, digest: &str) -> (Option<PathBuf>, State) {
        let record = self.record(filed);
        let now = fetch::source_file(self.run).filter(|path| path.file_name().is_some_and(|n| n == name));
        let known = record.and_then(|r| r.sources.get(name)).and_then(|source| source.path.clone());
        if let Some(path) = known.or(now) {
            let state = self.check(&path, digest);
            return (Some(path), state);
        }
        let text = record.and_then(|r| r.settings.get(CONFIG));
        let config = text.and_then(|text| toml::from_str::<Config>(text).ok());
        let state = match config.as_ref().unwrap_or(&self.run.config).source.as_ref() {
            Some(Source::Synthetic(settings)) => match fetch::process(settings) {
                Ok(found) if found.as_str() == digest => State::Holds,
                Ok(found) => {
                    State::Differs { reason: format!("the settings of the process have sha256 {found}") }
                }
                Err(e) => missing(e.to_string()),
            },
            _ => missing("no record tells where it was"),
        };
        (None, state)
    }
}

/// `TARGET/NAME/ORIGIN/RUN`.
pub(super) fn folder(filed: &Filed) -> String {
    filed.manifest.folder()
}

/// Whether a forecast is meant: by parts of its folder, in this order, or by the beginning of its digest.
fn fits(filed: &Filed, wanted: &str) -> bool {
    let hexadecimal = wanted.len() >= 4 && wanted.bytes().all(|b| b.is_ascii_hexdigit());
    if hexadecimal && filed.manifest.file.as_str().starts_with(wanted) {
        return true;
    }
    let (folder, wanted) = (folder(filed), wanted.replace(':', ""));
    let mut parts = folder.split('/');
    let mut wanted = wanted.split('/').filter(|part| !part.is_empty());
    wanted.all(|part| parts.any(|there| there == part))
}
