//! Data that is the same in every run.

use forewarn_kernels::random::Stream;

/// Uniform variates in the open interval (0, 1).
pub(crate) fn uniform(seed: u64, n: usize) -> impl Iterator<Item = f64> {
    let stream = Stream::new(seed, &[]);
    (0..n as u64).map(move |i| stream.uniform(i))
}

/// Numbers of a conflict forecast: four in five are 0, the rest have a heavy tail.
pub(crate) fn counts(seed: u64, n: usize) -> impl Iterator<Item = f64> {
    uniform(seed, n).map(|u| if u < 0.8 { 0.0 } else { (0.2 / (1.0 - u)).powf(1.2).floor() })
}
