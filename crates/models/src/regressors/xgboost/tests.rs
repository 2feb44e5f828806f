//! The library and this code say the same, for each objective, with missing values and zeros.

use serde_json::json;
use xgboost_rs::Booster;

use super::super::linear::cases::{matrix, numbers};
use super::matrix::dense;
use super::*;

const OBJECTIVES: [Objective; 4] =
    [Objective::SquaredError, Objective::Poisson, Objective::Tweedie, Objective::Logistic];

/// 400 rows of 3 columns with zeros and missing values; the third column says nothing.
fn rows() -> DesignMatrix {
    let holes = numbers(7, 1200);
    let values = numbers(5, 1200).into_iter().zip(holes).map(|(v, h)| match h {
        h if h < 1.0 => f32::NAN,
        h if h < 3.0 => 0.0,
        _ => v,
    });
    matrix(3, values.collect())
}

/// Labels that depend on the first two columns, on zeros and on missing values.
fn labels(rows: &DesignMatrix, objective: Objective) -> Vec<f32> {
    let signal = rows.rows().zip(numbers(11, 400)).map(|(x, e)| {
        let first = if x[0].is_nan() { 5.0 } else { x[0] };
        (first + if x[1] == 0.0 { 6.0 } else { 0.0 } + e / 4.0).floor()
    });
    signal.map(|y| if objective == Objective::Logistic { f32::from(y > 7.0) } else { y }).collect()
}

fn small(objective: Objective) -> Xgboost {
    Xgboost { objective, rounds: 12, max_depth: 4, learning_rate: 0.2, ..Xgboost::default() }
}

fn prepare(settings: &Xgboost, rows: &DesignMatrix) -> Box<dyn Prepared> {
    settings.prepare(&PrepareArgs::new(rows, &vec![1.0; rows.len()]).unwrap()).unwrap()
}

fn all() -> Vec<u32> {
    (0..400).collect()
}

