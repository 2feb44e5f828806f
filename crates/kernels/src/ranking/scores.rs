//! From scores and labels to levels and to the areas below both curves.
use super::keys::{Key, sort};
use super::{average_precision, roc_auc};
use crate::simd::Real;

/// Area under the receiver operating characteristic, and average precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Areas {
    /// See [`roc_auc`]: ties count one half; NaN when there are no events or nothing else, for which xskillscore
    /// answers a number.
    pub roc_auc: f64,
    /// See [`average_precision`]: ties enter together; NaN when there is no event, for which scikit-learn answers 0.
    pub average_precision: f64,
}

/// Both areas from one sort of the scores; `labels` tells the events, and an empty `weights` is 1 for every row.
///
/// Without weights everything is counted in integers: exact, whatever the order of rows. Both are NaN when a score is.
///
/// # Panics
/// When the lengths differ.
pub fn auc_ap<T: Real>(scores: &[T], labels: &[bool], weights: &[f64]) -> Areas {
    if !weights.is_empty() {
        let levels: Vec<[f64; 2]> =
            levels_of(scores, labels, weights).into_iter().map(|l| [l.1, l.2]).collect();
        return Areas { roc_auc: roc_auc(&levels), average_precision: average_precision(&levels) };
    }
    if size_of::<T>() == 4 {
        areas(&Sorted::<u32>::new(scores, labels))
    } else {
        areas(&Sorted::<u64>::new(scores, labels))
    }
}

/// `(level, events, others)` for every distinct score, ascending: their numbers, or the sums of their weights in the
/// order of rows. A single level of NaN when any score is NaN, of which everything that follows is NaN.
///
/// # Panics
/// When the lengths differ.
pub fn levels_of<T: Real>(scores: &[T], labels: &[bool], weights: &[f64]) -> Vec<(f64, f64, f64)> {
    if !weights.is_empty() {
        return weighted_levels(scores, labels, weights);
    }
    if size_of::<T>() == 4 {
        counted_levels(&Sorted::<u32>::new(scores, labels))
    } else {
        counted_levels(&Sorted::<u64>::new(scores, labels))
    }
}

/// The keys of events and of all others, both ascending.
struct Sorted<K> {
    events: Vec<K>,
    others: Vec<K>,
    missing: bool,
}

impl<K: Key> Sorted<K> {
    fn new<T: Real>(scores: &[T], labels: &[bool]) -> Self {
        assert_eq!(scores.len(), labels.len(), "a label a score");
        let number = labels.iter().filter(|&&event| event).count();
        // One place more: every key is written to both, and only the one that is meant moves on.
        let mut events = vec![K::default(); number + 1];
        let mut others = vec![K::default(); labels.len() - number + 1];
        let (mut event, mut other, mut missing) = (0, 0, false);
        for (&score, &label) in scores.iter().zip(labels) {
            let key = K::of(score);
            missing |= score.into().is_nan();
            events[event] = key;
            others[other] = key;
            event += usize::from(label);
            other += usize::from(!label);
        }
        events.pop();
        others.pop();
        if missing {
            return Self { events: Vec::new(), others: Vec::new(), missing };
        }
        let (events, others) = rayon::join(|| sort(events), || sort(others));
        Self { events, others, missing }
    }

    /// Calls `visit(key, events, others)` for every distinct key, descending.
    fn descend(&self, mut visit: impl FnMut(K, u64, u64)) {
        let (mut events, mut others) = (&self.events[..], &self.others[..]);
        while let Some(&key) = events.last().max(others.last()) {
            visit(key, take(&mut events, key), take(&mut others, key));
        }
    }
}

/// Number of keys at the end that equal `key`, which are taken off.
#[inline(always)]
fn take<K: Key>(keys: &mut &[K], key: K) -> u64 {
    let mut left = keys.len();
    while left > 0 && keys[left - 1] == key {
        left -= 1;
    }
    let taken = keys.len() - left;
    *keys = &keys[..left];
    taken as u64
}

