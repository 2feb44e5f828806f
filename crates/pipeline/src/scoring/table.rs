//! Scores of a table of forecasts and truth.

use forewarn_core::{Better, ForecastKind, Metric, ScoreArgs, tallies};
use forewarn_data::score_table::{Forecasts, ScoreTable};
use serde::Serialize;

use super::{Answer, Answers, Request, every_metric};
use crate::Result;

/// Scores of a table. As JSON: `{"n": .., "missing": .., "scores": {..}, "reasons": {..}}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableScores {
    /// Rows whose truth is known; a weight of 0 takes none away.
    pub n: usize,
    /// Rows whose truth is not known; they are left out of every score.
    pub missing: usize,
    /// The scores.
    #[serde(flatten)]
    pub answers: Answers,
}

/// Every metric that such forecasts have, with its default settings: of points, those of events only where every
/// known truth is 0 or 1.
///
/// # Errors
/// [`crate::Error::Core`] when one has no default settings.
pub fn metrics_of(table: &ScoreTable) -> Result<Vec<Request>> {
    let points = matches!(table.forecast, Forecasts::Points(_));
    let events = table.observed.iter().all(|y| y.is_nan() || *y == 0.0 || *y == 1.0);
    let mut all = every_metric()?;
    all.retain(|r| !points || events || !r.metric.of_events());
    Ok(all)
}

/// The scores of a table. Metrics of events take a point forecast as the probability of the event, the others as what
/// will be. A metric that cannot be computed says why, and stops no other.
pub fn score_table(table: &ScoreTable, wanted: &[Request]) -> TableScores {
    let (values, width, kind) = match &table.forecast {
        Forecasts::Points(values) => (values, 1, ForecastKind::Point),
        Forecasts::Draws { width, values } => (values, *width, ForecastKind::Draws),
    };
    let of_probability = |r: &Request| kind == ForecastKind::Point && r.metric.of_events();
    let of = |kind, metrics: &[&dyn Metric]| {
        let args = ScoreArgs::rows(&table.observed, values, width, kind);
        scores(args.and_then(|args| args.weighted(&table.weights)), metrics)
    };
    let pick = |probability| wanted.iter().filter(move |r| of_probability(r) == probability);
    let metrics = |probability| pick(probability).map(|r| r.metric.as_ref()).collect::<Vec<_>>();
    let mut plain = of(kind, &metrics(false)).into_iter();
    let mut probable = of(ForecastKind::Probability, &metrics(true)).into_iter();
    let answer = |r: &Request| {
        let value = if of_probability(r) { probable.next() } else { plain.next() }?;
        Some(Answer { label: r.label.clone(), value, note: direction(r.metric.better()) })
    };
    let answers = Answers(wanted.iter().filter_map(answer).collect());
    let missing = table.observed.iter().filter(|y| y.is_nan()).count();
    TableScores { n: table.observed.len() - missing, missing, answers }
}

/// The score of each metric, or why there is none.
fn scores(args: forewarn_core::Result<ScoreArgs<'_>>, metrics: &[&dyn Metric]) -> Vec<Result<f64, String>> {
    let args = match args {
        Ok(args) => args,
        Err(e) => return vec![Err(reason(&e)); metrics.len()],
    };
    let finite = |value: f64| match value {
        v if v.is_finite() => Ok(v),
        v if v.is_nan() => Err("it is not a number".to_owned()),
        _ => Err("it is infinite".to_owned()),
    };
    let score = |(metric, tally): (&&dyn Metric, forewarn_core::Result<_>)| {
        tally.and_then(|t| metric.score(&t)).map_err(|e| reason(&e)).and_then(finite)
    };
    metrics.iter().zip(tallies(metrics, &args)).map(score).collect()
}

fn reason(error: &forewarn_core::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("data: ").map_or(text.clone(), str::to_owned)
}

fn direction(better: Better) -> String {
    match better {
        Better::Lower => "lower is better".to_owned(),
        Better::Higher => "higher is better".to_owned(),
        Better::Near(best) => format!("best near {best}"),
    }
}
