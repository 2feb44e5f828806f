//! CSV files, plain, gzipped or zipped, with line numbers and columns found by name.

use std::cell::Cell;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

use crate::records::Rejected;
use crate::{Error, Result};

/// Lines that a row may go on for. Where it takes more, a quote was opened and closed in different rows, and the
/// rows between them would be lost as the text of one field.
const LONGEST_ROW: u64 = 100;
/// Characters of a row that are kept for the quarantine: enough to know it by, however many are left out.
const SHOWN: usize = 500;

/// An open CSV file.
pub(crate) struct Csv {
    /// For messages.
    pub(crate) file: String,
    reader: csv::Reader<Box<dyn Read>>,
    header: Vec<String>,
    fields: csv::StringRecord,
    /// Whether the end of the file has been seen.
    ended: Rc<Cell<bool>>,
}

/// A row of the file.
pub(crate) struct Row<'a> {
    /// Line of its first character; the header's is 1.
    pub(crate) line: u32,
    /// Line of its last character.
    last: u64,
    /// One for each column of the header, if there is no `fault`.
    pub(crate) fields: &'a csv::StringRecord,
    /// Why its fields cannot be believed to be those of the header.
    pub(crate) fault: Option<String>,
}

impl Csv {
    /// Opens `path`; `.gz` and `.zip` (one CSV inside) are unpacked as they are read.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = path.display().to_string();
        let opened = BufReader::with_capacity(1 << 16, File::open(path).map_err(Error::io(path))?);
        let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        let source: Box<dyn Read> = match extension.as_deref() {
            Some("gz") => Box::new(MultiGzDecoder::new(opened)),
            Some("zip") => Box::new(Cursor::new(unzip(&file, opened)?)),
            _ => Box::new(opened),
        };
        // Rows end with the line feed alone, so that lines can be counted: with `CRLF` the reader returns a row
        // before it has passed its end. The carriage return is trimmed from the last field. For the same reason the
        // last line gets a line feed; an empty line is no row.
        let ended = Rc::new(Cell::new(false));
        let source = Watched { source: source.chain(&b"\n"[..]), ended: Rc::clone(&ended) };
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(Box::new(source) as Box<dyn Read>);
        let header = reader.headers().map_err(|e| {
            Error::at(&file, 1, format!("is no CSV header ({e}); fetch it again, or export it as UTF-8 text"))
        })?;
        // Files of spreadsheets begin with a byte order mark.
        let header = header.iter().map(|h| h.trim_start_matches('\u{feff}').trim().to_ascii_lowercase());
        let header: Vec<String> = header.collect();
        if header.iter().all(String::is_empty) {
            return Err(Error::data(file, "is empty; fetch or export it again"));
        }
        Ok(Self { file, reader, header, fields: csv::StringRecord::new(), ended })
    }

    /// Names of the columns, in small letters.
    pub(crate) fn names(&self) -> &[String] {
        &self.header
    }

    /// Position of a column, if it is there.
    pub(crate) fn find(&self, name: &str) -> Result<Option<usize>> {
        let name = name.to_ascii_lowercase();
        let mut positions = self.header.iter().enumerate().filter(|(_, h)| **h == name).map(|(i, _)| i);
        let first = positions.next();
        if let (Some(a), Some(b)) = (first, positions.next()) {
            let reason = format!(
                "columns {} and {} are both called `{name}`; rename or remove one of them",
                a + 1,
                b + 1
            );
            return Err(Error::at(&self.file, 1, reason));
        }
        Ok(first)
    }

    /// Position of a column that has to be there.
    pub(crate) fn column(&self, name: &str) -> Result<usize> {
        self.find(name)?.ok_or_else(|| self.lacks(name, ""))
    }

    /// The error that a column is not there, and what can be done about it.
    pub(crate) fn lacks(&self, name: &str, cure: &str) -> Error {
        let columns = self.header.join(", ");
        let separated = self.header.len() == 1 && columns.contains([';', '\t', '|']);
        let cure = if separated { "; export it with commas between the fields" } else { cure };
        Error::at(&self.file, 1, format!("there is no column `{name}`; there are: {columns}{cure}"))
    }

    /// Reads the next row; `None` at the end. Empty lines are no rows.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>> {
        let mut bytes = std::mem::take(&mut self.fields).into_byte_record();
        let more = loop {
            let read = self.reader.read_byte_record(&mut bytes).map_err(|e| {
                let reason = format!("is no readable CSV from here on ({e}); fetch or export it again");
                Error::at(&self.file, self.reader.position().line(), reason)
            });
            // Of `CRLF` files only the line feed ends a row.
            if !read? {
                break false;
            }
            if bytes.len() > 1 || bytes.iter().any(|field| !field.trim_ascii().is_empty()) {
                break true;
            }
        };
        let ended = more && self.ended.get();
        // The line feed that ends a row is passed, if it was seen as one.
        let last = self.reader.position().line().saturating_sub(u64::from(!ended));
        let within: u64 = bytes.as_slice().iter().map(|&b| u64::from(b == b'\n')).sum();
        let first = last.saturating_sub(within);
        if more && (ended || within > LONGEST_ROW) {
            let end =
                if ended { "never closed".to_owned() } else { format!("not closed before line {last}") };
            let reason = format!(
                "a quote is opened in this row and {end}; close it, or fetch or export the file again"
            );
            return Err(Error::at(&self.file, first, reason));
        }
        let mut fault = None;
        self.fields = csv::StringRecord::from_byte_record(bytes).unwrap_or_else(|e| {
            fault = Some(format!("is not UTF-8 text ({e})"));
            csv::StringRecord::from_byte_record_lossy(e.into_byte_record())
        });
        if self.fields.len() != self.header.len() {
            fault = Some(format!("{} fields, the header has {}", self.fields.len(), self.header.len()));
        }
        let line = u32::try_from(first).map_err(|_| {
            Error::at(
                &self.file,
                first,
                "lies beyond the 4,294,967,295 lines that can be told apart; split the file",
            )
        })?;
        Ok(more.then_some(Row { line, last, fields: &self.fields, fault }))
    }
}

