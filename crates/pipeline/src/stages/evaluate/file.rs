//! The tallies of a forecast as a file: JSON, compressed, because most rows are zeros and most tallies alike.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Its name.
pub(crate) const TALLIES: &str = "tallies.json.gz";
/// Bytes that are compressed at a time.
const PIECE: usize = 1 << 18;

/// Writes tallies; the same tallies are the same bytes.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn write<T: Serialize>(path: &Path, tallies: &T) -> Result<()> {
    let failed = Error::io(path);
    let save = || -> std::io::Result<()> {
        let encoder = GzEncoder::new(BufWriter::new(File::create(path)?), Compression::fast());
        // Not a number at a time: the encoder clears its buffer at each call, which was a fifth of an evaluation.
        let mut numbers = BufWriter::with_capacity(PIECE, encoder);
        serde_json::to_writer(&mut numbers, tallies)?;
        numbers.into_inner().map_err(std::io::IntoInnerError::into_error)?.finish()?.flush()
    };
    save().map_err(failed)
}

/// Reads them back.
///
/// # Errors
/// A file that cannot be read, or has no tallies.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let load = || -> std::io::Result<T> {
        let mut text = Vec::new();
        GzDecoder::new(fs::File::open(path)?).read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    };
    load().map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Period, Tally};

    use super::*;
    use crate::scores::{Group, GroupSlices, OriginTallies, Slices};

    #[test]
    fn what_was_written_is_read_to_the_last_bit() {
        let parts = vec![Ok(Tally(vec![3.0, 0.1 + 0.2, f64::MIN_POSITIVE])), Err("why".to_owned())];
        let tallies = [("mae".to_owned(), parts)].into_iter().collect();
        let slices = Slices { rows: vec![3, 1], tallies: [("a".to_owned(), tallies)].into_iter().collect() };
        let groups = vec![GroupSlices { group: Group::Country, key: 7, slices: slices.clone() }];
        let all = OriginTallies { origin: Period(9), whole: slices, groups, failures: vec!["b".to_owned()] };
        let folder = tempfile::tempdir().unwrap();
        let paths = ["one.gz", "two.gz"].map(|name| folder.path().join(name));
        for path in &paths {
            write(path, &all).unwrap();
        }
        assert_eq!(read::<OriginTallies>(&paths[0]).unwrap(), all);
        assert_eq!(fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());
        fs::write(&paths[0], b"no gzip").unwrap();
        assert!(read::<OriginTallies>(&paths[0]).unwrap_err().to_string().contains("one.gz"));
    }
}
