//! The run: stages in order, from a configuration to filed forecasts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_core::{PartitionName, Period, RollingOrigins};
use forewarn_kernels::random::seed_for;
use forewarn_store::file as files;

use crate::artifacts::Kept;
use crate::code::Code;
use crate::components::{EnsembleSpec, ModelSpec, Role, Status};
use crate::context::Context;
use crate::filing::Issue;
use crate::gates::{Judgement, Outgoing};
use crate::model_catalog::{Parts, catalog};
use crate::outcome::{GateSummary, Outcome, Until};
use crate::progress::Observer;
use crate::record::{Digests, IssuedForecast, PAGE, SCORES};
use crate::recorder::{Recorder, Seen};
use crate::report;
use crate::report::catalog::{html, markdown};
use crate::report::pages::{DRIFT, EVALUATION, RUN};
use crate::reports::{self, drift, evaluation};
use crate::results::{Evaluated, Results, issued};
use crate::runs::Runs;
use crate::scores::{Forecasts, Group, NamedMetric, OriginTallies, Scores};
use crate::session::{Session, session};
use crate::stages::backtest::Backtest;
use crate::stages::forecast::{Made, Purpose};
use crate::stages::maps::Picture;
use crate::stages::train::Trained;
use crate::stages::{combine, evaluate, features, forecast, maps, train, validate};
use crate::usage::Usage;
use crate::{Error, Resolved, Result, filing, gates, page, partitions, truth};

/// Does a run, or as much of it as asked; what was done before from the same inputs is not done again.
///
/// # Errors
/// What stops a run: a configuration that does not fit, a source that cannot be read, a failed gate, a full disk. A
/// model, ensemble or metric that fails stops nothing else; it is named in [`Outcome::missing`].
pub fn run(run: &Resolved, code: &Code, until: Until, observer: &dyn Observer) -> Result<Outcome> {
    Ok(run_with(run, code, until, observer, |_, _| Ok(()))?.0)
}

/// What an evaluation leaves for what comes after it.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal {
    /// The models' forecasts from past origins.
    pub(crate) backtests: Vec<Backtest>,
    /// Tallies of everyone's forecasts from past origins.
    pub(crate) tallies: Vec<OriginTallies>,
}

/// Does a run, and then something with what its evaluation leaves; that is nothing when it does not go so far.
///
/// # Errors
/// As [`run`], and what `then` returns.
pub(crate) fn run_with<T>(
    run: &Resolved,
    code: &Code,
    until: Until,
    observer: &dyn Observer,
    then: impl FnOnce(&Session<'_>, &Rehearsal) -> Result<T>,
) -> Result<(Outcome, T)> {
    let recorder = Recorder::start(run, code, until, observer);
    match recorded(run, code, until, &recorder, then) {
        Ok((outcome, made)) => {
            let record = recorder.finish(None)?.unwrap_or_default();
            if outcome.report.is_some() {
                about(&Runs::of(run)?, &outcome.folder)?;
            }
            Ok((Outcome { record, ..outcome }, made))
        }
        Err(e) => {
            // What stopped the run is what has to be told, even where its record cannot be written either.
            let _ = recorder.finish(Some(&e));
            Err(e)
        }
    }
}

fn recorded<T>(
    run: &Resolved,
    code: &Code,
    until: Until,
    observer: &Recorder<'_>,
    then: impl FnOnce(&Session<'_>, &Rehearsal) -> Result<T>,
) -> Result<(Outcome, T)> {
    let metrics = &evaluate::metrics(&run.config.evaluation.metrics)?;
    run.config.evaluation.interval.check()?;
    run.config.evaluation.leads.iter().try_for_each(|leads| leads.check(run.config.forecast.steps))?;
    session(run, code, observer, true, |session| {
        let mut work = Work::new(session, until);
        let done = work.all(metrics).and_then(|report| Ok((report, then(session, &work.rehearsal)?)));
        observer.saw(work.seen());
        let (report, made) = done?;
        let Seen { gates, missing, warnings, steps, files, .. } = work.seen();
        let outcome = Outcome {
            run: session.id.clone(),
            folder: session.folder.clone(),
            files,
            report,
            scores: work.scores,
            gates,
            missing,
            warnings,
            steps,
            usage: Usage::now(),
            record: PathBuf::new(),
        };
        Ok((outcome, made))
    })
}

/// Writes the page of the newest record, which only exists now that the run has ended.
fn about(runs: &Runs, folder: &Path) -> Result<()> {
    let (mut all, _) = runs.list()?;
    let Some(record) = all.pop() else { return Ok(()) };
    // What a run up to another stage made is no news.
    let before = all.iter().rev().find(|before| before.until == record.until);
    write_file(&folder.join(RUN), reports::run::page(&record, before).as_bytes())
}

/// Writes a file, whole or not at all; its folder is made.
///
/// # Errors
/// [`Error::Store`] when it cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(files::write_bytes(path, bytes)?)
}

/// A run on its way.
struct Work<'a> {
    session: &'a Session<'a>,
    ctx: &'a Context<'a>,
    until: Until,
    kept: Kept<'a>,
    missing: Vec<String>,
    files: Vec<PathBuf>,
    scores: Option<Scores>,
    rehearsal: Rehearsal,
    /// The issued forecast as it would have been from past origins.
    rehearsed: Vec<(Period, Made)>,
    gates: Vec<GateSummary>,
    digests: Digests,
    issued: Option<IssuedForecast>,
}

