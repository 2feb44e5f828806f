//! Going on where a transfer broke off, and not fetching what has not changed.

use std::fs;

use forewarn_data::download::{Request, Settings, Source};

use crate::scene::{OLD, PART, Scene, impatient, new_table, table};
use crate::server::{Asked, Server, Step, head, reply, serve_file};

const HALF: usize = 150_000;

/// Breaks off its first answer half-way; then `later` answers.
fn broken_once(tag: &str, later: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Server {
    let (body, tag) = (new_table(), tag.to_owned());
    Server::start(move |n, asked| {
        if n > 0 {
            return later(asked);
        }
        // Another file than the later one, so that mixing the two shows.
        let other: Vec<u8> = body[..HALF].iter().map(|b| if *b == b'6' { b'8' } else { *b }).collect();
        let length = format!("content-length: {}", body.len());
        vec![head(200, &[&length, &tag]), Step::Send(other)]
    })
}

/// Leaves half a file behind.
fn break_off(server: &Server) -> Scene {
    let mut scene = Scene::new(Settings { attempts: 1, ..impatient() });
    scene.fail(&table(server), &PART);
    scene
}

#[test]
fn a_server_that_ignores_ranges_sends_everything_again() {
    let server = broken_once("etag: \"1\"", |_| reply(200, &["etag: \"1\""], &new_table()));
    let mut scene = break_off(&server);
    assert_eq!(scene.fetch_new(&server).resumed_from, 0);
    assert_eq!(server.asked()[1].header("range"), Some(format!("bytes={HALF}-").as_str()));
}

#[test]
fn a_file_that_has_changed_is_fetched_anew() {
    for tag in ["etag: \"1\"", "last-modified: Fri, 21 Nov 2025 05:00:00 GMT"] {
        let server = broken_once(tag, |asked| serve_file(asked, &new_table(), "\"2\""));
        let mut scene = break_off(&server);
        assert_eq!(scene.fetch_new(&server).resumed_from, 0);
        assert_eq!(server.asked()[1].header("if-range"), tag.split_once(": ").map(|(_, value)| value));
    }
}

#[test]
fn partial_answers_that_do_not_fit_are_not_glued_on() {
    let rest = |tag: &'static str, from: usize| {
        move |asked: &Asked| {
            if asked.header("range").is_none() {
                return serve_file(asked, &new_table(), "\"2\"");
            }
            let (body, span) =
                (new_table(), format!("content-range: bytes {from}-{}/{}", 1, new_table().len()));
            reply(206, &[tag, &span], &body[from..])
        }
    };
    let gone = |asked: &Asked| match asked.header("range") {
        None => serve_file(asked, &new_table(), "\"2\""),
        Some(_) => reply(416, &[], b""),
    };
    let cases = [
        (broken_once("etag: \"1\"", rest("etag: \"2\"", HALF)), "the file has changed"),
        (
            broken_once("etag: \"1\"", rest("etag: \"1\"", HALF + 1)),
            "asked for bytes from 150000, got \"bytes 150001",
        ),
        (broken_once("etag: \"1\"", gone), "the server has no such rest"),
    ];
    for (server, reason) in cases {
        let mut scene = break_off(&server);
        let (message, temporary) = scene.fail(&table(&server), &[]);
        assert!(temporary && message.contains(&format!("resuming failed: {reason}")), "{message}");
        assert_eq!(scene.fetch_new(&server).resumed_from, 0);
    }
}

#[test]
fn a_mixture_is_noticed_by_its_checksum_and_fetched_anew() {
    // The server lies: same tag, other content.
    let server = broken_once("etag: \"1\"", |asked| serve_file(asked, &new_table(), "\"1\""));
    let pinned = {
        let good = Server::start(|_, asked| serve_file(asked, &new_table(), "\"1\""));
        Scene::new(impatient()).fetch_new(&good).sha256
    };
    let mut scene = Scene::new(impatient());
    let fetched = scene.fetch(&Request { sha256: Some(pinned), ..table(&server) }).unwrap();
    assert_eq!((fetched.attempts, fetched.resumed_from), (3, 0));
    assert_eq!(fs::read(&scene.target).unwrap(), new_table());
}

