//! Two samples of a column, and which of their values belong together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use forewarn_core::DriftArgs;
use forewarn_data::score_table::Sample;
use forewarn_drift::profile::{Bound, Profile};

use super::compare::Question;
use super::profile::{Kept, Table};
use crate::{Error, Result};

/// For each row of both files its block and stratum, where such columns are named.
#[derive(Debug, Default)]
pub(super) struct Places {
    blocks: Option<[Vec<u32>; 2]>,
    strata: Option<[Vec<u32>; 2]>,
    /// Rows of either file that are not compared, for the other has nothing of their stratum.
    pub(super) unlike: Option<[usize; 2]>,
}

impl Places {
    /// Takes the columns that are named out of both tables.
    pub(super) fn of(mut files: [(&Path, &mut Table); 2], question: &Question<'_>) -> Result<Self> {
        let mut take = |column: Option<&str>| {
            let Some(column) = column else { return Ok(None) };
            let labels = files.each_mut().map(|(path, table)| labels(path, table, column));
            let [before, after] = labels;
            let codes = codes(&[before?, after?]);
            Ok::<_, Error>(Some(codes.map(|codes| codes.into_iter().map(|code| code as u32).collect())))
        };
        let (blocks, strata): (_, Option<[Vec<u32>; 2]>) = (take(question.blocks)?, take(question.strata)?);
        let unlike = strata.as_ref().map(|[before, after]| {
            let alone = |codes: &[u32], others: &[u32]| {
                let others: BTreeSet<u32> = others.iter().copied().collect();
                codes.iter().filter(|code| !others.contains(code)).count()
            };
            [alone(before, after), alone(after, before)]
        });
        let by_profile = files.iter().any(|(_, table)| table.is_profile());
        let settings = question.tests.iter().any(|test| test.contains("block-length"));
        if by_profile && (blocks.is_some() || strata.is_some() || settings) {
            let reason = "a profile does not know which values belong together; give the file it was made of";
            return Err(Error::config("drift", reason));
        }
        Ok(Self { blocks, strata, unlike })
    }
}

/// A column of names, one for each row.
fn labels(path: &Path, table: &mut Table, column: &str) -> Result<Vec<String>> {
    let wrong = |what: String| Error::config(path.display().to_string(), what);
    let sample = match table {
        Table::Samples(samples) => samples.remove(column),
        Table::Profile(_) => return Ok(Vec::new()),
    };
    let labels = words(
        sample
            .ok_or_else(|| wrong(format!("there is no column `{column}` to take blocks or strata from")))?,
    );
    match labels.iter().position(String::is_empty) {
        None => Ok(labels),
        Some(i) => Err(wrong(format!(
            "row {i} has no value in column `{column}`; every row has a block and a stratum"
        ))),
    }
}

/// Two samples of a column, without what is missing.
pub(super) struct Pair {
    reference: Vec<f64>,
    current: Vec<f64>,
    /// Rows that these values stand in, where places count.
    rows: [Vec<usize>; 2],
    pub(super) missing: [usize; 2],
    pub(super) nominal: bool,
    /// By how much distances may be off.
    pub(super) bound: Option<Bound>,
}

impl Pair {
    pub(super) fn of(reference: Kept, current: Kept, places: &Places) -> Result<Self> {
        match (reference, current) {
            (Kept::Sample(reference), Kept::Sample(current)) => Self::of_samples(reference, current, places),
            (Kept::Profile(before), Kept::Profile(now)) => Ok(Self::of_profiles(&before, &now)),
            (Kept::Profile(before), Kept::Sample(Sample::Numbers(now))) => {
                Ok(Self::of_profiles(&before, &Profile::of(&now)?))
            }
            (Kept::Sample(Sample::Numbers(before)), Kept::Profile(now)) => {
                Ok(Self::of_profiles(&Profile::of(&before)?, &now))
            }
            _ => Err(Error::config(
                "drift",
                "a column holds numbers in the profile and words in the other file",
            )),
        }
    }

