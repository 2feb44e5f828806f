//! The outputs of other libraries on the same inputs: `data/metric_cases.json` says where they come from.

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::{Error, Field, Metric, Period, Result, ScoreArgs, Step, Unit};
use forewarn_kernels::{crps, exceedance, point, quantile};
use forewarn_metrics::METRICS;
use serde::Deserialize;
use serde_json::Value;

/// Probabilities of the inputs have two decimals: that many draws express them exactly.
const DRAWS: usize = 100;

#[derive(Deserialize)]
struct Cases {
    inputs: BTreeMap<String, Input>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Input {
    y: Vec<Number>,
    f: Option<Vec<Number>>,
    p: Option<Vec<f64>>,
    x: Option<Vec<Vec<Number>>>,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Number {
    Finite(f64),
    Other(String),
}

impl Number {
    fn value(&self) -> f64 {
        match self {
            Self::Finite(v) => *v,
            Self::Other(word) => word.parse().unwrap(),
        }
    }
}

#[derive(Deserialize)]
struct Case {
    metric: String,
    settings: Value,
    input: String,
    peer: String,
    call: String,
    value: Expected,
    differs: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Score(Number),
    Rows(Vec<Number>),
    Raised { error: String },
}

impl Input {
    fn observed(&self) -> Vec<f64> {
        self.y.iter().map(Number::value).collect()
    }

    /// Rows of ascending draws. A probability becomes that share of ones.
    fn rows(&self) -> Vec<Vec<f64>> {
        let share = |p: &f64| {
            let ones = (p * DRAWS as f64).round() as usize;
            (0..DRAWS).map(|i| if i < DRAWS - ones { 0.0 } else { 1.0 }).collect()
        };
        let mut rows: Vec<Vec<f64>> = match (&self.f, &self.p, &self.x) {
            (Some(f), _, _) => f.iter().map(|v| vec![v.value()]).collect(),
            (_, Some(p), _) => p.iter().map(share).collect(),
            (_, _, Some(x)) => x.iter().map(|row| row.iter().map(Number::value).collect()).collect(),
            _ => panic!("an input without forecast"),
        };
        for row in &mut rows {
            row.sort_by(f64::total_cmp);
        }
        rows
    }

    /// Whether nothing is lost in the single precision of a field.
    fn is_single(&self) -> bool {
        let exact = |v: &f64| f64::from(*v as f32) == *v;
        self.observed().iter().all(exact) && self.rows().iter().flatten().all(exact)
    }
}

fn load() -> Cases {
    serde_json::from_str(include_str!("../data/metric_cases.json")).unwrap()
}

fn build(case: &Case) -> Box<dyn Metric> {
    let entry = METRICS.iter().find(|e| e.name == case.metric).unwrap();
    (entry.build)(&case.settings).unwrap()
}

/// The metric, of all rows.
fn score(case: &Case, observed: &[f64], rows: &[Vec<f64>]) -> Result<f64> {
    let metric = build(case);
    let observed: Vec<f32> = observed.iter().map(|v| *v as f32).collect();
    let values = rows.iter().flatten().map(|v| *v as f32).collect();
    let units = (0..rows.len() as u32).map(Unit).collect();
    let field = Field::draws(Period(1), Step(1), units, rows[0].len(), values)?;
    metric.score(&metric.tally(&ScoreArgs::new(&observed, &field)?)?)
}

/// The kernel of a metric that is a mean over rows, in double precision.
fn kernel(case: &Case, y: f64, row: &[f64]) -> Option<f64> {
    let setting = |name: &str| case.settings[name].as_f64().unwrap_or(1.0);
    let mean = point::mean(row);
    Some(match case.metric.as_str() {
        "crps" if case.settings["estimator"] == "fair" => crps::fair(row, y),
        "crps" => crps::ensemble(row, y),
        "interval-score" => {
            quantile::interval_score(quantile::central_interval(row, setting("level")), y, setting("level"))
        }
        "quantile-score" => quantile::pinball(quantile::quantile(row, setting("level")), y, setting("level")),
        "brier" => {
            let share = exceedance::exceeding(row, setting("threshold")) as f64 / row.len() as f64;
            (share - f64::from(u8::from(y >= setting("threshold")))).powi(2)
        }
        "mse" => point::squared_error(mean, y),
        "mae" => (mean - y).abs(),
        "bias" => mean - y,
        "msle" => point::squared_log_error(mean, y),
        _ => return None,
    })
}

fn close(got: f64, expected: f64, tolerance: f64) -> bool {
    (got.is_nan() && expected.is_nan())
        || got == expected
        || (got - expected).abs() <= tolerance * (1.0 + expected.abs())
}

/// `None` when the metric says what the peer said, else what it said.
fn disagreement(case: &Case, input: &Input) -> Option<String> {
    let (observed, rows) = (input.observed(), input.rows());
    let tolerance = if input.is_single() { 1e-12 } else { 1e-5 };
    match &case.value {
        Expected::Raised { error } => match score(case, &observed, &rows) {
            Err(Error::Data { .. }) => None,
            other => Some(format!("{other:?}, the peer raised {error}")),
        },
        Expected::Score(expected) => {
            let got = score(case, &observed, &rows);
            let agrees = got.as_ref().is_ok_and(|got| close(*got, expected.value(), tolerance));
            (!agrees).then(|| format!("{got:?}, the peer {}", expected.value()))
        }
        Expected::Rows(expected) => (0..rows.len()).find_map(|i| {
            let got = score(case, &observed[i..=i], &rows[i..=i]);
            let agrees = got.as_ref().is_ok_and(|got| close(*got, expected[i].value(), tolerance));
            (!agrees).then(|| format!("row {i}: {got:?}, the peer {}", expected[i].value()))
        }),
    }
}

#[test]
fn metrics_agree_with_their_peers_or_differ_for_a_stated_reason() {
    let Cases { inputs, cases } = load();
    let mut wrong = Vec::new();
    for case in &cases {
        let found = disagreement(case, &inputs[&case.input]);
        if found.is_some() != case.differs.is_some() {
            let found = found.unwrap_or_else(|| "agrees, against what is listed".to_owned());
            wrong.push(format!("{} {} {} ({}): {found}", case.metric, case.input, case.peer, case.call));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let covered: BTreeSet<_> = cases.iter().map(|c| c.metric.as_str()).collect();
    let all: BTreeSet<_> = METRICS.iter().map(|e| e.name).collect();
    assert_eq!(covered, all, "every metric has peers");
}

#[test]
fn kernels_agree_with_their_peers_in_double_precision() {
    let Cases { inputs, cases } = load();
    let mut compared = 0;
    for case in cases.iter().filter(|c| c.differs.is_none()) {
        let input = &inputs[&case.input];
        let (observed, rows) = (input.observed(), input.rows());
        let scores: Option<Vec<f64>> =
            observed.iter().zip(&rows).map(|(y, row)| kernel(case, *y, row)).collect();
        let Some(scores) = scores else { continue };
        let pairs: Vec<(f64, f64)> = match &case.value {
            Expected::Raised { .. } => continue,
            Expected::Score(mean) => vec![(scores.iter().sum::<f64>() / scores.len() as f64, mean.value())],
            Expected::Rows(each) => scores.into_iter().zip(each.iter().map(Number::value)).collect(),
        };
        for (got, expected) in pairs {
            let (metric, call) = (&case.metric, &case.call);
            assert!(close(got, expected, 1e-12), "{metric} {} {call}: {got}, {expected}", case.input);
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared}");
}
