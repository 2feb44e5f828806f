//! Tables of forecasts and truth that a person has, from whatever tool, and distributions to be compared.
//!
//! A table of scores has a row for each thing that was forecast: what was observed (`y`), the forecast, a point (`p`)
//! or draws, and if wanted a weight (`w`). It comes as
//!
//! - JSON: `{"y": [...], "p": [...]}` or `{"y": [...], "draws": [[...], ...]}`, with `"w": [...]` if wanted. A missing
//!   number is `null`, `"NaN"` or `"NA"`; `"Infinity"` and `"-Infinity"` are numbers as well.
//! - CSV, plain or gzipped: columns `y`, `p` or `draw_...` (in the order of the numbers in their names: `draw_2` comes
//!   before `draw_10`) and `w`. A missing number is an empty field, `NA`, `NaN` or `null`.
//! - Parquet: the same columns, or a list column `draws`, of any integers or floats. A missing number is null or NaN.
//!
//! Other columns of CSV and Parquet are ignored; other keys of JSON are refused. Names of columns may be in capitals.

mod columns;
mod comma_separated;
mod distribution;
mod json;
mod number;
mod parquet_file;
mod samples;
mod source;

use std::path::Path;

pub use self::distribution::{Distribution, DistributionPair};
pub(crate) use self::number::parse as parse_number;
pub(crate) use self::parquet_file::{broken, item_of, numbers, readable, spans};
pub use self::samples::{Named, Sample};
use self::source::Source;
use crate::{Error, Result};

/// Truth, forecasts and weights of as many rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    /// What was observed; NaN where it is missing, never infinite.
    pub observed: Vec<f64>,
    /// What was forecast of each row.
    pub forecast: Forecasts,
    /// Weights of the rows, finite and not negative; empty when all weigh the same.
    pub weights: Vec<f64>,
}

/// Forecasts of the rows of a [`ScoreTable`]; NaN where one is missing. They may be infinite.
#[derive(Debug, Clone, PartialEq)]
pub enum Forecasts {
    /// A number for each row.
    Points(Vec<f64>),
    /// The same count of draws for each row.
    Draws {
        /// Draws a row, at least one.
        width: usize,
        /// `rows x width` numbers, row after row.
        values: Vec<f64>,
    },
}

impl ScoreTable {
    /// Reads a file: `.json`, `.csv`, `.csv.gz` and `.parquet` by name, others by their first bytes as
    /// [`ScoreTable::parse`] does.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened; [`Error::Data`] with the line (CSV, JSON) or row (Parquet) and the
    /// cure when it holds both points and draws or neither, rows of different lengths, an unknown JSON key, text that
    /// is no number, an infinite truth, a negative, infinite or missing weight, or no row at all.
    pub fn read(path: &Path) -> Result<Self> {
        Self::from_source(Source::open(path)?, &path.display().to_string())
    }

    /// Reads a table from memory, such as standard input; `name` is what messages call it.
    ///
    /// It is Parquet when it begins with `PAR1`, JSON when it begins with `{` or `[` after any spaces, else CSV; each
    /// may be gzipped.
    ///
    /// # Errors
    /// Those of [`ScoreTable::read`].
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self> {
        Self::from_source(Source::of_bytes(bytes, name)?, name)
    }

    fn from_source(source: Source<'_>, name: &str) -> Result<Self> {
        match source {
            Source::Json(bytes) => json::score_table(&bytes, name),
            Source::Csv(bytes) => comma_separated::score_table(&bytes, name),
            Source::Parquet(file) => parquet_file::score_table(file, name),
        }
    }

    /// A table of rows that have been checked one by one; `values` are `width` a row, or points for no width.
    fn checked(name: &str, rows: Rows) -> Result<Self> {
        let Rows { observed, width, values, weights } = rows;
        if observed.is_empty() {
            return Err(Error::data(name, "holds no row; give at least one `y` with its forecast"));
        }
        let forecast = match width {
            None => Forecasts::Points(values),
            Some(0) => {
                let reason = "the rows of `draws` are empty; give each at least one draw";
                return Err(Error::data(name, reason));
            }
            Some(width) => Forecasts::Draws { width, values },
        };
        Ok(Self { observed, forecast, weights })
    }
}

/// Every column of a file, as [`ScoreTable::read`] knows them: CSV, JSON (`{"x": [1, 2]}`) or Parquet; a column is one of
/// numbers when all that is not missing in it are numbers, else one of words.
///
/// # Errors
/// [`Error::Io`] when it cannot be opened, [`Error::Data`] with the place when it cannot be read, or has no column.
pub fn samples(path: &Path) -> Result<Vec<Named>> {
    let name = path.display().to_string();
    let samples = match Source::open(path)? {
        Source::Json(bytes) => samples::of_json(&bytes, &name),
        Source::Csv(bytes) => samples::of_csv(&bytes, &name),
        Source::Parquet(file) => samples::of_parquet(file, &name),
    }?;
    if samples.is_empty() {
        return Err(Error::data(name, "holds no column; give at least one with a name"));
    }
    Ok(samples)
}

/// Rows as they are being read.
#[derive(Default)]
struct Rows {
    observed: Vec<f64>,
    /// Draws a row; `None` for points.
    width: Option<usize>,
    values: Vec<f64>,
    weights: Vec<f64>,
}

impl Rows {
    /// Appends a truth, unless it is infinite.
    fn push_observed(&mut self, value: f64) -> Result<(), String> {
        if value.is_infinite() {
            return Err(format!(
                "`y` is {value}; nothing infinite is observed: write the number, or NA if it is missing"
            ));
        }
        self.observed.push(value);
        Ok(())
    }

    /// Appends a weight, unless it is none.
    fn push_weight(&mut self, value: f64) -> Result<(), String> {
        if value.is_finite() && value >= 0.0 {
            self.weights.push(value);
            return Ok(());
        }
        let found = if value.is_nan() { "missing".to_owned() } else { value.to_string() };
        Err(format!("`w` is {found}; a weight is a finite number of 0 or more (0 leaves the row out)"))
    }
}
