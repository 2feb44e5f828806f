//! The models and ensembles of a run: one TOML file each, built through the catalog.

use std::path::{Path, PathBuf};

use forewarn_catalog::{ENSEMBLES, MODELS, find};
use forewarn_core::{Ensemble, Entry, Model};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;

use crate::layers::{parse, position};
use crate::{Error, Resolved, Result};

/// How far a model or ensemble may be trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Runs beside production to be compared with it.
    #[default]
    Shadow,
    /// In use.
    Deployed,
    /// The others are measured against it.
    Baseline,
    /// No longer used; a run that lists it stops.
    Deprecated,
}

/// What an ensemble is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Its forecast is the one that is issued.
    Production,
    /// It is computed and scored beside production.
    #[default]
    Shadow,
}

/// What an ensemble does when a member has no forecast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingMember {
    /// Has none itself.
    #[default]
    Fail,
    /// Combines the others; who is absent is written on the result.
    Degrade,
}

/// A model of the run.
#[derive(Debug)]
pub struct ModelSpec {
    /// `adjective_noun`.
    pub name: String,
    /// Catalog name.
    pub algorithm: String,
    /// How far it may be trusted.
    pub status: Status,
    /// Settings as written.
    pub settings: Value,
    /// Built from them.
    pub model: Box<dyn Model>,
}

/// An ensemble of the run.
#[derive(Debug)]
pub struct EnsembleSpec {
    /// `adjective_noun`.
    pub name: String,
    /// Catalog name.
    pub algorithm: String,
    /// What it is for.
    pub role: Role,
    /// Names of its members, in the order of the run's models.
    pub members: Vec<String>,
    /// What it does when one of them has no forecast.
    pub missing: MissingMember,
    /// Settings as written.
    pub settings: Value,
    /// Built from them.
    pub ensemble: Box<dyn Ensemble>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ModelFile {
    algorithm: Spanned<String>,
    #[serde(default)]
    status: Status,
    settings: Option<Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct EnsembleFile {
    algorithm: Spanned<String>,
    #[serde(default)]
    role: Role,
    /// All models of the run when absent.
    members: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    missing: MissingMember,
    settings: Option<Spanned<Value>>,
}

/// All models of a run, in the order of the configuration.
///
/// # Errors
/// [`Error::Config`] that points at the file and line.
pub fn models(run: &Resolved) -> Result<Vec<ModelSpec>> {
    let names = &run.config.models;
    if names.is_empty() {
        let reason = "`models` is empty; name at least one (`forewarn new model NAME --algorithm ALGORITHM`)";
        return Err(Error::config(run.file.display().to_string(), reason));
    }
    check_names(run, "models", names)?;
    names.iter().map(|name| model(&component_file(run, "models", name), name)).collect()
}

fn model(path: &Path, name: &str) -> Result<ModelSpec> {
    let text = read(path, "model", name)?;
    let file: ModelFile = parse(&text, path)?;
    if file.status == Status::Deprecated {
        let reason = format!("model `{name}` is deprecated; take it off `models`, or give it another status");
        return Err(Error::config(path.display().to_string(), reason));
    }
    let source = Source { path, text: &text };
    let (model, settings) = source.build("model", MODELS, &file.algorithm, file.settings.as_ref())?;
    let algorithm = file.algorithm.into_inner();
    Ok(ModelSpec { name: name.to_owned(), algorithm, status: file.status, settings, model })
}

/// All ensembles of a run, in the order of the configuration.
///
/// # Errors
/// [`Error::Config`] that points at the file and line.
pub fn ensembles(run: &Resolved, models: &[ModelSpec]) -> Result<Vec<EnsembleSpec>> {
    let names = &run.config.ensembles;
    check_names(run, "ensembles", names)?;
    if let Some(name) = names.iter().find(|n| models.iter().any(|m| &m.name == *n)) {
        let reason = format!("`{name}` is the name of a model and of an ensemble");
        return Err(Error::config(run.file.display().to_string(), reason));
    }
    names.iter().map(|name| ensemble(&component_file(run, "ensembles", name), name, Some(models))).collect()
}

/// An ensemble of archived forecasts: the file names its members, and so does the file's name the ensemble.
///
/// # Errors
/// [`Error::Config`] that points at the file and line.
pub(crate) fn archived_ensemble(path: &Path) -> Result<EnsembleSpec> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    if !is_component_name(&name) {
        let reason = format!("`{name}` is no name of an ensemble (expected like `deep_current`)");
        return Err(Error::config(path.display().to_string(), reason));
    }
    ensemble(path, &name, None)
}

/// `models`: those of the run that members must be among, if any.
fn ensemble(path: &Path, name: &str, models: Option<&[ModelSpec]>) -> Result<EnsembleSpec> {
    let text = read(path, "ensemble", name)?;
    let file: EnsembleFile = parse(&text, path)?;
    let source = Source { path, text: &text };
    let (ensemble, settings) =
        source.build("ensemble", ENSEMBLES, &file.algorithm, file.settings.as_ref())?;
    let members = members(&source, file.members.as_ref(), models)?;
    if members.is_empty() {
        return Err(Error::config(path.display().to_string(), "`members` is empty"));
    }
    let algorithm = file.algorithm.into_inner();
    let (name, role, missing) = (name.to_owned(), file.role, file.missing);
    Ok(EnsembleSpec { name, algorithm, role, members, missing, settings, ensemble })
}

/// The members that a file names; all `models` of the run when it names none.
fn members(
    source: &Source<'_>,
    named: Option<&Spanned<Vec<String>>>,
    models: Option<&[ModelSpec]>,
) -> Result<Vec<String>> {
    let known: Option<Vec<&str>> = models.map(|models| models.iter().map(|m| m.name.as_str()).collect());
    let Some(named) = named else {
        return Ok(known.unwrap_or_default().into_iter().map(str::to_owned).collect());
    };
    let stranger = |known: &Vec<&str>| named.get_ref().iter().find(|m| !known.contains(&m.as_str())).cloned();
    if let Some((known, stranger)) = known.and_then(|known| stranger(&known).map(|s| (known, s))) {
        let reason = format!("member `{stranger}` is no model of this run; there are: {}", known.join(", "));
        return Err(source.error(named.span().start, reason));
    }
    Ok(named.get_ref().clone())
}

/// The file of a component.
pub(crate) fn component_file(run: &Resolved, folder: &str, name: &str) -> PathBuf {
    run.path(Path::new(folder)).join(format!("{name}.toml"))
}

/// Whether a name is `adjective_noun`: two lower-case words joined by an underscore.
pub fn is_component_name(name: &str) -> bool {
    let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase());
    name.split_once('_').is_some_and(|(adjective, noun)| word(adjective) && word(noun))
}

