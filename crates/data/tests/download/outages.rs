//! Servers that do not deliver: a clear error in time, yesterday's copy stays, and the next fetch works.

use std::net::TcpListener;
use std::time::Duration;

use forewarn_data::download::{Expect, Progress, Request, Settings};

use crate::scene::{PART, Scene, impatient, new_table, table};
use crate::server::{Asked, Server, Step, head, reply, serve_file};

/// A server that answers `bad` to its first `times` requests and is good afterwards.
fn recovering(times: usize, bad: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Server {
    let body = new_table();
    Server::start(move |n, asked| if n < times { bad(asked) } else { serve_file(asked, &body, "\"1\"") })
}

#[test]
fn silence_before_the_answer() {
    let server = recovering(3, |_| vec![Step::Hang]);
    let mut scene = Scene::new(impatient());
    let (message, temporary) = scene.fail(&table(&server), &[]);
    assert!(temporary && message.contains("no answer in time (response-seconds) (3 tries"), "{message}");
    assert_eq!(scene.fetch_new(&server).attempts, 1);
}

#[test]
fn an_answer_whose_head_never_ends() {
    let line = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    let server = recovering(1, move |_| vec![Step::Drip(line.repeat(50), Duration::from_millis(20))]);
    let mut scene = Scene::new(Settings { attempts: 1, ..impatient() });
    let (message, _) = scene.fail(&table(&server), &[]);
    assert!(message.contains("response-seconds"), "{message}");
    scene.fetch_new(&server);
}

#[test]
fn silence_in_the_middle_is_resumed() {
    let (first, length) = (new_table()[..100_000].to_vec(), new_table().len());
    let server = recovering(1, move |_| {
        let headers = [format!("content-length: {length}"), "etag: \"1\"".to_owned()];
        vec![head(200, &headers.each_ref().map(String::as_str)), Step::Send(first.clone()), Step::Hang]
    });
    let mut scene = Scene::new(Settings { attempts: 1, ..impatient() });
    let (message, temporary) = scene.fail(&table(&server), &PART);
    assert!(temporary && message.contains("sent nothing more (stall-seconds)"), "{message}");
    assert!(message.contains("after 100000 bytes") && message.contains("100000 bytes are kept"), "{message}");
    assert_eq!(scene.fetch_new(&server).resumed_from, 100_000);
    assert_eq!(server.asked()[1].header("range"), Some("bytes=100000-"));
    assert_eq!(server.asked()[1].header("if-range"), Some("\"1\""));
}

#[test]
fn a_connection_closed_too_early_is_resumed_in_the_same_fetch() {
    let (first, length) = (new_table()[..70_000].to_vec(), new_table().len());
    let server = recovering(1, move |_| {
        let headers = [format!("content-length: {length}"), "etag: \"1\"".to_owned()];
        vec![head(200, &headers.each_ref().map(String::as_str)), Step::Send(first.clone())]
    });
    let mut scene = Scene::new(impatient());
    let fetched = scene.fetch_new(&server);
    assert_eq!((fetched.resumed_from, fetched.attempts), (70_000, 2));
    let Some(Progress::Retry { attempt: 1, attempts: 3, reason, .. }) =
        scene.news.iter().find(|p| matches!(p, Progress::Retry { .. }))
    else {
        panic!("{:?}", scene.news)
    };
    assert!(reason.contains("closed the connection early"), "{reason}");
    let total = Some(new_table().len() as u64);
    assert_eq!(scene.news.last(), Some(&Progress::Bytes { done: fetched.bytes, total }));
}

#[test]
fn a_chunked_body_cut_off_is_noticed() {
    let server = recovering(3, |_| {
        vec![head(200, &["transfer-encoding: chunked"]), Step::Send(b"c\r\nid,best\n1,2\n\r\n".to_vec())]
    });
    let mut scene = Scene::new(impatient());
    let (message, _) = scene.fail(&table(&server), &[]);
    assert!(message.contains("closed the connection early"), "{message}");
    scene.fetch_new(&server);
}

#[test]
fn server_errors_are_waited_out() {
    let server = recovering(2, |_| reply(500, &[], b"oops"));
    let mut scene = Scene::new(impatient());
    assert_eq!(scene.fetch_new(&server).attempts, 3);
    let waits: Vec<_> = scene.slept().iter().map(Duration::as_secs_f64).collect();
    assert!(
        waits.len() == 2 && (0.5..=1.0).contains(&waits[0]) && (1.0..=2.0).contains(&waits[1]),
        "{waits:?}"
    );
}

#[test]
fn server_errors_without_end() {
    let server = recovering(3, |_| reply(500, &[], b"oops"));
    let mut scene = Scene::new(impatient());
    let (message, temporary) = scene.fail(&table(&server), &[]);
    assert!(temporary && message.contains("status 500") && message.contains("(3 tries"), "{message}");
    scene.fetch_new(&server);
}

#[test]
fn a_server_that_asks_for_time_gets_it() {
    let server = recovering(1, |_| reply(429, &["retry-after: 7"], b""));
    let mut scene = Scene::new(impatient());
    assert_eq!(scene.fetch_new(&server).attempts, 2);
    assert_eq!(scene.slept(), [Duration::from_secs(7)]);
    let told =
        |p: &Progress| matches!(p, Progress::Retry { reason, .. } if reason.contains("too many requests"));
    assert!(scene.news.iter().any(told), "{:?}", scene.news);
}

#[test]
fn a_server_that_asks_for_more_time_than_there_is() {
    for seconds in ["3600", "18446744073709551615"] {
        let header = format!("retry-after: {seconds}");
        let server = recovering(1, move |_| reply(503, &[&header], b""));
        let mut scene = Scene::new(impatient());
        let (message, temporary) = scene.fail(&table(&server), &[]);
        let expected = format!("no time left for the next one in {seconds} s");
        assert!(temporary && message.contains("(1 try") && message.contains(&expected), "{message}");
        assert_eq!(scene.slept(), []);
        scene.fetch_new(&server);
    }
}

#[test]
fn nobody_there() {
    // The port was ours a moment ago, so nobody else listens on it.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut scene = Scene::new(impatient());
    let request = Request::new(format!("http://127.0.0.1:{port}/ged.csv"), Expect::Csv);
    let (message, temporary) = scene.fail(&request, &[]);
    assert!(temporary && message.to_lowercase().contains("connection refused"), "{message}");
}

#[test]
fn a_byte_now_and_then_is_no_download() {
    let bytes = new_table();
    let server = recovering(1, move |_| {
        vec![head(200, &["etag: \"1\""]), Step::Drip(bytes.clone(), Duration::from_millis(20))]
    });
    let settings = || Settings { attempts: 1, minimum_bytes_per_second: 1000, ..impatient() };
    let mut scene = Scene::new(settings());
    let (message, temporary) = scene.fail(&table(&server), &PART);
    assert!(temporary && message.contains("too slow: "), "{message}");
    assert!(message.contains("minimum-bytes-per-second is 1000"), "{message}");
    assert!(scene.fetch_new(&server).resumed_from > 0);
}

#[test]
fn a_drip_that_keeps_the_pace_still_ends_with_the_time() {
    let bytes = new_table();
    let server = recovering(1, move |_| {
        vec![head(200, &["etag: \"1\""]), Step::Drip(bytes.clone(), Duration::from_millis(20))]
    });
    let settings = Settings { total_seconds: 0.7, minimum_bytes_per_second: 0, ..impatient() };
    let mut scene = Scene::new(settings);
    let (message, temporary) = scene.fail(&table(&server), &PART);
    assert!(temporary && message.contains("the time allowed (total-seconds) is over"), "{message}");
    assert!(scene.fetch_new(&server).resumed_from > 0);
}

#[test]
fn a_body_without_end_ends_with_the_time() {
    let bytes = new_table();
    let server = recovering(1, move |_| vec![head(200, &["etag: \"1\""]), Step::Flood(bytes.clone())]);
    let settings = Settings { total_seconds: 0.7, ..impatient() };
    let mut scene = Scene::new(settings);
    let (message, temporary) = scene.fail(&table(&server), &PART);
    assert!(temporary && message.contains("the time allowed (total-seconds) is over"), "{message}");
}

#[test]
fn refusals_are_final_and_say_what_to_do() {
    for (status, hint) in [
        (401, "FOREWARN_UCDP_TOKEN"),
        (403, "FOREWARN_UCDP_TOKEN"),
        (404, "check the address and the version"),
        (400, "status 400"),
    ] {
        let server = recovering(1, move |_| reply(status, &[], b"no"));
        let mut scene = Scene::new(impatient());
        let (message, temporary) = scene.fail(&table(&server), &[]);
        assert!(!temporary && message.contains(hint) && message.contains("(1 try"), "{message}");
        assert_eq!(server.asked().len(), 1);
        scene.fetch_new(&server);
    }
}

#[test]
fn what_is_no_http_is_an_error_too() {
    let server = recovering(3, |_| vec![Step::Send(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())]);
    let mut scene = Scene::new(impatient());
    let (message, _) = scene.fail(&table(&server), &[]);
    assert!(message.contains("asking: "), "{message}");
    scene.fetch_new(&server);
}
