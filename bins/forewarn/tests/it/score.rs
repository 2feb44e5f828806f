//! `forewarn score`, with numbers worked by hand.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use serde_json::{Value, json};

use crate::project::{self, forewarn, write};

/// Exit code, standard output, standard error.
pub(crate) fn said(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    project::said(&forewarn().current_dir(folder).args(arguments).output().unwrap())
}

/// The same with standard input.
pub(crate) fn told(input: &[u8], arguments: &[&str]) -> (i32, String, String) {
    let mut command = forewarn();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    project::said(&child.wait_with_output().unwrap())
}

/// Exit code and JSON of a score from standard input.
fn scored(input: &str, metrics: &str) -> (i32, Value) {
    let (code, out, err) = told(input.as_bytes(), &["score", "-", "--json", "--metric", metrics]);
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

/// Parquet of columns of floats.
fn parquet(columns: &[(&str, Vec<Option<f64>>)]) -> Vec<u8> {
    let arrays = columns.iter().map(|(name, values)| {
        (*name, Arc::new(values.iter().copied().collect::<Float64Array>()) as ArrayRef, true)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(arrays).unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Draws 0, 0, 1, 2 for 0: mean distance 3/4, and 14 between ordered pairs of draws.
const DRAWS: &str = r#"{"y": [0], "draws": [[0, 0, 1, 2]]}"#;

#[test]
fn every_format_has_the_same_scores() {
    let here = tempfile::tempdir().unwrap();
    // Errors 1, 2 and 1 with weights 1, 1 and 2; the row without truth is left out.
    let csv = "y,p,w\n0,1,1\n4,2,1\n,9,5\n2,1,2\n";
    write(here.path(), "t.json", r#"{"y": [0, 4, null, 2], "p": [1, 2, 9, 1], "w": [1, 1, 5, 2]}"#);
    write(here.path(), "t.csv", csv);
    std::fs::write(here.path().join("t.csv.gz"), gzip(csv)).unwrap();
    let columns = [
        ("y", vec![Some(0.0), Some(4.0), None, Some(2.0)]),
        ("p", vec![Some(1.0), Some(2.0), Some(9.0), Some(1.0)]),
        ("w", vec![Some(1.0), Some(1.0), Some(5.0), Some(2.0)]),
    ];
    let bytes = parquet(&columns);
    std::fs::write(here.path().join("t.parquet"), &bytes).unwrap();
    let expected = json!({"n": 3, "missing": 1, "scores": {"mae": 1.25, "mse": 1.75}, "reasons": {}});
    let read = |out: &str| serde_json::from_str::<Value>(out).unwrap();
    for file in ["t.json", "t.csv", "t.csv.gz", "t.parquet"] {
        let (code, out, err) = said(here.path(), &["score", file, "--metric", "mae,mse", "--json"]);
        assert_eq!((code, read(&out), err.as_str()), (0, expected.clone(), ""), "{file}");
    }
    for bytes in [csv.as_bytes(), &gzip(csv), &bytes] {
        let (code, out, _) = told(bytes, &["score", "-", "--metric=mae", "--metric=mse", "--json"]);
        assert_eq!((code, read(&out)), (0, expected.clone()));
    }
}

#[test]
fn draws_come_as_columns_and_as_lists() {
    let expected = json!({"n": 1, "missing": 0, "scores": {"crps": 0.75 - 14.0 / 32.0}, "reasons": {}});
    let csv = "draw_1,draw_10,y,draw_2,draw_3\n0,2,0,0,1\n";
    for input in [DRAWS, csv] {
        assert_eq!(scored(input, "crps"), (0, expected.clone()), "{input}");
    }
}

#[test]
fn settings_are_the_metric_s_and_the_label_is_what_was_typed() {
    let (code, found) =
        scored(DRAWS, "crps:estimator=fair,brier:threshold=1,strict=true,brier:threshold=1:strict=false");
    let fair = found["scores"]["crps:estimator=fair"].as_f64().unwrap();
    assert!(code == 0 && (fair - (0.75 - 14.0 / 24.0)).abs() < 1e-15, "{found}");
    assert_eq!(
        found["scores"]["brier:threshold=1,strict=true"],
        json!(0.0625),
        "one of four draws is above 1"
    );
    assert_eq!(found["scores"]["brier:threshold=1:strict=false"], json!(0.25), "two of four are at least 1");
    assert_eq!(found["scores"].as_object().unwrap().len(), 3);
}

#[test]
fn a_probability_is_of_the_event_and_else_a_point() {
    let table = r#"{"y": [0, 1, 1], "p": [0.5, 0.5, 1]}"#;
    let (code, found) = scored(table, "brier,mae,crps,log-loss,accuracy");
    // ln 2 twice and 0 once; a probability of 1/2 is an alarm, so that two of three are right.
    let expected = [("brier", 0.5 / 3.0), ("mae", 1.0 / 3.0), ("crps", 1.0 / 3.0), ("accuracy", 2.0 / 3.0)];
    for (name, value) in expected.into_iter().chain([("log-loss", 2.0 / 3.0 * std::f64::consts::LN_2)]) {
        let score = found["scores"][name].as_f64().unwrap();
        assert!((score - value).abs() < 1e-12, "{name} {score} {value}");
    }
    assert_eq!(code, 0);
}

#[test]
fn one_metric_that_cannot_be_computed_stops_no_other() {
    let (code, found) = scored(r#"{"y": [3, 1], "p": [1, 1]}"#, "roc-auc,mae,pearson");
    assert_eq!((code, &found["n"]), (1, &json!(2)));
    assert_eq!(found["scores"], json!({"roc-auc": null, "mae": 1.0, "pearson": null}));
    let reason = |name: &str| found["reasons"][name].as_str().unwrap().to_owned();
    assert!(
        reason("roc-auc").starts_with("row 1: the observation is 3; of an event it is 0 or 1"),
        "{found}"
    );
    assert!(reason("pearson").contains("constant"), "{found}");
    assert_eq!(found["reasons"].as_object().unwrap().len(), 2);
    let (code, found) = scored(r#"{"y": [0, 1], "p": [0.5, 1.5]}"#, "brier,mae");
    assert_eq!((code, &found["scores"]), (1, &json!({"brier": null, "mae": 0.5})));
    assert_eq!(found["reasons"]["brier"], json!("row 2: the forecast is 1.5; a probability is 0 to 1"));
    let (code, found) = scored(r#"{"y": [0, 1], "p": [0.5, null]}"#, "mae");
    assert_eq!(
        (code, &found["scores"]),
        (1, &json!({"mae": null})),
        "no score gets better by leaving rows out"
    );
    assert_eq!(found["reasons"]["mae"], json!("row 2 was observed and has no forecast"));
    let (code, found) = scored(r#"{"y": [null], "p": [1]}"#, "mae");
    assert_eq!((code, found["n"].as_u64(), found["missing"].as_u64()), (1, Some(0), Some(1)));
}

#[test]
fn without_names_all_are_scored_that_such_forecasts_have() {
    let names = |table: &str| {
        let (code, out, err) = told(table.as_bytes(), &["score", "-", "--json"]);
        assert_eq!((code, err.as_str()), (0, ""), "nothing was asked for by name");
        let found: Value = serde_json::from_str(&out).unwrap();
        found["scores"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    let (counts, events) = (r#"{"y": [0, 3], "p": [0.5, 1]}"#, r#"{"y": [0, 1], "p": [0.5, 1]}"#);
    let (counts, events, draws) = (names(counts), names(events), names(DRAWS));
    assert!(events.len() >= 32 && events == draws, "{events:?}");
    let only: Vec<_> = events.iter().filter(|n| !counts.contains(n)).map(String::as_str).collect();
    let of_events = "accuracy average-precision brier calibration-error f1 log-loss mcc precision recall resolution roc-auc";
    assert_eq!(only.join(" "), of_events);
}

#[test]
fn people_get_a_table() {
    let table = br#"{"y": [0, 4, null], "p": [1, 2, 9]}"#;
    let (code, out, err) = told(table, &["score", "-", "--metric", "mae,mean-calibration-ratio,brier"]);
    let expected = "\
2 rows, and 1 left out as the truth is missing

mae                      1.50000  lower is better
mean-calibration-ratio  0.750000  best near 1
brier                          -  lower is better

not computed:
  brier: row 1: the forecast is 1; ";
    assert_eq!(code, 1);
    let brier = out.lines().last().unwrap();
    assert!(brier.starts_with("  brier: row 2: the observation is 4; of an event it is 0 or 1"), "{out}");
    let head = |text: &str| text.lines().take(7).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(head(&out), head(expected));
    assert_eq!(err, "error: 1 of 3 could not be computed: brier\n");
}

#[test]
fn wrong_usage_is_told_before_anything_is_read() {
    let here = tempfile::tempdir().unwrap();
    let score = |metric: &str| said(here.path(), &["score", "nowhere.csv", "--metric", metric]);
    let (code, out, err) = score("mae,crisp");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("there is no `crisp`; did you mean `crps`?"), "{err}");
    let (code, _, err) = score("crps:estimator=fairest");
    assert!(code == 2 && err.contains("fairest"), "{err}");
    let (code, _, err) = score("mae");
    assert!(code == 1 && err.contains("nowhere.csv: No such file"), "{err}");
    let (code, _, err) = said(here.path(), &["score"]);
    assert!(code == 2 && err.contains("Usage: forewarn score"), "{err}");
    let (code, _, err) = told(b"y,p\n1,six\n", &["score", "-"]);
    assert!(code == 1 && err.contains("standard input:2: ") && err.contains("six"), "{err}");
}
