//! The file of a sweep: what it holds. How it is checked is in [`plan`](super::plan).

use std::path::{Path, PathBuf};

use forewarn_core::Step;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::search::Method;
use super::space::{Dimension, Range};
use crate::layers::{parse, position};
use crate::partitions::Ranges;
use crate::{Error, Result};

/// What is written in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SweepFile {
    /// Name of the sweep, for its folder.
    pub(crate) name: Spanned<String>,
    /// Configuration of the run, relative to this file.
    #[serde(default = "beside")]
    pub(crate) config: PathBuf,
    /// A model of the run.
    pub(crate) model: Spanned<String>,
    /// How settings are chosen.
    #[serde(default)]
    pub(crate) method: Method,
    /// A metric, as `name[:key=value[,key=value]]`.
    pub(crate) objective: Spanned<String>,
    /// Trials; of successive halving those that start.
    #[serde(default = "some_trials")]
    pub(crate) trials: Spanned<usize>,
    /// CPU seconds after which no trial starts.
    pub(crate) budget: Option<Spanned<f64>>,
    /// Seed of the draws.
    #[serde(default)]
    pub(crate) seed: u64,
    /// What is evaluated in another way than in the run.
    #[serde(default)]
    pub(crate) evaluation: Overrides,
    /// Of successive halving.
    pub(crate) halving: Option<Spanned<HalvingFile>>,
    /// Ranges by path; read by [`dimensions`].
    #[expect(dead_code, reason = "it has to be there; its values are read with their places in the file")]
    space: toml::Table,
}

/// What is evaluated in another way than in the run.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Overrides {
    /// How many origins.
    pub(crate) origins: Option<usize>,
    /// Periods between two of them.
    pub(crate) stride: Option<usize>,
    /// Periods ahead.
    pub(crate) steps: Option<Step>,
    /// First and last training and test period.
    pub(crate) ranges: Option<Ranges>,
}

/// What successive halving gives more of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct HalvingFile {
    /// `origins`, or the path of a setting that is a whole number.
    #[serde(default = "origins")]
    pub(crate) resource: String,
    /// The least of it.
    #[serde(default = "one")]
    pub(crate) min: u64,
    /// What the last rung gets; all origins when absent.
    pub(crate) max: Option<u64>,
    /// The factor from rung to rung.
    #[serde(default = "three")]
    pub(crate) eta: u64,
}

/// The word for the origins of the evaluation as resource.
pub(crate) const ORIGINS: &str = "origins";

/// How ranges are written.
const FORM: &str =
    "write { int = [a, b] }, { uniform = [a, b] }, { log-uniform = [a, b] } or { choice = [a, b, ...] }";

fn beside() -> PathBuf {
    "forewarn.toml".into()
}

fn some_trials() -> Spanned<usize> {
    Spanned::new(0..0, 20)
}

fn origins() -> String {
    ORIGINS.to_owned()
}

fn one() -> u64 {
    1
}

fn three() -> u64 {
    3
}

/// A file and its text, for messages.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    /// The file.
    pub(crate) file: &'a Path,
    /// What is in it.
    pub(crate) text: &'a str,
}

impl Text<'_> {
    /// An [`Error::Config`] at an offset of the file.
    pub(crate) fn error(&self, offset: usize, reason: impl Into<String>) -> Error {
        let (line, column) = position(self.text, offset);
        Error::config(format!("{}:{line}:{column}", self.file.display()), reason)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`Error::Config`] that points at what does not fit.
    pub(crate) fn sweep(&self) -> Result<SweepFile> {
        parse(self.text, self.file)
    }

    /// The dimensions of `[space]`, ascending by path, each with the offset of its key. A path may be one key in quotes
    /// or several: `"a.b" = { int = [1, 2] }`, `a.b = { int = [1, 2] }` and `[space.a]` mean the same.
    ///
    /// # Errors
    /// [`Error::Config`] that points at what is no range, an empty one, or one that is there twice.
    pub(crate) fn dimensions(&self) -> Result<Vec<(Dimension, usize)>> {
        let wrong = |e: toml::de::Error| {
            self.error(e.span().map_or(0, |span| span.start), e.message().trim().to_owned())
        };
        let root = DeTable::parse(self.text).map_err(wrong)?;
        let mut leaves = Vec::new();
        if let Some(space) = root.get_ref().get("space").and_then(|value| value.get_ref().as_table()) {
            collect("", space, &mut leaves);
        }
        let dimension = |(path, offset, value): (String, usize, Spanned<DeValue<'_>>)| {
            if !value.get_ref().is_table() {
                return Err(self.error(value.span().start, format!("`{path}` is no range; {FORM}")));
            }
            let range = Range::deserialize(ValueDeserializer::from(value)).map_err(wrong)?;
            match range.fault() {
                Some(fault) => Err(self.error(offset, format!("`{path}`: {fault}"))),
                None => Ok((Dimension { path, range }, offset)),
            }
        };
        let mut found: Vec<_> = leaves.into_iter().map(dimension).collect::<Result<_>>()?;
        found.sort_by(|a, b| a.0.path.cmp(&b.0.path));
        if let Some(pair) = found.windows(2).find(|pair| pair[0].0.path == pair[1].0.path) {
            return Err(self.error(pair[1].1, format!("`{}` is there twice", pair[1].0.path)));
        }
        if found.is_empty() {
            return Err(Error::config(
                self.file.display().to_string(),
                "[space] is empty: there is nothing to search",
            ));
        }
        Ok(found)
    }
}

