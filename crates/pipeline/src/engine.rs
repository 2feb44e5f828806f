//! Idempotent steps: what was made from the same inputs by the same code is not made again.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use forewarn_data::download::Progress;
use forewarn_store::{Digest, Lookup, StepOutput, StepStore, Workspace};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::progress::{Event, Observer};
use crate::usage::Usage;
use crate::{Error, Result};

/// What a step made of what, and its cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Such as `forecast long_memory`.
    pub step: String,
    /// Digest of all that goes into it, the program among it.
    pub key: String,
    /// The digests among that, by where they stand: what it was made of.
    pub inputs: BTreeMap<String, String>,
    /// Digest of what it made.
    pub output: String,
    /// Whether the result was already there.
    pub cached: bool,
    /// When it began: seconds after the first step could.
    #[serde(default)]
    pub began: f64,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// CPU seconds of the process meanwhile.
    pub cpu_seconds: Option<f64>,
    /// Largest memory of the process so far, in bytes.
    pub peak_bytes: Option<u64>,
}

/// Runs steps over a store.
pub(crate) struct Engine<'a> {
    store: StepStore,
    observer: &'a dyn Observer,
    code: &'a str,
    began: Instant,
    records: Mutex<Vec<StepRecord>>,
    warnings: Mutex<Vec<String>>,
}

impl<'a> Engine<'a> {
    /// Steps of `code` (a digest of the program) over `store`.
    pub(crate) fn new(store: StepStore, observer: &'a dyn Observer, code: &'a str) -> Self {
        Self {
            store,
            observer,
            code,
            began: Instant::now(),
            records: Mutex::default(),
            warnings: Mutex::default(),
        }
    }

    /// The result of a step: found by the digest of its inputs, or made in a workspace and committed whole.
    ///
    /// # Errors
    /// What `make` returns, or a store that cannot be read or written.
    pub(crate) fn step(
        &self,
        kind: &str,
        label: &str,
        inputs: &Value,
        make: impl FnOnce(&Workspace) -> Result<Value>,
    ) -> Result<StepOutput> {
        let step = if label.is_empty() { kind.to_owned() } else { format!("{kind} {label}") };
        let key = json!({ "step": kind, "label": label, "code": self.code, "inputs": inputs }).to_string();
        let key = Digest::of_bytes(key.as_bytes());
        self.observer.notice(&Event::Started { step: &step });
        let (start, before) = (Instant::now(), Usage::now());
        let result = self.find_or_make((kind, &step), &key, make);
        let (output, cached) = result.inspect_err(|e| {
            self.observer.notice(&Event::Failed { step: &step, reason: &e.to_string() });
        })?;
        let (seconds, after) = (start.elapsed().as_secs_f64(), Usage::now());
        self.observer.notice(&Event::Finished { step: &step, cached, seconds });
        push(
            &self.records,
            StepRecord {
                step,
                key: key.to_string(),
                inputs: digests(inputs),
                output: output.digest.to_string(),
                cached,
                began: start.duration_since(self.began).as_secs_f64(),
                seconds,
                cpu_seconds: after.cpu_seconds.zip(before.cpu_seconds).map(|(a, b)| a - b),
                peak_bytes: after.peak_bytes,
            },
        );
        Ok(output)
    }

    /// What is there under `key`, and whether it was; else what `make` makes.
    fn find_or_make(
        &self,
        (kind, step): (&str, &str),
        key: &Digest,
        make: impl FnOnce(&Workspace) -> Result<Value>,
    ) -> Result<(StepOutput, bool)> {
        match self.store.get(kind, key)? {
            Lookup::Found(output) => return Ok((output, true)),
            Lookup::Absent => {}
            Lookup::Damaged { reason, aside } => {
                self.warn(format!("{step} is made again: {reason} (moved to {})", aside.display()));
            }
        }
        let workspace = self.store.begin(kind, key)?;
        let notes = make(&workspace)?;
        let output = workspace.commit(notes)?;
        self.store.share(kind, key, &output)?;
        Ok((output, false))
    }

    /// Tells how far the current step is.
    pub(crate) fn advance(&self, done: u64, total: u64) {
        self.observer.notice(&Event::Advanced { done, total });
    }

    /// Tells how far a download is.
    pub(crate) fn notice_download(&self, news: &Progress) {
        match news {
            Progress::Bytes { done, total } => self.advance(*done, total.unwrap_or(*done)),
            Progress::Pages { done, total } => self.advance(*done, *total),
            Progress::Retry { attempt, attempts, wait, reason } => {
                let wait = wait.as_secs_f64();
                self.warn(format!("try {attempt} of {attempts} failed, the next in {wait:.0} s: {reason}"));
            }
        }
    }

    /// Tells the user something and keeps it for the record.
    pub(crate) fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        self.observer.notice(&Event::Warned { text: &text });
        push(&self.warnings, text);
    }

    /// What the steps cost so far, in order.
    pub(crate) fn records(&self) -> Vec<StepRecord> {
        copy(&self.records)
    }

    /// What the last step cost.
    pub(crate) fn last_record(&self) -> Option<StepRecord> {
        self.records.lock().unwrap_or_else(std::sync::PoisonError::into_inner).last().cloned()
    }

    /// What was warned of so far, in order.
    pub(crate) fn warnings(&self) -> Vec<String> {
        copy(&self.warnings)
    }
}

