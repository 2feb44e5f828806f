//! `forewarn artifacts`: fitted models, to look at, to check and to forecast with.

use std::fmt::Write as _;

use forewarn_pipeline::artifacts::{Reuse, artifacts as artifacts_of, reuse};
use forewarn_pipeline::{Artifact, Artifacts, Error, Resolved};
use serde_json::{Value, json};

use super::{aligned, complete, json_text, number, run_and_code};
use crate::Failure;
use crate::arguments::{ArtifactsCommand, RunArguments};
use crate::progress::Display;

/// Does what the subcommand says.
pub(crate) fn artifacts(
    command: &ArtifactsCommand,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let store = |run: &RunArguments| -> Result<Artifacts, Failure> {
        Ok(artifacts_of(&Resolved::load(&run.config, environment, &run.set)?))
    };
    match command {
        ArtifactsCommand::List { run } => list(&store(run)?, run.json),
        ArtifactsCommand::Show { artifact, run } => {
            let artifact = store(run)?.find(artifact).map_err(Error::from)?;
            let facts = facts(&artifact)?;
            if run.json { json_text(&facts) } else { Ok(page(&artifact, &facts)) }
        }
        ArtifactsCommand::Verify { artifacts, run } => verify(&store(run)?, artifacts, run.json),
        ArtifactsCommand::Forecast { artifact, origin, output, run: arguments } => {
            let (run, code) = run_and_code(arguments, environment)?;
            let wanted = Reuse { artifact, origin: origin.as_deref(), output: output.as_deref() };
            let made = reuse(&run, &code, &Display::new(), wanted)?;
            if arguments.json {
                return json_text(&made);
            }
            Ok(format!(
                "{} from {}, steps 1 to {}\nwrote {}\nsha256 {}\n",
                made.artifact,
                made.origin,
                made.steps,
                made.file.display(),
                made.sha256
            ))
        }
    }
}

/// All that is known of an artifact.
fn facts(artifact: &Artifact) -> Result<Value, Failure> {
    let size = |(name, (bytes, sha256)): (&String, &(u64, _))| {
        (name.clone(), json!({ "bytes": bytes, "sha256": sha256 }))
    };
    Ok(json!({
        "folder": artifact.dir,
        "identity": artifact.identity,
        "fit": artifact.fit,
        "files": artifact.files.iter().map(size).collect::<serde_json::Map<_, _>>(),
        "cost": artifact.cost(),
        "evaluations": artifact.evaluations().map_err(Error::from)?,
    }))
}

