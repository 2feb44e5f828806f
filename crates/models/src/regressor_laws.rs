//! Laws that hold for every tabular regressor of the catalog.

use std::sync::Arc;

use forewarn_core::*;
use forewarn_kernels::random::Stream;
use rayon::ThreadPoolBuilder;
use serde_json::json;

use crate::regressors::REGRESSORS;

const ROWS: usize = 240;

fn columns() -> Arc<[String]> {
    ["a", "b", "c"].map(str::to_owned).into()
}

/// Random rows of three columns, whole numbers among them.
fn rows(count: usize) -> DesignMatrix {
    let stream = Stream::new(5, &[]);
    let value =
        |i: u64| if i.is_multiple_of(3) { stream.below(i, 6) as f32 } else { stream.uniform(i) as f32 };
    DesignMatrix::new(columns(), (0..3 * count as u64).map(value).collect()).unwrap()
}

/// Labels from 0 to 1, which every loss allows.
fn labels(rows: &DesignMatrix) -> Vec<f32> {
    rows.rows().map(|x| (x[0] / 12.0 + x[1] * x[2] / 2.0).min(1.0)).collect()
}

fn indices(count: usize) -> Vec<u32> {
    (0..count as u32).collect()
}

fn fit(
    entry: &Entry<dyn Regressor>,
    rows: &DesignMatrix,
    labels: &[f32],
    weights: &[f32],
) -> Box<dyn Regression> {
    let at = indices(rows.len());
    let labels = Labels::new(&at, labels, weights, rows.len()).unwrap();
    let regressor = entry.default().unwrap();
    let prepared = regressor.prepare(&PrepareArgs::new(rows, weights).unwrap()).unwrap();
    prepared.fit(&LabelArgs::new(labels, 7)).unwrap()
}

fn simple(entry: &Entry<dyn Regressor>) -> Box<dyn Regression> {
    let rows = rows(ROWS);
    fit(entry, &rows, &labels(&rows), &[1.0; ROWS])
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn close(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs()))
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let new = rows(3000);
    for entry in REGRESSORS {
        let on = |threads: usize| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let fitted = simple(entry);
                (fitted.state().unwrap(), bits(&fitted.predict(&new).unwrap()))
            })
        };
        let one = on(1);
        assert_eq!(one.1.len(), 3000, "{}: one number a row", entry.file);
        assert!(one == on(8) && one == on(1), "{}", entry.file);
    }
}

#[test]
fn the_state_round_trips_and_nonsense_is_refused() {
    let rows = rows(ROWS);
    for entry in REGRESSORS {
        let (regressor, fitted) = (entry.default().unwrap(), simple(entry));
        let state = fitted.state().unwrap();
        let back = regressor.restore(&state).unwrap();
        let (before, after) = (fitted.predict(&rows).unwrap(), back.predict(&rows).unwrap());
        assert_eq!(bits(&before), bits(&after), "{}: predictions", entry.file);
        assert_eq!(back.gain(), fitted.gain(), "{}: gain", entry.file);
        let levels = [0.1, 0.5, 0.9];
        assert_eq!(
            back.quantiles(&rows, &levels).unwrap(),
            fitted.quantiles(&rows, &levels).unwrap(),
            "{}: quantiles",
            entry.file
        );
        for wrong in [&b""[..], b"nonsense", &state[..state.len() / 2], &state[..state.len() - 1]] {
            assert!(regressor.restore(wrong).is_err(), "{}: {} bytes", entry.file, wrong.len());
        }
    }
}

#[test]
fn other_columns_are_refused_by_name() {
    let rows = rows(4);
    let swapped: Arc<[String]> = ["b", "a", "c"].map(str::to_owned).into();
    let swapped = DesignMatrix::new(swapped, rows.values().to_vec()).unwrap();
    for entry in REGRESSORS {
        let fitted = simple(entry);
        let e = fitted.predict(&swapped).unwrap_err().to_string();
        assert!(e.contains("column 0 is `b`, the model was fitted with `a`"), "{}: {e}", entry.file);
        let back = entry.default().unwrap().restore(&fitted.state().unwrap()).unwrap();
        assert!(back.predict(&swapped).is_err(), "{}: after restoring", entry.file);
        if fitted.quantiles(&rows, &[0.5]).unwrap().is_some() {
            assert!(fitted.quantiles(&swapped, &[0.5]).is_err(), "{}: quantiles", entry.file);
        }
    }
}

