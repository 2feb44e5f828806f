//! A forecast as a long table for other programs: a row for each unit, step and draw.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Int32Array, Int64Array, RecordBatch};
use forewarn_core::{Field, Step};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::forecast::ForecastFile;
use crate::{Error, Result, file};

/// Names of the columns.
const COLUMNS: [&str; 5] = ["unit", "period", "step", "draw", "value"];

/// Writes a forecast as a table with the columns `unit`, `period` (the target), `step`, `draw` (from 0) and `value`, by step,
/// then unit, then draw: as CSV, or as Parquet when the file's name ends so. No forecast is NaN.
///
/// # Errors
/// [`Error::Io`] or [`Error::Damaged`]; then there is no such file, or the one that was there.
pub fn write_table(forecast: &ForecastFile, path: &Path) -> Result<()> {
    let fields = (1..=forecast.steps()).map(|step| forecast.field(Step(step)));
    let parquet = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"));
    file::write_with(path, |out| {
        if parquet { write_parquet(fields, out, path) } else { write_csv(fields, out, path) }
    })
}

fn write_csv(fields: impl Iterator<Item = Result<Field>>, out: &mut File, path: &Path) -> Result<()> {
    let mut out = BufWriter::new(out);
    writeln!(out, "{}", COLUMNS.join(",")).map_err(Error::io(path))?;
    for field in fields {
        let field = field?;
        let (period, step) = (field.target(), field.step);
        for (unit, row) in field.units().iter().zip(field.rows()) {
            for (draw, value) in row.iter().enumerate() {
                writeln!(out, "{unit},{period},{step},{draw},{value}").map_err(Error::io(path))?;
            }
        }
    }
    out.flush().map_err(Error::io(path))
}

fn write_parquet(fields: impl Iterator<Item = Result<Field>>, out: &mut File, path: &Path) -> Result<()> {
    let refused = |e: ParquetError| Error::damaged(path, format!("cannot be written: {e}"));
    let settings =
        WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut writer: Option<ArrowWriter<&mut File>> = None;
    let mut out = Some(out);
    for field in fields {
        let batch = batch(&field?).map_err(|e| refused(e.into()))?;
        if let Some(out) = out.take() {
            let opened = ArrowWriter::try_new(out, batch.schema(), Some(settings.clone()));
            writer = Some(opened.map_err(refused)?);
        }
        if let Some(writer) = &mut writer {
            writer.write(&batch).map_err(refused)?;
            writer.flush().map_err(refused)?;
        }
    }
    writer.map_or(Ok(()), |writer| writer.close().map(|_| ()).map_err(refused))
}

fn batch(field: &Field) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let (width, rows) = (field.width(), field.values().len());
    let same = |value: i32| -> ArrayRef { Arc::new(Int32Array::from(vec![value; rows])) };
    let units = field.units().iter().flat_map(|unit| std::iter::repeat_n(i64::from(unit.0), width));
    let draws = field.units().iter().flat_map(|_| 0..width as i32);
    let columns: [ArrayRef; 5] = [
        Arc::new(Int64Array::from_iter_values(units)),
        same(field.target().0),
        same(i32::from(field.step.0)),
        Arc::new(Int32Array::from_iter_values(draws)),
        Arc::new(Float32Array::from(field.values().to_vec())),
    ];
    RecordBatch::try_from_iter(COLUMNS.into_iter().zip(columns))
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray as _;
    use arrow_array::types::{Float32Type, Int64Type};
    use forewarn_core::{Cadence, Period, Unit};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;
    use crate::forecast::{Labels, write_forecast};

    fn forecast(folder: &Path) -> ForecastFile {
        let field = |step: u16, values: [f32; 4]| {
            let units = vec![Unit(7), Unit(9)].into();
            Field::draws(Period(492), Step(step), units, 2, values.to_vec()).unwrap()
        };
        let fields = [field(1, [0.0, 1.5, f32::NAN, f32::NAN]), field(2, [3.0, 4.0, 1e9, 0.1])];
        let labels = Labels { target: "y".into(), level: "pgm".into(), cadence: Cadence::Month };
        let path = folder.join("forecast");
        write_forecast(File::create(&path).unwrap(), &labels, fields).unwrap();
        ForecastFile::open(&path).unwrap()
    }

    #[test]
    fn every_draw_is_a_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/table.csv");
        write_table(&forecast(folder.path()), &path).unwrap();
        let expected = "unit,period,step,draw,value\n7,493,1,0,0\n7,493,1,1,1.5\n9,493,1,0,NaN\n9,493,1,1,NaN\n\
                        7,494,2,0,3\n7,494,2,1,4\n9,494,2,0,1000000000\n9,494,2,1,0.1\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    }

    #[test]
    fn the_same_table_as_parquet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        write_table(&forecast(folder.path()), &path).unwrap();
        let file = File::open(&path).unwrap();
        let batches = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let (mut units, mut values) = (Vec::new(), Vec::new());
        for batch in batches.map(Result::unwrap) {
            let names: Vec<_> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
            assert_eq!(names, COLUMNS);
            units.extend(batch.column(0).as_primitive::<Int64Type>().values().to_vec());
            values.extend(batch.column(4).as_primitive::<Float32Type>().values().to_vec());
        }
        assert_eq!(units, [7, 7, 9, 9, 7, 7, 9, 9]);
        assert_eq!((values[1], values[2].is_nan(), values[7]), (1.5, true, 0.1));
    }
}
