//! Slices in, numbers out: the mathematics of forewarn, without its words.
//!
//! Results do not depend on the number of threads, and missing values are the caller's concern unless a
//! kernel says otherwise.

pub mod random;
