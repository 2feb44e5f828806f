//! The run: stages in order, from a configuration to filed forecasts.

use std::fs::File;
use std::path::{Path, PathBuf};

use forewarn_core::{PartitionName, RollingOrigins};
use forewarn_kernels::random::seed_for;
use forewarn_store::{Digest, StepStore, file as files};
use serde::Serialize;
use serde_json::json;

use crate::code::Code;
use crate::components::{self, EnsembleSpec, ModelSpec, Role, Status};
use crate::context::Context;
use crate::engine::{Engine, StepRecord};
use crate::progress::Observer;
use crate::results::{Evaluated, Results, issued};
use crate::scores::{Forecasts, NamedMetric, OriginTallies, Scores};
use crate::stages::backtest::Backtest;
use crate::stages::fetch::Snapshot;
use crate::stages::forecast::{Made, Purpose};
use crate::stages::maps::Picture;
use crate::stages::train::Trained;
use crate::stages::{combine, evaluate, features, fetch, forecast, maps, train, validate};
use crate::usage::Usage;
use crate::{Error, Resolved, Result, filing, page, partitions};

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// The checked panel.
    Validate,
    /// The features.
    Features,
    /// The fitted models.
    Train,
    /// The models' forecasts.
    Forecast,
    /// The ensembles' forecasts.
    Combine,
    /// The scores.
    Evaluate,
    /// The maps.
    Map,
    /// The report.
    Report,
    /// Everything, filed.
    Archive,
}

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Its id: the same inputs and program have the same.
    pub run: String,
    /// Folder of its results.
    pub folder: PathBuf,
    /// Files that were written there or in the archive.
    pub files: Vec<PathBuf>,
    /// The page to open, when the run went so far.
    pub report: Option<PathBuf>,
    /// Every score, when the run was to end with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
    /// Parts that could not be made, and why.
    pub missing: Vec<String>,
    /// What should be known.
    pub warnings: Vec<String>,
    /// What each step cost.
    pub steps: Vec<StepRecord>,
    /// What the whole run cost.
    pub usage: Usage,
}

/// Does a run, or as much of it as asked; what was done before from the same inputs is not done again.
///
/// # Errors
/// What stops a run: a configuration that does not fit, a source that cannot be read, a failed gate, a full disk. A
/// model, ensemble or metric that fails stops nothing else; it is named in [`Outcome::missing`].
pub fn run(run: &Resolved, code: &Code, until: Until, observer: &dyn Observer) -> Result<Outcome> {
    Ok(run_with(run, code, until, observer, |_, _| Ok(()))?.0)
}