fn list(store: &Artifacts, as_json: bool) -> Result<String, Failure> {
    let (all, broken) = store.list().map_err(Error::from)?;
    let reasons: Vec<String> = broken.iter().map(ToString::to_string).collect();
    if as_json {
        let all = all.iter().map(facts).collect::<Result<Vec<_>, _>>()?;
        return complete(json_text(&json!({ "artifacts": all, "unreadable": reasons }))?, &reasons);
    }
    if all.is_empty() && broken.is_empty() {
        return Ok("no artifacts yet; `forewarn train` makes them\n".to_owned());
    }
    let mut rows = vec![
        ["artifact", "algorithm", "partition", "learned from", "features", "CPU s", "bytes"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(all.iter().map(|a| {
        let (fit, cost) = (&a.fit, a.cost());
        vec![
            a.folder(),
            fit.algorithm.clone(),
            fit.partition.clone(),
            format!("{} to {}", fit.training.first, fit.training.last),
            fit.features.as_ref().map_or_else(|| "-".to_owned(), |f| f.used.len().to_string()),
            cost.cpu_seconds.map_or_else(|| "-".to_owned(), |s| format!("{s:.2}")),
            a.files.values().map(|(bytes, _)| bytes).sum::<u64>().to_string(),
        ]
    }));
    complete(aligned(&rows, 4), &reasons)
}

fn verify(store: &Artifacts, names: &[String], as_json: bool) -> Result<String, Failure> {
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    if names.is_empty() {
        let (found, broken) = store.list().map_err(Error::from)?;
        all = found;
        faults.extend(broken.iter().map(ToString::to_string));
    }
    for name in names {
        all.push(store.find(name).map_err(Error::from)?);
    }
    let mut files = 0;
    for artifact in &all {
        faults.extend(artifact.faults().map_err(Error::from)?.iter().map(ToString::to_string));
        files += artifact.files.len();
    }
    let text = if as_json {
        json_text(&json!({ "artifacts": all.len(), "files": files, "faults": faults }))?
    } else {
        format!("{} artifacts, {files} files: {} faults\n", all.len(), faults.len())
    };
    complete(text, &faults)
}

/// Two columns: what, and its value.
struct Rows(Vec<Vec<String>>);

impl Rows {
    fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push(vec![name.to_owned(), value.into()]);
    }
}

fn page(artifact: &Artifact, facts: &Value) -> String {
    let mut rows = Rows(Vec::new());
    rows.add("artifact", artifact.folder());
    rows.add("folder", artifact.dir.display().to_string());
    rows.add("identity", artifact.identity.to_string());
    fitted(artifact, &mut rows);
    made_of(artifact, &mut rows);
    let cost = artifact.cost();
    let unknown = || "not known (found from an earlier run)".to_owned();
    rows.add("CPU seconds", cost.cpu_seconds.map_or_else(unknown, |s| format!("{s:.2}")));
    rows.add("peak memory", cost.peak_bytes.map_or_else(unknown, |b| format!("{:.0} MB", b as f64 / 1e6)));
    let (exports, other): (Vec<_>, Vec<_>) =
        artifact.files.iter().partition(|(name, _)| name.starts_with("exports/"));
    for (name, (bytes, sha256)) in other {
        rows.add("file", format!("{name} {bytes} bytes {sha256}"));
    }
    if let (Some(first), Some(last)) = (exports.first(), exports.last()) {
        rows.add("exports", format!("{} files, {} to {}", exports.len(), first.0, last.0));
    }
    aligned(&rows.0, 2) + &evaluations(artifact, &facts["evaluations"])
}

/// Which model, with which settings.
fn fitted(artifact: &Artifact, rows: &mut Rows) {
    let fit = &artifact.fit;
    rows.add("model", format!("{}, {} (`forewarn explain {}`)", fit.model, fit.algorithm, fit.algorithm));
    rows.add("target", format!("{} at {}, steps 1 to {}", fit.target, fit.level, fit.steps));
    rows.add("settings", fit.settings.to_string());
    let defaults: Vec<String> =
        fit.defaults.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    rows.add("defaults", if defaults.is_empty() { "-".to_owned() } else { defaults.join(", ") });
    rows.add("seed", fit.seed.to_string());
}

/// What it learned from, and with which program.
fn made_of(artifact: &Artifact, rows: &mut Rows) {
    let (fit, training) = (&artifact.fit, &artifact.fit.training);
    rows.add("partition", fit.partition.as_str());
    let range = format!("{} to {}", training.first, training.last);
    rows.add("learned from", format!("{range}, {} periods x {} units", training.periods, training.units));
    let features = fit.features.as_ref().map_or_else(
        || "none".to_owned(),
        |f| format!("{} of {} {}: {}", f.used.len(), f.query_set, f.version, f.used.join(", ")),
    );
    rows.add("features", features);
    for (name, digest) in &fit.data {
        rows.add("data", format!("{name} {digest}"));
    }
    rows.add("vintage", fit.vintage.as_str());
    rows.add("program", format!("{}, {}", fit.code, fit.program));
}

/// Scores over all rows and by range of steps, run by run.
fn evaluations(artifact: &Artifact, all: &Value) -> String {
    let mut out = String::new();
    for (run, found) in all.as_object().into_iter().flatten() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let scored = text(&found["scored"]["name"]);
        let origins = found["origins"].as_array().map_or(0, Vec::len);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "\nscores in run {run}: {origins} origins, truth {} to {}",
            text(&found["test"][0]),
            text(&found["test"][1])
        );
        if found["scored"]["identity"].as_str() != Some(artifact.identity.as_str()) {
            let _ = writeln!(out, "(of {scored}: the same settings, fitted before the test range)");
        }
        let mut rows = vec![["metric", "steps", "score", "skill", "against"].map(str::to_owned).to_vec()];
        for score in found["scores"].as_array().into_iter().flatten() {
            let value = |key: &str| score[key].as_f64().map_or_else(|| "-".to_owned(), number);
            let steps = score["label"].as_str().unwrap_or("all").to_owned();
            rows.push(vec![
                text(&score["metric"]),
                steps,
                value("value"),
                value("skill"),
                text(&score["baseline"]),
            ]);
        }
        out.push_str(&aligned(&rows, 2));
    }
    out
}
