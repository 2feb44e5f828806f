//! The ways in which an alert goes out.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use forewarn_data::download;

use super::{Email, Message};

/// Time between two looks at a program that runs.
const GLANCE: Duration = Duration::from_millis(10);
/// Most bytes of what a program complains of that are told.
const COMPLAINT: u64 = 300;
/// Longest line of a mail, in characters: RFC 5322 allows 998 bytes, and a character has up to four.
const MAIL_LINE: usize = 240;

/// What a message needs on its way.
pub(super) struct Line<'a> {
    /// Longest time that a channel may take.
    pub(super) patience: Duration,
    /// HTTP proxy.
    pub(super) proxy: Option<&'a str>,
}

/// Where an alert goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Channel<'a> {
    /// Posted to this address.
    Webhook(&'a str),
    /// Given to this program.
    Command(&'a [String]),
    /// Mailed.
    Email(&'a Email),
}

impl Channel<'_> {
    /// As in the file of rules.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Command(_) => "command",
            Self::Email(_) => "email",
        }
    }

    /// Sends a message, or says why not.
    pub(super) fn send(self, message: &Message<'_>, line: &Line<'_>) -> Result<(), String> {
        let json = || serde_json::to_vec(message).map_err(|e| e.to_string());
        match self {
            Self::Webhook(url) => {
                download::post(url, &json()?, line.patience, line.proxy).map_err(|e| e.to_string())
            }
            Self::Command(words) => pipe(words, &json()?, message, line.patience),
            Self::Email(email) => {
                pipe(&email.sendmail, mail(email, message).as_bytes(), message, line.patience)
            }
        }
    }
}

/// Runs a program with `input` on its standard input, until it ends or the time is over.
fn pipe(words: &[String], input: &[u8], message: &Message<'_>, patience: Duration) -> Result<(), String> {
    let (program, arguments) = words.split_first().ok_or("no program is named")?;
    let told = |e: std::io::Error| format!("`{program}`: {e}");
    // Files instead of pipes: a program that does not read, or writes much, cannot hold us up.
    let mut complaint = tempfile::tempfile().map_err(told)?;
    let stderr = complaint.try_clone().map_err(told)?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("FOREWARN_GATE", message.gate)
        .env("FOREWARN_VERDICT", message.verdict.as_str())
        .stdin(filled(input).map_err(told)?)
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .map_err(told)?;
    match wait(&mut child, patience).map_err(told)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("`{program}`: {status}{}", complained(&mut complaint))),
        None => Err(format!("`{program}`: not done within {} s", patience.as_secs_f64())),
    }
}

/// A file without a name that holds `input`, to be read from its beginning.
fn filled(input: &[u8]) -> std::io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(input)?;
    file.rewind()?;
    Ok(file)
}

/// How a program ended; `None` when it had to be stopped.
fn wait(child: &mut Child, patience: Duration) -> std::io::Result<Option<std::process::ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= patience {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(GLANCE);
    }
}

/// The beginning of what a program wrote to its standard error, in a line.
fn complained(file: &mut File) -> String {
    let mut bytes = Vec::new();
    // What cannot be read is not worth another complaint.
    let _ = file.rewind().and_then(|()| file.take(COMPLAINT).read_to_end(&mut bytes));
    let text = one_line(String::from_utf8_lossy(&bytes).trim());
    if text.is_empty() { text } else { format!(": {text}") }
}

/// The message as mail (RFC 5322, <https://www.rfc-editor.org/rfc/rfc5322>). Lines end as a mail program of this machine
/// expects them, and it adds date and id.
fn mail(email: &Email, message: &Message<'_>) -> String {
    let subject: String = one_line(&message.text).replace(|c: char| !c.is_ascii(), "?");
    let mut text = format!("From: {}\nTo: {}\nSubject: {subject}\n", email.from, email.to.join(", "));
    text += "Auto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n";
    text += "Content-Transfer-Encoding: 8bit\n\n";
    let before = message.before.map_or("not known", forewarn_drift::gate::Verdict::as_str);
    let facts = [
        format!("The {} gate says {} for {}.", message.gate, message.verdict.as_str(), message.period),
        format!("Before: {before}."),
        format!("Run: {}", message.run),
        format!("Evidence: {}", message.evidence),
    ];
    let reasons = message.reasons.iter().map(|reason| format!("* {reason}"));
    for line in facts.into_iter().chain(reasons) {
        for part in one_line(&line).chars().collect::<Vec<_>>().chunks(MAIL_LINE) {
            // Writing to a String cannot fail. A lone full stop would end the mail.
            let _ = writeln!(
                text,
                "{}{}",
                if *part == ['.'] { " " } else { "" },
                part.iter().collect::<String>()
            );
        }
    }
    text
}

/// Control characters, line breaks among them, as spaces.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
