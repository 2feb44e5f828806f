//! How a configuration is put together: flag over environment over file over default, each value with its origin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_store::is_address;
use forewarn_tracking::Collector;
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::config::Config;
use crate::secret::{Secret, Secrets};
use crate::trackers::SECRETS;
use crate::{Error, Result};

/// Prefix of environment variables that are settings: `FOREWARN_FORECAST__DRAWS=50`.
const PREFIX: &str = "FOREWARN_";
/// Variables with that prefix that are not settings.
const RESERVED: &[&str] = &[
    "FOREWARN_BIN", // which program the tests call
    "FOREWARN_CONFIG",
    "FOREWARN_GATE",
    "FOREWARN_REVISION",
    "FOREWARN_VERDICT",
    TOKEN,
    TOKEN_FILE,
];

/// Variable of the UCDP token: a secret, not a setting.
const TOKEN: &str = "FOREWARN_UCDP_TOKEN";
/// Variable of the file that holds it.
const TOKEN_FILE: &str = "FOREWARN_UCDP_TOKEN_FILE";

/// A configuration and where each of its values comes from.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The values.
    pub config: Config,
    /// The configuration file.
    pub file: PathBuf,
    /// Origin of each value by its path, such as `forecast.draws`.
    pub origins: BTreeMap<String, String>,
    /// Token of the UCDP API; never shown or stored.
    pub(crate) ucdp_token: Secret,
    /// Who we are to a tracking server, by variable, from the environment; never shown or stored.
    pub(crate) tracking_secrets: Secrets,
    /// Who collects spans, from the environment.
    pub(crate) collector: Option<Collector>,
    table: Table,
}

/// One value of a configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// Path, such as `forecast.draws`.
    pub path: String,
    /// Value as written in TOML.
    pub value: String,
    /// `default`, the file, the variable or the flag.
    pub origin: String,
}

impl Resolved {
    /// Reads `file` and puts `environment` (name, value) and `flags` (`path=value`) over it.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read; [`Error::Config`] that points at the line, variable or flag.
    pub fn load(file: &Path, environment: &[(String, String)], flags: &[String]) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(Error::io(file))?;
        Self::layered(file, &text, environment, flags)
    }

    fn layered(file: &Path, text: &str, environment: &[(String, String)], flags: &[String]) -> Result<Self> {
        // Read on its own first, so that what does not fit is pointed at by line and column.
        let _: Config = parse(text, file)?;
        let mut layers = Layers::default();
        layers.put(table_of(&Config::default())?, "default");
        layers.put(parse(text, file)?, &file.display().to_string());
        for (name, value) in environment {
            if let Some(path) = variable_path(name) {
                layers.set(&path, value, name)?;
            }
        }
        for flag in flags {
            let (path, value) = flag.split_once('=').ok_or_else(|| {
                Error::config(format!("--set {flag}"), "expected `path=value`, such as `forecast.draws=50`")
            })?;
            layers.set(path, value, &format!("--set {path}"))?;
        }
        let Layers { table, origins } = layers;
        let config: Config = Value::Table(table.clone()).try_into().map_err(|e: toml::de::Error| {
            Error::config("environment or --set", e.message().trim().to_owned())
        })?;
        let ucdp_token = Secret::of(environment, (TOKEN, TOKEN_FILE))?;
        let tracking_secrets = Secrets::of(environment, &SECRETS)?;
        let collector =
            Collector::of(environment).map_err(|e| Error::config("environment", e.to_string()))?;
        let file = file.to_path_buf();
        Ok(Self { config, file, origins, ucdp_token, tracking_secrets, collector, table })
    }

    /// The defaults with `environment` and `flags` over them, for a command that needs no configuration file.
    ///
    /// # Errors
    /// As [`Resolved::load`].
    pub fn without_file(environment: &[(String, String)], flags: &[String]) -> Result<Self> {
        Self::layered(Path::new(""), "", environment, flags)
    }

    /// The folder that paths of the configuration are relative to.
    pub fn folder(&self) -> &Path {
        self.file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// A path of the configuration, seen from here.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.folder().join(path)
    }

    /// Where forecasts are filed: the path of a folder, or an address.
    pub fn archive(&self) -> PathBuf {
        match &self.config.archive {
            Some(place) => self.place(place),
            None => self.store("archive").unwrap_or_else(|| self.path(&self.config.output).join("archive")),
        }
    }

    /// An address as it is written, or a folder relative to the configuration file.
    pub(crate) fn place(&self, place: &Path) -> PathBuf {
        if is_address(place) { place.to_path_buf() } else { self.path(place) }
    }

    /// Where `name` is in the store that machines share; `None` where they share none.
    pub(crate) fn store(&self, name: &str) -> Option<PathBuf> {
        let place = self.place(self.config.store.as_ref()?).display().to_string();
        Some(PathBuf::from(format!("{}/{name}", place.trim_end_matches('/'))))
    }

    /// Where something is kept that all who work on the same forecasts share: in the store, beside these on a server, so that machines
    /// without a common disk share it too, else in the output folder.
    pub(crate) fn shared(&self, name: &str) -> PathBuf {
        if let Some(place) = self.store(name) {
            return place;
        }
        let archive = self.archive();
        if archive.to_string_lossy().starts_with("s3://") {
            return PathBuf::from(format!("{}/.{name}", archive.display().to_string().trim_end_matches('/')));
        }
        self.path(&self.config.output).join(name)
    }

    /// All values with their origins, by path.
    pub fn shown(&self) -> Vec<Shown> {
        let mut leaves = Vec::new();
        collect_leaves("", &Value::Table(self.table.clone()), &mut leaves);
        let shown = |(path, value): (String, Value)| {
            let origin = self.origins.get(&path).cloned().unwrap_or_else(|| "default".to_owned());
            Shown { path, value: value.to_string(), origin }
        };
        leaves.into_iter().map(shown).collect()
    }

    /// The whole configuration as TOML, for the record of a run.
    pub fn to_toml(&self) -> String {
        self.table.to_string()
    }

    /// The same without where it is done and told, on which no forecast depends.
    pub(crate) fn essence(&self) -> String {
        let mut table = self.table.clone();
        for place in ["output", "archive", "store", "tracking"] {
            table.remove(place);
        }
        table.to_string()
    }
}

