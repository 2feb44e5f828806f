//! One file from server to disk: ask, resume, receive, check, replace.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::http::header;

use super::client::Client;
use super::exchange::{Answer, Call};
use super::failure::{Failure, shown};
use super::part::{Note, Part, Validators, read_source};
use super::request::{Expect, Fetched, Progress, Request, Source};
use super::verify::{Demand, verify};
use crate::error::{Error, Result};

impl Client {
    /// Fetches `request.url` into `target`, or leaves `target` as it was.
    ///
    /// A copy at hand is replaced only by a whole file that passed every check. When the server says that the
    /// copy is the newest, or the copy has the checksum asked for, nothing is fetched. A broken transfer is
    /// resumed, within this call and by the next, if the server vouches that the file has not changed.
    ///
    /// # Errors
    /// [`Error::Network`] when the server did not deliver within the tries and the time of the settings, with
    /// `temporary` telling whether to try again later; [`Error::Config`] for a checksum that is none;
    /// [`Error::Io`] when the disk refuses or another process is fetching the same file.
    pub fn fetch(
        &mut self,
        request: &Request,
        target: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Fetched> {
        let pinned = request.sha256.as_deref().map(checksum).transpose()?;
        let good = good_copy(target, request)?;
        if let (Some(good), Some(pinned)) = (&good, &pinned)
            && good.sha256 == *pinned
        {
            return Ok(unchanged(target, good, 0));
        }
        // A copy with another checksum than the one asked for is of no use, however new it is.
        let known = good.as_ref().filter(|copy| pinned.is_none() && copy.is_named());
        let job = Job { request, known, pinned: pinned.as_deref(), deadline: self.deadline() };
        let mut part = Part::open(target)?;
        let tried =
            self.retry(job.deadline, progress, |client, progress| client.attempt(&job, &mut part, progress));
        match tried {
            Err(gave_up) => {
                let kept = if self.settings.resume { part.leave(&request.url) } else { part.abandon() };
                Err(gave_up.into_error(&request.url, &at_hand(target, kept)))
            }
            Ok((Outcome::Newest(copy), attempts)) => {
                part.abandon();
                Ok(unchanged(target, copy, attempts))
            }
            Ok((Outcome::Received(finished), attempts)) => {
                self.publish(part, target, Finished { attempts, ..finished })
            }
        }
    }

    /// One try.
    fn attempt<'a>(
        &self,
        job: &Job<'a>,
        part: &mut Part,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome<'a>, Failure> {
        let url = &job.request.url;
        let held = if self.settings.resume { part.held(url)? } else { None };
        let call = Call {
            url,
            token: job.request.token.as_ref(),
            headers: conditions(job.known, held.as_ref()),
            deadline: job.deadline,
        };
        let mut answer = self.call(&call)?;
        let validators = Validators::of(&answer.headers);
        let (start, total) = match (answer.status, held, job.known) {
            (200, ..) => {
                part.restart(&Note { url: url.clone(), validators: validators.clone() })?;
                (0, answer.length())
            }
            (206, Some(held), _) => match resumes(&answer, &validators, &held) {
                Ok(total) => (held.0, total),
                Err(reason) => return Err(start_over(part, &reason)?),
            },
            (304, _, Some(copy)) => return Ok(Outcome::Newest(copy)),
            (416, Some(_), _) => return Err(start_over(part, "the server has no such rest")?),
            _ => return Err(answer.refusal()),
        };
        self.fill(&mut answer, part, total, progress)?;
        let sha256 = match self.examine(job, part, total) {
            Ok(sha256) => sha256,
            Err(failure) => {
                // Never resume what proved bad.
                part.discard()?;
                return Err(failure.unless_resumed(start));
            }
        };
        Ok(Outcome::Received(Finished {
            url: url.clone(),
            version: job.request.version.clone(),
            sha256,
            validators,
            resumed_from: start,
            ..Finished::default()
        }))
    }

