//! Which scores of what was issued a forecast went into.

use std::path::Path;

use forewarn_core::Period;
use forewarn_store::{Digest, Filed, StepOutput};
use serde_json::Value;

use super::disk::Disk;
use super::{Kind, Link, State, missing};

/// Sheets that a forecast is in, each with what is written from it; the earliest month first.
pub(super) fn used(disk: &Disk<'_>, filed: &Filed) -> Vec<Link> {
    let manifest = &filed.manifest;
    let sheets = disk.steps("online");
    let of = |step: &&StepOutput| {
        step.notes["name"] == manifest.name.as_str()
            && names(&step.notes["forecasts"], manifest.file.as_str())
    };
    let mut sheets: Vec<&StepOutput> = sheets.iter().filter(of).collect();
    sheets.sort_by_key(|step| step.notes["month"].as_i64());
    let link = |step: &&StepOutput| {
        let month = step.notes["month"].as_i64().unwrap_or_default() as i32;
        Link {
            kind: Kind::Sheet,
            name: format!("{} {}", manifest.name, manifest.cadence.label(Period(month))),
            digest: step.digest.to_string(),
            place: Some(step.dir.clone()),
            state: disk.check_step(step),
            links: published(disk, &manifest.target, step.digest.as_str()),
        }
    };
    sheets.iter().map(link).collect()
}

/// Tables and scores that were written from a sheet, as far as nothing newer has taken their place.
fn published(disk: &Disk<'_>, target: &str, sheet: &str) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for kind in ["online-series", "online-scores"] {
        let steps = disk.steps(kind);
        for step in steps.iter().filter(|step| names(&step.notes["sheets"], sheet)) {
            let Some(file) = step.notes["file"].as_str() else { continue };
            let path = disk.root.join("online").join(target).join(file);
            let Some(digest) = step.files.values().next() else { continue };
            let state = state(&path, digest, &steps);
            links.extend(state.map(|state| Link {
                kind: Kind::Online,
                name: file.to_owned(),
                digest: digest.to_string(),
                place: Some(path),
                state,
                links: Vec::new(),
            }));
        }
    }
    links
}

/// Whether a file is what a step made; `None` when it is what another step made.
fn state(path: &Path, digest: &Digest, steps: &[StepOutput]) -> Option<State> {
    match Digest::of_file(path) {
        Ok(found) if found == *digest => Some(State::Holds),
        Ok(found) if steps.iter().any(|step| step.files.values().any(|made| *made == found)) => None,
        Ok(found) => Some(State::Differs { reason: format!("{} has sha256 {found}", path.display()) }),
        Err(e) => Some(missing(e.to_string())),
    }
}

/// Whether a list has a digest.
fn names(list: &Value, digest: &str) -> bool {
    list.as_array().is_some_and(|all| all.iter().any(|one| one == digest))
}
