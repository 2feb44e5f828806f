//! One file a command: from arguments to text.

pub(crate) mod components;
pub(crate) mod config;
pub(crate) mod divergence;
pub(crate) mod doctor;
pub(crate) mod fetch;
pub(crate) mod new;
pub(crate) mod pool;
pub(crate) mod promote;
pub(crate) mod reconcile;
pub(crate) mod redteam;
pub(crate) mod run;
pub(crate) mod score;
pub(crate) mod sweep;
