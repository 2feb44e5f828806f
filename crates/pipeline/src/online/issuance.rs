//! When forecasts were issued, as the records of runs tell.
//!
//! A record is read for these few of its keys only: what scores forecasts does not know what a run is.

use std::collections::BTreeMap;

use forewarn_store::{Manifest, open_objects};
use serde::Deserialize;

use crate::{Resolved, Result};

/// What a record tells of what was filed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Filing {
    run: Option<String>,
    until: String,
    end: String,
    ended: String,
    digests: Digests,
}

#[derive(Debug, Clone, Deserialize)]
struct Digests {
    forecasts: BTreeMap<String, String>,
}

/// What all records tell; one that cannot be read tells nothing.
///
/// # Errors
/// Records that cannot be looked for.
pub(super) fn filings(run: &Resolved) -> Result<Vec<Filing>> {
    let objects = open_objects(&run.shared("records"))?;
    let mut names: Vec<String> = objects.list("")?.into_iter().map(|object| object.name).collect();
    names.retain(|name| name.ends_with("/record.json") && !name.starts_with('.'));
    names.sort_unstable();
    let read = |name: &String| serde_json::from_slice(&objects.get(name).ok()??).ok();
    Ok(names.iter().filter_map(read).collect())
}

/// When a forecast was filed first: UTC, as in RFC 3339.
pub(super) fn first_filed(manifest: &Manifest, filings: &[Filing]) -> Option<String> {
    let is_filed = |filing: &&Filing| {
        filing.run.as_ref() == Some(&manifest.run)
            && filing.end != "failed"
            && ["archive", "hindcast"].contains(&filing.until.as_str())
            && filing.digests.forecasts.get(&manifest.name).map(String::as_str)
                == Some(manifest.file.as_str())
    };
    filings.iter().filter(is_filed).map(|filing| filing.ended.clone()).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_run::{archive, project, write};

    #[test]
    fn when_a_forecast_was_issued_is_what_the_first_record_of_its_filing_says() {
        let folder = tempfile::tempdir().unwrap();
        let resolved = project(folder.path(), 2);
        archive(&resolved).unwrap();
        let filed = forewarn_store::Archive::open(resolved.archive()).unwrap().list().unwrap().0;
        let manifest = &filed.iter().find(|f| f.manifest.name == "long_memory").unwrap().manifest;
        write(folder.path(), "forewarn-out/records/0007/notes.txt", "mine");
        write(folder.path(), "forewarn-out/records/0008/record.json", "{");
        let all = filings(&resolved).unwrap();
        assert_eq!(all.len(), 1, "what is no record tells nothing");
        let at = |ended: &str| Filing { ended: ended.to_owned(), ..all[0].clone() };
        let (first, again) = (at("2021-01-05T10:00:00Z"), at("2022-01-01T00:00:00Z"));
        let of = |filings: &[Filing]| first_filed(manifest, filings);
        assert_eq!(of(&[again.clone(), first.clone()]), Some(first.ended), "doing it again is no news");
        let early = || at("2020-12-01T00:00:00Z");
        let stopped = Filing { end: "failed".to_owned(), ..early() };
        let shorter = Filing { until: "report".to_owned(), ..early() };
        let other = Filing { run: Some("other".to_owned()), ..early() };
        let mut changed = early();
        changed.digests.forecasts.insert("long_memory".to_owned(), "0".repeat(64));
        for none in [stopped, shorter, other, changed] {
            assert_eq!(of(&[none, again.clone()]), Some(again.ended.clone()), "nothing of it was filed");
        }
        let hindcast = Filing { until: "hindcast".to_owned(), ..early() };
        assert_eq!(of(&[hindcast, again]), Some(early().ended), "what was replayed is filed too");
    }
}
