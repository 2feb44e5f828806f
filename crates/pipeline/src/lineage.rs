//! Lineage: the chain from source to published number, every link a digest that can be computed again.
//!
//! source > panel > features > artifact > forecast > ensemble > scores > page. A link holds when what lies on the disk has
//! the digest that the next one was made of.

mod disk;
mod online;

use std::path::PathBuf;

use forewarn_store::{Artifact, Filed, Made};
use serde::Serialize;

use self::disk::Disk;
use crate::{Resolved, Result, record};

/// What a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Observations as they came.
    Source,
    /// The checked panel.
    Panel,
    /// The features.
    Features,
    /// A fitted model.
    Artifact,
    /// A forecast of a model.
    Forecast,
    /// A forecast that is made of others.
    Ensemble,
    /// The scores of a run.
    Scores,
    /// The page of a run.
    Page,
    /// What the forecasts of one month contribute to scores.
    Sheet,
    /// Scores of what was issued.
    Online,
}

impl Kind {
    /// As it is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Panel => "panel",
            Self::Features => "features",
            Self::Artifact => "artifact",
            Self::Forecast => "forecast",
            Self::Ensemble => "ensemble",
            Self::Scores => "scores",
            Self::Page => "page",
            Self::Sheet => "sheet",
            Self::Online => "online",
        }
    }
}

/// Whether a link is what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// It has the digest it should have.
    Holds,
    /// It is not there, or nobody knows where.
    Missing {
        /// Which of both.
        reason: String,
    },
    /// It is something else.
    Differs {
        /// What it is instead.
        reason: String,
    },
}

/// One link of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it is.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// Its digest, as the next link has it.
    pub digest: String,
    /// Where it is, as far as that is known.
    pub place: Option<PathBuf>,
    /// Whether it is what it was.
    #[serde(flatten)]
    pub state: State,
    /// The next links: what it was made of, or what was made of it.
    pub links: Vec<Self>,
}

impl Link {
    /// This link and all behind it.
    pub fn all(&self) -> Vec<&Self> {
        std::iter::once(self).chain(self.links.iter().flat_map(Self::all)).collect()
    }
}

/// The chain of a forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The forecast, and what it was made of.
    pub made_of: Link,
    /// What was made of it.
    pub used_in: Vec<Link>,
    /// Number of the record of its run.
    pub record: Option<String>,
}

impl Trace {
    /// Every link; the same one several times where several lead to it.
    pub fn all(&self) -> Vec<&Link> {
        self.made_of.all().into_iter().chain(self.used_in.iter().flat_map(Link::all)).collect()
    }
}

/// Follows a forecast back to its source, and to what was made of it. `wanted` is `TARGET/NAME/ORIGIN/RUN`, or as many parts
/// of it as tell it from others, the path of its folder, or the beginning of its file's digest.
///
/// # Errors
/// [`crate::Error::Config`] when no forecast or several are meant; an archive, records or steps that cannot be read.
pub fn trace(run: &Resolved, wanted: &str) -> Result<Trace> {
    let disk = Disk::open(run)?;
    let filed = disk.find(wanted)?;
    let chain = Chain { disk: &disk };
    Ok(Trace {
        made_of: chain.forecast(&filed),
        used_in: chain.used(&filed),
        record: disk.record(&filed).map(|record| record.id.clone()),
    })
}

/// Where the digests of a forecast's data are written.
struct Data<'a> {
    panel: Option<&'a String>,
    features: Option<&'a String>,
    sources: Vec<(&'a String, &'a String)>,
}

struct Chain<'a> {
    disk: &'a Disk<'a>,
}

