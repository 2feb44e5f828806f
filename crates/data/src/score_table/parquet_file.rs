//! Parquet tables of any integers and floats, and of lists of them.

use std::fmt::Display;
use std::fs::File;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::columns::{Columns, Forecast};
use super::json::ragged;
use super::{Rows, ScoreTable};
use crate::{Error, Result};

/// Rows that are read at a time: draws are turned from columns into rows while they are in the cache.
const BATCH: usize = 1 << 12;

pub(super) fn score_table(file: File, name: &str) -> Result<ScoreTable> {
    readable(name, || read(file, name))
}

/// The readers of Parquet and Arrow panic over some files whose bytes were damaged; such a file is as unreadable as
/// one they refuse.
pub(crate) fn readable<T>(name: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(broken(name, "its pages contradict each other")))
}

pub(crate) fn broken(name: &str, reason: impl Display) -> Error {
    Error::data(name, format!("is no readable Parquet ({reason}); fetch or export it again"))
}

fn read(file: File, name: &str) -> Result<ScoreTable> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| broken(name, e))?;
    let schema = builder.schema().clone();
    let names: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
    let columns = Columns::find(&names).map_err(|reason| Error::data(name, reason))?;
    let wanted = Wanted::of(&columns, &schema).map_err(|reason| Error::data(name, reason))?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.roots());
    let reader = builder.with_projection(mask).with_batch_size(BATCH).build();
    let mut rows = Rows { width: wanted.width(), ..Rows::default() };
    for batch in reader.map_err(|e| broken(name, e))? {
        let batch = batch.map_err(|e| broken(name, e))?;
        wanted.append(&batch, &mut rows).map_err(|(row, reason)| Error::at(name, row, reason))?;
    }
    ScoreTable::checked(name, rows)
}

/// The columns that are read, by name.
struct Wanted<'a> {
    columns: &'a Columns,
    schema: &'a Schema,
}

/// A row, 1 being the first, and what is wrong with it.
type Fault = (u64, String);

impl<'a> Wanted<'a> {
    /// The columns, whose types have been checked.
    fn of(columns: &'a Columns, schema: &'a Schema) -> Result<Self, String> {
        let wanted = Self { columns, schema };
        for i in wanted.roots() {
            let (name, found) = (schema.field(i).name(), schema.field(i).data_type());
            let lists = matches!(columns.forecast, Forecast::Lists(list) if list == i);
            let item = if lists { item_of(found) } else { Some(found) };
            if !item.is_some_and(|t| t.is_integer() || t.is_floating()) {
                let kind = if lists { "lists of integers or floats" } else { "integers or floats" };
                return Err(format!("column `{name}` holds {found}, it should hold {kind}; convert it"));
            }
        }
        Ok(wanted)
    }

    fn roots(&self) -> Vec<usize> {
        let mut roots = self.forecast();
        roots.push(self.columns.observed);
        roots.extend(self.columns.weight);
        roots
    }

    fn forecast(&self) -> Vec<usize> {
        match &self.columns.forecast {
            Forecast::Points(i) | Forecast::Lists(i) => vec![*i],
            Forecast::Draws(columns) => columns.clone(),
        }
    }

    /// Draws a row; none for points, 0 while lists have not been seen.
    fn width(&self) -> Option<usize> {
        match &self.columns.forecast {
            Forecast::Points(_) => None,
            Forecast::Draws(columns) => Some(columns.len()),
            Forecast::Lists(_) => Some(0),
        }
    }

    /// Appends a batch.
    fn append(&self, batch: &RecordBatch, rows: &mut Rows) -> Result<(), Fault> {
        let first = rows.observed.len() as u64 + 1;
        let at = |row: usize| move |reason| (first + row as u64, reason);
        let forecast: Vec<&ArrayRef> =
            self.forecast().into_iter().map(|i| self.column(batch, i)).collect::<Result<_, _>>()?;
        if let Forecast::Lists(_) = self.columns.forecast {
            append_lists(forecast[0], rows)?;
        } else {
            append_columns(&forecast, batch.num_rows(), &mut rows.values);
        }
        for (row, value) in numbers(self.column(batch, self.columns.observed)?).into_iter().enumerate() {
            rows.push_observed(value).map_err(at(row))?;
        }
        let weight = self.columns.weight.map(|i| self.column(batch, i)).transpose()?;
        for (row, value) in weight.into_iter().flat_map(numbers).enumerate() {
            rows.push_weight(value).map_err(at(row))?;
        }
        Ok(())
    }

