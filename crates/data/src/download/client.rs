//! The client: patience, tries, waits.

use std::time::{Duration, Instant};

use ureq::Agent;

use super::backoff::backoff;
use super::failure::{Failure, shown};
use super::request::Progress;
use super::settings::{Limits, Settings};
use crate::error::{Error, Result};

/// What a client measures its patience with; tests bring their own, which does not sleep.
pub trait Clock: Send {
    /// Time since some fixed moment. Never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits.
    fn sleep(&mut self, time: Duration);
}

/// The machine's steady clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&mut self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Fetches files; see [`Client::fetch`].
pub struct Client {
    pub(super) settings: Settings,
    pub(super) limits: Limits,
    pub(super) agent: Agent,
    pub(super) clock: Box<dyn Clock>,
    pub(super) stamp: Option<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Client {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`Error::Config`] for a time that is none, no tries, or an unusable proxy.
    pub fn new(settings: Settings) -> Result<Self> {
        let limits = settings.limits()?;
        let proxy =
            settings.proxy.as_deref().map(ureq::Proxy::new).transpose().map_err(|e| Error::Config {
                setting: "download.proxy".to_owned(),
                reason: format!("{e}: give an address such as http://proxy.example.org:3128"),
            })?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // Redirects are followed by hand: the library would carry our token to other hosts.
            .max_redirects(0)
            .proxy(proxy)
            .user_agent(settings.user_agent.as_str())
            // Ranges and checksums are about the file itself, not about a compressed form of it.
            .accept_encoding("identity")
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_send_request(Some(limits.response))
            .timeout_recv_response(Some(limits.response))
            .build()
            .new_agent();
        Ok(Self { settings, limits, agent, clock: Box::new(SystemClock::default()), stamp: None })
    }

    /// The same client with another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// The same client; what it fetches is recorded as retrieved at `stamp`, such as `2025-11-21T05:50:00Z`.
    #[must_use]
    pub fn with_stamp(self, stamp: impl Into<String>) -> Self {
        Self { stamp: Some(stamp.into()), ..self }
    }

    /// The moment at which a fetch that starts now gives up.
    pub(crate) fn deadline(&self) -> Duration {
        self.clock.elapsed() + self.limits.total
    }

    /// Waits, out of courtesy to the server.
    pub(crate) fn pause(&mut self, time: Duration) {
        self.clock.sleep(time);
    }

    /// Tries until it works, no try can help, the tries are used up, or the time is over.
    ///
    /// Gives the result and the number of tries it took.
    pub(crate) fn retry<T>(
        &mut self,
        deadline: Duration,
        progress: &mut dyn FnMut(Progress),
        mut once: impl FnMut(&Self, &mut dyn FnMut(Progress)) -> Result<T, Failure>,
    ) -> Result<(T, u32), GaveUp> {
        let (limits, attempts) = (self.limits, self.settings.attempts);
        let mut attempt = 1;
        loop {
            let failure = match once(self, progress) {
                Ok(done) => return Ok((done, attempt)),
                Err(failure) => failure,
            };
            let spent = (self.clock.elapsed() + limits.total).saturating_sub(deadline);
            let Failure::Remote { ref reason, temporary: true, wait: asked, .. } = failure else {
                return Err(GaveUp { failure, attempt, spent, asked: None });
            };
            let chosen = backoff(limits.backoff_first, limits.backoff_max, attempt, self.settings.seed);
            let wait = asked.max(chosen);
            let late = spent.saturating_add(wait) >= limits.total;
            if attempt >= attempts || late {
                return Err(GaveUp { failure, attempt, spent, asked: late.then_some(wait) });
            }
            progress(Progress::Retry { attempt, attempts, wait, reason: reason.clone() });
            self.clock.sleep(wait);
            attempt += 1;
        }
    }
}

/// The last failure, and what it took to get there.
#[derive(Debug)]
pub(crate) struct GaveUp {
    failure: Failure,
    attempt: u32,
    spent: Duration,
    /// The wait before the next try, when there was no time left for it.
    asked: Option<Duration>,
}

impl GaveUp {
    /// The error to hand to the caller; `rest` says what is at hand now.
    pub(crate) fn into_error(self, url: &str, rest: &str) -> Error {
        let (reason, temporary) = match self.failure {
            Failure::Local(error) => return error,
            Failure::Remote { reason, temporary, .. } => (reason, temporary),
        };
        let tries = if self.attempt == 1 { "1 try".to_owned() } else { format!("{} tries", self.attempt) };
        let spent = self.spent.as_secs_f64();
        let late = self
            .asked
            .map_or(String::new(), |wait| format!(", no time left for the next one in {} s", wait.as_secs()));
        let cure = if temporary { "; try again later" } else { "" };
        let reason = format!("{reason} ({tries} in {spent:.1} s{late}); {rest}{cure}");
        Error::Network { url: shown(url), reason, temporary }
    }
}
