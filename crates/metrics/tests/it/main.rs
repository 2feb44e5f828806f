//! What the metrics and the kernels say against what others say.
//!
//! The kernels are tested here because they know slices and numbers only: no case files.

mod cases;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod kernels;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod page;
#[cfg(test)]
mod settings;
