//! CSV files, plain, gzipped or zipped, with line numbers and columns found by name.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, Result};

/// An open CSV file.
pub(crate) struct Csv {
    /// For messages.
    pub(crate) file: String,
    reader: csv::Reader<Box<dyn Read>>,
    header: Vec<String>,
}

impl Csv {
    /// Opens `path`; `.gz` and `.zip` (one CSV inside) are unpacked as they are read.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = path.display().to_string();
        let opened = BufReader::with_capacity(1 << 16, File::open(path).map_err(Error::io(path))?);
        let source: Box<dyn Read> = match path.extension().and_then(|e| e.to_str()) {
            Some("gz") => Box::new(MultiGzDecoder::new(opened)),
            Some("zip") => Box::new(Cursor::new(unzip(&file, opened)?)),
            _ => Box::new(opened),
        };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
        let header = reader.headers().map_err(|e| Error::at(&file, 1, format!("no CSV header: {e}")))?;
        // Files of spreadsheets begin with a byte order mark.
        let header =
            header.iter().map(|h| h.trim_start_matches('\u{feff}').trim().to_ascii_lowercase()).collect();
        Ok(Self { file, reader, header })
    }

    /// Position of a column.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == &name.to_ascii_lowercase())
    }

    /// Position of a column that has to be there.
    pub(crate) fn column(&self, name: &str) -> Result<usize> {
        self.find(name).ok_or_else(|| {
            Error::at(
                &self.file,
                1,
                format!("there is no column `{name}`; there are: {}", self.header.join(", ")),
            )
        })
    }

    /// Reads the next row into `row`; `None` at the end. The line is that of the row's first character.
    pub(crate) fn next(&mut self, row: &mut csv::StringRecord) -> Result<Option<u32>> {
        let more = self.reader.read_record(row).map_err(|e| {
            let line = e.position().map_or(0, csv::Position::line);
            Error::at(
                &self.file,
                line,
                format!("is no readable CSV from here on ({e}); fetch or export it again"),
            )
        })?;
        Ok(more.then(|| row.position().map_or(0, |p| p.line() as u32)))
    }

    /// How many fields a row must have.
    pub(crate) fn width(&self) -> usize {
        self.header.len()
    }
}

/// The one CSV file of an archive.
fn unzip(file: &str, source: impl Read + std::io::Seek) -> Result<Vec<u8>> {
    let broken =
        |e: zip::result::ZipError| Error::data(file, format!("is no readable ZIP ({e}); fetch it again"));
    let mut archive = zip::ZipArchive::new(source).map_err(broken)?;
    let names: Vec<String> = archive
        .file_names()
        .map(|n| n.map(std::borrow::Cow::into_owned))
        .collect::<Result<_, _>>()
        .map_err(broken)?;
    let tables: Vec<_> = names.iter().filter(|n| n.to_ascii_lowercase().ends_with(".csv")).collect();
    let [table] = tables[..] else {
        return Err(Error::data(file, format!("should hold one .csv file, it holds: {}", names.join(", "))));
    };
    let mut bytes = Vec::new();
    let mut entry = archive.by_name(table).map_err(broken)?;
    entry
        .read_to_end(&mut bytes)
        .map_err(|e| Error::data(file, format!("`{table}` in it is broken ({e}); fetch it again")))?;
    Ok(bytes)
}

/// A row as text, for the quarantine.
pub(crate) fn show(row: &csv::StringRecord) -> String {
    row.iter().collect::<Vec<_>>().join(",")
}
