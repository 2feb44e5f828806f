//! What differs between two runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::record::{Record, leaves};

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A value of the configuration, of a model, of an ensemble, of the query set or of the gates' rules.
    Setting,
    /// The program.
    Code,
    /// The observations.
    Data,
    /// How far it went, or how it ended.
    End,
    /// The checked panel.
    Panel,
    /// The features.
    Features,
    /// A fitted model.
    Artifact,
    /// A forecast.
    Forecast,
    /// The scores.
    Scores,
    /// A score of the issued forecast.
    Score,
    /// A map.
    Map,
}

impl Kind {
    /// As it is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Code => "code",
            Self::Data => "data",
            Self::End => "end",
            Self::Panel => "panel",
            Self::Features => "features",
            Self::Artifact => "artifact",
            Self::Forecast => "forecast",
            Self::Scores => "scores",
            Self::Score => "score",
            Self::Map => "map",
        }
    }

    /// Whether it is something that a run makes.
    pub fn is_result(self) -> bool {
        self >= Self::Panel
    }
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// What it is.
    pub kind: Kind,
    /// Which one, such as `forewarn.toml: forecast.draws`.
    pub name: String,
    /// In the first run; `None` where it is not there.
    pub before: Option<String>,
    /// In the second run.
    pub after: Option<String>,
}

/// What differs between two runs. Times, machines and the page, which tells the program and the folder, are no difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Numbers of the records.
    pub records: (String, String),
    /// Whether nothing differs but the cost.
    pub equal: bool,
    /// What differs.
    pub changed: Vec<Changed>,
    /// CPU seconds of both.
    pub cpu_seconds: (Option<f64>, Option<f64>),
    /// Largest memory of both, in bytes.
    pub peak_bytes: (Option<u64>, Option<u64>),
}

impl Difference {
    /// Those results that differ.
    pub fn results(&self) -> impl Iterator<Item = &Changed> {
        self.changed.iter().filter(|changed| changed.kind.is_result())
    }
}

/// Compares two runs.
pub fn difference(before: &Record, after: &Record) -> Difference {
    let facts = [before, after].map(facts);
    let keys: BTreeSet<_> = facts.iter().flat_map(BTreeMap::keys).collect();
    let changed = keys.into_iter().filter_map(|key| {
        let [before, after] = [0, 1].map(|i: usize| facts[i].get(key).cloned());
        let changed =
            || Changed { kind: key.0, name: key.1.clone(), before: before.clone(), after: after.clone() };
        (before != after).then(changed)
    });
    let changed: Vec<_> = changed.collect();
    Difference {
        records: (before.id.clone(), after.id.clone()),
        equal: changed.is_empty(),
        changed,
        cpu_seconds: (before.usage.cpu_seconds, after.usage.cpu_seconds),
        peak_bytes: (before.usage.peak_bytes, after.usage.peak_bytes),
    }
}

/// Everything that is compared, by what it is.
fn facts(record: &Record) -> BTreeMap<(Kind, String), String> {
    let mut all = BTreeMap::new();
    let mut put = |kind, name: &str, value: String| all.insert((kind, name.to_owned()), value);
    for (path, value) in leaves(&record.settings) {
        put(Kind::Setting, &path, value);
    }
    put(Kind::Code, "revision", record.code.revision.clone());
    put(Kind::Code, "digest", record.code.digest.clone());
    for (name, source) in &record.sources {
        put(Kind::Data, name, source.digest.clone());
    }
    put(Kind::End, "until", crate::record::word(&record.until));
    let failed = record.failure.as_ref().map(|f| format!(" at {}", f.place));
    put(Kind::End, "how", record.end.as_str().to_owned() + &failed.unwrap_or_default());
    let digests = &record.digests;
    for (kind, name, digest) in [
        (Kind::Panel, "", &digests.panel),
        (Kind::Features, "", &digests.features),
        (Kind::Scores, "", &digests.scores),
    ] {
        if let Some(digest) = digest {
            put(kind, name, digest.clone());
        }
    }
    for (kind, digests) in [
        (Kind::Artifact, &digests.artifacts),
        (Kind::Forecast, &digests.forecasts),
        (Kind::Map, &digests.maps),
    ] {
        for (name, digest) in digests {
            put(kind, name, digest.clone());
        }
    }
    if let Some(issued) = &record.issued {
        for (metric, score) in &issued.scores {
            put(Kind::Score, &format!("{} of {}", metric, issued.name), score.to_string());
        }
    }
    all
}
