//! Histogram trees: columns in bins, and trees that split them to lower a second-order loss.
//!
//! The method of Chen and Guestrin (2016), doi:10.1145/2939672.2939785, as `hist` of `XGBoost`: [`Bins`] are made once of
//! all rows, a [`Grower`] adds up gradients and hessians by bin and splits greedily, and the fitted [`Tree`] reads raw
//! values again. Sums are kept in 64-bit fixed point: they do not depend on the order of the rows, the histogram of a
//! child is exactly its parent's less its sibling's, and equal splits have exactly equal gains.

mod bins;
mod fixed;
mod grow;
mod histogram;
mod sample;
mod shap;
mod split;
#[cfg(test)]
mod tests;
mod tree;

pub use bins::Bins;
pub use grow::{Grower, Grown};
pub use split::Rules;
pub use tree::{Node, Tree};
