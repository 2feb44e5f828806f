//! Kernels that score whole columns in one pass, against the outputs that the metrics of the same name agree with.

use forewarn_kernels::binary::{self, Confusion};
use forewarn_kernels::correlation::{Moments, spearman};
use forewarn_kernels::point::{Sums, sums};
use forewarn_kernels::ranking::auc_ap;
use serde_json::Value;

use crate::cases::{Cases, Group, floats};

/// Weights of the rows; none mean 1 everywhere.
fn weights(group: &Group, input: &Value) -> Vec<f64> {
    if group.weighted { floats(&input["w"]) } else { Vec::new() }
}

fn of_points(group: &Group, input: &Value) -> Option<f64> {
    let (f, y, w) = (floats(&input["f"]), floats(&input["y"]), weights(group, input));
    let of = |mean: fn(&Sums) -> f64| Some(mean(&sums(&f, &y, &w)));
    match group.score.as_deref()? {
        "mse" => of(Sums::mse),
        "rmse" => of(Sums::rmse),
        "mae" => of(Sums::mae),
        "bias" => of(Sums::bias),
        "msle" => of(Sums::msle),
        "rmsle" => of(Sums::rmsle),
        "r2" => of(Sums::r2),
        "mean-calibration-ratio" => of(|s| s.mean_forecast() / s.mean_observed()),
        "pearson" => Some(Moments::of(&f, &y, &w).pearson()),
        "spearman" => Some(spearman(&f, &y)),
        _ => None,
    }
}

fn of_probabilities(group: &Group, input: &Value) -> Option<f64> {
    let (p, w) = (floats(&input["p"]), weights(group, input));
    let labels: Vec<bool> = floats(&input["y"]).iter().map(|y| *y == 1.0).collect();
    let of = |ratio: fn(&Confusion) -> f64| Some(ratio(&Confusion::at(&p, &labels, &w, 0.5)));
    let epsilon = group.settings["epsilon"].as_f64().unwrap_or(f64::EPSILON);
    match group.score.as_deref()? {
        "brier" => Some(binary::brier(&p, &labels, &w)),
        "log-loss" => Some(binary::log_loss(&p, &labels, &w, epsilon)),
        "roc-auc" => Some(auc_ap(&p, &labels, &w).roc_auc),
        "average-precision" => Some(auc_ap(&p, &labels, &w).average_precision),
        "accuracy" => of(Confusion::accuracy),
        "precision" => of(Confusion::precision),
        "recall" => of(Confusion::recall),
        "f1" => of(Confusion::f1),
        "mcc" => of(Confusion::mcc),
        _ => None,
    }
}

#[test]
fn columns_agree_with_the_same_peers() {
    let cases: Cases = serde_json::from_str(include_str!("../data/metric_cases.json")).unwrap();
    let mut compared = 0;
    for group in &cases.groups {
        for input in group.outputs.keys().filter(|i| group.differs(i).is_none()) {
            // These kernels skip what is missing; whether that is right, the metric decides.
            if input == "pt_nan" || group.outputs[input].is_array() {
                continue;
            }
            // And this one takes `1 - p` before it clips: at 1 it differs by what `1 - epsilon` is rounded.
            if input == "bin_p01" && group.settings["epsilon"].is_number() {
                continue;
            }
            let columns = &cases.inputs[input];
            let of = if columns.get("f").is_some() { of_points } else { of_probabilities };
            let known = columns.get("f").or(columns.get("p")).and_then(|_| of(group, columns));
            let Some(ours) = known else { continue };
            assert_eq!(group.complaint(input, &[group.converted(ours)], cases.tolerance), None);
            compared += 1;
        }
    }
    assert!(compared > 400, "{compared}");
}
