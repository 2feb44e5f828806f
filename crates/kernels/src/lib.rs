//! Slices in, numbers out: the mathematics of forewarn, without its words.
//!
//! Results do not depend on the number of threads, and missing values are the caller's concern unless a
//! kernel says otherwise. Kernels of a row take its draws **ascending**, as `f32` or `f64`, and add up in
//! `f64`; a row whose first and last draw agree is constant and costs O(1), which is what 99 % of the rows
//! of a conflict forecast are.

#![allow(
    clippy::inline_always,
    clippy::needless_range_loop,
    reason = "a call, or a closure, would be compiled without the vector instructions of its surroundings"
)]

pub mod anderson_darling;
pub mod autocorrelation;
pub mod binary;
pub mod bootstrap;
pub mod cbpe;
pub mod cells;
pub mod comparison;
pub mod contingency;
pub mod correlation;
pub mod cramer_von_mises;
pub mod crps;
pub mod cusum;
pub mod distinct;
pub mod divergence;
pub mod draws;
pub mod energy;
pub mod epps_singleton;
pub mod exact_sum;
pub mod exceedance;
pub mod fractions;
pub mod histogram;
pub mod hypergeometric;
pub mod inequality;
pub mod isotonic;
pub mod kolmogorov;
pub mod kolmogorov_smirnov;
pub mod kuiper;
pub mod leading_digits;
pub mod linear;
pub mod logarithm;
pub mod memory;
pub mod mmd;
pub mod multiplicity;
pub mod permutation;
pub mod pit;
pub mod point;
mod prefetch;
pub mod quantile;
pub mod random;
pub mod rank_sum;
pub mod ranking;
pub mod sampling;
pub mod scan;
pub mod separation;
pub mod simd;
pub mod sinkhorn;
pub mod sort;
pub mod special;
pub mod structure;
pub mod trajectories;
pub mod transport;
pub mod trees;
pub mod two_samples;
pub mod variogram;
mod vectors;
pub mod wasserstein;
pub mod welch;
