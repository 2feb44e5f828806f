//! The index: only speed depends on it.

use std::sync::Arc;

use forewarn_store::{Archive, Filed, Objects as _};

use crate::memory::{Faulty, Kind, Memory};
use crate::support::{forecast, manifest, put};

const INDEX: &str = ".index.json";

/// An archive of 40 forecasts without an index.
fn scene() -> (Arc<Memory>, Archive) {
    let (memory, folder) = (Arc::new(Memory::default()), tempfile::tempdir().unwrap());
    let archive = Archive::over(Arc::clone(&memory) as _);
    let bytes = forecast(1.0);
    let path = put(folder.path(), "f.parquet", &bytes);
    for i in 0..40 {
        archive.file(manifest("m", &format!("r{i:02}"), &bytes), &path).unwrap();
    }
    (memory, archive)
}

/// What is listed, and how many objects were asked for: one of them is the listing, one the index.
fn list(memory: &Arc<Memory>) -> (Vec<Filed>, usize) {
    let counted = Arc::new(Faulty::new(Arc::clone(memory), Kind::Refused, usize::MAX, Box::new(|| ())));
    let (list, unreadable) = Archive::over(Arc::clone(&counted) as _).list().unwrap();
    assert!(unreadable.is_empty(), "{unreadable:?}");
    (list, counted.calls())
}

#[test]
fn what_was_read_once_is_not_read_again() {
    let (memory, _) = scene();
    let (first, calls) = list(&memory);
    assert_eq!((first.len(), calls), (40, 43), "all are read and the index is written");
    assert_eq!(list(&memory), (first.clone(), 2));

    memory.delete("ged_sb/m/2020-12/r07/manifest.json").unwrap();
    let (fewer, calls) = list(&memory);
    assert_eq!((fewer.len(), calls), (39, 2), "what is gone is not listed");
    let name = "ged_sb/m/2020-12/r08/manifest.json";
    let bytes = memory.get(name).unwrap().unwrap();
    memory.put(name, &bytes).unwrap();
    assert_eq!(list(&memory), (fewer, 3), "what was written anew is read");
}

#[test]
fn an_index_that_is_gone_damaged_or_wrong_changes_nothing() {
    let (memory, archive) = scene();
    let (whole, _) = list(&memory);
    let index = memory.get(INDEX).unwrap().unwrap();
    let mut flipped = index.clone();
    flipped[index.len() / 2] ^= 4;
    let (short, other) = (&index[..index.len() / 2], b"[]".as_slice());
    for bytes in [short, &flipped, other, b"", b"\n[]"] {
        memory.put(INDEX, bytes).unwrap();
        assert!(archive.verify_all().unwrap().is_damaged());
        assert_eq!(list(&memory), (whole.clone(), 43));
        assert_eq!(memory.get(INDEX).unwrap().unwrap(), index, "it is made anew");
    }
    memory.delete(INDEX).unwrap();
    assert_eq!(archive.verify_all().unwrap().faults, []);
    assert_eq!(list(&memory), (whole, 43));
}

#[test]
fn a_listing_needs_no_index_and_tells_what_could_not_be_read() {
    let (memory, _) = scene();
    let (whole, _) = list(&memory);
    memory.delete(INDEX).unwrap();
    for at in 1..45 {
        let faulty = Faulty::new(Arc::clone(&memory), Kind::Refused, at, Box::new(|| ()));
        let (list, unreadable) = Archive::over(Arc::new(faulty)).list().unwrap();
        let all = list.iter().map(|f| f.manifest.run.clone());
        let mut all: Vec<_> =
            all.chain(unreadable.iter().map(|u| u.folder.rsplit('/').next().unwrap().to_owned())).collect();
        all.sort();
        assert_eq!(all, whole.iter().map(|f| f.manifest.run.clone()).collect::<Vec<_>>());
        assert_eq!(unreadable.len(), usize::from((2..42).contains(&at)), "call {at}");
        memory.delete(INDEX).unwrap();
    }
}