impl Chain<'_> {
    /// A forecast and what it was made of.
    fn forecast(&self, filed: &Filed) -> Link {
        let manifest = &filed.manifest;
        let (kind, links) = match &manifest.made {
            Made::Model { artifact, state, .. } => {
                (Kind::Forecast, vec![self.artifact(filed, artifact, state)])
            }
            Made::Ensemble { members, .. } => (
                Kind::Ensemble,
                members.iter().map(|(name, digest)| self.member(filed, name, digest)).collect(),
            ),
            Made::Import { source, digest, .. } => {
                let state = missing("it was made elsewhere, and what was read is not kept");
                let (name, digest) = (source.clone(), digest.clone());
                let source = Link { kind: Kind::Source, name, digest, place: None, state, links: Vec::new() };
                (Kind::Forecast, vec![source])
            }
            Made::Reconciliation { cells, countries, .. } => {
                let both = [cells, countries].into_iter();
                (Kind::Ensemble, both.map(|(name, digest)| self.member(filed, name, digest)).collect())
            }
        };
        let (place, state) = self.disk.forecast(filed);
        Link {
            kind,
            name: disk::folder(filed),
            digest: manifest.file.to_string(),
            place: Some(place),
            state,
            links,
        }
    }

    /// A forecast that another one was made of, found by its digest.
    fn member(&self, of: &Filed, name: &str, digest: &str) -> Link {
        let here = |filed: &&&Filed| filed.manifest.run == of.manifest.run;
        let found: Vec<&Filed> = self.disk.of_digest(name, digest).collect();
        if let Some(filed) = found.iter().find(here).or(found.first()) {
            return self.forecast(filed);
        }
        let (place, state) = match self.disk.unfiled(digest) {
            Some(path) => (Some(path.clone()), self.disk.check(&path, digest)),
            None => (None, missing("no forecast with this digest is in the archive")),
        };
        let (name, digest) = (name.to_owned(), digest.to_owned());
        Link { kind: Kind::Forecast, name, digest, place, state, links: Vec::new() }
    }

    /// The fitted model of a forecast.
    fn artifact(&self, filed: &Filed, name: &str, state: &str) -> Link {
        let same = |a: &&Artifact| a.fit.state.as_str() == state && a.fit.name == name;
        let artifact = self.disk.artifacts.iter().find(same);
        let data = self.known(filed, artifact);
        let state_of = |artifact: &Artifact| match artifact.faults() {
            Ok(faults) => {
                faults.first().map_or(State::Holds, |fault| State::Differs { reason: fault.to_string() })
            }
            Err(e) => missing(e.to_string()),
        };
        Link {
            kind: Kind::Artifact,
            name: artifact.map_or_else(|| name.to_owned(), Artifact::folder),
            digest: state.to_owned(),
            place: artifact.map(|artifact| artifact.dir.clone()),
            state: artifact.map_or_else(|| missing("no artifact has this state"), state_of),
            links: self.data(filed, &data),
        }
    }

    /// What a model has learned from, as the forecast's manifest tells; of one that was filed before manifests told it, what
    /// its artifact or its run had. An artifact names the edition that made it first, and another may come to the same model.
    fn known<'d>(&'d self, filed: &'d Filed, artifact: Option<&'d Artifact>) -> Data<'d> {
        let inputs = &filed.manifest.inputs;
        if let Some(artifact) = artifact.filter(|_| !inputs.contains_key("panel")) {
            let data = &artifact.fit.data;
            let sources = data.iter().filter(|(name, _)| !["panel", "features"].contains(&name.as_str()));
            return Data {
                panel: data.get("panel"),
                features: data.get("features"),
                sources: sources.collect(),
            };
        }
        let recorded = || self.disk.record(filed)?.digests.panel.as_ref();
        let panel = inputs.get("panel").or_else(recorded);
        Data { panel, features: inputs.get("features"), sources: filed.manifest.data.iter().collect() }
    }

    /// Features, where there are some, panel and source, one behind the other.
    fn data(&self, filed: &Filed, data: &Data<'_>) -> Vec<Link> {
        let sources = data.sources.iter().map(|(name, digest)| self.source(filed, name, digest));
        let mut links: Vec<Link> = sources.collect();
        let first = data.sources.first().map(|(_, digest)| digest.as_str());
        if let Some(panel) = data.panel {
            links = vec![self.step((Kind::Panel, "validate", "source"), panel, first, links)];
        }
        if let Some(features) = data.features {
            let panel = data.panel.map(String::as_str);
            links = vec![self.step((Kind::Features, "features", "panel"), features, panel, links)];
        }
        links
    }

    /// What a step made; its note `of` says of what.
    fn step(
        &self,
        (kind, step, of): (Kind, &str, &str),
        digest: &str,
        made_of: Option<&str>,
        links: Vec<Link>,
    ) -> Link {
        let steps = self.disk.steps(step);
        let found = steps.iter().find(|output| output.digest.as_str() == digest);
        let state = found.map_or_else(
            || missing("no step with this digest is kept"),
            |output| {
                let noted = output.notes[of].as_str();
                match (noted, made_of) {
                    (Some(noted), Some(made_of)) if noted != made_of => {
                        State::Differs { reason: format!("it was made of the {of} {noted}") }
                    }
                    _ => self.disk.check_step(output),
                }
            },
        );
        let (name, digest) = (kind.as_str().to_owned(), digest.to_owned());
        Link { kind, name, digest, place: found.map(|output| output.dir.clone()), state, links }
    }

    fn source(&self, filed: &Filed, name: &str, digest: &str) -> Link {
        let (place, state) = self.disk.source(filed, name, digest);
        let (name, digest) = (name.to_owned(), digest.to_owned());
        Link { kind: Kind::Source, name, digest, place, state, links: Vec::new() }
    }

    /// What was made of a forecast.
    fn used(&self, filed: &Filed) -> Vec<Link> {
        let digest = filed.manifest.file.as_str();
        let of = |made: &Made| match made {
            Made::Model { .. } | Made::Import { .. } => false,
            Made::Ensemble { members, .. } => members.values().any(|member| member == digest),
            Made::Reconciliation { cells, countries, .. } => cells.1 == digest || countries.1 == digest,
        };
        let made_of_it = self.disk.archive.iter().filter(|filed| of(&filed.manifest.made));
        let ensemble = |filed: &Filed| Link { links: self.used(filed), ..self.forecast(filed) };
        let mut links: Vec<Link> = made_of_it.map(ensemble).collect();
        links.extend(self.published(filed));
        links.extend(online::used(self.disk, filed));
        links
    }

    /// Scores and page of the run.
    fn published(&self, filed: &Filed) -> Option<Link> {
        let record = self.disk.record(filed)?;
        let folder = record.folder(&self.disk.root)?;
        let link = |kind, file: &str, digest: &Option<String>| {
            let (place, digest) = (folder.join(file), digest.clone()?);
            let state = self.disk.check(&place, &digest);
            let name = format!("{file} of run {}", filed.manifest.run);
            Some(Link { kind, name, digest, place: Some(place), state, links: Vec::new() })
        };
        let page = link(Kind::Page, record::PAGE, &record.digests.page).map(|page| names(page, filed));
        match link(Kind::Scores, record::SCORES, &record.digests.scores) {
            Some(scores) => Some(Link { links: page.into_iter().collect(), ..scores }),
            None => page,
        }
    }
}

/// A page that holds also tells the digest of the forecast.
fn names(page: Link, filed: &Filed) -> Link {
    let digest = filed.manifest.file.as_str();
    let text = page.place.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
    if page.state == State::Holds && !text.is_some_and(|text| text.contains(digest)) {
        return Link {
            state: State::Differs { reason: format!("it does not name the forecast {digest}") },
            ..page
        };
    }
    page
}

fn missing(reason: impl Into<String>) -> State {
    State::Missing { reason: reason.into() }
}

#[cfg(test)]
mod tests;
