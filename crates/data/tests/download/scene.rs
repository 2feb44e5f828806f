//! What the tests have in common: a folder with yesterday's good copy, an impatient client, a quick clock.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use forewarn_data::Error;
use forewarn_data::download::{Client, Clock, Expect, Fetched, Progress, Request, Settings};
use tempfile::TempDir;

use crate::server::Server;

/// Yesterday's copy.
pub(crate) const OLD: &[u8] = b"id,best\n1,2\n";

/// Today's: big enough to come in many pieces.
pub(crate) fn new_table() -> Vec<u8> {
    let mut text = "id,best\n".to_owned();
    (0..40_000).for_each(|id| writeln!(text, "{id},{}", id % 7).unwrap());
    text.into_bytes()
}

/// Passes at once what it is told to sleep, and remembers it.
#[derive(Debug, Clone)]
pub(crate) struct QuickClock {
    start: Instant,
    pub(crate) slept: Arc<Mutex<Vec<Duration>>>,
}

impl Clock for QuickClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed() + self.slept.lock().unwrap().iter().sum::<Duration>()
    }

    fn sleep(&mut self, time: Duration) {
        self.slept.lock().unwrap().push(time);
    }
}

/// Settings that lose patience quickly.
pub(crate) fn impatient() -> Settings {
    Settings {
        connect_seconds: 5.0,
        response_seconds: 0.3,
        stall_seconds: 0.3,
        total_seconds: 60.0,
        attempts: 3,
        backoff_first_seconds: 1.0,
        backoff_max_seconds: 8.0,
        ..Settings::default()
    }
}

/// One test's folder and client.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) target: PathBuf,
    pub(crate) client: Client,
    pub(crate) clock: QuickClock,
    pub(crate) news: Vec<Progress>,
}

impl Scene {
    /// A folder that holds yesterday's copy, `ged.csv`.
    pub(crate) fn new(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("ged.csv");
        fs::write(&target, OLD).unwrap();
        let clock = QuickClock { start: Instant::now(), slept: Arc::default() };
        let client =
            Client::new(settings).unwrap().with_clock(clock.clone()).with_stamp("2025-11-21T06:00:00Z");
        Self { folder, target, client, clock, news: Vec::new() }
    }

    pub(crate) fn fetch(&mut self, request: &Request) -> Result<Fetched, Error> {
        let news = &mut self.news;
        self.client.fetch(request, &self.target, &mut |p| news.push(p))
    }

    /// Fetches `/ged.csv`, which must work.
    pub(crate) fn fetch_new(&mut self, server: &Server) -> Fetched {
        let fetched = self.fetch(&table(server)).unwrap();
        assert_eq!(fs::read(&self.target).unwrap(), new_table(), "today's copy is there");
        assert_eq!(self.files(), ["ged.csv", "ged.csv.source.json"], "and nothing else but its source");
        assert_eq!(fetched.bytes, new_table().len() as u64);
        fetched
    }

    /// Fetches what must fail within ten seconds of real time, leaving yesterday's copy and `left` beside it.
    pub(crate) fn fail(&mut self, request: &Request, left: &[&str]) -> (String, bool) {
        let start = Instant::now();
        let error = self.fetch(request).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(10), "took {:?}: {error}", start.elapsed());
        self.assert_old(left);
        let Error::Network { temporary, .. } = error else { panic!("{error}") };
        let message = error.to_string();
        assert!(message.starts_with(request.url.as_str()), "{message}");
        assert!(message.contains("ged.csv is as it was"), "{message}");
        assert_eq!(message.ends_with("try again later"), temporary, "{message}");
        (message, temporary)
    }

    /// Yesterday's copy is untouched, and only `left` is beside it.
    pub(crate) fn assert_old(&self, left: &[&str]) {
        assert_eq!(fs::read(&self.target).unwrap(), OLD, "yesterday's copy is untouched");
        let expected: Vec<_> = ["ged.csv"].iter().chain(left).map(|s| (*s).to_owned()).collect();
        assert_eq!(self.files(), expected);
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        let names: BTreeSet<_> = names.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.into_iter().collect()
    }

    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.clock.slept.lock().unwrap().clone()
    }
}

/// The request for `/ged.csv`.
pub(crate) fn table(server: &Server) -> Request {
    Request { columns: vec!["id".into(), "best".into()], ..Request::new(server.url("/ged.csv"), Expect::Csv) }
}

/// What a broken transfer leaves.
pub(crate) const PART: [&str; 2] = ["ged.csv.part", "ged.csv.part.json"];
