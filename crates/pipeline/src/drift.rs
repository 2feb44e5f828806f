//! Drift by hand: two files compared column by column, and one file watched as a stream.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use forewarn_catalog::{DETECTORS, DRIFT_TESTS, parse};
use forewarn_core::{Detector, Drift, DriftArgs, DriftTest, Signal, Watch};
use forewarn_data::score_table::{Sample, samples};
use serde::Serialize;

use crate::{Error, Result};

/// What two files say of one another.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Compared {
    /// For each column that both have, what each test says.
    pub columns: BTreeMap<String, BTreeMap<String, Answer>>,
    /// For each of them, how many values are missing from the reference and from the current file: they are left out.
    pub missing: BTreeMap<String, [usize; 2]>,
    /// Columns that only the reference has, and that only the current file has.
    pub unmatched: [Vec<String>; 2],
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
        for (columns, file) in self.unmatched.iter().zip(["current", "reference"]) {
            failures.extend(columns.iter().map(|column| format!("the {file} file has no column `{column}`")));
        }
        failures
    }
}

/// What a test says of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// The statistic, its p value and what follows.
    Tested(Drift),
    /// Why there is none.
    Unknown {
        /// The reason and the cure.
        error: String,
    },
}

/// Compares the columns that two files have in common: CSV, JSON (`{"x": [1, 2]}`) or Parquet. Without named tests,
/// numbers are compared by `kolmogorov-smirnov` and words by `chi-square`. A test is named with settings where they are not
/// the default, as metrics are: `psi:bins=5,permutations=99`.
///
/// # Errors
/// A test that is not in the catalog, a file that cannot be read, files without a common column.
pub fn compare(reference: &Path, current: &Path, tests: &[String]) -> Result<Compared> {
    let built = |text: &str| parse("drift-test", DRIFT_TESTS, text);
    let named = whole(tests).iter().map(|text| built(text)).collect::<Result<Vec<_>, _>>()?;
    let default = [built("kolmogorov-smirnov")?, built("chi-square")?];
    let before: BTreeMap<String, Sample> = samples(reference)?.into_iter().collect();
    let mut after: BTreeMap<String, Sample> = samples(current)?.into_iter().collect();
    let mut compared = Compared::default();
    for (column, old) in before {
        let Some(new) = after.remove(&column) else {
            compared.unmatched[0].push(column);
            continue;
        };
        let pair = Pair::of(old, new);
        let own = &default[usize::from(pair.nominal)];
        let tests: Vec<_> = if named.is_empty() { vec![own] } else { named.iter().collect() };
        let answers = tests.into_iter().map(|(name, test)| (name.clone(), pair.answer(test.as_ref())));
        compared.columns.insert(column.clone(), answers.collect());
        compared.missing.insert(column, pair.missing);
    }
    compared.unmatched[1] = after.into_keys().collect();
    if compared.columns.is_empty() {
        let reason = format!("{} and {} have no column in common", reference.display(), current.display());
        return Err(Error::config("drift", reason));
    }
    Ok(compared)
}

/// Names with their settings, where a list was cut at every comma: `psi:bins=5` and `permutations=99` are one.
fn whole(parts: &[String]) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    for part in parts {
        match whole.last_mut() {
            Some(last) if part.contains('=') && !part.contains(':') => {
                last.push(',');
                last.push_str(part);
            }
            _ => whole.push(part.clone()),
        }
    }
    whole
}

/// Two samples of a column, without what is missing.
struct Pair {
    reference: Vec<f64>,
    current: Vec<f64>,
    missing: [usize; 2],
    nominal: bool,
}

impl Pair {
    fn of(reference: Sample, current: Sample) -> Self {
        let nominal = !matches!((&reference, &current), (Sample::Numbers(_), Sample::Numbers(_)));
        let [mut reference, mut current] = if nominal {
            codes([reference, current].map(words))
        } else {
            [reference, current].map(|sample| match sample {
                Sample::Numbers(values) => values,
                Sample::Words(_) => Vec::new(),
            })
        };
        let sizes = [reference.len(), current.len()];
        reference.retain(|v| !v.is_nan());
        current.retain(|v| !v.is_nan());
        let missing = [sizes[0] - reference.len(), sizes[1] - current.len()];
        Self { reference, current, missing, nominal }
    }

    fn answer(&self, test: &dyn DriftTest) -> Answer {
        let args = DriftArgs::new(&self.reference, &self.current);
        let drift = args.map(|args| if self.nominal { args.as_nominal() } else { args });
        match drift.and_then(|args| test.compare(&args)) {
            Ok(drift) => Answer::Tested(drift),
            Err(e) => Answer::Unknown { error: e.to_string() },
        }
    }
}

/// A column in words, where only one of the files has it in numbers.
fn words(sample: Sample) -> Vec<String> {
    let word = |v: f64| if v.is_nan() { String::new() } else { v.to_string() };
    match sample {
        Sample::Words(words) => words,
        Sample::Numbers(values) => values.into_iter().map(word).collect(),
    }
}

/// Numbers for categories, the same in both samples; NaN for what is missing.
fn codes(samples: [Vec<String>; 2]) -> [Vec<f64>; 2] {
    let names: BTreeSet<String> = samples.iter().flatten().filter(|w| !w.is_empty()).cloned().collect();
    let code: BTreeMap<String, f64> =
        names.into_iter().zip(0_u32..).map(|(n, i)| (n, f64::from(i))).collect();
    samples.map(|words| words.iter().map(|word| code.get(word).copied().unwrap_or(f64::NAN)).collect())
}

/// What a detector says of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// Places of the observations that raised a drift, 0 the first.
    pub detections: Vec<usize>,
    /// Places of those that raised a warning.
    pub warnings: Vec<usize>,
    /// How many were missing, or nothing that the detector can learn from.
    pub skipped: u64,
}

