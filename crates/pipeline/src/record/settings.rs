//! Everything that a run was told, as text, so that it can be told again.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use crate::Resolved;
use crate::components::component_file;

/// Name of the resolved configuration.
pub(crate) const CONFIG: &str = "forewarn.toml";
/// Name of the query set.
pub(crate) const QUERY_SET: &str = "query-set.toml";
/// Name of the rules of the gates.
pub(crate) const GATES: &str = "gates.toml";

/// The resolved configuration and the files it names. One that cannot be read is left out: the run says what is wrong
/// with it.
pub(crate) fn settings(run: &Resolved) -> BTreeMap<String, String> {
    let config = &run.config;
    let mut files = vec![];
    for (folder, names) in [("models", &config.models), ("ensembles", &config.ensembles)] {
        let file = |name: &String| (format!("{folder}/{name}.toml"), component_file(run, folder, name));
        files.extend(names.iter().map(file));
    }
    files.extend(config.features.query_set.iter().map(|path| (QUERY_SET.to_owned(), run.path(path))));
    files.extend(config.gates.file.iter().map(|path| (GATES.to_owned(), run.path(path))));
    let mut texts = BTreeMap::from([(CONFIG.to_owned(), resolved(run))]);
    for (name, path) in files {
        texts.extend(text(&name, &path).map(|text| (name, text)));
    }
    texts
}

/// The configuration as it is used. A replay has changed its origin since it was read.
fn resolved(run: &Resolved) -> String {
    Table::try_from(&run.config).map_or_else(|_| run.to_toml(), |table| table.to_string())
}

fn text(name: &str, path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    if name != GATES {
        return Some(text);
    }
    let mut rules: Table = text.parse().ok()?;
    rules.remove("alerts");
    Some(rules.to_string())
}

/// Each value of some settings by its path, such as `forewarn.toml: forecast.draws`.
pub(crate) fn leaves(settings: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (name, text) in settings {
        match text.parse::<Table>() {
            Ok(table) => collect(&format!("{name}: "), &Value::Table(table), &mut all),
            Err(_) => {
                all.insert(name.clone(), text.clone());
            }
        }
    }
    all
}

fn collect(path: &str, value: &Value, all: &mut BTreeMap<String, String>) {
    let Value::Table(table) = value else {
        all.insert(path.to_owned(), value.to_string());
        return;
    };
    for (key, value) in table {
        let joint = if path.ends_with(' ') { "" } else { "." };
        collect(&format!("{path}{joint}{key}"), value, all);
    }
}
