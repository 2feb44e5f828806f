//! Which format a file or a stream of bytes has.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, Result};

/// What Parquet begins with.
const PARQUET: &[u8] = b"PAR1";
/// What gzip begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// What ZIP begins with, and with it the files of spreadsheets.
const ZIP: &[u8] = b"PK\x03\x04";
/// The byte order mark that files of spreadsheets begin with.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Content whose format is known.
pub(super) enum Source<'a> {
    /// A JSON document.
    Json(Cow<'a, [u8]>),
    /// CSV text.
    Csv(Cow<'a, [u8]>),
    /// A Parquet file, open at its start.
    Parquet(File),
}

impl Source<'_> {
    /// The file at `path`: by its extension, and where that says nothing by its first bytes.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let lower = name.to_ascii_lowercase();
        let has = |extension: &str| Path::new(&lower).extension().is_some_and(|e| e == extension);
        if has("parquet") {
            return Ok(Self::Parquet(File::open(path).map_err(Error::io(path))?));
        }
        let mut bytes = fs::read(path).map_err(Error::io(path))?;
        if has("gz") {
            bytes = unpack(&bytes, &name)?;
        }
        let inner = Path::new(lower.strip_suffix(".gz").unwrap_or(&lower));
        match inner.extension().and_then(|e| e.to_str()) {
            Some("json") => Ok(Self::Json(text(Cow::Owned(bytes), &name)?)),
            Some("csv") => Ok(Self::Csv(text(Cow::Owned(bytes), &name)?)),
            _ => Self::of(Cow::Owned(bytes), &name),
        }
    }
}

impl<'a> Source<'a> {
    /// Bytes by what they begin with, unpacked if they are gzipped.
    pub(super) fn of_bytes(bytes: &'a [u8], name: &str) -> Result<Self> {
        Self::of(Cow::Borrowed(bytes), name)
    }

    fn of(bytes: Cow<'a, [u8]>, name: &str) -> Result<Self> {
        let bytes = if bytes.starts_with(GZIP) { Cow::Owned(unpack(&bytes, name)?) } else { bytes };
        if bytes.starts_with(PARQUET) {
            return Ok(Self::Parquet(spill(&bytes)?));
        }
        let bytes = text(bytes, name)?;
        let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
        Ok(if matches!(first, Some(b'{' | b'[')) { Self::Json(bytes) } else { Self::Csv(bytes) })
    }
}

/// Text without its byte order mark; refuses what cannot be text.
fn text<'a>(mut bytes: Cow<'a, [u8]>, name: &str) -> Result<Cow<'a, [u8]>> {
    if bytes.starts_with(MARK) {
        bytes = match bytes {
            Cow::Borrowed(all) => Cow::Borrowed(&all[MARK.len()..]),
            Cow::Owned(mut all) => Cow::Owned(all.split_off(MARK.len())),
        };
    }
    if bytes.trim_ascii().is_empty() {
        return Err(Error::data(name, "is empty; give JSON, CSV or Parquet"));
    }
    if bytes.starts_with(ZIP) {
        let reason = "is a ZIP archive or a spreadsheet; unpack it, or save it as CSV";
        return Err(Error::data(name, reason));
    }
    Ok(bytes)
}

fn unpack(bytes: &[u8], name: &str) -> Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes)
        .read_to_end(&mut unpacked)
        .map_err(|e| Error::data(name, format!("is no readable gzip ({e}); fetch or pack it again")))?;
    Ok(unpacked)
}

/// Bytes as a file without a name, as the Parquet reader seeks.
fn spill(bytes: &[u8]) -> Result<File> {
    let write = || {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        file.rewind()?;
        Ok(file)
    };
    write().map_err(Error::io(&std::env::temp_dir()))
}