/// Does a run, and then something with the tallies of its evaluation; there are none when it does not go so far.
///
/// # Errors
/// As [`run`], and what `then` returns.
pub(crate) fn run_with<T>(
    run: &Resolved,
    code: &Code,
    until: Until,
    observer: &dyn Observer,
    then: impl FnOnce(&Context<'_>, &[OriginTallies]) -> Result<T>,
) -> Result<(Outcome, T)> {
    let root = run.path(&run.config.output);
    let _lock = lock(&root)?;
    let store = StepStore::open(root.join("steps"))?;
    store.sweep()?;
    let engine = Engine::new(store, observer, &code.digest);
    let models = components::models(run)?;
    let ensembles = components::ensembles(run, &models)?;
    let metrics = evaluate::metrics(&run.config.evaluation.metrics)?;
    run.config.evaluation.interval.check()?;
    run.config.evaluation.leads.iter().try_for_each(|leads| leads.check(run.config.forecast.steps))?;
    if let Some(download) = &run.config.download {
        let fetched = fetch::download(run, download, &mut |news| engine.notice_download(&news))?;
        if !fetched.unchanged {
            engine.warn(format!("new data: {} ({} bytes)", fetched.path.display(), fetched.bytes));
        }
    }
    let snapshot = fetch::fetch(run)?;
    let (validated, summary) = validate::validate(run, &engine, &snapshot)?;
    let ctx = Context::new(run, &engine, validated, summary);
    let id = run_id(&ctx, &snapshot, code, (&models, &ensembles));
    let folder = root.join("runs").join(&id);
    let mut work = Work {
        ctx: &ctx,
        code,
        snapshot,
        id,
        root,
        folder,
        until,
        missing: Vec::new(),
        files: Vec::new(),
        scores: None,
        tallies: Vec::new(),
    };
    work.publish(validate::QUARANTINE, &ctx.validated().dir.join(validate::QUARANTINE))?;
    let report = work.stages(&models, &ensembles, &metrics)?;
    let made = then(&ctx, &work.tallies)?;
    let Work { id, folder, missing, files, scores, .. } = work;
    let outcome = Outcome {
        run: id,
        folder,
        files,
        report,
        scores: None,
        missing,
        warnings: engine.warnings(),
        steps: engine.records(),
        usage: Usage::now(),
    };
    write_record(&outcome, run, code)?;
    Ok((Outcome { scores, ..outcome }, made))
}

/// Keeps a second run out of the same folder until this one ends, however it ends.
pub(crate) fn lock(root: &Path) -> Result<File> {
    std::fs::create_dir_all(root).map_err(Error::io(root))?;
    let path = root.join(".lock");
    let file = File::create(&path).map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Busy { folder: root.to_path_buf() }),
        Err(std::fs::TryLockError::Error(e)) => Err(Error::io(path)(e)),
    }
}

/// `name-origin-digest`: made of everything that the results depend on.
fn run_id(
    ctx: &Context<'_>,
    snapshot: &Snapshot,
    code: &Code,
    (models, ensembles): (&[ModelSpec], &[EnsembleSpec]),
) -> String {
    let models: Vec<_> = models.iter().map(|m| json!([m.name, m.algorithm, m.settings, m.status])).collect();
    let ensembles: Vec<_> =
        ensembles.iter().map(|e| json!([e.name, e.algorithm, e.settings, e.role, e.members])).collect();
    let all = json!({
        "config": ctx.run.config,
        "source": snapshot.digest,
        "panel": ctx.panel_digest(),
        "code": code.digest,
        "models": models,
        "ensembles": ensembles,
    });
    let digest = Digest::of_bytes(all.to_string().as_bytes()).to_string();
    let origin = ctx.cadence().label(ctx.origin()).replace(':', "");
    format!("{}-{origin}-{}", ctx.run.config.name, &digest[..10])
}

/// The record of a run: what it cost and with what it was made. Unlike every other file, it differs from run to run.
fn write_record(outcome: &Outcome, run: &Resolved, code: &Code) -> Result<()> {
    let record = json!({ "outcome": outcome, "code": code, "config": run.config, "origins": run.origins });
    let text = serde_json::to_string_pretty(&record).map_err(|e| Error::io(&outcome.folder)(e.into()))?;
    files::write_bytes(&outcome.folder.join("record.json"), text.as_bytes())?;
    Ok(())
}

/// A run on its way.
struct Work<'a> {
    ctx: &'a Context<'a>,
    code: &'a Code,
    snapshot: Snapshot,
    id: String,
    root: PathBuf,
    folder: PathBuf,
    until: Until,
    missing: Vec<String>,
    files: Vec<PathBuf>,
    scores: Option<Scores>,
    tallies: Vec<OriginTallies>,
}