    /// Writes the body to the part.
    fn fill(
        &self,
        answer: &mut Answer,
        part: &mut Part,
        total: Option<u64>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Failure> {
        let most = self.settings.maximum_bytes;
        let mut done = part.bytes()?;
        progress(Progress::Bytes { done, total });
        self.receive(answer, &mut |bytes| {
            done += bytes.len() as u64;
            if done > most {
                part.discard()?;
                return Err(Failure::permanent(format!("more than {most} bytes (maximum-bytes)")));
            }
            part.append(bytes)?;
            progress(Progress::Bytes { done, total });
            Ok(())
        })
    }

    /// Length, checksum, content. Gives the checksum.
    fn examine(&self, job: &Job, part: &Part, total: Option<u64>) -> Result<String, Failure> {
        let (request, bytes) = (job.request, part.bytes()?);
        if let Some(total) = total.filter(|&total| total != bytes) {
            return Err(Failure::temporary(format!("{bytes} bytes came, {total} were announced")));
        }
        let sha256 = digest(part.path())?;
        if let Some(pinned) = job.pinned.filter(|&pinned| pinned != sha256) {
            return Err(Failure::permanent(format!(
                "SHA-256 is {sha256}, asked for was {pinned}: the file or the setting has changed"
            )));
        }
        let maximum_bytes = self.settings.maximum_bytes;
        verify(part.path(), &Demand { expect: request.expect, columns: &request.columns, maximum_bytes })
            .map_err(Failure::temporary)?;
        let vouched = total.is_some() || job.pinned.is_some();
        if request.expect == Expect::Csv && !vouched && !ends_a_line(part.path())? {
            return Err(Failure::temporary(
                "the last line has no end and the server announced no length: it may be cut off",
            ));
        }
        Ok(sha256)
    }

    /// Makes the part the target, or drops it when it is the same, and records where it came from.
    pub(crate) fn publish(&self, part: Part, target: &Path, finished: Finished) -> Result<Fetched> {
        let bytes = part.bytes()?;
        let unchanged = target.is_file() && digest(target)? == finished.sha256;
        let source = Source {
            url: shown(&finished.url),
            version: finished.version,
            sha256: finished.sha256.clone(),
            bytes,
            etag: finished.validators.etag,
            last_modified: finished.validators.last_modified,
            retrieved: self.stamp.clone(),
            left_out: finished.left_out,
        };
        if unchanged {
            part.confirm(&source)?;
        } else {
            part.publish(&source)?;
        }
        Ok(Fetched {
            path: target.to_owned(),
            bytes,
            sha256: finished.sha256,
            resumed_from: finished.resumed_from,
            attempts: finished.attempts,
            unchanged,
        })
    }
}

/// What one call of `fetch` is about.
struct Job<'a> {
    request: &'a Request,
    /// The copy at hand, when it is worth asking whether it is the newest.
    known: Option<&'a Source>,
    pinned: Option<&'a str>,
    deadline: Duration,
}

/// What one try came to.
enum Outcome<'a> {
    /// The copy at hand is still the newest.
    Newest(&'a Source),
    /// The part is whole and good.
    Received(Finished),
}

/// A part that passed every check.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    /// Where it came from.
    pub(crate) url: String,
    /// Version of the data.
    pub(crate) version: Option<String>,
    /// Its SHA-256.
    pub(crate) sha256: String,
    /// The server's names for it.
    pub(crate) validators: Validators,
    /// Bytes that were there before.
    pub(crate) resumed_from: u64,
    /// Requests sent.
    pub(crate) attempts: u32,
    /// Fields the server sent that the file has no column for.
    pub(crate) left_out: Vec<String>,
}

impl Failure {
    /// Bytes put together from two transfers may be bad though the server's file is good: worth another try.
    fn unless_resumed(self, start: u64) -> Self {
        match self {
            Self::Remote { reason, status, wait, .. } if start > 0 => {
                Self::Remote { reason, status, temporary: true, wait }
            }
            other => other,
        }
    }
}

