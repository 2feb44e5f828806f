//! The sweep: a search over the settings of one model, trial by trial, resumable.
//!
//! A trial is a function of the sweep, the data, the program and the trials before it, and is recorded when it ends. So a
//! sweep that was killed goes on with what is recorded and ends with the same trials; a sweep whose file, run, data or
//! program has changed is another sweep, in a folder of its own. More trials or a greater budget change no trial (but the
//! first rung of successive halving), and go on in the same folder.

mod bench;
mod file;
mod halving;
mod journal;
mod outcome;
mod parzen;
mod plan;
mod random;
mod search;
mod settings;
mod space;
mod tpe;

use std::path::{Path, PathBuf};
use std::time::Instant;

use forewarn_core::{Partition, RollingOrigins};
use forewarn_store::{Digest, StepOutput, StepStore, file as files};
use serde_json::json;

use crate::context::{Context, Summary};
use crate::engine::Engine;
use crate::partitions::{self, EvaluatedPartition};
use crate::progress::{Event, Observer};
use crate::stages::{features, fetch, validate};
use crate::usage::Usage;
use crate::{Code, Error, Result, session};
use journal::Journal;
pub use journal::Trial;
pub use outcome::{Evaluated, Sweep};
use plan::{Plan, Resource};
pub use search::Method;
use search::{Past, Proposal, loss};

/// Which sweep, and what goes over the configuration of its run.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The file of the sweep.
    pub file: &'a Path,
    /// Variables of the environment, by name.
    pub environment: &'a [(String, String)],
    /// Flags, as `path=value`.
    pub flags: &'a [String],
}

/// Does a sweep, or what is left of it.
///
/// # Errors
/// A file that does not fit, before anything is fitted; what stops a run. A trial that fails stops nothing: its reason is
/// recorded, and it is never the best.
pub fn sweep(request: &Request<'_>, code: &Code, observer: &dyn Observer) -> Result<Sweep> {
    let plan = Plan::read(request.file, request.environment, request.flags)?;
    let root = plan.run.path(&plan.run.config.output);
    let _lock = session::lock(&root)?;
    let store = StepStore::open(root.join("steps"))?;
    store.sweep()?;
    let engine = Engine::new(store, observer, &code.digest);
    let scene = Scene::new(&plan, &engine, code)?;
    let folder = root.join("sweeps").join(format!("{}-{}", plan.name, &scene.digest[..10]));
    // What trials make has a store of its own, which goes when they are recorded.
    let made = folder.join("steps");
    let trials = StepStore::open(&made)?;
    trials.sweep()?;
    files::sweep(&folder)?;
    let quiet = Quiet(observer);
    let inner = Engine::new(trials, &quiet, &code.digest);
    let ctx = scene.context(&plan, &inner);
    let (journal, warning) = Journal::open(folder.join("trials.jsonl"))?;
    let mut work = Work {
        plan: &plan,
        ctx: &ctx,
        scene: &scene,
        engine: &engine,
        observer,
        journal,
        made,
        trials: Vec::new(),
        past: Vec::new(),
        found: 0,
    };
    work.warn(warning);
    let stopped = work.trials()?;
    let Work { trials, past, found, made, .. } = work;
    std::fs::remove_dir_all(&made).map_err(Error::io(made))?;
    let evaluated = Evaluated::new(&plan, ctx.cadence(), (scene.partition, scene.origins));
    let done = outcome::Done { folder, trials, past, found, stopped, warnings: engine.warnings() };
    outcome::outcome(&plan, evaluated, done)
}

/// What all trials share.
struct Scene {
    validated: StepOutput,
    summary: Summary,
    featured: Option<StepOutput>,
    partition: Partition,
    origins: RollingOrigins,
    /// Digest of everything that the trials depend on.
    digest: String,
}

impl Scene {
    /// Checks the observations and makes the features, as a run does and in the same place.
    fn new(plan: &Plan, engine: &Engine<'_>, code: &Code) -> Result<Self> {
        let snapshot = fetch::fetch(&plan.run)?;
        let (validated, summary) = validate::validate(&plan.run, engine, &snapshot)?;
        let ctx = Context::new(&plan.run, engine, validated.clone(), summary.clone());
        let featured = features::features(&ctx)?;
        let EvaluatedPartition { ranges: partition, origins, .. } =
            partitions::evaluated(&plan.run.config, ctx.axis())?;
        let data = json!([ctx.panel_digest(), featured.as_ref().map(|f| f.digest.to_string())]);
        let digest = digest(plan, origins, &data, code);
        Ok(Self { validated, summary, featured, partition, origins, digest })
    }

    /// The same observations and features for steps in another place.
    fn context<'a>(&self, plan: &'a Plan, engine: &'a Engine<'a>) -> Context<'a> {
        let ctx = Context::new(&plan.run, engine, self.validated.clone(), self.summary.clone());
        self.featured.iter().for_each(|featured| ctx.keep_features(featured.clone()));
        ctx
    }
}

/// Digest of everything that the trials depend on.
fn digest(plan: &Plan, origins: RollingOrigins, data: &serde_json::Value, code: &Code) -> String {
    let (config, search) = (&plan.run.config, &plan.search);
    let all = json!({
        "code": code.digest,
        "data": data,
        "model": [json!(plan.model.name), json!(plan.model.algorithm), plan.model.settings],
        "target": [json!(config.target.column), json!(config.target.kind), json!(config.target.level)],
        "event": config.evaluation.event,
        "seed": config.seed,
        "draws": config.forecast.draws,
        "steps": config.forecast.steps,
        "origins": [json!(origins.first), json!(origins.count), json!(origins.stride)],
        "objective": plan.objective.name,
        "method": search.method,
        "space": search.space,
        "halving": search.halving,
        "resource": match &plan.resource {
            Some(Resource::Setting(path)) => Some(path.as_str()),
            _ => None,
        },
        "sweep-seed": search.seed,
    });
    Digest::of_bytes(all.to_string().as_bytes()).to_string()
}

