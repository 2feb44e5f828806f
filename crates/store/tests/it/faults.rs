//! Whatever fails, an archive holds whole forecasts, and none that was confirmed is lost.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

use forewarn_store::{Archive, Digest, Error, FaultKind, Filed, Manifest};
use tempfile::TempDir;

use crate::memory::{Faulty, Kind, Memory};
use crate::support::{forecast, manifest, numbers, put};

const FAULTS: usize = 10_000;
/// An archive is used for so many filings, then there is a new one.
const FILINGS: usize = 6;
/// More calls than filing and listing make, so that some faults come too late.
const CALLS: usize = 12;

/// Two forecasts: ours, and another one.
static FORECASTS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| [1.0, 2.0].map(forecast));

/// Both as files.
struct Files(TempDir);

impl Files {
    fn new() -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        for (which, bytes) in FORECASTS.iter().enumerate() {
            put(folder.path(), &which.to_string(), bytes);
        }
        Arc::new(Self(folder))
    }

    fn file(&self, archive: &Archive, run: &str, which: usize) -> forewarn_store::Result<Filed> {
        archive.file(manifest("m", run, &FORECASTS[which]), &self.0.path().join(which.to_string()))
    }
}

/// An archive that is written with faults, and what was confirmed.
struct Scene {
    files: Arc<Files>,
    memory: Arc<Memory>,
    confirmed: Arc<Mutex<BTreeMap<String, Manifest>>>,
}

impl Scene {
    fn new(files: &Arc<Files>) -> Self {
        Self { files: Arc::clone(files), memory: Arc::default(), confirmed: Arc::default() }
    }

    fn fresh(&self) -> Archive {
        Archive::over(Arc::clone(&self.memory) as _)
    }

    /// A rival that files our forecast, or another one, in the same place.
    fn rival(&self, run: &str, which: usize) -> Box<dyn Fn() + Send> {
        let (archive, confirmed, run) = (self.fresh(), Arc::clone(&self.confirmed), run.to_owned());
        let files = Arc::clone(&self.files);
        Box::new(move || {
            if let Ok(filed) = files.file(&archive, &run, which) {
                confirmed.lock().unwrap().insert(run.clone(), filed.manifest);
            }
        })
    }

    /// Files and lists with a fault; tells whether it came in time.
    fn disturbed(&self, run: &str, kind: Kind, at: usize, which: usize) -> bool {
        let faulty = Arc::new(Faulty::new(Arc::clone(&self.memory), kind, at, self.rival(run, which)));
        let archive = Archive::over(Arc::clone(&faulty) as _);
        match self.files.file(&archive, run, 0) {
            Ok(filed) => {
                self.confirmed.lock().unwrap().insert(run.to_owned(), filed.manifest);
            }
            Err(Error::Conflict { .. }) => assert!((kind, which) == (Kind::Raced, 1), "{faulty:?}"),
            Err(_) => {}
        }
        if let Ok((list, _)) = archive.list() {
            let fresh = self.fresh();
            for filed in list {
                fresh.verify(&fresh.filed(filed.manifest)).unwrap();
            }
        }
        faulty.calls() > at
    }

    /// All that is listed is whole, and all that was confirmed is listed.
    fn check(&self, told: &str) {
        let (archive, confirmed) = (self.fresh(), self.confirmed.lock().unwrap());
        let (list, unreadable) = archive.list().unwrap();
        assert!(unreadable.is_empty(), "{told}: {unreadable:?}");
        let found = archive.verify_all().unwrap();
        assert!(found.faults.iter().all(|f| f.kind == FaultKind::Orphaned), "{told}: {found:?}");
        assert_eq!(found.whole, list.len(), "{told}");
        let listed: BTreeMap<_, _> = list.into_iter().map(|f| (f.manifest.run.clone(), f.manifest)).collect();
        for (run, manifest) in &*confirmed {
            assert_eq!(listed.get(run), Some(manifest), "{told}: {run} was confirmed");
        }
    }

    /// Filing again completes, unless somebody else was first.
    fn complete(&self, run: &str, told: &str) {
        match self.files.file(&self.fresh(), run, 0) {
            Ok(filed) => {
                self.fresh().verify(&filed).unwrap();
                self.confirmed.lock().unwrap().insert(run.to_owned(), filed.manifest);
            }
            Err(Error::Conflict { .. }) => {
                let other = Digest::of_bytes(&FORECASTS[1]);
                assert_eq!(self.confirmed.lock().unwrap()[run].file, other, "{told}");
            }
            Err(e) => panic!("{told}: {e}"),
        }
    }
}

#[test]
fn after_any_fault_the_archive_is_whole_and_filing_again_completes_it() {
    let files = Files::new();
    let (mut random, mut faults, mut by_kind) = (numbers(1), 0, BTreeMap::new());
    let mut next = |bound: usize| random.next().unwrap() as usize % bound;
    while faults < FAULTS {
        let scene = Scene::new(&files);
        for i in 0..FILINGS {
            let (kind, at, which) = (Kind::ALL[next(Kind::ALL.len())], next(CALLS), next(2));
            let (run, told) = (format!("r{i}"), format!("{kind:?} at {at}, rival {which}"));
            let hit = usize::from(scene.disturbed(&run, kind, at, which));
            faults += hit;
            *by_kind.entry(format!("{kind:?}")).or_insert(0) += hit;
            scene.check(&told);
            scene.complete(&run, &told);
        }
        let all = scene.fresh().list().unwrap().0.len();
        assert_eq!(all, FILINGS, "one forecast of each run, whoever filed it");
    }
    assert!(by_kind.len() == Kind::ALL.len() && by_kind.values().all(|n| *n > FAULTS / 20), "{by_kind:?}");
}

