use super::*;
use crate::small_run::{archive, project};

/// A small run that was done, twice.
fn done() -> (tempfile::TempDir, Resolved) {
    let folder = tempfile::tempdir().unwrap();
    let run = project(folder.path(), 1);
    // What stops it is no matter here: records and evidence are there anyhow.
    for _ in 0..2 {
        let _ = archive(&run);
    }
    (folder, run)
}

#[test]
fn every_page_is_made_from_what_a_run_left_and_asks_nobody_for_anything() {
    let (_folder, run) = done();
    for report in [Report::Evaluation, Report::Drift, Report::Run] {
        let made = make(&run, report, &Report::ALL).unwrap();
        let page = &made.page;
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{report:?}");
        for wish in ["http", "url(", "@import", "<script", "<link"] {
            assert!(!page.contains(wish), "{report:?} {wish}");
        }
        assert!(page.contains("href=\"drift.html\"") && page.contains("aria-current=\"page\""));
        // Every card says what its numbers are from.
        assert_eq!(page.matches("<article>").count().min(3), page.matches("class=\"stamp\">").count().min(3));
        assert_eq!(made, make(&run, report, &Report::ALL).unwrap(), "the same record, the same page");
    }
}

#[test]
fn the_evaluation_tells_models_from_baselines_and_says_what_it_does_not_know() {
    let (_folder, run) = done();
    let page = make(&run, Report::Evaluation, &[]).unwrap().page;
    assert!(page.contains("still_water (baseline)") && page.contains("common_ground"), "{page}");
    assert!(page.contains("forewarn evaluate online"), "no forecast that was issued has come yet");
    assert!(page.matches("<svg").count() >= 3 && !page.contains("NaN"));
    assert!(page.contains("n = ") && page.contains("vintage"));
    assert!(!page.contains("href=\"report.html\""), "no link to a page that is not there");
}

#[test]
fn the_run_page_compares_with_the_run_before() {
    let (_folder, run) = done();
    let page = make(&run, Report::Run, &[]).unwrap().page;
    assert!(page.contains("Against record 0001"), "{page}");
    assert!(page.contains("forewarn rerun 0002 -c forewarn.toml"));
}

#[test]
fn what_is_not_there_yet_is_told_with_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    let run = project(folder.path(), 1);
    for report in Report::ALL {
        let told = make(&run, report, &[]).unwrap_err().to_string();
        assert!(told.contains("forewarn run -c"), "{told}");
    }
}
