//! What settings other than the defaults do, worked by hand.

use forewarn_core::{Better, ForecastKind, Metric, Result, ScoreArgs, Tally};
use forewarn_metrics::METRICS;
use serde_json::{Value, json};

fn metric(name: &str, settings: &Value) -> Result<Box<dyn Metric>> {
    let entry = METRICS.iter().find(|e| e.name == name).unwrap();
    (entry.build)(settings)
}

/// The score of rows of draws; one draw a row is a point forecast.
fn score(name: &str, settings: &Value, observed: &[f64], draws: &[&[f64]]) -> Result<f64> {
    let (width, values) = (draws[0].len(), draws.concat());
    let kind = if width == 1 { ForecastKind::Point } else { ForecastKind::Draws };
    let metric = metric(name, settings)?;
    metric.score(&metric.tally(&ScoreArgs::rows(observed, &values, width, kind)?)?)
}

fn close(got: Result<f64>, expected: f64) {
    let got = got.unwrap();
    assert!((got - expected).abs() <= 1e-12 * (1.0 + expected.abs()), "{got}, expected {expected}");
}

fn reason(got: Result<f64>, part: &str) {
    let reason = got.unwrap_err().to_string();
    assert!(reason.contains(part), "{reason}");
}

fn refused(name: &str, settings: &Value, part: &str) {
    let reason = metric(name, settings).unwrap_err().to_string();
    assert!(reason.starts_with(name) && reason.contains(part), "{reason}");
}

#[test]
fn under_views_every_draw_is_a_forecast() {
    let views = json!({"compat": "views"});
    let rows: (&[f64], &[&[f64]]) = (&[1.0, 0.0], &[&[0.0, 4.0], &[0.0, 2.0]]);
    // Errors of the means 1 and 1, of the draws -1, 3, 0, 2.
    for (name, ours, theirs) in [("mse", 1.0, 3.5), ("mae", 1.0, 1.5), ("bias", 1.0, 1.0)] {
        close(score(name, &json!({}), rows.0, rows.1), ours);
        close(score(name, &views, rows.0, rows.1), theirs);
    }
    close(score("rmse", &views, rows.0, rows.1), 3.5_f64.sqrt());
    // One row: the mean has no correlation, draws 0 and 2 for one truth neither.
    reason(score("pearson", &json!({}), &[1.0, 1.0], &[&[0.0, 2.0], &[1.0, 1.0]]), "the truth is constant");
    let (y, x): (&[f64], &[&[f64]]) = (&[0.0, 2.0], &[&[0.0, 1.0], &[1.0, 2.0]]);
    close(score("pearson", &json!({}), y, x), 1.0);
    close(score("pearson", &views, y, x), 0.5_f64.sqrt());
}

#[test]
fn the_quantile_interval_score_of_views_has_twice_the_penalties() {
    let (y, x): (&[f64], &[&[f64]]) = (&[10.0, 2.5], &[&[2.0, 3.0], &[2.0, 3.0]]);
    // Level 0.5: the interval is 2.25 to 2.75; 10 is 7.25 above it.
    close(score("interval-score", &json!({"level": 0.5}), y, x), (0.5 + 4.0 * 7.25 + 0.5) / 2.0);
    let views = json!({"level": 0.5, "compat": "views"});
    close(score("interval-score", &views, y, x), (0.5 + 8.0 * 7.25 + 0.5) / 2.0);
    refused("interval-score", &json!({"level": 1.5}), "`level` is 1.5");
    refused("interval-score", &json!({"compat": "nobody"}), "unknown variant `nobody`");
}

#[test]
fn bins_are_open_above_or_closed() {
    let edges = json!({"edges": [0.0, 1.0, 10.0]});
    // Three bins; two of the four draws share that of the truth.
    close(score("ignorance", &edges, &[5.0], &[&[0.0, 2.0, 3.0, 50.0]]), -(3.0_f64 / 7.0).log2());
    close(score("ignorance", &edges, &[70.0], &[&[0.0, 2.0, 3.0, 50.0]]), -(2.0_f64 / 7.0).log2());
    let closed = json!({"edges": [0.0, 1.0, 10.0], "compat": "views"});
    close(score("ignorance", &closed, &[5.0], &[&[0.0, 2.0, 3.0, 4.0]]), -(4.0_f64 / 6.0).log2());
    close(score("ignorance", &closed, &[5.0], &[&[0.0, 2.0, 3.0, 50.0]]), -(3.0_f64 / 7.0).log2());
    reason(score("ignorance", &closed, &[70.0], &[&[0.0, 2.0, 3.0, 50.0]]), "truth within the edges");
    reason(score("ignorance", &edges, &[-1.0], &[&[0.0, 2.0]]), "truth at or above the first edge");
    refused("ignorance", &json!({"edges": [1.0]}), "`edges`");
    refused("ignorance", &json!({"edges": [1.0, 1.0]}), "`edges`");
}

