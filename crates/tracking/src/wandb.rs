//! Offline runs of W&B, which `wandb sync` uploads.

mod artifacts;
mod folder;
mod log;
mod messages;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use prost::Message as _;
use serde_json::{Value, json};

use self::folder::Folder;
use self::messages::{
    Alert as AlertRecord, Exit, Files, FilesItem, Header, History, Info, Item, Items, Kind, Record,
    Run as RunRecord, Step, Timestamp, Version,
};
use crate::words::{file_name, png_size, sha256};
use crate::{Alert, Artifact, Level, Metrics, Moment, Result, Run, Table, Tracked, Tracker};

/// The version of W&B that reads everything written here.
const MIN_CONSUMER: &str = "0.70.0";
/// `FilesItem.FileType.MEDIA`.
const MEDIA: i32 = 2;

/// Writes a folder `wandb/offline-run-YYYYMMDD_HHMMSS-ID` for each run, in the format of the package `wandb` 0.31.
///
/// The stages of one run have its id as their W&B group, so that a page of the group shows them together; artifacts that one
/// made and another used link them. A folder appears when its run is finished, whole; one that the same run left before is
/// replaced. Nothing is sent.
#[derive(Debug, Clone)]
pub struct Wandb {
    folder: PathBuf,
    project: String,
    entity: String,
}

impl Wandb {
    /// Writes into `folder/wandb`, for a project.
    pub fn new(folder: impl Into<PathBuf>, project: impl Into<String>) -> Self {
        Self { folder: folder.into().join("wandb"), project: project.into(), entity: String::new() }
    }

    /// The same, for a project of an entity (a team or user), not the one that is logged in.
    #[must_use]
    pub fn with_entity(self, entity: impl Into<String>) -> Self {
        Self { entity: entity.into(), ..self }
    }
}

impl Tracker for Wandb {
    fn begin(&self, run: &Run) -> Result<Box<dyn Tracked + '_>> {
        let folder = Folder::new(&self.folder)?;
        let mut told = Told {
            tracker: self,
            run: run.clone(),
            id: run.id(),
            folder,
            records: Vec::new(),
            history: BTreeMap::new(),
            step: 0,
        };
        let producer = format!("forewarn {}", env!("CARGO_PKG_VERSION"));
        told.put(Kind::Header(Header {
            version: Some(Version { producer, min_consumer: MIN_CONSUMER.to_owned() }),
        }));
        told.put(Kind::Run(told.run_record()));
        Ok(Box::new(told))
    }
}

/// A run whose folder is not there yet.
#[derive(Debug)]
struct Told<'a> {
    tracker: &'a Wandb,
    run: Run,
    id: String,
    folder: Folder,
    records: Vec<Vec<u8>>,
    /// Values in JSON, by step and key: steps must rise in the log, whatever the order in which they were told.
    history: BTreeMap<u64, BTreeMap<String, String>>,
    /// The last step that was told, where tables and pictures belong.
    step: u64,
}

