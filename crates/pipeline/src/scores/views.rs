//! The schemas and means of views-evaluation 2.0.0.

use std::collections::BTreeMap;

use forewarn_catalog::parse_metric;
use forewarn_core::{ForecastKind, Period, ScoreArgs};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

/// Rows of target month, origin (0, 1, ...) and step, and what the reference made of them.
#[derive(Deserialize)]
struct Case {
    time: Vec<i32>,
    origin: Vec<i32>,
    step: Vec<usize>,
    y_true: Vec<f64>,
    y_pred: Vec<Vec<f64>>,
    /// By schema, then group, then metric.
    expected_schemas: BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>,
    /// By `step-wise/ged_sb/MSE_mean` and the like.
    wandb_mean_keys: BTreeMap<String, f64>,
}

/// Names there and here.
const METRICS: [(&str, &str); 12] = [
    ("RMSLE", "rmsle:compat=views"),
    ("MSE", "mse:compat=views"),
    ("MSLE", "msle:compat=views"),
    ("Pearson", "pearson:compat=views"),
    ("MCR_point", "mean-calibration-ratio"),
    ("CRPS", "crps"),
    ("twCRPS", "threshold-crps:compat=views"),
    ("MIS", "interval-score:level=0.95"),
    ("QIS", "interval-score:level=0.95,compat=views"),
    ("Coverage", "coverage:level=0.9"),
    ("QS_sample", "quantile-score:level=0.99"),
    ("Brier_rgs_sample", "brier:threshold=0,strict=true"),
];

/// The first month of the fixture is step 1 of origin 0.
const FIRST_ORIGIN: i32 = 456;

fn tallied(case: &Case, metrics: &[NamedMetric]) -> Vec<OriginTallies> {
    let (origins, steps) = (case.origin.iter().max().unwrap() + 1, *case.step.iter().max().unwrap());
    let part = |origin: i32, step: usize, metric: &NamedMetric| -> Part {
        let rows = (0..case.time.len()).filter(|&i| case.origin[i] == origin && case.step[i] == step);
        let rows: Vec<usize> = rows.collect();
        assert!(rows.iter().all(|&i| case.time[i] == FIRST_ORIGIN + origin + step as i32));
        let observed: Vec<f64> = rows.iter().map(|&i| case.y_true[i]).collect();
        let values: Vec<f64> = rows.iter().flat_map(|&i| case.y_pred[i].clone()).collect();
        let width = case.y_pred[0].len();
        let kind = if width == 1 { ForecastKind::Point } else { ForecastKind::Draws };
        let args = ScoreArgs::rows(&observed, &values, width, kind).unwrap();
        metric.metric.tally(&args).map_err(|e| e.to_string())
    };
    let of = |origin: i32| {
        let parts = |m: &NamedMetric| (m.name.clone(), (1..=steps).map(|s| part(origin, s, m)).collect());
        let tallies = BTreeMap::from([("a".to_owned(), metrics.iter().map(parts).collect())]);
        let whole = Slices { rows: vec![3; steps], tallies };
        OriginTallies {
            origin: Period(FIRST_ORIGIN + origin),
            whole,
            groups: Vec::new(),
            failures: Vec::new(),
        }
    };
    (0..origins).map(of).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + b.abs())
}

#[test]
fn groups_and_their_means_are_those_of_the_reference() {
    let text = include_str!("../../tests/data/views_parallelogram.json");
    let mut compared = 0;
    for case in serde_json::from_str::<Cases>(text).unwrap().cases {
        let named = |(theirs, ours): &(&'static str, &str)| {
            let (name, metric) = parse_metric(ours).unwrap();
            (*theirs, NamedMetric { name, metric })
        };
        let known =
            |(theirs, _): &&(&str, &str)| case.expected_schemas["step"]["step01"].contains_key(*theirs);
        let (theirs, metrics): (Vec<_>, Vec<_>) = METRICS.iter().filter(known).map(named).unzip();
        let models = ["a".to_owned()];
        let forecasts = Forecasts { names: &models, baselines: &[], issued: None };
        let intervals = Intervals { replicates: 1, ..Intervals::default() };
        let scores = Scores::pool(&tallied(&case, &metrics), &forecasts, &metrics, (&intervals, 1), &[]);
        let scores = scores.with_summaries();
        for (theirs, metric) in theirs.iter().zip(&metrics) {
            for (schema, word, group, prefix, offset) in [
                ("month", "month-wise", Group::Month, "month", 0),
                ("time_series", "time-series-wise", Group::Origin, "ts", FIRST_ORIGIN),
                ("step", "step-wise", Group::Step, "step", 0),
            ] {
                for (key, expected) in &case.expected_schemas[schema] {
                    let key: i32 = key.trim_start_matches(prefix).parse().unwrap();
                    let score = scores.find("a", &metric.name, group, Some(key + offset)).unwrap();
                    let value = score.value.unwrap();
                    assert!(close(value, expected[*theirs]), "{theirs} {schema} {key}: {value}");
                    compared += 1;
                }
                let ours = |s: &&Summary| s.metric == metric.name && s.group == group;
                let summary = scores.summaries.iter().find(ours).unwrap();
                let mean = case.wandb_mean_keys[&format!("{word}/ged_sb/{theirs}_mean")];
                assert!(close(summary.mean.unwrap(), mean) && close(summary.mean_of_defined.unwrap(), mean));
            }
        }
    }
    assert_eq!(compared, 12 * (6 + 3 + 4));
}

#[test]
fn a_group_without_a_score_leaves_only_the_mean_of_the_others() {
    let score = |group, key, value| Score {
        model: "a".to_owned(),
        metric: "pearson".to_owned(),
        group,
        key,
        label: None,
        value,
        interval: None,
        baseline: None,
        skill: None,
        skill_interval: None,
        skills: Vec::new(),
        reason: None,
        n: 3,
    };
    let scores = [
        score(Group::All, None, Some(0.9)),
        score(Group::Month, Some(1), Some(0.5)),
        score(Group::Month, Some(2), None),
        score(Group::Month, Some(3), Some(0.7)),
    ];
    let summaries = summary::summaries(&scores);
    let months = summaries.iter().find(|s| s.group == Group::Month).unwrap();
    assert_eq!(months.mean, None);
    assert!(close(months.mean_of_defined.unwrap(), 0.6));
    let steps = summaries.iter().find(|s| s.group == Group::Step).unwrap();
    assert_eq!((steps.mean, steps.mean_of_defined), (None, None));
}
