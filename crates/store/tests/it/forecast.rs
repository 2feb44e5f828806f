//! The Parquet file: what is written is read, and what cannot be read is named.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array as _, Float32Array, Int64Array, ListArray, RecordBatch};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field as ArrowField, Schema};
use forewarn_core::{Cadence, Field, Period, Step, Units};
use forewarn_store::{ForecastFile, Labels, write_forecast};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::support::{ORIGIN, bytes_of, field, labels, put, units};

/// Equal to the bit: NaN is NaN.
fn assert_same(found: &Field, expected: &Field) {
    let bits = |f: &Field| f.values().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!((found.origin, found.step, found.units()), (expected.origin, expected.step, expected.units()));
    assert_eq!((found.is_point(), found.width()), (expected.is_point(), expected.width()));
    assert_eq!(bits(found), bits(expected));
}

fn round_trip(fields: &[Field]) {
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), "f.parquet", &bytes_of(&labels(), fields.iter().cloned()));
    let file = ForecastFile::open(&path).unwrap();
    assert_eq!(usize::from(file.steps()), fields.len());
    // Backwards: a step does not need those before it.
    for field in fields.iter().rev() {
        assert_same(&file.field(field.step).unwrap(), field);
    }
}

#[test]
fn thirty_six_steps_come_back_as_they_were() {
    let units = units(50);
    // One draw is no point.
    for draws in [None, Some(1), Some(7)] {
        let fields: Vec<_> = (1..=36).map(|step| field(step, &units, draws)).collect();
        assert!(fields[0].rows().nth(1).unwrap()[0].is_nan(), "a missing forecast is among them");
        round_trip(&fields);
    }
}

#[test]
fn extreme_values_units_and_times_come_back() {
    let units: Units = vec![forewarn_core::Unit(u32::MAX), forewarn_core::Unit(0)].into();
    let values = vec![f32::MAX, -0.0, f32::MIN_POSITIVE / 2.0, f32::MIN];
    round_trip(&[Field::draws(Period(-5), Step(1), units, 2, values).unwrap()]);
}

#[test]
fn a_step_is_one_row_group_however_many_units_there_are() {
    // More rows than the Parquet writer puts into a row group by itself.
    let many = units((1 << 20) + 1);
    round_trip(&[field(1, &many, None), field(2, &many, None)]);
}

#[test]
fn the_same_fields_are_the_same_bytes() {
    let units = units(50);
    let write = || bytes_of(&labels(), (1..=3).map(|step| field(step, &units, Some(9))));
    assert_eq!(write(), write());
}

fn refusal(fields: impl IntoIterator<Item = Field>) -> String {
    write_forecast(Vec::new(), &labels(), fields).unwrap_err().to_string()
}

#[test]
fn fields_that_are_no_forecast_are_refused() {
    let (two, draws) = (units(2), Some(3));
    let first = || field(1, &two, draws);
    let moved = Field::draws(Period(493), Step(2), two.clone(), 3, vec![0.0; 6]).unwrap();
    let empty = Field::point(ORIGIN, Step(1), units(0), vec![]).unwrap();
    for (fields, message) in [
        (vec![], "data: a forecast without any step"),
        (vec![empty], "data: a forecast without any unit"),
        (vec![first(), field(2, &two, Some(4))], "data: step 2 has 4 draws, the steps before it 3 draws"),
        (
            vec![field(1, &two, None), field(2, &two, Some(1))],
            "data: step 2 has 1 draws, the steps before it a point",
        ),
        (vec![field(2, &two, draws)], "data: step 2 where step 1 belongs"),
        (vec![first(), first()], "data: step 1 where step 2 belongs"),
        (vec![first(), moved], "data: step 2 has origin 493, the steps before it 492"),
        (
            vec![first(), field(2, &units(3), draws)],
            "data: step 2 is about other units than the steps before it",
        ),
    ] {
        assert_eq!(refusal(fields), message);
    }
}

#[test]
fn a_full_disk_is_told_with_its_cure() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = write_forecast(Full, &labels(), [field(1, &units(5000), Some(9))]).unwrap_err().to_string();
    assert!(error.contains("free some space and run again"), "{error}");
}

#[test]
fn a_step_that_is_not_there_is_told_with_those_that_are() {
    let folder = tempfile::tempdir().unwrap();
    let two = units(2);
    let path =
        put(folder.path(), "f.parquet", &bytes_of(&labels(), [field(1, &two, None), field(2, &two, None)]));
    let file = ForecastFile::open(&path).unwrap();
    for step in [0, 3] {
        let expected = format!("{}: has no step {step}; it holds 1 to 2", path.display());
        assert_eq!(file.field(Step(step)).unwrap_err().to_string(), expected);
    }
}

/// Opens and reads everything.
fn read_all(path: &Path) -> forewarn_store::Result<Vec<Field>> {
    let file = ForecastFile::open(path)?;
    (1..=file.steps()).map(|step| file.field(Step(step))).collect()
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole = bytes_of(&labels(), [field(1, &units(40), Some(5))]);
    let cases: [(&str, &[u8]); 4] = [
        ("empty", b""),
        ("text", b"month_id,pred\n1,2\n"),
        ("cut", &whole[..whole.len() / 2]),
        ("tail", &whole[9..]),
    ];
    for (name, bytes) in cases {
        let path = put(folder.path(), name, bytes);
        let error = read_all(&path).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
    }
    let absent = folder.path().join("absent");
    assert!(ForecastFile::open(&absent).unwrap_err().to_string().starts_with(&absent.display().to_string()));
}

