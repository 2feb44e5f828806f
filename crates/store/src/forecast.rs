//! A forecast as a Parquet file: one row a unit and step, one row group a step.
//!
//! Columns: the target period (`month_id` for months, else `period`), the unit (`priogrid_id` at level `pgm`, `country_id`
//! at `cm`, else `unit`), `origin`, `step`, and `pred_TARGET`: a list of draws, or a number for a point forecast. What
//! it is, is declared in the file's metadata (`forewarn.output`), not guessed from the number of draws. NaN is «no
//! forecast». Written field by field, and read step by step: a whole forecast never has to fit in memory.

use std::fs::File;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, Int64Type};
use arrow_array::{Array as _, ArrayRef, Float32Array, Int32Array, Int64Array, ListArray, RecordBatch};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field as ArrowField, Schema, SchemaRef};
use forewarn_core::{Cadence, Field, Period, Step, Unit, Units};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::{Error, Result};

/// Version of the file's layout.
const LAYOUT: &str = "1";
const SCHEMA: &str = "forewarn.schema";
const OUTPUT: &str = "forewarn.output";

/// What the columns are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Column that is forecast.
    pub target: String,
    /// Level of analysis.
    pub level: String,
    /// How often.
    pub cadence: Cadence,
}

impl Labels {
    fn period(&self) -> &'static str {
        if self.cadence == Cadence::Month { "month_id" } else { "period" }
    }

    fn unit(&self) -> &'static str {
        match self.level.as_str() {
            "pgm" => "priogrid_id",
            "cm" => "country_id",
            _ => "unit",
        }
    }

    fn schema(&self, draws: Option<usize>) -> SchemaRef {
        let field = |name: &str, kind| ArrowField::new(name, kind, false);
        let kind = match draws {
            None => DataType::Float32,
            Some(_) => DataType::List(item()),
        };
        Arc::new(Schema::new(vec![
            field(self.period(), DataType::Int32),
            field(self.unit(), DataType::Int64),
            field("origin", DataType::Int32),
            field("step", DataType::Int32),
            field(&format!("pred_{}", self.target), kind),
        ]))
    }
}

fn item() -> Arc<ArrowField> {
    Arc::new(ArrowField::new("element", DataType::Float32, false))
}

/// Writes the fields of steps 1, 2, 3, ... of one forecast. The same fields are the same bytes.
///
/// # Errors
/// [`Error::Core`] when there are no fields, or one does not continue those before it: another origin, step, number of
/// draws, or other units. [`Error::Io`] or [`Error::Damaged`] when the writer refuses; both name the file `forecast`.
pub fn write_forecast(
    out: impl Write + Send,
    labels: &Labels,
    fields: impl IntoIterator<Item = Field>,
) -> Result<()> {
    let mut fields = fields.into_iter().peekable();
    let shape = Shape::of(fields.peek())?;
    let schema = labels.schema(shape.draws);
    // The Parquet types say everything, and where Arrow's are stored beside them pyarrow does not show our metadata.
    let options = ArrowWriterOptions::new()
        .with_properties(properties(labels, shape.draws))
        .with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(out, schema.clone(), options).map_err(refused)?;
    for (step, field) in (1..).zip(fields) {
        shape.check(Step(step), &field)?;
        let batch = batch(&schema, field).map_err(|e| refused(e.into()))?;
        writer.write(&batch).map_err(refused)?;
        writer.flush().map_err(refused)?;
    }
    writer.close().map_err(refused)?;
    Ok(())
}

/// Chosen by CPU seconds x size on sparse draws; `docs/archive.md` has the figures.
fn properties(labels: &Labels, draws: Option<usize>) -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        // zstd finds the repetitions by itself, and for units, each of which is there once, a dictionary only costs.
        .set_dictionary_enabled(false)
        .set_column_encoding(labels.unit().into(), Encoding::DELTA_BINARY_PACKED)
        // Enough to find a step; a step is read as a whole, and nobody looks for a draw.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(predictions(labels, draws), EnabledStatistics::None)
        .set_key_value_metadata(Some(metadata(labels, draws)))
        // One row group a step, however many units there are.
        .set_max_row_group_row_count(None)
        .build()
}

