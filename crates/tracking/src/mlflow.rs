//! An MLflow server, by its REST interface.

mod client;
mod names;
mod registry;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use self::client::Client;
use self::names::{chunks, cut, metric_name};
use crate::words::{file_name, id, png_size};
use crate::{
    Alert, Artifact, Error, File, Level, Metrics, Moment, Place, Result, Role, Run, Table, Tracked, Tracker,
};

/// Most metrics in a request (`MAX_METRICS_PER_BATCH`).
const METRICS: usize = 1000;
/// Most parameters in a request (`MAX_PARAMS_TAGS_PER_BATCH`).
const PARAMS: usize = 100;
/// Longest value of a parameter in characters (`MAX_PARAM_VAL_LENGTH`).
const PARAM: usize = 6000;
/// Longest value of a tag (`MAX_TAG_VAL_LENGTH`).
const TAG: usize = 8000;
/// The tag that a run is found by.
const ID: &str = "forewarn.id";
/// The stage of the run that the others stand below.
const WHOLE: &str = "run";

/// How patient a client is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often a request is tried.
    pub attempts: u32,
    /// Wait before the second try; it doubles from try to try, up to half a minute.
    pub wait: Duration,
    /// Longest time for one try.
    pub timeout: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 4, wait: Duration::from_secs(1), timeout: Duration::from_mins(1) }
    }
}

/// Tells runs to an MLflow server (checked with 3.17.2), which must keep artifacts itself (`--serve-artifacts`, the default).
///
/// Each group is a run with its stages as child runs. They are found again by the tag `forewarn.id`, so that a stage that is
/// tried again is the same run. What was used are dataset inputs, a made `model` is a registered version with its aliases.
/// Characters that MLflow has not in names of metrics become `_`.
#[derive(Debug)]
pub struct Mlflow {
    client: Client,
    experiment: String,
}

impl Mlflow {
    /// For an experiment on the server at `address` (`https://mlflow.example.org`).
    ///
    /// What proves who we are is taken from `environment`: `MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and
    /// `MLFLOW_TRACKING_PASSWORD`. It is never shown.
    ///
    /// # Errors
    /// [`Error::Wrong`] for an address that is none or holds a password, for secrets that would travel in the clear or cannot
    /// stand in a header.
    pub fn new(
        address: &str,
        experiment: impl Into<String>,
        environment: &[(String, String)],
        patience: Patience,
    ) -> Result<Self> {
        Ok(Self { client: Client::new(address, environment, patience)?, experiment: experiment.into() })
    }

    /// The experiment's id; it is made when there is none of its name.
    fn experiment(&self) -> Result<String> {
        let name = &self.experiment;
        self.client.find_or_make(
            || {
                Ok(self
                    .client
                    .find("experiments/get-by-name", &[("experiment_name", name)])?
                    .and_then(|found| text(&found["experiment"]["experiment_id"])))
            },
            || {
                let made = self.client.post_once("experiments/create", &json!({ "name": name }))?;
                text(&made["experiment_id"]).ok_or_else(|| self.client.strange("experiments/create"))
            },
        )
    }

    /// Finds or makes the run of a stage; gives what the server says of it.
    fn run(&self, experiment: &str, run: &Run, above: Option<&str>) -> Result<Value> {
        let id = run.id();
        let query = json!({
            "experiment_ids": [experiment], "filter": format!("tags.\"{ID}\" = '{id}'"), "max_results": 1,
        });
        let tag = |key: &str, value: &str| json!({"key": key, "value": cut(value, TAG)});
        let mut tags = vec![
            tag(ID, &id),
            tag("forewarn.group", &run.group),
            tag("forewarn.stage", &run.stage),
            tag("forewarn.tags", &run.tags.join(",")),
            tag("mlflow.source.name", "forewarn"),
        ];
        tags.extend(above.map(|above| tag("mlflow.parentRunId", above)));
        let make = json!({
            "experiment_id": experiment, "run_name": run.name, "start_time": milliseconds(run.started), "tags": tags,
        });
        self.client.find_or_make(
            || {
                let found = self.client.post_once("runs/search", &query)?;
                Ok(found["runs"].get(0).cloned())
            },
            || Ok(self.client.post_once("runs/create", &make)?["run"].take()),
        )
    }
}

