//! `forewarn drift`: two files compared, a stream watched, a reading of a gate made again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use forewarn_pipeline::drift::{Answer, Compared, ProfileFile, Question, Tested, compare, stream};
use forewarn_pipeline::gates::{Explained, explain};
use forewarn_pipeline::write_file;

use super::{aligned, json_text, number, run_and_code};
use crate::Failure;
use crate::arguments::DriftCommand;
use crate::progress::Display;

/// Does what the subcommand says.
pub(crate) fn drift(command: &DriftCommand, environment: &[(String, String)]) -> Result<String, Failure> {
    match command {
        DriftCommand::Compare { reference, current, test, blocks, strata, json } => {
            let question = Question { tests: test, blocks: blocks.as_deref(), strata: strata.as_deref() };
            let compared = compare(reference, current, &question)?;
            let output = if *json { json_text(&compared)? } else { table(&compared) };
            let failures = compared.failures();
            if failures.is_empty() {
                Ok(output)
            } else {
                Err(Failure { code: 1, reason: failures.join("; "), output })
            }
        }
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
                Answer::Tested(Tested { drift, q_value }) => {
                    let verdict = if drift.drifted { "drifted" } else { "" };
                    [number(drift.statistic), number(drift.p_value), number(*q_value), verdict.to_owned()]
                }
                Answer::Unknown { .. } => ["-", "-", "-", "cannot tell"].map(str::to_owned),
            };
            rows.push([column.clone(), test.clone()].into_iter().chain(cells).collect());
        }
    }
    aligned(&rows, 2)
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
