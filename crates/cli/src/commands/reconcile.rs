//! `forewarn reconcile`: forecasts of cells and of countries are made to add up.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use forewarn_pipeline::archived::{Reconciliation, ReconciliationRequest, reconcile as add_up};
use serde_json::{Map, Value};

use super::run::code;
use crate::Failure;
use crate::arguments::ReconcileArguments;

/// How many countries of one reason are named.
const NAMED: usize = 8;

/// Reconciles, and tells which countries do not add up and why.
pub(crate) fn reconcile(arguments: &ReconcileArguments) -> Result<String, Failure> {
    let [cells, countries] = &arguments.names[..] else {
        return Err(Failure::new(2, "--name takes two names: that of the cells and that of the countries"));
    };
    let request = ReconciliationRequest {
        cells: arguments.cells.clone(),
        countries: arguments.countries.clone(),
        method: arguments.method.clone(),
        settings: settings(&arguments.set)?,
        archive: arguments.archive.clone(),
        names: (cells.clone(), countries.clone()),
    };
    let made = add_up(&request, &code()?)?;
    if arguments.json {
        return Ok(serde_json::to_string_pretty(&made).map_err(|e| Failure::new(1, e.to_string()))? + "\n");
    }
    Ok(words(&made))
}

/// Settings as an object; values are JSON, and what is no JSON is text.
fn settings(set: &[String]) -> Result<Value, Failure> {
    let pair = |text: &String| {
        let wrong = || Failure::new(2, format!("--set {text}: expected NAME=VALUE"));
        let (name, value) = text.split_once('=').ok_or_else(wrong)?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        Ok((name.to_owned(), value))
    };
    Ok(Value::Object(set.iter().map(pair).collect::<Result<Map<_, _>, Failure>>()?))
}

fn words(made: &Reconciliation) -> String {
    let mut out = format!(
        "from {}: {} countries add up in every step and draw, to within {:.1e} of their total\n",
        made.origin, made.coherent, made.largest_difference
    );
    let mut reasons: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for exception in &made.exceptions {
        reasons.entry(&exception.reason).or_default().push(exception.country);
    }
    for (reason, countries) in reasons {
        let named: Vec<_> = countries.iter().take(NAMED).map(u32::to_string).collect();
        let more = if countries.len() > NAMED { ", ..." } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} do not: {reason} (country {}{more})", countries.len(), named.join(", "));
    }
    let _ = writeln!(
        out,
        "{} cells belong to no country that is whole and stay as they are",
        made.cells_without_country
    );
    let _ = writeln!(out, "filed: {}\nfiled: {}", made.cells.display(), made.countries.display());
    out
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use forewarn_pipeline::archived::Exception;
    use serde_json::json;

    use super::*;

    fn set(values: &[&str]) -> Result<Value, Failure> {
        settings(&values.iter().map(|&v| v.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn settings_are_json_and_what_is_none_is_text() {
        assert_eq!(set(&[]).unwrap(), json!({}));
        let found =
            set(&["floor=0.5", "compat=views", "of=[1, 2]", "no=true", "formula=a=b", "empty="]).unwrap();
        let expected =
            json!({"floor": 0.5, "compat": "views", "of": [1, 2], "no": true, "formula": "a=b", "empty": ""});
        assert_eq!(found, expected);
        assert_eq!(set(&["floor=1", "floor=2"]).unwrap(), json!({"floor": 2}), "the last counts");
        let failure = set(&["floor=1", "views"]).unwrap_err();
        assert_eq!((failure.code, failure.reason.as_str()), (2, "--set views: expected NAME=VALUE"));
    }

    #[test]
    fn the_names_are_two() {
        for names in [vec![], vec!["one".to_owned()], vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]] {
            let arguments = ReconcileArguments {
                cells: PathBuf::new(),
                countries: PathBuf::new(),
                method: "proportional".to_owned(),
                set: Vec::new(),
                archive: PathBuf::new(),
                names,
                json: false,
            };
            let failure = reconcile(&arguments).unwrap_err();
            assert_eq!(failure.code, 2);
            assert!(failure.reason.contains("takes two names"), "{}", failure.reason);
        }
    }

    fn made(exceptions: &[(u32, &str)]) -> Reconciliation {
        let exception =
            |&(country, reason): &(u32, &str)| Exception { country, reason: reason.to_owned(), steps: 3 };
        Reconciliation {
            cells: "archive/cells".into(),
            countries: "archive/countries".into(),
            origin: "2020-12".to_owned(),
            coherent: 40,
            largest_difference: 2.5e-7,
            exceptions: exceptions.iter().map(exception).collect(),
            cells_without_country: 12,
        }
    }

    #[test]
    fn what_adds_up_and_where_it_lies_is_told() {
        let expected = "from 2020-12: 40 countries add up in every step and draw, to within 2.5e-7 of their total\n\
                        12 cells belong to no country that is whole and stay as they are\n\
                        filed: archive/cells\nfiled: archive/countries\n";
        assert_eq!(words(&made(&[])), expected);
    }

    #[test]
    fn exceptions_are_told_by_reason_and_the_first_eight_named() {
        let mut exceptions: Vec<(u32, &str)> = (1..=9).map(|country| (country, "no cells")).collect();
        exceptions.extend([(20, "a gap"), (21, "a gap")]);
        let out = words(&made(&exceptions));
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[1], "2 do not: a gap (country 20, 21)");
        assert_eq!(lines[2], "9 do not: no cells (country 1, 2, 3, 4, 5, 6, 7, 8, ...)");
        let eight = words(&made(&exceptions[..8]));
        assert!(eight.contains("8 do not: no cells (country 1, 2, 3, 4, 5, 6, 7, 8)"), "{eight}");
    }
}
