//! Forecasts that others published, as fields: what they issued can be archived and scored beside our own.
//!
//! [`read`] takes Parquet, CSV, `.csv.gz` or a `.zip` with one CSV, finds out from the columns which [`Layout`] it is,
//! and gives one [`Published`] for each origin: its fields, step by step from 1, and what was set aside or is odd.
//!
//! # Columns
//!
//! Capitals do not matter. What is not found by these names is told by [`Columns`]; what is told comes first.
//!
//! | what | found by these names, the first that is there |
//! |---|---|
//! | unit | `priogrid_id`, `priogrid_gid`, `pg_id`, `gid`, `country_id`, `unit`, `unit_id` |
//! | month (the target) | `month_id`, `target_month_id`, `target_month` |
//! | origin (last month that was known) | `origin`, `origin_month_id`, `last_month_id_of_data_used` |
//! | step | `step` |
//! | draw | `draw`, `draw_id`, `sample`, `sample_id` |
//! | value | the one called `pred_...`, `pred`, `prediction`, `forecast` or `step_combined`; of draws also `outcome` |
//!
//! Any other column is ignored, an index of pandas is a column like others. Units, steps, draws and months are whole
//! numbers; months of CSV may also be written as `2018-01`.
//!
//! A file of **wide steps** has a column a step: a name and a number at its end, where the name is `step`, `pred_step` or
//! `step_pred`, `s` or `pred_s`, each with or without `_` before the number, or begins with `ss_`, or ends with `_s`,
//! `_s_`, `_step` or `_step_`: `step_1`, `s12`, `ss_conflict_3`, `ged_sb_s1`. Other names are told as
//! `columns.value`, without the number. A month beside them is the target of the row, as the reference's step-shifted
//! models write it: the value of column *s* was made *s* months before. Where the month is the origin, say
//! `columns.origin`.
//!
//! # Origin
//!
//! It is read from its column, or is the month less the step, or is told ([`Settings::origin`]). Where there are
//! several of these they have to agree, in each row.
//!
//! # Values
//!
//! A field has levels. A file may have others ([`Transform`]): that is told, or read from the name of the column, where
//! `ln` or `ln1` is `log1p` and `delta_log` is a change of it. `step_combined` and all columns of wide steps say what
//! model they are from, not what they hold: there it has to be told. Everything else is a level.
//!
//! Missing is not zero: what has no row, or NaN, is NaN in the field. Negative values are kept and counted. Steps that
//! are not there are fields of NaN, because a forecast has steps 1 to n; [`Published::findings`] says so. Duplicates,
//! infinite values, uneven draws and types that do not fit are refused, with the row.
//!
//! # What it costs
//!
//! The 2,292,000 rows of a year of the 2023 competition's benchmark (12 months x 191 countries x 1,000 draws, 0.97 MB)
//! take 0.16 CPU s and at most 54 MB resident on one core of a shared virtual machine:
//! `cargo run -p forewarn-data --example read_published -- FILE --origin 454`.
//!
//! # Example
//!
//! Draws of one month, the second after the last that was known (456, December 2017):
//!
//! ```
//! use forewarn_core::{Period, Step};
//! use forewarn_data::published::{Layout, Settings, read};
//!
//! # let folder = std::env::temp_dir().join(format!("forewarn-published-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let path = folder.join("forecast.csv");
//! std::fs::write(&path, "month_id,country_id,draw,outcome\n458,7,0,1\n458,7,1,3\n")?;
//! let settings = Settings { origin: Some(Period(456)), ..Settings::default() };
//! let [forecast] = &read(&path, &settings, None)?[..] else { panic!("one origin, one forecast") };
//!
//! assert_eq!(forecast.about.layout, Layout::LongDraws);
//! assert_eq!((forecast.fields.len(), forecast.draws()), (2, Some(2)));
//! assert_eq!(forecast.fields[1].values(), [1.0, 3.0]);
//! assert_eq!(forecast.missing_steps, [Step(1)]);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod comma_separated;
mod forecasts;
mod header;
mod layout;
mod parquet_file;
mod rows;
mod transform;

use std::path::Path;

use forewarn_core::{Panel, Period, Unit};
use serde::{Deserialize, Serialize};

pub use self::forecasts::{About, Counts, Published};
pub use self::layout::Layout;
pub use self::transform::Transform;
use crate::{Error, Result};

/// What is told about a file; what is not is found out from its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How rows and columns make a forecast.
    pub layout: Option<Layout>,
    /// What the columns are called.
    pub columns: Columns,
    /// Last month that was known to the forecast.
    pub origin: Option<Period>,
    /// What the values are.
    pub transform: Option<Transform>,
    /// Whether the one draw of each unit is a point forecast and not a distribution of one draw, as in the lists of one
    /// number that VIEWS writes.
    pub point: bool,
}

/// Names of columns, where they are not those of the table in [the module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Columns {
    /// Ids of the units.
    pub unit: Option<String>,
    /// Months that are forecast.
    pub month: Option<String>,
    /// Last months that were known.
    pub origin: Option<String>,
    /// Months from the origin to the month that is forecast.
    pub step: Option<String>,
    /// Numbers of the draws.
    pub draw: Option<String>,
    /// The values; for wide steps what stands before the number.
    pub value: Option<String>,
}

/// What was observed of a unit in a month, NaN where nothing was; for changes, which are no levels without it.
pub type Observed<'a> = dyn Fn(Unit, Period) -> f32 + 'a;

/// A column of a panel as [`Observed`]; NaN outside the panel.
///
/// # Errors
/// [`Error::Core`] when the panel has no such column.
pub fn observed_in<'a>(panel: &'a Panel, column: &str) -> Result<impl Fn(Unit, Period) -> f32 + 'a> {
    let values = panel.column(column)?.values();
    Ok(move |unit, period| {
        let place = panel.axis().index(period).zip(panel.units().binary_search(&unit).ok());
        place.map_or(f32::NAN, |(period, unit)| values[period * panel.units().len() + unit])
    })
}

/// Reads the forecasts of a file, one for each origin, in the order of the origins.
///
/// `observed` gives the levels at the origins; only [`Transform::ChangeOfLog1p`] needs it.
///
/// # Errors
/// [`Error::Config`] when something has to be told that is not, with its setting and what would be right.
/// [`Error::Data`] with the row when the file is not what it is told or found to be. [`Error::Io`].
pub fn read(path: &Path, settings: &Settings, observed: Option<&Observed<'_>>) -> Result<Vec<Published>> {
    let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    match extension.as_deref() {
        Some("parquet") => parquet_file::read(path, settings, observed),
        Some("csv" | "gz" | "zip") => comma_separated::read(path, settings, observed),
        _ => Err(Error::data(
            path.display().to_string(),
            "is not .parquet, .csv, .csv.gz or .zip with one CSV; convert or rename it",
        )),
    }
}
