//! The stages of a run, in order; each is one file and one function from what came before to a step's output.

pub(crate) mod backtest;
pub(crate) mod combine;
pub(crate) mod evaluate;
pub(crate) mod features;
pub(crate) mod fetch;
pub(crate) mod forecast;
pub(crate) mod maps;
pub(crate) mod past;
pub(crate) mod scores;
pub(crate) mod train;
pub(crate) mod validate;
