//! Tables: Parquet or CSV with declared unit, time and value columns.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema};
use forewarn_core::Cadence;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::records::{Records, Rejected};
use crate::text::{Csv, Row, integer, reason};
use crate::{Error, Result};

/// Where a table is and what its columns mean.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    /// The file: `.parquet`, `.csv`, `.csv.gz` or `.zip` with one CSV.
    pub path: PathBuf,
    /// Column of unit ids (integers).
    pub unit: String,
    /// Column of periods: integer ids (January 1980 is 1) or dates as text (`2020-12`).
    pub time: String,
    /// Columns of values (numbers).
    pub values: Vec<String>,
    /// Whether an absent row means zero or «not observed».
    pub layout: Layout,
    /// How often the values were observed.
    pub cadence: Cadence,
}

/// What an absent row means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// A row a unit and period; what is absent was not observed.
    #[default]
    Dense,
    /// Only rows with something to count; what is absent is zero.
    Nonzero,
}

impl Table {
    /// Reads the table at `path` (the setting, seen from where the caller stands).
    ///
    /// # Errors
    /// [`Error::Config`] for missing settings, [`Error::Io`], [`Error::Data`] that names file, column, the type
    /// found and the types accepted. A row that cannot be read is rejected with its line, not an error.
    pub fn read(&self, path: &Path) -> Result<Records> {
        for (setting, value) in [("unit", &self.unit), ("time", &self.time)] {
            if value.is_empty() {
                return Err(config(setting, "names no column; say which one it is"));
            }
        }
        if self.values.is_empty() {
            return Err(config("values", "names no column; list at least one"));
        }
        let mut records = Records {
            file: path.display().to_string(),
            cadence: self.cadence,
            columns: self.values.clone(),
            values: vec![Vec::new(); self.values.len()],
            absent_is_zero: self.layout == Layout::Nonzero,
            ..Records::default()
        };
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("parquet") => self.read_parquet(path, &mut records)?,
            Some("csv" | "gz" | "zip") => self.read_csv(path, &mut records)?,
            _ => {
                return Err(config(
                    "path",
                    format!("{} is not .parquet, .csv, .csv.gz or .zip", path.display()),
                ));
            }
        }
        self.note_large_values(&mut records);
        Ok(records)
    }

    fn read_csv(&self, path: &Path, records: &mut Records) -> Result<()> {
        let mut csv = Csv::open(path)?;
        let (unit, time) = (csv.column(&self.unit)?, csv.column(&self.time)?);
        let values: Vec<usize> = self.values.iter().map(|v| csv.column(v)).collect::<Result<_>>()?;
        let place = |row: &Row<'_>| match &row.fault {
            Some(fault) => Err(fault.clone()),
            None => Ok((integer(&self.unit, &row.fields[unit])?, self.period(&row.fields[time])?)),
        };
        let mut parsed = vec![0.0; values.len()];
        while let Some(row) = csv.next()? {
            records.rows += 1;
            let (unit, period) = match place(&row) {
                Ok(place) => place,
                Err(reason) => {
                    records.rejected.push(row.unreadable(reason));
                    continue;
                }
            };
            match self.numbers(&row, &values, &mut parsed) {
                Ok(()) => push(records, (unit, period, row.line), &parsed),
                Err(reason) => {
                    records.rejected.push(row.unreadable(reason));
                    records.unknown.push((unit, period));
                }
            }
        }
        Ok(())
    }

    /// The values of a row.
    fn numbers(&self, row: &Row<'_>, columns: &[usize], parsed: &mut [f32]) -> Result<(), String> {
        for ((out, &i), name) in parsed.iter_mut().zip(columns).zip(&self.values) {
            *out = number(name, &row.fields[i])?;
        }
        Ok(())
    }

    /// A period from an id or a date.
    fn period(&self, text: &str) -> Result<i64, String> {
        if let Ok(id) = integer(&self.time, text) {
            return Ok(id);
        }
        let parsed = self.cadence.parse(text).map(|p| i64::from(p.0));
        parsed.map_err(|e| format!("column `{}`: {}, and it is no period id", self.time, reason(e)))
    }

    fn read_parquet(&self, path: &Path, records: &mut Records) -> Result<()> {
        let name = records.file.clone();
        let broken =
            |e: String| Error::data(&name, format!("is no readable Parquet ({e}); fetch or export it again"));
        let file = File::open(path).map_err(Error::io(path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| broken(e.to_string()))?;
        let wanted = self.columns_of(builder.schema(), &name)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
        let rows = builder.metadata().file_metadata().num_rows();
        let rows = u32::try_from(rows).map_err(|_| {
            Error::data(
                &name,
                format!("has {rows} rows, more than the 4,294,967,295 that can be told apart; split it"),
            )
        })?;
        reserve(records, rows as usize);
        let reader = builder.with_projection(mask).with_batch_size(1 << 16).build();
        for batch in reader.map_err(|e| broken(e.to_string()))? {
            self.append(&batch.map_err(|e| broken(e.to_string()))?, records)?;
        }
        Ok(())
    }

    /// Positions of the columns in a Parquet file, whose types have been checked.
    fn columns_of(&self, schema: &Schema, file: &str) -> Result<Vec<usize>> {
        let columns = [(&self.unit, Accepted::Integers), (&self.time, Accepted::Periods)].into_iter();
        let columns = columns.chain(self.values.iter().map(|v| (v, Accepted::Numbers)));
        let find = |(name, accepted): (&String, Accepted)| {
            let names: Vec<_> = schema.fields().iter().map(|f| f.name().as_str()).collect();
            let there_are = names.join(", ");
            let Ok(i) = schema.index_of(name) else {
                let reason = format!("there is no column `{name}`; there are: {there_are}");
                return Err(Error::data(file, reason));
            };
            let found = schema.field(i).data_type();
            if !accepted.holds(found) {
                let reason = format!(
                    "column `{name}` holds {found}, it should hold {}; convert it or name another column: \
                     {there_are}",
                    accepted.words()
                );
                return Err(Error::data(file, reason));
            }
            Ok(i)
        };
        columns.map(find).collect()
    }

    /// Appends a batch; rows without unit or time are rejected.
    fn append(&self, batch: &RecordBatch, records: &mut Records) -> Result<()> {
        let file = records.file.clone();
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| Error::data(&file, format!("lost column `{name}`")))
        };
        let (units, times) = (integers(column(&self.unit)?), self.periods(column(&self.time)?));
        let first = records.rows as u32 + 1;
        records.rows += batch.num_rows() as u64;
        let mut keep = vec![true; batch.num_rows()];
        for (i, (u, t)) in units.iter().zip(&times).enumerate() {
            let line = first + i as u32;
            if let (Some(unit), Ok(period)) = (u, t) {
                records.unit.push(*unit);
                records.period.push(*period);
                records.line.push(line);
                continue;
            }
            keep[i] = false;
            let empty = || format!("column `{}` is empty or larger than any id", self.unit);
            let reason = t.as_ref().err().map_or_else(empty, Clone::clone);
            let unit = u.map(|u| u.to_string()).unwrap_or_default();
            let period = t.as_ref().map(i64::to_string).unwrap_or_default();
            records.rejected.push(Rejected::wrong(line, "unreadable", reason, format!("{unit},{period}")));
        }
        for (name, out) in self.values.iter().zip(&mut records.values) {
            extend(out, column(name)?, &keep);
        }
        Ok(())
    }

    /// Periods from a column of ids or dates.
    fn periods(&self, column: &dyn Array) -> Vec<Result<i64, String>> {
        let empty = || format!("column `{}` is empty or larger than any id", self.time);
        let parse = |text: Option<&str>| text.ok_or_else(empty).and_then(|t| self.period(t));
        match column.data_type() {
            DataType::Utf8 => column.as_string::<i32>().iter().map(parse).collect(),
            DataType::LargeUtf8 => column.as_string::<i64>().iter().map(parse).collect(),
            DataType::Utf8View => column.as_string_view().iter().map(parse).collect(),
            _ => integers(column).into_iter().map(|id| id.ok_or_else(empty)).collect(),
        }
    }

    /// Single precision holds whole numbers up to 2^24 exactly: larger ones are said to be rounded.
    fn note_large_values(&self, records: &mut Records) {
        for (name, values) in self.values.iter().zip(&records.values) {
            let count = values.iter().filter(|v| v.abs() >= 16_777_216.0).count() as u64;
            if count > 0 {
                let message = format!(
                    "{}: column `{name}`: {count} values of 16,777,216 and more are rounded to single precision; give \
                     them in a larger unit",
                    records.file
                );
                records.findings.push(Finding::new(Severity::Warn, "rounded", count, message));
            }
        }
    }
}

