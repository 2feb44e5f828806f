//! A small HTTP server on this machine that answers as a test wants, also badly.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

/// What the server does with a connection, one step after the other; then it closes.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends one byte after the other, with a pause before each.
    Drip(Vec<u8>, Duration),
    /// Sends the same bytes again and again, as fast as they are taken, until the test is over.
    Flood(Vec<u8>),
    /// Says nothing until the test is over.
    Hang,
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Path with query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

type Answer = dyn Fn(usize, &Asked) -> Vec<Step> + Send + Sync;

/// Runs until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<Asked>>>,
    listening: Option<JoinHandle<()>>,
}

impl Server {
    /// A server whose answer to request `n` (from 0) is `answer(n, request)`.
    pub(crate) fn start(answer: impl Fn(usize, &Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let answer: Arc<Answer> = Arc::new(answer);
        let listening = spawn({
            let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
            move || {
                let mut busy = Vec::new();
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let (stop, asked, answer) = (Arc::clone(&stop), Arc::clone(&asked), Arc::clone(&answer));
                    busy.push(spawn(move || drop(serve(&stream.unwrap(), &stop, &asked, &*answer))));
                }
                for thread in busy {
                    thread.join().unwrap();
                }
            }
        });
        Self { address, stop, asked, listening: Some(listening) }
    }

    /// The address of `path`, which begins with `/`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            listening.join().unwrap();
        }
    }
}

/// Errors only say that the client has gone, which it may.
fn serve(
    mut stream: &TcpStream,
    stop: &AtomicBool,
    asked: &Mutex<Vec<Asked>>,
    answer: &Answer,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(()) };
    let mut request = Asked { path: first.split(' ').nth(1).unwrap().to_owned(), headers: Vec::new() };
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        request.headers.push((name.to_owned(), value.to_owned()));
    }
    let number = {
        let mut asked = asked.lock().unwrap();
        asked.push(request.clone());
        asked.len() - 1
    };
    for step in answer(number, &request) {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes)?,
            Step::Drip(bytes, pause) => {
                for byte in bytes {
                    sleep(pause);
                    stream.write_all(&[byte])?;
                }
            }
            Step::Flood(bytes) => {
                while !stop.load(Ordering::SeqCst) {
                    stream.write_all(&bytes)?;
                }
            }
            Step::Hang => {
                while !stop.load(Ordering::SeqCst) {
                    sleep(Duration::from_millis(5));
                }
            }
        }
    }
    Ok(())
}

/// The head of an answer; each header is `name: value`.
pub(crate) fn head(status: u16, headers: &[&str]) -> Step {
    let lines = headers.iter().fold(String::new(), |text, header| text + header + "\r\n");
    Step::Send(format!("HTTP/1.1 {status} As It Is\r\nconnection: close\r\n{lines}\r\n").into_bytes())
}

/// A whole answer with its length.
pub(crate) fn reply(status: u16, headers: &[&str], body: &[u8]) -> Vec<Step> {
    let length = format!("content-length: {}", body.len());
    let headers: Vec<_> = headers.iter().copied().chain([length.as_str()]).collect();
    vec![head(status, &headers), Step::Send(body.to_vec())]
}

/// Answers as a good file server does: whole, in part, or «not modified».
pub(crate) fn serve_file(asked: &Asked, body: &[u8], etag: &str) -> Vec<Step> {
    let tag = format!("etag: {etag}");
    if asked.header("if-none-match") == Some(etag) {
        return reply(304, &[&tag], b"");
    }
    let range = asked.header("range").filter(|_| asked.header("if-range").is_none_or(|tag| tag == etag));
    let Some(range) = range else { return reply(200, &[&tag], body) };
    let from: usize = range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap();
    if from >= body.len() {
        return reply(416, &[&format!("content-range: bytes */{}", body.len())], b"");
    }
    let span = format!("content-range: bytes {from}-{}/{}", body.len() - 1, body.len());
    reply(206, &[&tag, &span], &body[from..])
}