/// Where Parquet has the values.
fn predictions(labels: &Labels, draws: Option<usize>) -> ColumnPath {
    let mut path = vec![format!("pred_{}", labels.target)];
    if draws.is_some() {
        path.extend(["list".to_owned(), "element".to_owned()]);
    }
    path.into()
}

fn refused(e: ParquetError) -> Error {
    let path = Path::new("forecast");
    match e {
        ParquetError::External(e) if e.is::<std::io::Error>() => match e.downcast() {
            Ok(e) => Error::io(path)(*e),
            Err(e) => Error::damaged(path, format!("cannot be written: {e}")),
        },
        e => Error::damaged(path, format!("cannot be written: {e}")),
    }
}

/// What all fields of a forecast have in common.
struct Shape {
    origin: Period,
    units: Units,
    draws: Option<usize>,
}

impl Shape {
    fn of(first: Option<&Field>) -> Result<Self> {
        let wrong = |reason: String| Err(forewarn_core::Error::data(reason).into());
        let Some(field) = first else { return wrong("a forecast without any step".to_owned()) };
        let (units, width) = (field.units().len(), field.width());
        if units == 0 {
            return wrong("a forecast without any unit".to_owned());
        }
        if i32::try_from(units * width).is_err() {
            return wrong(format!(
                "{units} units x {width} draws are more than the {} values that a step can hold",
                i32::MAX
            ));
        }
        Ok(Self {
            origin: field.origin,
            units: field.units().clone(),
            draws: (!field.is_point()).then_some(width),
        })
    }

    fn check(&self, step: Step, field: &Field) -> Result<()> {
        let draws = (!field.is_point()).then(|| field.width());
        let wrong = if field.step != step {
            format!("step {} where step {step} belongs", field.step)
        } else if field.origin != self.origin {
            format!("step {step} has origin {}, the steps before it {}", field.origin, self.origin)
        } else if draws != self.draws {
            format!("step {step} has {}, the steps before it {}", words(draws), words(self.draws))
        } else if field.units() != &self.units {
            format!("step {step} is about other units than the steps before it")
        } else {
            return Ok(());
        };
        Err(forewarn_core::Error::data(wrong).into())
    }
}

fn words(draws: Option<usize>) -> String {
    draws.map_or("a point".to_owned(), |n| format!("{n} draws"))
}

fn metadata(labels: &Labels, draws: Option<usize>) -> Vec<KeyValue> {
    let output = if draws.is_some() { "draws" } else { "point" };
    let cadence = format!("{:?}", labels.cadence).to_lowercase();
    let pairs = [
        (SCHEMA, LAYOUT.to_owned()),
        (OUTPUT, output.to_owned()),
        ("forewarn.draws", draws.unwrap_or(1).to_string()),
        ("forewarn.target", labels.target.clone()),
        ("forewarn.level", labels.level.clone()),
        ("forewarn.cadence", cadence),
    ];
    pairs.into_iter().map(|(k, v)| KeyValue::new(k.to_owned(), v)).collect()
}

fn batch(schema: &SchemaRef, field: Field) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let n = field.units().len();
    let same = |value: i32| -> ArrayRef { Arc::new(Int32Array::from(vec![value; n])) };
    let units: ArrayRef =
        Arc::new(Int64Array::from_iter_values(field.units().iter().map(|u| i64::from(u.0))));
    let (target, origin, step) = (field.target(), field.origin, field.step);
    let (is_point, width) = (field.is_point(), field.width());
    let times = [same(target.0), units, same(origin.0), same(i32::from(step.0))];
    let values = Float32Array::from(field.into_values());
    let predictions: ArrayRef = if is_point {
        Arc::new(values)
    } else {
        let offsets = (0..=n).map(|i| (i * width) as i32).collect::<ScalarBuffer<i32>>();
        Arc::new(ListArray::try_new(item(), OffsetBuffer::new(offsets), Arc::new(values), None)?)
    };
    let columns = times.into_iter().chain([predictions]).collect();
    RecordBatch::try_new(schema.clone(), columns)
}

/// A forecast that was written.
#[derive(Debug)]
pub struct ForecastFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

