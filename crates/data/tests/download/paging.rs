//! The paged API: all pages of one state of the data, or nothing.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use forewarn_data::Error;
use forewarn_data::download::{Fetched, Progress, Settings, Source};
use forewarn_data::ucdp_api::{Shape, Ucdp};
use serde_json::{Value, json};

use crate::scene::{Scene, impatient};
use crate::server::{Asked, Server, Step, reply};

const TOKEN: &str = "s3cret-t0ken";
const NAME: &str = "ged-25.0.10.csv.gz";

fn event(id: u64) -> Value {
    json!({
        "id": id, "year": 2025, "type_of_violence": 1, "where_prec": 1, "latitude": 8.25, "longitude": 43.5,
        "priogrid_gid": 143_263, "country": "Ethiopia", "date_start": "2025-10-13T00:00:00",
        "date_end": "2025-10-13T00:00:00", "best": id % 5, "low": 0, "high": 9, "adm_1": null, "brand_new": 1,
    })
}

/// A page of `size` events out of `count`, the way the API gives it.
fn page(number: u64, size: u64, count: u64) -> Value {
    let ids = number * size..count.min((number + 1) * size);
    json!({
        "TotalCount": count, "TotalPages": count.div_ceil(size),
        // A trap: nobody may go there.
        "PreviousPageUrl": "", "NextPageUrl": "http://ucdp.invalid/steal-the-token",
        "Result": ids.map(event).collect::<Vec<_>>(),
    })
}

fn number(asked: &Asked) -> u64 {
    asked.path.rsplit_once("&page=").unwrap().1.parse().unwrap()
}

fn send(page: &Value) -> Vec<Step> {
    reply(200, &["content-type: application/json"], page.to_string().as_bytes())
}

/// Serves 25 events on 3 pages, except where `bad` has something else to say.
fn api(bad: impl Fn(usize, u64) -> Option<Vec<Step>> + Send + Sync + 'static) -> Server {
    Server::start(move |n, asked| {
        let number = number(asked);
        bad(n, number).unwrap_or_else(|| send(&page(number, 10, 25)))
    })
}

fn ucdp(server: &Server) -> Ucdp {
    Ucdp {
        version: "25.0.10".into(),
        shape: Shape::Api,
        api_url: server.url("/api/gedevents/{version}"),
        page_size: 10,
        ..Ucdp::default()
    }
}

fn scene() -> Scene {
    let scene = Scene::new(Settings { total_seconds: 600.0, ..impatient() });
    fs::write(scene.folder.path().join(NAME), b"yesterday's").unwrap();
    scene
}

fn fetch(scene: &mut Scene, server: &Server) -> Result<Fetched, Error> {
    let (folder, news) = (scene.folder.path().to_owned(), &mut scene.news);
    ucdp(server).fetch(&mut scene.client, Some(TOKEN), &folder, &mut |p| news.push(p))
}

/// Fails in time, with yesterday's copy as it was and nothing else left behind.
fn fail(scene: &mut Scene, server: &Server) -> (String, bool) {
    let start = Instant::now();
    let error = fetch(scene, server).unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(10), "{error}");
    assert_eq!(fs::read(scene.folder.path().join(NAME)).unwrap(), b"yesterday's");
    assert_eq!(scene.files(), [NAME, "ged.csv"]);
    let Error::Network { temporary, .. } = error else { panic!("{error}") };
    let message = error.to_string();
    assert!(message.starts_with(&server.url("/api/gedevents/25.0.10")), "{message}");
    assert!(message.contains(&format!("{NAME} is as it was")) && !message.contains(TOKEN), "{message}");
    (message, temporary)
}

/// Works: 25 events with the official header.
fn succeed(scene: &mut Scene, server: &Server) -> Fetched {
    let fetched = fetch(scene, server).unwrap();
    let mut csv = csv::Reader::from_reader(MultiGzDecoder::new(File::open(&fetched.path).unwrap()));
    let header = csv.headers().unwrap().clone();
    assert_eq!((header.len(), &header[0], &header[29], &header[48]), (49, "id", "latitude", "gwnob"));
    let rows: Vec<_> = csv.records().map(Result::unwrap).collect();
    let ids: Vec<u64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(ids, (0..25).collect::<Vec<_>>());
    assert_eq!((&rows[24][29], &rows[24][39], &rows[24][27]), ("8.25", "2025-10-13 00:00:00.000", ""));
    assert_eq!(scene.files(), [NAME, &format!("{NAME}.source.json"), "ged.csv"]);
    fetched
}