#[test]
fn the_threshold_of_crps_begins_where_it_is_told() {
    let (y, x): (&[f64], &[&[f64]]) = (&[30.0], &[&[0.0, 40.0]]);
    // Above 25: draws 25 and 40 for 30, mean distance 7.5, less a quarter of 2 x 15 / 2.
    close(score("threshold-crps", &json!({}), y, x), 7.5 - 3.75);
    close(score("threshold-crps", &json!({"threshold": 0.0}), y, x), 20.0 - 10.0);
    close(score("threshold-crps", &json!({"compat": "views"}), y, x), 20.0 - 10.0);
    close(score("crps", &json!({"estimator": "fair"}), y, x), 0.0);
    close(score("crps", &json!({"estimator": "pwm"}), y, x), 0.0);
    close(score("crps", &json!({"estimator": "edf"}), y, x), 10.0);
    refused("crps", &json!({"estimator": "akr"}), "unknown variant `akr`");
}

#[test]
fn zeros_are_refused_skipped_or_divided_by_next_to_nothing() {
    let (y, x): (&[f64], &[&[f64]]) = (&[0.0, 4.0], &[&[1.0], &[3.0]]);
    reason(score("mape", &json!({}), y, x), "a truth of 0 has no percentage error");
    close(score("mape", &json!({"zero": "skip"}), y, x), 0.25);
    close(score("mape", &json!({"zero": "epsilon"}), y, x), f64::midpoint(1.0 / f64::EPSILON, 0.25));
    close(score("smape", &json!({"scale": 200.0}), y, x), 200.0 * (1.0 + 1.0 / 7.0) / 2.0);
    refused("smape", &json!({"scale": 0.0}), "`scale` is 0");
    close(score("mase", &json!({"scale": 2.0}), y, x), 0.5);
    refused("mase", &json!({"scale": -1.0}), "`scale` is -1");
}

#[test]
fn deviances_have_a_domain_and_a_floor() {
    let (y, x): (&[f64], &[&[f64]]) = (&[2.0], &[&[0.0]]);
    reason(score("poisson-deviance", &json!({}), y, x), "it needs forecasts above 0 (see `floor`)");
    close(score("poisson-deviance", &json!({"floor": 1.0}), y, x), 2.0 * (2.0 * 2.0_f64.ln() - 1.0));
    close(score("tweedie-deviance", &json!({"power": 0.0}), y, x), 4.0);
    close(score("tweedie-deviance", &json!({"power": 2.0, "floor": 4.0}), y, x), 2.0 * (2.0_f64.ln() - 0.5));
    refused("tweedie-deviance", &json!({"power": 0.5}), "`power` is 0.5");
    refused("poisson-deviance", &json!({"floor": -1.0}), "`floor` is -1");
}

#[test]
fn logarithms_keep_their_distance_and_weights_of_intervals_their_levels() {
    let half = json!({"epsilon": 0.25});
    close(
        score("log-loss", &half, &[3.0, 0.0], &[&[0.0, 0.0], &[0.0, 0.0]]),
        (4.0_f64.ln() - 0.75_f64.ln()) / 2.0,
    );
    refused("log-loss", &json!({"epsilon": 0.5}), "`epsilon` is 0.5");
    refused("log-loss", &json!({"epsilon": 1e-17}), "`epsilon`");
    let (y, x): (&[f64], &[&[f64]]) = (&[6.0], &[&[0.0, 4.0]]);
    // Median 2; the interval of one half is 1 to 3, its score 2 + 4 x 3 = 14.
    close(score("weighted-interval-score", &json!({"levels": [0.5]}), y, x), (2.0 + 0.25 * 14.0) / 1.5);
    close(score("weighted-interval-score", &json!({"levels": []}), y, x), 4.0);
    refused("weighted-interval-score", &json!({"levels": [0.5, 1.0]}), "`level` is 1");
    close(score("pinball", &json!({"level": 0.9}), &[10.0], &[&[4.0]]), 5.4);
    let coverage = metric("coverage", &json!({"level": 0.5})).unwrap();
    assert_eq!(coverage.better(), Better::Near(0.5));
}