/// Both areas, counted.
fn areas<K: Key>(sorted: &Sorted<K>) -> Areas {
    if sorted.missing {
        return Areas { roc_auc: f64::NAN, average_precision: f64::NAN };
    }
    let (mut events, mut others) = (&sorted.events[..], &sorted.others[..]);
    let (mut above, mut won_twice, mut area) = (0_u64, 0_u128, 0.0);
    while let Some(&key) = events.last() {
        // Levels without an event add nothing to either area.
        while let Some((&other, below)) = others.split_last()
            && other > key
        {
            others = below;
        }
        let (hits, tied) = (take(&mut events, key), take(&mut others, key));
        above += hits;
        won_twice += u128::from(hits) * u128::from(2 * others.len() as u64 + tied);
        let alarms = above + (sorted.others.len() - others.len()) as u64;
        area += hits as f64 * above as f64 / alarms as f64;
    }
    let pairs = sorted.events.len() as u128 * sorted.others.len() as u128;
    Areas { roc_auc: won_twice as f64 / (2 * pairs) as f64, average_precision: area / above as f64 }
}

/// Levels with their numbers.
fn counted_levels<K: Key>(sorted: &Sorted<K>) -> Vec<(f64, f64, f64)> {
    if sorted.missing {
        return vec![(f64::NAN, f64::NAN, f64::NAN)];
    }
    let mut levels = Vec::new();
    sorted.descend(|key, events, others| levels.push((key.number(), events as f64, others as f64)));
    levels.reverse();
    levels
}