#[test]
fn a_full_store_is_told_with_its_cure() {
    let files = Files::new();
    for at in 0..3 {
        let scene = Scene::new(&files);
        let faulty = Faulty::new(Arc::clone(&scene.memory), Kind::Full, at, Box::new(|| ()));
        let error = files.file(&Archive::over(Arc::new(faulty)), "r", 0).unwrap_err().to_string();
        assert!(error.starts_with("memory://ged_sb/m/2020-12/r/"), "{error}");
        assert!(error.ends_with("free some space and run again: finished steps are kept"), "{error}");
    }
}

#[test]
fn of_many_writers_one_is_first_and_the_same_content_is_no_conflict() {
    let files = Files::new();
    let root = tempfile::tempdir().unwrap();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..24)
            .map(|i| {
                let (archive, files) = (Archive::open(root.path()).unwrap(), &files);
                scope.spawn(move || (i % 2, files.file(&archive, "r", i % 2)))
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let archive = Archive::open(root.path()).unwrap();
    let (list, _) = archive.list().unwrap();
    let [winner] = &list[..] else { panic!("{list:?}") };
    for (which, outcome) in outcomes {
        let same = Digest::of_bytes(&FORECASTS[which]) == winner.manifest.file;
        match outcome {
            Ok(there) => assert!(same && there == *winner),
            Err(Error::Conflict { .. }) => assert!(!same),
            Err(e) => panic!("{e}"),
        }
    }
    let found = archive.verify_all().unwrap();
    assert_eq!((found.whole, found.objects, found.faults), (1, 2, vec![]), "losers leave nothing behind");
}

#[test]
fn a_flipped_bit_anywhere_is_found_and_named() {
    let files = Files::new();
    let scene = Scene::new(&files);
    let archive = scene.fresh();
    for i in 0..33 {
        files.file(&archive, &format!("r{i}"), i % 2).unwrap();
    }
    archive.list().unwrap();
    let names = scene.memory.names();
    assert_eq!(names.len(), 2 * 33 + 1, "with an index");
    let mut random = numbers(2);
    let mut next = || random.next().unwrap() as usize;
    for i in 0..1000 {
        // The index is one of many, and should not be left to chance.
        let name = if i % 10 == 0 { ".index.json" } else { &names[next() % names.len()] };
        let bit = next();
        scene.memory.flip(name, bit);
        let found = archive.verify_all().unwrap();
        let told: Vec<_> = found.faults.iter().map(|f| (f.kind, f.place.clone())).collect();
        let expected = PathBuf::from(format!("memory://{name}"));
        assert_eq!(told, [(FaultKind::Damaged, expected)], "bit {bit}");
        scene.memory.flip(name, bit);
    }
    assert!(archive.verify_all().unwrap().faults.is_empty());
}

const FOLDER: &str = "FOREWARN_STORE_FULL_FOLDER";

/// What runs where files cannot grow; without [`FOLDER`] there is nothing to do.
#[test]
fn writer_without_room() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let archive = Archive::open(Path::new(&folder).join("archive")).unwrap();
    let path = Path::new(&folder).join("large.parquet");
    let error = archive.file(manifest("m", "large", &std::fs::read(&path).unwrap()), &path).unwrap_err();
    println!("refused: {error}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_in_the_middle_of_a_file_leaves_nothing_half() {
    let files = Files::new();
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::open(root.path().join("archive")).unwrap();
    files.file(&archive, "before", 0).unwrap();
    put(root.path(), "large.parquet", &FORECASTS[0]);
    // One block of 512 or 1024 bytes: less than a forecast.
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$@\"";
    let test = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .args(["-c", limited, "sh"])
        .arg(test)
        .args(["faults::writer_without_room", "--exact", "--nocapture"])
        .env(FOLDER, root.path())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains("refused: "), "{out}");
    let found = archive.verify_all().unwrap();
    assert_eq!((found.whole, found.objects, found.faults), (1, 2, vec![]));
    files.file(&archive, "large", 0).unwrap();
    assert_eq!(archive.list().unwrap().0.len(), 2);
}

#[test]
fn nothing_depends_on_the_clock() {
    let files = Files::new();
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::open(root.path()).unwrap();
    for i in 0..40 {
        files.file(&archive, &format!("r{i:02}"), 0).unwrap();
    }
    let before = archive.list().unwrap().0;
    // The clock is set back by decades, then forward, and then one file after the other is of its own time.
    for (i, filed) in before.iter().enumerate() {
        let seconds = [0, 7_000_000_000, i as u64][i % 3];
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        for path in [filed.file().unwrap(), filed.place().join("manifest.json")] {
            std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        }
    }
    assert_eq!(archive.list().unwrap().0, before);
    assert_eq!(archive.verify_all().unwrap().faults, []);
    assert_eq!(files.file(&archive, "r00", 0).unwrap(), before[0]);
    assert!(matches!(files.file(&archive, "r01", 1), Err(Error::Conflict { .. })));
}
