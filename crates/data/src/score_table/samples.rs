//! Every column of a file, as a sample.

use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::comma_separated::Csv;
use super::number;
use super::parquet_file::{broken, numbers, readable};
use crate::{Error, Result};

/// The values of a column, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    /// Numbers; NaN where one is missing.
    Numbers(Vec<f64>),
    /// Names of categories; empty where one is missing.
    Words(Vec<String>),
}

impl Sample {
    /// Numbers if all that is not missing is a number, else words.
    fn of_text(fields: Vec<String>) -> Self {
        let numbers: Option<Vec<f64>> = fields.iter().map(|field| number::parse(field)).collect();
        let word = |field: String| {
            if number::parse(&field).is_some_and(f64::is_nan) { String::new() } else { field }
        };
        numbers.map_or_else(|| Self::Words(fields.into_iter().map(word).collect()), Self::Numbers)
    }
}

/// A column with its name.
pub type Named = (String, Sample);

pub(super) fn of_csv(bytes: &[u8], name: &str) -> Result<Vec<Named>> {
    let mut csv = Csv::open(bytes, name)?;
    let mut fields: Vec<Vec<String>> = vec![Vec::new(); csv.names.len()];
    while csv.next()? {
        for (i, column) in fields.iter_mut().enumerate() {
            column.push(csv.text(i));
        }
    }
    Ok(csv.names.iter().cloned().zip(fields.into_iter().map(Sample::of_text)).collect())
}

pub(super) fn of_json(bytes: &[u8], name: &str) -> Result<Vec<Named>> {
    let object: serde_json::Map<String, Value> = serde_json::from_slice(bytes).map_err(|e| {
        Error::at(name, e.line() as u64, format!("is no JSON object of lists, `{{\"x\": [1, 2]}}` ({e})"))
    })?;
    let sample = |(column, value): (String, Value)| {
        let wrong = |what: String| Error::data(name, format!("column `{column}` {what}"));
        let Value::Array(items) = value else {
            return Err(wrong("is no list; write `[1, 2]`".to_owned()));
        };
        let text = |(i, item): (usize, Value)| match item {
            Value::Null => Ok(String::new()),
            Value::Number(n) => Ok(n.to_string()),
            Value::String(s) => Ok(s),
            Value::Bool(b) => Ok(b.to_string()),
            other => Err(wrong(format!("holds {other} at place {i}; it may hold numbers, words and null"))),
        };
        let fields = items.into_iter().enumerate().map(text).collect::<Result<_>>()?;
        Ok((column.clone(), Sample::of_text(fields)))
    };
    object.into_iter().map(sample).collect()
}

pub(super) fn of_parquet(file: File, name: &str) -> Result<Vec<Named>> {
    readable(name, || {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| broken(name, e))?;
        let fields = builder.schema().fields().clone();
        let mut samples: Vec<Named> =
            fields.iter().map(|f| (f.name().clone(), empty(f.data_type()))).collect();
        for batch in builder.build().map_err(|e| broken(name, e))? {
            let batch = batch.map_err(|e| broken(name, e))?;
            for ((column, sample), array) in samples.iter_mut().zip(batch.columns()) {
                append(sample, array).map_err(|found| {
                    let reason = format!(
                        "column `{column}` holds {found}, it should hold numbers or words; convert it"
                    );
                    Error::data(name, reason)
                })?;
            }
        }
        Ok(samples)
    })
}

fn empty(kind: &DataType) -> Sample {
    if kind.is_integer() || kind.is_floating() {
        Sample::Numbers(Vec::new())
    } else {
        Sample::Words(Vec::new())
    }
}

/// Appends a batch of a column; gives the type that it cannot be.
fn append(sample: &mut Sample, array: &ArrayRef) -> Result<(), DataType> {
    match sample {
        Sample::Numbers(values) => values.extend(numbers(array)),
        Sample::Words(words) => {
            let word = |v: Option<&str>| v.unwrap_or_default().to_owned();
            match array.data_type() {
                DataType::Utf8 => words.extend(array.as_string::<i32>().iter().map(word)),
                DataType::LargeUtf8 => words.extend(array.as_string::<i64>().iter().map(word)),
                DataType::Utf8View => words.extend(array.as_string_view().iter().map(word)),
                DataType::Boolean => words
                    .extend(array.as_boolean().iter().map(|v| v.map_or_else(String::new, |v| v.to_string()))),
                other => return Err(other.clone()),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BooleanArray, Int32Array, RecordBatch, StringArray};

    use super::*;

    fn numbers_of(sample: &Sample) -> &[f64] {
        match sample {
            Sample::Numbers(values) => values,
            Sample::Words(words) => panic!("{words:?} are no numbers"),
        }
    }

    #[test]
    fn columns_are_numbers_or_words_and_missing_is_neither() {
        let csv = of_csv(b"X, kind\n1,a\nNA,\n2.5,7\n", "f").unwrap();
        let json = of_json(br#"{"X": [1, null, 2.5], "kind": ["a", null, 7]}"#, "f").unwrap();
        for columns in [csv, json] {
            assert_eq!((columns[0].0.as_str(), columns[1].0.as_str()), ("X", "kind"));
            let x = numbers_of(&columns[0].1);
            assert!(x[0] == 1.0 && x[1].is_nan() && x[2] == 2.5);
            assert_eq!(columns[1].1, Sample::Words(["a", "", "7"].map(str::to_owned).to_vec()));
        }
    }

    #[test]
    fn parquet_has_types_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.parquet");
        let batch = RecordBatch::try_from_iter([
            ("n", Arc::new(Int32Array::from(vec![Some(3), None])) as ArrayRef),
            ("w", Arc::new(StringArray::from(vec![None, Some("a")])) as ArrayRef),
            ("b", Arc::new(BooleanArray::from(vec![true, false])) as ArrayRef),
        ])
        .unwrap();
        let file = File::create(&path).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let columns = super::super::samples(&path).unwrap();
        assert!(numbers_of(&columns[0].1)[1].is_nan());
        assert_eq!(columns[1].1, Sample::Words(vec![String::new(), "a".to_owned()]));
        assert_eq!(columns[2].1, Sample::Words(vec!["true".to_owned(), "false".to_owned()]));
    }

    #[test]
    fn what_is_no_column_is_named() {
        let said = |text: &str| of_json(text.as_bytes(), "f").unwrap_err().to_string();
        assert!(said(r#"{"x": 3}"#).contains("column `x` is no list"));
        assert!(said(r#"{"x": [1, [2]]}"#).contains("column `x` holds [2] at place 1"));
        assert!(said("[1]").contains("is no JSON object of lists"));
    }
}