impl Work<'_> {
    /// The stages after validation; gives the report, when it goes so far.
    fn stages(
        &mut self,
        models: &[ModelSpec],
        ensembles: &[EnsembleSpec],
        metrics: &[NamedMetric],
    ) -> Result<Option<PathBuf>> {
        if self.until < Until::Features {
            return Ok(None);
        }
        if let Some(features) = features::features(self.ctx)? {
            self.publish(features::SUMMARY, &features.dir.join(features::SUMMARY))?;
            self.ctx.keep_features(features);
        }
        if self.until < Until::Train {
            return Ok(None);
        }
        let partition = partitions::evaluated(&self.ctx.run.config, self.ctx.axis())?;
        let trained = self.train(models, PartitionName::Forecasting, self.ctx.origin())?;
        let calibrated = self.train(models, partition.name, partition.origins.first)?;
        if self.until < Until::Forecast {
            return Ok(None);
        }
        let mut made = self.forecast(&trained)?;
        if self.until < Until::Combine {
            return Ok(None);
        }
        let backtests = self.backtests(partition.origins, &calibrated, ensembles)?;
        self.combine(ensembles, &mut made, &backtests)?;
        if self.until < Until::Evaluate {
            return Ok(None);
        }
        let scores = self.evaluate(&backtests, &calibrated, ensembles, metrics)?;
        if self.until < Until::Map {
            self.scores = Some(scores);
            return Ok(None);
        }
        let evaluated = Evaluated { partition, scores };
        let pictures = self.draw(ensembles, &made)?;
        if self.until < Until::Report {
            return Ok(None);
        }
        let missing = self.missing.clone();
        let results = Results {
            ctx: self.ctx,
            code: self.code,
            snapshot: &self.snapshot,
            id: &self.id,
            root: &self.root,
            missing: &missing,
            models,
            ensembles,
            metrics,
            trained: &trained,
            made: &made,
            evaluated: &evaluated,
            pictures: &pictures,
        };
        let archive = filing::archive(&self.root)?;
        let manifests = filing::manifests(&results);
        let page = page::page(&results, &archive, &manifests)?;
        self.write("report.html", page.as_bytes())?;
        self.write("config.toml", self.ctx.run.to_toml().as_bytes())?;
        if self.until >= Until::Archive {
            self.files.extend(filing::file(&archive, manifests)?);
        }
        let report = self.folder.join("report.html");
        Ok(Some(report))
    }

    fn train<'m>(
        &mut self,
        models: &'m [ModelSpec],
        partition: PartitionName,
        until: forewarn_core::Period,
    ) -> Result<Vec<(&'m ModelSpec, Trained)>> {
        let mut trained = Vec::new();
        for spec in models {
            let result = train::train(self.ctx, spec, partition, until);
            let what = || format!("model `{}` ({})", spec.name, partition.as_str());
            trained.extend(self.or_missing(result, what)?.map(|t| (spec, t)));
        }
        Ok(trained)
    }

    fn forecast(&mut self, trained: &[(&ModelSpec, Trained)]) -> Result<Vec<Made>> {
        let mut made = Vec::new();
        for (spec, trained) in trained {
            let result = forecast::forecast(self.ctx, spec, trained, Purpose::Issue);
            made.extend(self.or_missing(result, || format!("forecast of `{}`", spec.name))?);
        }
        Ok(made)
    }

    /// The models' forecasts from past origins, where something is made of them: scores, or the weights of an ensemble.
    fn backtests(
        &self,
        origins: RollingOrigins,
        calibrated: &[(&ModelSpec, Trained)],
        ensembles: &[EnsembleSpec],
    ) -> Result<Vec<Backtest>> {
        if self.until < Until::Evaluate && !ensembles.iter().any(|e| e.ensemble.learns()) {
            return Ok(Vec::new());
        }
        origins.iter().map(|origin| Backtest::of_models(self.ctx, origin, calibrated)).collect()
    }

    fn combine(
        &mut self,
        ensembles: &[EnsembleSpec],
        made: &mut Vec<Made>,
        backtests: &[Backtest],
    ) -> Result<()> {
        for spec in ensembles {
            let result = combine::combine(self.ctx, spec, made, (Purpose::Issue, backtests));
            let ensemble = self.or_missing(result, || format!("ensemble `{}`", spec.name))?;
            for absent in ensemble.iter().flat_map(|made| &made.absent) {
                self.missing.push(format!("ensemble `{}`: it does without its member `{absent}`", spec.name));
            }
            made.extend(ensemble);
        }
        Ok(())
    }

    fn evaluate(
        &mut self,
        backtests: &[Backtest],
        calibrated: &[(&ModelSpec, Trained)],
        ensembles: &[EnsembleSpec],
        metrics: &[NamedMetric],
    ) -> Result<Scores> {
        let seed = self.ctx.run.config.seed;
        let mut tallies = Vec::new();
        for (i, models) in backtests.iter().enumerate() {
            let combined = models.of_ensembles(self.ctx, ensembles, &backtests[..i])?;
            tallies.push(evaluate::evaluate(self.ctx, &[models, &combined], metrics)?);
        }
        self.missing.extend(failures(&tallies));
        let names = calibrated.iter().map(|(spec, _)| spec.name.clone());
        let names: Vec<String> = names.chain(ensembles.iter().map(|e| e.name.clone())).collect();
        let baselines: Vec<String> = calibrated
            .iter()
            .filter(|(spec, _)| spec.status == Status::Baseline)
            .map(|(spec, _)| spec.name.clone())
            .collect();
        let issued = ensembles.iter().find(|e| e.role == Role::Production).map(|e| e.name.as_str());
        let forecasts = Forecasts { names: &names, baselines: &baselines, issued };
        let evaluation = &self.ctx.run.config.evaluation;
        let intervals = (&evaluation.interval, seed_for(seed, "intervals"));
        let mut scores = Scores::pool(&tallies, &forecasts, metrics, intervals, &evaluation.leads);
        if evaluation.compat.is_some() {
            scores = scores.with_summaries();
        }
        let text = serde_json::to_vec_pretty(&scores).map_err(|e| Error::io(&self.folder)(e.into()))?;
        self.write("scores.json", &text)?;
        self.tallies = tallies;
        Ok(scores)
    }

    fn draw(&mut self, ensembles: &[EnsembleSpec], made: &[Made]) -> Result<Vec<Picture>> {
        let Some(issued) = issued(ensembles, made) else { return Ok(Vec::new()) };
        let mut pictures = Vec::new();
        for entry in maps::kinds(self.ctx, issued)? {
            for &step in &self.ctx.run.config.maps.steps {
                let result = maps::map(self.ctx, issued, step, entry);
                let what = || format!("map {} of `{}`, step {step}", entry.name, issued.name);
                pictures.extend(self.or_missing(result, what)?);
            }
        }
        for picture in &pictures {
            self.publish(&picture.name, &picture.file)?;
        }
        Ok(pictures)
    }

    /// What failed for reasons of its own is missing; what stops the run (disk, store) is an error.
    fn or_missing<T>(&mut self, result: Result<T>, what: impl Fn() -> String) -> Result<Option<T>> {
        match result {
            Ok(made) => Ok(Some(made)),
            Err(e @ (Error::Core(_) | Error::Config { .. })) => {
                let text = format!("{}: {e}", what());
                self.ctx.engine.warn(&text);
                self.missing.push(text);
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    /// Copies a file of a step into the run's folder, whole or not at all.
    fn publish(&mut self, name: &str, from: &Path) -> Result<()> {
        let bytes = std::fs::read(from).map_err(Error::io(from))?;
        self.write(name, &bytes)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        files::write_bytes(&path, bytes)?;
        self.files.push(path);
        Ok(())
    }
}

/// Failures of the evaluation: the first of each kind, with how many there were.
fn failures(tallies: &[OriginTallies]) -> Vec<String> {
    let all: Vec<&String> = tallies.iter().flat_map(|t| &t.failures).collect();
    let mut kinds: Vec<(&str, &String, usize)> = Vec::new();
    for failure in all {
        let kind = failure.split(" at origin").next().unwrap_or(failure);
        match kinds.iter_mut().find(|(k, ..)| *k == kind) {
            Some((.., count)) => *count += 1,
            None => kinds.push((kind, failure, 1)),
        }
    }
    kinds.into_iter().map(|(_, first, n)| format!("evaluation: {first} ({n} such)")).collect()
}
