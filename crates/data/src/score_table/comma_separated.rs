//! CSV text: rows with their lines, and the table of them.

use std::borrow::Cow;

use super::columns::{Columns, Forecast};
use super::number::{self, CURE};
use super::{Rows, ScoreTable};
use crate::{Error, Result};

/// Lines that a row may go on for; where it takes more, a quote was opened and not closed.
const LONGEST_ROW: u64 = 100;

/// A CSV text being read.
pub(super) struct Csv<'a> {
    name: &'a str,
    reader: csv::Reader<std::io::Cursor<Cow<'a, [u8]>>>,
    /// Bytes of the text.
    length: u64,
    /// Names of the columns, trimmed.
    pub(super) names: Vec<String>,
    /// The same in small letters.
    pub(super) header: Vec<String>,
    row: csv::ByteRecord,
    /// Line on which the row begins; the header's is 1.
    pub(super) line: u64,
    /// Line on which the row ends.
    last: u64,
}

impl<'a> Csv<'a> {
    pub(super) fn open(bytes: &'a [u8], name: &'a str) -> Result<Self> {
        let text = with_line_feeds(bytes);
        let length = text.len() as u64;
        // Rows end with the line feed alone, so that lines can be counted.
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(std::io::Cursor::new(text));
        let header = reader.headers().map_err(|e| {
            Error::at(name, 1, format!("is no CSV header ({e}); give JSON, Parquet, or CSV as UTF-8 text"))
        })?;
        let names: Vec<String> = header.iter().map(|h| h.trim().to_owned()).collect();
        let header = names.iter().map(|h| h.to_ascii_lowercase()).collect();
        let last = reader.position().line().saturating_sub(1);
        Ok(Self { name, reader, length, names, header, row: csv::ByteRecord::new(), line: last, last })
    }

    /// Goes to the next row; false at the end. Blank lines are no rows; between rows of one column they are refused,
    /// as nobody can say whether a number is missing there.
    pub(super) fn next(&mut self) -> Result<bool> {
        loop {
            let before = self.last;
            if !self.reader.read_byte_record(&mut self.row).map_err(|e| {
                let reason = format!("is no readable CSV from here on ({e}); export it again");
                Error::at(self.name, self.reader.position().line(), reason)
            })? {
                return Ok(false);
            }
            // Text that ends within a quote has no line feed that would end its last row.
            let open = self.reader.position().byte() >= self.length && self.row.as_slice().ends_with(b"\n");
            self.last = self.reader.position().line().saturating_sub(u64::from(!open));
            let within: u64 = self.row.as_slice().iter().map(|&b| u64::from(b == b'\n')).sum();
            self.line = self.last.saturating_sub(within);
            let one = self.header.len() == 1;
            if !one && self.row.len() == 1 && self.row[0].trim_ascii().is_empty() {
                continue;
            }
            if one && self.line > before + 1 {
                return Err(self.wrong_at(before + 1, "is blank between rows; remove it, or write NA"));
            }
            return self.check(open || within > LONGEST_ROW).map(|()| true);
        }
    }

    /// Whether the fields of the row can be believed to be those of the header.
    fn check(&self, open: bool) -> Result<()> {
        if open {
            return Err(
                self.wrong("a quote is opened in this row and not closed; close it, or export it again")
            );
        }
        if self.row.len() != self.header.len() {
            let reason = format!(
                "{} fields, the header has {}; each row needs one for each column",
                self.row.len(),
                self.header.len()
            );
            return Err(self.wrong(reason));
        }
        Ok(())
    }

    /// The number in a column of the row.
    pub(super) fn number(&self, column: usize) -> Result<f64> {
        let field = &self.row[column];
        std::str::from_utf8(field).ok().and_then(number::parse).ok_or_else(|| {
            let field = String::from_utf8_lossy(field);
            let shown: String = field.trim().chars().take(40).collect();
            self.wrong(format!("column `{}`: `{shown}` is no number; {CURE}", self.header[column]))
        })
    }

