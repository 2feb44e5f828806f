//! One message to a server, once and within the time allowed.

use std::time::Duration;

use ureq::http::{Uri, header};

use super::client::Client;
use super::exchange::parse;
use super::failure::Failure;
use super::settings::Settings;
use crate::error::{Error, Result};

/// Posts a JSON document to `url`, within `patience`. No second try, no redirect; any status from 200 to 299 will do.
///
/// # Errors
/// [`Error::Network`], which names the host alone: path and query of such an address are often a secret.
/// [`Error::Config`] for a patience that is none, or an unusable proxy.
pub fn post(url: &str, json: &[u8], patience: Duration, proxy: Option<&str>) -> Result<()> {
    let seconds = patience.as_secs_f64();
    let settings =
        Settings { total_seconds: seconds, proxy: proxy.map(str::to_owned), ..Settings::default() };
    let client = Client::new(settings)?;
    let uri = parse(url).map_err(|failure| refused(&Uri::default(), why(failure)))?;
    let request = client.agent.post(uri.clone()).header(header::CONTENT_TYPE, "application/json");
    let request = request.config().timeout_global(Some(patience)).build();
    let answer = request.send(json).map_err(|e| match e {
        ureq::Error::Timeout(_) => refused(&uri, format!("no answer within {seconds} s")),
        e => refused(&uri, why(Failure::of_http(&e, "posting"))),
    })?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(refused(&uri, format!("status {}", answer.status().as_u16())))
}

fn why(failure: Failure) -> String {
    match failure {
        Failure::Remote { reason, .. } => reason,
        Failure::Local(error) => error.to_string(),
    }
}

fn refused(uri: &Uri, reason: String) -> Error {
    let url = format!("{}://{}", uri.scheme_str().unwrap_or("http"), uri.host().unwrap_or("?"));
    Error::Network { url, reason, temporary: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    /// A server that hears one request and gives `answer`, or none; what it heard comes back.
    fn server(answer: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?key=secret", listener.local_addr().unwrap());
        let hear = move || {
            let mut reader = BufReader::new(listener.accept().unwrap().0);
            let (mut heard, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = bytes.trim().parse().unwrap();
                }
                heard += &line;
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            if answer.is_empty() {
                // Silent until the other side gives up.
                let _ = reader.read(&mut [0]);
            }
            let _ = reader.get_mut().write_all(answer.as_bytes());
            heard + &String::from_utf8(body).unwrap()
        };
        (url, std::thread::spawn(hear))
    }

    fn posted(answer: &'static str) -> (Result<()>, String) {
        let (url, heard) = server(answer);
        let patience = Duration::from_millis(if answer.is_empty() { 200 } else { 5000 });
        let result = post(&url, b"{\"a\":1}", patience, None);
        (result, heard.join().unwrap())
    }

    #[test]
    fn a_server_hears_the_document_and_its_type() {
        let (result, heard) = posted("HTTP/1.1 204 No Content\r\n\r\n");
        result.unwrap();
        assert!(heard.starts_with("POST /hook?key=secret HTTP/1.1\r\n"), "{heard}");
        assert!(heard.to_ascii_lowercase().contains("content-type: application/json\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\n{\"a\":1}"), "{heard}");
    }

    #[test]
    fn refusals_and_silence_are_errors_without_secrets() {
        let no = |answer| posted(answer).0.unwrap_err().to_string();
        let refused = no("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(refused, "http://127.0.0.1: status 500");
        let moved = no("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(moved, "http://127.0.0.1: status 302");
        assert_eq!(no(""), "http://127.0.0.1: no answer within 0.2 s");
        let nobody = post("http://127.0.0.1:1/secret", b"{}", Duration::from_secs(5), None).unwrap_err();
        assert!(!nobody.to_string().contains("secret") && nobody.to_string().contains("posting"), "{nobody}");
        let none = post("ftp://me:secret@host", b"{}", Duration::from_secs(5), None).unwrap_err();
        assert!(
            none.to_string().contains("usable address") && !none.to_string().contains("secret"),
            "{none}"
        );
    }
}