impl<'a> Work<'a> {
    fn new(session: &'a Session<'a>, until: Until) -> Self {
        let (ctx, kept) = (session.ctx, Kept::new(session));
        Self {
            session,
            ctx,
            until,
            kept,
            missing: Vec::new(),
            files: Vec::new(),
            scores: None,
            rehearsal: Rehearsal::default(),
            rehearsed: Vec::new(),
            gates: Vec::new(),
            digests: Digests { panel: Some(ctx.panel_digest()), ..Digests::default() },
            issued: None,
        }
    }

    /// What is to be recorded by now.
    fn seen(&self) -> Seen {
        let ctx = self.ctx;
        Seen {
            run: self.session.id.clone(),
            source: self.session.snapshot.clone(),
            origin: ctx.cadence().label(ctx.origin()),
            digests: self.digests.clone(),
            issued: self.issued.clone(),
            gates: self.gates.clone(),
            missing: self.missing.clone(),
            warnings: ctx.engine.warnings(),
            steps: ctx.engine.records(),
            files: self.files.clone(),
        }
    }

    fn all(&mut self, metrics: &[NamedMetric]) -> Result<Option<PathBuf>> {
        let rejected = self.ctx.validated().dir.join(validate::QUARANTINE);
        self.publish(validate::QUARANTINE, &rejected)?;
        self.stages(metrics)
    }

