//! Parquet tables: every type that can hold a number, and types that cannot.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::types::Float16Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    LargeStringArray, PrimitiveArray, RecordBatch, StringArray, StringViewArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow_schema::DataType;
use forewarn_data::table::{Layout, Table};
use forewarn_data::{Error, Records};

fn array<T: Array + 'static>(array: T) -> ArrayRef {
    Arc::new(array)
}

fn write(columns: Vec<(&str, ArrayRef)>) -> (tempfile::TempDir, PathBuf) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    (folder, path)
}

fn read(columns: Vec<(&str, ArrayRef)>) -> Result<Records, Error> {
    let (_folder, path) = write(columns);
    let table = Table {
        unit: "cell".into(),
        time: "month".into(),
        values: vec!["deaths".into()],
        layout: Layout::Dense,
        ..Table::default()
    };
    table.read(&path)
}

/// Every integer type, holding 1, nothing, 3.
fn integers() -> Vec<ArrayRef> {
    vec![
        array(Int8Array::from(vec![Some(1), None, Some(3)])),
        array(Int16Array::from(vec![Some(1), None, Some(3)])),
        array(Int32Array::from(vec![Some(1), None, Some(3)])),
        array(Int64Array::from(vec![Some(1), None, Some(3)])),
        array(UInt8Array::from(vec![Some(1), None, Some(3)])),
        array(UInt16Array::from(vec![Some(1), None, Some(3)])),
        array(UInt32Array::from(vec![Some(1), None, Some(3)])),
        array(UInt64Array::from(vec![Some(1), None, Some(3)])),
    ]
}

fn ids() -> ArrayRef {
    array(Int32Array::from(vec![10, 20, 30]))
}

#[test]
fn every_width_is_a_value() {
    let half = Int32Array::from(vec![Some(1), None, Some(3)]);
    let half: PrimitiveArray<Float16Type> = half.unary_opt(|v| format!("{v}.0").parse().ok());
    let floats = [
        array(half),
        array(Float32Array::from(vec![Some(1.0), None, Some(3.0)])),
        array(Float64Array::from(vec![Some(1.0), None, Some(3.0)])),
    ];
    for values in integers().into_iter().chain(floats) {
        let found = values.data_type().clone();
        let records = read(vec![("cell", ids()), ("month", ids()), ("deaths", values)]).unwrap();
        assert_eq!((records.len(), records.rejected.len()), (3, 0));
        let [a, b, c] = records.values[0][..] else { panic!("{found}") };
        assert!(a == 1.0 && b.is_nan() && c == 3.0, "{found}: {a}, {b}, {c}");
    }
}

#[test]
fn every_integer_is_a_unit_and_a_time_and_rows_without_are_rejected() {
    for ones in integers() {
        let values = || array(Float64Array::from(vec![5.0, 6.0, 7.0]));
        for (unit, time, what) in [(ones.clone(), ids(), "cell"), (ids(), ones.clone(), "month")] {
            let records = read(vec![("cell", unit), ("month", time), ("deaths", values())]).unwrap();
            assert_eq!((&records.line[..], &records.values[0][..]), (&[1, 3][..], &[5.0, 7.0][..]));
            let [rejected] = &records.rejected[..] else { panic!("{:?}", records.rejected) };
            assert_eq!((rejected.line, rejected.rule, records.rows), (2, "unreadable", 3));
            assert!(rejected.reason.contains(&format!("column `{what}` is empty")), "{}", rejected.reason);
            assert_eq!(rejected.row, if what == "cell" { ",20" } else { "20," });
        }
    }
}

#[test]
fn text_is_a_time() {
    let texts = ["1980-10", "soon", "30"];
    let columns: [ArrayRef; 3] = [
        array(StringArray::from(texts.to_vec())),
        array(LargeStringArray::from(texts.to_vec())),
        array(StringViewArray::from(texts.to_vec())),
    ];
    for times in columns {
        let records = read(vec![("cell", ids()), ("month", times), ("deaths", ids())]).unwrap();
        assert_eq!((&records.unit[..], &records.period[..]), (&[10, 30][..], &[10, 30][..]));
        assert_eq!(records.rejected[0].line, 2);
        assert!(records.rejected[0].reason.contains("`soon` is no Month"), "{}", records.rejected[0].reason);
    }
}

#[test]
fn wrong_types_are_named_with_what_there_is() {
    let text = || array(StringArray::from(vec!["1", "2", "3"]));
    let float = || array(Float64Array::from(vec![1.0, 2.0, 3.0]));
    let truth = || array(BooleanArray::from(vec![true, false, true]));
    for (columns, column, found, accepted) in [
        ([ids(), ids(), text()], "deaths", DataType::Utf8, "integers or floats"),
        ([ids(), ids(), truth()], "deaths", DataType::Boolean, "integers or floats"),
        ([ids(), float(), ids()], "month", DataType::Float64, "integers or text"),
        ([text(), ids(), ids()], "cell", DataType::Utf8, "integers"),
        ([float(), ids(), ids()], "cell", DataType::Float64, "integers"),
    ] {
        for rows in [3, 0] {
            let columns = ["cell", "month", "deaths"].into_iter().zip(columns.clone());
            let e = read(columns.map(|(n, c)| (n, c.slice(0, rows))).collect()).unwrap_err().to_string();
            let expected = format!(
                "a.parquet: column `{column}` holds {found}, it should hold {accepted}; convert it or name another \
                 column: cell, month, deaths"
            );
            assert!(e.ends_with(&expected), "{e}");
        }
    }
    let e = read(vec![("cell", ids()), ("month", ids())]).unwrap_err().to_string();
    assert!(e.ends_with("a.parquet: there is no column `deaths`; there are: cell, month"), "{e}");
}
