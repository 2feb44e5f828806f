//! The run.
pub mod report;
