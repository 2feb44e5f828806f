//! The archive: what is filed stays as it was filed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_core::{Period, Step};
use forewarn_store::{Archive, Error, Filed, Made, Manifest};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{forecast, manifest, put};

/// An archive, and a folder for what is to be filed.
fn scene() -> (TempDir, Archive, TempDir) {
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::open(root.path().join("archive")).unwrap();
    (root, archive, tempfile::tempdir().unwrap())
}

fn file(archive: &Archive, folder: &TempDir, name: &str, run: &str) -> Filed {
    let bytes = forecast(1.0);
    archive.file(manifest(name, run, &bytes), &put(folder.path(), "f.parquet", &bytes)).unwrap()
}

/// The list of an archive of which all can be read.
fn list(archive: &Archive) -> Vec<Filed> {
    let (list, unreadable) = archive.list().unwrap();
    assert!(unreadable.is_empty(), "{unreadable:?}");
    list
}

/// All files below a folder: path, content and time of change.
fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut files(&path));
        } else {
            let changed = path.metadata().unwrap().modified().unwrap();
            found.insert(path.clone(), (std::fs::read(&path).unwrap(), changed));
        }
    }
    found
}

#[test]
fn a_forecast_is_filed_with_what_made_it() {
    let (root, archive, folder) = scene();
    let filed = file(&archive, &folder, "pink_panther", "r1");
    assert_eq!(filed.place(), root.path().join("archive/ged_sb/pink_panther/2020-12/r1"));
    assert_eq!(std::fs::read(filed.file().unwrap()).unwrap(), forecast(1.0));
    assert_eq!(filed.open().unwrap().field(Step(1)).unwrap().values()[0], 1.0);
    assert_eq!(list(&archive), std::slice::from_ref(&filed), "what is read is what was written");
    archive.verify(&filed).unwrap();
    assert_eq!(files(root.path()).len(), 2, "nothing lies beside the two files");
}

#[test]
fn a_minute_names_a_folder_without_colon() {
    let (_root, archive, _) = scene();
    let origin = (Period(1), "1980-01-01T00:00".to_owned());
    let place = archive.filed(Manifest { origin, ..manifest("m", "r", b"") }).place();
    assert!(place.ends_with("ged_sb/m/1980-01-01T0000/r"), "{}", place.display());
}

#[test]
fn filing_twice_changes_nothing() {
    let (root, archive, folder) = scene();
    let first = file(&archive, &folder, "m", "r");
    let before = files(root.path());
    assert_eq!(file(&archive, &folder, "m", "r"), first);
    assert_eq!(files(root.path()), before);
}

#[test]
fn other_content_under_the_same_name_is_a_conflict() {
    let (root, archive, folder) = scene();
    let filed = file(&archive, &folder, "m", "r");
    let before = files(root.path());
    let other = forecast(2.0);
    let path = put(folder.path(), "other.parquet", &other);

    let offered = manifest("m", "r", &other);
    let error = archive.file(offered.clone(), &path).unwrap_err().to_string();
    for part in
        [&filed.file().unwrap().display().to_string(), filed.manifest.file.as_str(), offered.file.as_str()]
    {
        assert!(error.contains(part), "{part} is not in: {error}");
    }

    // The same forecast, told to be made otherwise.
    let reseeded = Manifest { seed: 7, ..filed.manifest.clone() };
    let error = archive.file(reseeded, &folder.path().join("f.parquet")).unwrap_err();
    let Error::Conflict { path, filed: there, offered: now } = error else { panic!("{error}") };
    assert!(path.ends_with("m/2020-12/r/manifest.json") && there != now, "{}", path.display());
    assert_eq!(there, forewarn_store::Digest::of_file(&path).unwrap().to_string());

    assert_eq!(files(root.path()), before, "nothing was changed");
    archive.file(manifest("m", "r2", &other), &folder.path().join("other.parquet")).unwrap();
    assert_eq!(list(&archive).len(), 2);
}

#[test]
fn a_filing_that_was_killed_is_completed() {
    let (root, archive, folder) = scene();
    let filed = file(&archive, &folder, "m", "r");
    let whole = std::fs::read(filed.place().join("manifest.json")).unwrap();
    for left in ["half", "another forecast"] {
        std::fs::remove_file(filed.place().join("manifest.json")).unwrap();
        std::fs::write(filed.file().unwrap(), left).unwrap();
        put(&filed.place(), ".unfinished-xyz", b"leftover");
        assert_eq!(list(&archive), [], "without a manifest it is no forecast");

        assert_eq!(file(&archive, &folder, "m", "r"), filed);
        archive.verify(&filed).unwrap();
        assert_eq!(std::fs::read(filed.place().join("manifest.json")).unwrap(), whole);
        assert_eq!(files(root.path()).len(), 2, "the leftover is gone");
    }
}

