//! Profiles of files, and files that may be profiles.

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_data::score_table::{Sample, samples};
use forewarn_drift::profile::{Column, Columns, Profile, Words};
use forewarn_store::Digest;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Version of the file.
const FORMAT: u32 = 1;

/// What is kept of the columns of a file, for comparing others with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileFile {
    /// Version of the format.
    profile: u32,
    /// SHA-256 of the columns as they are written.
    digest: Digest,
    /// What is kept of each.
    pub columns: Columns,
}

impl ProfileFile {
    /// Of the columns of files, which may be profiles themselves: the profile of all their rows together, whatever their
    /// order.
    ///
    /// # Errors
    /// A file that cannot be read, a column of numbers in one and of words in another, a value that is infinite.
    pub fn of(files: &[impl AsRef<Path>]) -> Result<Self> {
        let mut columns = Columns::default();
        for file in files {
            columns = columns.merged(&table(file.as_ref())?.profile()?)?;
        }
        Self::of_columns(columns)
    }

    /// Of columns that were profiled elsewhere.
    ///
    /// # Errors
    /// [`Error::Config`] never happens: what is kept can be written.
    pub(crate) fn of_columns(columns: Columns) -> Result<Self> {
        Ok(Self { profile: FORMAT, digest: digest(&columns)?, columns })
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// [`Error::Config`] of `place` for another format, or columns that were changed.
    pub(crate) fn read(text: &str, place: &Path) -> Result<Self> {
        let file = profile_of(text, place)?;
        file.ok_or_else(|| Error::config(place.display().to_string(), "is no profile; make it again"))
    }

    /// The text of the file, on one line.
    ///
    /// # Errors
    /// [`Error::Config`] never happens: what is kept can be written.
    pub fn text(&self) -> Result<String> {
        Ok(json(self)? + "\n")
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::config("a profile", e.to_string()))
}

fn digest(columns: &Columns) -> Result<Digest> {
    Ok(Digest::of_bytes(json(columns)?.as_bytes()))
}

/// The columns of a file.
#[derive(Debug)]
pub(super) enum Table {
    Samples(BTreeMap<String, Sample>),
    Profile(Columns),
}

/// What there is of a column.
#[derive(Debug)]
pub(super) enum Kept {
    Sample(Sample),
    Profile(Profile),
}

impl Table {
    pub(super) fn is_profile(&self) -> bool {
        matches!(self, Self::Profile(_))
    }

    /// What there is of each column.
    pub(super) fn columns(self) -> BTreeMap<String, Kept> {
        let kept = |column| match column {
            Column::Numbers(profile) => Kept::Profile(profile),
            Column::Words(words) => {
                let missing = (0..words.missing).map(|_| String::new());
                Kept::Sample(Sample::Words(words.sample().into_iter().chain(missing).collect()))
            }
        };
        match self {
            Self::Samples(samples) => {
                samples.into_iter().map(|(name, sample)| (name, Kept::Sample(sample))).collect()
            }
            Self::Profile(columns) => {
                columns.0.into_iter().map(|(name, column)| (name, kept(column))).collect()
            }
        }
    }