/// Remembers whether the end has been seen: a row that is complete only there lacks a closing quote, because the
/// file was given a last line feed.
struct Watched<R> {
    source: R,
    ended: Rc<Cell<bool>>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.ended.set(count == 0 && !buffer.is_empty());
        Ok(count)
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
    // Archives made on a Mac have a second entry for each file, under this folder.
    let tables = names.iter().filter(|n| !n.starts_with("__MACOSX/"));
    let tables: Vec<_> = tables.filter(|n| n.to_ascii_lowercase().ends_with(".csv")).collect();
    let [table] = tables[..] else {
        let reason = format!(
            "should hold one .csv file, it holds: {}; unpack it and name the file that is meant",
            first_few(names.iter())
        );
        return Err(Error::data(file, reason));
    };
    let mut bytes = Vec::new();
    let mut entry = archive.by_name(table).map_err(broken)?;
    entry
        .read_to_end(&mut bytes)
        .map_err(|e| Error::data(file, format!("`{table}` in it is broken ({e}); fetch it again")))?;
    Ok(bytes)
}

impl Row<'_> {
    /// The row as text, for the quarantine; a long one is cut.
    pub(crate) fn show(&self) -> String {
        let text = self.fields.iter().collect::<Vec<_>>().join(",");
        let text = text.trim_end_matches('\r');
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{} ...", &text[..end]),
            None => text.to_owned(),
        }
    }

    /// The row as one that cannot be read.
    pub(crate) fn unreadable(&self, reason: impl Display) -> Rejected {
        let reason = if self.last > u64::from(self.line) {
            format!("{reason} (the row goes on to line {}; is there a quote too many?)", self.last)
        } else {
            reason.to_string()
        };
        Rejected::wrong(self.line, "unreadable", reason, self.show())
    }
}