    fn of_profiles(before: &Profile, now: &Profile) -> Self {
        let [reference, current] = before.samples(now);
        let missing = [before, now].map(|profile| profile.missing() as usize);
        let rows = [Vec::new(), Vec::new()];
        Self { reference, current, rows, missing, nominal: false, bound: Some(before.bound(now)) }
    }

    fn of_samples(reference: Sample, current: Sample, places: &Places) -> Result<Self> {
        let nominal = !matches!((&reference, &current), (Sample::Numbers(_), Sample::Numbers(_)));
        let both = if nominal {
            codes(&[reference, current].map(words))
        } else {
            [reference, current].map(|sample| match sample {
                Sample::Numbers(values) => values,
                Sample::Words(_) => Vec::new(),
            })
        };
        let missing = both.each_ref().map(|values| values.iter().filter(|v| v.is_nan()).count());
        let mut rows =
            [0, 1].map(|side| (0..both[side].len()).filter(|i| !both[side][*i].is_nan()).collect::<Vec<_>>());
        for codes in [&places.blocks, &places.strata].into_iter().flatten() {
            for side in 0..2 {
                if codes[side].len() != both[side].len() {
                    let (found, rows) = (both[side].len(), codes[side].len());
                    let reason = format!(
                        "a column has {found} values, its blocks or strata {rows}; give one for each"
                    );
                    return Err(Error::config("drift", reason));
                }
            }
        }
        if let Some(strata) = &places.strata {
            let here =
                [0, 1].map(|side| rows[side].iter().map(|i| strata[side][*i]).collect::<BTreeSet<u32>>());
            for side in 0..2 {
                rows[side].retain(|i| here[1 - side].contains(&strata[side][*i]));
            }
        }
        let [reference, current] = [0, 1].map(|side| rows[side].iter().map(|i| both[side][*i]).collect());
        Ok(Self { reference, current, rows, missing, nominal, bound: None })
    }

    /// Asks a test, with the places of the values.
    pub(super) fn ask<T>(
        &self,
        places: &Places,
        test: impl FnOnce(&DriftArgs<'_>) -> forewarn_core::Result<T>,
    ) -> forewarn_core::Result<T> {
        let of = |codes: &Option<[Vec<u32>; 2]>| {
            codes.as_ref().map(|codes| {
                [0, 1].map(|side| self.rows[side].iter().map(|i| codes[side][*i]).collect::<Vec<u32>>())
            })
        };
        let (blocks, strata) = (of(&places.blocks), of(&places.strata));
        let mut args = DriftArgs::new(&self.reference, &self.current)?;
        if self.nominal {
            args = args.as_nominal();
        }
        if let Some([before, now]) = &blocks {
            args = args.with_blocks([before, now])?;
        }
        if let Some([before, now]) = &strata {
            args = args.with_strata([before, now])?;
        }
        test(&args)
    }
}

/// A column in words, where only one of the files has it in numbers.
pub(super) fn words(sample: Sample) -> Vec<String> {
    let word = |v: f64| if v.is_nan() { String::new() } else { v.to_string() };
    match sample {
        Sample::Words(words) => words,
        Sample::Numbers(values) => values.into_iter().map(word).collect(),
    }
}

/// Numbers for categories, the same in both samples; NaN for what is missing.
fn codes(samples: &[Vec<String>; 2]) -> [Vec<f64>; 2] {
    let names: BTreeSet<&String> = samples.iter().flatten().filter(|w| !w.is_empty()).collect();
    let code: BTreeMap<&String, f64> =
        names.into_iter().zip(0_u32..).map(|(n, i)| (n, f64::from(i))).collect();
    samples
        .each_ref()
        .map(|words| words.iter().map(|word| code.get(word).copied().unwrap_or(f64::NAN)).collect())
}
