//! Editions of the truth: what was observed, as it was known at one time. Nothing is overwritten when it is revised.
//!
//! `root/TARGET/LEVEL/0001.json` says what the first edition is and where it comes from, `values-DIGEST.parquet` beside it
//! holds its values, in a folder or an S3 bucket. The record is written last; of several writers one gets the number, and
//! the others the next one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use forewarn_core::{Axis, Period};
use serde::{Deserialize, Serialize};

use crate::objects::{self, Objects, joined};
use crate::{Digest, Error, Result, copies};

/// Version of [`Edition`].
const SCHEMA: u32 = 1;

/// What was observed of one target, as it was known at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// Version of this record: 1.
    pub schema: u32,
    /// 1, 2, ... in the order in which they came.
    pub number: u32,
    /// Column that was observed.
    pub target: String,
    /// Level of analysis.
    pub level: String,
    /// Its periods.
    pub axis: Axis,
    /// Units.
    pub units: u64,
    /// What it is, in words.
    pub vintage: String,
    /// Day on which it was known, such as `2021-06-20`.
    pub known: Option<String>,
    /// First period whose values may still be revised.
    pub provisional: Option<Period>,
    /// Digests of the sources, by name.
    pub data: BTreeMap<String, String>,
    /// Digest of the values of each period, so that it can be told which were revised without reading them.
    pub periods: Vec<String>,
    /// Digest of the file of values.
    pub file: Digest,
}

impl Edition {
    /// Digest of one period; `None` when it is not on the axis.
    pub fn period(&self, period: Period) -> Option<&str> {
        self.periods.get(self.axis.index(period)?).map(String::as_str)
    }

    /// Whether a period may still be revised.
    pub fn is_provisional(&self, period: Period) -> bool {
        self.provisional.is_some_and(|first| period >= first)
    }

    fn same(&self, other: &Self) -> bool {
        *self == Self { number: self.number, ..other.clone() }
    }
}

/// The editions of one target.
#[derive(Debug, Clone)]
pub struct Editions {
    objects: Arc<dyn Objects>,
    folder: String,
}

impl Editions {
    /// Those below a place: the path of a folder, or an address.
    ///
    /// # Errors
    /// [`Error::Remote`] when an address or the settings of S3 are wrong.
    pub fn open(root: &Path, target: &str, level: &str) -> Result<Self> {
        Ok(Self::over(objects::open(root)?, target, level))
    }

    /// Those in any kind of store.
    pub fn over(objects: Arc<dyn Objects>, target: &str, level: &str) -> Self {
        Self { objects, folder: joined(target, level) }
    }

    /// All of them, in their order.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Damaged`] when one cannot be read.
    pub fn list(&self) -> Result<Vec<Edition>> {
        (1..)
            .map(|number| self.get(number))
            .take_while(|found| !matches!(found, Ok(None)))
            .filter_map(Result::transpose)
            .collect()
    }

    /// Adds an edition with these values, under the next number. What is recorded already is found, not added again: gives
    /// its record, and whether it is new.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the values are not what the record says; [`Error::Io`] when it cannot be written.
    pub fn record(&self, draft: &Edition, values: &[u8]) -> Result<(Edition, bool)> {
        let name = self.values(&draft.file);
        let found = Digest::of_bytes(values);
        if found != draft.file {
            let reason = format!("has sha256 {found}, its record says {}", draft.file);
            return Err(Error::damaged(&self.objects.place(&name), reason));
        }
        let mut next = self.list()?;
        loop {
            if let Some(there) = next.iter().find(|there| there.same(draft)) {
                return Ok((there.clone(), false));
            }
            self.objects.put_new(&name, values)?;
            let number = next.len() as u32 + 1;
            let edition = Edition { schema: SCHEMA, number, ..draft.clone() };
            let record = self.record_of(number);
            let path = self.objects.place(&record);
            let text = serde_json::to_vec_pretty(&edition).map_err(|e| Error::io(&path)(e.into()))?;
            if self.objects.put_new(&record, &text)? {
                return Ok((edition, true));
            }
            // Somebody else has this number now, or an answer to us was lost.
            next = self.list()?;
        }
    }

