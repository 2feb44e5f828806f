//! One request and its answer: redirects, statuses, pace.

use std::io::{ErrorKind, Read};
use std::net::IpAddr;
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, Uri, header};

use super::client::Client;
use super::failure::{Failure, shown};
use super::request::Token;

/// Most redirects followed.
const REDIRECTS: usize = 5;
/// Size of one read.
const CHUNK: usize = 64 << 10;

/// What to ask.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Where.
    pub(crate) url: &'a str,
    /// What to show to the host of `url`.
    pub(crate) token: Option<&'a Token>,
    /// More headers.
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// When to give up, by the client's clock.
    pub(crate) deadline: Duration,
}

/// What came back; the body is still on the wire.
pub(crate) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    body: ureq::BodyReader<'static>,
}

impl Answer {
    /// Fails unless the status is 200.
    pub(crate) fn expect_ok(&self) -> Result<(), Failure> {
        if self.status == 200 { Ok(()) } else { Err(self.refusal()) }
    }

    /// What the status means when it is not one that we can use.
    pub(super) fn refusal(&self) -> Failure {
        Failure::of_status(self.status, &self.headers)
    }

    /// A header as text, when it is there and is text.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Length of the body, when the server says so.
    pub(super) fn length(&self) -> Option<u64> {
        self.header(&header::CONTENT_LENGTH)?.trim().parse().ok()
    }
}

impl Client {
    /// Asks, and follows redirects. The token goes to the first host only.
    pub(crate) fn call(&self, call: &Call) -> Result<Answer, Failure> {
        let first = parse(call.url)?;
        if call.token.is_some() && first.scheme_str() != Some("https") && !is_loopback(&first) {
            return Err(Failure::permanent("a token must not travel in the clear: use https"));
        }
        let mut url = first.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.exchange(call, &url, same_origin(&first, &url))?;
            match redirect(&url, &answer)? {
                None => return Ok(answer),
                Some(next) => url = next,
            }
        }
        Err(Failure::permanent(format!("more than {REDIRECTS} redirects")))
    }

    fn exchange(&self, call: &Call, url: &Uri, trusted: bool) -> Result<Answer, Failure> {
        let left = call.deadline.saturating_sub(self.clock.elapsed());
        if left.is_zero() {
            return Err(Failure::temporary("the time allowed (total-seconds) is over"));
        }
        let mut request = self.agent.get(url.clone());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(token) = call.token.filter(|_| trusted) {
            request = request.header(&token.header, &token.value);
        }
        let stall = self.limits.stall;
        let request = request.config().timeout_global(Some(left)).timeout_per_read(Some(stall)).build();
        let response = request.call().map_err(|e| Failure::of_http(&e, "asking"))?;
        let (parts, body) = response.into_parts();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body: body.into_reader() })
    }

    /// Hands the body to `sink` as it comes.
    ///
    /// # Errors
    /// A body that ends early, stalls, comes too slowly or runs past the deadline of its call; what `sink`
    /// refuses.
    pub(crate) fn receive(
        &self,
        answer: &mut Answer,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut buffer = vec![0; CHUNK];
        let (mut since, mut received, mut marked) = (self.clock.elapsed(), 0_u64, 0_u64);
        loop {
            let read = match answer.body.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(Failure::of_http(&e.into(), &format!("after {received} bytes"))),
            };
            sink(&buffer[..read])?;
            received += read as u64;
            let now = self.clock.elapsed();
            let window = now.saturating_sub(since);
            if window >= self.limits.stall {
                self.check_pace(received - marked, window)?;
                (since, marked) = (now, received);
            }
        }
    }

    /// A byte now and then keeps a connection alive, but is no download.
    fn check_pace(&self, bytes: u64, window: Duration) -> Result<(), Failure> {
        let (pace, least) = (bytes as f64 / window.as_secs_f64(), self.settings.minimum_bytes_per_second);
        if pace >= least as f64 {
            return Ok(());
        }
        Err(Failure::temporary(format!(
            "too slow: {pace:.0} bytes a second over {:.1} s, minimum-bytes-per-second is {least}",
            window.as_secs_f64()
        )))
    }
}

