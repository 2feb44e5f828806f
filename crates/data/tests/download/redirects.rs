//! Being sent elsewhere: the file may be there, the token must not go there.

use forewarn_data::download::{Expect, Request, Token};

use crate::scene::{Scene, impatient, new_table, table};
use crate::server::{Server, reply, serve_file};

const SECRET: &str = "s3cret-t0ken";

fn secret() -> Token {
    Token::new("x-ucdp-access-token", SECRET).unwrap()
}

#[test]
fn the_token_stays_with_the_host_it_is_for() {
    let elsewhere = Server::start(|_, asked| serve_file(asked, &new_table(), "\"1\""));
    // Other port, and other name for the same machine.
    for place in [elsewhere.url("/x"), format!("http://localhost:{}/x", elsewhere.port())] {
        let server = Server::start(move |_, _| reply(302, &[&format!("location: {place}")], b""));
        let mut scene = Scene::new(impatient());
        scene.fetch(&Request { token: Some(secret()), ..table(&server) }).unwrap();
        assert_eq!(server.asked()[0].header("x-ucdp-access-token"), Some(SECRET));
    }
    let asked = elsewhere.asked();
    assert!(asked.len() == 2 && asked.iter().all(|a| a.header("x-ucdp-access-token").is_none()), "{asked:?}");
}

#[test]
fn the_token_follows_on_the_same_host() {
    let server = Server::start(|_, asked| match asked.path.as_str() {
        "/ged.csv" => reply(301, &["location: /new/place.csv"], b""),
        _ => serve_file(asked, &new_table(), "\"1\""),
    });
    let mut scene = Scene::new(impatient());
    let fetched = scene.fetch(&Request { token: Some(secret()), ..table(&server) }).unwrap();
    assert_eq!((fetched.attempts, server.asked()[1].path.as_str()), (1, "/new/place.csv"));
    assert_eq!(server.asked()[1].header("x-ucdp-access-token"), Some(SECRET));
}

#[test]
fn going_round_in_circles_ends() {
    let server = Server::start(|_, _| reply(307, &["location: /ged.csv"], b""));
    let mut scene = Scene::new(impatient());
    let (message, temporary) = scene.fail(&table(&server), &[]);
    assert!(!temporary && message.contains("more than 5 redirects"), "{message}");
    assert_eq!(server.asked().len(), 6);
}

#[test]
fn being_sent_nowhere() {
    for (headers, expected) in [
        (vec![], "without a place to go to"),
        (vec!["location: ftp://example.org/x?sig=abc"], "sent on to ftp://example.org/x: not usable"),
    ] {
        let server = Server::start(move |_, _| reply(302, &headers, b""));
        let mut scene = Scene::new(impatient());
        let (message, temporary) = scene.fail(&table(&server), &[]);
        assert!(!temporary && message.contains(expected) && !message.contains("sig=abc"), "{message}");
    }
}

#[test]
fn a_token_does_not_travel_in_the_clear() {
    let mut scene = Scene::new(impatient());
    let request =
        Request { token: Some(secret()), ..Request::new("http://ucdp.invalid/ged.csv", Expect::Csv) };
    let (message, temporary) = scene.fail(&request, &[]);
    assert!(!temporary && message.contains("use https"), "{message}");
}

#[test]
fn the_token_is_in_no_message() {
    for status in [401, 404, 500] {
        // A server that repeats what it was told.
        let server = Server::start(move |_, asked| {
            let body = asked.header("x-ucdp-access-token").unwrap().to_owned();
            reply(status, &[], body.as_bytes())
        });
        let mut scene = Scene::new(impatient());
        let request = Request { token: Some(secret()), ..table(&server) };
        let (message, _) = scene.fail(&request, &[]);
        let seen = format!("{message} {:?} {request:?} {:?}", scene.news, scene.client);
        assert!(!seen.contains(SECRET), "{seen}");
    }
}