    /// The file of values of an edition; of one on a server it is a copy, fetched once.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Remote`] when it cannot be read, [`Error::Damaged`] when it is not what was recorded.
    pub fn read(&self, edition: &Edition) -> Result<PathBuf> {
        let name = self.values(&edition.file);
        let expect = |found: &Digest| {
            let reason = || format!("has sha256 {found}, it was recorded with {}", edition.file);
            let is_same = *found == edition.file;
            if is_same { Ok(()) } else { Err(Error::damaged(&self.objects.place(&name), reason())) }
        };
        if let Some(path) = self.objects.local(&name) {
            return expect(&Digest::of_file(&path)?).map(|()| path);
        }
        copies::copy(&copies::folder(), &edition.file, || {
            let gone = || Error::damaged(&self.objects.place(&name), "is not there; put it back from a copy");
            let values = self.objects.get(&name)?.ok_or_else(gone)?;
            expect(&Digest::of_bytes(&values)).map(|()| values)
        })
    }

    fn values(&self, digest: &Digest) -> String {
        joined(&self.folder, &format!("values-{}.parquet", &digest.as_str()[..16]))
    }

    fn record_of(&self, number: u32) -> String {
        joined(&self.folder, &format!("{number:04}.json"))
    }

    fn get(&self, number: u32) -> Result<Option<Edition>> {
        let record = self.record_of(number);
        let Some(bytes) = self.objects.get(&record)? else { return Ok(None) };
        let path = self.objects.place(&record);
        let edition: Edition =
            serde_json::from_slice(&bytes).map_err(|e| Error::damaged(&path, e.to_string()))?;
        if (edition.schema, edition.number) == (SCHEMA, number) {
            return Ok(Some(edition));
        }
        let (schema, found) = (edition.schema, edition.number);
        Err(Error::damaged(
            &path,
            format!("is edition {found} of version {schema}; expected {number} of {SCHEMA}"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use forewarn_core::Cadence;

    use super::*;

    fn draft(values: &[u8], vintage: &str) -> Edition {
        Edition {
            schema: SCHEMA,
            number: 0,
            target: "ged_sb".to_owned(),
            level: "cm".to_owned(),
            axis: Axis { cadence: Cadence::Month, first: Period(109), len: 2 },
            units: 3,
            vintage: vintage.to_owned(),
            known: None,
            provisional: Some(Period(110)),
            data: BTreeMap::new(),
            periods: vec!["a".to_owned(), "b".to_owned()],
            file: Digest::of_bytes(values),
        }
    }

    #[test]
    fn editions_are_numbered_and_kept() {
        let root = tempfile::tempdir().unwrap();
        let editions = Editions::open(root.path(), "ged_sb", "cm").unwrap();
        assert_eq!(editions.list().unwrap(), []);
        let (first, new) = editions.record(&draft(b"one", "20.1"), b"one").unwrap();
        assert_eq!((first.number, new), (1, true));
        let (second, new) = editions.record(&draft(b"two", "21.1"), b"two").unwrap();
        assert_eq!((second.number, new), (2, true));
        let (again, new) = editions.record(&draft(b"one", "20.1"), b"one").unwrap();
        assert_eq!((again, new), (first.clone(), false), "what is there is found");
        let (words, _) = editions.record(&draft(b"one", "20.1, corrected label"), b"one").unwrap();
        assert_eq!(words.number, 3, "the same values under another name are another edition");
        assert_eq!(editions.list().unwrap().len(), 3);
        assert_eq!(
            std::fs::read(editions.read(&first).unwrap()).unwrap(),
            b"one",
            "the first is not overwritten"
        );
        assert_eq!([109, 110, 111].map(|p| first.period(Period(p))), [Some("a"), Some("b"), None]);
        assert_eq!([109, 110, 120].map(|p| first.is_provisional(Period(p))), [false, true, true]);
    }

    #[test]
    fn other_values_than_recorded_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let editions = Editions::open(root.path(), "ged_sb", "cm").unwrap();
        let e = editions.record(&draft(b"one", "20.1"), b"two").unwrap_err().to_string();
        assert!(e.contains("its record says"), "{e}");
        let (edition, _) = editions.record(&draft(b"one", "20.1"), b"one").unwrap();
        let path = editions.read(&edition).unwrap();
        std::fs::write(&path, b"onf").unwrap();
        assert!(editions.read(&edition).unwrap_err().to_string().contains("it was recorded with"));
    }

    #[test]
    fn each_of_many_writers_gets_a_number() {
        let root = tempfile::tempdir().unwrap();
        let editions = Editions::open(root.path(), "ged_sb", "cm").unwrap();
        std::thread::scope(|scope| {
            for i in 0..8_u8 {
                let editions = &editions;
                scope.spawn(move || editions.record(&draft(&[i], "race"), &[i]).unwrap());
            }
        });
        let all = editions.list().unwrap();
        assert_eq!(all.iter().map(|e| e.number).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
        for edition in &all {
            editions.read(edition).unwrap();
        }
    }
}
