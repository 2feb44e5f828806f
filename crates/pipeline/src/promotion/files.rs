//! The files of models and ensembles, where a status or a role is written.

use std::path::{Path, PathBuf};

use forewarn_store::file;

use super::{Kind, Pair};
use crate::components::component_file;
use crate::{Error, Resolved, Result};

/// Writes who is in production and who is not. The shadow comes first: killed in between, both are in production, and the
/// same command goes on.
///
/// # Errors
/// A file that cannot be read or written.
pub(crate) fn swap(run: &Resolved, pair: &Pair) -> Result<Vec<PathBuf>> {
    let (folder, key, up, down) = match pair.kind {
        Kind::Model => ("models", "status", "deployed", "shadow"),
        Kind::Ensemble => ("ensembles", "role", "production", "shadow"),
    };
    let one = |name: &str, value: &str| -> Result<PathBuf> {
        let path = component_file(run, folder, name);
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        file::write_bytes(&path, set(&path, &text, key, value)?.as_bytes())?;
        Ok(path)
    };
    Ok(vec![one(&pair.shadow, up)?, one(&pair.production, down)?])
}

/// The text with `key = "value"` at its top level; everything else stays as it is, comments too.
fn set(path: &Path, text: &str, key: &str, value: &str) -> Result<String> {
    let top = text.lines().position(|line| line.trim_start().starts_with('[')).unwrap_or(usize::MAX);
    let is_key = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let written = format!("{key} = \"{value}\"");
    match lines.iter().take(top).position(|line| is_key(line)) {
        Some(i) => {
            let comment = lines[i].find('#').map(|at| format!(" {}", &lines[i][at..])).unwrap_or_default();
            lines[i] = written + &comment;
        }
        None => {
            let after = lines.iter().take(top).position(|line| line.trim_start().starts_with("algorithm"));
            lines.insert(after.map_or(0, |i| i + 1), written);
        }
    }
    let changed = lines.join("\n") + "\n";
    let said =
        toml::from_str::<toml::Table>(&changed).ok().and_then(|t| Some(t.get(key)?.as_str()? == value));
    match said {
        Some(true) => Ok(changed),
        _ => {
            let reason = format!("`{key}` could not be set to \"{value}\"; write it there and keep the rest");
            Err(Error::config(path.display().to_string(), reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_value_changes() {
        let set = |text: &str| set(Path::new("x.toml"), text, "status", "deployed");
        let text = "# Why.\nalgorithm = \"zero\"\nstatus = \"shadow\" # since May\n\n[settings]\nstatus = \"other\"\n";
        let expect = "# Why.\nalgorithm = \"zero\"\nstatus = \"deployed\" # since May\n\n[settings]\nstatus = \"other\"\n";
        assert_eq!(set(text).unwrap(), expect);
        let absent = "# Why.\nalgorithm = \"zero\"\n\n[settings]\nwindow = 3\n";
        let expect = "# Why.\nalgorithm = \"zero\"\nstatus = \"deployed\"\n\n[settings]\nwindow = 3\n";
        assert_eq!(set(absent).unwrap(), expect);
        assert!(
            set("algorithm = \"zero\"\nstatus = '''\nshadow'''\n").is_err(),
            "what cannot be kept is refused"
        );
    }
}
