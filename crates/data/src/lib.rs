//! Observations become a checked panel: sources, download, geography, validation.
//!
//! Every source gives [`Records`]: rows as they were read, with their line numbers. Validation turns records
//! into a panel and a quarantine; nothing else builds a panel from outside data. Forecasts that others published become
//! fields ([`published`]).

pub mod download;
mod error;
mod finding;
pub mod geography;
pub mod panel_file;
pub mod published;
mod records;
pub mod score_table;
pub mod synthetic;
pub mod table;
mod text;
pub mod ucdp;
pub mod ucdp_api;
pub mod validation;

pub use error::{Error, Result};
pub use records::{Records, Rejected};