/// Levels with the sums of their weights.
fn weighted_levels<T: Real>(scores: &[T], labels: &[bool], weights: &[f64]) -> Vec<(f64, f64, f64)> {
    assert!(scores.len() == labels.len() && scores.len() == weights.len(), "a label and a weight a score");
    let mut rows: Vec<(u64, bool, f64)> = scores
        .iter()
        .zip(labels)
        .zip(weights)
        .map(|((&score, &label), &weight)| (u64::of(score), label, weight))
        .collect();
    rows.sort_by_key(|row| row.0);
    if rows.last().is_some_and(|row| row.0 == u64::MAX) {
        return vec![(f64::NAN, f64::NAN, f64::NAN)];
    }
    let level = |tied: &[(u64, bool, f64)]| {
        let sum = |event: bool| tied.iter().filter(|row| row.1 == event).fold(0.0, |sum, row| sum + row.2);
        (tied[0].0.number(), sum(true), sum(false))
    };
    rows.chunk_by(|a, b| a.0 == b.0).map(level).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By definition, from pairs of rows and from thresholds.
    fn twin(scores: &[f64], labels: &[bool], weights: &[f64]) -> Areas {
        let weight = |i: usize| weights.get(i).copied().unwrap_or(1.0);
        let of = |event: bool| (0..scores.len()).filter(move |&i| labels[i] == event);
        let (mut won, mut pairs, mut area, mut hits) = (0.0, 0.0, 0.0, 0.0);
        for i in of(true) {
            for j in of(false) {
                pairs += weight(i) * weight(j);
                let share = if scores[i] > scores[j] {
                    1.0
                } else {
                    f64::from(u8::from(scores[i] == scores[j])) / 2.0
                };
                won += share * weight(i) * weight(j);
            }
            let sum = |all: bool| {
                let down = |&k: &usize| scores[k] >= scores[i] && (all || labels[k]);
                (0..scores.len()).filter(down).map(weight).sum::<f64>()
            };
            if weight(i) > 0.0 {
                area += weight(i) * sum(false) / sum(true);
            }
            hits += weight(i);
        }
        Areas { roc_auc: won / pairs, average_precision: area / hits }
    }

    fn same(a: Areas, b: Areas) -> bool {
        let near = |a: f64, b: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-12;
        near(a.roc_auc, b.roc_auc) && near(a.average_precision, b.average_precision)
    }

    #[test]
    fn ties_that_are_not_neighbours() {
        // Values of scikit-learn 1.9.1; smartcore 0.4.10 answers 0.46 for the area, a trapezoid 0.5214 for the other.
        let scores = [0.5, 0.5, 0.5, 0.2, 0.8, 0.2, 0.2, 0.8, 0.5, 0.5];
        let labels = [0, 1, 0, 1, 1, 0, 1, 0, 0, 1].map(|label| label == 1);
        let areas = auc_ap(&scores, &labels, &[]);
        assert_eq!(areas.roc_auc, 0.42);
        assert!((areas.average_precision - 0.471_428_571_428_571_4).abs() < 1e-15);
        assert_eq!(areas, auc_ap(&scores.map(|x| -1e3 + x as f32), &labels, &[]), "any scores, singles too");
        let levels = levels_of(&scores, &labels, &[]);
        assert_eq!(levels, [(0.2, 2.0, 1.0), (0.5, 2.0, 3.0), (0.8, 1.0, 1.0)]);
        assert_eq!(levels, levels_of(&scores, &labels, &[1.0; 10]));
    }

    #[test]
    fn one_sided() {
        // xskillscore answers 0.1667 for the area without events, scikit-learn 0 for the precision.
        let none = auc_ap(&[0.1_f32, 0.2, 0.9], &[false; 3], &[]);
        assert!(none.roc_auc.is_nan() && none.average_precision.is_nan());
        let all = auc_ap(&[0.1_f32, 0.2, 0.9], &[true; 3], &[]);
        assert!(all.roc_auc.is_nan() && all.average_precision == 1.0);
        let nothing = auc_ap::<f64>(&[], &[], &[]);
        assert!(nothing.roc_auc.is_nan() && nothing.average_precision.is_nan());
    }

    #[test]
    fn a_score_that_is_missing() {
        for weights in [&[][..], &[1.0; 3]] {
            for sign in [1.0, -1.0] {
                let areas = auc_ap(&[0.5, sign * f64::NAN, 0.7], &[false, true, true], weights);
                assert!(areas.roc_auc.is_nan() && areas.average_precision.is_nan());
            }
            assert!(levels_of(&[f32::NAN, 0.5, 0.7], &[false, true, true], weights)[0].1.is_nan());
        }
    }

    proptest! {
        #[test]
        fn areas_by_definition(
            rows in prop::collection::vec((-4_i8..5, any::<bool>(), 0_u8..3), 0..70), skip in 0_usize..2, large in any::<bool>(),
        ) {
            let start = skip.min(rows.len());
            let scores: Vec<f64> = rows.iter().map(|r| f64::from(r.0) * if large { 1e6 } else { 0.125 }).collect();
            let labels: Vec<bool> = rows.iter().map(|r| r.1).collect();
            let weights: Vec<f64> = rows.iter().map(|r| f64::from(r.2) / 2.0).collect();
            let (scores, labels, weights) = (&scores[start..], &labels[start..], &weights[start..]);
            let single: Vec<f32> = scores.iter().map(|&x| x as f32).collect();
            for weights in [&[][..], weights] {
                let expected = twin(scores, labels, weights);
                prop_assert!(same(auc_ap(scores, labels, weights), expected));
                prop_assert!(same(auc_ap(&single, labels, weights), expected));
            }
        }

        #[test]
        fn the_order_of_rows_changes_no_bit(seed in any::<u64>()) {
            let stream = crate::random::Stream::new(seed, &[]);
            let rows = |i: u64| (stream.below(2 * i, 3000) as f32, stream.below(2 * i + 1, 3) == 0);
            let (mut scores, mut labels): (Vec<f32>, Vec<bool>) = (0..9000).map(rows).unzip();
            let forth = auc_ap(&scores, &labels, &[]);
            scores.reverse();
            labels.reverse();
            prop_assert_eq!(forth, auc_ap(&scores, &labels, &[]));
        }
    }
}
