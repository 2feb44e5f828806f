//! Tables: Parquet or CSV with declared unit, time and value columns.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use forewarn_core::Cadence;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::records::{Records, Rejected};
use crate::text::{Csv, show};
use crate::{Error, Result};

/// Where a table is and what its columns mean.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    /// The file: `.parquet`, `.csv`, `.csv.gz` or `.zip` with one CSV.
    pub path: PathBuf,
    /// Column of unit ids (integers).
    pub unit: String,
    /// Column of periods: ids (January 1980 is 1) or dates as text (`2020-12`).
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
        match path.extension().and_then(|e| e.to_str()) {
            Some("parquet") => self.read_parquet(path, &mut records)?,
            Some("csv" | "gz" | "zip") => self.read_csv(path, &mut records)?,
            _ => {
                return Err(config(
                    "path",
                    format!("{} is not .parquet, .csv, .csv.gz or .zip", path.display()),
                ));
            }
        }
        Ok(records)
    }

    fn read_csv(&self, path: &Path, records: &mut Records) -> Result<()> {
        let mut csv = Csv::open(path)?;
        let (unit, time) = (csv.column(&self.unit)?, csv.column(&self.time)?);
        let values: Vec<usize> = self.values.iter().map(|v| csv.column(v)).collect::<Result<_>>()?;
        let mut row = csv::StringRecord::new();
        let mut parsed = vec![0.0; values.len()];
        while let Some(line) = csv.next(&mut row)? {
            records.rows += 1;
            let fields = (row.len() == csv.width())
                .then_some(())
                .ok_or_else(|| format!("{} fields, the header has {}", row.len(), csv.width()))
                .and_then(|()| {
                    let unit = integer(&self.unit, &row[unit])?;
                    let period = self.period(&row[time])?;
                    for ((out, &i), name) in parsed.iter_mut().zip(&values).zip(&self.values) {
                        *out = number(name, &row[i])?;
                    }
                    Ok((unit, period))
                });
            match fields {
                Ok((unit, period)) => push(records, (unit, period, line), &parsed),
                Err(reason) => records.rejected.push(Rejected::wrong(line, "unreadable", reason, show(&row))),
            }
        }
        Ok(())
    }

    /// A period from an id or a date.
    fn period(&self, text: &str) -> Result<i64, String> {
        if let Ok(id) = text.trim().parse::<i64>() {
            return Ok(id);
        }
        let parsed = self.cadence.parse(text).map(|p| i64::from(p.0));
        parsed.map_err(|e| format!("column `{}`: {e}, and no period id", self.time))
    }

    fn read_parquet(&self, path: &Path, records: &mut Records) -> Result<()> {
        let name = records.file.clone();
        let broken =
            |e: String| Error::data(&name, format!("is no readable Parquet ({e}); fetch or export it again"));
        let file = File::open(path).map_err(Error::io(path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| broken(e.to_string()))?;
        let schema = builder.schema().clone();
        let find = |column: &str| {
            schema.index_of(column).map_err(|_| {
                let names: Vec<_> = schema.fields().iter().map(|f| f.name().as_str()).collect();
                Error::data(&name, format!("there is no column `{column}`; there are: {}", names.join(", ")))
            })
        };
        let mut wanted = vec![find(&self.unit)?, find(&self.time)?];
        wanted.extend(self.values.iter().map(|v| find(v)).collect::<Result<Vec<_>>>()?);
        let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
        let rows = builder.metadata().file_metadata().num_rows() as usize;
        reserve(records, rows);
        let reader = builder.with_projection(mask).with_batch_size(1 << 16).build();
        for batch in reader.map_err(|e| broken(e.to_string()))? {
            self.append(&batch.map_err(|e| broken(e.to_string()))?, records)?;
        }
        self.note_large_values(records);
        Ok(())
    }

    /// Appends a batch; rows without unit or time are rejected.
    fn append(&self, batch: &RecordBatch, records: &mut Records) -> Result<()> {
        let file = records.file.clone();
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| Error::data(&file, format!("lost column `{name}`")))
        };
        let units =
            integers(column(&self.unit)?).ok_or_else(|| wrong_type(&file, batch, &self.unit, INTEGERS))?;
        let times = match integers(column(&self.time)?) {
            Some(times) => times,
            None => self.dates(batch, column(&self.time)?, &file)?,
        };
        let first = records.rows as u32 + 1;
        records.rows += batch.num_rows() as u64;
        let keep: Vec<bool> = units.iter().zip(&times).map(|(u, t)| u.is_some() && t.is_some()).collect();
        for (i, (u, t)) in units.iter().zip(&times).enumerate() {
            let line = first + i as u32;
            if let (Some(unit), Some(period)) = (u, t) {
                records.unit.push(*unit);
                records.period.push(*period);
                records.line.push(line);
            } else {
                let missing = if u.is_none() { &self.unit } else { &self.time };
                let reason = format!("column `{missing}` is empty or cannot be read");
                records.rejected.push(Rejected::wrong(line, "unreadable", reason, format!("{u:?},{t:?}")));
            }
        }
        for (name, out) in self.values.iter().zip(&mut records.values) {
            let values = floats(column(name)?).ok_or_else(|| wrong_type(&file, batch, name, NUMBERS))?;
            out.extend(values.into_iter().zip(&keep).filter_map(|(v, &k)| k.then_some(v)));
        }
        Ok(())
    }

    /// Periods from a text column.
    fn dates(&self, batch: &RecordBatch, column: &dyn Array, file: &str) -> Result<Vec<Option<i64>>> {
        let parse = |text: Option<&str>| text.and_then(|t| self.period(t).ok());
        match column.data_type() {
            DataType::Utf8 => Ok(column.as_string::<i32>().iter().map(parse).collect()),
            DataType::LargeUtf8 => Ok(column.as_string::<i64>().iter().map(parse).collect()),
            DataType::Utf8View => Ok(column.as_string_view().iter().map(parse).collect()),
            _ => Err(wrong_type(file, batch, &self.time, "integers or text")),
        }
    }

    /// Single precision holds whole numbers up to 2^24 exactly: larger ones are said to be rounded.
    fn note_large_values(&self, records: &mut Records) {
        for (name, values) in self.values.iter().zip(&records.values) {
            let count = values.iter().filter(|v| v.abs() > 16_777_216.0).count() as u64;
            if count > 0 {
                let message = format!(
                    "column `{name}`: {count} values above 16,777,216 are rounded to single precision"
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

fn integer(name: &str, text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| format!("column `{name}`: `{text}` is no integer"))
}

/// A number; an empty field is «not observed».
pub(crate) fn number(name: &str, text: &str) -> Result<f32, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(f32::NAN);
    }
    text.parse().map_err(|_| format!("column `{name}`: `{text}` is no number"))
}

const INTEGERS: &str = "integers";
const NUMBERS: &str = "integers, float32 or float64";

fn wrong_type(file: &str, batch: &RecordBatch, name: &str, accepted: &str) -> Error {
    let schema = batch.schema();
    let found =
        schema.field_with_name(name).map_or_else(|_| "nothing".to_owned(), |f| f.data_type().to_string());
    Error::data(
        file,
        format!(
            "column `{name}` holds {found}, it should hold {accepted}; convert it or name another column"
        ),
    )
}

fn integers(column: &dyn Array) -> Option<Vec<Option<i64>>> {
    fn of<T: ArrowPrimitiveType<Native: TryInto<i64>>>(column: &dyn Array) -> Vec<Option<i64>> {
        column.as_primitive::<T>().iter().map(|v| v.and_then(|v| v.try_into().ok())).collect()
    }
    Some(match column.data_type() {
        DataType::Int8 => of::<Int8Type>(column),
        DataType::Int16 => of::<Int16Type>(column),
        DataType::Int32 => of::<Int32Type>(column),
        DataType::Int64 => of::<Int64Type>(column),
        DataType::UInt8 => of::<UInt8Type>(column),
        DataType::UInt16 => of::<UInt16Type>(column),
        DataType::UInt32 => of::<UInt32Type>(column),
        DataType::UInt64 => of::<UInt64Type>(column),
        _ => return None,
    })
}

fn floats(column: &dyn Array) -> Option<Vec<f32>> {
    fn of<T: ArrowPrimitiveType>(column: &dyn Array, narrow: impl Fn(T::Native) -> f32) -> Vec<f32> {
        column.as_primitive::<T>().iter().map(|v| v.map_or(f32::NAN, &narrow)).collect()
    }
    Some(match column.data_type() {
        DataType::Int8 => of::<Int8Type>(column, f32::from),
        DataType::Int16 => of::<Int16Type>(column, f32::from),
        DataType::Int32 => of::<Int32Type>(column, |v| v as f32),
        DataType::Int64 => of::<Int64Type>(column, |v| v as f32),
        DataType::UInt8 => of::<UInt8Type>(column, f32::from),
        DataType::UInt16 => of::<UInt16Type>(column, f32::from),
        DataType::UInt32 => of::<UInt32Type>(column, |v| v as f32),
        DataType::UInt64 => of::<UInt64Type>(column, |v| v as f32),
        DataType::Float32 => of::<Float32Type>(column, |v| v),
        DataType::Float64 => of::<Float64Type>(column, |v| v as f32),
        _ => return None,
    })
}
