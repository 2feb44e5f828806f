//! Forecasts of whether an event happens: counts of hits and errors, and scores of probabilities.
//!
//! `labels` tells the events; `weights` may be empty, which is 1 for every row. Missing is the caller's concern: a
//! probability that is NaN makes the whole result NaN.
use crate::logarithm::double;
use crate::simd::{Level, Real, chunks, dispatch};

mod confusion;
mod reliability;

pub use confusion::Confusion;
pub use reliability::{Bin, BinSums, Reliability, bin_sums, reliability};

/// Rows handed to a thread at a time.
const CHUNK: usize = 1 << 16;
/// `f64` in a register.
const LANES: usize = 8;

/// Mean of `(p - y)^2` with `y` 1 for an event and 0 otherwise (Brier 1950,
/// doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2); half of what his definition over both classes gives. NaN for no
/// rows.
///
/// # Panics
/// When the lengths differ.
pub fn brier<T: Real>(probabilities: &[T], labels: &[bool], weights: &[f64]) -> f64 {
    mean(probabilities, labels, weights, |p, y, w| brier_chunk(Level::best(), p, y, w))
}

/// Mean of `-ln(p)` for events and `-ln(1 - p)` otherwise, with `p` kept within `epsilon` and `1 - epsilon` (Good 1952,
/// doi:10.1111/j.2517-6161.1952.tb00104.x). NaN for no rows.
///
/// With `epsilon` 0 a probability of 0 for what happens is infinitely bad. scikit-learn takes the precision of the
/// probabilities' type (2.2e-16 for `f64`), earlier versions 1e-15. A probability outside 0 and 1 is NaN, not clipped.
///
/// # Panics
/// When the lengths differ.
pub fn log_loss<T: Real>(probabilities: &[T], labels: &[bool], weights: &[f64], epsilon: f64) -> f64 {
    mean(probabilities, labels, weights, |p, y, w| log_chunk(Level::best(), p, y, w, epsilon))
}

/// Weighted mean from `[sum of weight * score, sum of weights]` of every chunk.
fn mean<T: Real>(
    probabilities: &[T],
    labels: &[bool],
    weights: &[f64],
    chunk: impl Fn(&[T], &[bool], &[f64]) -> [f64; 2] + Sync,
) -> f64 {
    check(probabilities.len(), labels, weights);
    let parts = chunks(labels.len(), CHUNK, |range| {
        let weights = if weights.is_empty() { weights } else { &weights[range.clone()] };
        chunk(&probabilities[range.clone()], &labels[range], weights)
    });
    let [score, weight] = parts.iter().fold([0.0; 2], |sum, part| [sum[0] + part[0], sum[1] + part[1]]);
    score / weight
}

/// Panics when the lengths differ.
fn check(rows: usize, labels: &[bool], weights: &[f64]) {
    assert!(rows == labels.len() && (weights.is_empty() || weights.len() == rows), "lengths differ");
}

dispatch! {
    /// Sums of a chunk for the Brier score.
    fn brier_chunk<T: Real>(p: &[T], y: &[bool], w: &[f64]) -> [f64; 2] = brier_body;
}

#[inline(always)]
fn brier_body<T: Real>(p: &[T], y: &[bool], w: &[f64]) -> [f64; 2] {
    sums(p, y, w, |p, event| {
        let error = p - if event { 1.0 } else { 0.0 };
        error * error
    })
}

dispatch! {
    /// Sums of a chunk for the logarithmic loss.
    fn log_chunk<T: Real>(p: &[T], y: &[bool], w: &[f64], epsilon: f64) -> [f64; 2] = log_body;
}

#[inline(always)]
fn log_body<T: Real>(p: &[T], y: &[bool], w: &[f64], epsilon: f64) -> [f64; 2] {
    sums(p, y, w, |p, event| {
        let forecast = if event { p } else { 1.0 - p };
        let kept = if forecast < epsilon { epsilon } else { forecast };
        let kept = if kept > 1.0 - epsilon { 1.0 - epsilon } else { kept };
        let loss = 0.0 - double::ln(kept);
        if (0.0..=1.0).contains(&p) { loss } else { f64::NAN }
    })
}

