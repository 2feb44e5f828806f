//! Requests to the server: tries, waits, what its answers mean.

use std::fs::File;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::http::{HeaderValue, Response, Uri, header};
use ureq::{Agent, Body};

use super::Patience;
use crate::{Error, Result};

const API: &str = "/api/2.0/mlflow";
const ARTIFACTS: &str = "/api/2.0/mlflow-artifacts/artifacts";
/// Longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(30);
/// Variables that hold a secret.
const SECRETS: [&str; 2] = ["MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD"];
/// How much of a server's message is told.
const MESSAGE: usize = 300;

/// What speaks to one server.
pub(super) struct Client {
    agent: Agent,
    address: String,
    authorization: Option<HeaderValue>,
    /// What no message may hold, in case that the server repeats it.
    secrets: Vec<String>,
    patience: Patience,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(address: &str, environment: &[(String, String)], patience: Patience) -> Result<Self> {
        let address = address.trim_end_matches('/').to_owned();
        let uri = usable(&address)?;
        let authorization = authorization(environment)?;
        let secrets =
            SECRETS.iter().filter_map(|name| variable(environment, name)).map(str::to_owned).collect();
        if authorization.is_some() && uri.scheme_str() != Some("https") && !is_loopback(&uri) {
            return Err(Error::wrong(
                "address of the MLflow server",
                "a token or password must not travel in the clear: use https",
            ));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect could carry the token to another host.
            .max_redirects(0)
            .timeout_global(Some(patience.timeout))
            .user_agent("forewarn")
            .build()
            .new_agent();
        Ok(Self { agent, address, authorization, secrets, patience })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Asks for what may not be there: `None` then.
    pub(super) fn find(&self, endpoint: &str, query: &[(&str, &str)]) -> Result<Option<Value>> {
        let mut request = self.agent.get(format!("{}{API}/{endpoint}", self.address));
        if let Some(value) = &self.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        for (key, value) in query {
            request = request.query(key, value);
        }
        let answer = request.call().map_err(|e| self.unreachable(endpoint, &e))?;
        match self.understood(endpoint, answer) {
            Ok(found) => Ok(Some(found)),
            Err((_, code)) if code.as_deref() == Some("RESOURCE_DOES_NOT_EXIST") => Ok(None),
            Err((error, _)) => Err(error),
        }
    }

    /// Tells something, once.
    pub(super) fn post_once(&self, endpoint: &str, body: &Value) -> Result<Value> {
        let mut request = self.agent.post(format!("{}{API}/{endpoint}", self.address));
        if let Some(value) = &self.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = request.send(body.to_string()).map_err(|e| self.unreachable(endpoint, &e))?;
        self.understood(endpoint, answer).map_err(|(error, _)| error)
    }

    /// Tells something, as often as allowed; for what may be told twice.
    pub(super) fn post(&self, endpoint: &str, body: &Value) -> Result<Value> {
        self.patiently(|| self.post_once(endpoint, body))
    }

    /// What is there, or is made then. Each try looks first, so that what was made although the answer got lost is not made
    /// twice.
    pub(super) fn find_or_make<T>(
        &self,
        find: impl Fn() -> Result<Option<T>>,
        make: impl Fn() -> Result<T>,
    ) -> Result<T> {
        self.patiently(|| match find()? {
            Some(found) => Ok(found),
            None => make(),
        })
    }

    /// Writes an artifact.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.patiently(|| {
            let answer = self.put_request(path).send(bytes).map_err(|e| self.unreachable(path, &e))?;
            self.understood(path, answer).map(drop).map_err(|(error, _)| error)
        })
    }

    /// Writes a file as an artifact; it is read as it is sent.
    pub(super) fn put_file(&self, path: &str, file: &Path) -> Result<()> {
        self.patiently(|| {
            let opened = File::open(file).map_err(Error::io(file))?;
            let length = opened.metadata().map_err(Error::io(file))?.len();
            let request = self.put_request(path).header(header::CONTENT_LENGTH, length);
            let answer = request.send(&opened).map_err(|e| self.unreachable(path, &e))?;
            self.understood(path, answer).map(drop).map_err(|(error, _)| error)
        })
    }

    fn put_request(&self, path: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        let request = self.agent.put(format!("{}{ARTIFACTS}/{path}", self.address));
        match &self.authorization {
            Some(value) => request.header(header::AUTHORIZATION, value),
            None => request,
        }
    }

    /// Tries until it works, no try can help, or the tries are used up.
    fn patiently<T>(&self, mut once: impl FnMut() -> Result<T>) -> Result<T> {
        let mut attempt = 1;
        loop {
            match once() {
                Err(Error::Server { temporary: true, .. }) if attempt < self.patience.attempts => {
                    let wait = self.patience.wait.saturating_mul(1 << (attempt - 1).min(16));
                    std::thread::sleep(wait.min(LONGEST));
                    attempt += 1;
                }
                Err(Error::Server { address, reason, temporary: true }) => {
                    let reason = format!("{reason} ({attempt} tries); try again later");
                    return Err(Error::Server { address, reason, temporary: true });
                }
                other => return other,
            }
        }
    }

    /// What an answer holds, or what it means, with the server's code of an error.
    fn understood(&self, endpoint: &str, answer: Response<Body>) -> Result<Value, (Error, Option<String>)> {
        let status = answer.status().as_u16();
        let body = answer.into_body().read_to_string().map_err(|e| (self.unreachable(endpoint, &e), None))?;
        let parsed: Option<Value> = serde_json::from_str(&body).ok();
        if (200..300).contains(&status) {
            // An artifact that was taken is answered with nothing.
            if body.is_empty() {
                return Ok(Value::Null);
            }
            return parsed.ok_or_else(|| (self.strange(endpoint), None));
        }
        let field = |name: &str| Some(parsed.as_ref()?[name].as_str()?.to_owned());
        let code = field("error_code");
        let hint = match status {
            401 | 403 => {
                ": set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            }
            300..=399 => ": it sends us elsewhere; give its own address",
            500.. => ": the server is in trouble",
            _ => "",
        };
        let said: String = field("message").unwrap_or_default().chars().take(MESSAGE).collect();
        let said = self.secrets.iter().fold(said, |said, secret| said.replace(secret.as_str(), "***"));
        let said =
            [code.clone().unwrap_or_default(), said].map(|s| if s.is_empty() { s } else { format!(", {s}") });
        let reason = format!("status {status}{}{}{hint}", said[0], said[1]);
        let temporary = matches!(status, 408 | 425 | 429) || status >= 500;
        Err((self.failure(endpoint, reason, temporary), code))
    }

    /// An answer that is not what the endpoint gives.
    pub(super) fn strange(&self, endpoint: &str) -> Error {
        self.failure(
            endpoint,
            "its answer is not that of an MLflow server; check the address".to_owned(),
            false,
        )
    }

    fn unreachable(&self, endpoint: &str, error: &ureq::Error) -> Error {
        let reason = match error {
            ureq::Error::Timeout(_) => format!("no answer within {} s", self.patience.timeout.as_secs_f64()),
            ureq::Error::HostNotFound => "host not found; check the address".to_owned(),
            other => format!("not reached: {other}"),
        };
        self.failure(endpoint, reason, true)
    }

    fn failure(&self, endpoint: &str, reason: String, temporary: bool) -> Error {
        Error::Server { address: format!("{} ({endpoint})", self.address), reason, temporary }
    }
}

