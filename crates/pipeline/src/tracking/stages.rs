//! What each stage of a run is told as.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use forewarn_drift::gate::Verdict;
use forewarn_tracking::{Alert, Artifact, File, Level, Metrics, Moment, Place, Role, Run, Table};
use serde_json::{Value, json};

use crate::Resolved;
use crate::record::{CONFIG, PAGE, Record, SCORES, leaves, word};
use crate::scores::{Group, Scores};

/// A stage of a run, as it is told.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) run: Run,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) metrics: Vec<Metrics>,
    pub(super) tables: Vec<(String, Table)>,
    pub(super) pictures: Vec<PathBuf>,
    pub(super) alerts: Vec<Alert>,
    pub(super) exit_code: u8,
}

/// The stages that a run came to; `None` when its record has no time that can be read.
pub(super) fn stages(run: &Resolved, record: &Record) -> Option<Vec<Stage>> {
    let digests = &record.digests;
    let reached = [
        ("fetch", true),
        ("train", !digests.artifacts.is_empty()),
        ("evaluate", digests.scores.is_some()),
        ("forecast", !digests.forecasts.is_empty()),
        ("gate", !record.gates.is_empty()),
        ("report", digests.page.is_some()),
    ];
    let started = Moment::parse(&record.started).ok()?;
    let config: BTreeMap<String, Value> =
        leaves(&record.settings).into_iter().map(|(path, value)| (setting(&path), json_of(value))).collect();
    let failed = format!("{}-failed", run.config.name);
    let stage = |(name, _): (&str, bool)| {
        let group = record.run.clone().unwrap_or_else(|| failed.clone());
        let target = &run.config.target;
        let tags = vec![target.level.clone(), target.column.clone(), word(&record.until)];
        let told = Run {
            name: format!("{name} {}", record.origin.as_deref().unwrap_or(&run.config.name)),
            stage: name.to_owned(),
            config: config.clone(),
            group,
            tags,
            started,
        };
        filled(told, run, record)
    };
    let mut stages: Vec<Stage> = reached.into_iter().filter(|(_, reached)| *reached).map(stage).collect();
    if let Some(last) = stages.last_mut() {
        end(last, record);
    }
    Some(stages)
}

/// A setting as trackers call it: `forecast.draws`, `models/long_memory.algorithm`.
fn setting(path: &str) -> String {
    match path.split_once(": ") {
        Some((CONFIG, key)) => key.to_owned(),
        Some((file, key)) => format!("{}.{key}", file.trim_end_matches(".toml")),
        None => path.to_owned(),
    }
}

