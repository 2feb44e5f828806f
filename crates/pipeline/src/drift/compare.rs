//! Two files compared column by column.

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_catalog::{DRIFT_TESTS, parse};
use forewarn_core::{Drift, DriftTest};
use forewarn_drift::profile::Bound;
use forewarn_kernels::multiplicity::benjamini_hochberg;
use rayon::prelude::*;
use serde::Serialize;

use super::multivariate::{Joint, RowAnswer, RowTests};
use super::pair::{Pair, Places};
use super::profile::table;
use super::whole;
use crate::{Error, Result};

/// What to compare two files by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// Tests, with settings where they are not the default, as metrics are named: `psi:bins=5,permutations=99`.
    pub tests: &'a [String],
    /// Column whose equal values depend on one another, such as the month: rows of one change places together.
    pub blocks: Option<&'a str>,
    /// Column in which only like is compared with like, such as the month of the year.
    pub strata: Option<&'a str>,
    /// Whether rows are compared too, by every test of rows when `tests` names none.
    pub multivariate: bool,
}

/// What two files say of one another.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Compared {
    /// For each column that both have, what each test says.
    pub columns: BTreeMap<String, BTreeMap<String, Answer>>,
    /// What each test of rows says.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, RowAnswer>,
    /// Which rows were compared by them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joint: Option<Joint>,
    /// For each of them, how many values are missing from the reference and from the current file: they are left out.
    pub missing: BTreeMap<String, [usize; 2]>,
    /// Columns that only the reference has, and that only the current file has.
    pub unmatched: [Vec<String>; 2],
    /// Rows of either file in strata that the other has not: they are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlike: Option<[usize; 2]>,
    /// For each column that is compared by a profile, by how much its distances may differ from those of the samples.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bounds: BTreeMap<String, Bound>,
}

impl Compared {
    /// What could not be tested, each in a sentence.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for (column, answers) in &self.columns {
            for (test, answer) in answers {
                if let Answer::Unknown { error } = answer {
                    failures.push(format!("`{column}`, {test}: {error}"));
                }
            }
        }
        for (test, answer) in &self.rows {
            if let RowAnswer::Unknown { error } = answer {
                failures.push(format!("rows, {test}: {error}"));
            }
        }
        for (columns, file) in self.unmatched.iter().zip(["current", "reference"]) {
            failures.extend(columns.iter().map(|column| format!("the {file} file has no column `{column}`")));
        }
        failures
    }

    /// Gives every p value its q value, over all columns and tests.
    fn adjust(&mut self) {
        let of_columns =
            self.columns.values_mut().flat_map(BTreeMap::values_mut).filter_map(|answer| match answer {
                Answer::Tested(tested) => Some((&tested.drift, &mut tested.q_value)),
                Answer::Unknown { .. } => None,
            });
        let of_rows = self.rows.values_mut().filter_map(|answer| match answer {
            RowAnswer::Tested(tested) => Some((&tested.drift, &mut tested.q_value)),
            RowAnswer::Unknown { .. } => None,
        });
        let (drifts, places): (Vec<&Drift>, Vec<&mut f64>) = of_columns.chain(of_rows).unzip();
        let p_values: Vec<f64> = drifts.iter().map(|drift| drift.p_value).collect();
        for (place, q_value) in places.into_iter().zip(benjamini_hochberg(&p_values)) {
            *place = q_value;
        }
    }
}

/// What a test says of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// There is a p value.
    Tested(Tested),
    /// Why there is none.
    Unknown {
        /// The reason and the cure.
        error: String,
    },
}

/// A verdict, and what it is worth among all the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tested {
    /// The statistic, its p value and what follows from it alone.
    #[serde(flatten)]
    pub drift: Drift,
    /// The p value, corrected for all columns and tests by Benjamini and Hochberg (1995): of all with `q <= 0.05`, one in
    /// twenty is expected to be chance.
    pub q_value: f64,
}

/// Compares the columns that two files have in common: CSV, JSON (`{"x": [1, 2]}`), Parquet, or a profile of such a file.
/// Without named tests, numbers are compared by `kolmogorov-smirnov` and words by `chi-square`.
///
/// # Errors
/// A test that is not in the catalog, a file that cannot be read, files without a common column, a column of blocks or
/// strata that is not there or has a value missing.
pub fn compare(reference: &Path, current: &Path, question: &Question<'_>) -> Result<Compared> {
    let (row_tests, others) = RowTests::of(&whole(question.tests), question.multivariate)?;
    let tests = Tests::of(&others)?;
    let (mut before, mut after) = (table(reference)?, table(current)?);
    let places = Places::of([(reference, &mut before), (current, &mut after)], question)?;
    let mut compared = Compared { unlike: places.unlike, ..Compared::default() };
    if !row_tests.is_empty() {
        if question.blocks.is_some() || question.strata.is_some() {
            let reason = "tests of rows take them for independent; compare columns alone by blocks or strata";
            return Err(Error::config("drift", reason));
        }
        let (joint, rows) = row_tests.answers([&before, &after])?;
        (compared.joint, compared.rows) = (Some(joint), rows);
    }
    let mut pairs = Vec::new();
    let from_profile = before.is_profile() || after.is_profile();
    let (before, mut after) = (before.columns(), after.columns());
    for (column, old) in before {
        match after.remove(&column) {
            None => compared.unmatched[0].push(column),
            Some(new) => pairs.push((column, old, new)),
        }
    }
    compared.unmatched[1] = after.into_keys().collect();
    if pairs.is_empty() {
        let reason = format!("{} and {} have no column in common", reference.display(), current.display());
        return Err(Error::config("drift", reason));
    }
    let answer = |(column, old, new)| {
        let pair = Pair::of(old, new, &places)?;
        Ok((column, tests.answers(&pair, &places), pair.missing, pair.bound.filter(|_| from_profile)))
    };
    let answered: Vec<_> = pairs.into_par_iter().map(answer).collect::<Result<_>>()?;
    for (column, answers, missing, bound) in answered {
        compared.bounds.extend(bound.map(|bound| (column.clone(), bound)));
        compared.missing.insert(column.clone(), missing);
        compared.columns.insert(column, answers);
    }
    compared.adjust();
    Ok(compared)
}

/// The tests by their names.
struct Tests {
    named: Vec<(String, Box<dyn DriftTest>)>,
    /// Of numbers, and of words.
    default: [(String, Box<dyn DriftTest>); 2],
}

impl Tests {
    fn of(asked: &[String]) -> Result<Self> {
        let built = |text: &str| parse("drift-test", DRIFT_TESTS, text);
        let named = asked.iter().map(|text| built(text)).collect::<Result<_, _>>()?;
        Ok(Self { named, default: [built("kolmogorov-smirnov")?, built("chi-square")?] })
    }

    fn answers(&self, pair: &Pair, places: &Places) -> BTreeMap<String, Answer> {
        let own = std::slice::from_ref(&self.default[usize::from(pair.nominal)]);
        let tests = if self.named.is_empty() { own } else { &self.named };
        let answer = |(name, test): &(String, Box<dyn DriftTest>)| {
            let answer = match pair.ask(places, |args| test.compare(args)) {
                Ok(drift) => Answer::Tested(Tested { q_value: drift.p_value, drift }),
                Err(e) => Answer::Unknown { error: e.to_string() },
            };
            (name.clone(), answer)
        };
        tests.iter().map(answer).collect()
    }
}
