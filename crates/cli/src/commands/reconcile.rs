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
