//! `forewarn archive`: forecasts that are filed, to look at, to check and to copy.

use std::path::{Path, PathBuf};

use forewarn_pipeline::{
    Archive, Error, FaultKind, Filed, Made, Manifest, Unreadable, Verification, write_table,
};
use serde_json::{Value, json};

use super::{aligned, complete, json_text};
use crate::Failure;
use crate::arguments::{ArchiveArguments, ArchiveCommand, Layout};

/// Does what the subcommand says.
pub(crate) fn archive(command: &ArchiveCommand) -> Result<String, Failure> {
    match command {
        ArchiveCommand::List { forecast, archive } => list(archive, forecast.as_deref()),
        ArchiveCommand::Show { forecast, archive } => {
            let filed = one(all(&open(&archive.archive)?)?.0, Some(forecast))?;
            if archive.json { json_text(&facts(&filed)) } else { Ok(page(&filed)) }
        }
        ArchiveCommand::Verify { archive } => {
            let found = open(&archive.archive)?.verify_all().map_err(Error::from)?;
            verified(&found, archive.json)
        }
        ArchiveCommand::Export { forecast, to, archive } => export(archive, forecast.as_deref(), to),
        ArchiveCommand::Import { source, forecast, layout: Layout::Archive, archive } => {
            copy(&open(source)?, &open(&archive.archive)?, forecast.as_deref(), archive.json)
        }
    }
}

fn open(place: &Path) -> Result<Archive, Failure> {
    Ok(Archive::open(place).map_err(Error::from)?)
}

fn all(archive: &Archive) -> Result<(Vec<Filed>, Vec<Unreadable>), Failure> {
    Ok(archive.list().map_err(Error::from)?)
}

/// Whether the parts of `wanted` are parts of the forecast's folder, in this order.
fn fits(manifest: &Manifest, wanted: Option<&str>) -> bool {
    let folder = manifest.folder();
    let mut parts = folder.split('/');
    let wanted = wanted.unwrap_or_default().replace(':', "");
    wanted.split('/').filter(|part| !part.is_empty()).all(|part| parts.any(|there| there == part))
}

/// The only forecast that fits.
fn one(all: Vec<Filed>, wanted: Option<&str>) -> Result<Filed, Failure> {
    let mut fit: Vec<Filed> = all.into_iter().filter(|filed| fits(&filed.manifest, wanted)).collect();
    match (fit.pop(), fit.len()) {
        (Some(filed), 0) => Ok(filed),
        (None, _) => {
            let reason = format!(
                "no forecast fits `{}`; `forewarn archive list` has them",
                wanted.unwrap_or_default()
            );
            Err(Failure::new(2, reason))
        }
        (Some(last), _) => {
            let names: Vec<_> = fit.iter().chain([&last]).map(|filed| filed.manifest.folder()).collect();
            Err(Failure::new(2, format!("{} forecasts fit, name one of: {}", names.len(), names.join(", "))))
        }
    }
}

fn list(arguments: &ArchiveArguments, wanted: Option<&str>) -> Result<String, Failure> {
    let archive = open(&arguments.archive)?;
    let (mut found, unreadable) = all(&archive)?;
    found.retain(|filed| fits(&filed.manifest, wanted));
    let reasons: Vec<String> = unreadable.iter().map(|broken| broken.error.to_string()).collect();
    let text = if arguments.json {
        let forecasts: Vec<Value> = found.iter().map(facts).collect();
        json_text(&json!({ "archive": archive.place(), "forecasts": forecasts, "unreadable": reasons }))?
    } else if found.is_empty() {
        format!("no forecasts in {}\n", archive.place().display())
    } else {
        table(&found)
    };
    complete(text, &reasons)
}

fn table(found: &[Filed]) -> String {
    let heads = ["target", "name", "origin", "run", "steps", "draws", "units"].map(str::to_owned).to_vec();
    let row = |filed: &Filed| {
        let m = &filed.manifest;
        let draws = m.draws.map_or_else(|| "point".to_owned(), |n| n.to_string());
        let words = [&m.target, &m.name, &m.origin.1, &m.run].map(Clone::clone);
        [words.to_vec(), vec![m.steps.to_string(), draws, m.units.to_string()]].concat()
    };
    aligned(&[vec![heads], found.iter().map(row).collect()].concat(), 4)
}

/// All that is known of a forecast.
fn facts(filed: &Filed) -> Value {
    json!({ "place": filed.place(), "file": filed.file_place(), "manifest": filed.manifest })
}