fn config(setting: &str, reason: impl Into<String>) -> Error {
    Error::Config { setting: format!("source.{setting}"), reason: reason.into() }
}

fn push(records: &mut Records, (unit, period, line): (i64, i64, u32), values: &[f32]) {
    records.unit.push(unit);
    records.period.push(period);
    records.line.push(line);
    for (out, &value) in records.values.iter_mut().zip(values) {
        out.push(value);
    }
}

fn reserve(records: &mut Records, rows: usize) {
    records.unit.reserve_exact(rows);
    records.period.reserve_exact(rows);
    records.line.reserve_exact(rows);
    for column in &mut records.values {
        column.reserve_exact(rows);
    }
}

/// A number; an empty field is «not observed».
pub(crate) fn number(name: &str, text: &str) -> Result<f32, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(f32::NAN);
    }
    text.parse().map_err(|_| format!("column `{name}`: `{text}` is no number"))
}

/// What a Parquet column may hold.
#[derive(Clone, Copy, PartialEq)]
enum Accepted {
    Integers,
    Periods,
    Numbers,
}

impl Accepted {
    fn words(self) -> &'static str {
        match self {
            Self::Integers => "integers",
            Self::Periods => "integers or text",
            Self::Numbers => "integers or floats",
        }
    }

    fn holds(self, found: &DataType) -> bool {
        let text = matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        found.is_integer()
            || (self == Self::Periods && text)
            || (self == Self::Numbers && found.is_floating())
    }
}

