//! Early stopping through the models that offer it.

use forewarn_core::*;
use forewarn_kernels::random::Stream;
use serde_json::{Value, json};

use crate::regressors::REGRESSORS;
use crate::{MODELS, state};

/// Periods of the panel, and the last of training.
const LAST: i32 = 70;
const TRAINED: i32 = 60;

/// Noise about a line: 8 units, a target, a feature that says something of its next two values and one
/// that says nothing. After
/// `change_after` the target is another one.
fn panel(change_after: i32) -> Panel {
    let units: Units = (1..=8).map(Unit).collect();
    let mut panel = Panel::new(Axis::between(Cadence::Month, Period(1), Period(LAST)), units).unwrap();
    let (mut y, mut near, mut noise) = (Vec::new(), Vec::new(), Vec::new());
    for t in 1..=LAST {
        for u in 0..8 {
            let stream = Stream::new(3, &[t as u64, u]);
            let near_at = |t: i32| Stream::new(3, &[t as u64, u]).below(0, 4) as f32;
            let before = near_at(t - 1) + near_at(t - 2);
            let chance = stream.uniform(1) as f32;
            let value = if chance < 0.3 { 0.0 } else { (4.0 * chance + before).floor() };
            y.push(if t > change_after { value * 50.0 + 7.0 } else { value });
            near.push(near_at(t));
            noise.push(stream.uniform(2) as f32);
        }
    }
    for (name, values) in [("y", y), ("near", near), ("noise", noise)] {
        panel.push(name, values).unwrap();
    }
    panel
}

fn part(algorithm: &str, rounds: usize, patience: usize) -> Value {
    let objective = if algorithm == "xgboost" { "objective" } else { "loss" };
    let mut settings =
        json!({ "rounds": rounds, objective: "poisson", "learning-rate": 0.3, "max-depth": 6 });
    if patience > 0 {
        settings["early-stopping-rounds"] = patience.into();
    }
    json!({ "algorithm": algorithm, "settings": settings })
}

fn fitted(name: &str, settings: &Value, panel: &Panel) -> Result<Vec<u8>> {
    let entry = MODELS.iter().find(|e| e.name == name).unwrap();
    let history = panel.until(Period(TRAINED)).unwrap();
    let args = FitArgs::new(history, "y", TargetKind::Count, 5).unwrap().with_steps(Step(2));
    (entry.build)(settings)?.fit(&args.with_features(history).unwrap())?.state()
}

fn stepshift(regressor: &Value, watched: usize) -> Value {
    json!({ "regressor": regressor, "features": ["near", "noise"], "watched-periods": watched })
}

/// Rounds of each step.
fn rounds(model: &str, algorithm: &str, bytes: &[u8]) -> Vec<usize> {
    let entry = REGRESSORS.iter().find(|e| e.name == algorithm).unwrap();
    let (_, parts) = state::read::<Value>(model, bytes).unwrap();
    parts.iter().map(|p| entry.default().unwrap().restore(p).unwrap().rounds().unwrap()).collect()
}

#[test]
fn a_fit_stops_and_then_learns_all_pairs_with_the_best_number_of_rounds() {
    let panel = panel(LAST);
    for entry in REGRESSORS.iter().filter(|e| ["boosting", "xgboost"].contains(&e.name)) {
        let of = |n, patience, watched| {
            fitted("stepshift", &stepshift(&part(entry.name, n, patience), watched), &panel).unwrap()
        };
        let stopped = of(90, 10, 20);
        let best = rounds("stepshift", entry.name, &stopped);
        assert!(best.iter().all(|n| (1..60).contains(n)), "{}: {best:?}", entry.name);
        for (step, &n) in best.iter().enumerate() {
            let (_, parts) = state::read::<Value>("stepshift", &stopped).unwrap();
            let plain = of(n, 0, 0);
            let (_, expected) = state::read::<Value>("stepshift", &plain).unwrap();
            assert!(parts[step] == expected[step], "{}: step {}, {n} rounds", entry.name, step + 1);
        }
        assert_eq!(rounds("stepshift", entry.name, &of(90, 0, 0)), [90, 90]);
    }
}

