//! Why a try failed, and whether another one can help.

use std::time::Duration;

use ureq::Timeout;
use ureq::http::HeaderMap;

use crate::error::Error;

/// Why one try failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server, or what lies between, did not deliver.
    Remote {
        /// What happened, without the address.
        reason: String,
        /// The status of the answer, when there was one.
        status: Option<u16>,
        /// Whether another try can help.
        temporary: bool,
        /// Shortest wait that the server asks for.
        wait: Duration,
    },
    /// Our own fault, such as a full disk: no other try.
    Local(Error),
}

impl Failure {
    /// Another try can help.
    pub(crate) fn temporary(reason: impl Into<String>) -> Self {
        Self::Remote { reason: reason.into(), status: None, temporary: true, wait: Duration::ZERO }
    }

    /// No other try can help.
    pub(crate) fn permanent(reason: impl Into<String>) -> Self {
        Self::Remote { reason: reason.into(), status: None, temporary: false, wait: Duration::ZERO }
    }

    /// The same, for a server that has just answered requests of the same form: a status 400 («bad request») is
    /// then UCDP's way to say «too many requests this minute», and worth another try.
    pub(crate) fn throttled(self) -> Self {
        const HALF_A_MINUTE: Duration = Duration::from_secs(30);
        match self {
            Self::Remote { reason, status: Some(400), wait, .. } => Self::Remote {
                reason: format!("{reason}: probably too many requests"),
                status: Some(400),
                temporary: true,
                wait: wait.max(HALF_A_MINUTE),
            },
            other => other,
        }
    }

    /// What an unwelcome status means.
    pub(super) fn of_status(status: u16, headers: &HeaderMap) -> Self {
        let temporary = matches!(status, 408 | 425 | 429) || status >= 500;
        let hint = match status {
            401 | 403 => ": the server wants a valid token; set FOREWARN_UCDP_TOKEN",
            404 | 410 => ": nothing there; check the address and the version",
            429 => ": too many requests",
            500.. => ": the server is in trouble",
            _ => "",
        };
        // The form with a date is rare and needs a wall clock; the ordinary back-off covers it.
        let seconds = headers.get("retry-after").and_then(|v| v.to_str().ok()?.trim().parse().ok());
        let wait = seconds.map_or(Duration::ZERO, Duration::from_secs);
        Self::Remote { reason: format!("status {status}{hint}"), status: Some(status), temporary, wait }
    }

    /// What an error of the HTTP library means; `context` says what we were doing.
    pub(super) fn of_http(error: &ureq::Error, context: &str) -> Self {
        let reason = match error {
            ureq::Error::Timeout(Timeout::Global | Timeout::PerCall) => {
                "the time allowed (total-seconds) is over".to_owned()
            }
            ureq::Error::Timeout(Timeout::Resolve) => "the host name was not resolved in time".to_owned(),
            ureq::Error::Timeout(Timeout::Connect) => "no connection in time (connect-seconds)".to_owned(),
            ureq::Error::Timeout(Timeout::RecvResponse) => "no answer in time (response-seconds)".to_owned(),
            ureq::Error::Timeout(Timeout::PerRead) => {
                "the server sent nothing more (stall-seconds)".to_owned()
            }
            ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                "the server closed the connection early".to_owned()
            }
            ureq::Error::HostNotFound => "host not found; check the address and the network".to_owned(),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
                return Self::permanent(format!("{context}: not a usable address ({error})"));
            }
            other => other.to_string(),
        };
        Self::temporary(format!("{context}: {reason}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Local(error)
    }
}

/// An address as it may be shown: without user, password and fragment.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_secrets() {
        assert_eq!(shown("https://me:secret@example.org/a?b=c#d"), "https://example.org/a?b=c");
        assert_eq!(shown("https://me:p@ss@example.org"), "https://example.org");
        assert_eq!(shown("https://example.org?mail=me@x"), "https://example.org?mail=me@x");
    }

    #[test]
    fn statuses_say_whether_to_try_again() {
        let headers = HeaderMap::new();
        for (status, expected) in
            [(400, false), (401, false), (404, false), (408, true), (425, true), (429, true)]
        {
            let Failure::Remote { temporary, .. } = Failure::of_status(status, &headers) else { panic!() };
            assert_eq!(temporary, expected, "{status}");
        }
        let Failure::Remote { temporary, .. } = Failure::of_status(503, &headers) else { panic!() };
        assert!(temporary);
    }

    #[test]
    fn the_wait_a_server_asks_for_is_read_in_seconds() {
        for (text, seconds) in [("7", 7), (" 3 ", 3), ("-1", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)] {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", text.parse().unwrap());
            let Failure::Remote { wait, .. } = Failure::of_status(503, &headers) else { panic!() };
            assert_eq!(wait, Duration::from_secs(seconds), "{text}");
        }
    }
}