/// Sums of `weight * score` and of weights, in lanes.
#[inline(always)]
fn sums<T: Real>(p: &[T], y: &[bool], w: &[f64], score: impl Fn(f64, bool) -> f64) -> [f64; 2] {
    let (mut total, mut weight) = ([0.0_f64; LANES], [0.0_f64; LANES]);
    for (k, (p, y)) in p.chunks(LANES).zip(y.chunks(LANES)).enumerate() {
        let mut here = [1.0; LANES];
        if let Some(w) = w.get(k * LANES..k * LANES + p.len()) {
            here[..p.len()].copy_from_slice(w);
        }
        for i in 0..p.len() {
            total[i] += here[i] * score(p[i].into(), y[i]);
            weight[i] += here[i];
        }
    }
    [total.iter().sum(), weight.iter().sum()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn worked_by_hand() {
        let (p, y) = ([0.0, 1.0, 0.5, 0.25], [false, true, true, true]);
        assert_eq!(brier(&p, &y, &[]), (0.25 + 0.5625) / 4.0);
        assert_eq!(brier(&p, &y, &[1.0, 1.0, 2.0, 0.0]), 0.125);
        let expected = (2.0_f64.ln() + 4.0_f64.ln()) / 4.0;
        assert!((log_loss(&p, &y, &[], 0.0) - expected).abs() < 1e-15);
        assert_eq!(log_loss(&[0.0], &[true], &[], 0.0), f64::INFINITY);
        assert!((log_loss(&[0.0_f32], &[true], &[], 1e-15) - 15.0 * 10.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn clipping_is_what_the_caller_says() {
        // scikit-learn 1.9.1 and its earlier versions for the same forecasts.
        let (p, y) = ([0.0, 1.0, 1.0, 0.0, 0.5], [false, true, false, true, false]);
        assert!((log_loss(&p, &y, &[], f64::EPSILON) - 14.556).abs() < 1e-3);
        assert!((log_loss(&p, &y, &[], 1e-15) - 13.954).abs() < 1e-3);
    }

    #[test]
    fn missing_rows_and_impossible_probabilities() {
        assert!(brier::<f64>(&[], &[], &[]).is_nan() && log_loss::<f32>(&[], &[], &[], 1e-9).is_nan());
        assert!(brier(&[0.5, f64::NAN], &[true, false], &[]).is_nan());
        for bad in [f64::NAN, 1.5, -0.5] {
            assert!(log_loss(&[0.5, bad], &[true, false], &[], 1e-9).is_nan(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn means_by_definition(rows in prop::collection::vec((0.0_f64..=1.0, any::<bool>(), 0.1_f64..2.0), 1..70)) {
            let p: Vec<f64> = rows.iter().map(|r| r.0).collect();
            let y: Vec<bool> = rows.iter().map(|r| r.1).collect();
            let w: Vec<f64> = rows.iter().map(|r| r.2).collect();
            let twin = |score: &dyn Fn(f64, f64) -> f64| {
                let sum: f64 = rows.iter().map(|r| r.2 * score(r.0, f64::from(u8::from(r.1)))).sum();
                sum / w.iter().sum::<f64>()
            };
            let log = |p: f64, y: f64| crate::point::Loss::Log { epsilon: 1e-9 }.of(p, y);
            prop_assert!((brier(&p, &y, &w) - twin(&|p, y| (p - y) * (p - y))).abs() < 1e-14);
            prop_assert!((log_loss(&p, &y, &w, 1e-9) - twin(&log)).abs() < 1e-13);
            let first = (brier_chunk(Level::Portable, &p, &y, &w), log_chunk(Level::Portable, &p, &y, &w, 0.0));
            for level in Level::available() {
                prop_assert_eq!((brier_chunk(level, &p, &y, &w), log_chunk(level, &p, &y, &w, 0.0)), first);
            }
        }
    }
}
