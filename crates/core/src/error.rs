//! One error for the pure crates; variants say whose fault it is.

/// What went wrong, by who can mend it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller asked for something that does not exist or does not fit.
    #[error("{component}: {reason}")]
    Config {
        /// Catalog name of the component, or the word of the setting.
        component: String,
        /// What is wrong, what was given and what exists instead.
        reason: String,
    },
    /// The input data breaks a documented precondition.
    #[error("data: {reason}")]
    Data {
        /// Which units, columns or periods, and what was expected.
        reason: String,
    },
    /// A numerical routine did not get there.
    #[error("{component}: {reason}")]
    Numeric {
        /// Catalog name of the component.
        component: String,
        /// Iterations, residual, and so on.
        reason: String,
    },
}

impl Error {
    /// A [`Error::Config`] of `component`.
    pub fn config(component: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Config { component: component.into(), reason: reason.into() }
    }

    /// A [`Error::Data`].
    pub fn data(reason: impl Into<String>) -> Self {
        Self::Data { reason: reason.into() }
    }

    /// A [`Error::Numeric`] of `component`.
    pub fn numeric(component: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Numeric { component: component.into(), reason: reason.into() }
    }
}

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;