/// A value in TOML as one in JSON; most are the same.
fn json_of(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn filled(told: Run, run: &Resolved, record: &Record) -> Stage {
    let mut stage = Stage {
        run: told,
        artifacts: Vec::new(),
        metrics: Vec::new(),
        tables: Vec::new(),
        pictures: Vec::new(),
        alerts: Vec::new(),
        exit_code: 0,
    };
    let digests = &record.digests;
    let panel = |role| one("panel", "dataset", digests.panel.iter(), role);
    let fitted = fitted(&digests.artifacts);
    let [now, past] = fitted.each_ref().map(|models| move |role| many("model", models, &record.files, role));
    let forecasts = |role| many("forecast", &digests.forecasts, &record.files, role);
    match stage.run.stage.as_str() {
        "fetch" => {
            stage.artifacts.extend(sources(record));
            stage.artifacts.extend(panel(Role::Made));
        }
        "train" => {
            stage.artifacts.extend(panel(Role::Used));
            stage.artifacts.extend(one("features", "dataset", digests.features.iter(), Role::Used));
            let standing = |name: &str| standing(&stage.run.config, name);
            let made = now(Role::Made).into_iter().map(|made| called(made, standing, record));
            stage.artifacts.extend(made.chain(past(Role::Made)));
        }
        "evaluate" => {
            stage.artifacts.extend(past(Role::Used));
            stage.metrics = scores(run, record);
        }
        "forecast" => {
            stage.artifacts.extend(now(Role::Used));
            let issued = record.issued.as_ref().map(|issued| issued.name.as_str());
            let issued = |name: &str| (Some(name) == issued).then(|| "issued".to_owned());
            let made = forecasts(Role::Made).into_iter();
            stage.artifacts.extend(made.map(|made| called(made, issued, record)));
            stage.pictures = with_ending(&record.files, "png");
        }
        "gate" => {
            stage.artifacts.extend(forecasts(Role::Used));
            (stage.tables, stage.alerts) = gates(record);
        }
        _ => {
            stage.artifacts.extend(forecasts(Role::Used));
            stage.artifacts.extend(report(run, record));
        }
    }
    stage
}

/// Digests of the models that were fitted: to all there was, by their names, and to what was known before the first past
/// origin, as `NAME.evaluation`. Artifacts are named `NAME_ddmmyyyy`, by the last day they have learned from.
fn fitted(artifacts: &BTreeMap<String, String>) -> [BTreeMap<String, String>; 2] {
    let mut days: BTreeMap<&str, BTreeMap<String, &String>> = BTreeMap::new();
    for (artifact, digest) in artifacts {
        let (name, day) = artifact.rsplit_once('_').unwrap_or((artifact, ""));
        let ascending = [4..8, 2..4, 0..2].map(|part| day.get(part).unwrap_or_default()).concat();
        days.entry(name).or_default().insert(ascending, digest);
    }
    let mut fitted = [BTreeMap::new(), BTreeMap::new()];
    for (name, mut days) in days {
        let newest = days.pop_last().map(|(_, digest)| (name.to_owned(), digest.clone()));
        let past = days.pop_last().map(|(_, digest)| (format!("{name}.evaluation"), digest.clone()));
        fitted[0].extend(newest);
        fitted[1].extend(past);
    }
    fitted
}

/// What is made with its alias; a run that failed leaves those where they point to.
fn called(made: Artifact, alias: impl Fn(&str) -> Option<String>, record: &Record) -> Artifact {
    let aliases = alias(&made.name).filter(|_| record.failure.is_none());
    Artifact { aliases: aliases.into_iter().collect(), ..made }
}

/// How far a model may be trusted, by its settings: `deployed`; nothing where they leave it open.
fn standing(config: &BTreeMap<String, Value>, model: &str) -> Option<String> {
    Some(config.get(&format!("models/{model}.status"))?.as_str()?.to_owned())
}

/// The observations, by their files.
fn sources(record: &Record) -> impl Iterator<Item = Artifact> {
    record.sources.iter().map(|(name, source)| {
        let place = source.path.as_ref().map(|path| path.display().to_string());
        artifact(name, "source", (&source.digest, place), Role::Used)
    })
}

/// What ends a run: its cost, what is missing, what stopped it.
fn end(stage: &mut Stage, record: &Record) {
    let usage = [
        ("usage/seconds", Some(record.seconds)),
        ("usage/cpu-seconds", record.usage.cpu_seconds),
        ("usage/peak-bytes", record.usage.peak_bytes.map(|bytes| bytes as f64)),
    ];
    let values = usage.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    stage.metrics.push(Metrics { step: 0, values });
    let columns = ["step", "cached", "seconds", "cpu seconds", "peak bytes"].map(str::to_owned).to_vec();
    let row = |step: &crate::StepRecord| {
        vec![
            json!(step.step),
            json!(step.cached),
            json!(step.seconds),
            json!(step.cpu_seconds),
            json!(step.peak_bytes),
        ]
    };
    stage.tables.push(("steps".to_owned(), Table { columns, rows: record.steps.iter().map(row).collect() }));
    stage.exit_code = u8::from(!record.missing.is_empty());
    let missing = record.missing.iter().map(|text| alert("a part is missing", text, Level::Warn));
    stage.alerts.extend(missing);
    if let Some(failure) = &record.failure {
        stage.exit_code = failure.exit_code;
        stage.alerts.push(alert(
            &format!("the run failed at {}", failure.place),
            &failure.reason,
            Level::Error,
        ));
    }
}

fn alert(title: &str, text: &str, level: Level) -> Alert {
    Alert { title: title.to_owned(), text: text.to_owned(), level }
}

/// What the gates said, and an alert for each that failed.
fn gates(record: &Record) -> (Vec<(String, Table)>, Vec<Alert>) {
    let columns = ["gate", "verdict", "reasons"].map(str::to_owned).to_vec();
    let row = |gate: &crate::GateSummary| {
        vec![json!(gate.gate.as_str()), json!(word(&gate.verdict)), json!(gate.reasons.join("; "))]
    };
    let rows = record.gates.iter().map(row).collect();
    let failed = record.gates.iter().filter(|gate| gate.verdict == Verdict::Fail);
    let told = failed.map(|gate| {
        let title = format!("gate `{}` failed", gate.gate.as_str());
        alert(&title, &gate.reasons.join("; "), Level::Error)
    });
    (vec![("gates".to_owned(), Table { columns, rows })], told.collect())
}

/// The scores over all rows, of the issued forecast as `LEVEL/TARGET/METRIC` and of the others with their names after it, at
/// step 0; those of the issued forecast by lead as `step-wise/TARGET/METRIC`.
fn scores(run: &Resolved, record: &Record) -> Vec<Metrics> {
    let path = record.folder(&run.path(&run.config.output)).map(|folder| folder.join(SCORES));
    let bytes = path.and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
    let scores: Scores = serde_json::from_slice(&bytes).unwrap_or_default();
    let issued = record.issued.as_ref().map(|issued| issued.name.as_str());
    let target = &run.config.target;
    let mut steps: BTreeMap<u64, BTreeMap<String, f64>> = BTreeMap::new();
    for score in &scores.scores {
        let mine = Some(score.model.as_str()) == issued;
        let (step, schema) = match (score.group, score.key) {
            (Group::All, _) => (0, target.level.as_str()),
            (Group::Step, Some(step)) if mine => (step.max(0) as u64, "step-wise"),
            _ => continue,
        };
        let whose = if mine { String::new() } else { format!("/{}", score.model) };
        let name = format!("{schema}/{}/{}{whose}", target.column, score.metric);
        steps.entry(step).or_default().insert(name, score.value.unwrap_or(f64::NAN));
    }
    steps.into_iter().map(|(step, values)| Metrics { step, values }).collect()
}

/// The page and the scores.
fn report(run: &Resolved, record: &Record) -> Option<Artifact> {
    let folder = record.folder(&run.path(&run.config.output))?;
    let files = [(PAGE, &record.digests.page), (SCORES, &record.digests.scores)];
    let file = |(name, digest): (&str, &Option<String>)| {
        Some(File { name: name.to_owned(), place: Place::Path(folder.join(name)), digest: digest.clone()? })
    };
    let files: Vec<File> = files.into_iter().filter_map(file).collect();
    Some(Artifact { files, ..artifact("report", "report", ("", None), Role::Made) })
}

fn one<'d>(name: &str, kind: &str, digest: impl Iterator<Item = &'d String>, role: Role) -> Option<Artifact> {
    digest.map(|digest| artifact(name, kind, (digest, None), role)).next()
}

