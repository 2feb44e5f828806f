use std::sync::atomic::{AtomicUsize, Ordering};

use forewarn_store::Object;

use super::*;
use crate::small_run::{archive, load, observations, project, write};

#[test]
fn numbers_only_rise_and_replace_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = project(folder.path(), 2);
    let first = archive(&resolved).unwrap().record;
    let record = Record::read(&first).unwrap();
    let runs = Runs::of(&resolved).unwrap();
    let root = folder.path().join("forewarn-out/records");
    // A folder that is no record takes its number nevertheless.
    write(&root, "0007/notes.txt", "mine");
    let next = runs.keep(record.clone(), "log\n").unwrap();
    assert_eq!(next, root.join("0008"));
    assert_eq!(Record::read(&next).unwrap(), Record { id: "0008".into(), ..record.clone() });
    assert_eq!(Record::read(&first).unwrap(), record, "the first is as it was");
    let (found, broken) = runs.list().unwrap();
    assert_eq!((found.len(), broken.len()), (2, 1), "what is none is told");
    assert!(broken[0].to_string().contains("0007"));
    let leftovers = std::fs::read_dir(&root).unwrap().count();
    assert_eq!(leftovers, 3, "nothing unfinished is left");
}

#[test]
fn a_record_is_found_by_number_run_folder_and_as_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = project(folder.path(), 2);
    let first = archive(&resolved).unwrap();
    archive(&resolved).unwrap();
    let other = archive(&load(folder.path(), &["seed=7"])).unwrap();
    let runs = Runs::of(&resolved).unwrap();
    let id = |wanted: &str| runs.find(wanted).unwrap().id;
    assert_eq!((id("1"), id("0002"), id("latest")), ("0001".into(), "0002".into(), "0003".into()));
    assert_eq!(id(&first.run), "0002", "the newest of a repeated run");
    assert_eq!(id(&other.run[..other.run.len() - 3]), "0003");
    assert_eq!(id(first.record.to_str().unwrap()), "0001");
    assert_eq!(id(first.record.join(RECORD).to_str().unwrap()), "0001");
    let said = |wanted: &str| runs.find(wanted).unwrap_err().to_string();
    assert!(said("small-2020").contains("several runs") && said("small-2020").contains(&other.run));
    assert!(said("9").contains("no such record"));
}

#[test]
fn runs_differ_by_what_they_were_told_and_by_what_they_made() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = project(folder.path(), 2);
    let record = |resolved: &Resolved| Record::read(&archive(resolved).unwrap().record).unwrap();
    let first = record(&resolved);
    let again = difference(&first, &record(&resolved));
    assert!(again.equal && again.changed.is_empty(), "{again:?}");
    assert_eq!(again.records, ("0001".into(), "0002".into()));

    let seed = difference(&first, &record(&load(folder.path(), &["forecast.draws=9"])));
    let of = |difference: &Difference, kind| -> Vec<String> {
        difference.changed.iter().filter(|c| c.kind == kind).map(|c| c.name.clone()).collect()
    };
    assert_eq!(of(&seed, Kind::Setting), ["forewarn.toml: forecast.draws"]);
    assert!(of(&seed, Kind::Forecast).contains(&"long_memory".to_owned()));
    assert_eq!(of(&seed, Kind::Panel), [""; 0]);
    assert!(of(&seed, Kind::Score).contains(&"crps of common_ground".to_owned()) && !seed.equal);

    observations(folder.path(), 9);
    let data = difference(&first, &record(&resolved));
    assert_eq!((of(&data, Kind::Data), of(&data, Kind::Setting)), (vec!["deaths.csv".to_owned()], vec![]));
    assert_eq!((of(&data, Kind::Panel).len(), of(&data, Kind::Features).len()), (1, 1));

    write(folder.path(), "models/long_memory.toml", "algorithm = \"conflictology\"\n");
    let gone = difference(&first, &record(&load(folder.path(), &["ensembles=[]"])));
    let window = gone.changed.iter().find(|c| c.name.ends_with("settings.window")).unwrap();
    assert_eq!((window.before.as_deref(), &window.after), (Some("12"), &None));
    let ensemble =
        gone.changed.iter().find(|c| c.kind == Kind::Forecast && c.name == "common_ground").unwrap();
    assert_eq!(ensemble.after, None);
}

/// Objects of a folder as a server has them: no files of this machine. From the call `at` on, a writer of records is gone.
#[derive(Debug)]
struct Far {
    inner: Arc<dyn Objects>,
    /// Calls that write until it is gone, and whether the last answer is lost only.
    left: Option<(AtomicUsize, bool)>,
}

impl Far {
    fn new(root: &Path, left: Option<(usize, bool)>) -> Arc<Self> {
        let left = left.map(|(calls, lost)| (AtomicUsize::new(calls), lost));
        Arc::new(Self { inner: open_objects(root).unwrap(), left })
    }

    fn write<T>(&self, work: impl FnOnce() -> forewarn_store::Result<T>) -> forewarn_store::Result<T> {
        let gone = || forewarn_store::Error::Damaged { path: PathBuf::new(), reason: "gone".to_owned() };
        let Some((left, lost)) = &self.left else { return work() };
        match left.load(Ordering::Relaxed).checked_sub(1) {
            Some(now) => left.store(now, Ordering::Relaxed),
            None => return Err(gone()),
        }
        let done = work();
        if *lost && left.load(Ordering::Relaxed) == 0 { Err(gone()) } else { done }
    }
}

