//! Which columns of a file are what.

use std::collections::BTreeMap;

use super::rows::Place;
use super::{About, Columns, Layout, Settings, Transform};
use crate::{Error, Result};

const UNITS: &[&str] = &["priogrid_id", "priogrid_gid", "pg_id", "gid", "country_id", "unit", "unit_id"];
const MONTHS: &[&str] = &["month_id", "target_month_id", "target_month"];
const ORIGINS: &[&str] = &["origin", "origin_month_id", "last_month_id_of_data_used"];
const STEPS: &[&str] = &["step"];
const DRAWS: &[&str] = &["draw", "draw_id", "sample", "sample_id"];
const VALUES: &[&str] = &["pred", "prediction", "forecast", "step_combined"];

/// Columns of values; each with its step where the layout is wide.
type Values = Vec<(Option<i64>, usize)>;

/// What the columns are, by their positions.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) layout: Layout,
    pub(super) unit: usize,
    pub(super) month: Option<usize>,
    pub(super) origin: Option<usize>,
    pub(super) step: Option<usize>,
    pub(super) draw: Option<usize>,
    /// Columns of values.
    pub(super) values: Values,
    /// Name of the column of values, or what stands before the step.
    pub(super) value: String,
    pub(super) transform: Transform,
}

impl Found {
    /// The columns whose numbers are whole.
    pub(super) fn keys(&self) -> impl Iterator<Item = usize> {
        [Some(self.unit), self.month, self.origin, self.step, self.draw].into_iter().flatten()
    }

    /// What a row is about; `id` is the whole number in a column.
    pub(super) fn place(&self, id: impl Fn(usize) -> Result<i64, String>) -> Result<Place, String> {
        Ok(Place {
            unit: id(self.unit)?,
            month: self.month.map(&id).transpose()?,
            origin: self.origin.map(&id).transpose()?,
            step: self.step.map(&id).transpose()?,
            draw: self.draw.map_or(Ok(0), &id)?,
        })
    }
}

/// The names in the header of a file.
pub(super) struct Header<'a> {
    pub(super) file: &'a str,
    pub(super) names: Vec<String>,
    /// Which of the columns hold lists.
    pub(super) lists: Vec<bool>,
}