/// The digests among some inputs, by their path: `data.0`.
fn digests(inputs: &Value) -> BTreeMap<String, String> {
    fn collect(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::String(text) if Digest::try_from(text.clone()).is_ok() => {
                found.insert(path.to_owned(), text.clone());
            }
            Value::Array(all) => {
                all.iter().enumerate().for_each(|(i, v)| collect(&below(&i.to_string()), v, found));
            }
            Value::Object(all) => all.iter().for_each(|(name, v)| collect(&below(name), v, found)),
            _ => {}
        }
    }
    let mut found = BTreeMap::new();
    collect("", inputs, &mut found);
    found
}

fn push<T>(list: &Mutex<Vec<T>>, item: T) {
    list.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(item);
}

fn copy<T: Clone>(list: &Mutex<Vec<T>>) -> Vec<T> {
    list.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
}

/// Writes JSON into a workspace.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub(crate) fn write_json<T: Serialize>(workspace: &Workspace, name: &str, value: &T) -> Result<()> {
    let path = workspace.path(name);
    let bytes = serde_json::to_vec_pretty(value).map_err(|e| Error::io(&path)(e.into()))?;
    std::fs::write(&path, bytes).map_err(Error::io(path))
}

/// Reads JSON of a step.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(output: &StepOutput, name: &str) -> Result<T> {
    let path = output.dir.join(name);
    let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
    serde_json::from_slice(&bytes).map_err(|e| Error::io(&path)(e.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use std::cell::Cell;

    /// Keeps what it hears.
    #[derive(Default)]
    struct Listener(Mutex<Vec<String>>);

    impl Observer for Listener {
        fn notice(&self, event: &Event<'_>) {
            let text = match event {
                Event::Started { step } => format!("started {step}"),
                Event::Advanced { done, total } => format!("{done} of {total}"),
                Event::Finished { step, cached, .. } => format!("finished {step}, cached {cached}"),
                Event::Failed { step, reason } => format!("failed {step}: {reason}"),
                Event::Warned { text } => format!("warned: {text}"),
            };
            self.0.lock().unwrap().push(text);
        }
    }

    fn make<'a>(made: &'a Cell<u32>, text: &'a str) -> impl FnOnce(&Workspace) -> Result<Value> + 'a {
        move |workspace| {
            made.set(made.get() + 1);
            write_json(workspace, "text.json", &text)?;
            Ok(json!({}))
        }
    }

    #[test]
    fn the_same_inputs_and_code_are_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = StepStore::open(folder.path()).unwrap();
        let (listener, made) = (Listener::default(), Cell::new(0));
        let engine = Engine::new(store.clone(), &listener, "code 1");
        let first = engine.step("train", "a", &json!({"seed": 1}), make(&made, "x")).unwrap();
        let again = engine.step("train", "a", &json!({"seed": 1}), make(&made, "y")).unwrap();
        assert_eq!((made.get(), &first), (1, &again));
        assert_eq!(read_json::<String>(&again, "text.json").unwrap(), "x");
        engine.step("train", "a", &json!({"seed": 2}), make(&made, "x")).unwrap();
        engine.step("train", "b", &json!({"seed": 1}), make(&made, "x")).unwrap();
        Engine::new(store, &Silent, "code 2")
            .step("train", "a", &json!({"seed": 1}), make(&made, "x"))
            .unwrap();
        assert_eq!(made.get(), 4, "another input, label or program makes it anew");
        let cached: Vec<bool> = engine.records().iter().map(|r| r.cached).collect();
        assert_eq!(cached, [false, true, false, false]);
        assert_eq!(
            listener.0.lock().unwrap()[..3],
            ["started train a", "finished train a, cached false", "started train a"]
        );
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_and_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::default();
        let engine = Engine::new(StepStore::open(folder.path()).unwrap(), &listener, "code");
        let fails = |workspace: &Workspace| {
            write_json(workspace, "text.json", &"half")?;
            Err(Error::config("here", "no"))
        };
        let e = engine.step("train", "", &json!({}), fails).unwrap_err();
        assert_eq!(e.to_string(), "here: no");
        assert_eq!(*listener.0.lock().unwrap(), ["started train", "failed train: here: no"]);
        assert_eq!(std::fs::read_dir(folder.path().join("train")).unwrap().count(), 0);
        let made = Cell::new(0);
        engine.step("train", "", &json!({}), make(&made, "whole")).unwrap();
        assert_eq!(made.get(), 1);
    }

    #[test]
    fn a_record_names_the_digests_that_a_step_was_made_of() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(StepStore::open(folder.path()).unwrap(), &Silent, "code");
        let (a, b) = (Digest::of_bytes(b"a").to_string(), Digest::of_bytes(b"b").to_string());
        let inputs = json!({ "data": [a, "no digest"], "members": [["x", b]], "seed": 7 });
        let made = engine.step("train", "", &inputs, |_| Ok(json!({}))).unwrap();
        let record = engine.last_record().unwrap();
        assert_eq!(record.inputs, BTreeMap::from([("data.0".into(), a), ("members.0.1".into(), b)]));
        assert_eq!(record.output, made.digest.to_string());
        assert!(made.dir.ends_with(&record.key), "the key is the folder of the step");
    }

    #[test]
    fn warnings_and_downloads_are_told_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::default();
        let engine = Engine::new(StepStore::open(folder.path()).unwrap(), &listener, "code");
        engine.notice_download(&Progress::Bytes { done: 5, total: Some(9) });
        let wait = std::time::Duration::from_secs(4);
        engine.notice_download(&Progress::Retry {
            attempt: 1,
            attempts: 3,
            wait,
            reason: "status 500".to_owned(),
        });
        assert_eq!(engine.warnings(), ["try 1 of 3 failed, the next in 4 s: status 500"]);
        let told = ["5 of 9", "warned: try 1 of 3 failed, the next in 4 s: status 500"];
        assert_eq!(*listener.0.lock().unwrap(), told);
    }
}
