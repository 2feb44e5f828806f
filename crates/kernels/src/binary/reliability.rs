//! Whether events happen as often as forecast.

use super::check;
use crate::simd::{Real, chunks};

/// Rows handed to a thread at a time.
const CHUNK: usize = 1 << 16;

/// Rows whose forecast probabilities are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Number of rows.
    pub rows: u64,
    /// Sum of their weights.
    pub weight: f64,
    /// Mean forecast probability; NaN without weight.
    pub forecast: f64,
    /// Observed frequency of the event; NaN without weight.
    pub observed: f64,
}

/// Bins of forecast probability, and the parts of the Brier score that follow from them (Murphy 1973,
/// doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2), with `f` and `o` the mean forecast and the observed frequency
/// of a bin.
///
/// `reliability - resolution + uncertainty` is the Brier score of forecasts replaced by their bin's mean; it is that of
/// the forecasts themselves when those in a bin are all equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    /// Ascending.
    pub bins: Vec<Bin>,
    /// Rows whose probability is NaN or not within 0 and 1: any makes the parts NaN.
    pub invalid: u64,
    /// Weighted mean of `(f - o)^2`: 0 is best.
    pub reliability: f64,
    /// Weighted mean of `(o - overall frequency)^2`: more is better.
    pub resolution: f64,
    /// `frequency (1 - frequency)`, which no forecast changes.
    pub uncertainty: f64,
}

/// Sums over the rows of a bin. Those of parts of the rows add up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BinSums {
    /// Number of rows.
    pub rows: u64,
    /// Their weights.
    pub weight: f64,
    /// Weights times forecast probabilities.
    pub forecast: f64,
    /// Weights of the rows with the event.
    pub events: f64,
}

impl BinSums {
    /// Adds those of other rows.
    pub fn add(&mut self, next: &Self) {
        self.rows += next.rows;
        self.weight += next.weight;
        self.forecast += next.forecast;
        self.events += next.events;
    }
}

/// Reliability over `bins` equally wide bins, half-open except the last, which takes 1.
///
/// # Panics
/// When the lengths differ or there are no bins.
pub fn reliability<T: Real>(
    probabilities: &[T],
    labels: &[bool],
    weights: &[f64],
    bins: usize,
) -> Reliability {
    let sums = bin_sums(probabilities, labels, weights, bins);
    Reliability::of(&sums[..bins], sums[bins].rows)
}

/// Sums for [`reliability`]: of every bin, and last of the rows that have no probability.
///
/// # Panics
/// As [`reliability`].
pub fn bin_sums<T: Real>(probabilities: &[T], labels: &[bool], weights: &[f64], bins: usize) -> Vec<BinSums> {
    check(probabilities.len(), labels, weights);
    assert!(bins > 0, "no bins");
    let parts = chunks(labels.len(), CHUNK, |range| {
        let mut sums = vec![BinSums::default(); bins + 1]; // the last for what is no probability
        for i in range {
            let (p, weight) = (probabilities[i].into(), weights.get(i).copied().unwrap_or(1.0));
            let valid = (0.0..=1.0).contains(&p);
            let bin = if valid { ((p * bins as f64) as usize).min(bins - 1) } else { bins };
            let events = if labels[i] { weight } else { 0.0 };
            sums[bin].add(&BinSums { rows: 1, weight, forecast: weight * p, events });
        }
        sums
    });
    let mut sums = vec![BinSums::default(); bins + 1];
    for part in parts {
        for (sum, part) in sums.iter_mut().zip(part) {
            sum.add(&part);
        }
    }
    sums
}

impl Reliability {
    /// Bins and parts from the sums of the bins, when `invalid` rows had no probability.
    pub fn of(sums: &[BinSums], invalid: u64) -> Self {
        let mut total = BinSums::default();
        for bin in sums {
            total.add(bin);
        }
        let frequency = if invalid > 0 { f64::NAN } else { total.events / total.weight };
        let bin = |s: &BinSums| Bin {
            rows: s.rows,
            weight: s.weight,
            forecast: s.forecast / s.weight,
            observed: s.events / s.weight,
        };
        let bins: Vec<Bin> = sums.iter().map(bin).collect();
        let mean = |term: &dyn Fn(&Bin) -> f64| {
            let filled = bins.iter().filter(|bin| bin.weight != 0.0);
            let sum = filled.map(|bin| bin.weight * term(bin)).sum::<f64>() / total.weight;
            if frequency.is_nan() { f64::NAN } else { sum }
        };
        let reliability = mean(&|bin| (bin.forecast - bin.observed).powi(2));
        let resolution = mean(&|bin| (bin.observed - frequency).powi(2));
        Self { bins, invalid, reliability, resolution, uncertainty: frequency * (1.0 - frequency) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::binary::brier;

    #[test]
    fn worked_by_hand() {
        let p = [0.0, 0.0, 0.5, 0.5, 1.0, 0.25];
        let y = [false, true, true, false, true, false];
        let r = reliability(&p, &y, &[], 2);
        let low = Bin { rows: 3, weight: 3.0, forecast: 0.25 / 3.0, observed: 1.0 / 3.0 };
        let high = Bin { rows: 3, weight: 3.0, forecast: 2.0 / 3.0, observed: 2.0 / 3.0 };
        assert_eq!(r.bins, [low, high], "an edge belongs to the bin above, 1 to the last");
        assert!((r.reliability - 0.03125).abs() < 1e-15 && (r.resolution - 1.0 / 36.0).abs() < 1e-15);
        assert_eq!(r.uncertainty, 0.25);
    }

    #[test]
    fn what_is_no_probability() {
        for bad in [f32::NAN, -0.1, 1.1] {
            let r = reliability(&[0.5, bad], &[true, true], &[], 4);
            assert!(
                r.invalid == 1 && r.reliability.is_nan() && r.resolution.is_nan() && r.uncertainty.is_nan()
            );
        }
        let none = reliability::<f64>(&[], &[], &[], 3);
        assert!(none.reliability.is_nan() && none.uncertainty.is_nan() && none.bins[0].forecast.is_nan());
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_brier_score(rows in prop::collection::vec((0_u8..=10, any::<bool>(), 0.1_f64..2.0), 1..70)) {
            let p: Vec<f64> = rows.iter().map(|r| f64::from(r.0) / 10.0).collect();
            let y: Vec<bool> = rows.iter().map(|r| r.1).collect();
            let w: Vec<f64> = rows.iter().map(|r| r.2).collect();
            let r = reliability(&p, &y, &w, 64);
            prop_assert!((r.reliability - r.resolution + r.uncertainty - brier(&p, &y, &w)).abs() < 1e-12);
        }
    }
}
