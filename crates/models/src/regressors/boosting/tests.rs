//! Boosting on data.

use forewarn_kernels::trees::Node;
use serde_json::json;

use super::*;

fn columns(count: usize) -> Arc<[String]> {
    (0..count).map(|c| format!("x{c}")).collect()
}

fn build(settings: &serde_json::Value) -> Box<dyn Regressor> {
    (ENTRY.build)(settings).unwrap()
}

fn fit(settings: &serde_json::Value, rows: &DesignMatrix, labels: &[f32], weights: &[f32]) -> Boosted {
    let at: Vec<u32> = (0..rows.len() as u32).collect();
    let labels = Labels::new(&at, labels, weights, rows.len()).unwrap();
    let prepared = build(settings).prepare(&PrepareArgs::new(rows, weights).unwrap()).unwrap();
    let fitted = prepared.fit(&LabelArgs::new(labels, 7)).unwrap();
    Boosted::read(&fitted.state().unwrap()).unwrap()
}

/// 200 rows of small integers with missing values; labels with many zeros.
fn integers() -> (DesignMatrix, Vec<f32>, Vec<f32>) {
    let (mut values, mut labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..200 {
        let (a, b, c) = (i * 7 % 11, i * 5 % 13, i * i % 17);
        values.extend([a as f32, if i % 10 == 3 { f32::NAN } else { b as f32 }, c as f32]);
        let b = if i % 10 == 3 { 6 } else { b };
        labels.push((if c > 8 { a + b } else { 0 } + if i % 9 == 0 { 3 } else { 0 }) as f32);
        weights.push((1 + i % 3) as f32);
    }
    (DesignMatrix::new(columns(3), values).unwrap(), labels, weights)
}

#[test]
fn predictions_are_those_of_xgboost() {
    // XGBoost 3.2.0, `tree_method="hist"`, with the same settings and `base_score` the weighted mean label.
    let peers: [(&str, [f32; 7]); 4] = [
        ("squared", [2.44522, 0.136_039, 8.55515, 9.46006, 0.878_813, 0.089_708_4, 0.111_326]),
        ("poisson", [2.56413, 0.379_412, 8.36689, 9.4743, 0.664_119, 0.379_412, 0.424_009]),
        ("tweedie", [1.55344, 0.020_596_1, 8.26972, 9.32542, 1.0477, 0.077_747_9, 0.014_625]),
        ("logistic", [0.23004, 0.032_274_7, 0.991_195, 0.983_692, 0.326_608, 0.043_877, 0.059_406_7]),
    ];
    let (rows, labels, weights) = integers();
    for (loss, expected) in peers {
        let labels: Vec<f32> =
            labels.iter().map(|&y| if loss == "logistic" { f32::from(u8::from(y > 0.0)) } else { y }).collect();
        let settings = json!({
            "loss": loss, "rounds": 20, "max-depth": 4, "learning-rate": 0.3, "min-child-weight": 2.0, "l2": 1.5,
            "min-split-loss": 0.1, "max-delta-step": if loss == "poisson" { 0.7 } else { 0.0 },
        });
        let found = fit(&settings, &rows, &labels, &weights).predict(&rows).unwrap();
        for (i, expected) in [0, 1, 13, 27, 63, 100, 199].into_iter().zip(expected) {
            let size = expected.abs().max(0.01);
            assert!((found[i] - expected).abs() < 1e-5 * size, "{loss}, row {i}: {} {expected}", found[i]);
        }
    }
}

/// Splits, without what nodes add, and what they add.
fn shape(model: &Boosted) -> (Vec<Node>, Vec<f32>) {
    let nodes = || model.trees.iter().flat_map(Tree::nodes);
    let split = |node: &Node| Node { value: 0.0, cover: 0.0, gain: 0.0, ..*node };
    (nodes().map(split).collect(), nodes().map(|n| n.value).collect())
}

#[test]
fn equal_rows_may_be_merged() {
    let (rows, labels, _) = integers();
    let copies = |i: usize| 1 + i % 4;
    let mut many = Vec::new();
    let (mut many_labels, mut means) = (Vec::new(), Vec::new());
    for (i, &y) in labels.iter().enumerate() {
        let of_row: Vec<f32> = (0..copies(i)).map(|k| y + (k * 2) as f32).collect();
        means.push(of_row.iter().sum::<f32>() / of_row.len() as f32);
        (0..copies(i)).for_each(|_| many.extend_from_slice(rows.row(i)));
        many_labels.extend(of_row);
    }
    let many = DesignMatrix::new(columns(3), many).unwrap();
    let counts: Vec<f32> = (0..labels.len()).map(|i| copies(i) as f32).collect();
    for loss in ["squared", "poisson", "tweedie"] {
        let settings = json!({"loss": loss, "rounds": 15, "max-depth": 4});
        let (splits, values) = shape(&fit(&settings, &many, &many_labels, &vec![1.0; many.len()]));
        let merged = shape(&fit(&settings, &rows, &means, &counts));
        assert_eq!(merged.0, splits, "{loss}");
        assert!(merged.1.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-5), "{loss}");
    }
}

/// A smooth function of two of four columns.
fn smooth(count: usize, seed: u64) -> (DesignMatrix, Vec<f32>) {
    let stream = forewarn_kernels::random::Stream::new(seed, &[]);
    let values: Vec<f32> = (0..count * 4).map(|i| stream.uniform(i as u64) as f32).collect();
    let truth = |x: &[f32]| (6.0 * x[0]).sin() + 2.0 * x[0] * x[2];
    let labels = values.chunks_exact(4).map(truth).collect();
    (DesignMatrix::new(columns(4), values).unwrap(), labels)
}