impl Tracker for Mlflow {
    fn begin(&self, run: &Run) -> Result<Box<dyn Tracked + '_>> {
        let experiment = self.experiment()?;
        let whole =
            Run { stage: WHOLE.into(), name: run.group.clone(), config: BTreeMap::new(), ..run.clone() };
        let above = self.run(&experiment, &whole, None)?;
        let above = text(&above["info"]["run_id"]).ok_or_else(|| self.client.strange("runs/create"))?;
        let found = self.run(&experiment, run, Some(&above))?;
        let info = &found["info"];
        let (Some(id), Some(root)) = (text(&info["run_id"]), text(&info["artifact_uri"])) else {
            return Err(self.client.strange("runs/create"));
        };
        let mut told = Told { tracker: self, run: run.clone(), id, above, root, tables: Vec::new() };
        told.update(json!({"status": "RUNNING"}))?;
        told.params(&found["data"]["params"])?;
        Ok(Box::new(told))
    }
}

#[derive(Debug)]
struct Told<'a> {
    tracker: &'a Mlflow,
    run: Run,
    /// The server's id of the run.
    id: String,
    /// And of the one above it.
    above: String,
    /// Where its artifacts are, as the server names it.
    root: String,
    /// Tables so far, as the interface of MLflow reads them.
    tables: Vec<String>,
}

impl Told<'_> {
    fn post(&self, endpoint: &str, mut body: Value) -> Result<Value> {
        body["run_id"] = json!(self.id);
        self.tracker.client.post(endpoint, &body)
    }

    fn update(&self, what: Value) -> Result<()> {
        self.post("runs/update", what).map(drop)
    }

    fn tag(&self, key: &str, value: &str) -> Result<()> {
        self.post("runs/set-tag", json!({"key": key, "value": cut(value, TAG)})).map(drop)
    }

    /// Parameters cannot be changed: those that are there already (`known`) are left, and the keys of those that were
    /// different are a tag. All of them as they are now are in `config.json`.
    fn params(&mut self, known: &Value) -> Result<()> {
        let known: BTreeMap<&str, &str> = known
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|param| Some((param["key"].as_str()?, param["value"].as_str()?)))
            .collect();
        let value =
            |value: &Value| cut(&value.as_str().map_or_else(|| value.to_string(), str::to_owned), PARAM);
        let all = self.run.config.iter().map(|(key, v)| (metric_name(key), value(v)));
        let (old, new): (Vec<_>, Vec<_>) = all.partition(|(key, _)| known.contains_key(key.as_str()));
        let new: Vec<Value> = new.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        for params in chunks(&new, PARAMS) {
            self.post("runs/log-batch", json!({ "params": params }))?;
        }
        let changed: Vec<&str> = old
            .iter()
            .filter(|(key, value)| known[key.as_str()] != value)
            .map(|(key, _)| key.as_str())
            .collect();
        if !changed.is_empty() {
            self.tag("forewarn.changed", &changed.join(","))?;
        }
        self.put("config.json", json!(self.run.config).to_string().as_bytes())
    }

    /// Where a file of the run is, below the server's place for artifacts.
    fn path(&self, name: &str) -> Result<String> {
        let root = self.root.strip_prefix("mlflow-artifacts:").ok_or_else(|| Error::Server {
            address: self.tracker.client.address().to_owned(),
            reason: format!(
                "it keeps artifacts in {}, where only it can write: start it with --serve-artifacts and without --default-artifact-root",
                self.root
            ),
            temporary: false,
        })?;
        // With a host the form is mlflow-artifacts://HOST/PATH.
        let root = root.strip_prefix("//").map_or(root, |rest| rest.find('/').map_or("", |at| &rest[at..]));
        Ok(format!("{}/{name}", root.trim_matches('/')))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.tracker.client.put(&self.path(name)?, bytes)
    }

    /// What the run was made from, as the inputs of the run.
    fn used(&self, artifact: &Artifact) -> Result<()> {
        let dataset = |file: &File| {
            let source = match &file.place {
                Place::Path(path) => path.display().to_string(),
                Place::Address(address) => address.clone(),
            };
            // The server takes 36 characters of a digest.
            let digest: String = file.digest.chars().take(36).collect();
            let source = json!({ "uri": source, "digest": file.digest }).to_string();
            json!({
                "tags": [{"key": "mlflow.data.context", "value": artifact.kind}],
                "dataset": {
                    "name": artifact.name, "digest": digest, "source_type": "forewarn", "source": source,
                },
            })
        };
        let datasets: Vec<Value> = artifact.files.iter().map(dataset).collect();
        self.post("runs/log-inputs", json!({ "datasets": datasets })).map(drop)
    }
}