/// The address, when it is one that we can use.
pub(super) fn parse(url: &str) -> Result<Uri, Failure> {
    let uri: Uri = url.parse().map_err(|e| Failure::permanent(format!("not a usable address: {e}")))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return Err(Failure::permanent("not a usable address: expected https://HOST/PATH"));
    }
    if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
        return Err(Failure::permanent("an address must not hold user and password: use a token"));
    }
    Ok(uri)
}

/// Where the answer sends us.
fn redirect(from: &Uri, answer: &Answer) -> Result<Option<Uri>, Failure> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.header(&header::LOCATION) else {
        return Err(Failure::permanent(format!("status {} without a place to go to", answer.status)));
    };
    let absolute = resolve(from, location);
    // Its query may be a secret of its own (signed addresses), so it is not shown.
    let place = shown(absolute.split('?').next().unwrap_or_default());
    let to = parse(&absolute).map_err(|_| Failure::permanent(format!("sent on to {place}: not usable")))?;
    if from.scheme_str() == Some("https") && to.scheme_str() != Some("https") {
        return Err(Failure::permanent(format!("sent on from https to {place}: refused")));
    }
    Ok(Some(to))
}

/// `location` as seen from `base`: absolute, or relative to scheme, host or folder.
fn resolve(base: &Uri, location: &str) -> String {
    let scheme = base.scheme_str().unwrap_or("https");
    let host = base.authority().map_or("", |a| a.as_str());
    if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{host}{location}")
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{host}{folder}/{location}")
    }
}

fn same_origin(a: &Uri, b: &Uri) -> bool {
    let port = |u: &Uri| u.port_u16().unwrap_or(if u.scheme_str() == Some("https") { 443 } else { 80 });
    let host = |u: &Uri| u.host().unwrap_or_default().to_ascii_lowercase();
    a.scheme() == b.scheme() && host(a) == host(b) && port(a) == port(b)
}

fn is_loopback(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn places_to_go_to_are_resolved() {
        let base = uri("https://a.org:8443/x/y.zip?q=1");
        for (location, expected) in [
            ("https://b.org/z", "https://b.org/z"),
            ("//b.org/z", "https://b.org/z"),
            ("/z", "https://a.org:8443/z"),
            ("z.zip", "https://a.org:8443/x/z.zip"),
        ] {
            assert_eq!(resolve(&base, location), expected);
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(same_origin(&uri("https://A.org/x"), &uri("https://a.org:443/y")));
        assert!(!same_origin(&uri("https://a.org/x"), &uri("http://a.org/x")));
        assert!(!same_origin(&uri("https://a.org/x"), &uri("https://a.org:444/x")));
        assert!(!same_origin(&uri("https://a.org/x"), &uri("https://a.org.evil.net/x")));
    }

    #[test]
    fn redirects_never_leave_https() {
        let to = |location: &str| {
            let headers = [(header::LOCATION, location.parse().unwrap())].into_iter().collect();
            let body = ureq::Body::builder().data("").into_reader();
            redirect(&uri("https://a.org/x"), &Answer { status: 302, headers, body })
        };
        assert_eq!(to("https://b.org/y").unwrap().unwrap(), "https://b.org/y");
        for (location, place) in
            [("http://b.org/y?sig=s3cret", "http://b.org/y"), ("file:///etc/passwd", "file:")]
        {
            let Err(Failure::Remote { reason, temporary: false, .. }) = to(location) else { panic!() };
            assert!(reason.contains(place) && !reason.contains("s3cret"), "{reason}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(is_loopback(&uri("http://127.0.0.1:1/")) && is_loopback(&uri("http://[::1]/")));
        assert!(is_loopback(&uri("http://localhost/")));
        assert!(!is_loopback(&uri("http://127.0.0.1.evil.net/")));
    }

    #[test]
    fn addresses_we_cannot_use_are_refused() {
        for bad in ["", "x", "ftp://a.org/x", "https://", "/x", "https://me:secret@a.org/x"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
