//! `forewarn evaluate online`: how good was what we issued?

use std::fmt::Write as _;

use forewarn_pipeline::online::{Evaluation, Online, Onset, Pair, Request, Warned, online as evaluate};
use forewarn_pipeline::truth::Told;
use forewarn_pipeline::{Group, Score};

use super::{aligned, json_text, number, run_and_code};
use crate::Failure;
use crate::arguments::OnlineArguments;
use crate::progress::Display;

/// Onsets that are shown.
const SHOWN: usize = 12;

/// Scores what was issued, and shows it in short.
pub(crate) fn online(
    arguments: &OnlineArguments,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let (run, code) = run_and_code(&arguments.run, environment)?;
    let request = Request {
        month: arguments.month.clone(),
        from: arguments.from.clone(),
        as_known: arguments.as_known.clone(),
        risk: arguments.risk,
    };
    let evaluation = evaluate(&run, &code, &request, &Display::new())?;
    let output =
        if arguments.run.json { json_text(&evaluation)? } else { words(&evaluation, &arguments.metric) };
    let failures = &evaluation.online.failures;
    match failures.first() {
        None => Ok(output),
        Some(first) => {
            let reason = format!("{} scores could not be computed; the first: {first}", failures.len());
            Err(Failure { output, ..Failure::new(1, reason) })
        }
    }
}

fn words(evaluation: &Evaluation, metrics: &[String]) -> String {
    let online = &evaluation.online;
    let mut out = format!(
        "{}: forecasts of {} to {}, truth: {}\n",
        online.target,
        online.first.1,
        online.month.1,
        edition(&online.truth)
    );
    let (made, found) = evaluation.sheets;
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{made} months of forecasters scored, {found} already there\n");
    out.push_str(&scores(online, metrics));
    out.push_str(&pairs(&online.pairs, metrics));
    out.push_str(&warned(&online.warned));
    out.push_str(&onsets(online));
    for warning in &evaluation.warnings {
        let _ = writeln!(out, "note: {warning}");
    }
    let _ = writeln!(out, "wrote {}", evaluation.file.display());
    let _ = writeln!(out, "wrote {}", evaluation.series.display());
    out
}

fn edition(truth: &Told) -> String {
    let known = truth.known.as_deref().map_or(String::new(), |day| format!(", known on {day}"));
    let provisional = if truth.provisional { "; the month may still be revised" } else { "" };
    format!("edition {} ({}{known}{provisional})", truth.number, truth.vintage)
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// Each forecaster on its own rows: the month, and all of them.
fn scores(online: &Online, metrics: &[String]) -> String {
    let mut rows =
        vec![cells(["forecaster", "metric", &online.month.1, "all", "90 % interval", "months", "rows"])];
    let of = |scores: &[Score], model: &str, metric: &str| {
        scores.iter().find(|s| s.model == model && s.metric == metric && s.group == Group::All).cloned()
    };
    for (metric, who) in metrics.iter().flat_map(|m| online.forecasters.iter().map(move |f| (m, f))) {
        let Some(all) = of(&online.scores, &who.name, metric) else { continue };
        let latest = of(&online.latest, &who.name, metric).and_then(|s| s.value);
        rows.push(vec![
            who.name.clone(),
            metric.clone(),
            latest.map_or("-".to_owned(), number),
            all.value.map_or("-".to_owned(), number),
            all.interval.map_or("-".to_owned(), |(low, high)| format!("{} to {}", number(low), number(high))),
            who.months.to_string(),
            all.n.to_string(),
        ]);
    }
    aligned(&rows, 2)
}

/// Who is better on the rows of both: in all with its interval, and by ranges of steps.
fn pairs(pairs: &[Pair], metrics: &[String]) -> String {
    let wanted = |p: &&Pair| metrics.contains(&p.metric);
    let mut ranges: Vec<(Option<i32>, &str)> = pairs
        .iter()
        .filter(|p| p.group == Group::Leads)
        .filter_map(|p| Some((p.key, p.label.as_deref()?)))
        .collect();
    ranges.sort_unstable();
    ranges.dedup();
    let ranges: Vec<&str> = ranges.into_iter().map(|(_, label)| label).collect();
    let short = |label: &&str| label.replace("steps ", "").replace(" to ", "-");
    let head = ["forecaster", "against", "metric", "skill", "90 % interval", "months"].map(str::to_owned);
    let mut rows = vec![[head.to_vec(), ranges.iter().map(short).collect()].concat()];
    for all in pairs.iter().filter(wanted).filter(|p| p.group == Group::All) {
        let same = |p: &&Pair| (&p.model, &p.against, &p.metric) == (&all.model, &all.against, &all.metric);
        let range = |label: &&str| {
            let found = pairs.iter().filter(same).find(|p| p.label.as_deref() == Some(*label));
            found.and_then(|p| p.skill).map_or("-".to_owned(), percent)
        };
        let row = vec![
            all.model.clone(),
            all.against.clone(),
            all.metric.clone(),
            all.skill.map_or("-".to_owned(), percent),
            all.interval
                .map_or("-".to_owned(), |(low, high)| format!("{} to {}", percent(low), percent(high))),
            all.months.to_string(),
        ];
        rows.push([row, ranges.iter().map(range).collect()].concat());
    }
    if rows.len() == 1 {
        String::new()
    } else {
        format!("\non the rows of both; skill by steps\n{}", aligned(&rows, 3))
    }
}

fn warned(warned: &[Warned]) -> String {
    let Some(first) = warned.first() else { return String::new() };
    let mut rows = vec![cells(["forecaster", "steps", "onsets", "hit rate", "warnings", "came true"])];
    for of in warned {
        rows.push(vec![
            of.model.clone(),
            format!("{} to {}", of.leads.0, of.leads.1),
            of.onsets.to_string(),
            of.hit_rate().map_or("-".to_owned(), percent_of),
            of.warnings.to_string(),
            of.success_ratio().map_or("-".to_owned(), percent_of),
        ]);
    }
    format!(
        "\nonsets after a year without an event; a warning is a risk of {} % or more\n{}",
        first.risk,
        aligned(&rows, 2)
    )
}

/// The onsets of the month that were seen first.
fn onsets(online: &Online) -> String {
    let mut seen: Vec<&Onset> = online.onsets.iter().filter(|onset| onset.lead.is_some()).collect();
    seen.sort_by_key(|onset| std::cmp::Reverse(onset.lead));
    let mut units: Vec<_> = online.onsets.iter().map(|onset| onset.unit).collect();
    units.dedup();
    let missed = units.iter().filter(|unit| !seen.iter().any(|onset| onset.unit == **unit)).count();
    if units.is_empty() {
        return format!("\nno onset in {}\n", online.month.1);
    }
    let mut out =
        format!("\n{} onsets in {}; {missed} of them nobody warned of\n", units.len(), online.month.1);
    let mut rows =
        vec![cells(["unit", "country", "forecaster", "first warning", "risk then at most", "last risk"])];
    for onset in seen.iter().take(SHOWN) {
        rows.push(vec![
            onset.unit.to_string(),
            onset.country.clone().unwrap_or_default(),
            onset.model.clone(),
            onset.lead.map_or("-".to_owned(), |lead| format!("{lead} months before")),
            percent_of(f64::from(onset.highest)),
            percent_of(f64::from(onset.last)),
        ]);
    }
    if rows.len() > 1 {
        out.push_str(&aligned(&rows, 3));
    }
    out
}

fn percent(v: f64) -> String {
    format!("{:+.1} %", 100.0 * v)
}

fn percent_of(v: f64) -> String {
    format!("{:.1} %", 100.0 * v)
}