/// Reads TOML into `T`; errors name file, line and column.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, file: &Path) -> Result<T> {
    toml::from_str(text).map_err(|e| {
        let (line, column) = e.span().map_or((1, 1), |span| position(text, span.start));
        Error::config(format!("{}:{line}:{column}", file.display()), e.message().trim().to_owned())
    })
}

/// Line and column (from 1) of a byte offset.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// `FOREWARN_FORECAST__DRAWS` is `forecast.draws`; `None` for variables that are not settings.
fn variable_path(name: &str) -> Option<String> {
    let rest = name.strip_prefix(PREFIX).filter(|_| !RESERVED.contains(&name))?;
    Some(rest.to_ascii_lowercase().replace("__", ".").replace('_', "-"))
}

fn table_of(config: &Config) -> Result<Table> {
    Table::try_from(config).map_err(|e| Error::config("defaults", e.to_string()))
}

/// Values put over each other, with the origin of each.
#[derive(Default)]
struct Layers {
    table: Table,
    origins: BTreeMap<String, String>,
}

impl Layers {
    fn put(&mut self, over: Table, origin: &str) {
        let mut leaves = Vec::new();
        collect_leaves("", &Value::Table(over.clone()), &mut leaves);
        for (path, _) in leaves {
            self.origins.insert(path, origin.to_owned());
        }
        merge(&mut self.table, over);
    }

    /// Sets one value; text that is no TOML value is a string.
    fn set(&mut self, path: &str, value: &str, origin: &str) -> Result<()> {
        let parsed = format!("x = {value}").parse::<Table>().ok().and_then(|mut t| t.remove("x"));
        let mut value = parsed.unwrap_or_else(|| Value::String(value.to_owned()));
        for key in path.rsplit('.') {
            value = Value::Table(Table::from_iter([(key.to_owned(), value)]));
        }
        let Value::Table(over) = value else { return Ok(()) };
        let mut candidate = self.table.clone();
        merge(&mut candidate, over.clone());
        // Tried one by one, so that the message names the variable or flag that does not fit.
        let tried: Result<Config, toml::de::Error> = Value::Table(candidate).try_into();
        tried.map_err(|e| Error::config(origin, e.message().trim().to_owned()))?;
        self.put(over, origin);
        Ok(())
    }
}

