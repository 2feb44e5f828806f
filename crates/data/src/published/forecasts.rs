//! Rows become forecasts.

use std::collections::BTreeMap;
use std::sync::Arc;

use forewarn_core::{Cadence, Field, Period, Step, Unit, Units};

use super::header::config;
use super::rows::{Bucket, EMPTY, Entry, Rows};
use super::{Layout, Transform};
use crate::finding::{Finding, Severity};
use crate::text::{first_few, reason};
use crate::{Error, Result};

/// A forecast that somebody issued.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Last month that was known.
    pub origin: Period,
    /// How often: months.
    pub cadence: Cadence,
    /// The fields of steps 1 to n, all of the same units, ascending; those of a point, or of as many draws.
    pub fields: Vec<Field>,
    /// Steps before the last that the file does not have: their fields are NaN.
    pub missing_steps: Vec<Step>,
    /// What was missing or is odd.
    pub counts: Counts,
    /// What the file says about itself.
    pub about: Arc<About>,
}

/// What is missing in a forecast, or odd.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Units x steps without a row, in the steps that the file has.
    pub absent: u64,
    /// Values that are NaN: empty, null or written as NaN, or without what was observed at the origin.
    pub missing: u64,
    /// Of these, those without what was observed at the origin.
    pub unobserved: u64,
    /// Values below zero.
    pub negative: u64,
}

/// What a file says about itself; all forecasts of a file share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The file.
    pub file: String,
    /// How its rows and columns make forecasts.
    pub layout: Layout,
    /// Column of the units.
    pub unit_column: String,
    /// Column of the values, or what stands before the number of the step.
    pub value_column: String,
    /// What the values of the file are; those of the fields are levels.
    pub transform: Transform,
    /// Rows of the file.
    pub rows: u64,
    /// What Parquet keeps beside the columns, without what pandas and Arrow say about their types.
    pub metadata: BTreeMap<String, String>,
}

impl About {
    /// Level of analysis: `pgm` or `cm`, when the name of the units' column tells it.
    pub fn level(&self) -> Option<&'static str> {
        match self.unit_column.to_ascii_lowercase().as_str() {
            "priogrid_id" | "priogrid_gid" | "pg_id" | "gid" => Some("pgm"),
            "country_id" => Some("cm"),
            _ => None,
        }
    }

    /// What is forecast: the name of the values' column behind `pred_`.
    pub fn target(&self) -> Option<&str> {
        self.value_column.strip_prefix("pred_")
    }
}

impl Published {
    /// Its units.
    pub fn units(&self) -> &Units {
        self.fields[0].units()
    }

    /// Draws a unit; `None` for a point forecast.
    pub fn draws(&self) -> Option<usize> {
        let first = &self.fields[0];
        (!first.is_point()).then(|| first.width())
    }

    /// What should be known about it, in sentences: missing steps, rows and values, and values below zero.
    pub fn findings(&self) -> Vec<Finding> {
        let Counts { absent, missing, unobserved, negative } = self.counts;
        let steps = self.missing_steps.len() as u64;
        let listed = first_few(self.missing_steps.iter());
        let notes = [
            ("missing-steps", steps, format!("steps that are not there, whose fields are NaN: {listed}")),
            ("absent-rows", absent, format!("{absent} units x steps have no row: they are NaN")),
            ("missing-values", missing, format!("{missing} values are empty or NaN")),
            (
                "unobserved",
                unobserved,
                format!("{unobserved} changes have no observed value at the origin: they are NaN"),
            ),
            ("negative", negative, format!("{negative} values are below zero: they are kept")),
        ];
        let about = format!("{}, origin {}", self.about.file, self.origin);
        let some = notes.into_iter().filter(|(_, count, _)| *count > 0);
        some.map(|(rule, n, text)| Finding::new(Severity::Warn, rule, n, format!("{about}: {text}")))
            .collect()
    }
}

/// The forecasts of all rows, by origin.
pub(super) fn assemble(about: About, mut rows: Rows<'_>, point: bool) -> Result<Vec<Published>> {
    let about = About { rows: rows.count, ..about };
    if rows.buckets.is_empty() {
        return Err(Error::data(about.file, "has no rows; fetch or export it again"));
    }
    for (&time, bucket) in &mut rows.buckets {
        // Most files are in order; then this is one look.
        bucket.entries.sort_unstable();
        refuse_duplicates(&about.file, time, &bucket.entries)?;
    }
    let draws = draws(&about, &rows, point)?;
    let (about, mut forecasts) = (Arc::new(about), Vec::new());
    while let Some((&(origin, _), _)) = rows.buckets.first_key_value() {
        let later = rows.buckets.split_off(&(Period(origin.0 + 1), Step(0)));
        let steps = std::mem::replace(&mut rows.buckets, later);
        let mut forecast = publish(&about, origin, steps, draws)?;
        forecast.counts.unobserved = rows.unobserved.remove(&origin).unwrap_or_default();
        forecasts.push(forecast);
    }
    Ok(forecasts)
}