#[test]
fn a_smooth_function_is_learned_and_its_columns_are_found() {
    let ((rows, labels), (new, truth)) = (smooth(2000, 1), smooth(500, 2));
    let error = |settings: &serde_json::Value| {
        let model = fit(settings, &rows, &labels, &vec![1.0; rows.len()]);
        let found = model.predict(&new).unwrap();
        let squares = found.iter().zip(&truth).map(|(f, y)| f64::from(f - y).powi(2)).sum::<f64>();
        ((squares / truth.len() as f64).sqrt(), model.gain())
    };
    let (all, gain) = error(&json!({}));
    assert!(all < 0.08, "{all}");
    assert!(gain[0] > 50.0 * gain[1] && gain[2] > 50.0 * gain[3], "{gain:?}");
    let (some, _) = error(&json!({"row-share": 0.5, "column-share": 0.75}));
    assert!(some < 0.12, "{some}");
    assert!(error(&json!({"max-depth": 1})).0 > 2.0 * all, "stumps add up: they know no products");
}

#[test]
fn watched_labels_stop_early_and_keep_the_best_round() {
    let (rows, labels) = smooth(300, 3);
    let noisy: Vec<f32> = labels.iter().enumerate().map(|(i, y)| y + ((i * 37 % 19) as f32 - 9.0) / 4.0).collect();
    let at: Vec<u32> = (0..300).collect();
    let ones = vec![1.0; 300];
    let train = Labels::new(&at[..200], &noisy[..200], &ones[..200], 300).unwrap();
    let watch = Labels::new(&at[200..], &noisy[200..], &ones[200..], 300).unwrap();
    let trees = |rounds: usize, patience: usize| {
        let settings =
            json!({"rounds": rounds, "early-stopping-rounds": patience, "learning-rate": 0.3, "l2": 0.0});
        let prepared = build(&settings).prepare(&PrepareArgs::new(&rows, &ones).unwrap()).unwrap();
        let state = prepared.fit(&LabelArgs::new(train, 1).watching(watch)).unwrap().state().unwrap();
        Boosted::read(&state).unwrap()
    };
    let stopped = trees(100, 5);
    let best = stopped.trees.len();
    assert!((1..90).contains(&best), "{best}");
    assert_eq!(trees(100, 0).trees.len(), 100);
    assert_eq!(trees(best, 0), stopped);
    let loss = |model: &Boosted| {
        let found = model.predict(&rows).unwrap();
        found[200..].iter().zip(&noisy[200..]).map(|(f, y)| f64::from(f - y).powi(2)).sum::<f64>()
    };
    let others = (1..=best + 5).map(|n| loss(&trees(n, 0)));
    assert!(others.into_iter().all(|l| l >= loss(&stopped)));
}

#[test]
fn wrong_settings_and_labels_are_refused_with_their_cure() {
    let refused = |settings: serde_json::Value| (ENTRY.build)(&settings).unwrap_err().to_string();
    assert!(refused(json!({"learning-rate": 0.0})).contains("`learning-rate` is 0; it is above 0, at most 1"));
    assert!(refused(json!({"tweedie-power": 2.0})).contains("`tweedie-power` is 2"));
    assert!(refused(json!({"bins": 257})).contains("`bins` is 257; it is 3-256"));
    assert!(refused(json!({"max-delta-step": -1.0})).contains("`max-delta-step` is -1"));
    for name in ["rounds", "max-depth", "row-share", "column-share"] {
        assert!(refused(json!({name: 0})).contains(name));
    }
    assert!(refused(json!({"loss": "huber"})).contains("huber"));
    let (rows, labels) = smooth(30, 1);
    let at: Vec<u32> = (0..30).collect();
    let ones = vec![1.0; 30];
    let prepared = build(&json!({"loss": "poisson"})).prepare(&PrepareArgs::new(&rows, &ones).unwrap()).unwrap();
    let negative: Vec<f32> = labels.iter().map(|y| y - 5.0).collect();
    let e = prepared.fit(&LabelArgs::new(Labels::new(&at, &negative, &ones, 30).unwrap(), 1)).unwrap_err();
    assert!(e.to_string().contains("label 0 is -"), "{e}");
}

#[test]
fn probabilities_are_said_to_be_some() {
    assert_eq!(build(&json!({"loss": "logistic"})).predicts(), Predicts::Probability);
    assert_eq!(build(&json!({})).predicts(), Predicts::Mean);
}

#[test]
fn rare_events_are_learned_with_bounded_steps() {
    let step = |loss, max_delta_step| Boosting { loss, max_delta_step, ..Boosting::default() }.step();
    let defaults = [Loss::Squared, Loss::Poisson, Loss::Tweedie, Loss::Logistic].map(|loss| step(loss, None));
    assert_eq!((defaults, step(Loss::Logistic, Some(0.0))), ([0.0, 0.7, 0.0, 3.0], 0.0));
    // 10 of 4000 rows see an event, and one column tells which: the second-order step there is 400 wide.
    let rows = DesignMatrix::new(columns(1), (0..4000).map(|i| f32::from(i % 400 == 0)).collect()).unwrap();
    let labels: Vec<f32> = rows.values().to_vec();
    let margin = |max_delta_step: Option<f64>| {
        let settings = json!({
            "loss": "logistic", "max-delta-step": max_delta_step, "rounds": 1, "learning-rate": 1.0, "l2": 0.0,
            "min-child-weight": 0.0,
        });
        let model = fit(&settings, &rows, &labels, &[1.0; 4000]);
        let margins = model.trees[0].nodes().iter().map(|n| f64::from(n.value));
        margins.fold(f64::MIN, f64::max)
    };
    assert_eq!(margin(None), 3.0);
    assert!((margin(Some(0.0)) - 400.0).abs() < 2.0, "{}", margin(Some(0.0)));
}