/// Puts `over` over `base`, table by table. A source of another type replaces the old one whole.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) if !changes_type(old, &new) => merge(old, new),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn changes_type(old: &Table, new: &Table) -> bool {
    new.get("type").is_some_and(|t| old.get("type").is_some_and(|o| o != t))
}

fn collect_leaves(prefix: &str, value: &Value, out: &mut Vec<(String, Value)>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                collect_leaves(&path, value, out);
            }
        }
        leaf => out.push((prefix.to_owned(), leaf.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)], flags: &[&str]) -> Result<Resolved> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("forewarn.toml");
        std::fs::write(&file, text).unwrap();
        let environment: Vec<_> =
            environment.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let flags: Vec<_> = flags.iter().map(|f| (*f).to_owned()).collect();
        Resolved::load(&file, &environment, &flags)
    }

    #[test]
    fn flag_beats_environment_beats_file_beats_default() {
        let text = "name = \"a\"\n[forecast]\nsteps = 6\ndraws = 10\n";
        let env = [
            ("FOREWARN_FORECAST__DRAWS", "20"),
            ("FOREWARN_VALIDATION__MAX_REJECTED_SHARE", "0.5"),
            ("HOME", "/"),
        ];
        let r = load(text, &env, &["forecast.draws=30", "name=hot weather"]).unwrap();
        assert_eq!((r.config.forecast.draws, r.config.forecast.steps.0), (30, 6));
        assert_eq!((r.config.name.as_str(), r.config.validation.max_rejected_share), ("hot weather", 0.5));
        let origin = |path: &str| r.shown().into_iter().find(|s| s.path == path).unwrap().origin;
        assert_eq!(origin("forecast.draws"), "--set forecast.draws");
        assert_eq!(origin("validation.max-rejected-share"), "FOREWARN_VALIDATION__MAX_REJECTED_SHARE");
        assert!(origin("forecast.steps").ends_with("forewarn.toml"));
        assert_eq!(origin("seed"), "default");
    }

    #[test]
    fn errors_point_at_the_line_the_variable_or_the_flag() {
        let place = |r: Result<Resolved>| r.unwrap_err().to_string();
        let e = place(load("name = \"a\"\n\n[forecast]\nstep = 6\n", &[], &[]));
        assert!(
            e.contains("forewarn.toml:4:1")
                && e.contains("unknown field `step`, expected one of `origin`, `steps`, `draws`"),
            "{e}"
        );
        let e = place(load("seed = \"x\"\n", &[], &[]));
        assert!(e.contains("forewarn.toml:1:8"), "{e}");
        let e = place(load("", &[("FOREWARN_FORECAST__DROWS", "1")], &[]));
        assert!(e.starts_with("FOREWARN_FORECAST__DROWS: unknown field `drows`"), "{e}");
        let e = place(load("", &[], &["seed=many"]));
        assert!(e.starts_with("--set seed: invalid type"), "{e}");
        assert!(place(load("", &[], &["seed"])).contains("expected `path=value`"));
    }

    #[test]
    fn the_archive_is_in_the_output_folder_or_elsewhere() {
        let archive = |text: &str, environment: &[(&str, &str)]| {
            let run = load(text, environment, &[]).unwrap();
            run.archive().strip_prefix(run.folder()).map_or(run.archive(), Path::to_path_buf)
        };
        assert_eq!(archive("", &[]), Path::new("forewarn-out/archive"));
        assert_eq!(archive("output = \"o\"", &[]), Path::new("o/archive"));
        assert_eq!(archive("output = \"o\"\narchive = \"../kept\"", &[]), Path::new("../kept"));
        assert_eq!(archive("archive = \"s3://bucket/p\"", &[]), Path::new("s3://bucket/p"));
        assert_eq!(archive("archive = \"/kept\"", &[]), Path::new("/kept"));
        assert_eq!(archive("", &[("FOREWARN_ARCHIVE", "file:///kept")]), Path::new("file:///kept"));
    }

    #[test]
    fn secrets_are_not_settings() {
        assert_eq!(variable_path("FOREWARN_UCDP_TOKEN"), None);
        assert_eq!(variable_path("FOREWARN_BIN"), None);
        assert_eq!(variable_path("FOREWARN_SEED").as_deref(), Some("seed"));
    }
}