impl Objects for Far {
    fn list(&self, folder: &str) -> forewarn_store::Result<Vec<Object>> {
        self.inner.list(folder)
    }

    fn get(&self, name: &str) -> forewarn_store::Result<Option<Vec<u8>>> {
        self.inner.get(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> forewarn_store::Result<()> {
        self.write(|| self.inner.put(name, bytes))
    }

    fn put_new(&self, name: &str, bytes: &[u8]) -> forewarn_store::Result<bool> {
        self.write(|| self.inner.put_new(name, bytes))
    }

    fn delete(&self, name: &str) -> forewarn_store::Result<()> {
        self.write(|| self.inner.delete(name))
    }

    fn place(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("far://{name}"))
    }
}

#[test]
fn records_on_a_server_are_numbered_whole_and_found_by_all() {
    let folder = tempfile::tempdir().unwrap();
    let record = Record::read(&archive(&project(folder.path(), 2)).unwrap().record).unwrap();
    let root = folder.path().join("far");
    let [one, other] = [0, 1].map(|_| Runs::over(Far::new(&root, None)));
    std::thread::scope(|scope| {
        for i in 0..12 {
            let runs = if i % 2 == 0 { &one } else { &other };
            let record = Record { started: format!("of {i}"), ..record.clone() };
            scope.spawn(move || runs.keep(record, &format!("log {i}\n")).unwrap());
        }
    });
    let (found, broken) = one.list().unwrap();
    let ids: Vec<&str> = found.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, (1..=12).map(folder_of).collect::<Vec<_>>());
    assert!(broken.is_empty(), "{broken:?}");
    assert_eq!(other.find("latest").unwrap(), found[11]);
    let started: BTreeSet<&str> = found.iter().map(|r| r.started.as_str()).collect();
    assert_eq!(started.len(), 12, "each is there once");
    assert_eq!(std::fs::read_dir(root.join("logs")).unwrap().count(), 12, "losers of a number leave no log");
}

#[test]
fn a_writer_that_is_gone_leaves_a_record_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let record = Record::read(&archive(&project(folder.path(), 2)).unwrap().record).unwrap();
    for (calls, lost, records) in [(0, false, 0), (1, false, 0), (1, true, 0), (2, true, 1), (2, false, 1)] {
        let root = folder.path().join(format!("far-{calls}-{lost}"));
        let kept = Runs::over(Far::new(&root, Some((calls, lost)))).keep(record.clone(), "log\n");
        assert_eq!(kept.is_ok(), (calls, lost) == (2, false), "{calls} {lost}: {kept:?}");
        let after = Runs::over(Far::new(&root, None));
        let (found, broken) = after.list().unwrap();
        assert_eq!((found.len(), broken.len()), (records, 0), "{calls} {lost}");
        let next = after.keep(record.clone(), "log\n").unwrap();
        assert_eq!(next, PathBuf::from(format!("far://{:04}", records + 1)));
    }
}

#[test]
fn an_answer_that_was_lost_takes_no_second_number() {
    /// Says `false` of what it has just put, as a server does that is asked again.
    #[derive(Debug)]
    struct Twice(Arc<Far>);
    impl Objects for Twice {
        fn list(&self, folder: &str) -> forewarn_store::Result<Vec<Object>> {
            self.0.list(folder)
        }
        fn get(&self, name: &str) -> forewarn_store::Result<Option<Vec<u8>>> {
            self.0.get(name)
        }
        fn put(&self, name: &str, bytes: &[u8]) -> forewarn_store::Result<()> {
            self.0.put(name, bytes)
        }
        fn put_new(&self, name: &str, bytes: &[u8]) -> forewarn_store::Result<bool> {
            self.0.put_new(name, bytes)?;
            self.0.put_new(name, bytes)
        }
        fn delete(&self, name: &str) -> forewarn_store::Result<()> {
            self.0.delete(name)
        }
        fn place(&self, name: &str) -> PathBuf {
            self.0.place(name)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let record = Record::read(&archive(&project(folder.path(), 2)).unwrap().record).unwrap();
    let root = folder.path().join("far");
    let runs = Runs::over(Arc::new(Twice(Far::new(&root, None))));
    assert_eq!(runs.keep(record, "log\n").unwrap(), Path::new("far://0001"));
    assert_eq!(runs.list().unwrap().0.len(), 1);
    assert_eq!(std::fs::read_dir(root.join("logs")).unwrap().count(), 1, "its log is there");
}

#[cfg(unix)]
#[test]
fn what_a_killed_writer_of_a_record_left_is_not_read_and_goes_with_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = project(folder.path(), 2);
    let outcome = archive(&resolved).unwrap();
    let root = folder.path().join("forewarn-out/records");
    // All but the last rename was done.
    std::fs::create_dir(root.join(".unfinished-abc")).unwrap();
    for name in [RECORD, LOG] {
        std::fs::copy(outcome.record.join(name), root.join(".unfinished-abc").join(name)).unwrap();
    }
    let runs = Runs::of(&resolved).unwrap();
    let (found, broken) = runs.list().unwrap();
    assert_eq!((found.len(), broken.len()), (1, 0), "what is not finished is none");
    assert_eq!(runs.find("latest").unwrap().id, "0001");
    runs.keep(found[0].clone(), "log\n").unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["0001", "0002"]);
}
