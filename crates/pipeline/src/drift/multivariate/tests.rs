use std::path::{Path, PathBuf};

use forewarn_kernels::random::Stream;

use super::*;
use crate::drift::{Compared, Question, compare};

/// Two columns that follow one another or not, each as it always is; one of the names of the month, one constant.
fn table(folder: &Path, name: &str, seed: u64, sign: f64) -> PathBuf {
    let draw = Stream::new(seed, &[]);
    let row = |i: u64| {
        let (x, y) = (draw.uniform(2 * i) - 0.5, draw.uniform(2 * i + 1) - 0.5);
        let missing = if i % 50 == 7 { "NA".to_owned() } else { (sign * x + 0.3 * y).to_string() };
        format!("{x},{missing},may,3")
    };
    let path = folder.join(name);
    let rows: Vec<String> = (0..200).map(row).collect();
    std::fs::write(&path, format!("x,y,month,unit\n{}\n", rows.join("\n"))).unwrap();
    path
}

fn by(before: &Path, now: &Path, tests: &[&str], multivariate: bool) -> Result<Compared> {
    let tests: Vec<String> = tests.iter().map(|&test| test.to_owned()).collect();
    compare(before, now, &Question { tests: &tests, multivariate, ..Question::default() })
}

#[test]
fn what_no_column_shows_by_itself_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let before = table(folder.path(), "before.csv", 1, 1.0);
    let (same, turned) =
        (table(folder.path(), "same.csv", 2, 1.0), table(folder.path(), "turned.csv", 3, -1.0));
    let tests = ["domain-classifier:permutations=19,rounds=10", "pca-residual", "mahalanobis"];
    let drifted = |now: &Path| {
        let compared = by(&before, now, &tests, true).unwrap();
        assert!(compared.failures().is_empty(), "{:?}", compared.failures());
        let verdict = |(name, answer): (&String, &RowAnswer)| match answer {
            RowAnswer::Tested(tested) => (name.clone(), tested.drift.drifted, tested.q_value),
            RowAnswer::Unknown { error } => panic!("{error}"),
        };
        let verdicts: Vec<_> = compared.rows.iter().map(verdict).collect();
        (compared, verdicts)
    };
    let (compared, verdicts) = drifted(&turned);
    let found: Vec<bool> = verdicts.iter().map(|v| v.1).collect();
    // Means are where they were: only the third test cannot see it. Columns come by name.
    assert_eq!(found, [true, false, true], "{verdicts:?}");
    assert!(verdicts.iter().all(|v| v.2 > 0.0) && compared.columns["x"].contains_key("kolmogorov-smirnov"));
    let joint = compared.joint.unwrap();
    assert_eq!(
        (joint.columns, joint.constant),
        (vec!["x".to_owned(), "y".to_owned()], vec!["unit".to_owned()])
    );
    assert_eq!((joint.compared, joint.incomplete), ([196; 2], [4; 2]));
    assert!(drifted(&same).1.iter().all(|v| !v.1));
}

#[test]
fn tests_are_asked_by_name_or_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let before = table(folder.path(), "before.csv", 1, 1.0);
    let names = |tests: &[&str], every: bool| {
        let tests: Vec<String> = tests.iter().map(|&test| test.to_owned()).collect();
        let (of_rows, others) = RowTests::of(&tests, every).unwrap();
        (of_rows.0.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), others)
    };
    let all = vec!["domain-classifier".to_owned(), "mahalanobis".to_owned(), "pca-residual".to_owned()];
    assert_eq!(names(&["psi"], true), (all, vec!["psi".to_owned()]));
    assert_eq!(names(&["mahalanobis"], true).0, ["mahalanobis"]);
    assert!(names(&[], false).0.is_empty());
    let plain = by(&before, &before, &["welch"], false).unwrap();
    assert!(plain.rows.is_empty() && plain.joint.is_none());
}

#[test]
fn rows_that_cannot_be_compared_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ragged = write("ragged.json", r#"{"x": [1, 2], "y": [1]}"#);
    let said = |before: &Path, now: &Path| by(before, now, &["mahalanobis"], true).unwrap_err().to_string();
    assert!(said(&ragged, &ragged).contains("columns have 2 and 1 values, so that there are no rows"));
    let words = write("words.json", r#"{"w": ["a", "b"]}"#);
    assert!(said(&words, &words).contains("no column of numbers in common"));
    let (before, now) = (
        write("a.json", r#"{"x": [1, 1, 1, 1], "y": [1, 2, 3, 4]}"#),
        write("b.json", r#"{"x": [1, 2], "y": [3, 4]}"#),
    );
    let compared = by(&before, &now, &["pca-residual"], true).unwrap();
    assert!(
        compared.failures()[0].contains("rows, pca-residual: data: reference: 4 rows; 5 are needed"),
        "{compared:?}"
    );
    assert_eq!(
        named("column 1 is 3, column 0 has", &["a".to_owned(), "b".to_owned()]),
        "column `b` is 3, column `a` has"
    );
    let blocks = Question { blocks: Some("x"), multivariate: true, ..Question::default() };
    assert!(compare(&before, &now, &blocks).unwrap_err().to_string().contains("take them for independent"));
}
