//! Events as the API gives them become rows as the official file has them.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Map, Value};

use super::NEEDED;

/// The columns of the official file, in its order (UCDP GED codebook, version 25.1).
pub(super) const COLUMNS: [&str; 49] = [
    "id",
    "relid",
    "year",
    "active_year",
    "code_status",
    "type_of_violence",
    "conflict_dset_id",
    "conflict_new_id",
    "conflict_name",
    "dyad_dset_id",
    "dyad_new_id",
    "dyad_name",
    "side_a_dset_id",
    "side_a_new_id",
    "side_a",
    "side_b_dset_id",
    "side_b_new_id",
    "side_b",
    "number_of_sources",
    "source_article",
    "source_office",
    "source_date",
    "source_headline",
    "source_original",
    "where_prec",
    "where_coordinates",
    "where_description",
    "adm_1",
    "adm_2",
    "latitude",
    "longitude",
    "geom_wkt",
    "priogrid_gid",
    "country",
    "country_id",
    "region",
    "event_clarity",
    "date_prec",
    "date_start",
    "date_end",
    "deaths_a",
    "deaths_b",
    "deaths_civilians",
    "deaths_unknown",
    "best",
    "high",
    "low",
    "gwnoa",
    "gwnob",
];

/// An event as the API gives it.
pub(super) type Event = Map<String, Value>;

/// The event's number.
pub(super) fn id(event: &Event) -> Result<i64, String> {
    let id = event.get("id").and_then(Value::as_i64);
    id.ok_or_else(|| format!("an event has no whole number as id: {:?}", event.get("id")))
}

/// Writes one event; notes the fields there is no column for.
///
/// # Errors
/// A needed field is not there, a field is a list or an object, or the writer fails.
pub(super) fn write<W: Write>(
    csv: &mut csv::Writer<W>,
    event: &Event,
    left_out: &mut BTreeSet<String>,
) -> Result<(), RowError> {
    if let Some(missing) = NEEDED.iter().find(|&&column| !event.contains_key(column)) {
        return Err(RowError::Data(format!("event {} has no field {missing:?}", id(event)?)));
    }
    for column in COLUMNS {
        let text =
            text(column, event.get(column)).map_err(|e| format!("event {:?}: {e}", event.get("id")))?;
        csv.write_field(text)?;
    }
    csv.write_record(None::<&[u8]>)?;
    for field in event.keys().filter(|field| !COLUMNS.contains(&field.as_str())) {
        if !left_out.contains(field) {
            left_out.insert(field.clone());
        }
    }
    Ok(())
}

/// Whose fault a row that was not written is.
#[derive(Debug)]
pub(super) enum RowError {
    /// The server's.
    Data(String),
    /// The disk's.
    Disk(std::io::Error),
}

impl From<String> for RowError {
    fn from(reason: String) -> Self {
        Self::Data(reason)
    }
}

impl From<csv::Error> for RowError {
    fn from(error: csv::Error) -> Self {
        Self::Disk(error.into())
    }
}

/// A value as the official file writes it; null is empty.
fn text(column: &str, value: Option<&Value>) -> Result<String, String> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) if column.starts_with("date_") => Ok(date(text)),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::Bool(flag)) => Ok(u8::from(*flag).to_string()),
        Some(other) => Err(format!("{column} is {other}, expected one value")),
    }
}

/// `2025-10-31T00:00:00` of the API is `2025-10-31 00:00:00.000` in the file. Whatever else comes is passed on
/// for the reader of the file to judge.
fn date(text: &str) -> String {
    match text.split_once('T') {
        Some((day, time)) if time.len() == 8 => format!("{day} {time}.000"),
        Some((day, time)) => format!("{day} {time}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(patch: &Value) -> Event {
        let mut event = json!({
            "id": 7, "type_of_violence": 1, "where_prec": 2, "latitude": 8.21972, "longitude": -43.5,
            "date_start": "2010-05-13T00:00:00", "date_end": "2010-05-14", "best": 3, "low": 3, "high": 5,
        });
        event.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        event.as_object().unwrap().clone()
    }

    fn row(patch: &Value) -> Result<Vec<String>, RowError> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        write(&mut csv, &event(patch), &mut BTreeSet::new())?;
        let bytes = csv.into_inner().unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        Ok(reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect())
    }

    #[test]
    fn values_are_written_as_in_the_file() {
        let row = row(&json!({
            "active_year": true, "side_a": "Government of X, \"Y\"\nZ", "gwnob": null, "date_prec": 1
        }));
        let row = row.unwrap();
        let at = |column| row[COLUMNS.iter().position(|c| *c == column).unwrap()].as_str();
        assert_eq!(row.len(), 49);
        assert_eq!([at("id"), at("latitude"), at("longitude"), at("best")], ["7", "8.21972", "-43.5", "3"]);
        assert_eq!([at("date_start"), at("date_end")], ["2010-05-13 00:00:00.000", "2010-05-14"]);
        assert_eq!([at("active_year"), at("gwnob"), at("relid"), at("date_prec")], ["1", "", "", "1"]);
        assert_eq!(at("side_a"), "Government of X, \"Y\"\nZ");
    }

    #[test]
    fn events_of_no_use_are_refused_by_number() {
        let mut event = event(&json!({}));
        event.remove("best");
        let mut csv = csv::Writer::from_writer(Vec::new());
        let Err(RowError::Data(reason)) = write(&mut csv, &event, &mut BTreeSet::new()) else { panic!() };
        assert_eq!(reason, "event 7 has no field \"best\"");
        let Err(RowError::Data(reason)) = row(&json!({"adm_1": ["a"]})) else { panic!() };
        assert!(reason.contains('7') && reason.contains("adm_1"), "{reason}");
        assert!(id(&Event::new()).is_err());
    }

    #[test]
    fn fields_without_a_column_are_noted() {
        let (mut csv, mut left_out) = (csv::Writer::from_writer(Vec::new()), BTreeSet::new());
        write(&mut csv, &event(&json!({"new_field": 1})), &mut left_out).unwrap();
        assert_eq!(left_out.into_iter().collect::<Vec<_>>(), ["new_field"]);
    }
}