fn check_names(run: &Resolved, setting: &str, names: &[String]) -> Result<()> {
    let place = || format!("{}: {setting}", run.file.display());
    for (i, name) in names.iter().enumerate() {
        if !is_component_name(name) {
            return Err(Error::config(place(), format!("`{name}` is no name (expected like `quiet_river`)")));
        }
        if names[..i].contains(name) {
            return Err(Error::config(place(), format!("`{name}` is listed twice")));
        }
    }
    Ok(())
}

fn read(path: &Path, kind: &str, name: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| {
        let cure = format!("create it with `forewarn new {kind} {name}`");
        Error::config(path.display().to_string(), format!("{kind} `{name}` cannot be read ({e}); {cure}"))
    })
}

/// A file and its text, for messages.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn error(&self, offset: usize, reason: String) -> Error {
        let (line, column) = position(self.text, offset);
        Error::config(format!("{}:{line}:{column}", self.path.display()), reason)
    }

    /// Builds a component; what does not fit is pointed at.
    fn build<T: ?Sized>(
        &self,
        kind: &str,
        entries: &'static [Entry<T>],
        algorithm: &Spanned<String>,
        settings: Option<&Spanned<Value>>,
    ) -> Result<(Box<T>, Value)> {
        let entry = find(kind, entries, algorithm.get_ref())
            .map_err(|e| self.error(algorithm.span().start, e.to_string()))?;
        let value = settings.map_or_else(|| Value::Object(serde_json::Map::new()), |s| s.get_ref().clone());
        let built = (entry.build)(&value).map_err(|e| {
            let start = settings.map_or(0, |s| s.span().start);
            self.error(self.offset_of(&e.to_string(), start), e.to_string())
        })?;
        Ok((built, value))
    }

    /// Where the first name in back-quotes of a message stands after `start`; `start` when it does not.
    fn offset_of(&self, message: &str, start: usize) -> usize {
        let quoted = message.split('`').nth(1).filter(|name| !name.is_empty());
        quoted.and_then(|name| self.text[start..].find(name)).map_or(start, |i| start + i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project with these files; gives what loading its components says.
    fn load(files: &[(&str, &str)]) -> Result<(Vec<ModelSpec>, Vec<EnsembleSpec>)> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let run = Resolved::load(&folder.path().join("forewarn.toml"), &[], &[])?;
        let models = models(&run)?;
        let ensembles = ensembles(&run, &models)?;
        Ok((models, ensembles))
    }

    const CONFIG: (&str, &str) =
        ("forewarn.toml", "models = [\"still_water\", \"long_memory\"]\nensembles = [\"common_ground\"]\n");
    const ZERO: (&str, &str) = ("models/still_water.toml", "algorithm = \"zero\"\nstatus = \"baseline\"\n");
    const DRAWS: (&str, &str) =
        ("models/long_memory.toml", "algorithm = \"conflictology\"\nsettings = { window = 6 }\n");
    const MEAN: (&str, &str) =
        ("ensembles/common_ground.toml", "algorithm = \"mean\"\nrole = \"production\"\n");

    #[test]
    fn components_are_built_in_the_order_of_the_configuration() {
        let (models, ensembles) = load(&[CONFIG, ZERO, DRAWS, MEAN]).unwrap();
        let names: Vec<_> = models.iter().map(|m| (m.name.as_str(), m.status)).collect();
        assert_eq!(names, [("still_water", Status::Baseline), ("long_memory", Status::Shadow)]);
        assert_eq!(models[1].model.needs().history, 6);
        assert_eq!(ensembles[0].role, Role::Production);
        assert_eq!(ensembles[0].members, ["still_water", "long_memory"], "all models when none is named");
    }

    #[test]
    fn what_does_not_fit_is_pointed_at() {
        let said = |files: &[(&str, &str)]| load(files).unwrap_err().to_string();
        let stranger = ("ensembles/common_ground.toml", "algorithm = \"mean\"\nmembers = [\"dark_horse\"]\n");
        let e = said(&[CONFIG, ZERO, DRAWS, stranger]);
        assert!(
            e.contains("common_ground.toml:2:11") && e.contains("there are: still_water, long_memory"),
            "{e}"
        );
        let old = ("models/still_water.toml", "algorithm = \"zero\"\nstatus = \"deprecated\"\n");
        assert!(said(&[CONFIG, old, DRAWS, MEAN]).contains("model `still_water` is deprecated"));
        let unknown = ("models/still_water.toml", "algorithm = \"zero\"\nstatus = \"new\"\n");
        let e = said(&[CONFIG, unknown, DRAWS, MEAN]);
        assert!(e.contains("still_water.toml:2:10") && e.contains("expected one of"), "{e}");
        assert!(said(&[("forewarn.toml", "")]).contains("`models` is empty"));
        let twice = ("forewarn.toml", "models = [\"still_water\", \"still_water\"]\n");
        assert!(said(&[twice, ZERO]).contains("`still_water` is listed twice"));
        let both = ("forewarn.toml", "models = [\"still_water\"]\nensembles = [\"still_water\"]\n");
        assert!(said(&[both, ZERO]).contains("is the name of a model and of an ensemble"));
    }

    #[test]
    fn names_are_two_words() {
        assert!(is_component_name("pink_panther"));
        for name in ["panther", "Pink_panther", "pink_", "_panther", "pink panther", "pink_panther_2", ""] {
            assert!(!is_component_name(name), "{name}");
        }
    }
}