/// A sweep on its way.
struct Work<'a> {
    plan: &'a Plan,
    /// Makes what trials need, in their own store.
    ctx: &'a Context<'a>,
    scene: &'a Scene,
    /// Tells the user.
    engine: &'a Engine<'a>,
    observer: &'a dyn Observer,
    journal: Journal,
    /// Where trials leave what they made.
    made: PathBuf,
    trials: Vec<Trial>,
    past: Vec<Past>,
    /// Trials that were there already.
    found: usize,
}

impl Work<'_> {
    /// All trials, recorded or done; says why there are no more, when that is not the end of the search.
    fn trials(&mut self) -> Result<Option<String>> {
        while let Some(proposal) = self.plan.search.propose(&self.past) {
            let digest = self.trial_digest(&proposal);
            let (recorded, warning) = self.journal.take(self.trials.len(), &digest)?;
            self.warn(warning);
            let trial = if let Some(trial) = recorded {
                self.found += 1;
                trial
            } else {
                if let Some(reason) = self.spent() {
                    return Ok(Some(reason));
                }
                let trial = self.trial(&proposal, digest)?;
                self.journal.add(&trial)?
            };
            let better = self.plan.objective.metric.better();
            let loss = trial.score.map(|score| loss(better, score));
            self.past.push(Past { settings: proposal.settings, loss, resource: proposal.resource });
            self.trials.push(trial);
        }
        Ok(None)
    }

    fn warn(&self, warning: Option<String>) {
        if let Some(warning) = warning {
            self.engine.warn(warning);
        }
    }

    /// Why no other trial may start.
    fn spent(&self) -> Option<String> {
        let spent: f64 = self.trials.iter().filter_map(|trial| trial.cpu_seconds).sum();
        let budget = self.plan.budget.filter(|&budget| spent >= budget)?;
        let (done, total) = (self.trials.len(), self.plan.search.total());
        Some(format!(
            "the budget of {budget} CPU seconds is spent ({spent:.1}): {done} of {total} trials are done"
        ))
    }

    fn trial_digest(&self, proposal: &Proposal) -> String {
        let settings = self.plan.settings(proposal);
        let all = json!([self.scene.digest, proposal.settings, settings.ok(), self.origins(proposal).count]);
        Digest::of_bytes(all.to_string().as_bytes()).to_string()
    }

    /// The origins of a trial: the first so many where they are what successive halving gives more of.
    fn origins(&self, proposal: &Proposal) -> RollingOrigins {
        match (&self.plan.resource, proposal.resource) {
            (Some(Resource::Origins), Some(count)) => {
                RollingOrigins { count: count as usize, ..self.scene.origins }
            }
            _ => self.scene.origins,
        }
    }

    /// Does a trial; one like an earlier one takes over its score.
    fn trial(&self, proposal: &Proposal, digest: String) -> Result<Trial> {
        let number = self.trials.len() + 1;
        let step = format!("trial {number} of {}", self.plan.search.total());
        self.observer.notice(&Event::Started { step: &step });
        let (start, before) = (Instant::now(), Usage::now());
        let equal = self.trials.iter().find(|trial| trial.digest == digest);
        let result = match equal {
            Some(trial) => trial.score.ok_or_else(|| trial.reason.clone().unwrap_or_default()),
            None => self.score(proposal)?,
        };
        let said = match &result {
            Ok(score) => format!("{step}: {} {score:.6}", self.plan.objective.name),
            Err(reason) => format!("{step} failed: {reason}"),
        };
        let seconds = start.elapsed().as_secs_f64();
        self.observer.notice(&Event::Finished { step: &said, cached: equal.is_some(), seconds });
        let spent = Usage::now().cpu_seconds.zip(before.cpu_seconds).map(|(after, before)| after - before);
        let cpu_seconds =
            if equal.is_some() { Some(0.0) } else { spent.map(|s| (s * 100.0).round() / 100.0) };
        Ok(Trial {
            number,
            settings: proposal.settings.clone(),
            resource: proposal.resource,
            score: result.as_ref().ok().copied(),
            reason: result.err(),
            digest,
            cpu_seconds,
        })
    }

    fn score(&self, proposal: &Proposal) -> Result<Result<f64, String>> {
        let spec = match self.plan.model(proposal) {
            Ok(spec) => spec,
            Err(reason) => return Ok(Err(reason)),
        };
        let result = bench::score(self.ctx, &spec, self.origins(proposal), &self.plan.objective)?;
        // With more origins, settings that go on use again what they had with fewer.
        if self.plan.resource != Some(Resource::Origins) {
            clear(&self.made)?;
        }
        Ok(result)
    }
}

/// Empties a folder of folders.
fn clear(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        std::fs::remove_dir_all(&path).map_err(Error::io(path))?;
    }
    Ok(())
}

/// Passes on how far a trial is and what is warned of, not each of its steps.
struct Quiet<'a>(&'a dyn Observer);

impl Observer for Quiet<'_> {
    fn notice(&self, event: &Event<'_>) {
        if matches!(event, Event::Advanced { .. } | Event::Warned { .. }) {
            self.0.notice(event);
        }
    }
}
