//! Tables of scores and distributions: every format gives the same numbers.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, ListBuilder};
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, Float64Array, Int32Array, LargeListArray, ListArray,
    RecordBatch, StringArray, UInt8Array,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use forewarn_data::score_table::{Distribution, DistributionPair, Forecasts, ScoreTable};
use proptest::prelude::*;

/// Parquet of columns that may all be null.
pub(crate) fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

pub(crate) fn floats(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(values.iter().copied().collect::<Float64Array>())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The bits of all numbers, with one pattern for every NaN.
fn bits(table: &ScoreTable) -> (Option<usize>, [Vec<u64>; 3]) {
    let (width, values) = match &table.forecast {
        Forecasts::Points(values) => (None, values),
        Forecasts::Draws { width, values } => (Some(*width), values),
    };
    let of = |v: &[f64]| v.iter().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect();
    (width, [of(&table.observed), of(values), of(&table.weights)])
}

fn same(bytes: &[u8], expected: &ScoreTable) {
    let found = ScoreTable::parse(bytes, "stdin").unwrap();
    assert_eq!(bits(&found), bits(expected), "{found:?}");
}

const NAN: f64 = f64::NAN;

#[test]
fn points_are_the_same_from_every_format() {
    let expected = ScoreTable {
        observed: vec![0.0, NAN, 2.5],
        forecast: Forecasts::Points(vec![0.1, 3.0, NAN]),
        weights: vec![1.0, 0.0, 0.5],
    };
    same(br#"{"y": [0, null, 2.5], "p": [0.1, 3, "NaN"], "w": [1, 0, 0.5]}"#, &expected);
    same("\u{feff}{\"y\": [0, null, 2.5], \"p\": [0.1, 3, null], \"w\": [1, 0, 0.5]}".as_bytes(), &expected);
    same(b" \n{\"w\":[1,0,0.5],\"p\":[0.1,3,null],\"y\":[0,\"NA\",2.5]}\n", &expected);
    let csv = "cell,y,p,w\na,0,0.1,1\nb,,3,0\nc,2.5,NA,0.5\n";
    same(csv.as_bytes(), &expected);
    same(csv.trim_end().replace('\n', "\r\n").as_bytes(), &expected);
    same(
        format!("\u{feff}{}", csv.replace("cell,y", "cell, Y ").replace("2.5,NA", "\"2.5\",nan")).as_bytes(),
        &expected,
    );
    same(&gzip(csv.as_bytes()), &expected);
    let columns = |cells: ArrayRef| {
        vec![
            ("p", floats(&[Some(0.1), Some(3.0), None])),
            ("cell", cells),
            ("w", floats(&[Some(1.0), Some(0.0), Some(0.5)])),
            ("y", floats(&[Some(0.0), Some(NAN), Some(2.5)])),
        ]
    };
    same(&parquet(columns(Arc::new(StringArray::from(vec!["a", "b", "c"])))), &expected);
}

#[test]
fn draws_are_the_same_from_every_format() {
    let expected = ScoreTable {
        observed: vec![1.0, 4.0],
        forecast: Forecasts::Draws { width: 3, values: vec![1.0, NAN, 10.0, f64::INFINITY, 5.0, -6.0] },
        weights: vec![],
    };
    same(br#"{"y": [1, 4], "draws": [[1, null, 10], ["Infinity", 5, -6]]}"#, &expected);
    same(b"draw_10,y,draw_2,draw_1\n10,1,,1\n-6,4,5,inf\n", &expected);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("draw_10", Arc::new(Float32Array::from(vec![10.0, -6.0]))),
        ("y", Arc::new(UInt8Array::from(vec![1, 4]))),
        ("draw_2", Arc::new(Int32Array::from(vec![None, Some(5)]))),
        ("draw_1", floats(&[Some(1.0), Some(f64::INFINITY)])),
    ];
    same(&parquet(columns), &expected);
    let rows = [[Some(1.0), None, Some(10.0)], [Some(f64::INFINITY), Some(5.0), Some(-6.0)]];
    let rows = rows.map(Some);
    let lists: [ArrayRef; 3] = [
        Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows)),
        Arc::new(LargeListArray::from_iter_primitive::<Float64Type, _, _>(rows)),
        Arc::new(FixedSizeListArray::from_iter_primitive::<Float64Type, _, _>(rows, 3)),
    ];
    for list in lists {
        same(&parquet(vec![("y", floats(&[Some(1.0), Some(4.0)])), ("draws", list)]), &expected);
    }
}

