//! The HTTP client that S3 is spoken to with: ureq, which the downloads use too.
//!
//! `object_store` can be given any client. With this one there is one TLS stack in the program, and no thread that
//! waits for sockets: a request blocks the thread that made it, which has nothing else to do.

use std::io::ErrorKind;
use std::pin::Pin;
use std::time::Duration;

use http_body_util::BodyExt as _;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};

use ureq::http::Request;
use ureq::http::request::Parts;
use ureq::{Agent, Timeout};

/// Time limits: of a connection, of the first byte of an answer, of a body in either direction.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
const BODY: Duration = Duration::from_mins(5);

/// Makes the client.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let config = Agent::config_builder()
            // An answer that is no success is an answer: what follows from it is decided by who asked.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_send_body(Some(BODY))
            .timeout_recv_response(Some(ANSWER))
            .timeout_recv_body(Some(BODY))
            .build();
        Ok(HttpClient::new(Client(Agent::new_with_config(config))))
    }
}

#[derive(Debug)]
struct Client(Agent);

type Answer<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

impl HttpService for Client {
    fn call<'client, 'answer>(&'client self, request: HttpRequest) -> Answer<'answer>
    where
        'client: 'answer,
        Self: 'answer,
    {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            self.send(head, &body).map_err(failure)
        })
    }
}

impl Client {
    fn send(&self, head: Parts, body: &[u8]) -> Result<HttpResponse, ureq::Error> {
        let response = if body.is_empty() && head.method.is_safe() {
            self.0.run(Request::from_parts(head, ()))?
        } else {
            self.0.run(Request::from_parts(head, body))?
        };
        let (head, mut body) = response.into_parts();
        let bytes = body.with_config().limit(u64::MAX).read_to_vec()?;
        Ok(HttpResponse::from_parts(head, bytes.into()))
    }
}

/// What failed, and so whether it may be tried again.
fn failure(error: ureq::Error) -> HttpError {
    let kind = match &error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => HttpErrorKind::Connect,
        ureq::Error::Io(e) if e.kind() == ErrorKind::ConnectionRefused => HttpErrorKind::Connect,
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::Io(_) | ureq::Error::BodyStalled => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}
