//! Alerts: somebody is told when the state of a gate changes, once for each change.
//!
//! What each channel was told last lies in `gates/KIND.state.json` in the output folder. It is written after all channels
//! were tried, so a run that is killed in between may tell the same again, and never forgets to. A channel that fails
//! keeps what it was told before, and is told at the next run.

mod channel;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use forewarn_core::Period;
use forewarn_drift::gate::Verdict;
use forewarn_store::file as files;
use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::session::Session;
use crate::{Error, Result};
use channel::{Channel, Line};

/// Longest time that a channel may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who is told when the state of a gate changes. Every channel that is set is told, each by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Alerts {
    /// Address that the message is posted to, as JSON.
    pub webhook: Option<String>,
    /// A program and its arguments; the message comes on its standard input as JSON, and `FOREWARN_GATE` and
    /// `FOREWARN_VERDICT` are in its environment.
    pub command: Vec<String>,
    /// Mail.
    pub email: Option<Email>,
    /// The least verdict that is an alarm: `cannot-tell`, `warn` or `fail`.
    pub from_verdict: Verdict,
    /// After how many periods an alarm that goes on is told again; never when 0.
    pub reminder: usize,
}

impl Default for Alerts {
    fn default() -> Self {
        Self { webhook: None, command: Vec::new(), email: None, from_verdict: Verdict::Warn, reminder: 0 }
    }
}

/// Mail, handed to the mail program of the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Email {
    /// Who gets it.
    pub to: Vec<String>,
    /// Who sends it.
    pub from: String,
    /// The mail program and its arguments; it reads the message, and whom it is for, from its standard input.
    #[serde(default = "sendmail")]
    pub sendmail: Vec<String>,
}

fn sendmail() -> Vec<String> {
    ["/usr/sbin/sendmail", "-t"].map(str::to_owned).to_vec()
}

impl Alerts {
    /// What is wrong with them, in a sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.from_verdict == Verdict::Pass {
            return Err(
                "`alerts.from-verdict` is `pass`: all would be an alarm; give `warn` or `fail`".to_owned()
            );
        }
        let Some(email) = &self.email else { return Ok(()) };
        if email.to.is_empty() || email.sendmail.is_empty() {
            return Err(
                "`alerts.email` needs at least one address in `to`, and a program in `sendmail`".to_owned()
            );
        }
        // A line break in an address would be a header of its own.
        let is_address =
            |text: &str| text.contains('@') && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        match email.to.iter().chain([&email.from]).find(|text| !is_address(text)) {
            Some(text) => {
                Err(format!("`alerts.email`: {text:?} is no address such as `duty@example.org` in ASCII"))
            }
            None => Ok(()),
        }
    }

    fn channels(&self) -> Vec<Channel<'_>> {
        let webhook = self.webhook.as_deref().map(Channel::Webhook);
        let command = (!self.command.is_empty()).then_some(Channel::Command(&self.command));
        let email = self.email.as_ref().map(Channel::Email);
        webhook.into_iter().chain(command).chain(email).collect()
    }

    /// What `now` is, after `before`.
    fn change(&self, before: Option<&Told>, now: &Told) -> Change {
        let off = |told: &&Told| told.verdict >= self.from_verdict;
        let known = now.verdict != Verdict::CannotTell;
        match (before.filter(off), Some(now).filter(off)) {
            (None, Some(_)) => Change::Tell(Event::Alarm),
            // Nobody has seen that it is over.
            (Some(_), None) if !known => Change::Nothing,
            (Some(_), None) => Change::Tell(Event::Recovery),
            (Some(before), Some(now)) if now.verdict > before.verdict => Change::Tell(Event::Worse),
            (Some(before), Some(_)) if self.reminds(before.period, now.period) => {
                Change::Tell(Event::Reminder)
            }
            (None, None) | (Some(_), Some(_)) => Change::Note,
        }
    }

    fn reminds(&self, told: Period, now: Period) -> bool {
        self.reminder > 0 && usize::try_from(now.0 - told.0).is_ok_and(|periods| periods >= self.reminder)
    }
}

/// What a verdict is to a channel.
#[derive(Debug, PartialEq)]
enum Change {
    /// News.
    Tell(Event),
    /// No news, though the verdict may be another one.
    Note,
    /// No reason to believe anything else than before.
    Nothing,
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Event {
    /// Off, after it was not.
    Alarm,
    /// No longer off.
    Recovery,
    /// More is stopped than before.
    Worse,
    /// Still off.
    Reminder,
}

/// What a channel knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// The verdict.
    verdict: Verdict,
    /// The period of the last message.
    period: Period,
}

