//! Metrics against the outputs of other libraries on the same inputs.

use std::collections::BTreeSet;

use forewarn_core::{Error, Field, ForecastKind, Metric, Period, Result, ScoreArgs, Step, Unit, Units};
use forewarn_metrics::METRICS;
use serde_json::Value;

use crate::cases::{Cases, Group, floats};

/// Rows to score together.
struct Rows {
    observed: Vec<f64>,
    values: Vec<f64>,
    weights: Vec<f64>,
    kind: ForecastKind,
}

impl Rows {
    fn of(group: &Group, input: &Value) -> Self {
        let (kind, name) = match (input.get("f"), input.get("p")) {
            (Some(_), _) => (ForecastKind::Point, "f"),
            (_, Some(_)) => (ForecastKind::Probability, "p"),
            _ => (ForecastKind::Draws, "x"),
        };
        let weights = if group.weighted { floats(&input["w"]) } else { Vec::new() };
        let mut rows = Self { observed: floats(&input["y"]), values: floats(&input[name]), weights, kind };
        if let Some(least) = group.above {
            rows.observed.iter_mut().chain(&mut rows.values).for_each(|v| *v = v.max(least));
        }
        if let Some(least) = group.observed_floor {
            rows.observed.iter_mut().filter(|y| **y <= 0.0).for_each(|y| *y = least);
        }
        if let Some(threshold) = group.event_above {
            rows.observed.iter_mut().for_each(|y| *y = f64::from(u8::from(*y > threshold)));
        }
        if group.mean_probability {
            let width = rows.width();
            rows.values = rows.values.chunks(width).map(|r| r.iter().sum::<f64>() / width as f64).collect();
            rows.kind = ForecastKind::Probability;
        }
        rows
    }

    fn width(&self) -> usize {
        self.values.len() / self.observed.len()
    }

    /// Every row by itself.
    fn each(&self) -> Vec<Self> {
        let rows = self.observed.iter().zip(self.values.chunks(self.width())).enumerate();
        let row = |(i, (y, values)): (usize, (&f64, &[f64]))| Self {
            observed: vec![*y],
            values: values.to_vec(),
            weights: self.weights.get(i).copied().into_iter().collect(),
            kind: self.kind,
        };
        rows.map(row).collect()
    }

    fn score(&self, metric: &dyn Metric) -> Result<f64> {
        let args = ScoreArgs::rows(&self.observed, &self.values, self.width(), self.kind)?;
        metric.score(&metric.tally(&args.weighted(&self.weights)?)?)
    }

    /// The score of a field, which is in single precision.
    fn score_field(&self, metric: &dyn Metric) -> Result<f64> {
        let single = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<f32>>();
        let (observed, values) = (single(&self.observed), single(&self.values));
        let units: Units = (0..observed.len() as u32).map(Unit).collect();
        let field = match self.kind {
            ForecastKind::Point => Field::point(Period(1), Step(1), units, values)?,
            _ => Field::draws(Period(1), Step(1), units, self.width(), values)?.sorted(),
        };
        metric.score(&metric.tally(&ScoreArgs::new(&observed, &field)?)?)
    }
}

/// The cases of a joint forecast, cases x members x units: each a field.
fn fields(group: &Group, input: &Value) -> Vec<Rows> {
    let cases = input["y"].as_array().unwrap().iter().zip(input["x"].as_array().unwrap());
    let field = |(y, x): (&Value, &Value)| {
        let members: Vec<Vec<f64>> = x.as_array().unwrap().iter().map(floats).collect();
        let unit = |i: usize| members.iter().map(move |m| m[i]).collect::<Vec<f64>>();
        let x: Vec<Vec<f64>> = (0..members[0].len()).map(unit).collect();
        Rows::of(group, &serde_json::json!({"y": y, "x": x}))
    };
    cases.map(field).collect()
}

/// How rows are scored.
type Scorer = fn(&Rows, &dyn Metric) -> Result<f64>;

