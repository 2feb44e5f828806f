//! A reading made again from what it was made of.

use forewarn_core::Reading;
use forewarn_drift::gate::{Judged, Rule, checks};
use forewarn_drift::input::INPUT_CHECKS;
use serde::Serialize;

use super::history::History;
use super::input::with_args;
use super::{GateFile, Kind};
use crate::code::Code;
use crate::progress::Observer;
use crate::session::session;
use crate::{Error, Resolved, Result};

/// A reading as it was judged, and as it is when it is made again.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explained {
    /// The reading that was asked for: `input/2020-12/size/ged_sb_best`.
    pub id: String,
    /// The rule it is judged by.
    pub rule: Rule,
    /// What was judged.
    pub judged: Judged,
    /// The same reading, made again now.
    pub again: Option<Reading>,
    /// Whether both are the same.
    pub reproduced: bool,
    /// What it was made of, with digests.
    pub files: Vec<(String, String)>,
    /// What the check does, from its documentation.
    pub documentation: String,
}

/// Makes a reading again: `GATE/PERIOD/CHECK/SUBJECT`.
///
/// # Errors
/// [`Error::Config`] when there is no such reading, which says what there is.
pub fn explain(run: &Resolved, code: &Code, id: &str, observer: &dyn Observer) -> Result<Explained> {
    let parts: Vec<&str> = id.splitn(4, '/').collect();
    let [gate, period, check, subject] = parts[..] else {
        return Err(Error::config(id, "a reading is named GATE/PERIOD/CHECK/SUBJECT"));
    };
    if gate != Kind::Input.as_str() {
        return Err(Error::config(
            id,
            "readings of the input gate can be made again; others are in its evidence",
        ));
    }
    session(run, code, observer, false, |session| {
        let ctx = session.ctx;
        let history = History::open(&session.root, Kind::Input, ctx.cadence())?;
        let at = ctx.cadence().parse(period)?;
        let evidence =
            history.at(at).ok_or_else(|| Error::config(id, format!("the gate has not judged {period}")))?;
        let is = |j: &&Judged| j.check == check && j.reading.subject == subject;
        let judged = evidence.readings.iter().find(is).cloned().ok_or_else(|| {
            let names: Vec<String> =
                evidence.readings.iter().map(|j| format!("{}/{}", j.check, j.reading.subject)).collect();
            Error::config(id, format!("there is no such reading; there are: {}", names.join(", ")))
        })?;
        let same_panel = evidence.looked.files.iter().any(|(_, digest)| *digest == ctx.panel_digest());
        if !same_panel {
            let reason =
                format!("{period} was judged on another edition of the observations than this run reads");
            return Err(Error::config(id, reason));
        }
        let rules = GateFile::of(run)?.rules(Kind::Input);
        let rule = rules.iter().find(|rule| rule.check == check).cloned();
        let rule = rule.ok_or_else(|| Error::config(id, "the rules no longer have this check"))?;
        let again = with_args(session, &evidence.looked, |args| {
            let readings = checks(std::slice::from_ref(&rule), INPUT_CHECKS)?[0].1.read(args)?;
            Ok(readings.into_iter().find(|reading| reading.subject == subject))
        })?;
        let entry = INPUT_CHECKS.iter().find(|entry| entry.name == check);
        Ok(Explained {
            id: id.to_owned(),
            reproduced: again.as_ref() == Some(&judged.reading),
            documentation: entry.map(forewarn_core::Entry::doc).unwrap_or_default(),
            files: evidence.looked.files.iter().chain(&evidence.looked.previous).cloned().collect(),
            rule,
            judged,
            again,
        })
    })
}
