//! Worked cases, laws and comparisons over the whole catalog.

mod examples;
mod laws;
mod query_sets;
mod reference;
mod support;
