//! `forewarn truth`: what was known when, and what was revised.

use forewarn_pipeline::truth::{Edition, Revision, compare, list};

use super::{aligned, json_text, number, run_and_code};
use crate::Failure;
use crate::arguments::TruthArguments;
use crate::progress::Display;

/// Lists the editions, or compares two.
pub(crate) fn truth(arguments: &TruthArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let (run, code) = run_and_code(&arguments.run, environment)?;
    let json = arguments.run.json;
    if let [from, to] = arguments.compare[..] {
        let revision = compare(&run, &code, (from, to), &Display::new())?;
        return if json { json_text(&revision) } else { Ok(revised(&revision)) };
    }
    let editions = list(&run, &code, &Display::new())?;
    if json { json_text(&editions) } else { Ok(listed(&editions)) }
}

fn listed(editions: &[Edition]) -> String {
    let mut rows = vec![
        ["edition", "known", "periods", "provisional from", "units", "vintage"].map(str::to_owned).to_vec(),
    ];
    for edition in editions {
        let label = |period| edition.axis.cadence.label(period);
        rows.push(vec![
            edition.number.to_string(),
            edition.known.clone().unwrap_or_else(|| "-".to_owned()),
            format!("{} to {}", label(edition.axis.first), label(edition.axis.last())),
            edition.provisional.map_or("-".to_owned(), label),
            edition.units.to_string(),
            edition.vintage.clone(),
        ]);
    }
    aligned(&rows, 6)
}

fn revised(revision: &Revision) -> String {
    let head = |edition: &Edition| format!("edition {}", edition.number);
    let first = vec![
        String::new(),
        head(&revision.from),
        head(&revision.to),
        "change".to_owned(),
        "values revised".to_owned(),
    ];
    let mut rows = vec![first];
    for (label, before, after, values) in &revision.sums {
        let change =
            if *before > 0.0 { format!("{:+.1} %", 100.0 * (after / before - 1.0)) } else { "-".to_owned() };
        rows.push(vec![label.clone(), number(*before), number(*after), change, values.to_string()]);
    }
    aligned(&rows, 1)
}
