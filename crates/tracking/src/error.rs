//! What can go wrong with a tracker.

use std::path::{Path, PathBuf};

/// What went wrong, where, and what to do about it. No message holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting or what was to be logged is wrong.
    #[error("{what}: {reason}")]
    Wrong {
        /// The setting, or the key of what was logged.
        what: String,
        /// What was found, what was expected.
        reason: String,
    },
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Its answer.
        source: std::io::Error,
    },
    /// A server refused, or did not answer.
    #[error("{address}: {reason}")]
    Server {
        /// Its address and the endpoint.
        address: String,
        /// What it said, and the cure.
        reason: String,
        /// Whether trying again later may help.
        temporary: bool,
    },
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn wrong(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Wrong { what: what.into(), reason: reason.into() }
    }
}

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;
