//! Two files compared row by row: what their columns show together.

use std::collections::BTreeMap;

use forewarn_catalog::{ROW_TESTS, parse};
use forewarn_core::{Drift, RowTest};
use forewarn_data::score_table::Sample;
use rayon::prelude::*;
use serde::Serialize;

use super::profile::Table;
use crate::{Error, Result};

/// The rows that were compared, and those that were not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Joint {
    /// Columns of numbers that both files have, in the order of the tests.
    pub columns: Vec<String>,
    /// Columns of numbers that have one value in all rows of both files: they say nothing and are left out.
    pub constant: Vec<String>,
    /// Rows of the reference and of the current file that have a value in every column.
    pub compared: [usize; 2],
    /// Rows of either file that lack a value: they are left out.
    pub incomplete: [usize; 2],
}

/// What a test of rows says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum RowAnswer {
    /// There is a p value.
    Tested(RowTested),
    /// Why there is none.
    Unknown {
        /// The reason and the cure.
        error: String,
    },
}

/// A verdict over all columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowTested {
    /// The statistic, its p value and what follows from it alone.
    #[serde(flatten)]
    pub drift: Drift,
    /// The p value, corrected for all columns and tests by Benjamini and Hochberg (1995).
    pub q_value: f64,
    /// What each column has to do with it, in the unit that the test says.
    pub by_column: BTreeMap<String, f64>,
}

/// The tests of rows that are asked for.
pub(super) struct RowTests(Vec<(String, Box<dyn RowTest>)>);

impl RowTests {
    /// Takes the tests of rows out of those asked for; all of them when `every` and none is named.
    pub(super) fn of(asked: &[String], every: bool) -> Result<(Self, Vec<String>)> {
        let is_of_rows = |text: &String| {
            let name = text.split(':').next().unwrap_or_default().trim();
            ROW_TESTS.iter().any(|entry| entry.name == name)
        };
        let (mut of_rows, others): (Vec<String>, Vec<String>) = asked.iter().cloned().partition(is_of_rows);
        if every && of_rows.is_empty() {
            of_rows = ROW_TESTS.iter().map(|entry| entry.name.to_owned()).collect();
        }
        let built =
            of_rows.iter().map(|text| parse("row-test", ROW_TESTS, text)).collect::<Result<_, _>>()?;
        Ok((Self(built), others))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What each says of the columns of numbers that both tables have.
    pub(super) fn answers(&self, tables: [&Table; 2]) -> Result<(Joint, BTreeMap<String, RowAnswer>)> {
        let (joint, [before, now]) = rows(tables)?;
        let answer = |(label, test): &(String, Box<dyn RowTest>)| {
            let answer = match test.compare_rows(&before, &now) {
                Ok(found) => RowAnswer::Tested(RowTested {
                    q_value: found.drift.p_value,
                    drift: found.drift,
                    by_column: joint.columns.iter().cloned().zip(found.by_column).collect(),
                }),
                Err(e) => RowAnswer::Unknown { error: named(&e.to_string(), &joint.columns) },
            };
            (label.clone(), answer)
        };
        let answers = self.0.par_iter().map(answer).collect();
        Ok((joint, answers))
    }
}

/// Columns in a message by their names: tests know their numbers only.
fn named(message: &str, columns: &[String]) -> String {
    let names = columns.iter().enumerate().rev();
    names.fold(message.to_owned(), |text, (k, name)| {
        let (number, name) = (format!("column {k} "), format!("column `{name}` "));
        text.replace(&number, &name)
    })
}

/// The rows of both tables that have a value in every column of numbers that both have.
fn rows(tables: [&Table; 2]) -> Result<(Joint, [Vec<Vec<f64>>; 2])> {
    let refuse = |reason: &str| Err(Error::config("drift", reason.to_owned()));
    let [Table::Samples(before), Table::Samples(now)] = tables else {
        return refuse("a profile does not know which values stand in one row; give the file it was made of");
    };
    let both: Vec<(&String, [&Vec<f64>; 2])> = before
        .iter()
        .filter_map(|(name, sample)| match (sample, now.get(name)?) {
            (Sample::Numbers(before), Sample::Numbers(now)) => Some((name, [before, now])),
            _ => None,
        })
        .collect();
    if both.is_empty() {
        return refuse("the files have no column of numbers in common; rows need at least one");
    }
    let mut sides =
        [0, 1].map(|side| both.iter().map(|(_, values)| values[side].clone()).collect::<Vec<_>>());
    let mut incomplete = [0; 2];
    for (columns, incomplete) in sides.iter_mut().zip(&mut incomplete) {
        *incomplete = complete(columns)?;
    }
    let first = sides.iter().flat_map(|columns| &columns[0]).count();
    let varies = |k: usize| {
        let mut all = sides.iter().flat_map(|columns| &columns[k]);
        let one = all.next();
        first > 0 && all.any(|v| Some(v) != one)
    };
    let (kept, constant): (Vec<usize>, Vec<usize>) = (0..both.len()).partition(|k| varies(*k));
    let names = |at: Vec<usize>| at.into_iter().map(|k| both[k].0.clone()).collect::<Vec<_>>();
    let compared = sides.each_ref().map(|columns| columns[0].len());
    let sides = sides.map(|columns| kept.iter().map(|k| columns[*k].clone()).collect());
    Ok((Joint { columns: names(kept), constant: names(constant), compared, incomplete }, sides))
}

/// Takes the rows out that lack a value, and says how many they were.
fn complete(columns: &mut [Vec<f64>]) -> Result<usize> {
    let rows = columns.first().map_or(0, Vec::len);
    if let Some(column) = columns.iter().find(|column| column.len() != rows) {
        let reason = format!(
            "columns have {rows} and {} values, so that there are no rows; give files whose columns are of one length",
            column.len()
        );
        return Err(Error::config("drift", reason));
    }
    let whole: Vec<bool> = (0..rows).map(|i| columns.iter().all(|column| !column[i].is_nan())).collect();
    for column in columns {
        let mut keep = whole.iter();
        column.retain(|_| keep.next().copied().unwrap_or(false));
    }
    Ok(whole.iter().filter(|whole| !**whole).count())
}

#[cfg(test)]
mod tests;
