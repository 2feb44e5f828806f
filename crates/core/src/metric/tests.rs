//! Rows, tallies, and what is said about rows that cannot be scored.

use forewarn_kernels::draws::{Event, RowScore};
use forewarn_kernels::point::Loss;

use super::*;
use crate::{Error, Field, Period, Step, Unit};

/// The mean of one row score.
#[derive(Debug)]
struct MeanOf(RowScore);

impl Metric for MeanOf {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        vec![self.0.clone()]
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        Ok(tally.at(2) / tally.at(1))
    }

    fn examples(&self) -> Vec<ScoreExample> {
        Vec::new()
    }

    fn domain(&self) -> &'static str {
        "values above -1"
    }
}

/// Counts its rows, all of them together.
#[derive(Debug)]
struct Rows;

impl Metric for Rows {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(Tally(vec![args.len() as f64]))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        Ok(tally.at(0))
    }

    fn examples(&self) -> Vec<ScoreExample> {
        Vec::new()
    }
}

fn field(width: usize, values: Vec<f32>) -> Field {
    let units = (0..(values.len() / width) as u32).map(|i| Unit(100 + i)).collect();
    Field::draws(Period(9), Step(2), units, width, values).unwrap()
}

fn message(result: Result<impl std::fmt::Debug>) -> String {
    match result.unwrap_err() {
        Error::Data { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn sums_leave_out_what_is_not_known_and_count_the_rest() {
    let forecast = field(2, vec![0.0, 2.0, 5.0, 5.0, f32::NAN, f32::NAN, 1.0, 3.0]);
    let observed = [1.0, f32::NAN, f32::NAN, 4.0];
    let args = ScoreArgs::new(&observed, &forecast).unwrap();
    let scores = [RowScore::Mean, RowScore::Point(Loss::Absolute)];
    assert_eq!(args.sums(&scores), [2.0, 2.0, 1.0 + 2.0, 0.0 + 2.0]);
    let weights = [0.5, 9.0, 9.0, 2.0];
    let weighted = args.weighted(&weights).unwrap();
    assert_eq!(weighted.sums(&scores), [2.0, 2.5, 0.5 + 4.0, 4.0]);
    assert!(
        (weighted.weight(3), args.weight(3)) == (2.0, 1.0) && weighted.is_weighted() && !args.is_weighted()
    );
    assert_eq!(args.sums(&[]), [2.0, 2.0]);
}

#[test]
fn draws_keep_the_order_in_which_they_belong_together() {
    let forecast = field(3, vec![3.0, 1.0, 2.0, 9.0, 8.0, 7.0]);
    let args = ScoreArgs::new(&[0.0, 0.0], &forecast).unwrap();
    assert_eq!(args.draws(), [3.0, 1.0, 2.0, 9.0, 8.0, 7.0]);
    assert_eq!(args.columns(&[RowScore::Quantile { level: 0.5 }]), [[2.0, 8.0]], "sorted within");
    assert_eq!((args.len(), args.width(), args.kind()), (2, 3, ForecastKind::Draws));
}

#[test]
fn events_are_shares_of_draws_or_probabilities_as_they_are() {
    let event = Event { threshold: 1.0, strict: false };
    let forecast = field(4, vec![0.0, 0.0, 1.0, 5.0, 0.0, 0.0, 0.0, 0.9, 1.0, 1.0, 1.0, 1.0]);
    let events = ScoreArgs::new(&[1.0, f32::NAN, 0.5], &forecast).unwrap().events(event);
    assert_eq!((events.probabilities, events.happened), (vec![0.5, 1.0], vec![true, false]));
    assert!(events.weights.is_empty());
    let (observed, values, weights) = ([1.0, 0.0], [0.3, 0.2], [2.0, 5.0]);
    let args = ScoreArgs::rows(&observed, &values, 1, ForecastKind::Probability).unwrap();
    let far = Event { threshold: 1000.0, strict: true };
    let events = args.weighted(&weights).unwrap().events(far);
    assert_eq!((events.probabilities, events.happened), (vec![0.3, 0.2], vec![true, false]));
    assert_eq!(events.weights, weights);
}

#[test]
fn what_does_not_fit_is_refused_with_its_row() {
    let rows = |observed: &[f64], values: &[f64], width, kind| {
        message(ScoreArgs::rows(observed, values, width, kind).map(|args| args.len()))
    };
    let points = ForecastKind::Point;
    assert!(rows(&[1.0], &[1.0, 2.0], 1, points).contains("1 observations for 2 units"));
    assert!(rows(&[1.0], &[1.0, 2.0], 2, points).contains("2 values in rows of 2"));
    assert!(rows(&[1.0], &[1.0, 2.0, 3.0], 2, ForecastKind::Draws).contains("3 values in rows of 2"));
    assert!(
        rows(&[1.0, 2.0], &[1.0, f64::NAN], 1, points).contains("row 2 was observed and has no forecast")
    );
    let probability = ForecastKind::Probability;
    assert!(rows(&[0.0, 3.0], &[0.1, 0.2], 1, probability).contains("row 2: the observation is 3"));
    assert!(rows(&[0.0, 1.0], &[0.1, 1.2], 1, probability).contains("row 2: the forecast is 1.2"));
    let absent = field(1, vec![1.0, f32::NAN]);
    assert!(message(ScoreArgs::new(&[0.0, 1.0], &absent).map(|a| a.len())).contains("unit 101 was observed"));
    assert!(ScoreArgs::new(&[0.0, f32::NAN], &absent).is_ok(), "not observed, not needed");
}

#[test]
fn weights_are_finite_and_not_negative() {
    let args = ScoreArgs::rows(&[0.0, 1.0], &[0.0, 1.0], 1, ForecastKind::Point).unwrap();
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(message(args.weighted(&[1.0, bad]).map(|a| a.len())).contains("of row 2"), "{bad}");
    }
    assert!(message(args.weighted(&[1.0]).map(|a| a.len())).contains("1 observations for 2 units"));
    assert!(!args.weighted(&[]).unwrap().is_weighted());
}

#[test]
fn neighbours_are_known_of_whole_grids_only() {
    let forecast = field(1, vec![1.0, 2.0]);
    let args = ScoreArgs::new(&[0.0, 2.0], &forecast).unwrap();
    let cells =
        |args: ScoreArgs<'_>| args.cells().map(|cells| cells.iter().map(|c| c.gid()).collect::<Vec<_>>());
    assert_eq!(cells(args.placed(Places::Grid)).unwrap(), [100, 101]);
    assert!(message(cells(args)).contains("which rows are neighbours"));
    assert!(message(cells(args.placed(Places::Part))).contains("a part of one"));
    assert!(args.check_whole().is_ok() && args.placed(Places::Part).check_whole().is_err());
    let units = [Unit(0), Unit(1)].into();
    let forecast = Field::point(Period(9), Step(2), units, vec![1.0, 2.0]).unwrap();
    let args = ScoreArgs::new(&[0.0, 2.0], &forecast).unwrap().placed(Places::Grid);
    assert!(message(cells(args)).contains("0 is no PRIO-GRID cell"));
}

#[test]
fn a_row_outside_the_domain_is_named_with_its_values() {
    let forecast = field(1, vec![1.0, -3.0]);
    let args = ScoreArgs::new(&[0.0, 2.0], &forecast).unwrap();
    let log = MeanOf(RowScore::Point(Loss::SquaredLog));
    let reason = message(log.tally(&args));
    assert_eq!(reason, "not defined for unit 101 (forecast -3, observed 2): it needs values above -1");
    let huge = ScoreArgs::rows(&[1e200], &[-1e200], 1, ForecastKind::Point).unwrap();
    assert!(message(MeanOf(RowScore::Point(Loss::Squared)).tally(&huge)).contains("row 1"));
}

#[test]
fn one_pass_gives_each_metric_its_own_and_failures_stay_apart() {
    let forecast = field(1, vec![1.0, -3.0]);
    let args = ScoreArgs::new(&[0.0, 2.0], &forecast).unwrap();
    let (mae, log) = (MeanOf(RowScore::Point(Loss::Absolute)), MeanOf(RowScore::Point(Loss::SquaredLog)));
    let mean = MeanOf(RowScore::Mean);
    let metrics: [&dyn Metric; 4] = [&mae, &log, &Rows, &mean];
    let found = tallies(&metrics, &args);
    let score = |i: usize| metrics[i].score(found[i].as_ref().unwrap()).unwrap();
    assert_eq!((score(0), score(2), score(3)), (3.0, 2.0, -1.0));
    assert!(found[1].as_ref().unwrap_err().to_string().contains("unit 101"));
}

#[test]
fn tallies_of_different_lengths_add() {
    let mut pool = Tally::default();
    pool.add(&Tally(vec![1.0]));
    pool.add(&Tally(vec![2.0, 5.0]));
    assert_eq!((pool.at(0), pool.at(1), pool.at(2)), (3.0, 5.0, 0.0));
}
