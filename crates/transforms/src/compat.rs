//! Whose behaviour a transform shows where the reference system's differs.

use forewarn_core::prelude::*;

/// Whose behaviour a transform shows where the reference system's differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compat {
    /// The corrected one: no value from the future, nothing missing becomes a number unasked.
    #[default]
    None,
    /// That of the VIEWS transformation library 2.7.2, to compare with old numbers.
    Views,
}

impl Compat {
    /// Whether the reference's behaviour is asked for.
    pub(crate) fn views(self) -> bool {
        self == Self::Views
    }
}
