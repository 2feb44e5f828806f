//! Feature transforms, one file each, and the query sets that chain them.
//!
//! A transform takes a column (periods x units, time outer) and returns one of the same shape. NaN is «not
//! observed»: a transform of what is missing is missing, unless its very purpose is to fill. By default no value
//! depends on a later one; where the reference system differs, [`Compat::Views`] gives its behaviour.
//!
//! A [`QuerySet`] is a named, versioned list of features: source column and chain of transforms, in TOML.

mod compat;
mod countries;
mod fault;
mod feature;
mod link;
mod plan;
mod presence;
mod query_set;
mod rolling;
mod settings;
mod spatial_tree;
mod window;

pub use compat::Compat;
pub use feature::Feature;
pub use link::Link;
pub use query_set::QuerySet;

forewarn_core::catalog! {
    /// Every feature transform.
    pub static TRANSFORMS: [Transform] = [
        at_least, country_lag, decay, delta, fill, log1p, moving_average, moving_sum, replace_missing,
        space_time_distance, spatial_lag, time_lag, time_since, tree_lag,
    ];
}
