//! What was noticed about the observations.

use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Looked at, nothing wrong.
    Pass,
    /// To be known.
    Warn,
    /// Stops the run.
    Fail,
}

/// Something noticed, with evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Short name of the rule.
    pub rule: String,
    /// What was found, what was expected, and the cure.
    pub message: String,
    /// How many rows, units or periods.
    pub count: u64,
}

impl Finding {
    /// A finding.
    pub fn new(severity: Severity, rule: &str, count: u64, message: impl Into<String>) -> Self {
        Self { severity, rule: rule.to_owned(), message: message.into(), count }
    }
}
