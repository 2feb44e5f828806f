//! `forewarn run` and the verbs that do a part of it.

mod table;

use std::fmt::Write as _;

use forewarn_pipeline::{Code, Outcome, Resolved, Single, Until, run as run_pipeline, task as run_task};

use crate::Failure;
use crate::arguments::{Command, RunArguments, WholeRunArguments};
use crate::progress::Display;

/// Does a run up to the stage that the verb names.
pub(crate) fn run(command: &Command, environment: &[(String, String)]) -> Result<String, Failure> {
    if let Command::Run(WholeRunArguments { task: Some(task), without, of, run }) = command {
        return single((task, without, of.as_ref()), run, environment);
    }
    let Some((arguments, until)) = stage(command) else {
        return Err(Failure::new(2, "this command is no stage of a run"));
    };
    let resolved = Resolved::load(&arguments.config, environment, &arguments.set)?;
    finished(run_pipeline(&resolved, &code()?, until, &Display::new())?, arguments.json)
}

/// Does one task of a run.
fn single(
    (task, without, of): (&str, &[String], Option<&String>),
    run: &RunArguments,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let resolved = Resolved::load(&run.config, environment, &run.set)?;
    let single = Single { task: task.to_owned(), without: without.to_vec(), run: of.cloned() };
    finished(run_task(&resolved, &code()?, &single, &Display::new())?, run.json)
}

/// What is printed of a run that came to its end; it fails when something is missing.
pub(crate) fn finished(outcome: Outcome, as_json: bool) -> Result<String, Failure> {
    let text = if as_json { json(&outcome)? } else { words(&outcome) };
    if outcome.missing.is_empty() {
        return Ok(text);
    }
    let reason = forewarn_pipeline::Error::Incomplete { missing: outcome.missing };
    Err(Failure { code: reason.exit_code(), reason: reason.to_string(), output: text })
}

/// The program that is running.
pub(crate) fn code() -> Result<Code, Failure> {
    Code::current().map_err(|e| Failure::new(1, format!("the program cannot read itself: {e}")))
}

fn stage(command: &Command) -> Option<(&RunArguments, Until)> {
    Some(match command {
        Command::Run(a) => (&a.run, Until::Archive),
        Command::Validate(a) => (a, Until::Validate),
        Command::Features(a) => (a, Until::Features),
        Command::Train(a) => (a, Until::Train),
        Command::Forecast(a) => (a, Until::Forecast),
        Command::Combine(a) => (a, Until::Combine),
        Command::Evaluate(a) => (&a.run, Until::Evaluate),
        Command::Map(a) => (&a.run, Until::Map),
        _ => return None,
    })
}

fn json(outcome: &Outcome) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(outcome).map_err(|e| Failure::new(1, e.to_string()))?;
    Ok(text + "\n")
}

fn words(outcome: &Outcome) -> String {
    let mut out = format!("run {} in {}\n", outcome.run, outcome.folder.display());
    let (made, found): (Vec<_>, Vec<_>) = outcome.steps.iter().partition(|s| !s.cached);
    // Writing to a String cannot fail.
    let _ = write!(out, "{} steps done, {} already there", made.len(), found.len());
    if let Some(cpu) = outcome.usage.cpu_seconds {
        let _ = write!(out, "; {cpu:.1} CPU seconds");
    }
    if let Some(peak) = outcome.usage.peak_bytes {
        let _ = write!(out, ", {:.0} MB at most", peak as f64 / 1e6);
    }
    out.push('\n');
    for file in &outcome.files {
        let _ = writeln!(out, "wrote {}", file.display());
    }
    let _ = writeln!(out, "record in {}", outcome.record.display());
    if let Some(scores) = &outcome.scores {
        let _ = write!(out, "\n{}", table::table(scores));
    }
    if let Some(report) = &outcome.report {
        let _ = writeln!(out, "next: open {}", report.display());
    }
    out
}
