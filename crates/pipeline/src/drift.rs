//! Drift by hand: two files compared column by column, what is kept of a file for that, and one file watched as a stream.

mod cbpe;
mod compare;
mod multivariate;
mod pair;
mod profile;

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_catalog::{DETECTORS, parse};
pub use forewarn_core::Drift;
use forewarn_core::{Detector, Signal, Watch};
use forewarn_data::score_table::{Sample, samples};
pub use forewarn_drift::cbpe::Cbpe;
use serde::Serialize;

pub use self::cbpe::{Estimated, Labels, Measured, cbpe};
pub use self::compare::{Answer, Compared, Question, Tested, compare};
pub use self::multivariate::{Joint, RowAnswer, RowTested};
pub use self::profile::ProfileFile;
use crate::{Error, Result};

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

    fn by(before: &Path, after: &Path, tests: &[String]) -> Result<Compared> {
        compare(before, after, &Question { tests, ..Question::default() })
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
        let compared = by(&before, &after, &[]).unwrap();
        let drifted = |column: &str, test: &str| match &compared.columns[column][test] {
            Answer::Tested(tested) => tested.drift.drifted,
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
        let failures = by(&before, &after, &[]).unwrap().failures();
        assert_eq!(failures.len(), 3, "{failures:?}");
        assert!(failures[0].contains("`empty`") && failures[0].contains("the reference sample is empty"));
        assert!(failures[1].contains("the current file has no column `only`"));
        let error = by(&before, &after, &["astrology".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("there is no `astrology`"), "{error}");
        let words = file(folder.path(), "c.json", r#"{"w": ["a"]}"#);
        assert!(by(&before, &words, &[]).unwrap_err().to_string().contains("no column in common"));
    }

    #[test]
    fn settings_go_with_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let before = file(folder.path(), "a.json", r#"{"x": [1, 2, 3, 4, 5.5, 6.5, 8, 9]}"#);
        let after = file(folder.path(), "b.json", r#"{"x": [2.5, 3.5, 4.5, 5, 6, 7, 8.5, 10]}"#);
        let tests = ["kolmogorov-smirnov:method=asymptotic", "level=0.9", "welch"].map(str::to_owned);
        let compared = by(&before, &after, &tests).unwrap();
        let names: Vec<_> = compared.columns["x"].keys().collect();
        assert_eq!(names, ["kolmogorov-smirnov:level=0.9,method=asymptotic", "welch"]);
        let error = by(&before, &after, &["welch:levels=1".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("levels"), "{error}");
    }

    #[test]
    fn q_values_are_over_all_columns_and_tests() {
        let folder = tempfile::tempdir().unwrap();
        let before = file(
            folder.path(),
            "a.json",
            r#"{"x": [1, 2, 3, 4, 5, 6], "y": [1, 2, 3, 4, 5, 6], "z": [null]}"#,
        );
        let after = file(
            folder.path(),
            "b.json",
            r#"{"x": [7, 8, 9, 10, 11, 12], "y": [1, 2, 3, 4, 5, 7], "z": [1]}"#,
        );
        let compared =
            by(&before, &after, &["kolmogorov-smirnov".to_owned(), "mann-whitney".to_owned()]).unwrap();
        let tested = |column: &str, test: &str| match &compared.columns[column][test] {
            Answer::Tested(tested) => tested.clone(),
            Answer::Unknown { error } => panic!("{error}"),
        };
        // Four p values: the lowest times four, the next times two.
        let (lowest, next) = (tested("x", "kolmogorov-smirnov"), tested("x", "mann-whitney"));
        assert!((lowest.drift.p_value - 2.0 / 924.0).abs() < 1e-15);
        assert_eq!(lowest.q_value, (4.0 * lowest.drift.p_value).min(2.0 * next.drift.p_value));
        assert_eq!(next.q_value, 2.0 * next.drift.p_value);
        let text = serde_json::to_value(&compared).unwrap();
        assert!(
            text["columns"]["y"]["mann-whitney"]["q_value"].is_number()
                && text["columns"]["x"]["mann-whitney"]["p_value"].is_number()
        );
    }

    #[test]
    fn rows_change_places_by_blocks_and_inside_strata() {
        let folder = tempfile::tempdir().unwrap();
        // Months of ten rows whose level is their own: 12 months, then 6 that do not differ but by chance.
        let rows = |months: std::ops::Range<u32>| {
            let row = |i: u32| {
                let (month, level) = (i / 10, (i / 10 * 7919 % 13) * 10);
                format!("{month},{},{}", if month.is_multiple_of(2) { "dry" } else { "wet" }, level + i % 10)
            };
            format!(
                "month,season,x\n{}\n",
                (10 * months.start..10 * months.end).map(row).collect::<Vec<_>>().join("\n")
            )
        };
        let (before, after) =
            (file(folder.path(), "a.csv", &rows(0..12)), file(folder.path(), "b.csv", &rows(12..17)));
        let tests = ["mann-whitney".to_owned()];
        let p = |blocks, strata| {
            let question = Question { tests: &tests, blocks, strata, multivariate: false };
            let compared = compare(&before, &after, &question).unwrap();
            let Answer::Tested(tested) = &compared.columns["x"]["mann-whitney"] else {
                panic!("{compared:?}")
            };
            (tested.drift.p_value, compared.unlike)
        };
        let (single, months) = (p(None, None).0, p(Some("month"), None).0);
        assert!(months > 3.0 * single, "{months} {single}");
        assert!(p(Some("month"), Some("season")).0 > 3.0 * single);
        // Only the even months of the season that both have are compared.
        let dry = file(folder.path(), "c.csv", &rows(12..13));
        let compared =
            compare(&before, &dry, &Question { strata: Some("season"), ..Question::default() }).unwrap();
        assert_eq!(compared.unlike, Some([60, 0]));
        let said =
            |blocks| compare(&before, &after, &Question { blocks: Some(blocks), ..Question::default() });
        assert!(said("week").unwrap_err().to_string().contains("there is no column `week`"));
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