#[test]
fn a_flipped_bit_is_an_error_or_a_field_but_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let whole = bytes_of(&labels(), [field(1, &units(40), Some(5))]);
    let mut refused = 0;
    for i in (0..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[i] ^= 1 << (i % 8);
        refused += usize::from(read_all(&put(folder.path(), "f.parquet", &bytes)).is_err());
    }
    assert!(refused > whole.len() / 12, "{refused} of {}", whole.len());
}

fn batch_of(path: &Path) -> RecordBatch {
    let file = std::fs::File::open(path).unwrap();
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap()
}

/// A forecast of 4 units x 3 draws, changed and written by another hand; and what reading it says.
fn foreign(layout: Option<&str>, change: impl Fn(RecordBatch) -> RecordBatch) -> Result<Vec<Field>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), "f.parquet", &bytes_of(&labels(), [field(1, &units(4), Some(3))]));
    let batch = change(batch_of(&path));
    let pair = layout.map(|v| vec![KeyValue::new("forewarn.schema".into(), v.to_owned())]);
    let properties = WriterProperties::builder().set_key_value_metadata(pair).build();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    read_all(&path).map_err(|e| e.to_string().replace(&path.display().to_string(), "F"))
}

/// The same columns, with lists of these lengths.
fn with_lengths(batch: &RecordBatch, lengths: [usize; 4]) -> RecordBatch {
    let lists = batch.column(4).as_list::<i32>();
    let offsets = OffsetBuffer::from_lengths(lengths);
    let (DataType::List(item), values) = (lists.data_type(), lists.values()) else { panic!("no lists") };
    let lists = ListArray::new(item.clone(), offsets, values.clone(), None);
    let mut columns = batch.columns().to_vec();
    columns[4] = Arc::new(lists);
    RecordBatch::try_new(batch.schema(), columns).unwrap()
}

#[test]
fn other_files_are_not_taken_for_forecasts() {
    let same = |batch| batch;
    assert_same(&foreign(Some("1"), same).unwrap()[0], &field(1, &units(4), Some(3)));
    assert_eq!(foreign(None, same).unwrap_err(), "F: is no forecast: its metadata lack `forewarn.schema`");
    let newer = "F: is of layout 2, this program reads layout 1: use a newer one";
    assert_eq!(foreign(Some("2"), same).unwrap_err(), newer);

    let columns = "F: its columns are not those of a forecast";
    for kept in [&[0, 1, 2, 3][..], &[0, 1, 2, 4], &[4, 3, 2, 1, 0]] {
        assert_eq!(foreign(Some("1"), |batch| batch.project(kept).unwrap()).unwrap_err(), columns);
    }
    assert!(foreign(Some("1"), |batch| with_lengths(&batch, [3, 3, 3, 3])).is_ok());
    // 12 values in all, as in 4 lists of 3.
    assert_eq!(foreign(Some("1"), |batch| with_lengths(&batch, [3, 2, 4, 3])).unwrap_err(), columns);
}

/// The same columns, with a null where `here` is the place: a unit, a point or a draw.
fn with_null(batch: &RecordBatch, here: &str) -> RecordBatch {
    let mut columns = batch.columns().to_vec();
    let floats = |n: usize| (0..n).map(|i| (i != 1).then_some(1.0)).collect::<Float32Array>();
    match here {
        "unit" => columns[1] = Arc::new(Int64Array::from(vec![Some(100), None, Some(114), Some(121)])),
        "point" => columns[4] = Arc::new(floats(4)),
        _ => {
            let item = Arc::new(ArrowField::new("element", DataType::Float32, true));
            let offsets = OffsetBuffer::from_lengths([3; 4]);
            columns[4] = Arc::new(ListArray::new(item, offsets, Arc::new(floats(12)), None));
        }
    }
    let names = batch.schema();
    let fields = names.fields().iter().zip(&columns);
    let fields = fields.map(|(f, c)| ArrowField::new(f.name(), c.data_type().clone(), true));
    RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns).unwrap()
}

#[test]
fn a_null_is_not_read_as_zero() {
    for here in ["unit", "point", "draw"] {
        let error = foreign(Some("1"), |batch| with_null(&batch, here)).unwrap_err();
        assert_eq!(error, "F: its columns are not those of a forecast", "{here}");
    }
}

#[test]
fn threads_may_read_one_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let units = units(2000);
    let fields = (1..=16).map(|step| field(step, &units, Some(20)));
    let path = put(folder.path(), "f.parquet", &bytes_of(&labels(), fields));
    let file = ForecastFile::open(&path).unwrap();
    std::thread::scope(|scope| {
        for step in 1..=16 {
            let (file, units) = (&file, &units);
            scope.spawn(move || assert_same(&file.field(Step(step)).unwrap(), &field(step, units, Some(20))));
        }
    });
}

#[test]
fn level_and_cadence_name_the_columns() {
    let folder = tempfile::tempdir().unwrap();
    for (level, cadence, period, unit) in [
        ("pgm", Cadence::Month, "month_id", "priogrid_id"),
        ("cm", Cadence::Month, "month_id", "country_id"),
        ("station", Cadence::Hour, "period", "unit"),
    ] {
        let labels = Labels { target: "rain".into(), level: level.into(), cadence };
        let path = put(folder.path(), level, &bytes_of(&labels, [field(1, &units(3), Some(2))]));
        let batch = batch_of(&path);
        let schema = batch.schema();
        let names: Vec<_> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        assert_eq!(names, [period, unit, "origin", "step", "pred_rain"]);
        // The target period, not the origin.
        assert_eq!(batch.column(0).as_primitive::<Int32Type>().values(), &[493; 3]);
        assert_eq!(batch.column(2).as_primitive::<Int32Type>().values(), &[492; 3]);
        assert_eq!(batch.column(1).as_primitive::<Int64Type>().values(), &[100, 107, 114]);
    }
}