/// The entries of nested tables, with their paths; a table of tables is a part of a path.
fn collect<'t>(prefix: &str, table: &DeTable<'t>, out: &mut Vec<(String, usize, Spanned<DeValue<'t>>)>) {
    for (key, value) in table {
        let name = key.get_ref();
        let path = if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() && inner.values().all(|v| v.get_ref().is_table()) => {
                collect(&path, inner, out);
            }
            _ => out.push((path, key.span().start, value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name = \"a\"\nmodel = \"long_memory\"\nobjective = \"crps\"\n";

    fn dimensions(space: &str) -> Result<Vec<(Dimension, usize)>> {
        let text = format!("{HEAD}{space}");
        let text = Text { file: Path::new("a.toml"), text: &text };
        text.sweep()?;
        text.dimensions()
    }

    #[test]
    fn paths_may_be_written_in_three_ways() {
        let quoted = "[space]\nwindow = { int = [1, 9] }\n\"part.settings.max-depth\" = { int = [2, 8] }\n";
        let keys = "[space]\npart.settings.max-depth = { int = [2, 8] }\nwindow = { int = [1, 9] }\n";
        let tables = "[space]\nwindow.int = [1, 9]\n[space.part.settings]\nmax-depth = { int = [2, 8] }\n";
        let found = |text: &str| dimensions(text).unwrap().into_iter().map(|d| d.0).collect::<Vec<_>>();
        assert_eq!(found(quoted), found(keys));
        assert_eq!(found(quoted), found(tables));
        let paths: Vec<_> = found(quoted).into_iter().map(|d| d.path).collect();
        assert_eq!(paths, ["part.settings.max-depth", "window"], "ascending");
    }

    #[test]
    fn what_is_no_range_is_pointed_at() {
        let said = |space: &str| dimensions(space).unwrap_err().to_string();
        for (space, place, reason) in [
            ("[space]\n", "a.toml", "nothing to search"),
            ("", "a.toml:1:1", "missing field `space`"),
            ("[space]\nwindow = 3\n", "a.toml:5:10", "`window` is no range; write { int = [a, b] }"),
            ("[space]\nwindow = { int = [1, 2, 3] }\n", "a.toml:5:", "3 numbers; a range has two ends"),
            (
                "[space]\nwindow = { normal = [0, 1] }\n",
                "a.toml:5:12",
                "unknown variant `normal`, expected one of",
            ),
            (
                "[space]\nrate = { uniform = [0, 1] }\nwindow = { int = [3, 2] }\n",
                "a.toml:6:1",
                "from 3 to 2 is empty",
            ),
            ("[space]\nrate = { log-uniform = [0, 1] }\n", "a.toml:5:1", "above 0"),
            (
                "[space]\na.b = { int = [1, 2] }\n\"a.b\" = { int = [1, 2] }\n",
                "a.toml:6:1",
                "`a.b` is there twice",
            ),
            ("trails = 3\n[space]\nwindow = { int = [3, 4] }\n", "a.toml:4:1", "unknown field `trails`"),
        ] {
            let e = said(space);
            assert!(e.starts_with(place) && e.contains(reason), "{space} {e}");
        }
    }
}
