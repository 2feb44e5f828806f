//! A run on its way: what each task of the plan does, and what it leaves for those that come after it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_core::{PartitionName, Period};
use forewarn_store::file as files;

use crate::artifacts::Kept;
use crate::components::{EnsembleSpec, ModelSpec, Role, Status};
use crate::context::Context;
use crate::filing::Issue;
use crate::gates::{Judgement, Judges, Kind, Outgoing};
use crate::model_catalog::{Parts, catalog};
use crate::outcome::{GateSummary, Until};
use crate::partitions::EvaluatedPartition;
use crate::plan::{Job, Plan};
use crate::record::{Digests, IssuedForecast, PAGE, SCORES};
use crate::recorder::Seen;
use crate::report::catalog::{html, markdown};
use crate::report::pages::{DRIFT, EVALUATION};
use crate::reports::fooled::fooled;
use crate::reports::{drift, evaluation};
use crate::results::{Evaluated, Results, issued};
use crate::scores::{Forecasts, Group, NamedMetric, OriginTallies};
use crate::session::Session;
use crate::stages::backtest::Backtest;
use crate::stages::evaluate::Tallied;
use crate::stages::forecast::{Made, Purpose};
use crate::stages::maps::Picture;
use crate::stages::train::Trained;
use crate::stages::{combine, evaluate, features, forecast, maps, scores, train, validate};
use crate::{Error, Result, filing, gates, online, page, partitions, report, truth};

/// What an evaluation leaves for what comes after it.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal {
    /// The models' forecasts from past origins.
    pub(crate) backtests: Vec<Backtest>,
    /// Tallies of everyone's forecasts from past origins, by origin.
    tallied: Vec<Vec<Tallied>>,
}

impl Rehearsal {
    /// Tallies of everyone's forecasts from past origins, read.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn tallies(&self, metrics: &[NamedMetric]) -> Result<Vec<OriginTallies>> {
        evaluate::gather(&self.tallied, metrics)
    }
}

/// What a run is to do.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// How far it goes.
    pub(crate) until: Until,
    /// Models and ensembles that have failed elsewhere.
    pub(crate) without: &'a [String],
    /// What it is scored by.
    pub(crate) metrics: &'a [NamedMetric],
}