/// The manifest in words.
fn page(filed: &Filed) -> String {
    let m = &filed.manifest;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut add = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    add("forecast", m.folder());
    add("file", filed.file_place().display().to_string());
    add("sha256", m.file.to_string());
    let last = m.origin.0.0 + i32::from(m.steps.0);
    let last = m.cadence.label(forewarn_core::Period(last));
    add(
        "target",
        format!("{} at {}, from {}: steps 1 to {} (to {last})", m.target, m.level, m.origin.1, m.steps),
    );
    let draws = m.draws.map_or_else(|| "one value".to_owned(), |n| format!("{n} draws"));
    add("size", format!("{} units, {draws} a unit and step", m.units));
    add("missing", format!("{} of {} unit-steps", m.missing, m.units * u64::from(m.steps.0)));
    for (name, value) in how(&m.made) {
        add(&name, value);
    }
    add("seed", m.seed.to_string());
    add("vintage", m.vintage.clone());
    for (name, digest) in &m.data {
        add("data", format!("{name} {digest}"));
    }
    for (name, digest) in &m.inputs {
        add("input", format!("{name} {digest}"));
    }
    add("program", m.code.clone());
    add("configuration", m.config.to_string());
    aligned(&rows, 2)
}

/// How it was made, as names and values.
fn how(made: &Made) -> Vec<(String, String)> {
    let row = |name: &str, value: String| (name.to_owned(), value);
    let algorithm = |kind: &str, name: &str, settings: &Value| {
        vec![
            row("made by", format!("{kind}, {name} (`forewarn explain {name}`)")),
            row("settings", settings.to_string()),
        ]
    };
    match made {
        Made::Model { algorithm: name, settings, artifact, state } => {
            let mut rows = algorithm("a model", name, settings);
            rows.extend([row("artifact", artifact.clone()), row("state", state.clone())]);
            rows
        }
        Made::Ensemble { algorithm: name, settings, role, members, absent, .. } => {
            let mut rows = algorithm("an ensemble", name, settings);
            rows.push(row("role", role.clone()));
            rows.extend(members.iter().map(|(name, digest)| row("member", format!("{name} {digest}"))));
            rows.extend(absent.iter().map(|(name, why)| row("absent", format!("{name}: {why}"))));
            rows
        }
        Made::Reconciliation { algorithm: name, settings, cells, countries } => {
            let mut rows = algorithm("reconciliation", name, settings);
            rows.push(row("cells", format!("{} {}", cells.0, cells.1)));
            rows.push(row("countries", format!("{} {}", countries.0, countries.1)));
            rows
        }
        Made::Import { source, digest, layout } => vec![
            row("made by", "somebody else, who published it".to_owned()),
            row("source", source.clone()),
            row("layout", layout.clone()),
            row("published", digest.clone()),
        ],
    }
}