impl Tracked for Told<'_> {
    fn metrics(&mut self, metrics: &Metrics) -> Result<()> {
        let timestamp = milliseconds(self.run.started);
        let metric = |(name, value): (&String, &f64)| {
            // JSON has no NaN; the server takes the words of protocol buffers.
            let value = if value.is_finite() { json!(value) } else { json!(names::not_finite(*value)) };
            json!({"key": metric_name(name), "value": value, "timestamp": timestamp, "step": metrics.step})
        };
        let all: Vec<Value> = metrics.values.iter().map(metric).collect();
        for metrics in chunks(&all, METRICS) {
            self.post("runs/log-batch", json!({ "metrics": metrics }))?;
        }
        Ok(())
    }

    fn table(&mut self, key: &str, table: &Table) -> Result<()> {
        table.check(key)?;
        let path = format!("tables/{}.json", file_name(key));
        self.put(&path, &table.json())?;
        // With the spaces that Python writes: `mlflow.load_table` looks for this text.
        self.tables.push(format!("{{\"path\": {}, \"type\": \"table\"}}", json!(path)));
        self.tag("mlflow.loggedArtifacts", &format!("[{}]", self.tables.join(", ")))
    }

    fn image(&mut self, key: &str, png: &[u8]) -> Result<()> {
        png_size(key, png)?;
        self.put(&format!("images/{}.png", file_name(key)), png)
    }

    fn artifact(&mut self, artifact: &Artifact) -> Result<()> {
        artifact.check()?;
        if artifact.role == Role::Used {
            return self.used(artifact);
        }
        let folder = format!("artifacts/{}", artifact.name);
        for file in &artifact.files {
            if let Place::Path(path) = &file.place {
                let place = self.path(&format!("{folder}/{}", file.name))?;
                self.tracker.client.put_file(&place, path)?;
            }
        }
        self.put(&format!("{folder}/artifact.json"), json!(artifact).to_string().as_bytes())?;
        if artifact.kind == "model" {
            registry::register(&self.tracker.client, &self.id, &format!("{}/{folder}", self.root), artifact)?;
        }
        Ok(())
    }

    fn alert(&mut self, alert: &Alert) -> Result<()> {
        let level = match alert.level {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        let key = id(&[&alert.title]);
        self.tag(
            &format!("forewarn.alert.{}", &key[..8]),
            &format!("{level}: {}: {}", alert.title, alert.text),
        )
    }

    fn finish(self: Box<Self>, ended: Moment, exit_code: u8) -> Result<()> {
        let status = if exit_code == 0 { "FINISHED" } else { "FAILED" };
        self.tag("forewarn.exit-code", &exit_code.to_string())?;
        let end = json!({"status": status, "end_time": milliseconds(ended)});
        self.update(end.clone())?;
        let mut whole = end;
        whole["run_id"] = json!(self.above);
        self.tracker.client.post("runs/update", &whole).map(drop)
    }
}

fn milliseconds(moment: Moment) -> u64 {
    moment.0 * 1000
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