/// The source of the copy at hand, with the copy's own checksum: of a copy that something else has written or
/// damaged, nothing but the checksum is known.
fn good_copy(target: &Path, request: &Request) -> Result<Option<Source>> {
    if !target.is_file() {
        return Ok(None);
    }
    let sha256 = digest(target)?;
    let source = read_source(target).filter(|s| s.sha256 == sha256 && s.url == shown(&request.url));
    let bytes = target.metadata().map_err(Error::io(target))?.len();
    Ok(Some(source.unwrap_or_else(|| Source { sha256, bytes, ..Source::default() })))
}

/// «Send it if it has changed; and if the rest of what I hold is still the rest, only that.»
fn conditions(known: Option<&Source>, held: Option<&(u64, Note)>) -> Vec<(header::HeaderName, String)> {
    let mut headers = Vec::new();
    if let Some(etag) = known.and_then(|k| k.etag.clone()) {
        headers.push((header::IF_NONE_MATCH, etag));
    } else if let Some(date) = known.and_then(|k| k.last_modified.clone()) {
        headers.push((header::IF_MODIFIED_SINCE, date));
    }
    if let Some((bytes, note)) = held
        && let Some(strong) = note.validators.strong()
    {
        headers.push((header::RANGE, format!("bytes={bytes}-")));
        headers.push((header::IF_RANGE, strong.to_owned()));
    }
    headers
}

/// Whether a partial answer goes on where the part ends, and the size of the whole; else what does not fit.
fn resumes(answer: &Answer, validators: &Validators, held: &(u64, Note)) -> Result<Option<u64>, String> {
    let (bytes, note) = held;
    let text = answer.header(&header::CONTENT_RANGE).unwrap_or_default();
    let range = text.strip_prefix("bytes ").and_then(|r| r.split_once('/'));
    let first = range.and_then(|(span, _)| span.split_once('-')?.0.trim().parse::<u64>().ok());
    if first != Some(*bytes) {
        return Err(format!("asked for bytes from {bytes}, got {text:?}"));
    }
    if validators.strong().is_some_and(|now| note.validators.strong() != Some(now)) {
        return Err("the file has changed".to_owned());
    }
    Ok(range.and_then(|(_, total)| total.trim().parse().ok()))
}

/// Throws the part away; the next try fetches everything.
fn start_over(part: &mut Part, reason: &str) -> Result<Failure> {
    part.discard()?;
    Ok(Failure::temporary(format!("resuming failed: {reason}")))
}

fn unchanged(target: &Path, copy: &Source, attempts: u32) -> Fetched {
    let (path, sha256) = (target.to_owned(), copy.sha256.clone());
    Fetched { path, bytes: copy.bytes, sha256, resumed_from: 0, attempts, unchanged: true }
}

/// What the caller has in hand after a failure.
pub(crate) fn at_hand(target: &Path, kept: u64) -> String {
    let name = target.display();
    let copy =
        if target.exists() { format!("{name} is as it was") } else { format!("there is no {name} yet") };
    if kept == 0 { copy } else { format!("{copy}; {kept} bytes are kept to resume from") }
}

/// The SHA-256 of a file in hexadecimal digits.
pub(crate) fn digest(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut buffer).map_err(Error::io(path))? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    Ok(hasher.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

/// A checksum as we write it.
fn checksum(text: &str) -> Result<String> {
    let text = text.trim().to_ascii_lowercase();
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(text);
    }
    let reason = format!("{text:?} is no SHA-256: give 64 hexadecimal digits");
    Err(Error::Config { setting: "sha256".to_owned(), reason })
}

fn ends_a_line(path: &Path) -> Result<bool> {
    let mut last = [0];
    let mut file = File::open(path).map_err(Error::io(path))?;
    file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).map_err(Error::io(path))?;
    Ok(last == *b"\n")
}
