//! `forewarn doctor`: could a run work?

use std::fmt::Write as _;
use std::path::Path;

use forewarn_data::geography::{self, Region};
use forewarn_pipeline::gates::GateFile;
use forewarn_pipeline::{Resolved, Source, ensembles, models, reach};
use serde::Serialize;

use crate::Failure;
use crate::arguments::ConfigArguments;

/// One check.
#[derive(Debug, Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    found: String,
}

impl Check {
    fn of(what: &'static str, result: Result<String, String>) -> Self {
        let (ok, found) = match result {
            Ok(found) => (true, found),
            Err(reason) => (false, reason),
        };
        Self { what, ok, found }
    }
}

/// Checks everything that can be checked without doing the run.
pub(crate) fn doctor(
    arguments: &ConfigArguments,
    environment: &[(String, String)],
    json: bool,
) -> Result<String, Failure> {
    let resolved = Resolved::load(&arguments.config, environment, &arguments.set);
    let mut checks = vec![geography_check(), machine_check()];
    match &resolved {
        Ok(run) => {
            checks.push(Check::of("configuration", Ok(run.file.display().to_string())));
            checks.push(components_check(run));
            checks.push(source_check(run));
            checks.push(output_check(&run.path(&run.config.output)));
            checks.push(rules_check(run));
            checks.extend(remote_checks(run));
        }
        Err(e) => checks.push(Check::of("configuration", Err(e.to_string()))),
    }
    let output = if json {
        serde_json::to_string_pretty(&checks).map_err(|e| Failure::new(1, e.to_string()))? + "\n"
    } else {
        words(&checks)
    };
    let bad: Vec<_> = checks.iter().filter(|c| !c.ok).map(|c| c.what).collect();
    if bad.is_empty() {
        return Ok(output);
    }
    Err(Failure { code: 1, reason: format!("a run would not work: {}", bad.join(", ")), output })
}

fn words(checks: &[Check]) -> String {
    let mut out = String::new();
    for c in checks {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:<4} {:<14} {}", if c.ok { "ok" } else { "BAD" }, c.what, c.found);
    }
    out
}

fn geography_check() -> Check {
    let (cells, land) =
        (geography::region(Region::AfricaMiddleEast).len(), geography::region(Region::Land).len());
    let found =
        format!("{cells} operational cells, {land} land cells, {} countries", geography::countries().len());
    Check::of("geography", Ok(found))
}

fn machine_check() -> Check {
    let threads = std::thread::available_parallelism().map_err(|e| e.to_string());
    // Linux tells; elsewhere nothing is said of memory.
    let memory = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    });
    let memory = memory.map(|kilobytes| format!(", {:.1} GB of memory free", kilobytes * 1024.0 / 1e9));
    Check::of("machine", threads.map(|n| format!("{n} threads{}", memory.unwrap_or_default())))
}

fn components_check(run: &Resolved) -> Check {
    let found = models(run)
        .and_then(|m| ensembles(run, &m).map(|e| format!("{} models, {} ensembles", m.len(), e.len())));
    Check::of("components", found.map_err(|e| e.to_string()))
}

fn source_check(run: &Resolved) -> Check {
    let path = match &run.config.source {
        None => return Check::of("source", Err(format!("{}: there is no [source]", run.file.display()))),
        Some(Source::Synthetic(_)) => return Check::of("source", Ok("synthetic process".to_owned())),
        Some(Source::Table(t)) => run.path(&t.path),
        Some(Source::Ucdp(u)) => run.path(&u.path),
    };
    let size = std::fs::metadata(&path).map(|m| format!("{} ({} bytes)", path.display(), m.len()));
    Check::of("source", size.map_err(|e| format!("{}: {e}", path.display())))
}

fn rules_check(run: &Resolved) -> Check {
    let file = run.config.gates.file.as_ref().map(|file| run.path(file).display().to_string());
    let found = file.unwrap_or_else(|| "the default rules".to_owned());
    Check::of("gates", GateFile::of(run).map(|_| found).map_err(|e| e.to_string()))
}

/// Whether what is kept on a server can be reached, with the credentials of the environment.
fn remote_checks(run: &Resolved) -> Vec<Check> {
    let store = run.config.store.clone().map(|place| ("store", place));
    let places = store.into_iter().chain([("archive", run.archive())]);
    let remote = places.filter(|(_, place)| place.to_string_lossy().starts_with("s3://"));
    let look = |place: &Path| reach(place).map(|()| place.display().to_string()).map_err(|e| e.to_string());
    remote.map(|(what, place)| Check::of(what, look(&place))).collect()
}

/// Whether a file can be made in the nearest existing folder of `output`.
fn output_check(output: &Path) -> Check {
    let Some(folder) = output.ancestors().find(|p| p.is_dir()) else {
        return Check::of("output", Err(format!("{}: no folder above it exists", output.display())));
    };
    let probe = folder.join(format!(".forewarn-doctor-{}", std::process::id()));
    let tried = std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe));
    let said = |e: std::io::Error| format!("{}: {e}", folder.display());
    Check::of("output", tried.map(|()| output.display().to_string()).map_err(said))
}
