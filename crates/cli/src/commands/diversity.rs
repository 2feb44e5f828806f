//! `forewarn diversity`: what an ensemble owes to its members.

use std::fmt::Write as _;

use forewarn_pipeline::Resolved;
use forewarn_pipeline::diversity::{ByMetric, Diversity, diversity as measure};

use super::run::code;
use crate::Failure;
use crate::arguments::RunArguments;
use crate::progress::Display;

/// Measures and prints.
pub(crate) fn diversity(
    ensemble: &str,
    arguments: &RunArguments,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let run = Resolved::load(&arguments.config, environment, &arguments.set)?;
    let found = measure(&run, &code()?, ensemble, &Display::new())?;
    if arguments.json {
        return Ok(serde_json::to_string_pretty(&found).map_err(|e| Failure::new(1, e.to_string()))? + "\n");
    }
    Ok(words(&found))
}

fn words(found: &Diversity) -> String {
    let mut out = String::new();
    for metric in &found.metrics {
        by_metric(&mut out, &found.ensemble, metric);
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "written: {}", found.file.display());
    out
}

fn by_metric(out: &mut String, ensemble: &str, found: &ByMetric) {
    let number = |v: Option<f64>| v.map_or("-".to_owned(), |v| format!("{v:.5}"));
    let _ = writeln!(out, "{}: {ensemble} {}", found.metric, number(found.ensemble));
    if let Some(margin) = &found.diversity {
        let interval =
            margin.interval.map_or(String::new(), |(low, high)| format!(" ({low:.5} to {high:.5})"));
        let (mean, difference) = (margin.average_member, margin.difference);
        let _ = writeln!(out, "  mean member {mean:.5}, diversity {difference:.5}{interval}");
    }
    if let Some(reason) = &found.reason {
        let _ = writeln!(out, "  {reason}");
    }
    let _ = writeln!(out, "  {:<18} {:>10} {:>10}  contribution", "member", "alone", "without");
    for member in &found.members {
        let percent = |v: f64| format!("{:+.1} %", 100.0 * v);
        let contribution = match (member.contribution, member.interval) {
            (Some(v), Some((low, high))) => format!("{} ({} to {})", percent(v), percent(low), percent(high)),
            (Some(v), None) => percent(v),
            (None, _) => "-".to_owned(),
        };
        let (alone, without) = (number(member.score), number(member.without));
        let _ = writeln!(out, "  {:<18} {alone:>10} {without:>10}  {contribution}", member.member);
    }
}