/// A run on its way.
pub(crate) struct Work<'a> {
    session: &'a Session<'a>,
    ctx: &'a Context<'a>,
    asked: Asked<'a>,
    kept: Kept<'a>,
    missing: Vec<String>,
    files: Vec<PathBuf>,
    /// The models, fitted to all there is.
    trained: Vec<(&'a ModelSpec, Trained)>,
    /// The models, fitted to what was known before the first past origin.
    calibrated: Vec<(&'a ModelSpec, Trained)>,
    /// The forecasts that are to be issued.
    made: Vec<Made>,
    rehearsal: Rehearsal,
    /// The issued forecast as it would have been from past origins.
    rehearsed: Vec<(Period, Made)>,
    evaluated: Option<Evaluated>,
    pictures: Vec<Picture>,
    gates: Vec<GateSummary>,
    /// The gate that keeps the forecast back, and why.
    stop: Option<(&'static str, String)>,
    report: Option<PathBuf>,
    digests: Digests,
}

/// What a run has made.
pub(crate) struct Ended {
    pub(crate) seen: Seen,
    pub(crate) evaluated: Option<Evaluated>,
    pub(crate) report: Option<PathBuf>,
    pub(crate) stop: Option<(&'static str, String)>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(session: &'a Session<'a>, asked: Asked<'a>) -> Self {
        let (ctx, kept) = (session.ctx, Kept::new(session));
        Self {
            session,
            ctx,
            asked,
            kept,
            missing: Vec::new(),
            files: Vec::new(),
            trained: Vec::new(),
            calibrated: Vec::new(),
            made: Vec::new(),
            rehearsal: Rehearsal::default(),
            rehearsed: Vec::new(),
            evaluated: None,
            pictures: Vec::new(),
            gates: Vec::new(),
            stop: None,
            report: None,
            digests: Digests { panel: Some(ctx.panel_digest()), ..Digests::default() },
        }
    }

    /// Does the tasks of a plan in their order. A gate that keeps the forecast back does not stop the run, which draws and
    /// tells what it found, but nothing is filed.
    ///
    /// # Errors
    /// What stops a run: a failed input gate, a full disk. What fails for reasons of its own is named as missing.
    pub(crate) fn follow(&mut self, plan: &Plan) -> Result<()> {
        plan.tasks.iter().try_for_each(|task| self.perform(&task.job))
    }

    fn perform(&mut self, job: &Job) -> Result<()> {
        match job {
            Job::Validate => {
                let rejected = self.ctx.validated().dir.join(validate::QUARANTINE);
                self.publish(validate::QUARANTINE, &rejected)
            }
            Job::Gate(Kind::Input) => self.input_gate(),
            Job::Gate(kind) => self.judge(*kind),
            Job::Features => self.features(),
            Job::Train(name) => self.train(name),
            Job::Forecast(name) => self.forecast(name),
            Job::Backtest(name) => self.backtest(name),
            Job::Combine(name) => self.combine(name),
            Job::Evaluate => self.evaluate(),
            Job::Catalog => self.catalog(),
            Job::Map => self.draw(),
            Job::Report => self.tell(),
            Job::Archive => self.file(),
        }
    }

    /// What an evaluation has left.
    pub(crate) fn rehearsal(&self) -> &Rehearsal {
        &self.rehearsal
    }

    /// What has been made, when there is nothing more to do.
    pub(crate) fn end(self) -> Ended {
        let seen = self.seen();
        Ended { seen, evaluated: self.evaluated, report: self.report, stop: self.stop }
    }

    /// What is to be recorded by now.
    pub(crate) fn seen(&self) -> Seen {
        let ctx = self.ctx;
        Seen {
            run: self.session.id.clone(),
            source: self.session.snapshot.clone(),
            origin: ctx.cadence().label(ctx.origin()),
            digests: self.digests.clone(),
            issued: self.issued(),
            gates: self.gates.clone(),
            missing: self.missing.clone(),
            warnings: ctx.engine.warnings(),
            steps: ctx.engine.records(),
            files: self.files.clone(),
        }
    }

    /// The forecast that is issued, with its scores.
    fn issued(&self) -> Option<IssuedForecast> {
        let made = issued(&self.session.ensembles, &self.made)?;
        let all = self.evaluated.iter().flat_map(|evaluated| &evaluated.scores.scores);
        let of = all.filter(|s| s.model == made.name && s.group == Group::All);
        let scores: BTreeMap<_, _> = of.filter_map(|s| Some((s.metric.clone(), s.value?))).collect();
        Some(IssuedForecast { name: made.name.clone(), scores })
    }

    /// Lets the observations pass, or stops the run before a model sees them.
    fn input_gate(&mut self) -> Result<()> {
        let judgement = gates::input(self.session)?;
        self.told(&judgement)?;
        judgement.pass(self.session)
    }

    fn features(&mut self) -> Result<()> {
        let Some(features) = features::features(self.ctx)? else { return Ok(()) };
        self.publish(features::SUMMARY, &features.dir.join(features::SUMMARY))?;
        self.digests.features = Some(features.digest.to_string());
        self.ctx.keep_features(features);
        Ok(())
    }

    fn ensemble(&self, name: &str) -> Option<&'a EnsembleSpec> {
        self.session.ensembles.iter().find(|e| e.name == name)
    }

    /// Whether a model or ensemble failed elsewhere, which is then told.
    fn failed(&mut self, kind: &str, name: &str) -> bool {
        let failed = self.asked.without.iter().any(|absent| absent == name);
        if failed {
            self.missing.push(format!("{kind} `{name}`: it failed in a task of its own"));
        }
        failed
    }

    /// Partition and origins of the past forecasts.
    fn partition(&self) -> Result<EvaluatedPartition> {
        partitions::evaluated(&self.ctx.run.config, self.ctx.axis())
    }

    fn rehearses(&self) -> bool {
        let until = self.asked.until;
        until != Until::Hindcast || self.session.ensembles.iter().any(|e| e.ensemble.learns())
    }

    fn train(&mut self, name: &str) -> Result<()> {
        let spec = self.session.model(name)?;
        if self.failed("model", name) {
            return Ok(());
        }
        let trained = self.fit(spec, PartitionName::Forecasting, self.ctx.origin())?;
        self.trained.extend(trained);
        if self.rehearses() {
            let partition = self.partition()?;
            let calibrated = self.fit(spec, partition.name, partition.origins.first)?;
            self.calibrated.extend(calibrated);
        }
        Ok(())
    }

    fn fit(
        &mut self,
        spec: &'a ModelSpec,
        partition: PartitionName,
        until: Period,
    ) -> Result<Option<(&'a ModelSpec, Trained)>> {
        let result = train::train(self.ctx, spec, partition, until);
        let result = result.and_then(|trained| self.kept.keep(spec, partition, trained));
        let kept = self.or_missing(result, || format!("model `{}` ({})", spec.name, partition.as_str()))?;
        self.digests.artifacts.extend(kept.as_ref().map(|t| (t.artifact.clone(), t.digest.to_string())));
        Ok(kept.map(|trained| (spec, trained)))
    }

    fn forecast(&mut self, name: &str) -> Result<()> {
        let Some((spec, trained)) = find(&self.trained, name) else { return Ok(()) };
        let result = forecast::forecast(self.ctx, spec, trained, Purpose::Issue);
        let made = self.or_missing(result, || format!("forecast of `{name}`"))?;
        self.made.extend(made);
        self.digests.forecasts = digests(&self.made);
        Ok(())
    }

    /// What a model or ensemble forecasts from past origins, and the tallies of that where something is to be scored.
    fn backtest(&mut self, name: &str) -> Result<()> {
        let origins = self.partition()?.origins;
        let ensemble = self.ensemble(name);
        for (i, origin) in origins.iter().enumerate() {
            if self.rehearsal.backtests.len() <= i {
                self.rehearsal.backtests.push(Backtest::at(origin));
                self.rehearsal.tallied.push(Vec::new());
            }
            let known = &self.rehearsal.backtests;
            let part = match (ensemble, find(&self.calibrated, name)) {
                (Some(spec), _) => {
                    known[i].of_ensembles(self.ctx, std::slice::from_ref(spec), &known[..i])?
                }
                (None, Some(fitted)) => Backtest::of_models(self.ctx, origin, std::slice::from_ref(fitted))?,
                (None, None) => continue,
            };
            if self.asked.until >= Until::Evaluate {
                let tallied = evaluate::tally(self.ctx, &part, self.asked.metrics)?;
                self.rehearsal.tallied[i].extend(tallied);
            }
            if self.production().is_none_or(|production| production == name) {
                self.rehearse(&part);
            }
            if ensemble.is_none() {
                self.rehearsal.backtests[i].extend(part);
            }
        }
        Ok(())
    }

    /// Keeps what would have been issued.
    fn rehearse(&mut self, part: &Backtest) {
        self.rehearsed.retain(|(origin, _)| *origin != part.origin);
        self.rehearsed.extend(part.made.last().map(|made| (part.origin, made.clone())));
    }

    /// The ensemble whose forecast is issued.
    fn production(&self) -> Option<&'a str> {
        self.session.ensembles.iter().find(|e| e.role == Role::Production).map(|e| e.name.as_str())
    }

    fn combine(&mut self, name: &str) -> Result<()> {
        let Some(spec) = self.ensemble(name) else { return Ok(()) };
        if self.failed("ensemble", name) {
            return Ok(());
        }
        let past = (Purpose::Issue, self.rehearsal.backtests.as_slice());
        let result = combine::combine(self.ctx, spec, &self.made, past);
        let ensemble = self.or_missing(result, || format!("ensemble `{name}`"))?;
        for absent in ensemble.iter().flat_map(|made| &made.absent) {
            self.missing.push(format!("ensemble `{name}`: it does without its member `{absent}`"));
        }
        self.made.extend(ensemble);
        self.digests.forecasts = digests(&self.made);
        Ok(())
    }

    fn evaluate(&mut self) -> Result<()> {
        let names = |wanted: fn(&ModelSpec) -> bool| {
            let models = self.calibrated.iter().filter(move |(spec, _)| wanted(spec));
            models.map(|(spec, _)| spec.name.clone()).collect::<Vec<_>>()
        };
        let (mut all, baselines) = (names(|_| true), names(|spec| spec.status == Status::Baseline));
        all.extend(self.session.ensembles.iter().map(|e| e.name.clone()));
        let forecasts = Forecasts { names: &all, baselines: &baselines, issued: self.production() };
        let pooled = scores::pool(self.ctx, &self.rehearsal.tallied, &forecasts, self.asked.metrics)?;
        self.missing.extend(pooled.failures);
        self.publish(SCORES, &pooled.output.dir.join(scores::SCORES))?;
        let evaluated = Evaluated { partition: self.partition()?, scores: pooled.scores };
        self.kept.evaluated(&evaluated)?;
        self.evaluated = Some(evaluated);
        Ok(())
    }

    /// Lets `look` see what the gates on what goes out see; `None` where nothing goes out.
    ///
    /// # Errors
    /// What `look` returns.
    pub(crate) fn look<T>(
        &self,
        look: impl FnOnce(&Session<'_>, &Outgoing<'_>, Judges<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let issued = issued(&self.session.ensembles, &self.made);
        let Some((issued, evaluated)) = issued.zip(self.evaluated.as_ref()) else { return Ok(None) };
        let (rehearsed, made) = (&self.rehearsed, &self.made);
        let outgoing = Outgoing { issued, rehearsed, made, kept: &self.kept };
        look(self.session, &outgoing, (&evaluated.scores, self.asked.metrics)).map(Some)
    }

    /// Judges the forecast that is to be issued, or how good such forecasts were.
    fn judge(&mut self, kind: Kind) -> Result<()> {
        let Some(issued) = issued(&self.session.ensembles, &self.made) else { return Ok(()) };
        let judgement = if let (Kind::Performance, Some(evaluated)) = (kind, &self.evaluated) {
            gates::performance(self.session, &issued.name, (&evaluated.scores, self.asked.metrics))?
        } else {
            let (rehearsed, made) = (&self.rehearsed, &self.made);
            gates::output(self.session, Outgoing { issued, rehearsed, made, kept: &self.kept })?
        };
        self.told(&judgement)?;
        match judgement.pass(self.session) {
            Err(Error::Gate { gate, reason }) => {
                self.stop.get_or_insert((gate, reason));
                Ok(())
            }
            other => other,
        }
    }

    fn told(&mut self, judgement: &Judgement) -> Result<()> {
        let evidence = judgement.publish(self.session)?;
        let (gate, verdict) = (judgement.evidence.gate, judgement.evidence.verdict);
        let reasons = judgement.evidence.reasons();
        self.gates.push(GateSummary { gate, verdict, reasons, evidence: evidence.clone() });
        self.files.push(evidence);
        Ok(())
    }

    fn catalog(&mut self) -> Result<()> {
        let Some(evaluated) = &self.evaluated else { return Ok(()) };
        let (session, kept, missing) = (self.session, &self.kept, self.missing.as_slice());
        let catalog = catalog(&Parts { session, kept, metrics: self.asked.metrics, evaluated, missing });
        self.write("catalog.html", html(&catalog).as_bytes())?;
        self.write("catalog.md", markdown(&catalog).as_bytes())
    }

    fn draw(&mut self) -> Result<()> {
        let Some(issued) = issued(&self.session.ensembles, &self.made).cloned() else { return Ok(()) };
        for layer in maps::layers(self.ctx, &issued)? {
            let result = maps::map(self.ctx, &issued, &layer);
            let what = || format!("map {} of `{}`", layer.label, issued.name);
            for picture in self.or_missing(result, what)?.into_iter().flatten() {
                self.publish(&picture.name, &picture.file)?;
                self.pictures.push(picture);
            }
        }
        Ok(())
    }

    /// Writes the pages.
    fn tell(&mut self) -> Result<()> {
        let Some(evaluated) = self.evaluated.take() else { return Ok(()) };
        let pages = self.pages(&evaluated);
        self.evaluated = Some(evaluated);
        for (name, text) in pages? {
            self.write(name, text.as_bytes())?;
        }
        self.write("config.toml", self.ctx.run.to_toml().as_bytes())?;
        self.report = Some(self.session.folder.join(PAGE));
        Ok(())
    }

    fn pages(&self, evaluated: &Evaluated) -> Result<[(&'static str, String); 3]> {
        let (session, metrics) = (self.session, self.asked.metrics);
        let config = &self.ctx.run.config;
        let results = Results {
            ctx: self.ctx,
            code: session.code,
            snapshot: &session.snapshot,
            id: &session.id,
            root: &session.root,
            missing: &self.missing,
            models: &session.models,
            ensembles: &session.ensembles,
            metrics,
            made: &self.made,
            evaluated,
            pictures: &self.pictures,
        };
        let facts = page::report(&results, &filing::archive(self.ctx.run)?, &self.manifests())?;
        let mut past = evaluation::Facts::new(
            &facts,
            &evaluated.scores,
            (self.ctx.cadence(), config.forecast.draws),
            (&self.rehearsal.tallies(metrics)?, metrics),
            fooled(self.ctx, metrics)?,
        );
        past.past = online::past::newest(session, past.headline)?;
        let now = self.ctx.cadence().label(self.ctx.origin());
        let gate = |kind| Ok(drift::Gate { kind, evidence: gates::past(session, kind)? });
        let gates: Vec<drift::Gate> =
            [Kind::Input, Kind::Output, Kind::Performance].into_iter().map(gate).collect::<Result<_>>()?;
        Ok([
            (PAGE, report::render(&facts)),
            (EVALUATION, evaluation::page(&past)),
            (DRIFT, drift::page(&session.id, (&now, &config.target.level, &config.vintage), &gates)?),
        ])
    }

    /// What describes the forecasts in the archive.
    fn manifests(&self) -> Vec<(forewarn_store::Manifest, PathBuf)> {
        filing::manifests(&Issue { session: self.session, trained: &self.trained, made: &self.made })
    }

    /// Files the forecasts, unless a gate keeps them back.
    fn file(&mut self) -> Result<()> {
        if let Some((gate, reason)) = &self.stop {
            let report = self.session.folder.join(PAGE);
            let told = format!("{reason}; nothing was filed, the report is {}", report.display());
            return Err(Error::Gate { gate, reason: told });
        }
        self.files.extend(filing::file(&filing::archive(self.ctx.run)?, self.manifests())?);
        if self.asked.until == Until::Archive {
            truth::record(self.session)?;
        }
        Ok(())
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

fn find<'t, 'a>(all: &'t [(&'a ModelSpec, Trained)], name: &str) -> Option<&'t (&'a ModelSpec, Trained)> {
    all.iter().find(|(spec, _)| spec.name == name)
}

/// Digests of the files of forecasts, by name.
fn digests(made: &[Made]) -> BTreeMap<String, String> {
    made.iter().map(|made| (made.name.clone(), made.sha256.to_string())).collect()
}
