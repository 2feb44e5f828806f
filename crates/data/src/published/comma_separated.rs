//! CSV, read row by row.

use std::path::Path;

use forewarn_core::Cadence;

use super::forecasts::{Published, assemble};
use super::header::{Found, Header};
use super::rows::{Place, Rows};
use super::{Observed, Settings};
use crate::score_table::parse_number;
use crate::text::{Csv, Row, integer, reason};
use crate::{Error, Result};

pub(super) fn read(
    path: &Path,
    settings: &Settings,
    observed: Option<&Observed<'_>>,
) -> Result<Vec<Published>> {
    let mut csv = Csv::open(path)?;
    let (file, names) = (csv.file.clone(), csv.names().to_vec());
    let header = Header { file: &file, lists: vec![false; names.len()], names };
    let found = header.find(settings)?;
    let mut rows = Rows::new(&file, &found, settings.origin, observed)?;
    while let Some(row) = csv.next()? {
        rows.count += 1;
        append(&row, &header.names, &found, &mut rows)
            .map_err(|reason| Error::at(&file, u64::from(row.line), reason))?;
    }
    assemble(header.about(&found), rows, settings.point)
}

fn append(row: &Row<'_>, names: &[String], found: &Found, rows: &mut Rows<'_>) -> Result<(), String> {
    if let Some(fault) = &row.fault {
        return Err(format!("{fault}; mend the row, or export the file again"));
    }
    let id = |i: usize| {
        let (name, text) = (&names[i], &row.fields[i]);
        let is_time = Some(i) == found.month || Some(i) == found.origin;
        integer(name, text).or_else(|wrong| {
            let month = is_time.then(|| Cadence::Month.parse(text)).ok_or(wrong)?;
            month.map(|month| i64::from(month.0)).map_err(|e| format!("column `{name}`: {}", reason(e)))
        })
    };
    let place = found.place(id)?;
    for (step, i) in &found.values {
        let place = Place { step: step.or(place.step), ..place };
        let text = &row.fields[*i];
        let wrong =
            || format!("column `{}`: `{text}` is no number; leave it empty where it is missing", names[*i]);
        let value = parse_number(text).ok_or_else(wrong)?;
        rows.push(row.line, &place, &names[*i], &[value])?;
    }
    Ok(())
}
