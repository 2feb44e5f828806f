//! A reading made again from what it was made of.

use forewarn_core::{Entry, Reading};
use forewarn_drift::gate::{Judged, Rule, checks};
use forewarn_drift::input::INPUT_CHECKS;
use forewarn_drift::output::OUTPUT_CHECKS;
use forewarn_drift::performance::PERFORMANCE_CHECKS;
use serde::Serialize;

use crate::code::Code;
use crate::gates::history::History;
use crate::gates::input::with_args;
use crate::gates::{Evidence, GateFile, Judges, Kind, Outgoing, output, performance};
use crate::progress::Observer;
use crate::run::look;
use crate::session::{Access, Session, session};
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
/// What comes in is read again; a forecast and its scores are taken from the steps that made them, or made again where these are
/// gone. Nothing is judged, recorded or filed.
///
/// # Errors
/// [`Error::Config`] when there is no such reading, which says what there is, or when it was made of other files.
pub fn explain(run: &Resolved, code: &Code, id: &str, observer: &dyn Observer) -> Result<Explained> {
    let parts: Vec<&str> = id.splitn(4, '/').collect();
    let [gate, period, check, subject] = parts[..] else {
        return Err(Error::config(id, "a reading is named GATE/PERIOD/CHECK/SUBJECT"));
    };
    let asked = Asked { id, period, check, subject };
    if gate == Kind::Input.as_str() {
        return session(run, code, observer, Access::Alone, |session| asked.of_input(session));
    }
    let kinds = [Kind::Output, Kind::Performance];
    let Some(kind) = kinds.into_iter().find(|kind| kind.as_str() == gate) else {
        return Err(Error::config(
            id,
            format!("there is no gate `{gate}`; there are input, output and performance"),
        ));
    };
    let explained = look(run, code, observer, |session, outgoing, scores| match kind {
        Kind::Output => asked.of_output(session, outgoing),
        _ => asked.of_performance(session, outgoing, scores),
    })?;
    explained.ok_or_else(|| Error::config(id, "the run issues no forecast: nothing goes out"))
}

/// The reading that is asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    id: &'a str,
    period: &'a str,
    check: &'a str,
    subject: &'a str,
}

impl Asked<'_> {
    fn of_input(self, session: &Session<'_>) -> Result<Explained> {
        let (evidence, judged, rule) = self.found(session, Kind::Input)?;
        let same_panel =
            evidence.looked.files.iter().any(|(_, digest)| *digest == session.ctx.panel_digest());
        if !same_panel {
            return Err(self.other("another edition of the observations than this run reads"));
        }
        let readings = with_args(session, &evidence.looked, |args| {
            Ok(checks(std::slice::from_ref(&rule), INPUT_CHECKS)?[0].1.read(args)?)
        })?;
        Ok(self.explained((&evidence, judged, rule), readings, doc(INPUT_CHECKS, self.check)))
    }

    fn of_output(self, session: &Session<'_>, outgoing: &Outgoing<'_>) -> Result<Explained> {
        let (evidence, judged, rule) = self.found(session, Kind::Output)?;
        let again = output::again(session, outgoing, &rule)?;
        if again.files != evidence.looked.files {
            return Err(self.other("other forecasts than this run makes and finds"));
        }
        Ok(self.explained((&evidence, judged, rule), again.readings, doc(OUTPUT_CHECKS, self.check)))
    }

    fn of_performance(
        self,
        session: &Session<'_>,
        outgoing: &Outgoing<'_>,
        scores: Judges<'_>,
    ) -> Result<Explained> {
        let (evidence, judged, rule) = self.found(session, Kind::Performance)?;
        let readings = performance::again(session, &outgoing.issued.name, scores, &rule)?;
        Ok(self.explained((&evidence, judged, rule), readings, doc(PERFORMANCE_CHECKS, self.check)))
    }

    /// What was judged, in which evidence and by which rule.
    fn found(self, session: &Session<'_>, kind: Kind) -> Result<(Evidence, Judged, Rule)> {
        let Self { id, period, check, subject } = self;
        let ctx = session.ctx;
        let history = History::open(&session.root, kind, ctx.cadence())?;
        let at = ctx.cadence().parse(period)?;
        let evidence =
            history.at(at).ok_or_else(|| Error::config(id, format!("the gate has not judged {period}")))?;
        if kind != Kind::Input && at != ctx.origin() {
            return Err(self.other("an earlier edition of the observations than this run reads"));
        }
        let is = |j: &&Judged| j.check == check && j.reading.subject == subject;
        let judged = evidence.readings.iter().find(is).cloned().ok_or_else(|| {
            let names: Vec<String> =
                evidence.readings.iter().map(|j| format!("{}/{}", j.check, j.reading.subject)).collect();
            Error::config(id, format!("there is no such reading; there are: {}", names.join(", ")))
        })?;
        let rules = GateFile::of(ctx.run)?.rules(kind);
        let rule = rules.iter().find(|rule| rule.check == check).cloned();
        let rule = rule.ok_or_else(|| Error::config(id, "the rules no longer have this check"))?;
        Ok((evidence.clone(), judged, rule))
    }

    fn other(self, what: &str) -> Error {
        Error::config(self.id, format!("{} was judged on {what}", self.period))
    }

    fn explained(
        self,
        (evidence, judged, rule): (&Evidence, Judged, Rule),
        readings: Vec<Reading>,
        documentation: String,
    ) -> Explained {
        let again = readings.into_iter().find(|reading| reading.subject == self.subject);
        Explained {
            id: self.id.to_owned(),
            reproduced: again.as_ref() == Some(&judged.reading),
            documentation,
            files: evidence.looked.files.iter().chain(&evidence.looked.previous).cloned().collect(),
            rule,
            judged,
            again,
        }
    }
}

fn doc<T: ?Sized>(entries: &[Entry<T>], check: &str) -> String {
    entries.iter().find(|entry| entry.name == check).map(Entry::doc).unwrap_or_default()
}