impl ForecastFile {
    /// Opens a file that [`write_forecast`] wrote.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened, [`Error::Damaged`] when it is no forecast.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Error::io(path))?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default());
        let metadata = metadata.map_err(|e| Error::damaged(path, format!("is no readable Parquet: {e}")))?;
        let pairs = metadata.metadata().file_metadata().key_value_metadata();
        let layout = pairs.into_iter().flatten().find(|pair| pair.key == SCHEMA);
        let reason = match layout.and_then(|pair| pair.value.as_deref()) {
            Some(LAYOUT) => return Ok(Self { path: path.to_path_buf(), metadata }),
            Some(other) => {
                format!("is of layout {other}, this program reads layout {LAYOUT}: use a newer one")
            }
            None => format!("is no forecast: its metadata lack `{SCHEMA}`"),
        };
        Err(Error::damaged(path, reason))
    }

    /// How many steps it holds.
    pub fn steps(&self) -> u16 {
        self.metadata.metadata().num_row_groups() as u16
    }

    /// The field of one step.
    ///
    /// # Errors
    /// [`Error::Damaged`] when it does not hold that step, or something else than a forecast.
    pub fn field(&self, step: Step) -> Result<Field> {
        let wrong = |reason: String| Error::damaged(&self.path, reason);
        if step.0 == 0 || step.0 > self.steps() {
            return Err(wrong(format!("has no step {step}; it holds 1 to {}", self.steps())));
        }
        // The Parquet reader returns most of what is wrong with damaged bytes, and panics over some of it.
        std::panic::catch_unwind(AssertUnwindSafe(|| self.read(step)))
            .unwrap_or_else(|_| Err(wrong(format!("step {step} is damaged"))))
    }

    fn read(&self, step: Step) -> Result<Field> {
        let wrong = |reason: String| Error::damaged(&self.path, reason);
        // A handle of its own: clones of one share the position, and steps may be read by several threads.
        let file = File::open(&self.path).map_err(Error::io(&self.path))?;
        let group = usize::from(step.0) - 1;
        let rows = self.metadata.metadata().row_group(group).num_rows() as usize;
        let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(vec![group])
            .with_batch_size(rows.max(1))
            .build()
            .map_err(|e| wrong(e.to_string()))?;
        let batch = reader
            .next()
            .ok_or_else(|| wrong(format!("step {step} is empty")))?
            .map_err(|e| wrong(e.to_string()))?;
        let field =
            field(batch, step).ok_or_else(|| wrong("its columns are not those of a forecast".to_owned()))?;
        Ok(field?)
    }
}

/// The field of a batch; `None` when the columns are not those of a forecast.
fn field(batch: RecordBatch, step: Step) -> Option<forewarn_core::Result<Field>> {
    let int =
        |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int32Type>()?.values().first().copied();
    let (origin, found) = (Period(int("origin")?), int("step")?);
    // A null is no value: read as one, it would be zero.
    let nulls = batch.columns().iter().any(|column| column.null_count() > 0);
    if found != i32::from(step.0) || batch.num_columns() != 5 || nulls {
        return None;
    }
    let units = batch.column(1).as_primitive_opt::<Int64Type>()?.values();
    let units = units.iter().map(|&u| u32::try_from(u).ok().map(Unit)).collect::<Option<Vec<_>>>()?;
    let predictions = batch.column(4).clone();
    // So that nobody else has the values, and they need not be copied.
    drop(batch);
    if let Some(points) = predictions.as_primitive_opt::<Float32Type>().cloned() {
        drop(predictions);
        return Some(Field::point(origin, step, units.into(), numbers(points)));
    }
    let lists = predictions.as_list_opt::<i32>()?;
    let draws = usize::try_from(lists.value_length(0)).ok()?;
    let even = lists.offsets().iter().enumerate().all(|(i, &offset)| offset as usize == i * draws);
    let values = lists.values().as_primitive_opt::<Float32Type>()?.clone();
    drop(predictions);
    let whole = even && values.null_count() == 0;
    whole.then(|| Field::draws(origin, step, units.into(), draws, numbers(values)))
}

/// The values of an array, copied only where somebody else has them too.
fn numbers(array: Float32Array) -> Vec<f32> {
    let (_, values, _) = array.into_parts();
    values.into_inner().into_vec().unwrap_or_else(|shared| shared.typed_data().to_vec())
}
