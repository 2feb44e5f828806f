//! `forewarn runs`: what was run, and what differs.

use std::fmt::Write as _;

use forewarn_pipeline::record::Record;
use forewarn_pipeline::runs::{Changed, Difference, Runs, difference};
use forewarn_pipeline::{Resolved, StepRecord};
use serde_json::{Value, json};

use super::{aligned, complete, json_text, number};
use crate::Failure;
use crate::arguments::{RunArguments, RunsCommand};

/// Steps that `show` names.
const STEPS: usize = 12;

/// Does what the subcommand says.
pub(crate) fn runs(command: &RunsCommand, environment: &[(String, String)]) -> Result<String, Failure> {
    match command {
        RunsCommand::List { run } => list(&records(run, environment)?, run.json),
        RunsCommand::Show { record, run } => {
            let record = records(run, environment)?.find(record)?;
            if run.json { json_text(&record) } else { Ok(page(&record)) }
        }
        RunsCommand::Diff { before, after, run } => {
            let runs = records(run, environment)?;
            let found = difference(&runs.find(before)?, &runs.find(after)?);
            if run.json { json_text(&found) } else { Ok(compared(&found)) }
        }
    }
}

/// The records of a run's output folder.
pub(super) fn records(run: &RunArguments, environment: &[(String, String)]) -> Result<Runs, Failure> {
    Ok(Runs::of(&Resolved::load(&run.config, environment, &run.set)?)?)
}

fn list(runs: &Runs, as_json: bool) -> Result<String, Failure> {
    let (all, broken) = runs.list()?;
    let reasons: Vec<String> = broken.iter().map(ToString::to_string).collect();
    let output = if as_json {
        let all: Vec<Value> = all.iter().map(short).collect();
        json_text(&json!({ "runs": all, "unreadable": reasons }))?
    } else if all.is_empty() {
        "no runs yet\n".to_owned()
    } else {
        table(&all)
    };
    complete(output, &reasons)
}

/// A run in a few facts.
fn short(record: &Record) -> Value {
    json!({
        "id": record.id,
        "run": record.run,
        "until": record.until,
        "origin": record.origin,
        "started": record.started,
        "end": record.end,
        "seconds": record.seconds,
        "cpu_seconds": record.usage.cpu_seconds,
        "peak_bytes": record.usage.peak_bytes,
        "warnings": record.warnings.len(),
    })
}

fn table(all: &[Record]) -> String {
    let heads = ["id", "run", "until", "origin", "started", "ended", "CPU s", "peak MB", "warnings"];
    let row = |record: &Record| {
        vec![
            record.id.clone(),
            record.run.clone().unwrap_or_else(|| "-".to_owned()),
            json!(record.until).as_str().unwrap_or_default().to_owned(),
            record.origin.clone().unwrap_or_else(|| "-".to_owned()),
            record.started.clone(),
            record.end.as_str().to_owned(),
            seconds(record.usage.cpu_seconds),
            megabytes(record.usage.peak_bytes),
            record.warnings.len().to_string(),
        ]
    };
    let rows: Vec<_> =
        std::iter::once(heads.map(str::to_owned).to_vec()).chain(all.iter().map(row)).collect();
    aligned(&rows, 6)
}

fn seconds(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |s| format!("{s:.1}"))
}

fn megabytes(value: Option<u64>) -> String {
    value.map_or_else(|| "-".to_owned(), |bytes| format!("{:.0}", bytes as f64 / 1e6))
}

/// A record in words.
fn page(record: &Record) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut add = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    add("record", record.id.clone());
    add("run", record.run.clone().unwrap_or_else(|| "-".to_owned()));
    add("until", json!(record.until).as_str().unwrap_or_default().to_owned());
    add("started", format!("{}, ended {}", record.started, record.ended));
    add("end", record.end.as_str().to_owned());
    if let Some(failure) = &record.failure {
        add("failed at", format!("{}: {} (exit code {})", failure.place, failure.reason, failure.exit_code));
    }
    let (cpu, peak) = (seconds(record.usage.cpu_seconds), megabytes(record.usage.peak_bytes));
    add("cost", format!("{cpu} CPU seconds, {:.1} seconds, at most {peak} MB", record.seconds));
    let host = &record.host;
    let cpu = host.cpu.as_deref().unwrap_or(&host.arch);
    add("machine", format!("{} threads, {cpu}, {}", host.threads, host.os));
    add("program", format!("{} {}", record.code.revision, record.code.digest));
    add("configuration", format!("{} {}", record.file.display(), record.config));
    add("seed", record.seed.to_string());
    add("origin", record.origin.clone().unwrap_or_else(|| "-".to_owned()));
    made(record, &mut add);
    for (what, texts) in [("missing", &record.missing), ("warning", &record.warnings)] {
        for text in texts {
            add(what, text.clone());
        }
    }
    format!("{}{}", aligned(&rows, 2), steps(&record.steps))
}

