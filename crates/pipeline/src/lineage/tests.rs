use std::path::Path;

use super::*;
use crate::small_run::{archive, code, load, observations, project};
use crate::{Error, Outcome, Silent, online, replay};

fn traced(folder: &Path, wanted: &str) -> Trace {
    trace(&load(folder, &[]), wanted).unwrap()
}

/// Kinds of all links from the forecast to its source, the first of each branch.
fn kinds(link: &Link) -> Vec<Kind> {
    std::iter::once(link.kind).chain(link.links.first().map(kinds).unwrap_or_default()).collect()
}

/// Links that do not hold: kind, and whether they are missing.
fn broken(trace: &Trace) -> Vec<(Kind, bool)> {
    let mut found: Vec<_> = trace
        .all()
        .iter()
        .filter(|link| link.state != State::Holds)
        .map(|link| (link.kind, matches!(link.state, State::Missing { .. })))
        .collect();
    found.dedup();
    found
}

fn done(folder: &Path) -> Outcome {
    archive(&project(folder, 2)).unwrap()
}

#[test]
fn a_chain_leads_from_the_source_to_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = done(folder.path());
    let issued = traced(folder.path(), &format!("deaths/common_ground/2020-12/{}", outcome.run));
    assert_eq!(broken(&issued), []);
    assert_eq!(
        kinds(&issued.made_of),
        [Kind::Ensemble, Kind::Forecast, Kind::Artifact, Kind::Panel, Kind::Source]
    );
    assert_eq!(issued.made_of.links.len(), 2, "both members");
    assert_eq!(issued.record.as_deref(), Some("0001"));
    let scores = &issued.used_in[0];
    assert_eq!((scores.kind, scores.links[0].kind), (Kind::Scores, Kind::Page));

    // Each link is the digest of what lies there.
    let digest = |path: &Path| forewarn_store::Digest::of_file(path).unwrap().to_string();
    for link in issued.all().iter().filter(|l| [Kind::Source, Kind::Page, Kind::Scores].contains(&l.kind)) {
        assert_eq!(digest(link.place.as_ref().unwrap()), link.digest, "{link:?}");
    }
    assert_eq!(digest(issued.made_of.place.as_ref().unwrap()), issued.made_of.digest);

    // A member is used in the ensemble, which leads to the page too.
    let member = traced(folder.path(), "long_memory");
    let used: Vec<Kind> = member.used_in.iter().map(|link| link.kind).collect();
    assert_eq!(used, [Kind::Ensemble, Kind::Scores]);
    assert_eq!(kinds(&member.used_in[0]), [Kind::Ensemble, Kind::Scores, Kind::Page]);
}

#[test]
fn features_stand_between_a_model_that_learns_from_them_and_the_panel() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 2);
    let line = "algorithm = \"stepshift\"\n[settings.regressor]\nalgorithm = \"least-squares\"\n";
    crate::small_run::write(folder.path(), "models/long_memory.toml", line);
    archive(&load(folder.path(), &[])).unwrap();
    let trace = traced(folder.path(), "long_memory/2020-12");
    assert_eq!(
        kinds(&trace.made_of),
        [Kind::Forecast, Kind::Artifact, Kind::Features, Kind::Panel, Kind::Source]
    );
    assert_eq!(broken(&trace), []);
}

#[test]
fn a_forecast_is_found_by_parts_folder_and_digest_only_when_it_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = done(folder.path());
    let whole = traced(folder.path(), &format!("deaths/long_memory/2020-12/{}", outcome.run));
    let (place, digest) = (whole.made_of.place.clone().unwrap(), whole.made_of.digest.clone());
    let place = place.to_str().unwrap();
    for wanted in
        ["long_memory", "long_memory/2020-12", &digest[..8], place, place.rsplit_once('/').unwrap().0]
    {
        assert_eq!(traced(folder.path(), wanted), whole, "{wanted}");
    }
    let said = |wanted: &str| match trace(&load(folder.path(), &[]), wanted) {
        Err(e @ Error::Config { .. }) => e.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(
        said("2020-12").contains("3 forecasts fit")
            && said("2020-12").contains("deaths/still_water/2020-12/")
    );
    assert!(said("long_memory/2019-12").contains("no forecast of the archive fits"));
    assert!(said("2020-12/long_memory").contains("no forecast"), "parts stand in their order");
}

