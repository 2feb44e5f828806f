//! JSON objects of lists of numbers, read into place without a tree of values in between.

use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use super::number::{self, CURE};
use super::{Rows, ScoreTable};
use crate::{Error, Result};

/// The key whose value is a list of lists.
const DRAWS: &str = "draws";

/// What an object may hold.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// The keys.
    pub(super) keys: &'static [&'static str],
    /// The object in words, to end «expected».
    pub(super) words: &'static str,
}

/// An object that has been read.
#[derive(Default)]
pub(super) struct Object {
    lists: Vec<(&'static str, Vec<f64>)>,
    draws: Option<Draws>,
}

/// Rows of as many draws.
#[derive(Default)]
struct Draws {
    rows: usize,
    width: usize,
    values: Vec<f64>,
}

impl Object {
    /// Reads `bytes`; refuses keys that are unknown or given twice.
    pub(super) fn parse(bytes: &[u8], name: &str, form: Form) -> Result<Self> {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let object = form.deserialize(&mut json).and_then(|object| json.end().map(|()| object));
        object.map_err(|e| refused(name, &e))
    }

    /// Takes out the list of a key.
    pub(super) fn take(&mut self, key: &str) -> Option<Vec<f64>> {
        let i = self.lists.iter().position(|(k, _)| *k == key)?;
        Some(self.lists.swap_remove(i).1)
    }

    /// Whether the key has been given.
    fn has(&self, key: &str) -> bool {
        (key == DRAWS && self.draws.is_some()) || self.lists.iter().any(|(k, _)| *k == key)
    }
}

/// The error of the reader, with its place in front and a cure.
fn refused(name: &str, error: &serde_json::Error) -> Error {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    let message = message.strip_suffix(&place).unwrap_or(&message);
    // What is wrong about the whole is said of the place before its first character.
    let column = error.column().max(1);
    let reason = match error.classify() {
        Category::Data => format!("column {column}: {message}"),
        Category::Eof => {
            format!("column {column}: the JSON ends too early ({message}); fetch or export it again")
        }
        Category::Syntax | Category::Io => {
            format!(
                "column {column}: is no valid JSON ({message}); a missing number is null or \"NaN\" in quotes"
            )
        }
    };
    Error::at(name, error.line() as u64, reason)
}

impl<'de> DeserializeSeed<'de> for Form {
    type Value = Object;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Form {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object::default();
        while let Some(key) = map.next_key::<String>()? {
            let Some(&known) = self.keys.iter().find(|k| **k == key) else {
                return Err(de::Error::custom(self.unknown(&key)));
            };
            if object.has(known) {
                return Err(de::Error::custom(format!("key `{known}` is given twice; remove one of them")));
            }
            if known == DRAWS {
                let mut draws = Draws::default();
                map.next_value_seed(&mut draws)?;
                object.draws = Some(draws);
            } else {
                let mut list = Vec::new();
                map.next_value_seed(Append(&mut list))?;
                object.lists.push((known, list));
            }
        }
        Ok(object)
    }
}

impl Form {
    /// That a key is unknown, the nearest that is known, and all of them.
    fn unknown(&self, key: &str) -> String {
        let likeness = |known: &str| strsim::jaro_winkler(&key.to_lowercase(), known);
        let nearest = self.keys.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let nearest = nearest.filter(|k| likeness(k) > 0.0).map(|k| format!(" (the nearest is `{k}`)"));
        let known: Vec<String> = self.keys.iter().map(|k| format!("`{k}`")).collect();
        let known = known.join(", ");
        format!("unknown key `{key}`{}; the keys are {known}", nearest.unwrap_or_default())
    }
}

/// Appends the numbers of a list, and says how many there were.
struct Append<'a>(&'a mut Vec<f64>);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Append<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<usize, A::Error> {
        let before = self.0.len();
        while let Some(value) = list.next_element_seed(Number)? {
            self.0.push(value);
        }
        Ok(self.0.len() - before)
    }
}

impl<'de> DeserializeSeed<'de> for &mut Draws {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut Draws {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list with a list of draws for each row")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(width) = list.next_element_seed(Append(&mut self.values))? {
            self.rows += 1;
            if self.rows == 1 {
                self.width = width;
            }
            if width != self.width {
                return Err(de::Error::custom(ragged(self.rows as u64, width, self.width)));
            }
        }
        Ok(())
    }
}

/// That a row of draws is longer or shorter than the first.
pub(super) fn ragged(row: u64, width: usize, first: usize) -> String {
    format!(
        "row {row} of `draws` has {width} draws, row 1 has {first}; give each row the same count (null where a draw \
         is missing)"
    )
}

/// A number, `null` or a word for one.
struct Number;

impl<'de> DeserializeSeed<'de> for Number {
    type Value = f64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<f64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, null, \"NaN\", \"Infinity\" or \"-Infinity\"")
    }

    fn visit_f64<E>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_i64<E>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_unit<E>(self) -> Result<f64, E> {
        Ok(f64::NAN)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
        number::parse_word(text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            E::custom(format!("the text `{shown}` is no number; {CURE}, and numbers without quotes"))
        })
    }
}

/// What a table of scores may hold.
const SCORES: Form = Form {
    keys: &["y", "p", DRAWS, "w"],
    words: "an object: `{\"y\": [...], \"p\": [...]}` or `{\"y\": [...], \"draws\": [[...], ...]}`, with `w` if wanted",
};

pub(super) fn score_table(bytes: &[u8], name: &str) -> Result<ScoreTable> {
    let mut object = Object::parse(bytes, name, SCORES)?;
    let wrong = |reason: &str| Err(Error::data(name, reason));
    let Some(observed) = object.take("y") else {
        return wrong("there is no key `y`; give what was observed");
    };
    let (key, rows, width, values) = match (object.take("p"), object.draws.take()) {
        (Some(_), Some(_)) => return wrong("holds both points (`p`) and `draws`; remove one of them"),
        (None, None) => return wrong("there is no forecast; give `p` (points) or `draws` (a list a row)"),
        (Some(points), None) => ("p", points.len(), None, points),
        (None, Some(draws)) => (DRAWS, draws.rows, Some(draws.width), draws.values),
    };
    let weights = object.take("w");
    same_rows(name, observed.len(), key, rows)?;
    if let Some(weights) = &weights {
        same_rows(name, observed.len(), "w", weights.len())?;
    }
    let mut table = Rows { width, values, ..Rows::default() };
    let at = |row: usize| move |reason| Error::data(name, format!("row {}: {reason}", row + 1));
    for (row, value) in observed.into_iter().enumerate() {
        table.push_observed(value).map_err(at(row))?;
    }
    for (row, value) in weights.into_iter().flatten().enumerate() {
        table.push_weight(value).map_err(at(row))?;
    }
    ScoreTable::checked(name, table)
}

fn same_rows(name: &str, observed: usize, key: &str, rows: usize) -> Result<()> {
    if rows == observed {
        return Ok(());
    }
    let reason = format!("`y` has {observed} rows, `{key}` has {rows}; give as many of each");
    Err(Error::data(name, reason))
}
