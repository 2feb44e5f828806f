//! Lines of JSON in a file: the tracker that needs nothing.

use std::fmt;
use std::io::{Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::words::{png_size, sha256};
use crate::{Alert, Artifact, Error, Metrics, Moment, Result, Run, Table, Tracked, Tracker};

/// One line an event, in `FOLDER/GROUP.jsonl`.
///
/// Each has `event`, `id`, `group` and `stage`; the rest is what was told. Lines are added at once and never changed: of
/// runs with the same id, the last `begin` counts. Pictures are told by digest and size. A figure that is not defined is
/// null.
pub struct Jsonl {
    folder: PathBuf,
    echo: Mutex<Option<Box<dyn Write + Send>>>,
}

impl Jsonl {
    /// Into a folder, which is made when something is told.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), echo: Mutex::default() }
    }

    /// The same; each line also goes to `writer`, such as the console of a program.
    #[must_use]
    pub fn with_echo(self, writer: Box<dyn Write + Send>) -> Self {
        Self { echo: Mutex::new(Some(writer)), ..self }
    }
}

impl fmt::Debug for Jsonl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jsonl").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Tracker for Jsonl {
    fn begin(&self, run: &Run) -> Result<Box<dyn Tracked + '_>> {
        let group = crate::words::file_name(&run.group);
        let path = self.folder.join(format!("{group}.jsonl"));
        let mut told = Told { tracker: self, run: run.clone(), path };
        std::fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder))?;
        told.tell(
            "begin",
            json!({"name": run.name, "started": run.started, "tags": run.tags, "config": run.config}),
        )?;
        Ok(Box::new(told))
    }
}

#[derive(Debug)]
struct Told<'a> {
    tracker: &'a Jsonl,
    run: Run,
    path: PathBuf,
}

impl Told<'_> {
    fn tell(&mut self, event: &str, what: Value) -> Result<()> {
        let mut line = json!({
            "event": event, "id": self.run.id(), "group": self.run.group, "stage": self.run.stage,
        });
        if let (Value::Object(line), Value::Object(what)) = (&mut line, what) {
            line.extend(what);
        }
        let line = format!("{line}\n");
        append(&self.path, &line).map_err(Error::io(&self.path))?;
        let mut echo = self.tracker.echo.lock().unwrap_or_else(PoisonError::into_inner);
        match echo.as_mut() {
            Some(writer) => writer.write_all(line.as_bytes()).map_err(Error::io(Path::new("echo"))),
            None => Ok(()),
        }
    }
}

/// Adds a line in one write, so that lines of several processes do not mix. A line that a killed writer left unfinished is
/// ended first.
fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().append(true).read(true).create(true).open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let ended = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{ended}{line}").as_bytes())
}

impl Tracked for Told<'_> {
    fn metrics(&mut self, metrics: &Metrics) -> Result<()> {
        self.tell("metrics", json!(metrics))
    }

    fn table(&mut self, key: &str, table: &Table) -> Result<()> {
        table.check(key)?;
        self.tell("table", json!({"key": key, "columns": table.columns, "rows": table.rows}))
    }

    fn image(&mut self, key: &str, png: &[u8]) -> Result<()> {
        let (width, height) = png_size(key, png)?;
        let size = png.len();
        let what =
            json!({"key": key, "sha256": sha256(png), "bytes": size, "width": width, "height": height});
        self.tell("image", what)
    }

    fn artifact(&mut self, artifact: &Artifact) -> Result<()> {
        artifact.check()?;
        self.tell("artifact", json!(artifact))
    }

    fn alert(&mut self, alert: &Alert) -> Result<()> {
        self.tell("alert", json!(alert))
    }

    fn finish(mut self: Box<Self>, ended: Moment, exit_code: u8) -> Result<()> {
        self.tell("finish", json!({"ended": ended, "exit_code": exit_code}))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Level, Place, Role};

    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<u8>>>);

    impl Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn run() -> Run {
        Run {
            group: "g/1".into(),
            stage: "train".into(),
            name: "march".into(),
            config: [("seed".to_owned(), json!(42))].into(),
            tags: vec!["monthly".into()],
            started: Moment(1_735_689_600),
        }
    }

    #[test]
    fn each_event_is_a_line() {
        let (folder, heard) = (tempfile::tempdir().unwrap(), Heard::default());
        let tracker = Jsonl::new(folder.path()).with_echo(Box::new(heard.clone()));
        let mut told = tracker.begin(&run()).unwrap();
        let values = [("pgm/sb/crps".to_owned(), 0.5), ("undefined".to_owned(), f64::NAN)].into();
        told.metrics(&Metrics { step: 2, values }).unwrap();
        told.table("gates", &Table { columns: vec!["a".into()], rows: vec![vec![json!(null)]] }).unwrap();
        let png = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0, 0, 0, 5, 0, 0, 0, 4]].concat();
        told.image("map", &png).unwrap();
        let file = crate::File { name: "f".into(), place: Place::Path("a/f".into()), digest: "cafe".into() };
        let (name, kind, role) = ("panel".to_owned(), "dataset".to_owned(), Role::Used);
        told.artifact(&Artifact { name, kind, role, files: vec![file], aliases: Vec::new() }).unwrap();
        told.alert(&Alert { title: "t".into(), text: "two\nlines".into(), level: Level::Error }).unwrap();
        told.finish(Moment(1_735_689_660), 1).unwrap();
        let text = std::fs::read_to_string(folder.path().join("g_1.jsonl")).unwrap();
        assert_eq!(text, include_str!("../tests/data/events.jsonl"));
        assert_eq!(text.as_bytes(), *heard.0.lock().unwrap());
    }

    #[test]
    fn a_line_that_was_left_unfinished_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g_1.jsonl");
        std::fs::write(&path, "{\"event\": \"beg").unwrap();
        let tracker = Jsonl::new(folder.path());
        tracker.begin(&run()).unwrap().finish(Moment(1), 0).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let good = text.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count();
        assert_eq!((text.lines().count(), good), (3, 2));
    }

    #[test]
    fn lines_of_stages_that_work_at_once_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let write = |stage: usize| {
            let tracker = Jsonl::new(folder.path());
            let mut told = tracker.begin(&Run { stage: stage.to_string(), ..run() }).unwrap();
            (0..50).for_each(|step| told.metrics(&Metrics { step, ..Metrics::default() }).unwrap());
        };
        std::thread::scope(|scope| (0..4).for_each(|stage| drop(scope.spawn(move || write(stage)))));
        let text = std::fs::read_to_string(folder.path().join("g_1.jsonl")).unwrap();
        assert_eq!(text.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 4 * 51);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "x").unwrap();
        assert!(Jsonl::new(&file).begin(&run()).unwrap_err().to_string().contains("file: "));
    }
}
