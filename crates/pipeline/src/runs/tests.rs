use super::*;
use crate::small_run::{archive, load, observations, project, write};

#[test]
fn numbers_only_rise_and_replace_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = project(folder.path(), 2);
    let first = archive(&resolved).unwrap().record;
    let record = Record::read(&first).unwrap();
    let runs = Runs::of(&resolved);
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
    let runs = Runs::of(&resolved);
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