#[test]
fn parquet_of_many_batches_keeps_its_rows() {
    let rows = 10_000;
    let y: Vec<Option<f64>> = (0..rows).map(|i| Some(f64::from(i))).collect();
    let draw = |k: i32| -> ArrayRef { Arc::new((0..rows).map(|i| Some(i * 3 + k)).collect::<Int32Array>()) };
    let expected = ScoreTable {
        observed: (0..rows).map(f64::from).collect(),
        forecast: Forecasts::Draws { width: 3, values: (0..rows * 3).map(f64::from).collect() },
        weights: vec![],
    };
    let columns = vec![("y", floats(&y)), ("draw_0", draw(0)), ("draw_1", draw(1)), ("draw_2", draw(2))];
    same(&parquet(columns), &expected);
    let lists = (0..rows).map(|i| Some((i * 3..i * 3 + 3).map(Some)));
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists));
    same(&parquet(vec![("draws", lists), ("y", floats(&y))]), &expected);
}

#[test]
fn single_precision_is_widened_and_not_rounded_again() {
    let mut lists = ListBuilder::new(Float32Builder::new());
    lists.append_value([Some(0.1_f32), None]);
    let bytes = parquet(vec![("y", floats(&[Some(0.1)])), ("draws", Arc::new(lists.finish()))]);
    let expected = ScoreTable {
        observed: vec![0.1],
        forecast: Forecasts::Draws { width: 2, values: vec![f64::from(0.1_f32), NAN] },
        weights: vec![],
    };
    same(&bytes, &expected);
}

#[test]
fn files_are_known_by_name_or_else_by_their_first_bytes() {
    let expected =
        ScoreTable { observed: vec![1.0], forecast: Forecasts::Points(vec![2.0]), weights: vec![] };
    let (json, csv) = (&b"{\"y\":[1],\"p\":[2]}"[..], &b"y,p\n1,2\n"[..]);
    let table = parquet(vec![("y", floats(&[Some(1.0)])), ("p", floats(&[Some(2.0)]))]);
    let folder = tempfile::tempdir().unwrap();
    let (zipped, zipped_json) = (gzip(csv), gzip(json));
    let files: [(&str, &[u8]); 12] = [
        ("a.json", json),
        ("a.JSON", json),
        ("a.csv", csv),
        ("a.csv.gz", &zipped),
        ("a.json.gz", &zipped_json),
        ("a.parquet", &table),
        ("json", json),
        ("csv.txt", csv),
        ("gz.dat", &zipped),
        ("parquet.", &table),
        ("only.gz", &zipped_json),
        ("packed.csv", csv),
    ];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(ScoreTable::read(&path).unwrap(), expected, "{name}");
    }
    // The name decides: this is CSV, with a strange column.
    std::fs::write(folder.path().join("b.csv"), b"{,y,p\n0,1,2\n").unwrap();
    assert_eq!(ScoreTable::read(&folder.path().join("b.csv")).unwrap(), expected);
}

#[test]
fn distributions_are_the_same_from_every_format() {
    let masses = |edges: Option<&[f64]>| Distribution::Masses {
        edges: edges.map(<[f64]>::to_vec),
        mass: vec![0.5, 0.0, 2.0],
    };
    let edges = [0.0, 1.0, 10.0, f64::INFINITY];
    let cases = [
        ("{\"mass\": [0.5, 0, 2]}", masses(None)),
        ("{\"edges\": [0, 1, 10, \"Infinity\"], \"mass\": [0.5, 0, 2]}", masses(Some(&edges))),
        ("mass\n0.5\n0\n2\n", masses(None)),
        ("lower,upper,mass\r\n0,1,0.5\r\n1,10,0\r\n10,inf,2\r\n", masses(Some(&edges))),
        ("{\"sample\": [3, 1, 2.5]}", Distribution::Sample(vec![3.0, 1.0, 2.5])),
        ("sample\n3\n1\n2.5", Distribution::Sample(vec![3.0, 1.0, 2.5])),
    ];
    for (text, expected) in &cases {
        assert_eq!(Distribution::parse(text.as_bytes(), "p").unwrap(), *expected, "{text}");
        assert_eq!(Distribution::parse(&gzip(text.as_bytes()), "p").unwrap(), *expected, "{text}");
    }
    let Distribution::Sample(gaps) = Distribution::parse(b"sample\n1\nNA\n\"\"\n", "p").unwrap() else {
        panic!("a sample was given")
    };
    assert!(gaps.len() == 3 && gaps[0] == 1.0 && gaps[1].is_nan() && gaps[2].is_nan(), "{gaps:?}");
    let folder = tempfile::tempdir().unwrap();
    let (p, q) = (folder.path().join("p.json"), folder.path().join("q.csv"));
    std::fs::write(&p, cases[0].0).unwrap();
    std::fs::write(&q, cases[5].0).unwrap();
    let pair = DistributionPair::read(&p, &q).unwrap();
    assert_eq!(pair, DistributionPair { p: cases[0].1.clone(), q: cases[5].1.clone() });
}