/// Draws a unit, the same for all; `None` for points.
fn draws(about: &About, rows: &Rows<'_>, point: bool) -> Result<Option<usize>> {
    let draws = match about.layout {
        Layout::DrawLists => rows.width.unwrap_or_default(),
        Layout::LongDraws => even(&about.file, &rows.buckets)?,
        Layout::WideSteps | Layout::LongPoints => return Ok(None),
    };
    match (draws, point) {
        (0, _) => Err(Error::data(&about.file, "has no draws, all lists are empty; export it again")),
        (1, true) => Ok(None),
        (_, true) => {
            let reason =
                format!("{}: has {draws} draws a unit, a point is one; leave `point` out", about.file);
            Err(config("point", reason))
        }
        (_, false) => Ok(Some(draws)),
    }
}

/// Rows that are about the same, which are neighbours.
fn refuse_duplicates(file: &str, (origin, step): (Period, Step), entries: &[Entry]) -> Result<()> {
    let same = entries.windows(2).find(|pair| (pair[0].unit, pair[0].draw) == (pair[1].unit, pair[1].draw));
    same.map_or(Ok(()), |pair| {
        let (a, b) = (pair[0], pair[1]);
        let reason = format!(
            "rows {} and {} both are unit {}, month {} (step {step} after {origin}), draw {}; remove one of them",
            a.line,
            b.line,
            a.unit,
            origin + step,
            a.draw
        );
        Err(Error::at(file, u64::from(b.line), reason))
    })
}

/// How many draws every unit and month has: the same ones as the first.
fn even(file: &str, buckets: &BTreeMap<(Period, Step), Bucket>) -> Result<usize> {
    let cells = buckets.iter().flat_map(|(&(origin, step), bucket)| {
        let cells = bucket.entries.chunk_by(|a, b| a.unit == b.unit);
        cells.map(move |cell| (origin + step, cell))
    });
    let mut first: Option<(Period, &[Entry])> = None;
    for (month, cell) in cells {
        let (first_month, reference) = *first.get_or_insert((month, cell));
        let is_same = |(a, b): (&Entry, &Entry)| a.draw == b.draw;
        if cell.len() == reference.len() && cell.iter().zip(reference).all(is_same) {
            continue;
        }
        let words = |month: Period, cell: &[Entry]| {
            let draws = first_few(cell.iter().map(|entry| entry.draw));
            format!("unit {}, month {month}: {} draws ({draws})", cell[0].unit, cell.len())
        };
        let reason = format!(
            "{}, but {}; give the same draws to all",
            words(month, cell),
            words(first_month, reference)
        );
        return Err(Error::at(file, u64::from(cell[0].line), reason));
    }
    Ok(first.map_or(0, |(_, cell)| cell.len()))
}

/// The forecast of one origin; the rows of a step go as soon as its field is there.
fn publish(
    about: &Arc<About>,
    origin: Period,
    mut steps: BTreeMap<(Period, Step), Bucket>,
    draws: Option<usize>,
) -> Result<Published> {
    let mut units: Vec<Unit> = Vec::new();
    for bucket in steps.values() {
        units.extend(bucket.entries.iter().map(|entry| entry.unit));
        units.sort_unstable();
        units.dedup();
    }
    let units: Units = units.into();
    let last = steps.keys().map(|&(_, step)| step.0).max().unwrap_or_default();
    let (mut fields, mut missing_steps, mut counts) = (Vec::new(), Vec::new(), Counts::default());
    for step in (1..=last).map(Step) {
        let bucket = steps.remove(&(origin, step));
        let values = match &bucket {
            Some(bucket) => fill(bucket, &units, draws.unwrap_or(1), &mut counts),
            None => vec![f32::NAN; units.len() * draws.unwrap_or(1)],
        };
        if bucket.is_none() {
            missing_steps.push(step);
        }
        let field = match draws {
            Some(draws) => Field::draws(origin, step, units.clone(), draws, values),
            None => Field::point(origin, step, units.clone(), values),
        };
        let wrong = |e| {
            let month = origin + step;
            format!("month {month}, {}; give all draws of a unit, or none", reason(e))
        };
        fields.push(field.map_err(|e| Error::data(&about.file, wrong(e)))?);
    }
    let (cadence, about) = (Cadence::Month, about.clone());
    Ok(Published { origin, cadence, fields, missing_steps, counts, about })
}

/// The values of a step, units x draws; NaN where there is no row.
fn fill(bucket: &Bucket, units: &Units, width: usize, counts: &mut Counts) -> Vec<f32> {
    let mut values = vec![f32::NAN; units.len() * width];
    let mut cells = bucket.entries.chunk_by(|a, b| a.unit == b.unit).peekable();
    for (unit, row) in units.iter().zip(values.chunks_exact_mut(width)) {
        let Some(cell) = cells.next_if(|cell| cell[0].unit == *unit) else {
            counts.absent += 1;
            continue;
        };
        // A list is one entry with all draws, else each draw is one entry.
        let width = width / cell.len();
        for (entry, place) in cell.iter().zip(row.chunks_exact_mut(width)) {
            if entry.index != EMPTY {
                place.copy_from_slice(&bucket.values[entry.index as usize * width..][..width]);
            }
        }
        counts.missing += row.iter().filter(|v| v.is_nan()).count() as u64;
        counts.negative += row.iter().filter(|v| **v < 0.0).count() as u64;
    }
    values
}
