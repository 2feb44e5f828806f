//! `forewarn rerun`: an old run once more.

use std::fmt::Write as _;

use forewarn_pipeline::rerun::{Rerun, rerun as again};

use super::json_text;
use super::run::code;
use super::runs::{changes, records};
use crate::Failure;
use crate::arguments::RerunArguments;
use crate::progress::Display;

/// Repeats a run, and says whether it gives the same.
pub(crate) fn rerun(arguments: &RerunArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let record = records(&arguments.run, environment)?.find(&arguments.record)?;
    let io = |e: std::io::Error| Failure::new(1, format!("no folder for the output can be made: {e}"));
    // Removed when it is dropped, unless there is something to look at.
    let temporary = match &arguments.output {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("forewarn-rerun-").tempdir().map_err(io)?),
    };
    let output = arguments.output.as_deref().or(temporary.as_ref().map(tempfile::TempDir::path));
    let done = again(&record, &code()?, output.unwrap_or_else(|| ".".as_ref()), &Display::new())?;
    if done.difference.is_some() && !done.equal {
        temporary.map(tempfile::TempDir::keep);
    }
    let output = if arguments.run.json { json_text(&done)? } else { words(&done) };
    if done.equal {
        return Ok(output);
    }
    let causes = done.causes.join("; ");
    let reason = match done.difference {
        Some(_) => format!("record {} is not repeated: {causes}", done.record),
        None => format!("record {} cannot be repeated: {causes}", done.record),
    };
    Err(Failure { output, ..Failure::new(1, reason) })
}

fn words(done: &Rerun) -> String {
    let Some(difference) = &done.difference else { return String::new() };
    let mut out = changes(difference.changed.iter());
    // Writing to a String cannot fail.
    let _ = if done.equal {
        writeln!(out, "equal: {} digests of record {} are the same", done.compared, done.record)
    } else {
        let differ = difference.results().count();
        writeln!(
            out,
            "{differ} results of record {} differ; the output is in {}",
            done.record,
            done.folder.display()
        )
    };
    if let Some(reason) = &done.stopped {
        let _ = writeln!(out, "note: it stopped: {reason}");
    }
    out
}
