//! Servers that deliver something else than they should, with status 200.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use forewarn_data::download::{Expect, Request, Settings};

use crate::scene::{Scene, impatient, new_table, table};
use crate::server::{Server, Step, head, reply};

/// Serves `bad` first and `good` from the fourth request on.
fn recovering(bad: Vec<Step>, good: Vec<u8>) -> Server {
    Server::start(move |n, _| if n < 3 { bad.clone() } else { reply(200, &["etag: \"1\""], &good) })
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zip(text: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("ged251.csv", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(text).unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn an_error_page_with_status_200() {
    let page = b"<!DOCTYPE html><html><title>Down for maintenance</title></html>";
    let server = recovering(reply(200, &["etag: \"1\""], page), new_table());
    let mut scene = Scene::new(impatient());
    let (message, temporary) = scene.fail(&table(&server), &[]);
    assert!(temporary && message.contains("expected a CSV table, got an HTML or XML page"), "{message}");
    assert!(message.contains("(3 tries"), "{message}");
    scene.fetch_new(&server);
}

#[test]
fn damaged_archives() {
    for (expect, sound) in [(Expect::Gzip, gzip(&new_table())), (Expect::Zip, zip(&new_table()))] {
        let mut damaged = sound.clone();
        damaged[5000] ^= 0x40;
        let cut = sound[..sound.len() - 9].to_vec();
        for bad in [damaged, cut] {
            let server = recovering(reply(200, &["etag: \"1\""], &bad), sound.clone());
            let mut scene = Scene::new(impatient());
            let request = Request { expect, ..table(&server) };
            let (message, temporary) = scene.fail(&request, &[]);
            assert!(temporary && message.contains("broken"), "{message}");
            scene.fetch(&request).unwrap();
            assert_eq!(std::fs::read(&scene.target).unwrap(), sound);
        }
    }
}

#[test]
fn a_table_of_something_else() {
    let server = recovering(reply(200, &[], b"id,deaths\n1,2\n"), new_table());
    let mut scene = Scene::new(impatient());
    let (message, _) = scene.fail(&table(&server), &[]);
    assert!(message.contains("no column \"best\"; the header is \"id,deaths\""), "{message}");
    scene.fetch_new(&server);
}

#[test]
fn a_table_of_unknown_length_that_ends_within_a_line() {
    let server = recovering(vec![head(200, &[]), Step::Send(b"id,best\n1,2\n2,3".to_vec())], new_table());
    let mut scene = Scene::new(impatient());
    let (message, _) = scene.fail(&table(&server), &[]);
    assert!(message.contains("the last line has no end"), "{message}");
    scene.fetch_new(&server);
}

#[test]
fn the_same_table_is_fine_when_the_server_vouches_for_its_length() {
    let server = Server::start(|_, _| reply(200, &[], b"id,best\n1,2\n2,3"));
    let mut scene = Scene::new(impatient());
    assert_eq!(scene.fetch(&table(&server)).unwrap().bytes, 15);
}

#[test]
fn another_checksum() {
    let server = recovering(reply(200, &["etag: \"1\""], b"id,best\n7,7\n"), new_table());
    let mut scene = Scene::new(impatient());
    let pinned = Request { sha256: Some("ab".repeat(32)), ..table(&server) };
    let (message, temporary) = scene.fail(&pinned, &[]);
    let found = "c4e0cbe26f78e1b3b3b5dc2e2a3dcd17";
    assert!(
        !temporary && message.contains(&format!("asked for was {}", "ab".repeat(32))),
        "{message} {found}"
    );
    assert_eq!(server.asked().len(), 1, "another try would bring the same");
    for _ in 0..2 {
        scene.fetch(&Request { sha256: None, ..pinned.clone() }).unwrap();
    }
    // Now it is known.
    let known = scene.fetch_new(&server).sha256;
    let fetched = scene.fetch(&Request { sha256: Some(known.to_uppercase()), ..pinned }).unwrap();
    assert!(fetched.unchanged && fetched.attempts == 0, "{fetched:?}");
}

#[test]
fn checksums_that_are_none() {
    let server = Server::start(|_, _| Vec::new());
    for bad in ["", "abc", &"g".repeat(64)] {
        let mut scene = Scene::new(impatient());
        let message =
            scene.fetch(&Request { sha256: Some(bad.into()), ..table(&server) }).unwrap_err().to_string();
        assert!(message.contains("64 hexadecimal digits"), "{message}");
        scene.assert_old(&[]);
    }
}

#[test]
fn more_than_we_take() {
    let endless = vec![head(200, &["etag: \"1\""]), Step::Send(new_table()), Step::Hang];
    let server = recovering(endless, new_table());
    let mut scene = Scene::new(Settings { maximum_bytes: 100_000, ..impatient() });
    let (message, temporary) = scene.fail(&table(&server), &[]);
    assert!(!temporary && message.contains("more than 100000 bytes (maximum-bytes)"), "{message}");
}