#[test]
fn a_label_of_weight_two_is_two_labels() {
    let rows = rows(ROWS);
    let values = labels(&rows);
    let twice = |i: u32| i.is_multiple_of(3);
    let weights: Vec<f32> = indices(ROWS).into_iter().map(|i| if twice(i) { 2.0 } else { 1.0 }).collect();
    let mut at = indices(ROWS);
    at.extend(indices(ROWS).into_iter().filter(|&i| twice(i)));
    let repeated: Vec<f32> = at.iter().map(|&i| values[i as usize]).collect();
    let ones = vec![1.0; at.len()];
    for entry in REGRESSORS {
        let prepared = entry.default().unwrap().prepare(&PrepareArgs::new(&rows, &weights).unwrap()).unwrap();
        let predict = |at: &[u32], values: &[f32], weights: &[f32]| {
            let labels = Labels::new(at, values, weights, ROWS).unwrap();
            prepared.fit(&LabelArgs::new(labels, 7)).unwrap().predict(&rows).unwrap()
        };
        let (heavy, two) = (predict(&at[..ROWS], &values, &weights), predict(&at, &repeated, &ones));
        assert!(close(&heavy, &two), "{}", entry.file);
    }
}

#[test]
fn rows_of_weight_zero_do_not_matter() {
    let (all, some) = (rows(ROWS + 40), rows(ROWS));
    let mut values = labels(&all);
    values[ROWS..].fill(1.0);
    let weights: Vec<f32> = (0..ROWS + 40).map(|i| if i < ROWS { 1.0 } else { 0.0 }).collect();
    for entry in REGRESSORS {
        let with = fit(entry, &all, &values, &weights).predict(&some).unwrap();
        let without = simple(entry).predict(&some).unwrap();
        assert!(close(&with, &without), "{}", entry.file);
    }
}

#[test]
fn finite_in_finite_out() {
    let mut far = rows(ROWS).values().to_vec();
    far.iter_mut().enumerate().for_each(|(i, v)| *v *= if i % 2 == 0 { 1e6 } else { -1e6 });
    let far = DesignMatrix::new(columns(), far).unwrap();
    for entry in REGRESSORS {
        let fitted = simple(entry);
        assert!(fitted.predict(&far).unwrap().iter().all(|v| v.is_finite()), "{}", entry.file);
        let gain = fitted.gain();
        assert!(gain.is_empty() || gain.len() == 3, "{}: one gain a column", entry.file);
        assert!(gain.iter().all(|g| g.is_finite() && *g >= 0.0), "{}", entry.file);
        assert!(fitted.predict(&DesignMatrix::new(columns(), vec![]).unwrap()).unwrap().is_empty());
    }
}

#[test]
fn as_many_rounds_as_asked_for_are_done() {
    let rows = rows(ROWS);
    let (at, values) = (indices(ROWS), labels(&rows));
    let labels = Labels::new(&at, &values, &[1.0; ROWS], ROWS).unwrap();
    for entry in REGRESSORS {
        let prepared =
            entry.default().unwrap().prepare(&PrepareArgs::new(&rows, &[1.0; ROWS]).unwrap()).unwrap();
        let rounds = |args: &LabelArgs<'_>| prepared.fit(args).unwrap().rounds();
        let args = LabelArgs::new(labels, 7);
        let some = rounds(&args).map(|_| 3);
        assert_eq!(rounds(&args.with_rounds(3)), some, "{}", entry.file);
        assert!(!entry.default().unwrap().watches(), "{}: stops early unasked", entry.file);
    }
}

#[test]
fn quantiles_ascend_within_the_labels() {
    let rows = rows(ROWS);
    let values = labels(&rows);
    let (least, most) = values.iter().fold((f32::MAX, f32::MIN), |(a, b), &v| (a.min(v), b.max(v)));
    for entry in REGRESSORS {
        let levels = [0.0, 0.05, 0.5, 0.95, 1.0];
        let Some(quantiles) = simple(entry).quantiles(&rows, &levels).unwrap() else { continue };
        assert_eq!(quantiles.len(), ROWS * levels.len(), "{}", entry.file);
        for row in quantiles.chunks_exact(levels.len()) {
            assert!(row.is_sorted() && row[0] >= least && row[4] <= most, "{}: {row:?}", entry.file);
        }
    }
}