    fn profile(self) -> Result<Columns> {
        let of = |(name, sample)| {
            let column = match sample {
                Sample::Numbers(values) => Column::Numbers(
                    Profile::of(&values)
                        .map_err(|e| Error::config(format!("column `{name}`"), e.to_string()))?,
                ),
                Sample::Words(words) => Column::Words(Words::of(&words)),
            };
            Ok((name, column))
        };
        match self {
            Self::Samples(samples) => Ok(Columns(samples.into_iter().map(of).collect::<Result<_>>()?)),
            Self::Profile(columns) => Ok(columns),
        }
    }
}

/// The columns of a file: a profile, or all that [`samples`] reads.
pub(super) fn table(path: &Path) -> Result<Table> {
    Ok(match profile(path)? {
        Some(columns) => Table::Profile(columns),
        None => Table::Samples(samples(path)?.into_iter().collect()),
    })
}

/// The columns of a profile; `None` of another file.
fn profile(path: &Path) -> Result<Option<Columns>> {
    if path.extension().is_none_or(|extension| extension != "json") {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    Ok(profile_of(&text, path)?.map(|file| file.columns))
}

/// The profile in a text; `None` of another text.
fn profile_of(text: &str, path: &Path) -> Result<Option<ProfileFile>> {
    /// What tells a profile from other JSON.
    #[derive(Deserialize)]
    struct Mark {
        profile: u32,
    }
    if !text.trim_start().starts_with("{\"profile\"") {
        return Ok(None);
    }
    let Ok(Mark { profile }) = serde_json::from_str::<Mark>(text) else { return Ok(None) };
    let wrong = |what: String| Error::config(path.display().to_string(), what);
    if profile != FORMAT {
        return Err(wrong(format!(
            "is a profile of format {profile}; this program reads {FORMAT}, make it again"
        )));
    }
    let file: ProfileFile = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let found = digest(&file.columns)?;
    if found != file.digest {
        return Err(wrong(format!(
            "its columns have the digest {found}, it says {}; it was changed, make it again",
            file.digest
        )));
    }
    Ok(Some(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::{Answer, Question, compare};

    fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Rows of numbers and words.
    fn rows(range: std::ops::Range<u32>) -> String {
        let row = |i: u32| {
            format!(
                "{},{}",
                if i.is_multiple_of(3) { 0.0 } else { f64::from(i) / 7.0 },
                ["a", "b"][(i % 2) as usize]
            )
        };
        format!("x,w\n{}\n", range.map(row).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_profile_says_what_its_file_would_and_parts_are_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, range| write(folder.path(), name, &rows(range));
        let (all, now) = (file("all.csv", 0..200), file("now.csv", 90..300));
        let parts = [file("b.csv", 120..200), file("a.csv", 0..120)];
        let whole = ProfileFile::of(&[&all]).unwrap();
        assert_eq!(ProfileFile::of(&parts).unwrap().text().unwrap(), whole.text().unwrap());
        let kept = write(folder.path(), "kept.json", &whole.text().unwrap());
        let rest = write(folder.path(), "rest.json", &ProfileFile::of(&[&parts[0]]).unwrap().text().unwrap());
        let again = ProfileFile::of(&[parts[1].clone(), rest]).unwrap();
        assert_eq!(again, whole, "of a profile and a file");
        let tests = ["kolmogorov-smirnov", "zero-inflated", "psi"].map(str::to_owned);
        let question = Question { tests: &tests, ..Question::default() };
        let (raw, by_profile) =
            (compare(&all, &now, &question).unwrap(), compare(&kept, &now, &question).unwrap());
        assert_eq!(raw.columns["x"], by_profile.columns["x"]);
        let words = compare(&kept, &now, &Question::default()).unwrap();
        assert_eq!(compare(&all, &now, &Question::default()).unwrap().columns["w"], words.columns["w"]);
        assert_eq!((by_profile.bounds["x"].wasserstein, raw.bounds.len()), (0.0, 0));
        assert!(matches!(&by_profile.columns["x"]["psi"], Answer::Tested(tested) if tested.drift.drifted));
    }

    #[test]
    fn a_profile_that_was_changed_or_is_asked_for_rows_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let now = write(folder.path(), "now.csv", &rows(0..50));
        let text = ProfileFile::of(&[&now]).unwrap().text().unwrap();
        let said = |text: &str, question: &Question<'_>| {
            let file = write(folder.path(), "kept.json", text);
            compare(&file, &now, question).unwrap_err().to_string()
        };
        let plain = Question::default();
        assert!(
            said(&text.replace("\"missing\":0", "\"missing\":1"), &plain)
                .contains("it was changed, make it again")
        );
        assert!(
            said(&text.replace("\"profile\":1", "\"profile\":7"), &plain)
                .contains("is a profile of format 7")
        );
        let blocks = said(&text, &Question { blocks: Some("w"), ..plain });
        assert!(blocks.contains("does not know which values belong together"), "{blocks}");
        let tests = ["psi:block-length=3".to_owned()];
        assert!(said(&text, &Question { tests: &tests, ..plain }).contains("belong together"));
        // A column of this name is no profile.
        let file = write(folder.path(), "p.json", r#"{"profile": [1, 2, 3], "x": [4, 5, 6]}"#);
        assert!(compare(&file, &now, &plain).is_ok());
    }
}