/// What it was made from, and what it made.
fn made(record: &Record, add: &mut impl FnMut(&str, String)) {
    for (name, source) in &record.sources {
        let place = source.path.as_ref().map_or_else(String::new, |path| format!(" {}", path.display()));
        add("source", format!("{name} {}{place}", source.digest));
    }
    let digests = &record.digests;
    let of = |digest: &Option<String>| digest.clone().unwrap_or_else(|| "-".to_owned());
    add("panel", of(&digests.panel));
    add("features", of(&digests.features));
    for (what, all) in
        [("artifact", &digests.artifacts), ("forecast", &digests.forecasts), ("map", &digests.maps)]
    {
        for (name, digest) in all {
            add(what, format!("{name} {digest}"));
        }
    }
    add("scores", of(&digests.scores));
    add("page", of(&digests.page));
    for gate in &record.gates {
        let verdict = json!(gate.verdict).as_str().unwrap_or_default().to_owned();
        add("gate", format!("{} {verdict}", gate.gate.as_str()));
    }
    if let Some(issued) = &record.issued {
        let scores: Vec<_> =
            issued.scores.iter().map(|(name, score)| format!("{name} {}", number(*score))).collect();
        let scores = if scores.is_empty() { "not scored".to_owned() } else { scores.join(", ") };
        add("issued", format!("{}: {scores}", issued.name));
    }
}

/// The slowest steps.
fn steps(all: &[StepRecord]) -> String {
    let mut slowest: Vec<&StepRecord> = all.iter().collect();
    slowest.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let found = all.iter().filter(|step| step.cached).count();
    let mut out = format!("\n{} steps, {found} of them already there\n", all.len());
    let mut rows = vec![["step", "", "seconds", "CPU s", "MB"].map(str::to_owned).to_vec()];
    rows.extend(slowest.iter().take(STEPS).map(|step| {
        vec![
            step.step.clone(),
            if step.cached { "already there".to_owned() } else { String::new() },
            format!("{:.2}", step.seconds),
            step.cpu_seconds.map_or_else(|| "-".to_owned(), |s| format!("{s:.2}")),
            megabytes(step.peak_bytes),
        ]
    }));
    out.push_str(&aligned(&rows, 2));
    if all.len() > STEPS {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "and {} more (--json has all)", all.len() - STEPS);
    }
    out
}

fn compared(found: &Difference) -> String {
    let mut out = changes(found.changed.iter());
    out.push_str(match (found.equal, found.results().next()) {
        (true, _) => "equal\n",
        (false, None) => "the results are equal\n",
        (false, Some(_)) => "the results differ\n",
    });
    let (cpu, peak) = (found.cpu_seconds, found.peak_bytes);
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "cost: {} and {} CPU seconds, {} and {} MB at most",
        seconds(cpu.0),
        seconds(cpu.1),
        megabytes(peak.0),
        megabytes(peak.1)
    );
    out
}

/// A line for each thing that differs.
pub(super) fn changes<'c>(all: impl Iterator<Item = &'c Changed>) -> String {
    let value = |value: &Option<String>| {
        let digest = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        match value.as_deref() {
            None => "none".to_owned(),
            Some(text) if digest(text) => text[..12].to_owned(),
            Some(text) => text.to_owned(),
        }
    };
    let row = |c: &Changed| {
        vec![
            c.kind.as_str().to_owned(),
            c.name.clone(),
            format!("{} > {}", value(&c.before), value(&c.after)),
        ]
    };
    aligned(&all.map(row).collect::<Vec<_>>(), 3)
}
