//! Tracks to try checks on.

use forewarn_core::*;
use forewarn_kernels::random::Stream;

/// A track of final scores from period 500 on.
pub(crate) fn track(scores: &[f64], baseline: &[f64]) -> Track {
    Track {
        subject: "broad_river, crps".to_owned(),
        cadence: Cadence::Month,
        periods: (0..scores.len() as i32).map(|i| Period(500 + i)).collect(),
        scores: scores.to_vec(),
        baseline: baseline.to_vec(),
        provisional: vec![false; scores.len()],
    }
}

/// So many periods of a baseline whose level wanders and of a forecast that is a tenth better, each with noise that
/// is like that of the period before by `memory` (0-1).
pub(crate) fn history(seed: u64, count: u64, memory: f64) -> (Vec<f64>, Vec<f64>) {
    let (mut level, mut noise) = (0.0, 0.0);
    let mut out = (Vec::new(), Vec::new());
    for t in 0..count {
        let normal = |k: u64| {
            let stream = Stream::new(seed, &[t, k]);
            (-2.0 * stream.uniform(0).ln()).sqrt() * (std::f64::consts::TAU * stream.uniform(1)).cos()
        };
        level = 0.7 * level + 0.15 * normal(0);
        noise = memory * noise + (1.0 - memory * memory).sqrt() * normal(1);
        let baseline = f64::exp(level);
        out.0.push(baseline * (0.9 + 0.05 * noise));
        out.1.push(baseline);
    }
    out
}
