//! `forewarn score`: the scores of any table of forecasts and truth.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use forewarn_data::score_table::ScoreTable;
use forewarn_pipeline::Error;
use forewarn_pipeline::scoring::{Answers, TableScores, metrics_of, requests, score_table};

use crate::Failure;
use crate::arguments::ScoreArguments;

/// Scores a file or standard input.
pub(crate) fn score(arguments: &ScoreArguments) -> Result<String, Failure> {
    let named = requests(&arguments.metric)?;
    let table = read(&arguments.file)?;
    let wanted = if named.is_empty() { metrics_of(&table)? } else { named };
    let scores = score_table(&table, &wanted);
    let output = if arguments.json { json(&scores)? } else { words(&scores) };
    let missing = scores.answers.missing();
    // What nobody asked for by name may be missing, but not all of it.
    let enough = if arguments.metric.is_empty() { missing.len() < wanted.len() } else { missing.is_empty() };
    if enough { Ok(output) } else { Err(incomplete(&scores.answers, output)) }
}

fn read(file: &Path) -> Result<ScoreTable, Failure> {
    if file != Path::new("-") {
        return Ok(ScoreTable::read(file).map_err(Error::from)?);
    }
    Ok(ScoreTable::parse(&standard_input()?, "standard input").map_err(Error::from)?)
}

/// All of standard input.
pub(crate) fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|e| Failure::new(1, format!("standard input: {e}")))?;
    Ok(bytes)
}

pub(crate) fn json(scores: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(scores).map_err(|e| Failure::new(1, e.to_string()))?;
    Ok(text + "\n")
}

/// The failure to give all that was asked for; what there is, is printed.
pub(crate) fn incomplete(answers: &Answers, output: String) -> Failure {
    let (missing, all) = (answers.missing(), answers.0.len());
    let reason = format!("{} of {all} could not be computed: {}", missing.len(), missing.join(", "));
    Failure { code: 1, reason, output }
}

fn words(scores: &TableScores) -> String {
    let rows = if scores.n == 1 { "row" } else { "rows" };
    let mut out = format!("{} {rows}", scores.n);
    if scores.missing > 0 {
        // Writing to a String cannot fail.
        let _ = write!(out, ", and {} left out as the truth is missing", scores.missing);
    }
    out + "\n\n" + &table(&scores.answers)
}

/// Names, numbers and notes one below the other, then the reasons of those that are not there.
pub(crate) fn table(answers: &Answers) -> String {
    let rows: Vec<_> =
        answers.0.iter().map(|a| (a, a.value.as_ref().map_or("-".into(), |v| number(*v)))).collect();
    let width = rows.iter().map(|(a, _)| a.label.chars().count()).max().unwrap_or_default();
    let digits = rows.iter().map(|(_, text)| text.len()).max().unwrap_or_default();
    let mut out = String::new();
    for (answer, text) in &rows {
        let _ = writeln!(out, "{:<width$}  {text:>digits$}  {}", answer.label, answer.note);
    }
    if !answers.missing().is_empty() {
        out.push_str("\nnot computed:\n");
    }
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (label, reason) in answers.reasons() {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, labels)) => labels.push(label),
            None => reasons.push((reason, vec![label])),
        }
    }
    for (reason, labels) in reasons {
        let _ = writeln!(out, "  {}: {reason}", labels.join(", "));
    }
    out
}

/// A number with six significant digits.
fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e15).contains(&size) {
        return format!("{value:.5e}");
    }
    let decimals = (5 - size.log10().floor() as i32).max(0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_six_digits() {
        let cases = [
            (0.0, "0"),
            (0.5, "0.500000"),
            (-12.345_678_9, "-12.3457"),
            (1_234_567.8, "1234568"),
            (0.000_123_456_789, "0.000123457"),
            (1e-7, "1.00000e-7"),
            (2.5e20, "2.50000e20"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
