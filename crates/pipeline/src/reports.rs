//! The pages of a run beside its forecast: how good, what drifted, what was done.
//!
//! Each is a file that needs nothing else, in the run's folder; they link to each other by name.

pub(crate) mod drift;
pub(crate) mod evaluation;
pub(crate) mod fooled;
mod issued;
pub(crate) mod run;
