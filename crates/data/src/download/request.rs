//! What to fetch, what is expected, what came of it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::http::{HeaderName, HeaderValue};

use crate::error::{Error, Result};

/// One file to fetch.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where it is: `https://...` (or `http://...` for servers inside the house).
    pub url: String,
    /// What to show the server; it goes to the host of `url` and to no other.
    pub token: Option<Token>,
    /// The SHA-256 it must have, 64 hexadecimal digits, when that is known.
    pub sha256: Option<String>,
    /// What kind of file it must be.
    pub expect: Expect,
    /// Columns that its table must have; empty = any.
    pub columns: Vec<String>,
    /// Version of the data, for the record.
    pub version: Option<String>,
}

impl Request {
    /// A request without token, checksum, columns and version.
    pub fn new(url: impl Into<String>, expect: Expect) -> Self {
        Self { url: url.into(), token: None, sha256: None, expect, columns: Vec::new(), version: None }
    }
}

/// What kind of file must come; anything else (say, an error page with status 200) is refused as garbage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// A ZIP archive that holds at least one `.csv`.
    Zip,
    /// A table with a header, commas and at least one row.
    Csv,
    /// A gzipped [`Expect::Csv`].
    Gzip,
    /// A JSON document.
    Json,
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "a ZIP archive",
            Self::Csv => "a CSV table",
            Self::Gzip => "a gzipped CSV table",
            Self::Json => "a JSON document",
        })
    }
}

/// A secret and the header it travels in. It is never shown, not even by `{:?}`.
#[derive(Clone)]
pub struct Token {
    pub(super) header: HeaderName,
    pub(super) value: HeaderValue,
}

impl Token {
    /// The secret `value` for header `header`.
    ///
    /// # Errors
    /// [`Error::Config`] when the header's name is none, or the value is empty or cannot stand in a header; the
    /// value itself is not in the message.
    pub fn new(header: &str, value: &str) -> Result<Self> {
        let refuse = |setting: &str, reason: String| Error::Config { setting: setting.to_owned(), reason };
        let header = header
            .parse()
            .map_err(|_| refuse("token-header", format!("{header:?} is not the name of an HTTP header")))?;
        let value = value.trim();
        if value.is_empty() {
            return Err(refuse("token", "it is empty: set it, or leave it out altogether".to_owned()));
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            refuse("token", "it holds characters that no HTTP header can carry: copy it again".to_owned())
        })?;
        value.set_sensitive(true);
        Ok(Self { header, value })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}: ***)", self.header)
    }
}

/// News from a download under way.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// So many bytes of the file are here.
    Bytes {
        /// Bytes here, those of an earlier try included.
        done: u64,
        /// Bytes in all, when the server says so.
        total: Option<u64>,
    },
    /// So many pages are here.
    Pages {
        /// Pages here.
        done: u64,
        /// Pages in all.
        total: u64,
    },
    /// A try failed; the next one follows after a wait.
    Retry {
        /// The try that failed, from 1.
        attempt: u32,
        /// Tries allowed.
        attempts: u32,
        /// How long the wait is.
        wait: Duration,
        /// Why it failed.
        reason: String,
    },
}

/// What came of a fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fetched {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Bytes that an earlier, broken transfer had left and that were not fetched again.
    pub resumed_from: u64,
    /// Requests sent, redirects not counted; 0 when the copy at hand has the checksum asked for.
    pub attempts: u32,
    /// Whether the copy of before is still the newest.
    pub unchanged: bool,
}

/// Where a fetched file came from: the content of `TARGET.source.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Source {
    /// Address, without secrets.
    pub url: String,
    /// Version of the data.
    pub version: Option<String>,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// The server's name for this state of the file.
    pub etag: Option<String>,
    /// When the server last changed it.
    pub last_modified: Option<String>,
    /// When it was fetched, as the caller gave it.
    pub retrieved: Option<String>,
    /// Fields the server sent that the file has no column for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

impl Source {
    /// Whether the server has given this state of the file a name by which we can ask for changes.
    pub(super) fn is_named(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_shows() {
        let token = Token::new("x-token", " s3cret\n").unwrap();
        assert_eq!(token.value, "s3cret");
        let request = Request { token: Some(token), ..Request::new("http://a/b", Expect::Csv) };
        assert!(format!("{request:?}").contains("x-token: ***"));
        assert!(!format!("{request:?}").contains("s3cret"));
        for bad in ["", "  ", "s3cret\ninjected: yes"] {
            assert!(!Token::new("x-token", bad).unwrap_err().to_string().contains("s3cret"), "{bad:?}");
        }
        assert!(Token::new("no header", "x").is_err());
    }
}
