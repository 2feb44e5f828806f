//! Gates: checks with rules, before models see what came in, before a forecast goes out, and on how good it was.
//!
//! The checks are components (`crates/drift`); this is what surrounds them: the file of rules, what a gate said in
//! earlier periods, the faults that are planted at every run, and the evidence that is left behind.

mod alerts;
mod approval;
mod countries;
pub(crate) mod evidence;
mod file;
pub(crate) mod history;
pub(crate) mod input;
pub(crate) mod judging;
mod junit;
pub(crate) mod output;
#[cfg(test)]
mod output_tests;
pub(crate) mod page;
pub(crate) mod performance;
mod prometheus;
mod self_test;
mod trained;
mod unit_tests;

pub use alerts::{Alerts, Email};
pub use approval::{Approval, Approver, approve};
pub use evidence::{Evidence, Looked};
pub use file::GateFile;
pub use self_test::Planted;
pub use unit_tests::{Tested, test};

use serde::{Deserialize, Serialize};

use std::path::PathBuf;

pub use forewarn_drift::gate::Verdict;
use forewarn_store::file as files;

use crate::scores::{NamedMetric, Scores};
use crate::session::Session;
use crate::{Error, Result};
use history::History;
pub(crate) use input::input;
pub(crate) use output::{Outgoing, output};
pub(crate) use performance::performance;

/// What the gate said of the newest period.
///
/// # Errors
/// Evidence that cannot be read.
pub(crate) fn judged(session: &Session<'_>, kind: Kind) -> Result<Option<Judgement>> {
    let history = History::open(&session.root, kind, session.ctx.cadence())?;
    Ok(history.at(session.ctx.origin()).cloned().map(|evidence| Judgement { history, evidence }))
}

/// What a gate said of the periods up to the newest one, ascending; nothing where it has not judged that one.
///
/// # Errors
/// Evidence that cannot be read.
pub(crate) fn past(session: &Session<'_>, kind: Kind) -> Result<Vec<Evidence>> {
    let history = History::open(&session.root, kind, session.ctx.cadence())?;
    Ok(history.until(session.ctx.origin()))
}

/// What the performance gate judges: scores, by these metrics.
pub(crate) type Judges<'a> = (&'a Scores, &'a [NamedMetric]);

/// What a gate has said, before it is told to anybody.
pub(crate) struct Judgement {
    history: History,
    /// What it said.
    pub(crate) evidence: Evidence,
}

impl Judgement {
    /// Leaves the evidence in the folder of the run, as a page and as files for machines too, and among that of other
    /// periods; then tells whoever is to know.
    ///
    /// # Errors
    /// [`Error::Store`] when it cannot be written; a file of rules that cannot be read.
    pub(crate) fn publish(&self, session: &Session<'_>) -> Result<PathBuf> {
        let file = |extension: &str| {
            session.folder.join("gates").join(format!("{}.{extension}", self.evidence.gate.as_str()))
        };
        let path = file("json");
        let text = serde_json::to_vec_pretty(&self.evidence).map_err(|e| Error::io(&path)(e.into()))?;
        files::write_bytes(&path, &text)?;
        let page = page::page(&self.evidence, &session.ctx.run.config.target.level)?;
        files::write_bytes(&file("html"), page.as_bytes())?;
        files::write_bytes(&file("xml"), junit::junit(&self.evidence).as_bytes())?;
        files::write_bytes(&file("prom"), prometheus::prometheus(&self.evidence).as_bytes())?;
        self.history.keep(&self.evidence)?;
        alerts::alert(session, &self.evidence, &path)?;
        Ok(path)
    }

    /// Warns of what is off, and stops when the gate failed or does not see what was planted.
    ///
    /// # Errors
    /// [`Error::Gate`] that says what is wrong and where the evidence lies.
    pub(crate) fn pass(&self, session: &Session<'_>) -> Result<()> {
        let Evidence { gate, verdict, .. } = &self.evidence;
        let (gate, reasons) = (gate.as_str(), self.evidence.reasons());
        let folder = session.folder.join("gates");
        let blind: Vec<String> = self.evidence.blind().map(Planted::to_string).collect();
        if !blind.is_empty() {
            let reason = format!(
                "it does not find faults that were planted to try it: {}; its rules are too lax, or have no check for \
                 these (evidence: {})",
                blind.join("; "),
                folder.display()
            );
            return Err(Error::Gate { gate, reason });
        }
        let approved =
            if *verdict == Verdict::Fail { approval::find(session, &self.evidence)? } else { None };
        if let Some(approval) = &approved {
            let Approval { by, reason, at, .. } = approval;
            session.ctx.engine.warn(format!("gate `{gate}` failed, and {by} lets it pass ({at}): {reason}"));
        } else if *verdict == Verdict::Fail {
            return Err(Error::Gate {
                gate,
                reason: format!("{} (evidence: {})", reasons.join("; "), folder.display()),
            });
        }
        for reason in reasons {
            session.ctx.engine.warn(format!("gate `{gate}`: {reason}"));
        }
        Ok(())
    }
}

/// Which gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What came in.
    Input,
    /// What goes out.
    Output,
    /// How good it was.
    Performance,
}

impl Kind {
    /// As written in commands, folders and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Performance => "performance",
        }
    }
}
