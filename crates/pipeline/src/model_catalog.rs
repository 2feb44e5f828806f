//! The catalog of a run's models, gathered from its configuration, artifacts and scores.

use forewarn_catalog::{ENSEMBLES, MODELS, Setting, find, settings};
use forewarn_core::PartitionName;
use forewarn_store::Artifact as Stored;
use serde_json::{Value, json};

use crate::artifacts::Kept;
use crate::page::{HEADLINE, metric};
use crate::report::catalog::{Artifact, Catalog, Entry, Score};
use crate::results::Evaluated;
use crate::scores::{Group, NamedMetric};
use crate::session::Session;

/// What a catalog is made of.
pub(crate) struct Parts<'a> {
    /// The run.
    pub(crate) session: &'a Session<'a>,
    /// Its artifacts.
    pub(crate) kept: &'a Kept<'a>,
    /// Its metrics.
    pub(crate) metrics: &'a [NamedMetric],
    /// Its scores, and where and when they were taken.
    pub(crate) evaluated: &'a Evaluated,
    /// What could not be made, and why.
    pub(crate) missing: &'a [String],
}

/// The catalog of a run.
pub(crate) fn catalog(parts: &Parts<'_>) -> Catalog {
    let Session { ctx, models, ensembles, .. } = parts.session;
    let (config, label) = (&ctx.run.config, |p| ctx.cadence().label(p));
    let mut metrics: Vec<_> = parts.metrics.iter().collect();
    metrics.sort_by_key(|m| m.name.as_str() != HEADLINE);
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let mut entries = Vec::new();
    for spec in models {
        let Ok(entry) = find("model", MODELS, &spec.algorithm) else { continue };
        let made = parts.entry(&spec.name, &metrics);
        let (doc, settings) = (paragraphs(&entry.doc()), values(settings(entry), &spec.settings));
        let (algorithm, status) = (spec.algorithm.clone(), text(json!(spec.status)));
        entries.push(Entry { kind: "model".to_owned(), algorithm, doc, status, settings, ..made });
    }
    for spec in ensembles {
        let Ok(entry) = find("ensemble", ENSEMBLES, &spec.algorithm) else { continue };
        let made = parts.entry(&spec.name, &metrics);
        let (doc, settings) = (paragraphs(&entry.doc()), values(settings(entry), &spec.settings));
        let (algorithm, status) = (spec.algorithm.clone(), text(json!(spec.role)));
        let members = spec.members.clone();
        entries.push(Entry {
            kind: "ensemble".to_owned(),
            algorithm,
            doc,
            status,
            settings,
            members,
            ..made
        });
    }
    let at = &parts.evaluated.partition;
    let (first, last) = at.ranges.test;
    Catalog {
        name: config.name.clone(),
        run: parts.session.id.clone(),
        target: config.target.description.clone(),
        steps: config.forecast.steps.0,
        vintage: config.vintage.clone(),
        code: parts.session.code.revision.clone(),
        origins: at.origins.count,
        partition: at.name.as_str().to_owned(),
        test: (label(first), label(last)),
        level: config.evaluation.interval.level,
        metrics: metrics.iter().map(|m| metric(&m.name, m.metric.better())).collect(),
        entries,
    }
}

impl Parts<'_> {
    /// What artifacts and scores say of a name.
    fn entry(&self, name: &str, metrics: &[&NamedMetric]) -> Entry {
        let partitions = [self.evaluated.partition.name, PartitionName::Forecasting];
        let stored: Vec<&Stored> = partitions.into_iter().filter_map(|p| self.kept.of(name, p)).collect();
        let features = stored.first().and_then(|a| a.fit.features.as_ref());
        let score = |m: &&NamedMetric| {
            let found = self.evaluated.scores.find(name, &m.name, Group::All, None)?;
            Some(Score {
                metric: m.name.clone(),
                value: found.value,
                interval: found.interval,
                skill: found.skill,
                skill_interval: found.skill_interval,
                against: found.baseline.clone().filter(|b| b != name),
            })
        };
        Entry {
            name: name.to_owned(),
            features: features.map(|f| (format!("{} {}", f.query_set, f.version), f.used.clone())),
            artifacts: stored.into_iter().map(artifact).collect(),
            scores: metrics.iter().filter_map(score).collect(),
            failure: self.missing.iter().find(|m| m.contains(&format!("`{name}`"))).cloned(),
            ..Entry::default()
        }
    }
}

fn artifact(stored: &Stored) -> Artifact {
    let training = &stored.fit.training;
    Artifact {
        folder: stored.folder(),
        identity: stored.identity.to_string(),
        partition: stored.fit.partition.clone(),
        training: (training.first.clone(), training.last.clone()),
        units: training.units,
        cpu_seconds: stored.cost().cpu_seconds,
        bytes: stored.files.values().map(|(bytes, _)| bytes).sum(),
    }
}

fn paragraphs(doc: &str) -> Vec<String> {
    // Links between items of the program lead nowhere from here.
    let doc = doc.replace("[`", "`").replace("`]", "`");
    doc.split("\n\n").map(|p| p.trim().replace('\n', " ")).filter(|p| !p.is_empty()).collect()
}

/// Every setting with the value it has, and whether that was written.
fn values(all: Vec<Setting>, written: &Value) -> Vec<(String, String, bool)> {
    let value = |s: Setting| match written.get(&s.name) {
        Some(value) => (s.name, value.to_string(), true),
        None => (s.name, s.default, false),
    };
    all.into_iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_beats_the_default() {
        let setting = |name: &str, default: &str| Setting {
            name: name.to_owned(),
            default: default.to_owned(),
            doc: String::new(),
        };
        let found = values(vec![setting("a", "1"), setting("b", "2")], &json!({ "b": [3] }));
        let expected = [("a", "1", false), ("b", "[3]", true)];
        assert_eq!(found, expected.map(|(name, value, set)| (name.to_owned(), value.to_owned(), set)));
        assert_eq!(paragraphs("One\ntwo.\n\nSee [`a`].\n"), ["One two.", "See `a`."]);
    }
}