fn any_number() -> impl Strategy<Value = f64> {
    let words = prop_oneof![Just(NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0)];
    prop_oneof![4 => any::<f64>(), 2 => (-1000..1000).prop_map(f64::from), 1 => words]
}

fn any_table() -> impl Strategy<Value = ScoreTable> {
    (1..70_usize, 0..6_usize, any::<bool>()).prop_flat_map(|(rows, width, weighed)| {
        let observed = any_number().prop_map(|v| if v.is_infinite() { NAN } else { v });
        let weight = any_number().prop_map(|v| if v.is_finite() { v.abs() } else { 0.5 });
        let values = proptest::collection::vec(any_number(), rows * width.max(1));
        let weights = proptest::collection::vec(weight, if weighed { rows } else { 0 });
        (proptest::collection::vec(observed, rows), values, weights).prop_map(
            move |(observed, values, weights)| {
                let forecast =
                    if width == 0 { Forecasts::Points(values) } else { Forecasts::Draws { width, values } };
                ScoreTable { observed, forecast, weights }
            },
        )
    })
}

/// A number as JSON or CSV has it.
fn written(value: f64, json: bool) -> String {
    if value.is_nan() {
        return if json { "null".into() } else { String::new() };
    }
    let quote = if json && value.is_infinite() { "\"" } else { "" };
    let text = if value.is_infinite() {
        format!("{value}").replace("inf", "Infinity")
    } else {
        format!("{value:e}")
    };
    format!("{quote}{text}{quote}")
}

fn to_json(table: &ScoreTable) -> String {
    let list =
        |v: &[f64]| format!("[{}]", v.iter().map(|&v| written(v, true)).collect::<Vec<_>>().join(", "));
    let forecast = match &table.forecast {
        Forecasts::Points(values) => format!("\"p\": {}", list(values)),
        Forecasts::Draws { width, values } => {
            let rows: Vec<String> = values.chunks(*width).map(list).collect();
            format!("\"draws\": [{}]", rows.join(", "))
        }
    };
    let weights =
        if table.weights.is_empty() { String::new() } else { format!(", \"w\": {}", list(&table.weights)) };
    format!("{{\"y\": {}, {forecast}{weights}}}", list(&table.observed))
}

fn to_csv(table: &ScoreTable) -> String {
    let (names, width, values) = match &table.forecast {
        Forecasts::Points(values) => (vec!["p".to_owned()], 1, values),
        Forecasts::Draws { width, values } => {
            ((8..8 + *width).map(|i| format!("draw_{i}")).collect(), *width, values)
        }
    };
    let weighed = !table.weights.is_empty();
    let mut text = format!("y,{}{}\n", names.join(","), if weighed { ",w" } else { "" });
    for (i, (y, row)) in table.observed.iter().zip(values.chunks(width)).enumerate() {
        let fields = std::iter::once(y).chain(row).chain(table.weights.get(i));
        let fields: Vec<String> = fields.map(|&v| written(v, false)).collect();
        writeln!(text, "{}", fields.join(",")).unwrap();
    }
    text
}

proptest! {
    #[test]
    fn what_is_written_is_read(table in any_table()) {
        for text in [to_json(&table), to_csv(&table)] {
            let found = ScoreTable::parse(text.as_bytes(), "stdin").unwrap();
            prop_assert_eq!(bits(&found), bits(&table), "{}", text);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), begin in 0..5_usize) {
        let begin = ["", "{\"y\":[1],\"p\":[", "y,p\n", "PAR1", "\u{1f}\u{8b}\u{8}"][begin];
        let all: Vec<u8> = begin.bytes().chain(bytes).collect();
        if let Ok(table) = ScoreTable::parse(&all, "stdin") {
            prop_assert!(!table.observed.is_empty());
        }
        let _ = Distribution::parse(&all, "stdin");
    }
}