#[test]
fn only_what_the_manifest_says_is_filed() {
    let (root, archive, folder) = scene();
    let path = put(folder.path(), "f.parquet", &forecast(2.0));
    let record = manifest("m", "r", &forecast(1.0));
    let error = archive.file(record.clone(), &path).unwrap_err().to_string();
    let found = forewarn_store::Digest::of_file(&path).unwrap();
    let expected =
        format!("{}: has sha256 {found}, the manifest says {}; make it again", path.display(), record.file);
    assert_eq!(error, expected);
    assert_eq!(files(root.path()).len(), 0, "nothing was filed");
}

#[test]
fn a_flipped_byte_is_found() {
    let (_root, archive, folder) = scene();
    let filed = file(&archive, &folder, "m", "r");
    let mut bytes = std::fs::read(filed.file().unwrap()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(filed.file().unwrap(), &bytes).unwrap();
    let error = archive.verify(&filed).unwrap_err().to_string();
    let found = forewarn_store::Digest::of_bytes(&bytes);
    let path = filed.file().unwrap();
    let expected = format!(
        "{}: has sha256 {found}, it was filed with {}; put it back from a copy, or file it again",
        path.display(),
        filed.manifest.file
    );
    assert_eq!(error, expected);
    std::fs::remove_file(&path).unwrap();
    assert!(
        matches!(archive.verify(&filed), Err(Error::Damaged { .. })),
        "a file that is gone is an error too"
    );
}

#[test]
fn the_list_is_in_order_and_without_what_is_unfinished() {
    let (root, archive, folder) = scene();
    for (name, run) in [("b", "r2"), ("a", "r1"), ("b", "r10"), ("a-b", "r1")] {
        file(&archive, &folder, name, run);
    }
    // A killed run leaves folders and files like these.
    let beside = archive.filed(manifest("c", "r", b"")).place();
    std::fs::create_dir_all(&beside).unwrap();
    put(&beside, "forecast-0123456789abcdef.parquet", &forecast(1.0));
    let unfinished = root.path().join("archive/ged_sb/.unfinished-abc");
    std::fs::create_dir(&unfinished).unwrap();
    put(&unfinished, "manifest.json", b"half");
    put(&root.path().join("archive"), ".unfinished-file", b"half");

    let names: Vec<_> =
        list(&archive).into_iter().map(|f| format!("{}/{}", f.manifest.name, f.manifest.run)).collect();
    assert_eq!(names, ["a/r1", "a-b/r1", "b/r10", "b/r2"]);
}

/// A manifest with other fields and the digest that belongs to them, as a newer program would write it.
fn signed(json: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(json).unwrap();
    let digest = forewarn_store::Digest::of_bytes(text.as_bytes());
    format!("{},\n  \"digest\": \"{digest}\"\n}}", text.strip_suffix("\n}").unwrap())
}

#[test]
fn a_manifest_that_is_not_understood_is_told_and_the_others_are_listed() {
    let (_root, archive, folder) = scene();
    let filed = file(&archive, &folder, "m", "r");
    let other = file(&archive, &folder, "other", "r");
    let path = filed.place().join("manifest.json");
    let written = std::fs::read(&path).unwrap();
    let mut whole: serde_json::Value = serde_json::from_slice(&written).unwrap();
    let digest = whole.as_object_mut().unwrap().remove("digest").unwrap();
    assert_eq!(
        signed(&serde_json::to_value(&filed.manifest).unwrap()).len(),
        written.len(),
        "the digest is over the rest"
    );
    let changed = |pointer: &str, key: &str, value: serde_json::Value| {
        let mut json = whole.clone();
        json.pointer_mut(pointer).unwrap()[key] = value;
        json
    };
    for (text, message) in [
        (signed(&changed("", "colour", json!("red"))), "unknown field `colour`"),
        (signed(&changed("/made", "colour", json!("red"))), "unknown field `colour`"),
        (
            signed(&changed("", "schema", json!(3))),
            "its manifest is of version 3, this program knows versions to 2",
        ),
        (signed(&changed("", "file", json!("abc"))), "`abc` is no SHA-256 digest"),
        (whole.to_string(), "lacks its digest"),
        (changed("", "digest", digest).to_string(), "unknown field `digest`"),
        (String::from_utf8(written).unwrap().replace("\"seed\": 1", "\"seed\": 2"), "it was filed with"),
        (String::new(), "EOF"),
    ] {
        std::fs::write(&path, text).unwrap();
        let (list, unreadable) = archive.list().unwrap();
        assert_eq!(list, std::slice::from_ref(&other));
        let [told] = &unreadable[..] else { panic!("{unreadable:?}") };
        assert_eq!((told.name(), told.folder.as_str()), ("m", "ged_sb/m/2020-12/r"));
        let error = told.error.to_string();
        assert!(error.starts_with(&path.display().to_string()) && error.contains(message), "{error}");
        let again = archive.file(filed.manifest.clone(), &folder.path().join("f.parquet")).unwrap_err();
        assert_eq!(again.to_string(), error, "what cannot be read is not written over");
    }
}

/// Makes of a forecast what the program wrote before manifests had a digest.
fn as_of_version_1(filed: &Filed) {
    let old = Manifest { schema: 1, ..filed.manifest.clone() };
    let text = serde_json::to_vec_pretty(&old).unwrap();
    std::fs::write(filed.place().join("manifest.json"), text).unwrap();
    std::fs::rename(filed.file().unwrap(), filed.place().join("forecast.parquet")).unwrap();
}

#[test]
fn archives_of_version_1_are_read_and_the_same_is_not_filed_again() {
    let (root, archive, folder) = scene();
    let new = file(&archive, &folder, "m", "r");
    as_of_version_1(&new);
    let before = files(root.path());
    let [old] = &list(&archive)[..] else { panic!("one") };
    assert_eq!(old.manifest.schema, 1);
    assert_eq!(old.open().unwrap().field(Step(1)).unwrap().values()[0], 1.0);
    archive.verify(old).unwrap();
    assert_eq!(archive.verify_all().unwrap().faults, []);
    assert_eq!(file(&archive, &folder, "m", "r"), *old);
    let other = forecast(2.0);
    let path = put(folder.path(), "other.parquet", &other);
    assert!(matches!(archive.file(manifest("m", "r", &other), &path), Err(Error::Conflict { .. })));
    assert_eq!(files(root.path()), before);
    assert_eq!(Filed::read(&old.place()).unwrap(), *old);
}

#[test]
fn filing_again_puts_back_what_was_lost() {
    let (root, archive, folder) = scene();
    let filed = file(&archive, &folder, "m", "r");
    let whole: Vec<_> = files(root.path()).into_iter().map(|(path, (bytes, _))| (path, bytes)).collect();
    std::fs::remove_file(filed.file().unwrap()).unwrap();
    assert_eq!(file(&archive, &folder, "m", "r"), filed);
    std::fs::write(filed.file().unwrap(), b"damaged").unwrap();
    assert_eq!(file(&archive, &folder, "m", "r"), filed);
    let mended: Vec<_> = files(root.path()).into_iter().map(|(path, (bytes, _))| (path, bytes)).collect();
    assert_eq!(mended, whole);
}

#[test]
fn names_stay_within_the_archive() {
    let (root, archive, folder) = scene();
    let bytes = forecast(1.0);
    let path = put(folder.path(), "f.parquet", &bytes);
    for bad in ["", "..", "../m", "a/b", "a\\b", ".hidden", "/etc"] {
        let error = archive.file(manifest(bad, "r", &bytes), &path).unwrap_err().to_string();
        assert!(error.contains(&format!("`{bad}` cannot name a folder")), "{error}");
    }
    let newer = Manifest { schema: 3, ..manifest("m", "r", &bytes) };
    assert!(archive.file(newer, &path).unwrap_err().to_string().contains("version 3"));
    assert_eq!(files(root.path()).len(), 0);
}

#[test]
fn an_ensemble_is_recorded_with_its_members() {
    let (_root, archive, folder) = scene();
    let bytes = forecast(1.0);
    let made = Made::Ensemble {
        algorithm: "mean".into(),
        settings: json!({}),
        role: "production".into(),
        members: BTreeMap::from([("m".to_owned(), "abc".to_owned())]),
        absent: BTreeMap::new(),
        weights: vec![vec![1.0 / 3.0, 2.0 / 3.0]],
    };
    let record = Manifest { made, ..manifest("e", "r", &bytes) };
    archive.file(record.clone(), &put(folder.path(), "f.parquet", &bytes)).unwrap();
    assert_eq!(list(&archive)[0].manifest, record);
}
