//! Profiles of the columns of a table.

use std::collections::BTreeMap;

use forewarn_core::prelude::*;

use super::Profile;

/// What is kept of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    /// Of one of numbers.
    Numbers(Profile),
    /// Of one of words.
    Words(Words),
}

/// How often each word occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Values that are missing.
    pub missing: u64,
    /// Every word with its count.
    pub counts: BTreeMap<String, u64>,
}

impl Words {
    /// Of a sample in which an empty word is missing.
    pub fn of(words: &[String]) -> Self {
        let mut found = Self::default();
        for word in words {
            if word.is_empty() {
                found.missing += 1;
            } else {
                *found.counts.entry(word.clone()).or_default() += 1;
            }
        }
        found
    }

    /// A sample that has these counts, without what is missing.
    pub fn sample(&self) -> Vec<String> {
        let words = |(word, count): (&String, &u64)| (0..*count).map(|_| word.clone()).collect::<Vec<_>>();
        self.counts.iter().flat_map(words).collect()
    }
}

/// The columns of a table by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Columns(pub BTreeMap<String, Column>);

impl Columns {
    /// With the values of another table: the columns of both together; one that either lacks has its values from the other.
    ///
    /// # Errors
    /// [`Error::Data`] that names a column that is of numbers in one and of words in the other.
    pub fn merged(&self, other: &Self) -> Result<Self> {
        let mut all = self.clone();
        for (name, column) in &other.0 {
            let both = match (all.0.get(name), column) {
                (None, column) => column.clone(),
                (Some(Column::Numbers(a)), Column::Numbers(b)) => Column::Numbers(a.merged(b)),
                (Some(Column::Words(a)), Column::Words(b)) => {
                    let mut both = a.clone();
                    both.missing += b.missing;
                    for (word, n) in &b.counts {
                        *both.counts.entry(word.clone()).or_default() += n;
                    }
                    Column::Words(both)
                }
                _ => {
                    let what = format!("column `{name}` holds numbers in one profile and words in the other");
                    return Err(Error::data(what));
                }
            };
            all.0.insert(name.clone(), both);
        }
        Ok(all)
    }
}
