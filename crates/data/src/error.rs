//! What can go wrong between the world and a panel; variants say whose fault it is.

use std::path::{Path, PathBuf};

/// What went wrong, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting does not fit.
    #[error("{setting}: {reason}")]
    Config {
        /// Name of the setting.
        setting: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A file holds something else than it should.
    #[error("{file}{}: {reason}", line.map(|l| format!(":{l}")).unwrap_or_default())]
    Data {
        /// Path of the file.
        file: String,
        /// Line (CSV, 1 = header) or row (Parquet, 1 = first), when one is to blame.
        line: Option<u64>,
        /// What was found, what was expected, and the cure.
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
    /// A server did not deliver; what was there before is untouched.
    #[error("{url}: {reason}")]
    Network {
        /// Address without secrets.
        url: String,
        /// What happened, after how many tries.
        reason: String,
        /// Whether trying again later can help (exit code 75).
        temporary: bool,
    },
    /// A word of the core refused.
    #[error(transparent)]
    Core(#[from] forewarn_core::Error),
}

impl Error {
    /// An [`Error::Data`] about a whole file.
    pub fn data(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Data { file: file.into(), line: None, reason: reason.into() }
    }

    /// An [`Error::Data`] about one line or row.
    pub fn at(file: impl Into<String>, line: u64, reason: impl Into<String>) -> Self {
        Self::Data { file: file.into(), line: Some(line), reason: reason.into() }
    }

    /// An [`Error::Io`] about `path`; for use in `map_err`.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }
}

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;