/// The value of a variable, when it has one.
fn variable<'e>(environment: &'e [(String, String)], name: &str) -> Option<&'e str> {
    environment.iter().find(|(n, value)| n == name && !value.is_empty()).map(|(_, value)| value.trim())
}

/// The header that says who we are, marked so that it is not shown.
fn authorization(environment: &[(String, String)]) -> Result<Option<HeaderValue>> {
    let value = |name: &str| variable(environment, name);
    let text = match (value("MLFLOW_TRACKING_TOKEN"), value("MLFLOW_TRACKING_USERNAME")) {
        (Some(token), _) => format!("Bearer {token}"),
        (None, Some(user)) => {
            let password = value("MLFLOW_TRACKING_PASSWORD").unwrap_or_default();
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        }
        (None, None) => return Ok(None),
    };
    let mut header = HeaderValue::from_str(&text).map_err(|_| {
        Error::wrong(
            "MLFLOW_TRACKING_TOKEN",
            "it holds characters that no HTTP header can carry: copy it again",
        )
    })?;
    header.set_sensitive(true);
    Ok(Some(header))
}

/// An address that can be used; what is wrong with it is told without it, because it may hold a password.
fn usable(address: &str) -> Result<Uri> {
    let wrong = |reason: &str| Error::wrong("address of the MLflow server", reason);
    let uri: Uri = address.parse().map_err(|_| wrong("it is none; expected https://HOST"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong(
            "it must not hold user and password: use MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        ));
    }
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    if !known || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
        return Err(wrong("expected https://HOST, or http://HOST for a server inside the house"));
    }
    Ok(uri)
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}