/// Adds a byte to a file.
fn spoil(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.push(b' ');
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn every_link_that_is_changed_or_gone_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = done(folder.path());
    let whole = traced(folder.path(), "common_ground");
    let place = |kind: Kind| whole.all().iter().find(|l| l.kind == kind).unwrap().place.clone().unwrap();
    let steps = |kind| place(kind).join("panel.parquet");
    for (kind, path) in [
        (Kind::Source, place(Kind::Source)),
        (Kind::Panel, steps(Kind::Panel)),
        (Kind::Artifact, place(Kind::Artifact).join("model.state")),
        (Kind::Forecast, place(Kind::Forecast)),
        (Kind::Ensemble, place(Kind::Ensemble)),
        (Kind::Scores, outcome.folder.join("scores.json")),
        (Kind::Page, outcome.folder.join("report.html")),
    ] {
        let bytes = std::fs::read(&path).unwrap();
        spoil(&path);
        let found = broken(&traced(folder.path(), "common_ground"));
        assert!(found.contains(&(kind, false)) && found.iter().all(|f| f.0 == kind), "{kind:?}: {found:?}");
        std::fs::write(&path, bytes).unwrap();
    }
    for kind in [Kind::Panel, Kind::Artifact] {
        let (path, aside) = (place(kind), folder.path().join("aside"));
        std::fs::rename(&path, &aside).unwrap();
        let trace = traced(folder.path(), "common_ground");
        assert_eq!(broken(&trace).iter().filter(|f| **f != (kind, true)).count(), 0, "{kind:?}");
        assert!(broken(&trace).contains(&(kind, true)));
        let sources = trace.all().iter().filter(|l| l.kind == Kind::Source).count();
        assert_eq!(sources, 2, "the chain goes on behind what is missing");
        std::fs::rename(aside, path).unwrap();
    }
    std::fs::remove_dir_all(folder.path().join("forewarn-out/archive/deaths/long_memory")).unwrap();
    let trace = traced(folder.path(), "common_ground");
    let member = trace.made_of.links.iter().find(|l| l.name == "long_memory").unwrap();
    assert_eq!(member.state, State::Holds, "what is not in the archive is found among the steps");
    std::fs::remove_dir_all(folder.path().join("forewarn-out/steps/forecast")).unwrap();
    assert_eq!(broken(&traced(folder.path(), "common_ground")), [(Kind::Forecast, true)]);
}

#[test]
fn revised_observations_are_another_source() {
    let folder = tempfile::tempdir().unwrap();
    done(folder.path());
    observations(folder.path(), 9);
    assert_eq!(broken(&traced(folder.path(), "common_ground")), [(Kind::Source, false); 1]);
}

#[test]
fn a_model_that_two_editions_come_to_is_traced_to_that_of_the_forecast() {
    let folder = tempfile::tempdir().unwrap();
    let first = done(folder.path());
    observations(folder.path(), 9);
    let second = archive(&load(folder.path(), &[])).unwrap();
    assert_ne!(first.run, second.run);
    let trace = |outcome: &Outcome| traced(folder.path(), &format!("still_water/2020-12/{}", outcome.run));
    assert_eq!(broken(&trace(&first)), [(Kind::Source, false)]);
    assert_eq!(broken(&trace(&second)), []);
}

#[test]
fn scores_of_what_was_issued_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = project(folder.path(), 2);
    replay::replay(&resolved, &code(), ("2020-09", "2020-10"), &Silent).unwrap();
    let request = online::Request { risk: 10, ..online::Request::default() };
    online::online(&resolved, &code(), &request, &Silent).unwrap();
    let trace = traced(folder.path(), "long_memory/2020-09");
    let sheets: Vec<&Link> = trace.used_in.iter().filter(|l| l.kind == Kind::Sheet).collect();
    let names: Vec<&str> = sheets.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(names, ["long_memory 2020-10", "long_memory 2020-11"], "two steps ahead");
    let written: Vec<&str> = sheets[0].links.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(written, ["series/2020-10.csv", "2020-12.json"]);
    assert_eq!(broken(&trace), []);
    spoil(&folder.path().join("forewarn-out/online/deaths/2020-12.json"));
    assert_eq!(broken(&traced(folder.path(), "long_memory/2020-09")), [(Kind::Online, false); 1]);
    let later = traced(folder.path(), "long_memory/2020-10");
    assert!(later.used_in.iter().any(|l| l.name == "long_memory 2020-12"));
}