#[test]
fn alarms_go_off_at_their_probability() {
    let (y, x): (&[f64], &[&[f64]]) = (&[30.0, 0.0, 0.0], &[&[0.0, 40.0], &[0.0, 0.0], &[30.0, 40.0]]);
    let battle = |probability: f64| json!({"threshold": 25.0, "probability": probability});
    close(score("precision", &battle(0.5), y, x), 0.5);
    reason(score("precision", &json!({"threshold": 100.0}), y, x), "there is no alarm");
    close(score("recall", &battle(0.6), y, x), 0.0);
    close(score("accuracy", &battle(0.6), y, x), 1.0 / 3.0);
    close(score("f1", &battle(0.5), y, x), 2.0 / 3.0);
    close(score("mcc", &battle(0.5), y, x), 0.5);
    reason(score("mcc", &json!({"threshold": 100.0}), y, x), "missing altogether");
    refused("recall", &json!({"probability": 1.5}), "`probability` is 1.5");
    close(score("brier", &json!({"threshold": 30.0}), y, x), (0.25 + 1.0) / 3.0);
    close(score("brier", &json!({"threshold": 30.0, "strict": true}), y, x), (0.25 + 0.25) / 3.0);
}

#[test]
fn joint_scores_see_draws_across_units_and_bound_their_work() {
    // Draws that move together, and the same draws against each other: only the joint scores tell.
    let (together, against): (&[&[f64]], &[&[f64]]) =
        (&[&[0.0, 4.0], &[0.0, 4.0]], &[&[0.0, 4.0], &[4.0, 0.0]]);
    let y = [0.0, 0.0];
    close(score("crps", &json!({}), &y, together), 1.0);
    close(score("crps", &json!({}), &y, against), 1.0);
    let distance = 32.0_f64.sqrt();
    close(score("energy-score", &json!({}), &y, together), distance / 2.0 - distance / 4.0);
    close(score("energy-score", &json!({}), &y, against), 4.0 - distance / 4.0);
    close(score("energy-score", &json!({"estimator": "fair"}), &y, together), 0.0);
    close(score("variogram-score", &json!({"power": 1.0}), &y, together), 0.0);
    close(score("variogram-score", &json!({"power": 1.0}), &y, against), 2.0 * 16.0);
    reason(
        score("variogram-score", &json!({"max-units": 1}), &y, against),
        "2 units are more than `max-units` = 1",
    );
    refused("variogram-score", &json!({"power": 0.0}), "`power` is 0");
    let weighted = ScoreArgs::rows(&y, &[0.0, 4.0], 1, ForecastKind::Point).unwrap();
    for name in ["energy-score", "variogram-score", "spearman"] {
        let error = metric(name, &json!({})).unwrap().tally(&weighted.weighted(&[1.0, 2.0]).unwrap());
        assert!(error.unwrap_err().to_string().contains("leave them out"), "{name}");
    }
}

#[test]
fn moments_far_from_zero_pool_without_loss() {
    let far = 1e9;
    let f: Vec<f64> = (0..20).map(|i| far + f64::from(i * 7 % 11)).collect();
    let y: Vec<f64> = (0..20).map(|i| far + f64::from(i * 5 % 13)).collect();
    for name in ["pearson", "r2"] {
        let metric = metric(name, &json!({})).unwrap();
        let tally = |from: usize, to: usize| {
            metric
                .tally(&ScoreArgs::rows(&y[from..to], &f[from..to], 1, ForecastKind::Point).unwrap())
                .unwrap()
        };
        let mut pool = Tally::default();
        for (from, to) in [(0, 3), (3, 3), (3, 20)] {
            metric.pool(&mut pool, &tally(from, to));
        }
        let (whole, parts) = (metric.score(&tally(0, 20)).unwrap(), metric.score(&pool).unwrap());
        assert!((whole - parts).abs() < 1e-7, "{name}: {whole} {parts}");
        let near = |v: &[f64]| v.iter().map(|x| x - far).collect::<Vec<f64>>();
        let (f, y) = (near(&f), near(&y));
        let plain = metric.tally(&ScoreArgs::rows(&y, &f, 1, ForecastKind::Point).unwrap()).unwrap();
        assert!((metric.score(&plain).unwrap() - whole).abs() < 1e-7, "{name}");
    }
}
