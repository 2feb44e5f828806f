//! Which program made a run.

use forewarn_store::Digest;
use serde::{Deserialize, Serialize};

/// Which program runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Version and revision, for provenance.
    pub revision: String,
    /// Digest of the program itself: another program makes every step anew.
    pub digest: String,
}

impl Code {
    /// The program that is running.
    ///
    /// # Errors
    /// When it cannot read its own file.
    pub fn current() -> std::io::Result<Self> {
        let path = std::env::current_exe()?;
        let digest = Digest::of_file(&path).map_err(std::io::Error::other)?;
        let revision = format!("{}+{}", env!("CARGO_PKG_VERSION"), env!("FOREWARN_REVISION"));
        Ok(Self { revision, digest: digest.to_string() })
    }
}