/// What all channels know.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// The newest period that was judged.
    newest: Option<Period>,
    /// By name of the channel.
    told: BTreeMap<String, Told>,
}

/// The message: what a webhook and a command get as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Message<'e> {
    /// The message in a line.
    text: String,
    /// Why it is sent.
    event: Event,
    gate: &'static str,
    run: &'e str,
    period: &'e str,
    verdict: Verdict,
    /// The verdict that the channel knows of, if any.
    before: Option<Verdict>,
    reasons: Vec<String>,
    /// Path of the evidence.
    evidence: String,
}

impl<'e> Message<'e> {
    fn new(evidence: &'e Evidence, path: &Path, event: Event, before: Option<&Told>) -> Self {
        let (gate, verdict) = (evidence.gate.as_str(), evidence.state());
        let word = match event {
            Event::Alarm => "alarm",
            Event::Recovery => "recovery",
            Event::Worse => "worse than before",
            Event::Reminder => "reminder",
        };
        let text = format!("forewarn: {gate} gate, {}: {} ({word})", evidence.period, verdict.as_str());
        let blind = evidence.blind().map(|planted| format!("planted and not found: {planted}"));
        Self {
            text,
            event,
            gate,
            run: &evidence.run,
            period: &evidence.period,
            verdict,
            before: before.map(|told| told.verdict),
            reasons: blind.chain(evidence.reasons()).collect(),
            evidence: path.display().to_string(),
        }
    }
}

/// Tells whoever is to know of it what a gate says; `path` is where the evidence lies.
///
/// # Errors
/// A file of rules that cannot be read, a state that cannot be written; never a channel that fails.
pub(super) fn alert(session: &Session<'_>, evidence: &Evidence, path: &Path) -> Result<()> {
    let (ctx, file) = (session.ctx, super::GateFile::of(session.ctx.run)?);
    let proxy = ctx.run.config.download.as_ref().and_then(|download| download.client.proxy.as_deref());
    let state = session.root.join("gates").join(format!("{}.state.json", evidence.gate.as_str()));
    let line = Line { patience: PATIENCE, proxy };
    let teller = Teller { alerts: &file.alerts, state, line, warn: &|text| ctx.engine.warn(text) };
    // Whoever reads it is in another folder.
    let path = std::path::absolute(path).map_err(Error::io(path))?;
    teller.tell(evidence, (ctx.cadence().parse(&evidence.period)?, &path))
}

/// Tells.
struct Teller<'a> {
    alerts: &'a Alerts,
    state: PathBuf,
    line: Line<'a>,
    warn: &'a dyn Fn(String),
}

impl Teller<'_> {
    /// Tells every channel for which it is news, and keeps what they know.
    ///
    /// # Errors
    /// A state that cannot be written.
    fn tell(&self, evidence: &Evidence, (period, path): (Period, &Path)) -> Result<()> {
        let channels = self.alerts.channels();
        let mut state = if channels.is_empty() { return Ok(()) } else { self.known() };
        // A run that goes back in time says nothing about now.
        if state.newest.is_some_and(|newest| period < newest) {
            return Ok(());
        }
        let now = Told { verdict: evidence.state(), period };
        for channel in channels {
            let before = state.told.get(channel.name()).cloned();
            let known = match self.alerts.change(before.as_ref(), &now) {
                Change::Nothing => continue,
                Change::Note => Told { period: before.map_or(period, |told| told.period), ..now.clone() },
                Change::Tell(event) => {
                    let message = Message::new(evidence, path, event, before.as_ref());
                    if let Err(reason) = channel.send(&message, &self.line) {
                        let (gate, name) = (evidence.gate.as_str(), channel.name());
                        (self.warn)(format!(
                            "gate `{gate}`: alert by {name} failed, told again next time: {reason}"
                        ));
                        continue;
                    }
                    now.clone()
                }
            };
            state.told.insert(channel.name().to_owned(), known);
        }
        state.newest = Some(period);
        let text = serde_json::to_vec_pretty(&state).map_err(|e| Error::io(&self.state)(e.into()))?;
        Ok(files::write_bytes(&self.state, &text)?)
    }

    /// What the channels were told. A state that cannot be read is no reason to be silent.
    fn known(&self) -> State {
        let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|e| e.to_string());
        let state = match std::fs::read(&self.state) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(State::default()),
            other => other.map_err(|e| e.to_string()).and_then(read),
        };
        state.unwrap_or_else(|e| {
            (self.warn)(format!(
                "{}: {e}; what is off is told as if for the first time",
                self.state.display()
            ));
            State::default()
        })
    }
}

#[cfg(test)]
mod tests;
