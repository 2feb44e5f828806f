//! A checked panel as a Parquet file: `period`, `unit` and one nullable float column a feature.
//!
//! Rows are dense and ordered by period, then unit; a null is «not observed». Any Parquet reader can look at it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, UInt32Type};
use arrow_array::{Array, ArrayRef, Float32Array, Int32Array, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use forewarn_core::{Axis, Cadence, Panel, Period, Unit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::{Error, Result};

/// Key of the cadence in the file's metadata.
const CADENCE: &str = "forewarn.cadence";
/// Periods a row group.
const GROUP: usize = 48;

/// Writes a panel.
///
/// # Errors
/// [`Error::Data`] when the writer refuses.
pub fn write(panel: &Panel, out: impl Write + Send) -> Result<()> {
    let refused = |e: parquet::errors::ParquetError| Error::data("panel", format!("cannot be written: {e}"));
    let mut fields =
        vec![Field::new("period", DataType::Int32, false), Field::new("unit", DataType::UInt32, false)];
    fields.extend(panel.columns().iter().map(|c| Field::new(&c.name, DataType::Float32, true)));
    let schema = Arc::new(Schema::new(fields));
    let cadence =
        serde_json::to_string(&panel.axis().cadence).map_err(|e| Error::data("panel", e.to_string()))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        // The same units ascend in each period: their differences are small, a dictionary of them is not.
        .set_column_dictionary_enabled("unit".into(), false)
        .set_column_encoding("unit".into(), Encoding::DELTA_BINARY_PACKED)
        .set_key_value_metadata(Some(vec![KeyValue::new(CADENCE.to_owned(), cadence)]))
        .set_max_row_group_row_count(Some(GROUP * panel.units().len()))
        .build();
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(refused)?;
    let axis = panel.axis();
    for first in (0..axis.len).step_by(GROUP) {
        let periods = first..(first + GROUP).min(axis.len);
        writer.write(&batch(panel, &schema, periods)?).map_err(refused)?;
    }
    writer.close().map_err(refused)?;
    Ok(())
}

/// The rows of some periods.
fn batch(panel: &Panel, schema: &SchemaRef, periods: std::ops::Range<usize>) -> Result<RecordBatch> {
    let (axis, units) = (panel.axis(), panel.units());
    let n = units.len();
    let period = periods.clone().flat_map(|i| std::iter::repeat_n(axis.period(i).0, n));
    let unit = periods.clone().flat_map(|_| units.iter().map(|u| u.0));
    let mut columns: Vec<ArrayRef> =
        vec![Arc::new(Int32Array::from_iter_values(period)), Arc::new(UInt32Array::from_iter_values(unit))];
    for column in panel.columns() {
        let values = &column.values()[periods.start * n..periods.end * n];
        columns.push(Arc::new(values.iter().map(|&v| (!v.is_nan()).then_some(v)).collect::<Float32Array>()));
    }
    RecordBatch::try_new(schema.clone(), columns).map_err(|e| Error::data("panel", e.to_string()))
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// [`Error::Io`] when the file cannot be opened, [`Error::Data`] when it is no panel.
pub fn read(path: &Path) -> Result<Panel> {
    let name = path.display().to_string();
    let wrong = |reason: String| Error::data(&name, format!("is no panel file: {reason}"));
    let file = File::open(path).map_err(Error::io(path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| wrong(e.to_string()))?;
    let metadata = reader.metadata().file_metadata();
    let cadence = metadata.key_value_metadata().and_then(|m| m.iter().find(|k| k.key == CADENCE));
    let cadence: Cadence = cadence
        .and_then(|k| k.value.as_deref())
        .and_then(|v| serde_json::from_str(v).ok())
        .ok_or_else(|| wrong(format!("`{CADENCE}` is not in its metadata")))?;
    let names: Vec<String> = reader.schema().fields().iter().skip(2).map(|f| f.name().clone()).collect();
    let (mut periods, mut units): (Vec<i32>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut values: Vec<Vec<f32>> = vec![Vec::new(); names.len()];
    for batch in reader.with_batch_size(1 << 16).build().map_err(|e| wrong(e.to_string()))? {
        let batch = batch.map_err(|e| wrong(e.to_string()))?;
        let types = (
            batch.column(0).as_primitive_opt::<Int32Type>(),
            batch.column(1).as_primitive_opt::<UInt32Type>(),
        );
        let (Some(period), Some(unit)) = types else {
            return Err(wrong("its first columns are not `period` (int32) and `unit` (uint32)".to_owned()));
        };
        periods.extend_from_slice(period.values());
        units.extend_from_slice(unit.values());
        for (i, out) in values.iter_mut().enumerate() {
            let column = batch.column(i + 2).as_primitive_opt::<Float32Type>();
            append(column.ok_or_else(|| wrong(format!("column `{}` is not float32", names[i])))?, out);
        }
    }
    let (axis, units) =
        dense(cadence, &periods, &units).ok_or_else(|| wrong("its rows are not dense".to_owned()))?;
    let mut panel = Panel::new(axis, units.into())?;
    for (name, values) in names.into_iter().zip(values) {
        panel.push(name, values)?;
    }
    Ok(panel)
}

/// Appends values, nulls as NaN.
fn append(column: &Float32Array, out: &mut Vec<f32>) {
    if column.null_count() == 0 {
        out.extend_from_slice(column.values());
    } else {
        out.extend(column.iter().map(|v| v.unwrap_or(f32::NAN)));
    }
}

/// Axis and units of dense rows ordered by period, then unit; `None` when they are not.
fn dense(cadence: Cadence, periods: &[i32], units: &[u32]) -> Option<(Axis, Vec<Unit>)> {
    let first = *periods.first()?;
    let n = periods.iter().position(|&p| p != first).unwrap_or(periods.len());
    let labels = &units[..n];
    let axis = Axis { cadence, first: Period(first), len: periods.len() / n };
    let mut rows = periods.chunks(n).zip(units.chunks(n)).enumerate();
    let regular = rows.all(|(i, (p, u))| u == labels && p.iter().all(|&p| p == axis.period(i).0));
    regular.then(|| (axis, labels.iter().copied().map(Unit).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> Panel {
        let axis = Axis::between(Cadence::Month, Period(100), Period(199));
        let mut panel = Panel::new(axis, (1..=50).map(|u| Unit(u * 3)).collect()).unwrap();
        let value = |i: usize| if i.is_multiple_of(7) { f32::NAN } else { (i % 5) as f32 * 0.1 };
        panel.push("a", (0..5000).map(value).collect()).unwrap();
        panel.push("b", (0..5000).map(|i| i as f32).collect()).unwrap();
        panel
    }

    fn save(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn a_panel_comes_back_as_it_was() {
        let panel = panel();
        let mut bytes = Vec::new();
        write(&panel, &mut bytes).unwrap();
        let back = read(save(&bytes).path()).unwrap();
        assert_eq!((back.axis(), back.units()), (panel.axis(), panel.units()));
        for (a, b) in back.columns().iter().zip(panel.columns()) {
            assert_eq!(a.name, b.name);
            assert!(
                a.values()
                    .iter()
                    .zip(b.values())
                    .all(|(x, y)| x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan())
            );
        }
        let mut again = Vec::new();
        write(&panel, &mut again).unwrap();
        assert_eq!(bytes, again, "the same panel is the same file");
    }

    #[test]
    fn something_else_is_refused() {
        let e = read(save(b"PAR1 but not really").path()).unwrap_err().to_string();
        assert!(e.contains("is no panel file"), "{e}");
        let (periods, units) = ([1, 1, 2, 2], [4, 5, 4, 6]);
        assert!(dense(Cadence::Month, &periods, &units).is_none());
        assert!(dense(Cadence::Month, &[1, 1, 3, 3], &[4, 5, 4, 5]).is_none());
    }
}
