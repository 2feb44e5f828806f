//! `forewarn why`: what each feature added to a forecast.

use std::fmt::Write as _;

use forewarn_pipeline::why::{Contribution, Explanation, PartExplanation, Sum, Why, why as ask};

use super::{aligned, json_text, number, run_and_code};
use crate::Failure;
use crate::arguments::WhyArguments;
use crate::progress::Display;

/// Asks and prints a table a part.
pub(crate) fn why(arguments: &WhyArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let (run, code) = run_and_code(&arguments.run, environment)?;
    let WhyArguments { model, unit, step, origin, .. } = arguments;
    let question = Why { model, unit: *unit, step: *step, origin: origin.as_deref() };
    let found = ask(&run, &code, &Display::new(), question)?;
    if arguments.run.json { json_text(&found) } else { Ok(words(&found, arguments.top)) }
}

fn words(found: &Explanation, top: usize) -> String {
    let place = if found.place.is_empty() { String::new() } else { format!(" ({})", found.place) };
    let mut out = format!(
        "{}: {} for unit {}{place}, from {}, step {}\n",
        found.model, found.target, found.unit, found.origin, found.step
    );
    // Writing to a String cannot fail.
    let _ = write!(out, "forecast by {}: mean {}", found.artifact, number(found.mean));
    if let Some(chance) = found.chance {
        let _ = write!(out, ", above 0 in {:.0} % of draws", 100.0 * chance);
    }
    let _ = match found.observed {
        Some(observed) => writeln!(out, "; observed {}", number(observed)),
        None => writeln!(out),
    };
    for part in &found.parts {
        let _ = write!(out, "\n{}: {} = {}\n", part.role, part.predicts, number(part.prediction));
        match &part.sum {
            Some(sum) => out.push_str(&table(part, sum, top)),
            None => out.push_str("its regressor cannot tell what each feature added\n"),
        }
    }
    out
}

fn table(part: &PartExplanation, sum: &Sum, top: usize) -> String {
    let signed = |x: f64| format!("{}{}", if x > 0.0 { "+" } else { "" }, number(x));
    let mut rows = vec![["feature", "value", "adds"].map(str::to_owned).to_vec()];
    let shown = sum.contributions.iter().filter(|c| c.contribution != 0.0).take(top);
    rows.extend(shown.map(|c: &Contribution| {
        let value = c.value.map_or_else(|| "missing".to_owned(), |v| number(f64::from(v)));
        vec![c.feature.clone(), value, signed(c.contribution)]
    }));
    let rest = &sum.contributions[(rows.len() - 1).min(sum.contributions.len())..];
    if !rest.is_empty() {
        let added = rest.iter().map(|c| c.contribution).sum();
        rows.push(vec![format!("{} others", rest.len()), String::new(), signed(added)]);
    }
    rows.push(vec!["base".to_owned(), String::new(), signed(sum.base)]);
    let total = match sum.scale.as_str() {
        "identity" => "sum".to_owned(),
        scale => format!("sum = {scale} of {}", number(part.prediction)),
    };
    rows.push(vec![total, String::new(), signed(sum.total)]);
    aligned(&rows, 1)
}