    /// A column of a batch, which holds only those that are wanted.
    fn column<'b>(&self, batch: &'b RecordBatch, i: usize) -> Result<&'b ArrayRef, Fault> {
        let name = self.schema.field(i).name();
        batch.column_by_name(name).ok_or_else(|| (0, format!("lost column `{name}`")))
    }
}

/// The type of the items of a list.
pub(crate) fn item_of(list: &DataType) -> Option<&DataType> {
    match list {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Some(item.data_type())
        }
        _ => None,
    }
}

/// Appends columns as rows.
fn append_columns(columns: &[&ArrayRef], rows: usize, out: &mut Vec<f64>) {
    let (first, width) = (out.len(), columns.len());
    out.resize(first + rows * width, f64::NAN);
    for (i, column) in columns.iter().enumerate() {
        let places = out[first + i..].iter_mut().step_by(width);
        places.zip(numbers(column)).for_each(|(place, value)| *place = value);
    }
}

/// Appends rows of draws; each has to have as many as the first row.
fn append_lists(column: &ArrayRef, rows: &mut Rows) -> Result<(), Fault> {
    let before = rows.observed.len();
    let (spans, items) = spans(column);
    let items = numbers(items);
    for (i, span) in spans.into_iter().enumerate() {
        let row = (before + i) as u64 + 1;
        if column.is_null(i) {
            let reason = "column `draws` is null; write a list of nulls for a row without a forecast";
            return Err((row, reason.into()));
        }
        let width = span.len();
        if row == 1 {
            rows.width = Some(width);
        }
        let first = rows.width.unwrap_or(width);
        if width != first {
            return Err((row, ragged(row, width, first)));
        }
        rows.values.extend_from_slice(&items[span]);
    }
    Ok(())
}

/// Where the items of each list are, and the items. The type has been checked.
pub(crate) fn spans(column: &ArrayRef) -> (Vec<Range<usize>>, &ArrayRef) {
    if let Some(lists) = column.as_list_opt::<i32>() {
        let ends = lists.value_offsets().windows(2).map(|w| w[0] as usize..w[1] as usize);
        (ends.collect(), lists.values())
    } else if let Some(lists) = column.as_list_opt::<i64>() {
        let ends = lists.value_offsets().windows(2).map(|w| w[0] as usize..w[1] as usize);
        (ends.collect(), lists.values())
    } else {
        let lists = column.as_fixed_size_list();
        let length = lists.value_length() as usize;
        ((0..lists.len()).map(|i| i * length..(i + 1) * length).collect(), lists.values())
    }
}

/// The numbers of a column, NaN where it is null. Its type has been checked.
pub(crate) fn numbers(column: &ArrayRef) -> Vec<f64> {
    fn of<T: ArrowPrimitiveType>(column: &ArrayRef, widen: impl Fn(T::Native) -> f64) -> Vec<f64> {
        let column = column.as_primitive::<T>();
        if column.null_count() == 0 {
            return column.values().iter().map(|&v| widen(v)).collect();
        }
        column.iter().map(|v| v.map_or(f64::NAN, &widen)).collect()
    }
    match column.data_type() {
        DataType::Int8 => of::<Int8Type>(column, f64::from),
        DataType::Int16 => of::<Int16Type>(column, f64::from),
        DataType::Int32 => of::<Int32Type>(column, f64::from),
        DataType::Int64 => of::<Int64Type>(column, |v| v as f64),
        DataType::UInt8 => of::<UInt8Type>(column, f64::from),
        DataType::UInt16 => of::<UInt16Type>(column, f64::from),
        DataType::UInt32 => of::<UInt32Type>(column, f64::from),
        DataType::UInt64 => of::<UInt64Type>(column, |v| v as f64),
        DataType::Float16 => of::<Float16Type>(column, f64::from),
        DataType::Float32 => of::<Float32Type>(column, f64::from),
        DataType::Float64 => of::<Float64Type>(column, |v| v),
        _ => vec![f64::NAN; column.len()],
    }
}