    /// The stages after validation; gives the report, when it goes so far.
    fn stages(&mut self, metrics: &[NamedMetric]) -> Result<Option<PathBuf>> {
        let Session { models, ensembles, .. } = self.session;
        if self.until < Until::Features {
            return Ok(None);
        }
        if self.until != Until::Hindcast {
            self.input_gate()?;
        }
        if let Some(features) = features::features(self.ctx)? {
            self.publish(features::SUMMARY, &features.dir.join(features::SUMMARY))?;
            self.digests.features = Some(features.digest.to_string());
            self.ctx.keep_features(features);
        }
        if self.until < Until::Train {
            return Ok(None);
        }
        let trained = self.train(models, PartitionName::Forecasting, self.ctx.origin())?;
        if self.until == Until::Hindcast {
            self.hindcast(ensembles, &trained)?;
            return Ok(None);
        }
        let partition = partitions::evaluated(&self.ctx.run.config, self.ctx.axis())?;
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
        self.rehearsal.backtests = backtests;
        let evaluated = Evaluated { partition, scores };
        self.kept.evaluated(&evaluated)?;
        let stop = self.judge(ensembles, &made, (&evaluated.scores, metrics))?;
        if self.until == Until::Catalog {
            self.catalog(metrics, &evaluated)?;
        }
        if self.until < Until::Map {
            self.scores = Some(evaluated.scores);
            return Ok(None);
        }
        let pictures = self.draw(ensembles, &made)?;
        if self.until < Until::Report {
            return Ok(None);
        }
        let missing = self.missing.clone();
        let results = Results {
            ctx: self.ctx,
            code: self.session.code,
            snapshot: &self.session.snapshot,
            id: &self.session.id,
            root: &self.session.root,
            missing: &missing,
            models,
            ensembles,
            metrics,
            made: &made,
            evaluated: &evaluated,
            pictures: &pictures,
        };
        let archive = filing::archive(self.ctx.run)?;
        let manifests = filing::manifests(&Issue { session: self.session, trained: &trained, made: &made });
        let facts = page::report(&results, &archive, &manifests)?;
        self.write(PAGE, report::render(&facts).as_bytes())?;
        let past = evaluation::Facts::new(
            &facts,
            &evaluated.scores,
            self.ctx.cadence(),
            (&self.rehearsal.tallies, metrics),
        );
        self.write(EVALUATION, evaluation::page(&past).as_bytes())?;
        let now = self.ctx.cadence().label(self.ctx.origin());
        let gate = |kind| Ok(drift::Gate { kind, evidence: gates::past(self.session, kind)? });
        let kinds = [gates::Kind::Input, gates::Kind::Output, gates::Kind::Performance];
        let gates: Vec<drift::Gate> = kinds.into_iter().map(gate).collect::<Result<_>>()?;
        self.write(DRIFT, drift::page(&self.session.id, &now, &gates).as_bytes())?;
        self.write("config.toml", self.ctx.run.to_toml().as_bytes())?;
        let report = self.session.folder.join(PAGE);
        if self.until >= Until::Archive {
            if let Some((gate, reason)) = stop {
                let told = format!("{reason}; nothing was filed, the report is {}", report.display());
                return Err(Error::Gate { gate, reason: told });
            }
            self.files.extend(filing::file(&archive, manifests)?);
            truth::record(self.session)?;
        }
        Ok(Some(report))
    }

    /// Makes the forecasts and files them, without evaluating or judging them.
    fn hindcast(&mut self, ensembles: &[EnsembleSpec], trained: &[(&ModelSpec, Trained)]) -> Result<()> {
        let mut backtests = Vec::new();
        if ensembles.iter().any(|e| e.ensemble.learns()) {
            let partition = partitions::evaluated(&self.ctx.run.config, self.ctx.axis())?;
            let models = &self.session.models;
            let calibrated = self.train(models, partition.name, partition.origins.first)?;
            backtests = self.backtests(partition.origins, &calibrated, ensembles)?;
        }
        let mut made = self.forecast(trained)?;
        self.combine(ensembles, &mut made, &backtests)?;
        let issue = Issue { session: self.session, trained, made: &made };
        let archive = filing::archive(self.ctx.run)?;
        self.files.extend(filing::file(&archive, filing::manifests(&issue))?);
        Ok(())
    }

    /// Lets the observations pass, or stops the run before a model sees them.
    fn input_gate(&mut self) -> Result<()> {
        let judgement = gates::input(self.session)?;
        self.told(&judgement)?;
        judgement.pass(self.session)
    }

    /// Judges the forecast that is to be issued, and how good such forecasts were; gives the gate that stops it, and why.
    fn judge(
        &mut self,
        ensembles: &[EnsembleSpec],
        made: &[Made],
        scores: (&Scores, &[NamedMetric]),
    ) -> Result<Option<(&'static str, String)>> {
        let Some(issued) = issued(ensembles, made).filter(|_| self.until >= Until::Judge) else {
            return Ok(None);
        };
        let mut stop = None;
        let outgoing = Outgoing { issued, rehearsed: &self.rehearsed, made, kept: &self.kept };
        for judgement in
            [gates::output(self.session, outgoing)?, gates::performance(self.session, &issued.name, scores)?]
        {
            self.told(&judgement)?;
            match judgement.pass(self.session) {
                Err(Error::Gate { gate, reason }) => stop = stop.or(Some((gate, reason))),
                other => other?,
            }
        }
        Ok(stop)
    }

