//! `forewarn redteam`: can a suite of metrics be won without skill?

use std::fmt::Write as _;

use forewarn_pipeline::redteam::{Contender, Judgement, RedTeam, SUITE, suite};

use crate::Failure;
use crate::arguments::RedteamArguments;

/// Width of a column of scores; a mark follows.
const COLUMN: usize = 11;

/// Scores, prints, and fails when a useless forecast is not below the truth.
pub(crate) fn redteam(arguments: &RedteamArguments) -> Result<String, Failure> {
    let suite = if arguments.metrics.is_empty() { suite(&SUITE) } else { suite(&arguments.metrics) }?;
    let found = RedTeam::of(&suite, arguments.seed)?;
    let output = if arguments.json {
        serde_json::to_string_pretty(&found).map_err(|e| Failure::new(1, e.to_string()))? + "\n"
    } else {
        words(&found)
    };
    match found.verdict() {
        Ok(()) => Ok(output),
        Err(e) => Err(Failure { output, ..e.into() }),
    }
}

fn words(found: &RedTeam) -> String {
    let RedTeam { seed, cells, months, draws, zero_share, .. } = found;
    let mut out = format!(
        "{cells} cells x {months} months, {:.2} % zeros, {draws} draws a forecast, seed {seed}\n\n",
        100.0 * zero_share
    );
    table(&mut out, found);
    out.push_str("\n* better than the truth   = as good as the truth   - no score   ! not below the truth\n");
    for judgement in &found.metrics {
        notes(&mut out, judgement);
    }
    if found.passes {
        let mut others: Vec<_> = found.contenders.iter().zip(&found.mean_ranks).skip(1).collect();
        others.sort_by(|a, b| a.1.total_cmp(b.1));
        let (next, rank) = (others[0].0.name(), others[0].1);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "\nThe suite passes: the truth has mean rank {:.2}, the next is {next} with {rank:.2}.",
            found.mean_ranks[0]
        );
    }
    out
}

fn table(out: &mut String, found: &RedTeam) {
    let longest = found.metrics.iter().map(|judgement| judgement.metric.len()).max().unwrap_or(0);
    let width = longest.max("mean rank".len());
    let headings: Vec<(&str, &str)> = found.contenders.iter().map(|c| heading(c.name())).collect();
    line(out, "", width, headings.iter().map(|h| (h.0.to_owned(), ' ')));
    line(out, "", width, headings.iter().map(|h| (h.1.to_owned(), ' ')));
    for judgement in &found.metrics {
        let truth = judgement.ranks[0];
        let cell = |(i, rank): (usize, &f64)| match judgement.scores[i] {
            None => ("-".to_owned(), ' '),
            Some(score) if i == 0 || *rank > truth => (number(score), ' '),
            Some(score) => (number(score), if *rank < truth { '*' } else { '=' }),
        };
        line(out, &judgement.metric, width, judgement.ranks.iter().enumerate().map(cell));
    }
    let cell = |(contender, rank): (&Contender, &f64)| {
        (format!("{rank:.2}"), if found.above.contains(contender) { '!' } else { ' ' })
    };
    line(out, "mean rank", width, found.contenders.iter().zip(&found.mean_ranks).map(cell));
}

fn line(out: &mut String, label: &str, width: usize, cells: impl Iterator<Item = (String, char)>) {
    let mut text = format!("{label:<width$}");
    for (cell, mark) in cells {
        let _ = write!(text, "{cell:>COLUMN$}{mark}");
    }
    out.push_str(text.trim_end());
    out.push('\n');
}

/// A name in two lines, the first empty when one will do.
fn heading(name: &str) -> (&str, &str) {
    if name.len() <= COLUMN {
        return ("", name);
    }
    let breaks = name.match_indices(' ').map(|(i, _)| (&name[..i], &name[i + 1..]));
    breaks.into_iter().find(|(_, rest)| rest.len() <= COLUMN).unwrap_or(("", name))
}

/// Four digits that matter, up to six after the point and nine before it.
fn number(x: f64) -> String {
    if x.abs() >= 1e9 {
        return format!("{x:.2e}");
    }
    let lead = if x == 0.0 { 0 } else { x.abs().log10().floor() as i32 };
    let decimals = (3 - lead).clamp(0, 6) as usize;
    format!("{x:.decimals$}")
}

/// What a metric prefers to the truth, and why it has no score where it has none.
fn notes(out: &mut String, judgement: &Judgement) {
    if !judgement.prefers.is_empty() {
        let names: Vec<&str> = judgement.prefers.iter().map(|contender| contender.name()).collect();
        let _ = writeln!(out, "{} prefers: {}", judgement.metric, names.join(", "));
    }
    let silent: Vec<&String> = judgement.reasons.iter().flatten().collect();
    if let Some(reason) = silent.first() {
        let (metric, n) = (&judgement.metric, silent.len());
        let _ = writeln!(out, "{metric} has no score for {n} of {}: {reason}", judgement.reasons.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_take_two_lines() {
        assert_eq!(heading("climatology"), ("", "climatology"));
        assert_eq!(heading("same mean everywhere"), ("same mean", "everywhere"));
        assert_eq!(heading("frequency / 10"), ("frequency", "/ 10"));
        assert_eq!(heading("all in 4 cells"), ("all", "in 4 cells"));
        assert_eq!(heading("indivisibles"), ("", "indivisibles"));
    }

    #[test]
    fn numbers_keep_what_matters() {
        let shown = [0.012_345_6, -2.5, 34.567, 12_345.6, 0.0, 0.000_003_4, -1.5e12].map(number);
        assert_eq!(shown, ["0.01235", "-2.500", "34.57", "12346", "0.000", "0.000003", "-1.50e12"]);
    }
}