/// Watches a column of a file with each detector; the only one, when none is named.
///
/// # Errors
/// A detector that is not in the catalog, a file that cannot be read, a column that is not there or holds words.
pub fn stream(file: &Path, column: Option<&str>, detectors: &[String]) -> Result<BTreeMap<String, Watched>> {
    let built = |text: &String| Ok(parse("detector", DETECTORS, text)?);
    let detectors: Vec<(String, Box<dyn Detector>)> =
        whole(detectors).iter().map(built).collect::<Result<_>>()?;
    let values = numbers(file, column)?;
    Ok(detectors.into_iter().map(|(name, detector)| (name, watched(detector.as_ref(), &values))).collect())
}

fn numbers(file: &Path, column: Option<&str>) -> Result<Vec<f64>> {
    let all = samples(file)?;
    let names: Vec<String> = all.iter().map(|(name, _)| format!("`{name}`")).collect();
    let wrong = |what: &str| {
        Error::config(file.display().to_string(), format!("{what}; its columns are {}", names.join(", ")))
    };
    let only = all.len() == 1;
    let found = all.into_iter().find(|(name, _)| column.map_or(only, |c| c == name));
    match found.ok_or_else(|| wrong("say which column to watch, with --column"))? {
        (_, Sample::Numbers(values)) => Ok(values),
        (name, Sample::Words(_)) => Err(wrong(&format!("column `{name}` holds words, not numbers"))),
    }
}

fn watched(detector: &dyn Detector, values: &[f64]) -> Watched {
    let (mut watch, mut watched) = (Watch::new(detector), Watched::default());
    for (i, value) in values.iter().enumerate() {
        match watch.observe(*value) {
            Signal::Drift => watched.detections.push(i),
            Signal::Warning => watched.warnings.push(i),
            Signal::Skipped => watched.skipped += 1,
            Signal::Quiet => {}
        }
    }
    watched
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn columns_are_compared_by_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let rows = |shift: usize, word: &str| {
            (0..60)
                .map(|i| format!("{},{}", i + shift, if i % 3 == 0 { "a" } else { word }))
                .collect::<Vec<_>>()
        };
        let text = |rows: Vec<String>, more: &str| format!("x,kind\n{}\n{more}", rows.join("\n"));
        let before = file(folder.path(), "before.csv", &text(rows(0, "b"), "NA,\n"));
        let after = file(folder.path(), "after.csv", &text(rows(40, "c"), ""));
        let compared = compare(&before, &after, &[]).unwrap();
        let drifted = |column: &str, test: &str| match &compared.columns[column][test] {
            Answer::Tested(drift) => drift.drifted,
            Answer::Unknown { error } => panic!("{error}"),
        };
        assert!(drifted("x", "kolmogorov-smirnov") && drifted("kind", "chi-square"));
        assert_eq!(compared.missing["x"], [1, 0]);
        assert!(compared.failures().is_empty());
    }

    #[test]
    fn what_cannot_be_compared_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let before = file(folder.path(), "a.json", r#"{"x": [1, 2, 3], "only": [1], "empty": [null]}"#);
        let after = file(folder.path(), "b.json", r#"{"x": [1, 2, 3], "other": [1], "empty": [2]}"#);
        let failures = compare(&before, &after, &[]).unwrap().failures();
        assert_eq!(failures.len(), 3, "{failures:?}");
        assert!(failures[0].contains("`empty`") && failures[0].contains("the reference sample is empty"));
        assert!(failures[1].contains("the current file has no column `only`"));
        let error = compare(&before, &after, &["astrology".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("there is no `astrology`"), "{error}");
        let words = file(folder.path(), "c.json", r#"{"w": ["a"]}"#);
        assert!(compare(&before, &words, &[]).unwrap_err().to_string().contains("no column in common"));
    }

    #[test]
    fn settings_go_with_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let before = file(folder.path(), "a.json", r#"{"x": [1, 2, 3, 4, 5.5, 6.5, 8, 9]}"#);
        let after = file(folder.path(), "b.json", r#"{"x": [2.5, 3.5, 4.5, 5, 6, 7, 8.5, 10]}"#);
        let tests = ["kolmogorov-smirnov:method=asymptotic", "level=0.9", "welch"].map(str::to_owned);
        let compared = compare(&before, &after, &tests).unwrap();
        let names: Vec<_> = compared.columns["x"].keys().collect();
        assert_eq!(names, ["kolmogorov-smirnov:level=0.9,method=asymptotic", "welch"]);
        let error = compare(&before, &after, &["welch:levels=1".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("levels"), "{error}");
    }

    #[test]
    fn a_stream_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let values: Vec<String> = (0..400).map(|i| if i < 200 { "0.1" } else { "5.1" }.to_owned()).collect();
        let path = file(
            folder.path(),
            "s.csv",
            &format!(
                "v,w\n{}\nNA,a\n",
                values.iter().map(|v| format!("{v},a")).collect::<Vec<_>>().join("\n")
            ),
        );
        let found = stream(&path, Some("v"), &["adwin".to_owned(), "page-hinkley".to_owned()]).unwrap();
        assert!(
            found["adwin"].detections.iter().all(|i| (200..260).contains(i))
                && !found["adwin"].detections.is_empty()
        );
        assert_eq!(found["adwin"].skipped, 1);
        assert!(
            stream(&path, None, &["adwin".to_owned()])
                .unwrap_err()
                .to_string()
                .contains("its columns are `v`, `w`")
        );
        assert!(
            stream(&path, Some("w"), &["adwin".to_owned()]).unwrap_err().to_string().contains("holds words")
        );
    }
}
