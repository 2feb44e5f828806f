//! `forewarn gate`: what came in, what goes out and how good it was, judged by rules.

use std::fmt::Write as _;

use forewarn_pipeline::gates::{Approval, Approver, Evidence, Kind, Tested, Verdict, approve, test};
use forewarn_pipeline::judge;

use super::{aligned, json_text, number, run_and_code};
use crate::Failure;
use crate::arguments::{GateCommand, GateName, RunArguments};
use crate::progress::Display;

/// Does what the subcommand says.
pub(crate) fn gate(command: &GateCommand, environment: &[(String, String)]) -> Result<String, Failure> {
    match command {
        GateCommand::Input(run) => judged(Kind::Input, run, environment),
        GateCommand::Output(run) => judged(Kind::Output, run, environment),
        GateCommand::Performance(run) => judged(Kind::Performance, run, environment),
        GateCommand::Approve { gate, by, reason, run } => approved(*gate, (by, reason), run, environment),
        GateCommand::Test { file, json } => tested(&test(file)?, *json),
    }
}

fn judged(kind: Kind, arguments: &RunArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let (run, code) = run_and_code(arguments, environment)?;
    let (evidence, stop) = judge(&run, &code, kind, &Display::new())?;
    let output = if arguments.json { json_text(&evidence)? } else { table(&evidence) };
    match stop {
        None if evidence.verdict == Verdict::CannotTell => {
            let reason = "the gate cannot tell: see what could not be looked at".to_owned();
            Err(Failure { code: 1, reason, output })
        }
        None => Ok(output),
        Some(stop) => Err(Failure { output, ..Failure::from(stop) }),
    }
}

/// Lets pass what a gate has failed.
fn approved(
    gate: GateName,
    (by, reason): (&str, &str),
    arguments: &RunArguments,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let (run, code) = run_and_code(arguments, environment)?;
    let kind = match gate {
        GateName::Input => Kind::Input,
        GateName::Output => Kind::Output,
        GateName::Performance => Kind::Performance,
    };
    let approval = approve(&run, &code, kind, Approver { by, reason }, &Display::new())?;
    if arguments.json {
        return json_text(&approval);
    }
    let Approval { period, run, at, .. } = approval;
    Ok(format!(
        "{} gate, {period}: {by} lets it pass for {run} ({at}): {reason}\nnext: forewarn run\n",
        kind.as_str()
    ))
}

/// Every reading that is off or could not be told, and how many there are.
fn table(evidence: &Evidence) -> String {
    let mut rows = vec![["verdict", "check", "subject", "effect", "limit", "q"].map(str::to_owned).to_vec()];
    for j in evidence.off() {
        let q = j.q_value.map_or("-".to_owned(), number);
        let effect = j.reading.effect.map_or("-".to_owned(), number);
        let words = [j.verdict.as_str(), &j.check, &j.reading.subject].map(str::to_owned);
        rows.push(words.into_iter().chain([effect, number(j.reading.limit), q]).collect());
    }
    let mut out =
        format!("{} gate, {}: {}\n", evidence.gate.as_str(), evidence.period, evidence.verdict.as_str());
    if rows.len() > 1 {
        out += &aligned(&rows, 3);
    }
    for reason in evidence.reasons() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{reason}");
    }
    let found = evidence.planted.iter().filter(|p| p.found == Some(true)).count();
    let planted = evidence.planted.iter().filter(|p| p.found.is_some()).count();
    let _ = writeln!(
        out,
        "{}; {found} of {planted} planted faults found; {:.2} false alarms a year expected at most",
        evidence.counts(),
        evidence.false_alarms_a_year
    );
    out
}

fn tested(all: &[Tested], json: bool) -> Result<String, Failure> {
    let mut output = if json { json_text(&all)? } else { String::new() };
    let failed = all.iter().filter(|t| !t.wrong.is_empty()).count();
    for t in all.iter().filter(|_| !json) {
        let _ = writeln!(output, "{} {}", if t.wrong.is_empty() { "ok    " } else { "FAILED" }, t.name);
        for wrong in &t.wrong {
            let _ = writeln!(output, "       {wrong}");
        }
    }
    if failed == 0 {
        return Ok(output);
    }
    Err(Failure { code: 1, reason: format!("{failed} of {} tests failed", all.len()), output })
}
