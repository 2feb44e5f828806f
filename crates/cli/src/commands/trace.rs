//! `forewarn trace`: from the source to the published number.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use forewarn_pipeline::Resolved;
use forewarn_pipeline::lineage::{Link, State, Trace, trace as follow};

use super::json_text;
use crate::Failure;
use crate::arguments::TraceArguments;

/// Follows a forecast, and fails when a link does not hold.
pub(crate) fn trace(arguments: &TraceArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let run = Resolved::load(&arguments.run.config, environment, &arguments.run.set)?;
    let found = follow(&run, &arguments.forecast)?;
    let faults = faults(&found);
    let output = if arguments.run.json { json_text(&found)? } else { words(&found) };
    if faults.is_empty() {
        return Ok(output);
    }
    Err(Failure { output, ..Failure::new(1, faults.join("\nerror: ")) })
}

/// Each link that does not hold, once.
fn faults(trace: &Trace) -> Vec<String> {
    let fault = |link: &Link| match &link.state {
        State::Holds => None,
        State::Missing { reason } => {
            Some(format!("{} {} is missing: {reason}", link.kind.as_str(), link.name))
        }
        State::Differs { reason } => {
            let (kind, name, digest) = (link.kind.as_str(), &link.name, &link.digest);
            Some(format!("{kind} {name} is not {digest}: {reason}"))
        }
    };
    let mut faults: Vec<String> = Vec::new();
    for fault in trace.all().into_iter().filter_map(fault) {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    faults
}

fn words(trace: &Trace) -> String {
    let (mut out, mut seen) = (String::new(), BTreeSet::new());
    tree(&trace.made_of, 0, &mut seen, &mut out);
    if !trace.used_in.is_empty() {
        out.push_str("used in\n");
        for link in &trace.used_in {
            tree(link, 1, &mut seen, &mut out);
        }
    }
    let links: BTreeSet<_> =
        trace.all().iter().map(|link| (link.kind.as_str(), link.digest.clone())).collect();
    let record =
        trace.record.as_ref().map_or("no record of its run is kept".to_owned(), |id| format!("record {id}"));
    // Writing to a String cannot fail.
    let _ = match faults(trace).len() {
        0 => writeln!(out, "all {} links hold; {record}", links.len()),
        n => writeln!(out, "{n} of {} links do not hold; {record}", links.len()),
    };
    out
}

/// A link with what is behind it, unless that was shown already.
fn tree<'l>(link: &'l Link, depth: usize, seen: &mut BTreeSet<(&'l str, &'l str)>, out: &mut String) {
    let state = match &link.state {
        State::Holds => "",
        State::Missing { .. } => "  MISSING",
        State::Differs { .. } => "  DIFFERS",
    };
    let is_new = seen.insert((link.kind.as_str(), &link.digest));
    let again = if is_new || link.links.is_empty() { "" } else { "  (as above)" };
    let digest = &link.digest[..link.digest.len().min(12)];
    let space = "  ".repeat(depth);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{space}{:<9} {digest}  {}{state}{again}", link.kind.as_str(), link.name);
    if is_new {
        for next in &link.links {
            tree(next, depth + 1, seen, out);
        }
    }
}