    /// What stands in a column of the row, trimmed; what is no UTF-8 shows as such.
    pub(super) fn text(&self, column: usize) -> String {
        String::from_utf8_lossy(&self.row[column]).trim().to_owned()
    }

    /// An error about the row.
    pub(super) fn wrong(&self, reason: impl Into<String>) -> Error {
        self.wrong_at(self.line, reason)
    }

    fn wrong_at(&self, line: u64, reason: impl Into<String>) -> Error {
        Error::at(self.name, line, reason)
    }
}

/// The text with rows that end as on Unix, the last one too.
fn with_line_feeds(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.ends_with(b"\n") && !bytes.contains(&b'\r') {
        return Cow::Borrowed(bytes);
    }
    let next = bytes.iter().skip(1).copied().chain([b'\n']);
    let mut text: Vec<u8> =
        bytes.iter().copied().zip(next).filter(|&pair| pair != (b'\r', b'\n')).map(|(b, _)| b).collect();
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    Cow::Owned(text)
}

pub(super) fn score_table(bytes: &[u8], name: &str) -> Result<ScoreTable> {
    let mut csv = Csv::open(bytes, name)?;
    let columns = Columns::find(&csv.header).map_err(|reason| Error::at(name, 1, reason))?;
    let (width, forecast) = match columns.forecast {
        Forecast::Points(column) => (None, vec![column]),
        Forecast::Draws(columns) => (Some(columns.len()), columns),
        Forecast::Lists(_) => {
            let reason =
                "column `draws` would be one of lists, which CSV has not; write `draw_1`, `draw_2`, ...";
            return Err(Error::at(name, 1, reason));
        }
    };
    let mut rows = Rows { width, ..Rows::default() };
    while csv.next()? {
        rows.push_observed(csv.number(columns.observed)?).map_err(|reason| csv.wrong(reason))?;
        if let Some(weight) = columns.weight {
            rows.push_weight(csv.number(weight)?).map_err(|reason| csv.wrong(reason))?;
        }
        for &column in &forecast {
            rows.values.push(csv.number(column)?);
        }
    }
    ScoreTable::checked(name, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<Vec<u64>, String> {
        let mut csv = Csv::open(text.as_bytes(), "f").unwrap();
        let mut lines = Vec::new();
        while csv.next().map_err(|e| e.to_string())? {
            lines.push(csv.line);
        }
        Ok(lines)
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        for text in [
            "a,b\n1,2\n\n\n3,4\n\"x\ny\",5\n6,7",
            "a,b\n1,2\n\n\n3,4\n\"x\ny\",5\n6,7\n\n",
            "a,b\r\n1,2\r\n\r\n\r\n3,4\r\n\"x\r\ny\",5\r\n6,7",
            "a,b\r\n1,2\r\n  \r\n\r\n3,4\r\n\"x\ny\",5\r\n6,7\r\n",
        ] {
            assert_eq!(lines(text).unwrap(), [2, 5, 6, 8], "{text:?}");
        }
    }

    #[test]
    fn a_gap_in_a_single_column_is_refused() {
        assert_eq!(lines("a\n1\n\"\"\nNA\n4\n\n\n").unwrap(), [2, 3, 4, 5]);
        for text in ["a\n1\n\n4\n", "a\r\n1\r\n\r\n4\r\n"] {
            assert_eq!(lines(text).unwrap_err(), "f:3: is blank between rows; remove it, or write NA");
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_swallows_no_rows() {
        let expected = "f:3: a quote is opened in this row and not closed; close it, or export it again";
        let long = format!("a,b\n1,2\n3,\"{}\"\n4,5\n", "\n".repeat(101));
        for text in ["a,b\n1,2\n3,\"4\n5,6\n7,8\n", &long] {
            assert_eq!(lines(text).unwrap_err(), expected, "{text:?}");
        }
    }
}