fn verified(found: &Verification, as_json: bool) -> Result<String, Failure> {
    let text = if as_json {
        json_text(found)?
    } else {
        let orphans = found.faults.iter().filter(|fault| fault.kind == FaultKind::Orphaned);
        let orphans = orphans.map(|fault| format!("orphaned: {}: {}", fault.place.display(), fault.reason));
        let count = |kind| found.faults.iter().filter(|fault| fault.kind == kind).count();
        let [damaged, missing, orphaned] =
            [FaultKind::Damaged, FaultKind::Missing, FaultKind::Orphaned].map(count);
        let sum = format!(
            "{} forecasts are whole, {} objects: {damaged} damaged, {missing} missing, {orphaned} orphaned",
            found.whole, found.objects
        );
        lines(orphans.chain([sum]))
    };
    let harm = found.faults.iter().filter(|fault| fault.kind != FaultKind::Orphaned);
    let harm: Vec<String> =
        harm.map(|fault| format!("{}: {}", fault.place.display(), fault.reason)).collect();
    complete(text, &harm)
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

fn export(arguments: &ArchiveArguments, wanted: Option<&str>, to: &Path) -> Result<String, Failure> {
    let archive = open(&arguments.archive)?;
    let ending = to.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if !matches!(ending.as_deref(), Some("csv" | "parquet")) {
        return copy(&archive, &open(to)?, wanted, arguments.json);
    }
    let filed = one(all(&archive)?.0, wanted)?;
    archive.verify(&filed).map_err(Error::from)?;
    write_table(&filed.open().map_err(Error::from)?, to).map_err(Error::from)?;
    let m = &filed.manifest;
    let rows = m.units * u64::from(m.steps.0) * m.draws.unwrap_or(1) as u64;
    if arguments.json {
        return json_text(&json!({ "file": to, "rows": rows, "forecast": m.folder() }));
    }
    Ok(format!("wrote {} ({rows} rows)\n", to.display()))
}

/// Files the forecasts of one archive in another, all that it can.
fn copy(from: &Archive, to: &Archive, wanted: Option<&str>, as_json: bool) -> Result<String, Failure> {
    let (mut found, unreadable) = all(from)?;
    found.retain(|filed| fits(&filed.manifest, wanted));
    if found.is_empty() && unreadable.is_empty() {
        let (wanted, place) = (wanted.unwrap_or_default(), from.place());
        return Err(Failure::new(2, format!("{}: no forecast fits `{wanted}`", place.display())));
    }
    let mut reasons: Vec<String> = unreadable.iter().map(|broken| broken.error.to_string()).collect();
    let mut filed: Vec<PathBuf> = Vec::new();
    for forecast in found {
        let copied = forecast.file().and_then(|path| to.file(forecast.manifest, &path));
        match copied {
            Ok(there) => filed.push(there.place()),
            Err(e) => reasons.push(e.to_string()),
        }
    }
    let text = if as_json {
        json_text(&json!({ "archive": to.place(), "filed": filed, "failed": reasons }))?
    } else {
        lines(filed.iter().map(|place| format!("filed: {}", place.display())))
    };
    complete(text, &reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, run: &str) -> Manifest {
        let digest = "ab".repeat(32);
        serde_json::from_value(json!({
            "schema": 2, "run": run, "name": name,
            "made": { "kind": "import", "source": "https://example.org", "digest": digest, "layout": "long" },
            "target": "ged_sb", "level": "pgm", "cadence": "month", "origin": [492, "2020-12"], "steps": 3,
            "draws": null, "units": 2, "missing": 1, "seed": 0, "vintage": "final", "code": "0.1.0",
            "config": digest, "data": {}, "inputs": { "panel": "12ab" }, "file": digest
        }))
        .unwrap()
    }

    fn filed(name: &str, run: &str) -> Filed {
        Archive::open("nowhere").unwrap().filed(manifest(name, run))
    }

    #[test]
    fn some_parts_in_their_order_tell_a_forecast() {
        let here = manifest("quiet_river", "r1");
        for wanted in ["quiet_river", "ged_sb/r1", "ged_sb/quiet_river/2020-12/r1", "/quiet_river/", ""] {
            assert!(fits(&here, Some(wanted)), "{wanted}");
        }
        for wanted in ["quiet", "r1/quiet_river", "ged_sb/ged_sb", "2020"] {
            assert!(!fits(&here, Some(wanted)), "{wanted}");
        }
        assert!(fits(&here, None));
    }

    #[test]
    fn one_is_one() {
        let both = || vec![filed("a", "r1"), filed("a", "r2")];
        assert_eq!(one(both(), Some("a/r2")).unwrap().manifest.run, "r2");
        let failure = one(both(), Some("a")).unwrap_err();
        assert_eq!(failure.code, 2);
        assert_eq!(failure.reason, "2 forecasts fit, name one of: ged_sb/a/2020-12/r1, ged_sb/a/2020-12/r2");
        assert!(one(both(), Some("b")).unwrap_err().reason.starts_with("no forecast fits `b`"));
    }

    #[test]
    fn a_manifest_is_told_in_words() {
        let text = page(&filed("quiet_river", "r1"));
        let digest = "ab".repeat(32);
        let expected = [
            "forecast       ged_sb/quiet_river/2020-12/r1".to_owned(),
            "file           nowhere/ged_sb/quiet_river/2020-12/r1/forecast-abababababababab.parquet"
                .to_owned(),
            format!("sha256         {digest}"),
            "target         ged_sb at pgm, from 2020-12: steps 1 to 3 (to 2021-03)".to_owned(),
            "size           2 units, one value a unit and step".to_owned(),
            "missing        1 of 6 unit-steps".to_owned(),
            "made by        somebody else, who published it".to_owned(),
            "source         https://example.org".to_owned(),
            "layout         long".to_owned(),
            format!("published      {digest}"),
            "seed           0".to_owned(),
            "vintage        final".to_owned(),
            "input          panel 12ab".to_owned(),
            "program        0.1.0".to_owned(),
            format!("configuration  {digest}"),
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_list_is_a_table() {
        let text = table(&[filed("a", "r1"), filed("long_name", "r2")]);
        let expected = "target  name       origin   run  steps  draws  units\n\
                        ged_sb  a          2020-12  r1       3  point      2\n\
                        ged_sb  long_name  2020-12  r2       3  point      2\n";
        assert_eq!(text, expected);
    }
}
