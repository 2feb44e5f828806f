//! Approvals: a person lets pass what a gate has failed, once, for one run, and what it said of it.

use forewarn_store::{Digest, open_objects};
use serde::{Deserialize, Serialize};

use super::{Evidence, Kind, Verdict, judged};
use crate::clock::now;
use crate::code::Code;
use crate::progress::Observer;
use crate::session::{Access, Session, session};
use crate::{Error, Resolved, Result};

/// Who lets what pass, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Approval {
    /// Which gate.
    pub gate: Kind,
    /// The run.
    pub run: String,
    /// The period that was judged.
    pub period: String,
    /// Digest of what the gate said: of other readings it says nothing.
    pub evidence: String,
    /// Who lets it pass.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When: UTC, as in RFC 3339.
    pub at: String,
}

/// Who approves, and why.
#[derive(Debug, Clone, Copy)]
pub struct Approver<'a> {
    /// Name.
    pub by: &'a str,
    /// Why, in a sentence.
    pub reason: &'a str,
}

/// Lets pass what a gate has said of the newest period of a run, when that was a failure.
///
/// # Errors
/// [`Error::Config`] without a name or reason, for somebody who may not, and when there is nothing to let pass;
/// [`Error::Gate`] for a gate that is blind, which nobody can answer for.
pub fn approve(
    run: &Resolved,
    code: &Code,
    kind: Kind,
    approver: Approver<'_>,
    observer: &dyn Observer,
) -> Result<Approval> {
    check(run, approver)?;
    session(run, code, observer, Access::Shared, |session| {
        let none = |why: &str| Error::config(format!("gate {}", kind.as_str()), why);
        let judgement = judged(session, kind)?.ok_or_else(|| none("it has not judged this period yet"))?;
        let evidence = judgement.evidence;
        if evidence.run != session.id {
            return Err(none(&format!("it has judged {} last, and this is {}", evidence.run, session.id)));
        }
        if evidence.blind().next().is_some() {
            let reason =
                "it does not find planted faults: mend its rules, nobody can answer for it".to_owned();
            return Err(Error::Gate { gate: kind.as_str(), reason });
        }
        if evidence.verdict != Verdict::Fail {
            return Err(none(&format!(
                "it says `{}`: there is nothing to let pass",
                evidence.verdict.as_str()
            )));
        }
        let approval = Approval {
            gate: kind,
            run: session.id.clone(),
            period: evidence.period.clone(),
            evidence: digest(&evidence)?,
            by: approver.by.to_owned(),
            reason: approver.reason.to_owned(),
            at: now(),
        };
        let bytes = serde_json::to_vec_pretty(&approval).map_err(|e| Error::io(&run.file)(e.into()))?;
        open_objects(&run.shared("approvals"))?.put(&name(session, kind), &bytes)?;
        Ok(approval)
    })
}

/// The approval of what a gate said, if somebody has given one.
///
/// # Errors
/// [`Error::Store`] when approvals cannot be read, [`Error::Config`] for a file that is none.
pub(super) fn find(session: &Session<'_>, evidence: &Evidence) -> Result<Option<Approval>> {
    let objects = open_objects(&session.ctx.run.shared("approvals"))?;
    let name = name(session, evidence.gate);
    let Some(bytes) = objects.get(&name)? else { return Ok(None) };
    let place = || objects.place(&name).display().to_string();
    let approval: Approval = serde_json::from_slice(&bytes)
        .map_err(|e| Error::config(place(), format!("it is no approval: {e}")))?;
    let wanted = digest(evidence)?;
    Ok(Some(approval).filter(|approval| approval.evidence == wanted))
}

fn name(session: &Session<'_>, kind: Kind) -> String {
    format!("{}/{}.json", session.id, kind.as_str())
}

fn digest(evidence: &Evidence) -> Result<String> {
    let text = serde_json::to_vec(&evidence.readings);
    let text = text.map_err(|e| Error::config("evidence", e.to_string()))?;
    Ok(Digest::of_bytes(&text).to_string())
}

fn check(run: &Resolved, Approver { by, reason }: Approver<'_>) -> Result<()> {
    for (flag, text) in [("--by", by), ("--reason", reason)] {
        if text.trim().is_empty() {
            return Err(Error::config(flag, "it is empty: who lets something pass says who and why"));
        }
    }
    let known = &run.config.gates.approvers;
    if known.is_empty() || known.iter().any(|name| name == by) {
        return Ok(());
    }
    Err(Error::config("--by", format!("`{by}` may not approve; `gates.approvers` are: {}", known.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use crate::small_run::{archive, code, load, project, write};

    const DUTY: Approver<'static> = Approver { by: "duty", reason: "the jump is real" };

    #[test]
    fn what_a_person_lets_pass_passes_until_the_gate_says_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let run = project(folder.path(), 1);
        let rules = "[[input]]\ncheck = \"range\"\nseverity = \"fail\"\nsettings = { least = 2 }\n";
        write(folder.path(), "rules.toml", rules);
        assert!(matches!(archive(&run).unwrap_err(), Error::Gate { gate: "input", .. }));
        let approval = approve(&run, &code(), Kind::Input, DUTY, &Silent).unwrap();
        assert_eq!((approval.by.as_str(), approval.period.as_str()), ("duty", "2020-12"));
        let done = archive(&run).unwrap();
        assert!(
            done.warnings.iter().any(|w| w.contains("duty") && w.contains("the jump is real")),
            "{:?}",
            done.warnings
        );
        write(folder.path(), "rules.toml", &rules.replace("least = 2", "least = 3"));
        assert!(
            matches!(archive(&run).unwrap_err(), Error::Gate { gate: "input", .. }),
            "it said something else"
        );
    }

    #[test]
    fn nobody_lets_pass_what_passes_or_without_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let run = project(folder.path(), 1);
        let refused = |run: &Resolved, approver| {
            approve(run, &code(), Kind::Input, approver, &Silent).unwrap_err().to_string()
        };
        assert!(refused(&run, DUTY).contains("it has not judged"));
        archive(&run).unwrap();
        assert!(refused(&run, DUTY).contains("nothing to let pass"));
        assert!(refused(&run, Approver { by: " ", ..DUTY }).contains("--by"));
        let strict = load(folder.path(), &["gates.approvers=[\"lead\"]"]);
        assert!(refused(&strict, DUTY).contains("`gates.approvers` are: lead"));
    }
}
