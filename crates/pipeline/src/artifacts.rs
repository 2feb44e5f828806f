//! Artifacts of a run: every fitted model in a folder of its own, and forecasts made from one of them.

mod reference;
mod reuse;

use std::collections::BTreeMap;

use forewarn_catalog::{MODELS, find, settings};
use forewarn_core::{Fitted, PartitionName, Step};
use forewarn_store::{Artifact, Artifacts, Cost, FeatureList, Fit, REFERENCE, STATE, Training};
use forewarn_transforms::QuerySet;
use serde_json::{Value, json};

use crate::components::ModelSpec;
use crate::results::Evaluated;
use crate::scores::{Group, Score};
use crate::session::Session;
use crate::stages::features::query_set;
use crate::stages::train::Trained;
use crate::{Error, Resolved, Result};
use reference::Reference;

pub(crate) use reference::numbers as reference_numbers;
pub use reuse::{Reuse, Reused, reuse};

/// Where a run keeps its artifacts.
pub fn artifacts(run: &Resolved) -> Artifacts {
    Artifacts::at(run.path(&run.config.output).join("artifacts"))
}

/// The artifacts of a run in the making.
pub(crate) struct Kept<'a> {
    session: &'a Session<'a>,
    store: Artifacts,
    all: Vec<(PartitionName, Artifact)>,
}

impl<'a> Kept<'a> {
    /// None yet.
    pub(crate) fn new(session: &'a Session<'a>) -> Self {
        Self { session, store: artifacts(session.ctx.run), all: Vec::new() }
    }

    /// Keeps what was just trained, or finds it, and hands it through.
    ///
    /// # Errors
    /// [`Error::Store`] when it cannot be written; what an export answers.
    pub(crate) fn keep(
        &mut self,
        spec: &ModelSpec,
        partition: PartitionName,
        trained: Trained,
    ) -> Result<Trained> {
        let ctx = self.session.ctx;
        // A step that was found says what finding it cost.
        let step = ctx.engine.last_record().filter(|step| !step.cached);
        let cost = step.map(|step| Cost { cpu_seconds: step.cpu_seconds, peak_bytes: step.peak_bytes });
        let label = format!("{} {}", spec.name, partition.as_str());
        let reference = reference::make(ctx, spec, &label, &trained)?;
        let digest = reference.as_ref().map(|reference| reference.digest.clone());
        let fit = Fit { reference: digest, ..fit(self.session, spec, partition, &trained)? };
        let files = || -> Result<_> {
            let mut files = files(&trained, self.session)?;
            if let Some(Reference { file, .. }) = &reference {
                files.insert(REFERENCE.to_owned(), std::fs::read(file).map_err(Error::io(file))?);
            }
            Ok(files)
        };
        let artifact = self.store.keep(fit, cost.unwrap_or_default(), files)?;
        self.all.push((partition, artifact));
        Ok(trained)
    }

    /// The artifact of a model.
    pub(crate) fn of(&self, model: &str, partition: PartitionName) -> Option<&Artifact> {
        self.all.iter().find(|(p, a)| *p == partition && a.fit.model == model).map(|(_, a)| a)
    }

    /// Adds the scores of each model to its artifacts: to the one that was scored, and to the one of the same settings
    /// that forecasts.
    ///
    /// # Errors
    /// [`Error::Store`] when they cannot be written.
    pub(crate) fn evaluated(&self, evaluated: &Evaluated) -> Result<()> {
        let label = |p| self.session.ctx.cadence().label(p);
        let at = &evaluated.partition;
        for (_, artifact) in &self.all {
            let model = &artifact.fit.model;
            let Some(scored) = self.of(model, at.name) else { continue };
            let pooled = |s: &&Score| s.model == *model && matches!(s.group, Group::All | Group::Leads);
            let record = json!({
                "run": self.session.id,
                "scored": { "name": scored.fit.name, "identity": scored.identity },
                "partition": at.name,
                "origins": at.origins.iter().map(label).collect::<Vec<_>>(),
                "steps": self.session.ctx.run.config.forecast.steps,
                "test": [label(at.ranges.test.0), label(at.ranges.test.1)],
                "scores": evaluated.scores.scores.iter().filter(pooled).collect::<Vec<_>>(),
            });
            artifact.evaluated(&self.session.id, &record)?;
        }
        Ok(())
    }
}

fn fit(session: &Session<'_>, spec: &ModelSpec, partition: PartitionName, trained: &Trained) -> Result<Fit> {
    let (ctx, config) = (session.ctx, &session.ctx.run.config);
    let (axis, until) = (ctx.axis(), trained.until);
    let training = Training {
        first: axis.cadence.label(axis.first),
        last: axis.cadence.label(until),
        periods: (until.0 - axis.first.0 + 1) as u64,
        units: ctx.summary().units,
    };
    let mut data = BTreeMap::from([
        ("panel".to_owned(), ctx.panel_digest()),
        (session.snapshot.name.clone(), session.snapshot.digest.clone()),
    ]);
    let learns = spec.model.needs().features;
    let featured = ctx.featured().filter(|_| learns);
    data.extend(featured.map(|f| ("features".to_owned(), f.digest.to_string())));
    let set = query_set(ctx.run)?.filter(|_| learns);
    Ok(Fit {
        name: trained.artifact.clone(),
        model: spec.name.clone(),
        algorithm: spec.algorithm.clone(),
        settings: spec.settings.clone(),
        defaults: defaults(spec)?,
        seed: trained.seed,
        target: config.target.column.clone(),
        kind: config.target.kind,
        level: config.target.level.clone(),
        cadence: axis.cadence,
        partition: partition.as_str().to_owned(),
        training,
        steps: config.forecast.steps,
        features: set.map(|set| feature_list(&set, trained.fitted.as_ref())),
        data,
        vintage: config.vintage.clone(),
        code: session.code.revision.clone(),
        program: session.code.digest.clone(),
        state: trained.digest.clone(),
        reference: None,
    })
}

/// The settings that are not written, with their values.
fn defaults(spec: &ModelSpec) -> Result<BTreeMap<String, String>> {
    let all = settings(find("model", MODELS, &spec.algorithm)?);
    let absent = all.into_iter().filter(|s| spec.settings.get(&s.name).is_none());
    Ok(absent.map(|s| (s.name, s.default)).collect())
}

fn feature_list(set: &QuerySet, fitted: &dyn Fitted) -> FeatureList {
    let parts = fitted.parts(Step(1));
    let all = || set.features().iter().map(|f| f.name().to_owned()).collect();
    FeatureList {
        query_set: set.name().to_owned(),
        version: set.version(),
        used: parts.first().map_or_else(all, |part| part.columns.to_vec()),
        definitions: definitions(set),
    }
}

/// Each feature with its name, source and transforms, every setting spelled out.
fn definitions(set: &QuerySet) -> Vec<Value> {
    let all: Value = serde_json::from_str(&set.digest_input()).unwrap_or_default();
    all["features"].as_array().cloned().unwrap_or_default()
}

/// The files of an artifact: the state, and what other programs read.
fn files(trained: &Trained, session: &Session<'_>) -> Result<BTreeMap<String, Vec<u8>>> {
    let state = std::fs::read(&trained.state).map_err(Error::io(&trained.state))?;
    let mut files = BTreeMap::from([(STATE.to_owned(), state)]);
    for step in 1..=session.ctx.run.config.forecast.steps.0 {
        for part in trained.fitted.parts(Step(step)) {
            if let Some((extension, bytes)) = part.regression.export()? {
                files.insert(format!("exports/step_{step:02}_{}.{extension}", part.role), bytes);
            }
        }
    }
    Ok(files)
}
