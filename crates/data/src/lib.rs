//! Observations become a checked panel: sources, download, geography, validation.
//!
//! Every source gives [`Records`]: rows as they were read, with their line numbers. Validation turns records
//! into a panel and a quarantine; nothing else builds a panel from outside data.

mod error;
pub mod geography;
mod records;
pub mod synthetic;

pub use error::{Error, Result};
pub use records::{Records, Rejected};