    fn told(&mut self, judgement: &Judgement) -> Result<()> {
        let evidence = judgement.publish(self.session)?;
        let (gate, verdict) = (judgement.evidence.gate, judgement.evidence.verdict);
        let reasons = judgement.evidence.reasons();
        self.gates.push(GateSummary { gate, verdict, reasons, evidence: evidence.clone() });
        self.files.push(evidence);
        Ok(())
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
            let result = result.and_then(|trained| self.kept.keep(spec, partition, trained));
            let what = || format!("model `{}` ({})", spec.name, partition.as_str());
            let kept = self.or_missing(result, what)?;
            let digest = |t: &Trained| (t.artifact.clone(), t.digest.to_string());
            self.digests.artifacts.extend(kept.as_ref().map(digest));
            trained.extend(kept.map(|t| (spec, t)));
        }
        Ok(trained)
    }

    fn forecast(&mut self, trained: &[(&ModelSpec, Trained)]) -> Result<Vec<Made>> {
        let mut made = Vec::new();
        for (spec, trained) in trained {
            let result = forecast::forecast(self.ctx, spec, trained, Purpose::Issue);
            made.extend(self.or_missing(result, || format!("forecast of `{}`", spec.name))?);
        }
        self.digests.forecasts = digests(&made);
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
        self.digests.forecasts = digests(made);
        self.issued = issued(ensembles, made)
            .map(|made| IssuedForecast { name: made.name.clone(), scores: BTreeMap::new() });
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
        let mut tallies: Vec<OriginTallies> = Vec::new();
        for (i, models) in backtests.iter().enumerate() {
            let combined = models.of_ensembles(self.ctx, ensembles, &backtests[..i])?;
            let mut next = evaluate::evaluate(self.ctx, &[models, &combined], metrics)?;
            let production = ensembles.iter().find(|e| e.role == Role::Production).map(|e| &e.name);
            let mut all = models.made.iter().chain(&combined.made);
            let issued = all.rfind(|made| production.is_none_or(|name| made.name == *name));
            self.rehearsed.extend(issued.map(|made| (models.origin, made.clone())));
            if let Some(first) = tallies.first_mut() {
                first.absorb(&mut next, metrics);
            }
            tallies.push(next);
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
        let text =
            serde_json::to_vec_pretty(&scores).map_err(|e| Error::io(&self.session.folder)(e.into()))?;
        self.write(SCORES, &text)?;
        if let Some(issued) = &mut self.issued {
            let all = scores.scores.iter().filter(|s| s.model == issued.name && s.group == Group::All);
            issued.scores = all.filter_map(|s| Some((s.metric.clone(), s.value?))).collect();
        }
        self.rehearsal.tallies = tallies;
        Ok(scores)
    }

    fn catalog(&mut self, metrics: &[NamedMetric], evaluated: &Evaluated) -> Result<()> {
        let (session, kept, missing) = (self.session, &self.kept, self.missing.as_slice());
        let catalog = catalog(&Parts { session, kept, metrics, evaluated, missing });
        self.write("catalog.html", html(&catalog).as_bytes())?;
        self.write("catalog.md", markdown(&catalog).as_bytes())
    }

    fn draw(&mut self, ensembles: &[EnsembleSpec], made: &[Made]) -> Result<Vec<Picture>> {
        let Some(issued) = issued(ensembles, made) else { return Ok(Vec::new()) };
        let mut pictures = Vec::new();
        for layer in maps::layers(self.ctx, issued)? {
            let result = maps::map(self.ctx, issued, &layer);
            let what = || format!("map {} of `{}`", layer.label, issued.name);
            pictures.extend(self.or_missing(result, what)?.into_iter().flatten());
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
        let path = self.session.folder.join(name);
        files::write_bytes(&path, bytes)?;
        self.digests.written(name, bytes);
        self.files.push(path);
        Ok(())
    }
}

/// Digests of the files of forecasts, by name.
fn digests(made: &[Made]) -> BTreeMap<String, String> {
    made.iter().map(|made| (made.name.clone(), made.sha256.to_string())).collect()
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
