//! Listens to a run and writes its record, however it ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use forewarn_store::Digest;

use crate::clock::now;
use crate::code::Code;
use crate::engine::StepRecord;
use crate::outcome::{GateSummary, Until};
use crate::progress::{Event, Observer};
use crate::record::{Digests, End, Failure, Host, IssuedForecast, Record, Source, settings};
use crate::runs::Runs;
use crate::stages::fetch::{self, Snapshot};
use crate::tracking::track;
use crate::usage::Usage;
use crate::{Error, Resolved, Result, telemetry};

/// What a run knows of itself once its observations are checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Its id.
    pub(crate) run: String,
    /// Its observations.
    pub(crate) source: Snapshot,
    /// Label of the last known period.
    pub(crate) origin: String,
    /// Digests of what was made.
    pub(crate) digests: Digests,
    /// The forecast that is issued.
    pub(crate) issued: Option<IssuedForecast>,
    /// What the gates said.
    pub(crate) gates: Vec<GateSummary>,
    /// Parts that could not be made, and why.
    pub(crate) missing: Vec<String>,
    /// What should be known.
    pub(crate) warnings: Vec<String>,
    /// What each step made of what, and its cost.
    pub(crate) steps: Vec<StepRecord>,
    /// Files that were written.
    pub(crate) files: Vec<PathBuf>,
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Heard {
    log: String,
    /// The last step that failed, and why.
    failed: Option<(String, String)>,
    /// The last step that ended.
    last: Option<String>,
    seen: Option<Seen>,
}

/// A run that is being recorded.
pub(crate) struct Recorder<'a> {
    run: &'a Resolved,
    code: &'a Code,
    until: Until,
    observer: &'a dyn Observer,
    started: (String, Instant, Usage),
    settings: BTreeMap<String, String>,
    heard: Mutex<Heard>,
}

impl<'a> Recorder<'a> {
    /// Begins a record; what happens is passed on to `observer`.
    pub(crate) fn start(run: &'a Resolved, code: &'a Code, until: Until, observer: &'a dyn Observer) -> Self {
        let started = (now(), Instant::now(), Usage::now());
        let (settings, heard) = (settings(run), Mutex::default());
        let recorder = Self { run, code, until, observer, started, settings, heard };
        recorder.note(&format!("run of {} by forewarn {}", run.file.display(), code.revision));
        recorder
    }

    /// Keeps what the run knows of itself.
    pub(crate) fn saw(&self, seen: Seen) {
        self.heard().seen = Some(seen);
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line of the log.
    fn note(&self, text: &str) {
        let line = text.replace('\n', " ");
        // Writing to a String cannot fail.
        let _ = writeln!(self.heard().log, "{} {line}", now());
    }

    /// Tells the trackers, writes the record, and gives its folder and what could not be told. A run that could not begin,
    /// because another one is at work in its folder, has none.
    ///
    /// # Errors
    /// [`Error::Store`] when it cannot be written.
    pub(crate) fn finish(&self, failed: Option<&Error>) -> Result<(PathBuf, Vec<String>)> {
        if matches!(failed, Some(Error::Busy { .. })) {
            return Ok((PathBuf::new(), Vec::new()));
        }
        let mut record = self.record(failed);
        let untold = track(self.run, &record);
        for text in &untold {
            self.notice(&Event::Warned { text });
            record.missing.push(text.clone());
            record.end = if failed.is_some() { End::Failed } else { End::Incomplete };
        }
        if let Some(text) = self.run.collector.as_ref().and_then(|to| telemetry::send(to, &record, None)) {
            self.notice(&Event::Warned { text: &text });
            record.warnings.push(text);
        }
        match &record.failure {
            Some(failure) => self.note(&format!("failed at {}: {}", failure.place, failure.reason)),
            None => self.note(&format!("{} after {:.1} s", record.end.as_str(), record.seconds)),
        }
        let log = self.heard().log.clone();
        Ok((Runs::of(self.run)?.keep(record, &log)?, untold))
    }

    /// Tells the spans of one task that has ended; such a task leaves no record.
    pub(crate) fn finish_task(&self, task: &str, failed: Option<&Error>) {
        let Some(collector) = &self.run.collector else { return };
        if let Some(text) = telemetry::send(collector, &self.record(failed), Some(task)) {
            self.notice(&Event::Warned { text: &text });
        }
    }

    fn record(&self, failed: Option<&Error>) -> Record {
        let seen = self.heard().seen.clone();
        let (started, clock, before) = &self.started;
        let usage = Usage::now();
        let cpu_seconds = usage.cpu_seconds.zip(before.cpu_seconds).map(|(now, before)| now - before);
        let known = seen.as_ref().map(|seen| seen.source.clone());
        let source = known.or_else(|| fetch::fetch(self.run).ok());
        let path = fetch::source_file(self.run).map(|path| absolute(&path));
        let sources = source.map(|source| (source.name, Source { path, digest: source.digest }));
        let run = seen.as_ref().map(|seen| seen.run.clone());
        let origin = seen.as_ref().map(|seen| seen.origin.clone());
        let Seen { digests, issued, gates, missing, warnings, steps, files, .. } = seen.unwrap_or_default();
        let whole = if missing.is_empty() { End::Done } else { End::Incomplete };
        Record {
            schema: Record::SCHEMA,
            id: String::new(),
            run,
            until: self.until,
            end: if failed.is_some() { End::Failed } else { whole },
            failure: failed.map(|e| self.failure(e)),
            missing,
            warnings,
            started: started.clone(),
            ended: now(),
            seconds: clock.elapsed().as_secs_f64(),
            usage: Usage { cpu_seconds, ..usage },
            host: Host::here(),
            code: self.code.clone(),
            seed: self.run.config.seed,
            origin,
            file: absolute(&self.run.file),
            settings: self.settings.clone(),
            config: Digest::of_bytes(self.run.to_toml().as_bytes()).to_string(),
            origins: self.run.origins.clone(),
            sources: sources.into_iter().collect(),
            digests,
            issued,
            gates,
            steps,
            files,
        }
    }

    fn failure(&self, error: &Error) -> Failure {
        let (reason, heard) = (error.to_string(), self.heard());
        let place = match (&heard.failed, error) {
            // A step may fail without stopping the run: what stopped it has the same reason.
            (Some((step, why)), _) if *why == reason => format!("step `{step}`"),
            (_, Error::Gate { gate, .. }) => format!("gate `{gate}`"),
            _ => {
                heard.last.as_ref().map_or("the beginning".to_owned(), |step| format!("after step `{step}`"))
            }
        };
        Failure { place, reason, exit_code: error.exit_code() }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

impl Observer for Recorder<'_> {
    fn notice(&self, event: &Event<'_>) {
        self.observer.notice(event);
        match event {
            Event::Finished { step, cached, seconds } => {
                let how = if *cached { "already there".to_owned() } else { format!("{seconds:.1} s") };
                self.note(&format!("{step}: {how}"));
                self.heard().last = Some((*step).to_owned());
            }
            Event::Failed { step, reason } => {
                self.note(&format!("{step} failed: {reason}"));
                self.heard().failed = Some(((*step).to_owned(), (*reason).to_owned()));
            }
            Event::Warned { text } => self.note(&format!("warning: {text}")),
            Event::Started { .. } | Event::Advanced { .. } => {}
        }
    }
}