#[test]
fn a_rest_that_is_too_short_is_noticed() {
    let server = broken_once("etag: \"1\"", |asked| {
        let (body, span) = (new_table(), format!("content-range: bytes {HALF}-199999/{}", new_table().len()));
        if asked.header("range").is_none() {
            return serve_file(asked, &body, "\"1\"");
        }
        reply(206, &["etag: \"1\"", &span], &body[HALF..200_000])
    });
    let mut scene = break_off(&server);
    let (message, _) = scene.fail(&table(&server), &[]);
    assert!(
        message.contains(&format!("200000 bytes came, {} were announced", new_table().len())),
        "{message}"
    );
    scene.fetch_new(&server);
}

#[test]
fn nothing_is_kept_that_nothing_vouches_for() {
    for (tag, resume) in [("etag: W/\"1\"", true), ("x-none: 1", true), ("etag: \"1\"", false)] {
        let server = broken_once(tag, |asked| serve_file(asked, &new_table(), "\"1\""));
        let mut scene = Scene::new(Settings { resume, ..impatient() });
        assert_eq!(scene.fetch_new(&server).resumed_from, 0, "{tag}");
        assert_eq!(server.asked()[1].header("range"), None, "{tag}");
    }
}

#[test]
fn the_newest_copy_is_not_fetched_again() {
    let server = Server::start(|_, asked| serve_file(asked, &new_table(), "\"1\""));
    let mut scene = Scene::new(impatient());
    let first = scene.fetch_new(&server);
    assert!(!first.unchanged);
    let again = scene.fetch_new(&server);
    assert!(again.unchanged && again.sha256 == first.sha256 && again.attempts == 1, "{again:?}");
    assert_eq!(server.asked()[1].header("if-none-match"), Some("\"1\""));
}

#[test]
fn a_copy_that_something_else_has_damaged_is_fetched_again() {
    let server = Server::start(|_, asked| serve_file(asked, &new_table(), "\"1\""));
    let mut scene = Scene::new(impatient());
    scene.fetch_new(&server);
    fs::write(&scene.target, OLD).unwrap();
    assert!(!scene.fetch_new(&server).unchanged);
    assert_eq!(server.asked()[1].header("if-none-match"), None);
}

#[test]
fn the_same_bytes_again_leave_the_copy_alone() {
    let server = Server::start(|_, _| reply(200, &[], &new_table()));
    let mut scene = Scene::new(impatient());
    scene.fetch_new(&server);
    let before = fs::metadata(&scene.target).unwrap().modified().unwrap();
    assert!(scene.fetch_new(&server).unchanged);
    assert_eq!(fs::metadata(&scene.target).unwrap().modified().unwrap(), before);
}

#[test]
fn not_modified_without_a_question_is_refused() {
    let server = Server::start(|_, _| reply(304, &[], b""));
    let mut scene = Scene::new(impatient());
    assert!(scene.fail(&table(&server), &[]).0.contains("status 304"));
}

#[test]
fn the_source_is_recorded() {
    let server = Server::start(|_, asked| serve_file(asked, &new_table(), "\"1\""));
    let mut scene = Scene::new(impatient());
    let fetched = scene.fetch(&Request { version: Some("25.1".into()), ..table(&server) }).unwrap();
    let text = fs::read(scene.folder.path().join("ged.csv.source.json")).unwrap();
    let source: Source = serde_json::from_slice(&text).unwrap();
    let expected = Source {
        url: server.url("/ged.csv"),
        version: Some("25.1".into()),
        sha256: fetched.sha256,
        bytes: fetched.bytes,
        etag: Some("\"1\"".into()),
        retrieved: Some("2025-11-21T06:00:00Z".into()),
        ..Source::default()
    };
    assert_eq!(source, expected);
}

#[test]
fn a_part_of_another_address_is_not_used() {
    let server = broken_once("etag: \"1\"", |asked| serve_file(asked, &new_table(), "\"1\""));
    let mut scene = break_off(&server);
    let fetched = scene.fetch(&Request { url: server.url("/other.csv"), ..table(&server) }).unwrap();
    assert_eq!(fetched.resumed_from, 0);
    assert_eq!(fs::read(&scene.target).unwrap(), new_table());
}