impl Header<'_> {
    /// What the columns are; `told` goes before what their names say.
    pub(super) fn find(&self, told: &Settings) -> Result<Found> {
        let Columns { unit, month, origin, step, draw, value } = &told.columns;
        // A column that was told to be one thing is not found to be another.
        let taken = [unit, month, origin, step, draw, value].into_iter().flatten().collect::<Vec<_>>();
        let find = |name: &Option<String>, known: &[&str]| match name {
            Some(name) => self.position(name).map(Some),
            None => self.first(known, &taken),
        };
        let unit = find(unit, UNITS)?.ok_or_else(|| self.lacks("units", "columns.unit", UNITS))?;
        let (month, origin) = (find(month, MONTHS)?, find(origin, ORIGINS)?);
        let (step, draw) = (find(step, STEPS)?, find(draw, DRAWS)?);
        let layout = told.layout.unwrap_or_else(|| self.layout(value.as_deref(), draw, step));
        let (name, values) = self.values(layout, value.as_deref())?;
        let found = Found {
            layout,
            unit,
            month,
            origin,
            step: step.filter(|_| layout != Layout::WideSteps),
            draw: draw.filter(|_| layout == Layout::LongDraws),
            transform: told.transform.map_or_else(|| self.transform(layout, &name), Ok)?,
            values,
            value: name,
        };
        if layout == Layout::LongDraws && found.draw.is_none() {
            return Err(self.lacks("draws", "columns.draw", DRAWS));
        }
        self.timed(&found, told.origin.is_some()).map(|()| found)
    }

    /// Whether two of month, origin and step are known, so that the third is.
    fn timed(&self, found: &Found, origin_told: bool) -> Result<()> {
        let has_origin = origin_told || found.origin.is_some();
        let has_step = found.step.is_some() || found.layout == Layout::WideSteps;
        match (found.month.is_some(), has_origin, has_step) {
            (true, true, _) | (true, _, true) | (_, true, true) => Ok(()),
            (true, false, false) | (false, false, true) => Err(config(
                "origin",
                format!(
                    "{}: there is no column of origins ({}), and none of months and steps to tell them from; say the \
                     last month that was known to the forecast, or name the column as `columns.origin`; there are: \
                     {}",
                    self.file,
                    ORIGINS.join(", "),
                    self.names.join(", ")
                ),
            )),
            (false, _, false) => Err(self.lacks("months", "columns.month", MONTHS)),
        }
    }

    /// What is known of the file before its rows.
    pub(super) fn about(&self, found: &Found) -> About {
        About {
            file: self.file.to_owned(),
            layout: found.layout,
            unit_column: self.names[found.unit].clone(),
            value_column: found.value.clone(),
            transform: found.transform,
            rows: 0,
            metadata: BTreeMap::new(),
        }
    }

    fn layout(&self, value: Option<&str>, draw: Option<usize>, step: Option<usize>) -> Layout {
        let is_list = |name: &str| self.position(name).is_ok_and(|i| self.lists[i]);
        if value.map_or_else(|| self.lists.contains(&true), is_list) {
            Layout::DrawLists
        } else if draw.is_some() {
            Layout::LongDraws
        } else if step.is_none() && self.names.iter().any(|name| wide(name, value).is_some()) {
            Layout::WideSteps
        } else {
            Layout::LongPoints
        }
    }

    /// The columns of values, and what they are called.
    fn values(&self, layout: Layout, told: Option<&str>) -> Result<(String, Values)> {
        if layout == Layout::WideSteps {
            return self.wide_values(told);
        }
        let is_one = |name: &str| {
            let name = name.to_ascii_lowercase();
            let outcome = layout == Layout::LongDraws && name == "outcome";
            name.starts_with("pred_") || VALUES.contains(&name.as_str()) || outcome
        };
        let candidates: Vec<usize> = match (told, layout) {
            (Some(name), _) => vec![self.position(name)?],
            (None, Layout::DrawLists) => (0..self.names.len()).filter(|&i| self.lists[i]).collect(),
            (None, _) => (0..self.names.len()).filter(|&i| is_one(&self.names[i])).collect(),
        };
        match candidates[..] {
            [one] => Ok((self.names[one].clone(), vec![(None, one)])),
            [] if layout == Layout::DrawLists => {
                Err(self.lacks("lists of draws (a Parquet type)", "columns.value", &["pred_..."]))
            }
            [] => Err(self.lacks("values", "columns.value", &["pred_...", "prediction", "forecast"])),
            _ => Err(self.many(candidates.iter().map(|&i| self.names[i].as_str()))),
        }
    }

    fn wide_values(&self, told: Option<&str>) -> Result<(String, Values)> {
        let mut families: BTreeMap<String, BTreeMap<i64, usize>> = BTreeMap::new();
        for (i, name) in self.names.iter().enumerate() {
            let Some((family, step)) = wide(name, told) else { continue };
            if let Some(other) = families.entry(family).or_default().insert(step, i) {
                let reason = format!("columns `{}` and `{name}` are both step {step}", self.names[other]);
                return Err(Error::data(self.file, format!("{reason}; rename or remove one of them")));
            }
        }
        if families.len() > 1 {
            return Err(self.many(families.keys().map(String::as_str)));
        }
        let Some((family, steps)) = families.pop_first() else {
            return Err(self.lacks("steps with numbers", "columns.value", &["step_1, step_2, ..."]));
        };
        Ok((family, steps.into_iter().map(|(step, i)| (Some(step), i)).collect()))
    }

    fn transform(&self, layout: Layout, value: &str) -> Result<Transform> {
        let said = Transform::of_column(value);
        let wide = layout == Layout::WideSteps;
        said.filter(|&said| !wide || said != Transform::Identity).ok_or_else(|| {
            config(
                "transform",
                format!(
                    "{}: `{value}` does not say whether it holds levels or logarithms; say one of: {}",
                    self.file,
                    Transform::ALL.map(Transform::name).join(", ")
                ),
            )
        })
    }

    /// The first of the names that is there, unless it is taken.
    fn first(&self, known: &[&str], taken: &[&String]) -> Result<Option<usize>> {
        let is_free = |name: &&&str| !taken.iter().any(|t| t.eq_ignore_ascii_case(name));
        let is_there = |name: &&&str| self.names.iter().any(|n| n.eq_ignore_ascii_case(name));
        known.iter().filter(is_free).find(is_there).map(|name| self.position(name)).transpose()
    }

    /// The one column of that name.
    fn position(&self, name: &str) -> Result<usize> {
        let mut places = (0..self.names.len()).filter(|&i| self.names[i].eq_ignore_ascii_case(name));
        let reason = match (places.next(), places.next()) {
            (Some(one), None) => return Ok(one),
            (Some(a), Some(b)) => format!(
                "columns {} and {} are both called `{name}`; rename or remove one of them",
                a + 1,
                b + 1
            ),
            _ => format!("there is no column `{name}`; there are: {}", self.names.join(", ")),
        };
        Err(Error::data(self.file, reason))
    }

    fn lacks(&self, what: &str, setting: &str, known: &[&str]) -> Error {
        let (known, there_are) = (known.join(", "), self.names.join(", "));
        let reason = format!(
            "there is no column of {what} ({known}); name it as `{setting}`, or say another `layout`; there are: \
             {there_are}"
        );
        Error::data(self.file, reason)
    }

    fn many<'n>(&self, names: impl Iterator<Item = &'n str>) -> Error {
        let names = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        config("columns.value", format!("{}: the forecast may be any of {names}; say which", self.file))
    }
}

pub(super) fn config(setting: &str, reason: String) -> Error {
    Error::Config { setting: setting.to_owned(), reason }
}

/// What stands before the number at the end of a name, and the number, if the column is that of a step.
fn wide(name: &str, told: Option<&str>) -> Option<(String, i64)> {
    let name = name.to_ascii_lowercase();
    let family = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let step = name[family.len()..].parse().ok()?;
    let bare = family.strip_suffix('_').unwrap_or(family);
    let is_known = matches!(bare, "s" | "step" | "step_pred")
        || family.starts_with("ss_")
        || bare.ends_with("_s")
        || bare.ends_with("_step");
    let is_one = told.map_or(is_known, |told| told.eq_ignore_ascii_case(family));
    is_one.then(|| (family.to_owned(), step))
}

#[cfg(test)]
mod tests;