fn many(kind: &str, digests: &BTreeMap<String, String>, files: &[PathBuf], role: Role) -> Vec<Artifact> {
    let tables = with_ending(files, "parquet");
    let place = |name: &str| {
        let mut named = tables.iter().filter(|path| path.components().any(|part| part.as_os_str() == name));
        named.next().map(|path| path.display().to_string())
    };
    digests.iter().map(|(name, digest)| artifact(name, kind, (digest, place(name)), role)).collect()
}

/// An artifact of one file that is named, not sent: its digest is its address where it has no other.
fn artifact(name: &str, kind: &str, (digest, place): (&str, Option<String>), role: Role) -> Artifact {
    let usable = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.trim_start_matches('.').chars().map(usable).collect();
    let place = Place::Address(place.unwrap_or_else(|| format!("sha256:{digest}")));
    let files = vec![File { name: kind.to_owned(), place, digest: digest.to_owned() }];
    Artifact { name, kind: kind.to_owned(), role, files, aliases: Vec::new() }
}

fn with_ending(files: &[PathBuf], ending: &str) -> Vec<PathBuf> {
    let named = |path: &&PathBuf| Path::new(path).extension().is_some_and(|e| e == ending);
    files.iter().filter(named).collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_by_their_path() {
        assert_eq!(setting("forewarn.toml: forecast.draws"), "forecast.draws");
        assert_eq!(setting("models/long_memory.toml: algorithm"), "models/long_memory.algorithm");
        assert_eq!(setting("query-set.toml"), "query-set.toml");
    }

    #[test]
    fn values_keep_their_kind() {
        for (toml, json) in [
            ("12", json!(12)),
            ("0.5", json!(0.5)),
            ("true", json!(true)),
            ("\"a b\"", json!("a b")),
            ("[1, 2]", json!([1, 2])),
            ("1979-05-27", json!("1979-05-27")),
            ("inf", json!("inf")),
        ] {
            assert_eq!(json_of(toml.to_owned()), json, "{toml}");
        }
    }

    #[test]
    fn artifacts_have_names_that_trackers_take() {
        let place = |artifact: &Artifact| match &artifact.files[0].place {
            Place::Address(address) => address.clone(),
            Place::Path(path) => path.display().to_string(),
        };
        let state = artifact(".a model/b", "model", ("cafe", None), Role::Made);
        assert_eq!((state.name.as_str(), place(&state).as_str()), ("a_model_b", "sha256:cafe"));
        let filed =
            ["/archive/sb/mean/2020-12/a.parquet", "/archive/sb/mean_2/2020-12/b.parquet", "/out/map.png"];
        let filed: Vec<PathBuf> = filed.iter().map(PathBuf::from).collect();
        let digests =
            BTreeMap::from([("mean".to_owned(), "1".to_owned()), ("zero".to_owned(), "2".to_owned())]);
        let forecasts = many("forecast", &digests, &filed, Role::Made);
        let places: Vec<String> = forecasts.iter().map(place).collect();
        assert_eq!(places, ["/archive/sb/mean/2020-12/a.parquet", "sha256:2"]);
        assert_eq!(with_ending(&filed, "png"), [PathBuf::from("/out/map.png")]);
    }
}
