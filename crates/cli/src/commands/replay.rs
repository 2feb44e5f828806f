//! `forewarn replay`: what would have been issued from past origins.

use std::fmt::Write as _;

use forewarn_pipeline::replay::{Replay, replay as file};

use super::{json_text, run_and_code};
use crate::Failure;
use crate::arguments::ReplayArguments;
use crate::progress::Display;

/// Files the forecasts, and tells which.
pub(crate) fn replay(
    arguments: &ReplayArguments,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let (run, code) = run_and_code(&arguments.run, environment)?;
    let done = file(&run, &code, (&arguments.from, &arguments.to), &Display::new())?;
    let output = if arguments.run.json { json_text(&done)? } else { words(&done) };
    if done.missing.is_empty() {
        return Ok(output);
    }
    let reason = forewarn_pipeline::Error::Incomplete { missing: done.missing };
    Err(Failure { output, ..Failure::from(reason) })
}

fn words(replay: &Replay) -> String {
    let mut out = String::new();
    for (label, files) in &replay.origins {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{label}: {} forecasts in the archive", files.len());
    }
    out.push_str("next: forewarn evaluate online\n");
    out
}
