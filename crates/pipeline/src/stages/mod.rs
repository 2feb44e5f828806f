//! The stages of a run, in order; each is one file and one function from what came before to a step's output.

pub mod combine;
pub mod evaluate;
pub mod features;
pub mod fetch;
pub mod forecast;
pub mod maps;
pub mod train;
pub mod validate;
