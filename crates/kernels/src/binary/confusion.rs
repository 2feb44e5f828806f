//! The table of forecasts and events.

use super::check;
use crate::simd::{Real, chunks};

/// Rows handed to a thread at a time.
const CHUNK: usize = 1 << 16;

/// Sums of the weights of rows by what was forecast and what happened.
///
/// Every ratio is NaN where its denominator is 0. scikit-learn answers 0 there and warns (`zero_division`); scores
/// answers NaN.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Confusion {
    /// Forecast and happened.
    pub true_positives: f64,
    /// Forecast and did not happen.
    pub false_positives: f64,
    /// Neither forecast nor happened.
    pub true_negatives: f64,
    /// Not forecast and happened.
    pub false_negatives: f64,
}

impl Confusion {
    /// An event is forecast where the probability is at or above `threshold`. All NaN when a probability is.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn at<T: Real>(probabilities: &[T], labels: &[bool], weights: &[f64], threshold: f64) -> Self {
        let missing = probabilities.iter().any(|&p| p.into().is_nan()) || threshold.is_nan();
        let table = table(probabilities, labels, weights, |p| p.into() >= threshold);
        let [true_positives, false_positives, true_negatives, false_negatives] =
            if missing { [f64::NAN; 4] } else { table };
        Self { true_positives, false_positives, true_negatives, false_negatives }
    }

    /// From forecasts that are yes or no.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn of(forecasts: &[bool], labels: &[bool], weights: &[f64]) -> Self {
        let [true_positives, false_positives, true_negatives, false_negatives] =
            table(forecasts, labels, weights, |forecast| forecast);
        Self { true_positives, false_positives, true_negatives, false_negatives }
    }

    /// Share of rows that were forecast right.
    pub fn accuracy(&self) -> f64 {
        let right = self.true_positives + self.true_negatives;
        right / (right + self.false_positives + self.false_negatives)
    }

    /// Share of forecast events that happened; NaN when none was forecast.
    pub fn precision(&self) -> f64 {
        self.true_positives / (self.true_positives + self.false_positives)
    }

    /// Share of events that were forecast; NaN when none happened.
    pub fn recall(&self) -> f64 {
        self.true_positives / (self.true_positives + self.false_negatives)
    }

    /// Harmonic mean of precision and recall, as `2 TP / (2 TP + FP + FN)`: 0 when only one of them is NaN, and NaN when
    /// no event was forecast and none happened.
    pub fn f1(&self) -> f64 {
        2.0 * self.true_positives / (2.0 * self.true_positives + self.false_positives + self.false_negatives)
    }

    /// Correlation of forecast and event (Matthews 1975, doi:10.1016/0005-2795(75)90109-9), within -1 and 1; NaN when
    /// all forecasts or all events are the same, for which scikit-learn answers 0.
    pub fn mcc(&self) -> f64 {
        let (tp, fp, tn, fn_) =
            (self.true_positives, self.false_positives, self.true_negatives, self.false_negatives);
        // Roots one by one: the product of four sums may overflow.
        let scale = [tp + fp, tp + fn_, tn + fp, tn + fn_].into_iter().map(f64::sqrt).product::<f64>();
        ((tp * tn - fp * fn_) / scale).clamp(-1.0, 1.0)
    }
}

/// True positives, false positives, true negatives, false negatives: weights in the order of rows in fixed chunks.
fn table<T: Copy + Sync>(
    forecasts: &[T],
    labels: &[bool],
    weights: &[f64],
    forecast: impl Fn(T) -> bool + Sync,
) -> [f64; 4] {
    check(forecasts.len(), labels, weights);
    let place = |i: usize| match (forecast(forecasts[i]), labels[i]) {
        (true, true) => 0,
        (true, false) => 1,
        (false, false) => 2,
        (false, true) => 3,
    };
    let parts = chunks(labels.len(), CHUNK, |range| {
        let mut sums = [0.0; 4];
        for i in range {
            sums[place(i)] += weights.get(i).copied().unwrap_or(1.0);
        }
        sums
    });
    let add = |sums: [f64; 4], part: [f64; 4]| std::array::from_fn(|k| sums[k] + part[k]);
    parts.into_iter().fold([0.0; 4], add)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn worked_by_hand() {
        let y = [false, true, false, true, true, false, false, true, false, false];
        let p = [0.1_f32, 0.8, 0.35, 0.4, 0.9, 0.2, 0.6, 0.5, 0.05, 0.3];
        let table = Confusion::at(&p, &y, &[], 0.5);
        let expected = Confusion {
            true_positives: 3.0,
            false_positives: 1.0,
            true_negatives: 5.0,
            false_negatives: 1.0,
        };
        assert_eq!(table, expected, "the threshold itself is a forecast");
        assert_eq!(table, Confusion::of(&p.map(|p| p >= 0.5), &y, &[]));
        assert_eq!(
            (table.accuracy(), table.precision(), table.recall(), table.f1()),
            (0.8, 0.75, 0.75, 0.75)
        );
        assert!((table.mcc() - 14.0 / 24.0).abs() < 1e-15);
        let twice = Confusion::at(&p, &y, &[2.0; 10], 0.5);
        assert!(twice.true_negatives == 10.0 && (twice.mcc() - table.mcc()).abs() < 1e-15);
    }

    #[test]
    fn nothing_to_divide_by_is_not_a_number() {
        let quiet = Confusion::of(&[false; 3], &[false; 3], &[]);
        assert!(
            quiet.precision().is_nan()
                && quiet.recall().is_nan()
                && quiet.f1().is_nan()
                && quiet.mcc().is_nan()
        );
        assert_eq!(quiet.accuracy(), 1.0);
        let alarm = Confusion::of(&[true, false], &[false; 2], &[]);
        assert!(
            alarm.recall().is_nan() && alarm.mcc().is_nan() && alarm.f1() == 0.0 && alarm.precision() == 0.0
        );
        assert!(Confusion::default().accuracy().is_nan());
        assert!(Confusion::at(&[0.5, f64::NAN], &[true, true], &[], 0.5).accuracy().is_nan());
    }

    proptest! {
        #[test]
        fn the_table_counts(rows in prop::collection::vec((0_u8..5, any::<bool>(), 0_u8..3), 0..70), threshold in 0_u8..6) {
            let p: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
            let y: Vec<bool> = rows.iter().map(|r| r.1).collect();
            let w: Vec<f64> = rows.iter().map(|r| f64::from(r.2)).collect();
            let sum = |forecast: bool, event: bool| {
                let rows = rows.iter().filter(|r| (r.0 >= threshold) == forecast && r.1 == event);
                rows.fold(0.0, |sum, r| sum + f64::from(r.2))
            };
            let expected = Confusion {
                true_positives: sum(true, true),
                false_positives: sum(true, false),
                true_negatives: sum(false, false),
                false_negatives: sum(false, true),
            };
            prop_assert_eq!(Confusion::at(&p, &y, &w, f64::from(threshold)), expected);
        }
    }
}
