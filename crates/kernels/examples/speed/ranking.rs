//! How scores rank events.

use forewarn_kernels::ranking::auc_ap as areas;

use crate::{Kernel, data};

/// Both areas for `n` scores of `f32` and events in about one in ten.
pub(crate) fn auc_ap(n: usize, _: usize) -> Kernel {
    let scores: Vec<f32> = data::uniform(1, n).map(|u| u as f32).collect();
    let chances = data::uniform(2, n).zip(&scores);
    let labels: Vec<bool> = chances.map(|(u, &score)| u < 0.2 * f64::from(score)).collect();
    Box::new(move || {
        let areas = areas(&scores, &labels, &[]);
        areas.roc_auc + areas.average_precision
    })
}
