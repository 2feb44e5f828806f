//! What can stop a run; variants say whose fault it is and which exit code that is.

use std::path::PathBuf;

/// What went wrong, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting, a name or a combination of them is wrong.
    #[error("{place}: {reason}")]
    Config {
        /// File and line, environment variable or flag.
        place: String,
        /// What is wrong, what was given and what exists instead.
        reason: String,
    },
    /// A gate said no: nothing after it was done.
    #[error("gate `{gate}` failed: {reason}")]
    Gate {
        /// Which gate.
        gate: &'static str,
        /// What was found, what was expected, where the evidence lies, and the cure.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another run works in the same output folder.
    #[error("{folder}: another run is at work here; wait for it, or set `output` to another folder")]
    Busy {
        /// The output folder.
        folder: PathBuf,
    },
    /// A source did not deliver.
    #[error(transparent)]
    Data(#[from] forewarn_data::Error),
    /// The store could not read or write.
    #[error(transparent)]
    Store(#[from] forewarn_store::Error),
    /// A component refused.
    #[error(transparent)]
    Core(#[from] forewarn_core::Error),
    /// Parts of the run are missing; the rest is done and filed.
    #[error("the run is done, but {} of it {} missing: {}", missing.len(), if missing.len() == 1 { "part" } else { "parts" }, missing.join("; "))]
    Incomplete {
        /// What is missing and why.
        missing: Vec<String>,
    },
}

impl Error {
    /// An [`Error::Config`] at a place.
    pub fn config(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Config { place: place.into(), reason: reason.into() }
    }

    /// An [`Error::Io`] about `path`; for use in `map_err`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// The exit code: 1 something is missing, 2 usage, 3 gate failed, 75 try again.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config { .. }
            | Self::Data(forewarn_data::Error::Config { .. })
            | Self::Core(forewarn_core::Error::Config { .. }) => 2,
            Self::Gate { .. } => 3,
            Self::Busy { .. }
            | Self::Data(forewarn_data::Error::Network { temporary: true, .. })
            | Self::Store(forewarn_store::Error::Remote { temporary: true, .. }) => 75,
            _ => 1,
        }
    }
}

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;