#[test]
fn contributions_add_up_to_the_prediction_on_their_scale() {
    let rows = rows(ROWS);
    let values = labels(&rows);
    let other_losses = ["poisson", "tweedie", "logistic"].map(|loss| ("boosting", json!({ "loss": loss })));
    let defaults = REGRESSORS.iter().map(|entry| (entry.name, json!({})));
    let mut told = 0;
    for (name, settings) in defaults.chain(other_losses) {
        let entry = REGRESSORS.iter().find(|e| e.name == name).unwrap();
        let prepared = (entry.build)(&settings).unwrap();
        let prepared = prepared.prepare(&PrepareArgs::new(&rows, &[1.0; ROWS]).unwrap()).unwrap();
        let at = indices(ROWS);
        let fitted =
            prepared.fit(&LabelArgs::new(Labels::new(&at, &values, &[1.0; ROWS], ROWS).unwrap(), 7)).unwrap();
        let Some(found) = fitted.contributions(&rows).unwrap() else { continue };
        told += 1;
        let link = |sum: f32| match found.scale {
            "identity" => sum,
            "log" => sum.exp(),
            "logit" => 1.0 / (1.0 + (-sum).exp()),
            other => panic!("{name}: no scale is called {other}"),
        };
        let sums: Vec<f32> = found.values.chunks_exact(4).map(|row| link(row.iter().sum())).collect();
        assert!(close(&sums, &fitted.predict(&rows).unwrap()), "{name} {settings}");
    }
    assert!(told >= 7, "trees and lines all tell, {told} did");
}

#[test]
fn a_constant_label_is_predicted() {
    let rows = rows(ROWS);
    for entry in REGRESSORS {
        for constant in [0.0, 0.25, 1.0] {
            let fitted = fit(entry, &rows, &[constant; ROWS], &[1.0; ROWS]);
            assert!(close(&fitted.predict(&rows).unwrap(), &[constant; ROWS]), "{}: {constant}", entry.file);
        }
    }
}

#[test]
fn missing_features_are_read_or_refused() {
    let whole = rows(ROWS);
    let holes = whole.values().iter().enumerate().map(|(i, &v)| if i % 7 == 0 { f32::NAN } else { v });
    let holes = DesignMatrix::new(columns(), holes.collect()).unwrap();
    let ones = [1.0; ROWS];
    for entry in REGRESSORS {
        match entry.default().unwrap().prepare(&PrepareArgs::new(&holes, &ones).unwrap()) {
            Ok(_) => {
                let fitted = fit(entry, &holes, &labels(&whole), &ones);
                for rows in [&holes, &whole] {
                    assert!(fitted.predict(rows).unwrap().iter().all(|v| v.is_finite()), "{}", entry.file);
                }
            }
            Err(e) => {
                let e = e.to_string();
                assert!(["`a`", "`b`", "`c`"].iter().any(|c| e.contains(c)), "{}: which? {e}", entry.file);
            }
        }
    }
}

#[test]
fn a_dependence_is_learned() {
    let rows = rows(ROWS);
    let values = labels(&rows);
    let mean = values.iter().sum::<f32>() / ROWS as f32;
    for entry in REGRESSORS {
        let found = simple(entry).predict(&rows).unwrap();
        let error = |f: &dyn Fn(usize) -> f32| (0..ROWS).map(|i| (f(i) - values[i]).powi(2)).sum::<f32>();
        let (learned, constant) = (error(&|i| found[i]), error(&|_| mean));
        assert!(learned < 0.5 * constant, "{}: {learned} {constant}", entry.file);
    }
}

#[test]
fn entries_are_documented_and_strict() {
    for entry in REGRESSORS {
        let doc = entry.doc();
        assert!(doc.contains("doi:") || doc.contains("arXiv:"), "{}: cite the source", entry.file);
        let refused = (entry.build)(&json!({"no-such-setting": 1})).is_err();
        assert!(refused, "{}: deny_unknown_fields", entry.file);
    }
    assert!(REGRESSORS.windows(2).all(|w| w[0].name < w[1].name), "keep the catalog sorted");
}
