//! Sums over pairs.

use forewarn_kernels::point::{Sums, sums};

use crate::{Kernel, data};

/// A number that every sum enters.
fn checksum(sums: &Sums) -> f64 {
    sums.mse()
        + sums.mae()
        + sums.bias()
        + sums.msle()
        + sums.mean_forecast()
        + sums.mean_observed()
        + sums.r2()
}

/// All sums over `n` pairs of `f32`.
pub(crate) fn fused_f32(n: usize, _: usize) -> Kernel {
    let f: Vec<f32> = data::uniform(1, n).map(|u| (u * 3.0) as f32).collect();
    let y: Vec<f32> = data::counts(2, n).map(|y| y as f32).collect();
    Box::new(move || checksum(&sums(&f, &y, &[])))
}

/// All sums over `n` pairs of `f64`.
pub(crate) fn fused_f64(n: usize, _: usize) -> Kernel {
    let f: Vec<f64> = data::uniform(1, n).map(|u| u * 3.0).collect();
    let y: Vec<f64> = data::counts(2, n).collect();
    Box::new(move || checksum(&sums(&f, &y, &[])))
}
