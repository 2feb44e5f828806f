//! Whatever fails, editions are numbered, whole, and none that was confirmed is lost.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use forewarn_core::{Axis, Cadence, Period};
use forewarn_store::{Digest, Edition, Editions, Objects as _};

use crate::memory::{Faulty, Kind, Memory};

const FOLDER: &str = "FOREWARN_STORE_FULL_EDITIONS";
/// More calls than recording makes, so that some faults come too late.
const CALLS: usize = 8;

fn draft(values: &[u8]) -> Edition {
    Edition {
        schema: 1,
        number: 0,
        target: "ged_sb".to_owned(),
        level: "cm".to_owned(),
        axis: Axis { cadence: Cadence::Month, first: Period(109), len: 1 },
        units: 3,
        vintage: "21.1".to_owned(),
        known: None,
        provisional: None,
        data: BTreeMap::new(),
        periods: vec!["a".to_owned()],
        file: Digest::of_bytes(values),
    }
}

fn editions(memory: &Arc<Memory>) -> Editions {
    Editions::over(Arc::clone(memory) as _, "ged_sb", "cm")
}

/// All that is listed has its number and its values.
fn check(memory: &Arc<Memory>, told: &str) -> Vec<Edition> {
    let all = editions(memory).list().unwrap();
    for (i, edition) in all.iter().enumerate() {
        assert_eq!(edition.number as usize, i + 1, "{told}");
        let name = format!("ged_sb/cm/values-{}.parquet", &edition.file.as_str()[..16]);
        let values = memory.get(&name).unwrap().unwrap_or_else(|| panic!("{told}: {name} is not there"));
        assert_eq!(Digest::of_bytes(&values), edition.file, "{told}");
    }
    all
}

#[test]
fn after_any_fault_the_editions_are_whole_and_recording_again_completes_them() {
    let (mut in_time, mut raced) = (0, 0);
    for kind in Kind::ALL {
        for (at, rival) in (0..CALLS).flat_map(|at| [(at, b"ours"), (at, b"rest")]) {
            let told = format!("{kind:?} at {at}");
            let memory = Arc::new(Memory::default());
            editions(&memory).record(&draft(b"first"), b"first").unwrap();
            let confirmed = Arc::new(Mutex::new(0));
            let theirs = {
                let (memory, confirmed) = (Arc::clone(&memory), Arc::clone(&confirmed));
                move || {
                    let (edition, _) = editions(&memory).record(&draft(rival), rival).unwrap();
                    *confirmed.lock().unwrap() = edition.number;
                }
            };
            let faulty = Arc::new(Faulty::new(Arc::clone(&memory), kind, at, Box::new(theirs)));
            let ours =
                Editions::over(Arc::clone(&faulty) as _, "ged_sb", "cm").record(&draft(b"ours"), b"ours");
            in_time += usize::from(faulty.calls() > at);
            let all = check(&memory, &told);
            if let Ok((edition, _)) = &ours {
                assert!(all.contains(edition), "{told}: it was confirmed");
            }
            let theirs = *confirmed.lock().unwrap() as usize;
            assert!(theirs <= all.len(), "{told}: edition {theirs} was confirmed to another one");
            raced += usize::from(theirs > 0);
            editions(&memory).record(&draft(b"ours"), b"ours").unwrap();
            let all = check(&memory, &told);
            let same = all.iter().filter(|edition| edition.file == Digest::of_bytes(b"ours")).count();
            assert_eq!(same, 1, "{told}: once, however often it is recorded");
        }
    }
    assert!(in_time > 40 && raced >= 6, "{in_time} faults, {raced} races");
}

/// What runs where files cannot grow; without [`FOLDER`] there is nothing to do.
#[test]
fn writer_without_room() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let editions = Editions::open(Path::new(&folder), "ged_sb", "cm").unwrap();
    let values = vec![7; 4000];
    println!("refused: {}", editions.record(&draft(&values), &values).unwrap_err());
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_no_half_edition() {
    let root = tempfile::tempdir().unwrap();
    let editions = Editions::open(root.path(), "ged_sb", "cm").unwrap();
    let (before, _) = editions.record(&draft(b"small"), b"small").unwrap();
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["editions::writer_without_room", "--exact", "--nocapture"])
        .env(FOLDER, root.path())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains("refused: "), "{out}");
    let names = || std::fs::read_dir(root.path().join("ged_sb/cm")).unwrap().count();
    assert_eq!((editions.list().unwrap(), names()), (vec![before], 2), "nothing is left of it");
    let values = vec![7; 4000];
    let (edition, new) = editions.record(&draft(&values), &values).unwrap();
    assert_eq!((edition.number, new), (2, true));
    assert_eq!(std::fs::read(editions.read(&edition).unwrap()).unwrap(), values);
}

#[test]
fn what_a_killed_writer_left_goes_with_the_next_edition() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("ged_sb/cm");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(".unfinished-abc"), b"half").unwrap();
    let editions = Editions::open(root.path(), "ged_sb", "cm").unwrap();
    assert_eq!(editions.list().unwrap(), []);
    editions.record(&draft(b"one"), b"one").unwrap();
    assert!(!folder.join(".unfinished-abc").exists());
}
