//! The paged API: all pages of one state of the data, or nothing.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;

use super::Ucdp;
use super::rows::{COLUMNS, Event, RowError, id, write};
use crate::download::{
    Call, Client, Failure, Fetched, Finished, Part, Progress, Token, at_hand, digest, shown,
};
use crate::error::{Error, Result};

/// Largest page accepted, in bytes; 1,000 events are about 2 MB.
const PAGE_BYTES: usize = 256 << 20;

/// What to ask.
pub(super) struct Api<'a> {
    pub(super) ucdp: &'a Ucdp,
    /// Address without page.
    pub(super) url: String,
    pub(super) token: Option<Token>,
}

/// One page as the API gives it. Its `NextPageUrl` is not used: we count pages ourselves, so that no answer can
/// send our token elsewhere.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    total_count: u64,
    total_pages: u64,
    result: Vec<Event>,
}

/// Puts all pages together into `target`.
pub(super) fn fetch(
    api: &Api,
    client: &mut Client,
    target: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fetched> {
    let mut part = Part::open(target)?;
    let collected = collect(api, client, &mut part, progress);
    let finished = collected.and_then(|(attempts, left_out)| {
        part.file().sync_all().map_err(Error::io(part.path()))?;
        let (sha256, version) = (digest(part.path())?, Some(api.ucdp.version.clone()));
        let left_out = left_out.into_iter().collect();
        Ok(Finished { url: api.url.clone(), version, sha256, attempts, left_out, ..Finished::default() })
    });
    match finished {
        Ok(finished) => client.publish(part, target, finished),
        Err(error) => {
            // Pages of two moments do not fit together, so there is nothing to resume from.
            part.abandon();
            Err(error)
        }
    }
}

/// Pass after pass, until one sees the same data from the first page to the last.
fn collect(
    api: &Api,
    client: &mut Client,
    part: &mut Part,
    progress: &mut dyn FnMut(Progress),
) -> Result<(u32, BTreeSet<String>)> {
    let (deadline, passes) = (client.deadline(), api.ucdp.passes);
    let (mut attempts, mut pass) = (0, 1);
    loop {
        part.discard()?;
        let mut walk = Walk { api, deadline, attempts, left_out: BTreeSet::new() };
        let tried = walk.pass(client, part, progress);
        attempts = walk.attempts;
        match tried {
            Ok(()) => return Ok((attempts, walk.left_out)),
            Err(Trouble::Final(error)) => return Err(error),
            Err(Trouble::Shifted(reason)) if pass == passes => {
                return Err(Error::Network {
                    url: shown(&api.url),
                    reason: format!(
                        "the pages do not fit together: {reason} ({passes} passes); {}; try again later",
                        at_hand(part.target(), 0)
                    ),
                    temporary: true,
                });
            }
            Err(Trouble::Shifted(reason)) => {
                let wait = Duration::from_millis(api.ucdp.page_pause_ms.into());
                progress(Progress::Retry { attempt: pass, attempts: passes, wait, reason });
                client.pause(wait);
                pass += 1;
            }
        }
    }
}

/// Why a pass came to nothing.
enum Trouble {
    /// The data changed meanwhile, or a page is missing: begin again.
    Shifted(String),
    /// Begin no more.
    Final(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// One pass over all pages.
struct Walk<'a> {
    api: &'a Api<'a>,
    deadline: Duration,
    attempts: u32,
    left_out: BTreeSet<String>,
}

impl Walk<'_> {
    fn pass(
        &mut self,
        client: &mut Client,
        part: &Part,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Trouble> {
        let disk = |e: std::io::Error| Trouble::Final(Error::io(part.path())(e));
        // The encoder writes no time stamp, so the same events are the same bytes.
        let encoder = GzEncoder::new(BufWriter::new(part.file()), Compression::default());
        let mut csv = csv::Writer::from_writer(encoder);
        csv.write_record(COLUMNS).map_err(|e| disk(e.into()))?;
        let mut seen = Seen::default();
        loop {
            let page = self.page(client, part, &seen, progress)?;
            seen.check(&page).map_err(Trouble::Shifted)?;
            self.write(&mut csv, &page.result, &mut seen, part)?;
            progress(Progress::Pages { done: seen.pages, total: page.total_pages });
            if seen.pages == page.total_pages {
                break;
            }
            client.pause(Duration::from_millis(self.api.ucdp.page_pause_ms.into()));
        }
        seen.check_sum().map_err(Trouble::Shifted)?;
        let encoder = csv.into_inner().map_err(|e| disk(e.into_error()))?;
        let writer = encoder.finish().map_err(disk)?;
        writer.into_inner().map_err(|e| disk(e.into_error()))?;
        Ok(())
    }

    /// The next page, tried as often as the client's patience allows.
    fn page(
        &mut self,
        client: &mut Client,
        part: &Part,
        seen: &Seen,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Page, Error> {
        let (api, deadline) = (self.api, self.deadline);
        let joint = if api.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{joint}pagesize={}&page={}", api.url, api.ucdp.page_size, seen.pages);
        let tried = client.retry(deadline, progress, |client, _| {
            ask(client, &url, api.token.as_ref(), deadline)
                .map_err(|failure| if seen.pages > 0 { failure.throttled() } else { failure })
        });
        let (page, attempts) =
            tried.map_err(|gave_up| gave_up.into_error(&url, &at_hand(part.target(), 0)))?;
        self.attempts += attempts;
        Ok(page)
    }

    fn write(
        &mut self,
        csv: &mut csv::Writer<GzEncoder<BufWriter<&File>>>,
        events: &[Event],
        seen: &mut Seen,
        part: &Part,
    ) -> Result<(), Trouble> {
        for event in events {
            let row = id(event).map_err(RowError::Data).and_then(|id| {
                if !seen.ids.insert(id) {
                    return Ok(Some(id));
                }
                write(csv, event, &mut self.left_out).map(|()| None)
            });
            match row {
                Ok(None) => {}
                Ok(Some(id)) => return Err(Trouble::Shifted(format!("event {id} came twice"))),
                Err(RowError::Disk(e)) => return Err(Trouble::Final(Error::io(part.path())(e))),
                Err(RowError::Data(reason)) => {
                    let reason = format!("{reason}; {}", at_hand(part.target(), 0));
                    return Err(Trouble::Final(Error::Network {
                        url: shown(&self.api.url),
                        reason,
                        temporary: false,
                    }));
                }
            }
        }
        seen.pages += 1;
        Ok(())
    }
}

/// What a pass has seen so far.
#[derive(Debug, Default)]
struct Seen {
    pages: u64,
    ids: HashSet<i64>,
    /// Events and pages in all, as the first page says.
    totals: Option<(u64, u64)>,
}

impl Seen {
    /// Every page must tell of the same data as the first, and hold something.
    fn check(&mut self, page: &Page) -> Result<(), String> {
        let now = (page.total_count, page.total_pages);
        let first = *self.totals.get_or_insert(now);
        if first != now {
            return Err(format!(
                "page {} speaks of {} events on {} pages, the first of {} on {}",
                self.pages, now.0, now.1, first.0, first.1
            ));
        }
        if page.total_count == 0 || page.total_pages == 0 {
            return Err("no events at all (TotalCount 0): check the version".to_owned());
        }
        if page.result.is_empty() {
            return Err(format!("page {} of {} is empty", self.pages, page.total_pages));
        }
        Ok(())
    }

    fn check_sum(&self) -> Result<(), String> {
        let (expected, found) = (self.totals.map_or(0, |(count, _)| count), self.ids.len() as u64);
        if expected == found {
            return Ok(());
        }
        Err(format!("the {} pages hold {found} events, TotalCount is {expected}", self.pages))
    }
}

/// One request for one page.
fn ask(client: &Client, url: &str, token: Option<&Token>, deadline: Duration) -> Result<Page, Failure> {
    let mut answer = client.call(&Call { url, token, headers: Vec::new(), deadline })?;
    answer.expect_ok()?;
    let mut text = Vec::new();
    client.receive(&mut answer, &mut |bytes| {
        text.extend_from_slice(bytes);
        if text.len() <= PAGE_BYTES {
            Ok(())
        } else {
            Err(Failure::permanent(format!("a page of more than {PAGE_BYTES} bytes")))
        }
    })?;
    serde_json::from_slice(&text).map_err(|e| {
        let start = String::from_utf8_lossy(&text[..text.len().min(40)]);
        Failure::temporary(format!("not a page of events: {e}; it begins {start:?}"))
    })
}
