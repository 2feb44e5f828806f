//! `forewarn sweep`: which settings of a model are best?

use std::fmt::Write as _;

use forewarn_pipeline::sweep::{Request, Sweep, Trial, sweep as search};

use super::run::code;
use crate::Failure;
use crate::arguments::SweepArguments;
use crate::progress::Display;

/// Trials that the table shows.
const SHOWN: usize = 10;

/// Does a sweep, prints the best trials and the best settings; fails when no trial has a score.
pub(crate) fn sweep(arguments: &SweepArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let request = Request { file: &arguments.file, environment, flags: &arguments.set };
    let found = search(&request, &code()?, &Display::new())?;
    let output = if arguments.json {
        serde_json::to_string_pretty(&found).map_err(|e| Failure::new(1, e.to_string()))? + "\n"
    } else {
        words(&found)
    };
    if found.best.is_some() {
        return Ok(output);
    }
    let first = found.trials.iter().find_map(|trial| trial.reason.as_deref());
    let reason = first.or(found.stopped.as_deref()).unwrap_or("there was none");
    Err(Failure { output, ..Failure::new(1, format!("no trial has a score: {reason}")) })
}

fn words(found: &Sweep) -> String {
    let at = &found.evaluated;
    // Writing to a String cannot fail.
    let mut out = format!("sweep of {} in {}\n", found.model, found.folder.display());
    let done = found.trials.len();
    let _ = writeln!(
        out,
        "{} trials done, {} already there; {:.1} CPU seconds in all",
        done - found.found,
        found.found,
        found.cpu_seconds
    );
    let _ = writeln!(
        out,
        "scored by {} at {} origins, {} to {}, trained on {} to {}",
        found.objective, at.origins, at.test.0, at.test.1, at.train.0, at.train.1
    );
    if let Some(reason) = &found.stopped {
        let _ = writeln!(out, "stopped: {reason}");
    }
    let _ = write!(out, "\n{}", table(found));
    failures(&mut out, &found.trials);
    if let (Some(best), Some(file)) = (&found.best, &found.best_file) {
        let _ = write!(out, "\n{best}\nnext: paste this, or copy {}\n", file.display());
    }
    out
}

/// The best trials: number, score, CPU seconds, resource, settings.
fn table(found: &Sweep) -> String {
    let best: Vec<&Trial> =
        found.ranking.iter().take(SHOWN).filter_map(|&n| found.trials.get(n - 1)).collect();
    let Some(first) = best.first() else { return String::new() };
    let paths: Vec<&String> = first.settings.keys().collect();
    let mut rows = vec![vec!["trial".to_owned(), found.objective.clone(), "CPU s".to_owned()]];
    rows[0].extend(found.resource.clone());
    rows[0].extend(paths.iter().map(|path| (*path).clone()));
    for trial in best {
        let score = trial.score.map_or_else(String::new, |score| format!("{score:.6}"));
        let cpu = trial.cpu_seconds.map_or_else(String::new, |seconds| format!("{seconds:.2}"));
        let mut row = vec![trial.number.to_string(), score, cpu];
        row.extend(trial.resource.map(|amount| amount.to_string()));
        row.extend(paths.iter().map(|path| trial.settings.get(*path).map_or_else(String::new, shown)));
        rows.push(row);
    }
    aligned(&rows)
}

/// Fractions with six digits that matter; all else as it is.
fn shown(value: &serde_json::Value) -> String {
    let Some(x) = value.as_f64().filter(|_| value.is_f64()) else { return value.to_string() };
    let lead = if x == 0.0 { 0 } else { x.abs().log10().floor() as i32 };
    let decimals = (5 - lead).clamp(0, 15) as usize;
    format!("{x:.decimals$}")
}

fn aligned(rows: &[Vec<String>]) -> String {
    let width =
        |i: usize| rows.iter().filter_map(|row| row.get(i)).map(|c| c.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(i, cell)| format!("{cell:>width$}", width = width(i)));
        let _ = writeln!(out, "{}", cells.collect::<Vec<_>>().join("  "));
    }
    out
}

/// How many trials failed, and why the first of them did.
fn failures(out: &mut String, trials: &[Trial]) {
    let failed: Vec<&Trial> = trials.iter().filter(|trial| trial.score.is_none()).collect();
    if let Some(first) = failed.first() {
        let reason = first.reason.as_deref().unwrap_or("no reason was recorded");
        let _ = writeln!(out, "{} trials failed; trial {}: {reason}", failed.len(), first.number);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fractions_are_short_and_the_rest_is_whole() {
        let values = [json!(0.012_345_678), json!(0.0), json!(7), json!("exact"), json!(-12.5)];
        assert_eq!(values.map(|v| shown(&v)), ["0.0123457", "0.00000", "7", "\"exact\"", "-12.5000"]);
    }

    #[test]
    fn columns_end_together() {
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        assert_eq!(aligned(&[row("trial", "crps"), row("7", "0.25")]), "trial  crps\n    7  0.25\n");
    }
}
