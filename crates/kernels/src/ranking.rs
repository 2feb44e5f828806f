//! How well forecast probabilities rank events before non-events, with ties treated exactly.
//!
//! The input is `[events, non-events]` for each level of forecast probability, ascending by level. What shares
//! a level is tied: it enters together, so that the order of rows cannot matter. Counts below 2^53 are exact.

mod keys;
mod scores;

pub use scores::{Areas, auc_ap, levels_of};

/// Average precision: `sum_k (R_k - R_(k-1)) P_k` over the distinct levels from the highest down, with recall
/// `R` and precision `P` of «all down to this level»; no interpolation (Davis and Goadrich 2006,
/// doi:10.1145/1143844.1143874, on why not). NaN when there is no event.
pub fn average_precision(levels: &[[f64; 2]]) -> f64 {
    let (mut hits, mut alarms, mut area) = (0.0, 0.0, 0.0);
    for [events, others] in levels.iter().rev() {
        hits += events;
        alarms += events + others;
        if *events > 0.0 {
            area += events * hits / alarms;
        }
    }
    if hits > 0.0 { area / hits } else { f64::NAN }
}

/// Area under the receiver operating characteristic: the probability that an event has a higher level than a
/// non-event, ties counting one half (Hanley and `McNeil` 1982, doi:10.1148/radiology.143.1.7063747). NaN when
/// there are no events or nothing else.
pub fn roc_auc(levels: &[[f64; 2]]) -> f64 {
    let (mut events_above, mut others_total, mut won) = (0.0, 0.0, 0.0);
    for [events, others] in levels.iter().rev() {
        won += others * (events_above + events / 2.0);
        events_above += events;
        others_total += others;
    }
    let pairs = events_above * others_total;
    if pairs > 0.0 { won / pairs } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn worked_by_hand() {
        // Levels .2, .5, .8 with events 2, 2, 1 and non-events 1, 3, 1.
        let levels = [[2.0, 1.0], [2.0, 3.0], [1.0, 1.0]];
        let expected = (1.0 / 2.0 + 2.0 * 3.0 / 7.0 + 2.0 * 5.0 / 10.0) / 5.0;
        assert!((average_precision(&levels) - expected).abs() < 1e-15);
        assert_eq!(roc_auc(&levels), (0.5 + 3.0 * 2.0 + 1.0 * 4.0) / 25.0);
    }

    #[test]
    fn perfect_tied_and_one_sided() {
        assert_eq!(average_precision(&[[0.0, 90.0], [10.0, 0.0]]), 1.0);
        assert_eq!(roc_auc(&[[0.0, 90.0], [10.0, 0.0]]), 1.0);
        assert_eq!(average_precision(&[[1.0, 3.0]]), 0.25, "all tied: the prevalence");
        assert_eq!(roc_auc(&[[1.0, 3.0]]), 0.5);
        assert!(average_precision(&[[0.0, 5.0], [0.0, 2.0]]).is_nan(), "no event");
        assert_eq!(average_precision(&[[3.0, 0.0]]), 1.0);
        assert!(roc_auc(&[[0.0, 5.0]]).is_nan() && roc_auc(&[[5.0, 0.0]]).is_nan() && roc_auc(&[]).is_nan());
    }

    proptest! {
        #[test]
        fn the_area_counts_pairs(levels in prop::collection::vec([0_u8..4, 0_u8..4], 1..12)) {
            let counts: Vec<[f64; 2]> = levels.iter().map(|c| c.map(f64::from)).collect();
            let (mut won, mut pairs) = (0.0, 0.0);
            for (i, a) in counts.iter().enumerate() {
                for (j, b) in counts.iter().enumerate() {
                    let n = a[0] * b[1];
                    pairs += n;
                    won += n * [0.0, 0.5, 1.0][(i.cmp(&j) as i8 + 1) as usize];
                }
            }
            let area = roc_auc(&counts);
            let close = if pairs == 0.0 { area.is_nan() } else { (area - won / pairs).abs() < 1e-15 };
            prop_assert!(close, "{area}");
        }
    }
}
