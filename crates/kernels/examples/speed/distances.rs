//! Distances between distributions.

use forewarn_kernels::divergence::{Divergence, rows};
use forewarn_kernels::wasserstein::w1;

use crate::{Kernel, data};

/// Both divergences of `n` pairs of histograms with `m` bins.
pub(crate) fn jensen_shannon_jeffreys(n: usize, m: usize) -> Kernel {
    let masses = |seed| data::uniform(seed, n * m).collect::<Vec<f64>>();
    let (p, q) = (masses(1), masses(2));
    let wanted = [Divergence::JensenShannon, Divergence::Jeffreys];
    Box::new(move || rows(&p, &q, m, &wanted).iter().flatten().sum())
}

/// The distance between two samples of `n` numbers.
pub(crate) fn wasserstein(n: usize, _: usize) -> Kernel {
    let sample = |seed| data::uniform(seed, n).map(|u| (u / (1.0 - u)).ln()).collect::<Vec<f64>>();
    let (u, v) = (sample(1), sample(2));
    Box::new(move || w1(&u, &v))
}
