//! Parquet, read batch by batch.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::FileMetaData;

use super::forecasts::{About, Published, assemble};
use super::header::{Found, Header};
use super::rows::{Place, Rows};
use super::{Layout, Observed, Settings};
use crate::score_table::{broken, item_of, numbers, readable, spans};
use crate::table::integers;
use crate::{Error, Result};

/// Rows that are read at a time: with a thousand draws in a cell it is 16 MB.
const BATCH: usize = 1 << 12;

pub(super) fn read(
    path: &Path,
    settings: &Settings,
    observed: Option<&Observed<'_>>,
) -> Result<Vec<Published>> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(Error::io(path))?;
    readable(&name, || read_file(file, &name, settings, observed))
}

fn read_file(
    file: File,
    name: &str,
    settings: &Settings,
    observed: Option<&Observed<'_>>,
) -> Result<Vec<Published>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| broken(name, e))?;
    let schema = builder.schema().clone();
    let kinds = schema.fields().iter().map(|field| field.data_type());
    let header = Header {
        file: name,
        names: schema.fields().iter().map(|field| field.name().clone()).collect(),
        lists: kinds.map(|kind| item_of(kind).is_some()).collect(),
    };
    let found = header.find(settings)?;
    check_types(name, &schema, &found)?;
    let metadata = metadata(builder.metadata().file_metadata());
    let roots = found.keys().chain(found.values.iter().map(|&(_, i)| i));
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let reader = builder.with_projection(mask).with_batch_size(BATCH).build();
    let mut rows = Rows::new(name, &found, settings.origin, observed)?;
    for batch in reader.map_err(|e| broken(name, e))? {
        let batch = batch.map_err(|e| broken(name, e))?;
        append(&batch, &schema, &found, &mut rows).map_err(|(row, reason)| Error::at(name, row, reason))?;
    }
    assemble(About { metadata, ..header.about(&found) }, rows, settings.point)
}

/// What people wrote beside the columns.
fn metadata(file: &FileMetaData) -> BTreeMap<String, String> {
    let pairs = file.key_value_metadata().into_iter().flatten();
    let pairs = pairs.filter(|pair| !matches!(pair.key.as_str(), "ARROW:schema" | "pandas"));
    pairs.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect()
}

fn check_types(file: &str, schema: &Schema, found: &Found) -> Result<()> {
    let is_number = |kind: &DataType| kind.is_integer() || kind.is_floating();
    let refuse = |i: usize, expected: &str| {
        let (name, kind) = (schema.field(i).name(), schema.field(i).data_type());
        let reason = format!(
            "column `{name}` holds {kind}, it should hold {expected}; convert it or name another column"
        );
        Err(Error::data(file, reason))
    };
    if let Some(i) = found.keys().find(|&i| !schema.field(i).data_type().is_integer()) {
        return refuse(i, "integers");
    }
    for &(_, i) in &found.values {
        let kind = schema.field(i).data_type();
        if found.layout == Layout::DrawLists {
            if !item_of(kind).is_some_and(is_number) {
                return refuse(i, "lists of integers or floats");
            }
        } else if !is_number(kind) {
            return refuse(i, "integers or floats");
        }
    }
    Ok(())
}

/// A row, 1 being the first, and what is wrong with it.
type Fault = (u64, String);

/// Appends a batch.
fn append(batch: &RecordBatch, schema: &Schema, found: &Found, rows: &mut Rows<'_>) -> Result<(), Fault> {
    let name = |i: usize| schema.field(i).name().as_str();
    let lost = |i: usize| (rows.count, format!("lost column `{}`", name(i)));
    let column = |i: usize| batch.column_by_name(name(i)).ok_or_else(|| lost(i));
    let mut ids = vec![Vec::new(); schema.fields().len()];
    for i in found.keys() {
        ids[i] = integers(column(i)?);
    }
    let values =
        found.values.iter().map(|&(_, i)| Ok(Values::of(column(i)?))).collect::<Result<Vec<_>, _>>()?;
    let id = |i: usize, row: usize| {
        ids[i][row].ok_or_else(|| format!("column `{}` is empty or larger than any id", name(i)))
    };
    for row in 0..batch.num_rows() {
        rows.count += 1;
        let number = rows.count;
        let at = |reason: String| (number, reason);
        let line = u32::try_from(number).map_err(|_| at("is one row too many; split the file".to_owned()))?;
        let place = found.place(|i| id(i, row)).map_err(at)?;
        for ((step, i), values) in found.values.iter().zip(&values) {
            let place = Place { step: step.or(place.step), ..place };
            let values = values.of_row(row).ok_or_else(|| {
                at(format!("column `{}` is an empty list; write null where there is no forecast", name(*i)))
            })?;
            rows.push(line, &place, name(*i), values).map_err(at)?;
        }
    }
    Ok(())
}

/// A column of values.
enum Values {
    Numbers(Vec<f64>),
    /// Where the values of each row are, if it is not null, and the values of all.
    Lists(Vec<Option<Range<usize>>>, Vec<f64>),
}

impl Values {
    fn of(column: &ArrayRef) -> Self {
        if item_of(column.data_type()).is_none() {
            return Self::Numbers(numbers(column));
        }
        let (spans, items) = spans(column);
        let some = |(i, span)| column.is_valid(i).then_some(span);
        Self::Lists(spans.into_iter().enumerate().map(some).collect(), numbers(items))
    }

    /// The values of a row, none where it is null; `None` for an empty list.
    fn of_row(&self, row: usize) -> Option<&[f64]> {
        match self {
            Self::Numbers(values) => Some(&values[row..=row]),
            Self::Lists(spans, values) => match &spans[row] {
                Some(span) => Some(&values[span.clone()]).filter(|values| !values.is_empty()),
                None => Some(&[]),
            },
        }
    }
}