/// The integers of a column; `None` where it is empty or the integer too large. Its type has been checked.
pub(crate) fn integers(column: &dyn Array) -> Vec<Option<i64>> {
    fn of<T: ArrowPrimitiveType<Native: TryInto<i64>>>(column: &dyn Array) -> Vec<Option<i64>> {
        column.as_primitive::<T>().iter().map(|v| v.and_then(|v| v.try_into().ok())).collect()
    }
    match column.data_type() {
        DataType::Int8 => of::<Int8Type>(column),
        DataType::Int16 => of::<Int16Type>(column),
        DataType::Int32 => of::<Int32Type>(column),
        DataType::Int64 => of::<Int64Type>(column),
        DataType::UInt8 => of::<UInt8Type>(column),
        DataType::UInt16 => of::<UInt16Type>(column),
        DataType::UInt32 => of::<UInt32Type>(column),
        DataType::UInt64 => of::<UInt64Type>(column),
        _ => vec![None; column.len()],
    }
}

/// Appends the numbers of a column whose rows are kept, NaN where it is empty. Its type has been checked.
fn extend(out: &mut Vec<f32>, column: &dyn Array, keep: &[bool]) {
    fn of<T: ArrowPrimitiveType>(column: &dyn Array, narrow: impl Fn(T::Native) -> f32) -> Vec<f32> {
        column.as_primitive::<T>().iter().map(|v| v.map_or(f32::NAN, &narrow)).collect()
    }
    let values = match column.data_type() {
        DataType::Int8 => of::<Int8Type>(column, f32::from),
        DataType::Int16 => of::<Int16Type>(column, f32::from),
        DataType::Int32 => of::<Int32Type>(column, |v| v as f32),
        DataType::Int64 => of::<Int64Type>(column, |v| v as f32),
        DataType::UInt8 => of::<UInt8Type>(column, f32::from),
        DataType::UInt16 => of::<UInt16Type>(column, f32::from),
        DataType::UInt32 => of::<UInt32Type>(column, |v| v as f32),
        DataType::UInt64 => of::<UInt64Type>(column, |v| v as f32),
        DataType::Float16 => of::<Float16Type>(column, f32::from),
        DataType::Float32 => of::<Float32Type>(column, |v| v),
        DataType::Float64 => of::<Float64Type>(column, |v| v as f32),
        _ => vec![f32::NAN; column.len()],
    };
    out.extend(values.into_iter().zip(keep).filter_map(|(v, &keep)| keep.then_some(v)));
}
