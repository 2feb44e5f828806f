//! A writer that is killed at any moment leaves nothing or something whole, and the next one goes on from there.
//!
//! The writer is this test program again, told by [`FOLDER`] where to write.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use forewarn_core::Step;
use forewarn_store::{Archive, Digest, Lookup, Manifest, StepOutput, StepStore, write_forecast};
use serde_json::json;

use crate::support::{field, labels, manifest, units};

const FOLDER: &str = "FOREWARN_STORE_CRASH_FOLDER";
const FORECASTS: usize = 12;
const STEPS: u16 = 4;
const KILLS: usize = 15;

fn key(i: usize) -> Digest {
    Digest::of_bytes(format!("forecast {i}").as_bytes())
}

/// One step of a run: found, or made.
fn made(steps: &StepStore, i: usize) -> StepOutput {
    if let Lookup::Found(output) = steps.get("forecast", &key(i)).unwrap() {
        return output;
    }
    let workspace = steps.begin("forecast", &key(i)).unwrap();
    let units = units(300 + i as u32);
    let file = std::fs::File::create(workspace.path("forecast.parquet")).unwrap();
    write_forecast(file, &labels(), (1..=STEPS).map(|step| field(step, &units, Some(40)))).unwrap();
    workspace.commit(json!({ "number": i })).unwrap()
}

fn record(i: usize, output: &StepOutput) -> Manifest {
    let file = output.files["forecast.parquet"].clone();
    Manifest { file, steps: Step(STEPS), draws: Some(40), ..manifest(&format!("model-{i:02}"), "r", b"") }
}

fn open(folder: &Path) -> (StepStore, Archive) {
    (StepStore::open(folder.join("steps")).unwrap(), Archive::open(folder.join("archive")).unwrap())
}

fn write_all(folder: &Path) {
    let (steps, archive) = open(folder);
    steps.sweep().unwrap();
    for i in 0..FORECASTS {
        let output = made(&steps, i);
        archive.file(record(i, &output), &output.dir.join("forecast.parquet")).unwrap();
    }
}

/// What the killed process runs; without [`FOLDER`] there is nothing to do.
#[test]
fn writer() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        println!("writing");
        write_all(Path::new(&folder));
    }
}

/// Starts a writer and waits until it writes. Its output stays open: it must not fail over that.
fn start(folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crashes::writer", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("writing")), "the writer did not start");
    child
}

/// Path to content of all files, below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn is_unfinished(path: &Path) -> bool {
    path.components().any(|c| c.as_os_str().to_string_lossy().starts_with(".unfinished-"))
}

/// Whatever can be opened is as in the undisturbed folder; returns how many forecasts are filed.
fn assert_nothing_or_whole(folder: &Path, expected: &BTreeMap<PathBuf, Vec<u8>>) -> usize {
    let (steps, archive) = open(folder);
    for i in 0..FORECASTS {
        let output = match steps.get("forecast", &key(i)).unwrap() {
            Lookup::Found(output) => output,
            Lookup::Absent => continue,
            damaged @ Lookup::Damaged { .. } => panic!("{damaged:?}"),
        };
        for (name, digest) in &output.files {
            assert_eq!(Digest::of_file(&output.dir.join(name)).unwrap(), *digest);
        }
    }
    let (list, unreadable) = archive.list().unwrap();
    assert!(unreadable.is_empty(), "{unreadable:?}");
    for filed in &list {
        archive.verify(filed).unwrap();
        assert_eq!(filed.open().unwrap().steps(), STEPS);
    }
    for (path, bytes) in files(folder).iter().filter(|(path, _)| !is_unfinished(path)) {
        assert_eq!(Some(bytes), expected.get(path), "{}", path.display());
    }
    list.len()
}

/// Milliseconds to wait before each kill (Knuth's MMIX generator), below `bound`.
fn waits(bound: Duration) -> impl Iterator<Item = Duration> {
    let next =
        |x: &u64| Some(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    std::iter::successors(Some(2024_u64), next)
        .skip(1)
        .map(move |x| bound.mul_f64((x >> 11) as f64 / (1_u64 << 53) as f64))
}

#[cfg(unix)]
#[test]
fn a_killed_writer_leaves_nothing_or_something_whole() {
    let undisturbed = tempfile::tempdir().unwrap();
    let clock = Instant::now();
    write_all(undisturbed.path());
    // Some forecasts get done between two kills, and several kills fall into one round.
    let bound = clock.elapsed() / 4;
    let expected = files(undisturbed.path());
    assert_eq!(expected.len(), 4 * FORECASTS, "a file and a manifest, of a step and in the archive");

    let mut root = tempfile::tempdir().unwrap();
    let (mut kills, mut interrupted, mut waits) = (0, 0, waits(bound));
    while kills < KILLS {
        let mut writer = start(root.path());
        std::thread::sleep(waits.next().unwrap());
        writer.kill().unwrap();
        if let Some(code) = writer.wait().unwrap().code() {
            assert_eq!(code, 0);
            // It was done before the kill: begin anew.
            assert_eq!(files(root.path()), expected);
            root = tempfile::tempdir().unwrap();
            continue;
        }
        kills += 1;
        interrupted += usize::from(files(root.path()).keys().any(|path| is_unfinished(path)));
        assert_nothing_or_whole(root.path(), &expected);
    }
    assert!(interrupted > 0, "no kill fell into a write: this test tests nothing");

    assert!(start(root.path()).wait().unwrap().success());
    assert_eq!(assert_nothing_or_whole(root.path(), &expected), FORECASTS);
    assert_eq!(files(root.path()), expected, "nothing is left over either");
}
