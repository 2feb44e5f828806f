//! Rows as they are read, sorted into steps.

use std::collections::BTreeMap;

use forewarn_core::{Period, Step, Unit};

use super::header::{Found, config};
use super::{Observed, Transform};
use crate::Result;

/// Fifty years: a step beyond is a wrong origin, and all steps before it would be made.
const LONGEST: i64 = 600;

/// Months from January 1980, to either side, that an origin may be: no calendar goes beyond.
const FARTHEST: i32 = 100_000;

/// What a row says it is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) unit: i64,
    pub(super) month: Option<i64>,
    pub(super) origin: Option<i64>,
    pub(super) step: Option<i64>,
    pub(super) draw: i64,
}

/// A row of one step: as many values as a row has, or none when it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) unit: Unit,
    pub(super) draw: u32,
    /// Line or row in the file.
    pub(super) line: u32,
    /// How many rows with values come before; [`EMPTY`] when it has none.
    pub(super) index: u32,
}

/// The index of a row without values.
pub(super) const EMPTY: u32 = u32::MAX;

/// What was read about one origin and step.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    pub(super) entries: Vec<Entry>,
    pub(super) values: Vec<f32>,
}

/// All that was read.
pub(super) struct Rows<'a> {
    pub(super) buckets: BTreeMap<(Period, Step), Bucket>,
    /// Values a row, once one has been seen.
    pub(super) width: Option<usize>,
    /// Rows of the file.
    pub(super) count: u64,
    /// By origin, values that are missing because what was observed at the origin is.
    pub(super) unobserved: BTreeMap<Period, u64>,
    origin: Option<Period>,
    transform: Transform,
    observed: Option<&'a Observed<'a>>,
}

impl<'a> Rows<'a> {
    /// No rows yet.
    ///
    /// # Errors
    /// [`Error::Config`] when the values cannot become levels without what was observed.
    pub(super) fn new(
        file: &str,
        found: &Found,
        origin: Option<Period>,
        observed: Option<&'a Observed<'a>>,
    ) -> Result<Self> {
        let transform = found.transform;
        if transform == Transform::ChangeOfLog1p && observed.is_none() {
            let reason = format!(
                "{file}: `{}` holds changes from the origin, which are no levels without what was observed there; give \
                 the observations, or say another `transform`",
                found.value
            );
            return Err(config("transform", reason));
        }
        let (buckets, unobserved) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { buckets, width: None, count: 0, unobserved, origin, transform, observed })
    }

    /// Adds the values of a row, an empty slice when it has none; `column` is for messages.
    ///
    /// # Errors
    /// What is wrong with the row, in words.
    pub(super) fn push(
        &mut self,
        line: u32,
        place: &Place,
        column: &str,
        values: &[f64],
    ) -> Result<(), String> {
        let (origin, step) = self.time(place)?;
        let number = |what: &str, id: i64| {
            u32::try_from(id).map_err(|_| format!("{what} {id} is none of 0 to {}", u32::MAX))
        };
        let unit = Unit(number("unit", place.unit)?);
        let draw = number("draw", place.draw)?;
        let width = if values.is_empty() { 0 } else { *self.width.get_or_insert(values.len()) };
        if width != values.len() {
            return Err(format!(
                "column `{column}` has {} draws, the rows before have {width}; give every row as many",
                values.len()
            ));
        }
        let bucket = self.buckets.entry((origin, step)).or_default();
        let index = bucket.values.len().checked_div(width).map_or(EMPTY, |index| index as u32);
        bucket.entries.push(Entry { unit, draw, line, index });
        // Only changes ask for it.
        let observed = self.observed.filter(|_| self.transform == Transform::ChangeOfLog1p);
        let at_origin = observed.map_or(0.0, |at| f64::from(at(unit, origin)));
        for &value in values {
            let level = self.transform.level(value, at_origin);
            if value.is_infinite() || (level as f32).is_infinite() {
                return Err(format!(
                    "column `{column}` holds {value}, of which no finite level comes ({}); leave it empty where there is \
                     no forecast, or say another `transform`",
                    self.transform
                ));
            }
            if level.is_nan() && !value.is_nan() {
                *self.unobserved.entry(origin).or_default() += 1;
            }
            bucket.values.push(level as f32);
        }
        Ok(())
    }

    /// Origin and step of a row; what it says of them has to agree.
    fn time(&self, place: &Place) -> Result<(Period, Step), String> {
        let told = self.origin.map(|origin| i64::from(origin.0));
        if let (Some(said), Some(told)) = (place.origin, told)
            && said != told
        {
            return Err(format!("its origin is {said}, it was told to be {told}; leave `origin` out"));
        }
        let said = (place.month, place.origin.or(told), place.step);
        let (origin, step) = match said {
            (Some(month), Some(origin), Some(step)) if month != origin.saturating_add(step) => {
                return Err(format!(
                    "month {month} is not step {step} after origin {origin}; mend what is wrong, or name the right \
                     columns"
                ));
            }
            (_, Some(origin), Some(step)) => (origin, step),
            (Some(month), Some(origin), None) => (origin, month.saturating_sub(origin)),
            (Some(month), None, Some(step)) => (month.saturating_sub(step), step),
            _ => return Err("neither its origin nor its step is known; say `origin`".to_owned()),
        };
        let period = i32::try_from(origin).ok().filter(|o| o.abs() <= FARTHEST);
        let period = period.ok_or_else(|| format!("origin {origin} is no month; January 1980 is month 1"))?;
        let step =
            u16::try_from(step).ok().filter(|&s| s > 0 && i64::from(s) <= LONGEST).ok_or_else(|| {
                format!("step {step} after origin {origin} is none of 1 to {LONGEST}; is `origin` right?")
            })?;
        Ok((Period(period), Step(step)))
    }
}
