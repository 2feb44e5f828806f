//! The words of drift tests: two samples of one feature, what depends on what in them, and the verdict.

use std::fmt::Debug;

use serde::Serialize;

use crate::{Error, Result};

/// A test whether `current` still looks like `reference`.
pub trait DriftTest: Debug + Send + Sync {
    /// Compares two samples.
    ///
    /// # Errors
    /// [`Error::Data`] when there is no answer for these samples, with the test that has one.
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift>;
}

/// A test whether rows of several columns still look alike together: what no column shows by itself.
pub trait RowTest: Debug + Send + Sync {
    /// Compares two samples of the same columns, each column with a value for every row.
    ///
    /// # Errors
    /// [`Error::Data`] for columns or rows that have no answer, such as values that are missing.
    fn compare_rows(&self, reference: &[Vec<f64>], current: &[Vec<f64>]) -> Result<RowDrift>;
}

/// What a test of rows says.
#[derive(Debug, Clone, PartialEq)]
pub struct RowDrift {
    /// The verdict over all columns.
    pub drift: Drift,
    /// What each column has to do with it, in a unit that the test says.
    pub by_column: Vec<f64>,
}

/// Two samples of one feature.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DriftArgs<'a> {
    /// Sample of the reference period.
    pub reference: &'a [f64],
    /// Sample of now.
    pub current: &'a [f64],
    /// Whether values are codes of categories, without order.
    pub nominal: bool,
    /// For each value of both samples its block, where values of one block depend on one another.
    pub blocks: Option<[&'a [u32]; 2]>,
    /// For each value of both samples its stratum, where strata differ and only like is compared with like.
    pub strata: Option<[&'a [u32]; 2]>,
}

impl<'a> DriftArgs<'a> {
    /// Neither sample may be empty or hold NaN: what is missing is for the coverage check. Values are numbers,
    /// independent of one another.
    ///
    /// # Errors
    /// [`Error::Data`] otherwise.
    pub fn new(reference: &'a [f64], current: &'a [f64]) -> Result<Self> {
        for (name, sample) in [("reference", reference), ("current", current)] {
            if sample.is_empty() {
                return Err(Error::data(format!("the {name} sample is empty")));
            }
            if let Some(i) = sample.iter().position(|v| v.is_nan()) {
                return Err(Error::data(format!("value {i} of the {name} sample is missing")));
            }
        }
        Ok(Self { reference, current, nominal: false, blocks: None, strata: None })
    }

    /// The same samples as codes of categories, without order.
    #[must_use]
    pub fn as_nominal(self) -> Self {
        Self { nominal: true, ..self }
    }

    /// With the block of each value: the values of a month, or of a region, that depend on one another. They change places
    /// together, so that the blocks are what is counted, not the values. Blocks of the two samples are different ones
    /// whatever their numbers.
    ///
    /// # Errors
    /// [`Error::Data`] when a sample has not a block for each value.
    pub fn with_blocks(self, blocks: [&'a [u32]; 2]) -> Result<Self> {
        self.one_each("blocks", blocks)?;
        Ok(Self { blocks: Some(blocks), ..self })
    }

    /// With the stratum of each value, such as the month of the year: only values of one stratum change places.
    ///
    /// # Errors
    /// [`Error::Data`] when a sample has not a stratum for each value, or a stratum that the other has not: its values could
    /// not change places, and would hide or feign a change.
    pub fn with_strata(self, strata: [&'a [u32]; 2]) -> Result<Self> {
        self.one_each("strata", strata)?;
        let all = strata.map(|codes| codes.iter().copied().collect::<std::collections::BTreeSet<_>>());
        if let Some(alone) = all[0].symmetric_difference(&all[1]).next() {
            return Err(Error::data(format!(
                "only one of the samples has values of stratum {alone}; leave them out, for there is nothing to compare them with"
            )));
        }
        Ok(Self { strata: Some(strata), ..self })
    }

    fn one_each(&self, what: &str, codes: [&[u32]; 2]) -> Result<()> {
        let sizes = [self.reference, self.current].map(<[f64]>::len);
        let found = codes.map(<[u32]>::len);
        if sizes == found {
            return Ok(());
        }
        Err(Error::data(format!(
            "the {what} are of {} and {} values, the samples have {} and {}; give one for each value",
            found[0], found[1], sizes[0], sizes[1]
        )))
    }
}

/// The verdict of a drift test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// The statistic.
    pub statistic: f64,
    /// Its p value, 0-1.
    pub p_value: f64,
    /// Whether the configured level is passed.
    pub drifted: bool,
    /// What the numbers alone do not say, such as which part has moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Drift {
    /// The verdict at a level: drifted when the p value is at or below it.
    pub fn new(statistic: f64, p_value: f64, level: f64) -> Self {
        Self { statistic, p_value, drifted: p_value <= level, note: None }
    }

    /// With a note, after one that is there already.
    #[must_use]
    pub fn with_note(self, note: String) -> Self {
        let note = match self.note {
            Some(before) => format!("{before}; {note}"),
            None => note,
        };
        Self { note: Some(note), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_block_and_every_stratum_two_sides() {
        let args = DriftArgs::new(&[1.0, 2.0], &[3.0]).unwrap();
        assert!(args.with_blocks([&[4, 4], &[4]]).is_ok());
        let error = args.with_blocks([&[4], &[4]]).unwrap_err().to_string();
        assert!(error.contains("the blocks are of 1 and 1 values, the samples have 2 and 1"), "{error}");
        let error = args.with_strata([&[1, 7], &[1]]).unwrap_err().to_string();
        assert!(error.contains("values of stratum 7; leave them out"), "{error}");
        assert!(args.with_strata([&[1, 1], &[1]]).unwrap().as_nominal().strata.is_some());
    }

    #[test]
    fn what_is_missing_is_refused_and_notes_add_up() {
        assert!(
            DriftArgs::new(&[], &[1.0]).unwrap_err().to_string().contains("the reference sample is empty")
        );
        let error = DriftArgs::new(&[1.0], &[1.0, f64::NAN]).unwrap_err().to_string();
        assert!(error.contains("value 1 of the current sample is missing"));
        let drift = Drift::new(1.0, 0.05, 0.05).with_note("one".to_owned()).with_note("two".to_owned());
        assert!(drift.drifted && drift.note.as_deref() == Some("one; two"));
    }
}