impl Told<'_> {
    fn put(&mut self, kind: Kind) {
        let num = self.records.len() as i64 + 1;
        let record = Record { num, kind: Some(kind), info: Some(Info { stream_id: self.id.clone() }) };
        self.records.push(record.encode_to_vec());
    }

    fn run_record(&self) -> RunRecord {
        let config = self.run.config.iter().map(|(key, value)| item(key, value.to_string())).collect();
        RunRecord {
            id: self.id.clone(),
            entity: self.tracker.entity.clone(),
            project: self.tracker.project.clone(),
            config: Some(Items { update: config }),
            group: self.run.group.clone(),
            job_type: self.run.stage.clone(),
            display_name: self.run.name.clone(),
            tags: self.run.tags.clone(),
            start_time: Some(Timestamp { seconds: self.run.started.0 as i64 }),
        }
    }

    fn log(&mut self, key: &str, json: String) {
        self.history.entry(self.step).or_default().insert(key.to_owned(), json);
    }

    /// Writes a file of the run and logs what it is; `facts` are its size in the sense of its kind.
    fn media(
        &mut self,
        (key, kind): (&str, &str),
        (folder, ending): (&str, &str),
        bytes: &[u8],
        facts: Value,
    ) -> Result<()> {
        let digest = sha256(bytes);
        let path = format!("media/{folder}/{}_{}_{}.{ending}", file_name(key), self.step, &digest[..20]);
        self.folder.write(&format!("files/{path}"), bytes)?;
        let mut value = json!({"_type": kind, "sha256": digest, "size": bytes.len(), "path": path});
        if let (Value::Object(value), Value::Object(facts)) = (&mut value, facts) {
            value.extend(facts);
        }
        self.log(key, value.to_string());
        self.put(Kind::Files(Files { files: vec![FilesItem { path, file_type: MEDIA }] }));
        Ok(())
    }

    /// The rows of the history, and the last value of each key.
    fn put_history(&mut self, ended: Moment) {
        let runtime = ended.0.saturating_sub(self.run.started.0);
        let mut last = BTreeMap::new();
        for (step, mut row) in std::mem::take(&mut self.history) {
            row.insert("_step".to_owned(), step.to_string());
            row.insert("_runtime".to_owned(), runtime.to_string());
            row.insert("_timestamp".to_owned(), ended.0.to_string());
            let items = row.iter().map(|(key, json)| item(key, json.clone())).collect();
            self.put(Kind::History(History { item: items, step: Some(Step { num: step as i64 }) }));
            last.append(&mut row);
        }
        let mut update: Vec<Item> = last.iter().map(|(key, json)| item(key, json.clone())).collect();
        update.push(Item {
            nested_key: vec!["_wandb".into(), "runtime".into()],
            value_json: runtime.to_string(),
        });
        self.put(Kind::Summary(Items { update }));
    }
}

impl Tracked for Told<'_> {
    fn metrics(&mut self, metrics: &Metrics) -> Result<()> {
        self.step = metrics.step;
        metrics.values.iter().for_each(|(key, value)| self.log(key, number(*value)));
        Ok(())
    }

    fn table(&mut self, key: &str, table: &Table) -> Result<()> {
        table.check(key)?;
        let facts = json!({"ncols": table.columns.len(), "nrows": table.rows.len(), "log_mode": "IMMUTABLE"});
        self.media((key, "table-file"), ("table", "table.json"), &table.json(), facts)
    }

    fn image(&mut self, key: &str, png: &[u8]) -> Result<()> {
        let (width, height) = png_size(key, png)?;
        let facts = json!({"format": "png", "width": width, "height": height});
        self.media((key, "image-file"), ("images", "png"), png, facts)
    }

    fn artifact(&mut self, artifact: &Artifact) -> Result<()> {
        let record = artifacts::record(self.tracker, &self.id, artifact)?;
        self.put(Kind::Artifact(record));
        Ok(())
    }

    fn alert(&mut self, alert: &Alert) -> Result<()> {
        let level = match alert.level {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        };
        let (title, text) = (alert.title.clone(), alert.text.clone());
        self.put(Kind::Alert(AlertRecord { title, text, level: level.to_owned() }));
        Ok(())
    }

    fn finish(mut self: Box<Self>, ended: Moment, exit_code: u8) -> Result<()> {
        self.put_history(ended);
        let runtime = ended.0.saturating_sub(self.run.started.0) as i32;
        self.put(Kind::Exit(Exit { exit_code: exit_code.into(), runtime }));
        self.folder.write(&format!("run-{}.wandb", self.id), &log::file(&self.records))?;
        self.folder.keep(self.run.started, &self.id)
    }
}

fn item(key: &str, value_json: String) -> Item {
    Item { nested_key: vec![key.to_owned()], value_json }
}

/// A number as Python writes it in JSON, which is what W&B reads: it has words for what is not finite.
fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else {
        json!(value).to_string()
    }
}
