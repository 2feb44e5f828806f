//! What is told of a run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{Error, Moment, Result};

/// One stage of a group: what trackers call a run.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// What the stages have in common: the id of the whole run.
    pub group: String,
    /// Which stage this is (`train`): W&B's job type.
    pub stage: String,
    /// How it is shown.
    pub name: String,
    /// Settings, by path.
    pub config: BTreeMap<String, Value>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// When it began.
    pub started: Moment,
}

impl Run {
    /// Sixteen hexadecimal digits that follow from group, stage and name, so that a stage that is tried again is the same
    /// run.
    pub fn id(&self) -> String {
        id(&[&self.group, &self.stage, &self.name])
    }
}

/// The beginning of the digest of some words.
pub(crate) fn id(words: &[&str]) -> String {
    sha256(words.join("\0").as_bytes())[..16].to_owned()
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16)).collect()
}

/// Figures at one step.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Metrics {
    /// Position on the x axis, such as the lead of a forecast; 0 where there is only one.
    pub step: u64,
    /// By name, `pgm/ged_sb/crps`. NaN is «not defined» and is told as such.
    pub values: BTreeMap<String, f64>,
}

/// A table.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows with a cell a column.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// # Errors
    /// [`Error::Wrong`] that names the row.
    pub(crate) fn check(&self, key: &str) -> Result<()> {
        let wanted = self.columns.len();
        match self.rows.iter().enumerate().find(|(_, row)| row.len() != wanted) {
            None => Ok(()),
            Some((at, row)) => Err(Error::wrong(
                format!("table `{key}`"),
                format!("row {at} has {} cells, there are {wanted} columns", row.len()),
            )),
        }
    }

    /// The form that both W&B and MLflow read: columns, and rows as `data`.
    pub(crate) fn json(&self) -> Vec<u8> {
        serde_json::json!({ "columns": self.columns, "data": self.rows }).to_string().into_bytes()
    }
}

/// What a run made, or was made from. The same digest is the same artifact, which is what links the stages.
#[derive(Debug, Clone, Serialize)]
pub struct Artifact {
    /// Its name, such as the model's; letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it is: `dataset`, `model`, `forecast`. MLflow registers what is a `model`.
    pub kind: String,
    /// Whether it was used or made.
    pub role: Role,
    /// What it consists of.
    pub files: Vec<File>,
    /// Names that point to this version, such as `champion`.
    pub aliases: Vec<String>,
}

impl Artifact {
    /// # Errors
    /// [`Error::Wrong`] for a name that no tracker takes.
    pub(crate) fn check(&self) -> Result<()> {
        let usable = |name: &str| {
            !name.is_empty()
                && !name.starts_with('.')
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let names = std::iter::once(&self.name).chain(self.files.iter().map(|file| &file.name));
        names.filter(|name| !usable(name)).try_for_each(|name| {
            let reason =
                format!("`{name}`: expected letters, digits, `-`, `_` and `.`, which does not come first");
            Err(Error::wrong("name of an artifact", reason))
        })
    }
}

/// Which side of a run an artifact is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The run was made from it.
    Used,
    /// The run made it.
    Made,
}

/// A file of an artifact.
#[derive(Debug, Clone, Serialize)]
pub struct File {
    /// Its name in the artifact.
    pub name: String,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// Its digest, SHA-256 in hexadecimal digits.
    pub digest: String,
}

/// Where a file is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// On this machine. W&B gets a reference to it, MLflow its bytes.
    Path(PathBuf),
    /// Elsewhere (`s3://bucket/key`); it is only named.
    Address(String),
}

/// What somebody should look at.
#[derive(Debug, Clone, Serialize)]
pub struct Alert {
    /// In a few words.
    pub title: String,
    /// In sentences.
    pub text: String,
    /// How bad it is.
    pub level: Level,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// News.
    Info,
    /// May be wrong.
    Warn,
    /// Is wrong.
    Error,
}

/// Width and height of a PNG file, which stand in its first chunk.
///
/// # Errors
/// [`Error::Wrong`] when the bytes are none.
pub(crate) fn png_size(key: &str, png: &[u8]) -> Result<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    match (number(16), number(20)) {
        (Some(width), Some(height)) if png.starts_with(b"\x89PNG\r\n\x1a\n") => Ok((width, height)),
        _ => {
            Err(Error::wrong(format!("picture `{key}`"), format!("{} bytes that are no PNG file", png.len())))
        }
    }
}

/// A key as part of the name of a file: what is no letter, digit, `-` or `.` becomes `_`.
pub(crate) fn file_name(key: &str) -> String {
    let usable = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let name: String = key.chars().map(|c| if usable(c) { c } else { '_' }).collect();
    if name.starts_with('.') { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_stage_of_the_same_group_has_the_same_id() {
        let run = |group: &str, stage: &str, started| Run {
            group: group.into(),
            stage: stage.into(),
            name: "n".into(),
            config: BTreeMap::new(),
            tags: Vec::new(),
            started: Moment(started),
        };
        let first = run("g", "train", 1).id();
        assert_eq!(first, run("g", "train", 99).id());
        assert_ne!(first, run("g", "gate", 1).id());
        assert_ne!(run("a", "b", 1).id(), run("ab", "", 1).id());
        assert_eq!(id(&["abc"]), "ba7816bf8f01cfea", "the beginning of what sha256sum prints");
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let of = |name: &str| Artifact {
            name: "a".into(),
            kind: "model".into(),
            role: Role::Made,
            files: vec![File {
                name: name.into(),
                place: Place::Address("s3://a/b".into()),
                digest: String::new(),
            }],
            aliases: Vec::new(),
        };
        of("state-1_a.bin").check().unwrap();
        for name in ["", "..", "../x", "a/b", "a b", ".hidden"] {
            assert!(of(name).check().unwrap_err().to_string().contains("expected letters"), "{name}");
        }
    }

    #[test]
    fn pictures_tell_their_size() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        assert!(png_size("map", &png).unwrap_err().to_string().contains("16 bytes that are no PNG file"));
        png.extend([0, 0, 1, 2, 0, 0, 0, 7]);
        assert_eq!(png_size("map", &png).unwrap(), (258, 7));
        png[0] = 0;
        assert!(png_size("map", &png).is_err());
    }

    #[test]
    fn keys_become_names_of_files_that_stay_in_their_folder() {
        assert_eq!(file_name("maps/expected value:1"), "maps_expected_value_1");
        assert_eq!(file_name("../x"), "_.._x");
    }

    #[test]
    fn rows_have_a_cell_a_column() {
        let mut table = Table { columns: vec!["a".into()], rows: vec![vec![1.into()], vec![]] };
        assert_eq!(
            table.check("t").unwrap_err().to_string(),
            "table `t`: row 1 has 0 cells, there are 1 columns"
        );
        table.rows.pop();
        table.check("t").unwrap();
        assert_eq!(table.json(), br#"{"columns":["a"],"data":[[1]]}"#);
    }
}