/// What forewarn says: a number, or for lists one a row; none where it refuses.
fn ours(group: &Group, input: &Value, key: &str, score: Scorer) -> Vec<Option<f64>> {
    let name = group.score.as_deref().unwrap();
    let entry = METRICS.iter().find(|e| e.name == name).unwrap_or_else(|| panic!("no metric {name}"));
    let metric = match (entry.build)(&group.settings) {
        Ok(metric) => metric,
        Err(Error::Config { .. }) => return vec![None],
        Err(other) => panic!("{name}: {other}"),
    };
    let of_rows = group.outputs[key].is_array() && group.theirs(key).len() > 1;
    let parts = match input["y"][0].is_array() {
        true => fields(group, input),
        false if of_rows => Rows::of(group, input).each(),
        false => vec![Rows::of(group, input)],
    };
    let number = |rows: &Rows| match score(rows, metric.as_ref()) {
        Ok(score) => group.converted(score),
        Err(Error::Data { .. }) => None,
        Err(other) => panic!("{name}: {other}"),
    };
    parts.iter().map(number).collect()
}

fn complaints(cases: &Cases) -> Vec<String> {
    let mut complaints = Vec::new();
    for group in cases.groups.iter().filter(|g| g.score.is_some()) {
        for input in group.outputs.keys() {
            let ours = ours(group, &cases.inputs[input], input, Rows::score);
            complaints.extend(group.complaint(input, &ours, cases.tolerance));
        }
    }
    complaints
}

fn agree_or_say_why(text: &str) {
    let cases: Cases = serde_json::from_str(text).unwrap();
    let found = complaints(&cases);
    assert!(found.is_empty(), "{} outputs:\n{}", found.len(), found.join("\n"));
}

#[test]
fn metrics_agree_with_their_peers_or_differ_for_a_stated_reason() {
    agree_or_say_why(include_str!("../data/metric_cases.json"));
}

#[test]
fn metrics_agree_with_views_evaluation_or_differ_for_a_stated_reason() {
    agree_or_say_why(include_str!("../data/views_cases.json"));
}

#[test]
fn fields_agree_with_the_same_peers_in_single_precision() {
    let mut compared = 0;
    for text in [include_str!("../data/metric_cases.json"), include_str!("../data/views_cases.json")] {
        let cases: Cases = serde_json::from_str(text).unwrap();
        for group in cases.groups.iter().filter(|g| g.score.is_some() && !g.weighted) {
            let agreed = group.outputs.keys().filter(|input| group.differs(input).is_none());
            for input in agreed.filter(|i| cases.inputs[*i].get("p").is_none() && !group.mean_probability) {
                let ours = ours(group, &cases.inputs[input], input, Rows::score_field);
                assert_eq!(group.complaint(input, &ours, 1e-5), None);
                compared += 1;
            }
        }
    }
    assert!(compared > 900, "{compared}");
}

/// Their kernels are compared with peers by another name (the structure of a field, in `kernels.rs`), or with their
/// definition in the kernels' own tests.
const COMPARED_AS_KERNELS: [&str; 6] =
    ["calibration-error", "gini", "moran", "pit-deviation", "resolution", "sal"];

#[test]
fn every_metric_has_peers() {
    let files = [
        include_str!("../data/metric_cases.json"),
        include_str!("../data/kernel_cases.json"),
        include_str!("../data/views_cases.json"),
    ];
    let cases = files.map(|text| serde_json::from_str::<Cases>(text).unwrap());
    let scores = cases.iter().flat_map(|c| &c.groups).filter_map(|g| g.score.as_deref());
    let covered: BTreeSet<&str> = scores.collect();
    let all: BTreeSet<&str> = METRICS.iter().map(|e| e.name).collect();
    let without: Vec<&str> = all.difference(&covered).copied().collect();
    assert_eq!(without, COMPARED_AS_KERNELS, "metrics without peers");
}
