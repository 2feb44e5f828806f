//! `forewarn drift`: two files compared, a stream watched, a reading of a gate made again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use forewarn_pipeline::drift::{
    Answer, Cbpe, Compared, Drift, Estimated, Joint, Labels, ProfileFile, Question, RowAnswer, RowTested,
    Tested, cbpe, compare, stream,
};
use forewarn_pipeline::{Explained, explain, write_file};

use super::{aligned, json_text, number, run_and_code};
use crate::Failure;
use crate::arguments::{CbpeArguments, DriftCommand};
use crate::progress::Display;

/// Does what the subcommand says.
pub(crate) fn drift(command: &DriftCommand, environment: &[(String, String)]) -> Result<String, Failure> {
    match command {
        DriftCommand::Compare { reference, current, test, blocks, strata, multivariate, json } => {
            let (blocks, strata) = (blocks.as_deref(), strata.as_deref());
            let question = Question { tests: test, blocks, strata, multivariate: *multivariate };
            compared(&compare(reference, current, &question)?, *json)
        }
        DriftCommand::Cbpe(arguments) => estimated(arguments),
        DriftCommand::Profile { files, output } => profile(files, output.as_deref()),
        DriftCommand::Stream { file, column, detector, json } => {
            let watched = stream(file, column.as_deref(), detector)?;
            if *json {
                return json_text(&watched);
            }
            let mut out = String::new();
            for (name, watched) in watched {
                let places =
                    |places: &[usize]| places.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
                let skipped = if watched.skipped > 0 {
                    format!(", {} skipped", watched.skipped)
                } else {
                    String::new()
                };
                let found = if watched.detections.is_empty() {
                    "none".to_owned()
                } else {
                    places(&watched.detections)
                };
                // Writing to a String cannot fail.
                let _ = writeln!(out, "{name}: {found}{skipped}");
            }
            Ok(out)
        }
        DriftCommand::Explain { reading, run: arguments } => {
            let (run, code) = run_and_code(arguments, environment)?;
            let explained = explain(&run, &code, reading, &Display::new())?;
            let output = if arguments.json { json_text(&explained)? } else { page(&explained) };
            if explained.reproduced {
                return Ok(output);
            }
            let reason = "the reading is another one now: the program or its data have changed".to_owned();
            Err(Failure { code: 1, reason, output })
        }
    }
}

fn compared(compared: &Compared, json: bool) -> Result<String, Failure> {
    let output = if json { json_text(compared)? } else { table(compared) };
    let failures = compared.failures();
    if failures.is_empty() {
        return Ok(output);
    }
    Err(Failure { code: 1, reason: failures.join("; "), output })
}

/// What is to be expected without labels; a broken assumption is a failure, with the estimates.
fn estimated(arguments: &CbpeArguments) -> Result<String, Failure> {
    let CbpeArguments { reference, current, predicted, observed, metric, threshold, chunk, json } = arguments;
    let settings = Cbpe { threshold: *threshold, chunk: *chunk, ..Cbpe::default() };
    let labels = Labels { predicted, observed, metrics: metric, settings };
    let found = cbpe(reference, current, &labels)?;
    let output = if *json { json_text(&found)? } else { measures(&found) };
    if found.assumption.state == "broken" {
        return Err(Failure {
            code: 1,
            reason: format!("estimates cannot be trusted: {}", found.assumption.why),
            output,
        });
    }
    Ok(output)
}

fn measures(found: &Estimated) -> String {
    let mut rows =
        vec![["measure", "estimate", "from", "to", "usual from", "to", ""].map(str::to_owned).to_vec()];
    for (name, measured) in &found.measures {
        let [from, to] = measured.band.map_or(["-", "-"].map(str::to_owned), |band| band.map(number));
        let [low, high] = measured.limits.map(number);
        let estimate = measured.estimate.map_or("-".to_owned(), number);
        let alert = if measured.alert { "unusual" } else { "" };
        rows.push(vec![(*name).to_owned(), estimate, from, to, low, high, alert.to_owned()]);
    }
    let mut out = aligned(&rows, 1);
    let Estimated { assumption, calibrated, rows: [known, asked], incomplete: [old, new], labelled, .. } =
        found;
    let scores = if *calibrated { "calibrated" } else { "taken as they are" };
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "assumption {}: {}\n{asked} rows, {labelled} of them with a label; {known} rows of the reference, scores {scores}; \
         left out for what they lack: {old} and {new}",
        assumption.state.replace('-', " "),
        assumption.why
    );
    out
}

/// Writes the profile, or gives it to be printed.
fn profile(files: &[PathBuf], output: Option<&Path>) -> Result<String, Failure> {
    let text = ProfileFile::of(files)?.text()?;
    match output {
        None => Ok(text),
        Some(path) => {
            write_file(path, text.as_bytes())?;
            Ok(format!("wrote {}\n", path.display()))
        }
    }
}

fn table(compared: &Compared) -> String {
    let mut rows = vec![["column", "test", "statistic", "p", "q", ""].map(str::to_owned).to_vec()];
    for (column, answers) in &compared.columns {
        for (test, answer) in answers {
            let cells = match answer {
                Answer::Tested(Tested { drift, q_value }) => verdict(drift, *q_value),
                Answer::Unknown { .. } => unknown(),
            };
            rows.push([column.clone(), test.clone()].into_iter().chain(cells).collect());
        }
    }
    for (test, answer) in &compared.rows {
        let cells = match answer {
            RowAnswer::Tested(RowTested { drift, q_value, .. }) => verdict(drift, *q_value),
            RowAnswer::Unknown { .. } => unknown(),
        };
        rows.push(["(rows)".to_owned(), test.clone()].into_iter().chain(cells).collect());
    }
    let mut out = aligned(&rows, 2);
    if let Some(Joint { columns, constant, compared: [n, m], incomplete: [old, new] }) = &compared.joint {
        let left_out = constant.iter().map(|name| format!(", `{name}` is constant and left out"));
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "rows: {n} and {m} of {} columns{}; {old} and {new} with a missing value left out",
            columns.len(),
            left_out.collect::<String>()
        );
    }
    out
}

fn verdict(drift: &Drift, q_value: f64) -> [String; 4] {
    let drifted = if drift.drifted { "drifted" } else { "" };
    [number(drift.statistic), number(drift.p_value), number(q_value), drifted.to_owned()]
}

fn unknown() -> [String; 4] {
    ["-", "-", "-", "cannot tell"].map(str::to_owned)
}

fn page(explained: &Explained) -> String {
    let Explained { id, judged, again, files, documentation, rule, .. } = explained;
    let show = |effect: Option<f64>| effect.map_or("cannot be told".to_owned(), |v| v.to_string());
    let mut out = format!("{id}: {}\n{}\n\n", judged.verdict.as_str(), judged.reading.message);
    let mut line = |name: &str, text: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name:<12}{text}");
    };
    line("effect", format!("{} (matters from {})", show(judged.reading.effect), judged.reading.limit));
    line("p", judged.reading.p_value.map_or("a fact, without chance".to_owned(), |p| p.to_string()));
    line("q", judged.q_value.map_or("-".to_owned(), |q| q.to_string()));
    line("made again", again.as_ref().map_or("there is no such reading now".to_owned(), |r| show(r.effect)));
    line("severity", rule.severity.as_str().to_owned());
    for (file, digest) in files {
        line("made of", format!("{file} ({digest})"));
    }
    out + "\n" + documentation + "\n"
}
