//! Spans for a collector of OpenTelemetry: OTLP over HTTP, as JSON.
//!
//! One request a trace, when all of it is over: a run is a span, and its steps are spans below it.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use ureq::Agent;
use ureq::http::{HeaderName, HeaderValue};

use crate::{Error, Result};

/// Time that a collector may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of its answer is told.
const MESSAGE: usize = 200;

/// Where spans go, as the variables of OpenTelemetry tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Collector {
    /// Address that spans are posted to.
    pub address: String,
    /// Headers, which may be secret.
    headers: Vec<(String, String)>,
    /// Name of the service.
    pub service: String,
    /// Trace and span that the spans are below.
    parent: Option<(String, String)>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Something that took time.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Such as `train quiet_river`.
    pub name: String,
    /// When it began: seconds after 1970 in UTC.
    pub began: f64,
    /// Seconds that it took.
    pub seconds: f64,
    /// What else is known of it: text, number or truth value.
    pub attributes: Vec<(String, Value)>,
    /// Why it failed.
    pub failure: Option<String>,
}

impl Collector {
    /// The collector that `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names, or `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces` after
    /// it; `None` where neither is set. Headers are in `OTEL_EXPORTER_OTLP_HEADERS` (`key=value,...`), the name is
    /// `OTEL_SERVICE_NAME` or `forewarn`, and `TRACEPARENT` tells what the spans are below (W3C Trace Context).
    ///
    /// # Errors
    /// [`Error::Wrong`] for headers that are none.
    pub fn of(environment: &[(String, String)]) -> Result<Option<Self>> {
        let find = |wanted: &str| {
            environment
                .iter()
                .find(|(name, value)| name == wanted && !value.is_empty())
                .map(|(_, v)| v.as_str())
        };
        let whole = find("OTEL_EXPORTER_OTLP_ENDPOINT")
            .map(|base| format!("{}/v1/traces", base.trim_end_matches('/')));
        let Some(address) = find("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").map(str::to_owned).or(whole) else {
            return Ok(None);
        };
        let headers = find("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default().split(',').map(str::trim);
        let headers = headers.filter(|pair| !pair.is_empty()).map(header).collect::<Result<_>>()?;
        let service = find("OTEL_SERVICE_NAME").unwrap_or("forewarn").to_owned();
        Ok(Some(Self { address, headers, service, parent: find("TRACEPARENT").and_then(parent) }))
    }

    /// Sends a span and those below it. `identity` is what no other trace has: the same is told with the same ids.
    ///
    /// # Errors
    /// [`Error::Server`] when the collector cannot be reached or does not take it.
    pub fn send(&self, identity: &str, version: &str, whole: &Span, parts: &[Span]) -> Result<()> {
        let body = self.body(identity, version, whole, parts).to_string();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .user_agent("forewarn")
            .build()
            .new_agent();
        let mut request = agent.post(&self.address).header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let failed = |reason: String, temporary: bool| {
            let (address, cure) =
                (self.address.clone(), "look at OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS");
            Error::Server { address, reason: format!("{reason}; {cure}"), temporary }
        };
        let mut answer = request.send(body).map_err(|e| failed(e.to_string(), true))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let said: String =
            answer.body_mut().read_to_string().unwrap_or_default().chars().take(MESSAGE).collect();
        Err(failed(format!("the collector answers {status}: {said}"), status.is_server_error()))
    }

    fn body(&self, identity: &str, version: &str, whole: &Span, parts: &[Span]) -> Value {
        let (trace, above) = match &self.parent {
            Some((trace, above)) => (trace.clone(), above.clone()),
            None => (id(identity, 16), String::new()),
        };
        let root = id(&format!("{identity} run"), 8);
        let mut spans = vec![span(whole, &trace, (&root, &above))];
        for (i, part) in parts.iter().enumerate() {
            spans.push(span(part, &trace, (&id(&format!("{identity} {i}"), 8), &root)));
        }
        let resource = attributes(&[
            ("service.name".to_owned(), json!(self.service)),
            ("service.version".to_owned(), json!(version)),
        ]);
        json!({ "resourceSpans": [{
            "resource": { "attributes": resource },
            "scopeSpans": [{ "scope": { "name": "forewarn", "version": version }, "spans": spans }],
        }] })
    }
}

fn header(pair: &str) -> Result<(String, String)> {
    let usable = |(name, value): &(&str, &str)| {
        HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok()
    };
    let found = pair.split_once('=').map(|(name, value)| (name.trim(), value.trim())).filter(usable);
    // The pair itself may be secret.
    let wrong =
        || Error::wrong("OTEL_EXPORTER_OTLP_HEADERS", "expected `name=value`, with `,` between several");
    found.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(wrong)
}

/// `00-TRACE-SPAN-FLAGS`; what is none counts as not set, as the standard asks for.
fn parent(text: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = text.split('-').collect();
    let [_, trace, span, _] = parts[..] else { return None };
    let is = |text: &str, length: usize| {
        text.len() == length && text.chars().all(|c| c.is_ascii_hexdigit()) && text.chars().any(|c| c != '0')
    };
    (is(trace, 32) && is(span, 16)).then(|| (trace.to_owned(), span.to_owned()))
}

/// An id of some bytes, in hexadecimal.
fn id(of: &str, bytes: usize) -> String {
    let digest = Sha256::digest(of.as_bytes());
    let digits = digest.iter().take(bytes).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn span(span: &Span, trace: &str, (own, above): (&str, &str)) -> Value {
    let nanoseconds = |seconds: f64| format!("{:.0}", (seconds * 1e9).max(0.0));
    let status = match &span.failure {
        Some(reason) => json!({ "code": 2, "message": reason }),
        None => json!({ "code": 1 }),
    };
    json!({
        "traceId": trace,
        "spanId": own,
        "parentSpanId": above,
        "name": span.name,
        "kind": 1,
        "startTimeUnixNano": nanoseconds(span.began),
        "endTimeUnixNano": nanoseconds(span.began + span.seconds.max(0.0)),
        "attributes": attributes(&span.attributes),
        "status": status,
    })
}

fn attributes(all: &[(String, Value)]) -> Vec<Value> {
    let one = |(key, value): &(String, Value)| {
        let value = match value {
            Value::Bool(value) => json!({ "boolValue": value }),
            Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
            Value::Number(number) => json!({ "intValue": number.to_string() }),
            Value::String(text) => json!({ "stringValue": text }),
            other => json!({ "stringValue": other.to_string() }),
        };
        json!({ "key": key, "value": value })
    };
    all.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn collector(pairs: &[(&str, &str)]) -> Collector {
        Collector::of(&environment(pairs)).unwrap().unwrap()
    }

    fn run() -> (Span, Vec<Span>) {
        let part = |name: &str, began: f64, failure: Option<&str>| Span {
            name: name.to_owned(),
            began,
            seconds: 1.5,
            attributes: vec![("cached".to_owned(), json!(false)), ("cpu_seconds".to_owned(), json!(2.5))],
            failure: failure.map(str::to_owned),
        };
        let parts = vec![part("validate", 100.0, None), part("train quiet_river", 101.5, Some("no rows"))];
        let whole = Span {
            seconds: 3.25,
            attributes: vec![("origins".to_owned(), json!(12))],
            ..part("run", 100.0, None)
        };
        (whole, parts)
    }

    /// A collector that gives one answer, and what it was sent.
    fn listens(answer: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heard = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut text, mut buffer) = (String::new(), [0; 4096]);
            loop {
                let n = stream.read(&mut buffer).unwrap();
                text += std::str::from_utf8(&buffer[..n]).unwrap();
                let length = text.to_lowercase().split("content-length: ").nth(1).and_then(|rest| {
                    rest.split("\r\n").next().and_then(|number| number.parse::<usize>().ok())
                });
                let body = text.split("\r\n\r\n").nth(1).map_or(0, str::len);
                if n == 0 || length.is_some_and(|length| body >= length) {
                    break;
                }
            }
            stream.write_all(answer.as_bytes()).unwrap();
            text
        });
        (address, heard)
    }

    #[test]
    fn a_run_is_a_span_with_its_steps_below() {
        let (address, heard) = listens("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        let collector = collector(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("{address}/")),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hidden, x-team = conflict"),
            ("OTEL_SERVICE_NAME", "monthly"),
        ]);
        let (whole, parts) = run();
        collector.send("run 7", "0.1.0", &whole, &parts).unwrap();
        let text = heard.join().unwrap();
        let (top, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(top.starts_with("POST /v1/traces HTTP/1.1"), "{top}");
        assert!(top.contains("x-key: hidden") && top.contains("x-team: conflict"), "{top}");
        let body: Value = serde_json::from_str(body).unwrap();
        let sent = &body["resourceSpans"][0];
        assert_eq!(
            sent["resource"]["attributes"][0],
            json!({ "key": "service.name", "value": { "stringValue": "monthly" } })
        );
        let spans = sent["scopeSpans"][0]["spans"].as_array().unwrap();
        assert_eq!(spans.len(), 3);
        assert!(spans.iter().all(|span| span["traceId"] == spans[0]["traceId"]));
        assert!(spans[1..].iter().all(|span| span["parentSpanId"] == spans[0]["spanId"]));
        assert_eq!(spans[0]["parentSpanId"], "");
        assert_ne!(spans[1]["spanId"], spans[2]["spanId"]);
        let lengths = ["traceId", "spanId"].map(|key| spans[0][key].as_str().unwrap().len());
        assert_eq!(lengths, [32, 16]);
        let times = ["startTimeUnixNano", "endTimeUnixNano"].map(|key| spans[2][key].clone());
        assert_eq!(times, ["101500000000", "103000000000"]);
        assert_eq!(spans[2]["status"], json!({ "code": 2, "message": "no rows" }));
        assert_eq!(spans[1]["attributes"][0], json!({ "key": "cached", "value": { "boolValue": false } }));
        assert_eq!(
            spans[1]["attributes"][1],
            json!({ "key": "cpu_seconds", "value": { "doubleValue": 2.5 } })
        );
        assert_eq!(spans[0]["attributes"][0], json!({ "key": "origins", "value": { "intValue": "12" } }));
    }

    #[test]
    fn spans_are_below_what_called_the_program() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let of = |parent: &str| {
            let pairs = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://here/t"), ("TRACEPARENT", parent)];
            let collector = collector(&pairs);
            assert_eq!(collector.address, "http://here/t");
            let (whole, parts) = run();
            collector.body("run 7", "0.1.0", &whole, &parts)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
                .clone()
        };
        let root = of(&format!("00-{trace}-{span}-01"));
        assert_eq!((&root["traceId"], &root["parentSpanId"]), (&json!(trace), &json!(span)));
        for none in
            ["", "nonsense", "00-short-00f067aa0ba902b7-01", &format!("00-{}-{span}-01", "0".repeat(32))]
        {
            assert_eq!(of(none)["parentSpanId"], "", "{none}");
        }
    }

    #[test]
    fn a_collector_that_refuses_or_is_not_there_is_told_without_secrets() {
        let (whole, parts) = run();
        let send = |address: &str| {
            let pairs =
                [("OTEL_EXPORTER_OTLP_ENDPOINT", address), ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hidden")];
            collector(&pairs).send("run 7", "0.1.0", &whole, &parts).unwrap_err()
        };
        let (address, heard) = listens("HTTP/1.1 401 Unauthorized\r\ncontent-length: 7\r\n\r\nno key!");
        let error = send(&address);
        heard.join().unwrap();
        let text = error.to_string();
        assert!(
            text.contains("401 Unauthorized: no key!") && text.contains("OTEL_EXPORTER_OTLP_HEADERS"),
            "{text}"
        );
        assert!(matches!(error, Error::Server { temporary: false, .. }));
        let error = send("http://127.0.0.1:1");
        assert!(
            matches!(error, Error::Server { temporary: true, .. }) && !error.to_string().contains("hidden")
        );
    }

    #[test]
    fn nothing_is_sent_unless_somebody_listens() {
        assert_eq!(Collector::of(&environment(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")])).unwrap(), None);
        let wrong =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://here"), ("OTEL_EXPORTER_OTLP_HEADERS", "hidden")];
        let said = Collector::of(&environment(&wrong)).unwrap_err().to_string();
        assert!(said.contains("OTEL_EXPORTER_OTLP_HEADERS") && !said.contains("hidden"), "{said}");
        let quiet = format!("{:?}", collector(&[wrong[0], ("OTEL_EXPORTER_OTLP_HEADERS", "a=hidden")]));
        assert!(quiet.contains("http://here") && !quiet.contains("hidden"), "{quiet}");
    }
}
