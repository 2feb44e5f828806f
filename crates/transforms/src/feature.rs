//! One column of a query set.

use crate::link::Link;

/// A column for a model to learn from.
#[derive(Debug, Clone)]
pub struct Feature {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) transforms: Vec<Link>,
}

impl Feature {
    /// Its name, unique in the query set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The column of the panel it is made of.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What is done to the column, first to last.
    pub fn transforms(&self) -> &[Link] {
        &self.transforms
    }
}