#[test]
fn nothing_after_the_end_of_training_is_watched() {
    let settings = stepshift(&part("boosting", 90, 10), 20);
    let of = |change_after| fitted("stepshift", &settings, &panel(change_after)).unwrap();
    assert!(of(LAST) == of(TRAINED), "the future is seen");
    assert!(of(LAST) != of(TRAINED - 1), "the last period of training is not");
}

#[test]
fn only_the_part_of_a_hurdle_that_stops_early_watches() {
    let gate = json!({ "algorithm": "boosting", "settings":
        { "loss": "logistic", "rounds": 90, "early-stopping-rounds": 5, "learning-rate": 0.3 } });
    let settings = json!({
        "occurrence": gate, "severity": { "algorithm": "least-squares" }, "features": ["near", "noise"],
        "watched-periods": 20,
    });
    let bytes = fitted("hurdle", &settings, &panel(LAST)).unwrap();
    let (_, parts) = state::read::<Value>("hurdle", &bytes).unwrap();
    let entry = REGRESSORS.iter().find(|e| e.name == "boosting").unwrap();
    let kept = entry.default().unwrap().restore(&parts[0]).unwrap().rounds().unwrap();
    assert!(kept < 60, "{kept}");
    let mut plain = settings;
    plain["watched-periods"] = 0.into();
    plain["occurrence"]["settings"] =
        json!({ "loss": "logistic", "rounds": kept.max(1), "learning-rate": 0.3 });
    let (_, expected) =
        state::read::<Value>("hurdle", &fitted("hurdle", &plain, &panel(LAST)).unwrap()).unwrap();
    assert!(parts[1] == expected[1], "the severity learns all pairs, once");
    assert!(kept == 0 || parts[0] == expected[0]);
}

#[test]
fn where_nothing_can_be_compared_all_rounds_are_done() {
    let mut panel = panel(LAST);
    let mut late = panel.column("y").unwrap().values().to_vec();
    late[..8 * 45].fill(0.0);
    panel.push("late", late).unwrap();
    let history = panel.until(Period(TRAINED)).unwrap();
    let args = FitArgs::new(history, "late", TargetKind::Count, 5).unwrap().with_steps(Step(2));
    let entry = MODELS.iter().find(|e| e.name == "stepshift").unwrap();
    let model = (entry.build)(&stepshift(&part("boosting", 12, 3), 15)).unwrap();
    let bytes = model.fit(&args.with_features(history).unwrap()).unwrap().state().unwrap();
    assert_eq!(
        rounds("stepshift", "boosting", &bytes),
        [12, 12],
        "nothing happened before the watched periods"
    );
}

#[test]
fn what_is_watched_and_what_watches_go_together() {
    let refused =
        |name: &str, settings: &Value| fitted(name, settings, &panel(LAST)).unwrap_err().to_string();
    let blind = refused("stepshift", &stepshift(&json!({ "algorithm": "random-forest" }), 20));
    assert!(blind.contains("`watched-periods` is 20, and `random-forest` cannot watch"), "{blind}");
    assert!(
        refused("stepshift", &stepshift(&part("boosting", 9, 0), 20)).contains("`early-stopping-rounds`")
    );
    let nothing = refused("stepshift", &stepshift(&part("boosting", 9, 3), 0));
    assert!(
        nothing.contains("`boosting` is to stop early") && nothing.contains("set `watched-periods`"),
        "{nothing}"
    );
    let both = refused("hurdle", &json!({ "watched-periods": 20 }));
    assert!(both.contains("`boosting` and `random-forest` cannot watch"), "{both}");
    let short = refused("stepshift", &stepshift(&part("boosting", 9, 3), 60));
    assert!(short.contains("`watched-periods` is 60, the training has 60"), "{short}");
}