/// The first few of many, for messages.
pub(crate) fn first_few<T: Display>(items: impl ExactSizeIterator<Item = T>) -> String {
    let more = items.len().saturating_sub(5);
    let mut names: Vec<String> = items.take(5).map(|item| item.to_string()).collect();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// What the core has to say, as part of a sentence.
pub(crate) fn reason(error: forewarn_core::Error) -> String {
    match error {
        forewarn_core::Error::Data { reason } => reason,
        error => error.to_string(),
    }
}

/// A whole number, also as `482.0`: a column with gaps leaves many a tool as floats.
pub(crate) fn integer(name: &str, text: &str) -> Result<i64, String> {
    let text = text.trim();
    text.strip_suffix(".0")
        .unwrap_or(text)
        .parse()
        .map_err(|_| format!("column `{name}`: `{text}` is no integer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u32, String, Option<String>)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut csv = Csv::open(file.path()).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = csv.next().unwrap() {
            rows.push((row.line, row.show(), row.fault));
        }
        rows
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        for text in [
            "a,b\n1,2\n\n\n3,4\n\"x\ny\",5\n6,7",
            "a,b\n1,2\n\n\n3,4\n\"x\ny\",5\n6,7\n\n",
            "a,b\r\n1,2\r\n\r\n\r\n3,4\r\n\"x\ny\",5\r\n6,7",
            "\u{feff}a,b\r\n1,2\r\n\r\n\r\n3,4\r\n\"x\ny\",5\r\n6,7\r\n",
        ] {
            let found = rows(text.as_bytes());
            let expected = [(2, "1,2"), (5, "3,4"), (6, "x\ny,5"), (8, "6,7")];
            assert_eq!(found, expected.map(|(line, row)| (line, row.to_owned(), None)), "{text:?}");
        }
    }

    #[test]
    fn a_broken_row_is_not_the_end() {
        let found = rows(b"a,b\n1,\xe9\n3\n5,6\n");
        let faults: Vec<_> = found.iter().map(|(line, _, fault)| (*line, fault.as_deref())).collect();
        assert!(faults[0].0 == 2 && faults[0].1.unwrap().contains("is not UTF-8 text"), "{faults:?}");
        assert_eq!(faults[1..], [(3, Some("1 fields, the header has 2")), (4, None)]);
    }

    #[test]
    fn columns_are_found_by_name_and_are_unique() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "Best,low,BEST\n").unwrap();
        let csv = Csv::open(file.path()).unwrap();
        assert_eq!((csv.column("LOW").unwrap(), csv.find("high").unwrap()), (1, None));
        let e = csv.column("best").unwrap_err().to_string();
        assert!(e.contains(":1: columns 1 and 3 are both called `best`; rename or remove"), "{e}");
    }

    #[test]
    fn whole_floats_are_integers() {
        assert_eq!((integer("x", " 482.0 "), integer("x", "-3")), (Ok(482), Ok(-3)));
        for text in ["1.5", "", "1e3", ".0", "1.0.0"] {
            assert!(integer("x", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_long_row_is_cut_between_characters() {
        let found = rows(format!("a,b\n{},2\n{},2\n", "\u{e9}".repeat(498), "\u{e9}".repeat(499)).as_bytes());
        assert_eq!(found[0].1, format!("{},2", "\u{e9}".repeat(498)));
        assert_eq!(found[1].1, format!("{}, ...", "\u{e9}".repeat(499)));
    }

    #[test]
    fn many_are_named_by_the_first_few() {
        let few = |n: usize| first_few(vec![7; n].into_iter());
        assert_eq!((few(0), few(1)), (String::new(), "7".to_owned()));
        assert_eq!((few(5), few(6)), ("7, 7, 7, 7, 7".to_owned(), "7, 7, 7, 7, 7, and 1 more".to_owned()));
    }

    #[test]
    fn rows_of_many_lines_are_read_up_to_a_bound() {
        let text = |lines: u64| format!("a,b\n1,\"{}\"\n3,4\n", "\n".repeat(lines as usize));
        let found: Vec<u32> = rows(text(LONGEST_ROW).as_bytes()).iter().map(|row| row.0).collect();
        assert_eq!(found, [2, 103]);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text(LONGEST_ROW + 1)).unwrap();
        let e = Csv::open(file.path()).unwrap().next().err().unwrap().to_string();
        assert!(e.contains(":2: a quote is opened in this row and not closed before line 103"), "{e}");
    }
}