#[test]
fn pages_are_put_together_from_page_0() {
    let server = api(|_, _| None);
    let mut scene = scene();
    let fetched = succeed(&mut scene, &server);
    assert_eq!((fetched.attempts, fetched.unchanged), (3, false));
    let asked = server.asked();
    let paths: Vec<_> = asked.iter().map(|a| a.path.as_str()).collect();
    let path = |n| format!("/api/gedevents/25.0.10?pagesize=10&page={n}");
    assert_eq!(paths, [path(0), path(1), path(2)]);
    assert!(asked.iter().all(|a| a.header("x-ucdp-access-token") == Some(TOKEN)));
    assert_eq!(scene.news.last(), Some(&Progress::Pages { done: 3, total: 3 }));
    assert_eq!(scene.slept(), [Duration::from_millis(1500); 2], "a pause between pages");

    let source = fs::read(scene.folder.path().join(format!("{NAME}.source.json"))).unwrap();
    let source: Source = serde_json::from_slice(&source).unwrap();
    assert_eq!(
        (source.url, source.left_out),
        (server.url("/api/gedevents/25.0.10"), vec!["brand_new".to_owned()])
    );

    assert!(succeed(&mut scene, &server).unchanged, "the same events are the same bytes");
}

#[test]
fn an_outage_in_the_middle_is_waited_out() {
    let server = api(|n, _| match n {
        1 => Some(reply(503, &["retry-after: 20"], b"")),
        3 => Some(vec![Step::Hang]),
        _ => None,
    });
    let mut scene = scene();
    assert_eq!(succeed(&mut scene, &server).attempts, 5);
    assert!(scene.slept().contains(&Duration::from_secs(20)));
}

#[test]
fn an_outage_in_the_middle_without_end() {
    let server = api(|n, page| (page == 1 && n < 4).then(|| vec![Step::Hang]));
    let mut scene = scene();
    let (message, temporary) = fail(&mut scene, &server);
    assert!(temporary && message.contains("page=1: asking: no answer in time"), "{message}");
    succeed(&mut scene, &server);
}

#[test]
fn a_missing_page() {
    let missing = json!({"TotalCount": 25, "TotalPages": 3, "Result": []});
    let server = api(move |n, page| (page == 1 && n < 6).then(|| send(&missing)));
    let mut scene = scene();
    let (message, temporary) = fail(&mut scene, &server);
    assert!(temporary && message.contains("page 1 of 3 is empty (3 passes)"), "{message}");
    succeed(&mut scene, &server);
}

#[test]
fn fewer_events_than_announced() {
    let server = api(|n, number| {
        let mut short = page(number, 10, 25);
        short["Result"].as_array_mut().unwrap().pop();
        (number == 2 && n < 9).then(|| send(&short))
    });
    let mut scene = scene();
    let (message, temporary) = fail(&mut scene, &server);
    assert!(temporary && message.contains("the 3 pages hold 24 events, TotalCount is 25"), "{message}");
    succeed(&mut scene, &server);
}

#[test]
fn data_that_change_meanwhile_are_fetched_from_the_start() {
    // The first page is of yesterday's data, of 24 events.
    let server = api(|n, number| (n == 0).then(|| send(&page(number, 10, 24))));
    let mut scene = scene();
    assert_eq!(succeed(&mut scene, &server).attempts, 5);
    assert!(
        scene.news.iter().any(|p| matches!(p, Progress::Retry { attempt: 1, attempts: 3, reason, .. }
        if reason == "page 1 speaks of 25 events on 3 pages, the first of 24 on 3")),
        "{:?}",
        scene.news
    );
}

#[test]
fn data_that_change_all_the_time() {
    let server = api(|n, number| (n < 6).then(|| send(&page(number, 10, 21 + n as u64 % 2))));
    let mut scene = scene();
    let (message, temporary) = fail(&mut scene, &server);
    assert!(
        temporary && message.contains("do not fit together") && message.contains("(3 passes)"),
        "{message}"
    );
    assert_eq!(server.asked().len(), 6);
    succeed(&mut scene, &server);
}

#[test]
fn an_event_that_comes_twice_means_the_pages_have_shifted() {
    let server = api(|n, number| {
        let mut shifted = page(number, 10, 25);
        shifted["Result"][0] = event(9);
        (number == 1 && n < 6).then(|| send(&shifted))
    });
    let mut scene = scene();
    let (message, temporary) = fail(&mut scene, &server);
    assert!(temporary && message.contains("event 9 came twice"), "{message}");
    succeed(&mut scene, &server);
}