fn fit(settings: &Xgboost, rows: &DesignMatrix, values: &[f32], seed: u64) -> Result<Box<dyn Regression>> {
    let (all, weights) = (all(), vec![1.0; values.len()]);
    prepare(settings, rows).fit(&LabelArgs::new(Labels::new(&all, values, &weights, 400).unwrap(), seed))
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn trees(regression: &dyn Regression) -> usize {
    let (_, json) = regression.export().unwrap().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let model = &json["learner"]["gradient_booster"]["model"];
    let count = model["trees"].as_array().unwrap().len();
    assert_eq!(model["gbtree_model_param"]["num_trees"], count.to_string());
    assert_eq!(model["tree_info"].as_array().unwrap().len(), count);
    count
}

#[test]
fn predictions_are_those_of_the_library_to_the_last_bit() {
    let rows = rows();
    for objective in OBJECTIVES {
        let fitted = fit(&small(objective), &rows, &labels(&rows, objective), 1).unwrap();
        let (kind, json) = fitted.export().unwrap().unwrap();
        let booster = Booster::load_buffer(&json).unwrap();
        let theirs = booster.predict(&dense(rows.values(), 3).unwrap()).unwrap();
        let ours = fitted.predict(&rows).unwrap();
        assert_eq!((kind, bits(&ours)), ("json", bits(&theirs)), "{objective:?}");
        assert!(ours.iter().any(|v| (v - ours[0]).abs() > 0.1), "{objective:?} learned nothing");
    }
}

#[test]
fn what_is_learned_is_near_the_labels() {
    let rows = rows();
    for objective in OBJECTIVES {
        let settings = Xgboost { rounds: 60, ..small(objective) };
        let labels = labels(&rows, objective);
        let fitted = fit(&settings, &rows, &labels, 1).unwrap();
        let error = |v: &[f32]| v.iter().zip(&labels).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        let mean = labels.iter().sum::<f32>() / 400.0;
        let (ours, constant) = (error(&fitted.predict(&rows).unwrap()), error(&vec![mean; 400]));
        assert!(ours < 0.15 * constant, "{objective:?}: {ours} of {constant}");
    }
}

#[test]
fn zero_is_a_value_and_missing_is_not_zero() {
    let rows = matrix(1, (0..400).map(|i| [f32::NAN, 0.0, 1.0, 2.0][i % 4]).collect());
    let labels: Vec<f32> = (0..400).map(|i| [9.0, 2.0, 5.0, 7.0][i % 4]).collect();
    let settings = Xgboost { rounds: 80, ..Xgboost::default() };
    let found = fit(&settings, &rows, &labels, 1).unwrap().predict(&rows).unwrap();
    for (a, b) in found.iter().zip(&labels) {
        assert!((a - b).abs() < 0.01, "{:?}", &found[..4]);
    }
}

#[test]
fn states_round_trip_to_the_last_bit() {
    let rows = rows();
    for objective in OBJECTIVES {
        let settings = small(objective);
        let fitted = fit(&settings, &rows, &labels(&rows, objective), 1).unwrap();
        let state = fitted.state().unwrap();
        let back = settings.restore(&state).unwrap();
        assert_eq!(bits(&back.predict(&rows).unwrap()), bits(&fitted.predict(&rows).unwrap()));
        assert_eq!((back.state().unwrap(), back.gain()), (state, fitted.gain()));
    }
}

#[test]
fn broken_states_are_refused() {
    let rows = rows();
    let settings = small(Objective::SquaredError);
    let state = fit(&settings, &rows, &labels(&rows, Objective::SquaredError), 1).unwrap().state().unwrap();
    let wrong = |state: &[u8]| settings.restore(state).unwrap_err().to_string();
    assert!(wrong(b"x").contains("too few"));
    assert!(wrong(b"nonsense").contains("version 110"));
    assert!(wrong(&state[..40]).contains("end in the header"));
    assert!(wrong(&state[..state.len() - 9]).contains("no state of `xgboost`"));
    // A tree whose child is its own parent would be walked for ever.
    let text = String::from_utf8_lossy(&state).replacen("\"left_children\":[1,", "\"left_children\":[0,", 1);
    assert!(wrong(text.as_bytes()).contains("is broken"));
}

#[test]
fn other_columns_are_refused() {
    let rows = rows();
    let fitted = fit(&small(Objective::Poisson), &rows, &labels(&rows, Objective::Poisson), 1).unwrap();
    let other = matrix(2, vec![1.0, 2.0]);
    for e in [fitted.predict(&other).unwrap_err(), fitted.contributions(&other).unwrap_err()] {
        assert!(e.to_string().contains("column 2 is nothing, the model was fitted with `c`"), "{e}");
    }
    assert_eq!(fitted.predict(&matrix(3, Vec::new())).unwrap(), Vec::<f32>::new());
}

/// Labels of step `s`: those of the rows `0..400 - s`, from `s` rows later.
fn shifted(values: &[f32], s: usize) -> (Vec<u32>, Vec<f32>) {
    ((0..(400 - s) as u32).collect(), values[s..].to_vec())
}

#[test]
fn fits_side_by_side_in_any_order_are_the_same_bytes() {
    let rows = rows();
    let values = labels(&rows, Objective::Tweedie);
    let settings = Xgboost { subsample: 0.7, columns_by_tree: 0.7, columns_by_node: 0.7, ..small(Objective::Tweedie) };
    let state = |prepared: &dyn Prepared, step: usize| {
        let (at, y) = shifted(&values, step);
        let weights = vec![1.0; y.len()];
        let labels = Labels::new(&at, &y, &weights, 400).unwrap();
        prepared.fit(&LabelArgs::new(labels, step as u64)).unwrap().state().unwrap()
    };
    let alone: Vec<_> = (0..12).map(|step| state(prepare(&settings, &rows).as_ref(), step)).collect();
    assert_ne!(alone[1], alone[2]);
    let shared = prepare(&settings, &rows);
    for step in (0..12).rev() {
        assert_eq!(state(shared.as_ref(), step), alone[step], "in turn, step {step}");
    }
    std::thread::scope(|scope| {
        let (shared, state) = (shared.as_ref(), &state);
        let running: Vec<_> = (0..12).map(|step| scope.spawn(move || state(shared, step))).collect();
        for (step, thread) in running.into_iter().enumerate() {
            assert_eq!(thread.join().unwrap(), alone[step], "side by side, step {step}");
        }
    });
}

#[test]
fn seeds_matter_where_rows_are_sampled_and_nowhere_else() {
    let rows = rows();
    let values = labels(&rows, Objective::Poisson);
    let state = |subsample, seed| {
        let settings = Xgboost { subsample, ..small(Objective::Poisson) };
        fit(&settings, &rows, &values, seed).unwrap().state().unwrap()
    };
    assert_eq!(state(0.5, 1), state(0.5, 1));
    assert_ne!(state(0.5, 1), state(0.5, 2));
    assert_ne!(state(0.5, 1), state(0.5, 1 << 33), "the high half of a seed counts");
    assert_eq!(state(1.0, 1), state(1.0, 2));
}

#[test]
fn a_weight_is_a_count_of_labels() {
    let rows = rows();
    let values = labels(&rows, Objective::Poisson);
    let prepared = prepare(&small(Objective::Poisson), &rows);
    let predicted = |at: &[u32], weights: &[f32]| {
        let values: Vec<f32> = at.iter().map(|&i| values[i as usize]).collect();
        let labels = Labels::new(at, &values, weights, 400).unwrap();
        prepared.fit(&LabelArgs::new(labels, 1)).unwrap().predict(&rows).unwrap()
    };
    let weights: Vec<f32> = (0..400).map(|i| (i % 3) as f32).collect();
    let repeated: Vec<u32> = (0..400).flat_map(|i| vec![i; i as usize % 3]).collect();
    let (weighted, plain) = (predicted(&all(), &weights), predicted(&all(), &[1.0; 400]));
    // Rows without weight may lie between two rows with weight, where only their own values give a cut point.
    let found = predicted(&repeated, &vec![1.0; repeated.len()]);
    for ((a, b), _) in weighted.iter().zip(found).zip(&weights).filter(|(_, w)| **w > 0.0) {
        assert!((a - b).abs() < 1e-4 * b, "{a} and {b}");
    }
    assert!(weighted.iter().zip(plain).any(|(a, b)| (a - b).abs() > 0.05));
    // Rows without a label are rows of weight 0.
    let some: Vec<u32> = (0..300).collect();
    let without: Vec<f32> = (0..400).map(|i| f32::from(i < 300)).collect();
    assert_eq!(bits(&predicted(&some, &[1.0; 300])), bits(&predicted(&all(), &without)));
}

#[test]
fn few_labels_and_repeated_rows_are_learned_too() {
    let rows = rows();
    let prepared = prepare(&Xgboost { min_child_weight: 0.0, ..small(Objective::SquaredError) }, &rows);
    let labels = Labels::new(&[3, 3, 9, 17], &[1.0, 2.0, 8.0, 9.0], &[1.0; 4], 400).unwrap();
    let found = prepared.fit(&LabelArgs::new(labels, 1)).unwrap().predict(&rows).unwrap();
    assert!(found[3] < 4.0 && found[9] > 5.0, "{} {}", found[3], found[9]);
}

#[test]
fn watched_labels_stop_the_training_where_they_were_best() {
    let rows = rows();
    let values = labels(&rows, Objective::SquaredError);
    let settings = Xgboost {
        rounds: 300,
        learning_rate: 0.5,
        early_stopping_rounds: Some(7),
        ..small(Objective::SquaredError)
    };
    let (train, watch): (Vec<u32>, Vec<u32>) = all().iter().partition(|&&i| i % 4 != 0);
    let pick = |at: &[u32]| at.iter().map(|&i| values[i as usize]).collect::<Vec<f32>>();
    let (y, held) = (pick(&train), pick(&watch));
    let run = |prepared: &dyn Prepared, train: &[u32], y: &[f32], watching: bool| {
        let (ones, few) = (vec![1.0; y.len()], vec![1.0; held.len()]);
        let args = LabelArgs::new(Labels::new(train, y, &ones, 400).unwrap(), 1);
        let watched = Labels::new(&watch, &held, &few, 400).unwrap();
        prepared.fit(&if watching { args.watching(watched) } else { args }).unwrap()
    };
    let prepared = prepare(&settings, &rows);
    let stopped = run(prepared.as_ref(), &train, &y, true);
    let best = trees(stopped.as_ref());
    assert!((2..290).contains(&best), "{best}");
    assert_eq!(trees(run(prepared.as_ref(), &train, &y, false).as_ref()), 300, "nothing is watched");
    // What is kept is what as many rounds give, and more or fewer predict the watched labels worse.
    let loss = |r: &dyn Regression| {
        let found = r.predict(&rows).unwrap();
        watch.iter().zip(&held).map(|(&i, y)| f64::from(found[i as usize] - y).powi(2)).sum::<f64>()
    };
    let of = |rounds| {
        let settings = Xgboost { rounds: rounds as u32, early_stopping_rounds: None, ..settings.clone() };
        run(prepare(&settings, &rows).as_ref(), &train, &y, false)
    };
    assert_eq!(stopped.state().unwrap(), of(best).state().unwrap());
    for other in (1..best + 8).filter(|&r| r != best) {
        assert!(loss(of(other).as_ref()) >= loss(stopped.as_ref()), "{other} rounds are better than {best}");
    }
    // Doubled labels go another way inside (an excerpt), and stop too.
    let (train, y) = ([&train[..], &train].concat(), [&y[..], &y].concat());
    let doubled = trees(run(prepared.as_ref(), &train, &y, true).as_ref());
    assert!((2..290).contains(&doubled), "{doubled}");
}

#[test]
fn contributions_add_up_to_the_margin_and_gain_is_where_the_signal_is() {
    let rows = rows();
    for objective in OBJECTIVES {
        let fitted = fit(&small(objective), &rows, &labels(&rows, objective), 1).unwrap();
        let found = fitted.contributions(&rows).unwrap().unwrap();
        for (parts, predicted) in found.values.chunks_exact(4).zip(fitted.predict(&rows).unwrap()) {
            let sum: f32 = parts.iter().sum();
            let linked = match found.scale {
                "identity" => sum,
                "log" => sum.exp(),
                _ => 1.0 / (1.0 + (-sum).exp()),
            };
            assert!((linked - predicted).abs() < 1e-4 * (1.0 + predicted.abs()), "{linked} {predicted}");
        }
        let gain = fitted.gain();
        assert!(gain.len() == 3 && gain[0] > 3.0 * gain[2] && gain[1] > 3.0 * gain[2], "{gain:?}");
        assert!(fitted.contributions(&matrix(3, Vec::new())).unwrap().unwrap().values.is_empty());
    }
}

#[test]
fn labels_outside_what_the_objective_learns_are_refused() {
    let rows = rows();
    for (objective, value, cure) in [
        (Objective::Poisson, -1.0, "of 0 or more"),
        (Objective::Tweedie, -0.5, "of 0 or more"),
        (Objective::Logistic, 2.0, "make the target an event"),
    ] {
        let mut values = vec![1.0; 400];
        values[5] = value;
        let e = fit(&small(objective), &rows, &values, 1).unwrap_err().to_string();
        assert!(e.contains(&format!("label 5 is {value}")) && e.contains(cure), "{e}");
    }
}

#[test]
fn constant_labels_and_empty_columns_are_fine() {
    let rows = matrix(2, numbers(5, 400).into_iter().flat_map(|v| [v, f32::NAN]).collect());
    for objective in OBJECTIVES {
        for value in [0.0, 1.0] {
            let found = fit(&small(objective), &rows, &[value; 400], 1).unwrap().predict(&rows).unwrap();
            assert!(found.iter().all(|v| (v - value).abs() < 1e-3), "{objective:?}, {value}: {}", found[0]);
        }
    }
    // A row of weight 0 has the only value of its column.
    let mut weights = vec![1.0; 400];
    weights[7] = 0.0;
    let lonely = matrix(2, (0..400).flat_map(|i| [i as f32, if i == 7 { 1.0 } else { f32::NAN }]).collect());
    let prepared = small(Objective::Poisson).prepare(&PrepareArgs::new(&lonely, &weights).unwrap()).unwrap();
    let values: Vec<f32> = (0..400).map(|i| (i / 100) as f32).collect();
    let labels = all();
    let labels = Labels::new(&labels, &values, &weights, 400).unwrap();
    let found = prepared.fit(&LabelArgs::new(labels, 1)).unwrap().predict(&lonely).unwrap();
    assert!(found.iter().all(|v| v.is_finite()));
    let e = small(Objective::Poisson).prepare(&PrepareArgs::new(&lonely, &[0.0; 400]).unwrap()).unwrap_err();
    assert!(e.to_string().contains("all rows have weight 0"), "{e}");
}

#[test]
fn settings_are_checked() {
    let refused = |settings| (ENTRY.build)(&settings).unwrap_err().to_string();
    for (settings, said) in [
        (json!({"learning-rate": 0.0}), "`learning-rate` is 0; it must be above 0 and at most 1"),
        (json!({"subsample": 1.5}), "`subsample` is 1.5"),
        (json!({"l2": -1.0}), "`l2` is -1; it must be finite and at least 0"),
        (json!({"rounds": 0}), "`rounds` is 0; it must be from 1"),
        (json!({"max-bin": 1}), "`max-bin` is 1; it must be from 2 to 65536"),
        (json!({"early-stopping-rounds": 0}), "`early-stopping-rounds` is 0"),
        (json!({"tweedie-power": 2.0}), "`tweedie-power` is 2; it must be above 1 and below 2"),
        (json!({"objective": "poisson", "base-score": 0.0}), "`base-score` is 0"),
        (json!({"eta": 0.1}), "unknown field `eta`"),
    ] {
        let e = refused(settings);
        assert!(e.contains(said), "{e}");
    }
    // Each setting is heard by the library, or the fit would fail.
    let every = json!({
        "objective": "tweedie", "tweedie-power": 1.3, "rounds": 3, "learning-rate": 0.07, "max-depth": 3,
        "min-child-weight": 2.5, "l2": 3.25, "l1": 0.15, "gamma": 0.01, "subsample": 0.9, "columns-by-tree": 0.8,
        "columns-by-node": 0.7, "max-bin": 31, "max-delta-step": 0.9, "base-score": 2.5
    });
    let built = (ENTRY.build)(&every).unwrap();
    let rows = rows();
    let values = labels(&rows, Objective::Tweedie);
    let prepared = built.prepare(&PrepareArgs::new(&rows, &[1.0; 400]).unwrap()).unwrap();
    let labels = all();
    let labels = Labels::new(&labels, &values, &[1.0; 400], 400).unwrap();
    assert_eq!(trees(prepared.fit(&LabelArgs::new(labels, 1)).unwrap().as_ref()), 3);
}
