//! Values in bins.

use forewarn_kernels::histogram::{Counts, Edges, counts};

use crate::{Kernel, data};

/// A number that every count enters.
fn checksum(counts: &Counts<u64>) -> f64 {
    let bins = counts.bins.iter().enumerate().map(|(k, &count)| (k + 2) as f64 * count as f64);
    bins.sum::<f64>() + counts.under as f64 - counts.over as f64 + 0.5 * counts.missing as f64
}

/// `n` values of `f32` in the ten bins of the forecasting competition, 0 to 500 fatalities, whatever `m`.
pub(crate) fn uneven(n: usize, _: usize) -> Kernel {
    let values: Vec<f32> = data::counts(1, n).map(|x| x as f32).collect();
    let edges =
        Edges::new(&[0.0, 0.5, 2.5, 5.5, 10.5, 25.5, 50.5, 100.5, 250.5, 500.5, 1000.5]).expect("edges");
    Box::new(move || checksum(&counts(&values, &edges)))
}

/// `n` values of `f32` in `m` equal bins.
pub(crate) fn uniform(n: usize, m: usize) -> Kernel {
    let values: Vec<f32> = data::uniform(1, n).map(|x| (1.02 * x - 0.01) as f32).collect();
    let bins = m.max(1);
    let edges: Vec<f64> = (0..=bins).map(|k| k as f64 / bins as f64).collect();
    let edges = Edges::new(&edges).expect("edges");
    Box::new(move || checksum(&counts(&values, &edges)))
}