#[test]
fn garbage_instead_of_a_page() {
    for garbage in [
        "<html>maintenance</html>",
        "{\"TotalCount\": 25, \"TotalPages\": 3, \"Result\": [{\"id\": 1",
        "{\"TotalCount\": null, \"TotalPages\": 3, \"Result\": []}",
        "{\"message\": \"hello\"}",
    ] {
        let server = api(move |n, page| (page == 1 && n < 4).then(|| reply(200, &[], garbage.as_bytes())));
        let mut scene = scene();
        let (message, temporary) = fail(&mut scene, &server);
        let expected = format!("it begins {:?}", &garbage[..garbage.len().min(40)]);
        assert!(
            temporary && message.contains("not a page of events") && message.contains(&expected),
            "{message}"
        );
        succeed(&mut scene, &server);
    }
}

#[test]
fn events_of_no_use() {
    let server = api(|n, number| {
        let mut useless = page(number, 10, 25);
        useless["Result"][3].as_object_mut().unwrap().remove("latitude");
        (n == 1).then(|| send(&useless))
    });
    let mut scene = scene();
    let (message, temporary) = fail(&mut scene, &server);
    assert!(!temporary && message.contains("event 13 has no field \"latitude\""), "{message}");
    succeed(&mut scene, &server);
}

#[test]
fn a_version_without_events() {
    let empty = json!({"TotalCount": 0, "TotalPages": 0, "Result": []});
    let server = api(move |n, _| (n < 3).then(|| send(&empty)));
    let mut scene = scene();
    assert!(fail(&mut scene, &server).0.contains("check the version"));
    succeed(&mut scene, &server);
}

#[test]
fn refusals() {
    for (status, hint) in [(401, "set FOREWARN_UCDP_TOKEN"), (400, "status 400"), (404, "check the address")]
    {
        let server = api(move |n, _| (n == 0).then(|| reply(status, &[], b"no")));
        let mut scene = scene();
        let (message, temporary) = fail(&mut scene, &server);
        assert!(!temporary && message.contains(hint) && server.asked().len() == 1, "{message}");
        succeed(&mut scene, &server);
    }
}

#[test]
fn a_bad_request_after_good_ones_means_too_many() {
    let server = api(|n, _| (n == 1).then(|| reply(400, &[], b"slow down")));
    let mut scene = scene();
    assert_eq!(succeed(&mut scene, &server).attempts, 4);
    assert!(scene.slept().contains(&Duration::from_secs(30)));
}

#[test]
fn an_endpoint_with_a_query_and_no_token() {
    let server = api(|_, _| None);
    let mut scene = scene();
    let folder = scene.folder.path().to_owned();
    let ucdp = Ucdp { api_url: server.url("/x?Country=530"), ..ucdp(&server) };
    ucdp.fetch(&mut scene.client, None, &folder, &mut |_| ()).unwrap();
    let asked = server.asked();
    assert_eq!(asked[1].path, "/x?Country=530&pagesize=10&page=1");
    assert!(asked.iter().all(|a| a.header("x-ucdp-access-token").is_none()));
}

#[test]
fn files_are_fetched_without_the_token() {
    let text = "id,type_of_violence,where_prec,latitude,longitude,date_start,date_end,best,low,high\n\
                1,1,1,8.25,43.5,2025-10-13,2025-10-13,1,0,2\n";
    let server = Server::start(|_, _| reply(200, &[], text.as_bytes()));
    let mut scene = scene();
    let folder = scene.folder.path().to_owned();
    let ucdp = Ucdp {
        version: "25.0.10".into(),
        candidate_url: server.url("/candidateged/GEDEvent_v{underscores}.csv"),
        ..Ucdp::default()
    };
    let fetched = ucdp.fetch(&mut scene.client, Some(TOKEN), &folder, &mut |_| ()).unwrap();
    assert_eq!(fetched.path, folder.join("ged-25.0.10.csv"));
    assert_eq!(fs::read(fetched.path).unwrap(), text.as_bytes());
    let asked = server.asked();
    assert_eq!(asked[0].path, "/candidateged/GEDEvent_v25_0_10.csv");
    assert_eq!(asked[0].header("x-ucdp-access-token"), None);
}
