//! What can go wrong in the store.

use std::path::{Path, PathBuf};

/// What went wrong, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{path}: {source}{}", cure(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Its answer.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {reason}")]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What was found, what was expected, and the cure.
        reason: String,
    },
    /// Something else is already filed under that name.
    #[error(
        "{path} is already filed with other content (sha256 {filed}, now {offered}); the archive is never changed: file it under another run"
    )]
    Conflict {
        /// Where it is filed.
        path: PathBuf,
        /// Digest of what is there.
        filed: String,
        /// Digest of what was to be filed.
        offered: String,
    },
    /// A server refused or did not answer.
    #[error("{}: {reason}", place.display())]
    Remote {
        /// Address of the object.
        place: PathBuf,
        /// What it said, and the cure.
        reason: String,
        /// Whether trying again later may help.
        temporary: bool,
    },
    /// A field does not fit.
    #[error(transparent)]
    Core(#[from] forewarn_core::Error),
}

impl Error {
    /// An [`Error::Io`] about `path`; for use in `map_err`.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }

    /// An [`Error::Remote`] that stays until somebody does something about it.
    pub(crate) fn remote(place: PathBuf, reason: impl Into<String>) -> Self {
        Self::Remote { place, reason: reason.into(), temporary: false }
    }

    /// An [`Error::Damaged`].
    pub fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.into() }
    }
}

fn cure(source: &std::io::Error) -> &'static str {
    match source.kind() {
        std::io::ErrorKind::StorageFull => "; free some space and run again: finished steps are kept",
        std::io::ErrorKind::PermissionDenied => {
            "; make it writable for this user, or set `output` to another folder"
        }
        _ => "",
    }
}

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;
