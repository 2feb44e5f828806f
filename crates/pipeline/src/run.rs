//! The run: from a configuration to filed forecasts.

use std::path::{Path, PathBuf};

use forewarn_store::file as files;

use crate::code::Code;
use crate::gates::{Judges, Outgoing};
use crate::outcome::{Outcome, Until};
use crate::plan::{Job, Plan};
use crate::progress::Observer;
use crate::recorder::{Recorder, Seen};
use crate::report::pages::RUN;
use crate::reports;
use crate::runs::Runs;
use crate::scores::NamedMetric;
use crate::session::{Access, Session, session};
use crate::stages::evaluate;
use crate::usage::Usage;
use crate::work::{Asked, Ended, Rehearsal, Work};
use crate::{Error, Resolved, Result};

/// Does a run, or as much of it as asked; what was done before from the same inputs is not done again.
///
/// # Errors
/// What stops a run: a configuration that does not fit, a source that cannot be read, a failed gate, a full disk. A
/// model, ensemble or metric that fails stops nothing else; it is named in [`Outcome::missing`].
pub fn run(run: &Resolved, code: &Code, until: Until, observer: &dyn Observer) -> Result<Outcome> {
    Ok(run_with(run, code, until, observer, |_, _| Ok(()))?.0)
}

/// One task of a run, to be done by itself.
#[derive(Debug, Clone, Default)]
pub struct Single {
    /// Its id in the [`Plan`].
    pub task: String,
    /// Models and ensembles whose own tasks have failed, and which are done without.
    pub without: Vec<String>,
    /// Id of the run that it belongs to; not checked when absent.
    pub run: Option<String>,
}

/// Does one task of a run, beside others in processes of their own. What the task needs is found, or made where it is not
/// there. Only the last task of a run leaves a record.
///
/// # Errors
/// As [`run`]; [`Error::Config`] when there is no such task, or configuration, observations or program are not those of
/// the run that is named; [`Error::Gate`] when the task is a gate that fails.
pub fn task(run: &Resolved, code: &Code, single: &Single, observer: &dyn Observer) -> Result<Outcome> {
    let course = Course { until: Until::Archive, single: Some(single) };
    if single.task == Job::Archive.id() {
        return Ok(kept(run, code, course, observer, |_, _| Ok(()))?.0);
    }
    let recorder = Recorder::start(run, code, course.until, observer);
    let done = followed(run, code, course, &recorder, |seen| recorder.saw(seen), |_, _| Ok(()));
    recorder.finish_task(&single.task, done.as_ref().err());
    Ok(done?.0)
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
    kept(run, code, Course { until, single: None }, observer, then)
}

/// What of a run is to be done.
#[derive(Clone, Copy)]
struct Course<'c> {
    until: Until,
    single: Option<&'c Single>,
}

impl Course<'_> {
    fn plan(self, session: &Session<'_>) -> Result<Plan> {
        let plan = Plan::of(session.ctx.run, (&session.models, &session.ensembles), self.until);
        let Some(single) = self.single else { return Ok(plan) };
        if let Some(run) = single.run.as_ref().filter(|run| **run != session.id) {
            let reason = format!(
                "this would be run {}: configuration, observations or program are not those of {run}",
                session.id
            );
            return Err(Error::config("--of", reason));
        }
        plan.towards(&single.task)
    }

    fn access(self) -> Access {
        match self.single {
            None => Access::Fetching,
            Some(single) if single.task == Job::Validate.id() => Access::Fetching,
            Some(_) => Access::Shared,
        }
    }
}

/// Follows the plan, and keeps a record of how it went.
fn kept<T>(
    run: &Resolved,
    code: &Code,
    course: Course<'_>,
    observer: &dyn Observer,
    then: impl FnOnce(&Session<'_>, &Rehearsal) -> Result<T>,
) -> Result<(Outcome, T)> {
    let recorder = Recorder::start(run, code, course.until, observer);
    match followed(run, code, course, &recorder, |seen| recorder.saw(seen), then) {
        Ok((outcome, made)) => {
            let (record, untold) = recorder.finish(None)?;
            if outcome.report.is_some() {
                about(&Runs::of(run)?, &outcome.folder)?;
            }
            let missing = [outcome.missing, untold].concat();
            Ok((Outcome { missing, record, ..outcome }, made))
        }
        Err(e) => {
            // What stopped the run is what has to be told, even where its record cannot be written either.
            let _ = recorder.finish(Some(&e));
            Err(e)
        }
    }
}

fn followed<T>(
    run: &Resolved,
    code: &Code,
    course: Course<'_>,
    observer: &dyn Observer,
    saw: impl FnOnce(Seen),
    then: impl FnOnce(&Session<'_>, &Rehearsal) -> Result<T>,
) -> Result<(Outcome, T)> {
    let metrics = &metrics(run)?;
    session(run, code, observer, course.access(), |session| {
        let plan = course.plan(session)?;
        let without = course.single.map_or(&[][..], |single| &single.without);
        let mut work = Work::new(session, Asked { until: course.until, without, metrics });
        let done = work.follow(&plan).and_then(|()| then(session, work.rehearsal()));
        saw(work.seen());
        let (made, ended) = (done?, work.end());
        let stopped = course.single.is_some() && plan.ends_with_a_gate();
        match ended.stop.clone().filter(|_| stopped) {
            Some((gate, reason)) => Err(Error::Gate { gate, reason }),
            None => Ok((outcome(session, course.until, ended), made)),
        }
    })
}

/// Goes as far as the gates on what is to be issued, and lets `look` see what they would; judges, records and files nothing.
/// `None` where nothing would be issued.
///
/// # Errors
/// As [`run`], and what `look` returns.
pub(crate) fn look<T>(
    run: &Resolved,
    code: &Code,
    observer: &dyn Observer,
    look: impl FnOnce(&Session<'_>, &Outgoing<'_>, Judges<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let (metrics, until) = (&metrics(run)?, Until::Evaluate);
    session(run, code, observer, Access::Alone, |session| {
        let mut work = Work::new(session, Asked { until, without: &[], metrics });
        work.follow(&Plan::of(run, (&session.models, &session.ensembles), until))?;
        work.look(look)
    })
}

/// What the run is scored by.
fn metrics(run: &Resolved) -> Result<Vec<NamedMetric>> {
    let metrics = evaluate::metrics(&run.config.evaluation.metrics)?;
    run.config.evaluation.interval.check()?;
    run.config.evaluation.leads.iter().try_for_each(|leads| leads.check(run.config.forecast.steps))?;
    Ok(metrics)
}

fn outcome(session: &Session<'_>, until: Until, ended: Ended) -> Outcome {
    let Seen { gates, missing, warnings, steps, files, .. } = ended.seen;
    Outcome {
        run: session.id.clone(),
        folder: session.folder.clone(),
        files,
        report: ended.report,
        scores: ended.evaluated.filter(|_| until < Until::Map).map(|evaluated| evaluated.scores),
        gates,
        missing,
        warnings,
        steps,
        usage: Usage::now(),
        record: PathBuf::new(),
    }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Silent;
    use crate::small_run::{archive, code, load, project, write};

    fn single(task: &str) -> Single {
        Single { task: task.to_owned(), ..Single::default() }
    }

    #[test]
    fn task_by_task_a_run_comes_to_the_same() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let whole = archive(&project(folder.path(), 1)).unwrap();
        let apart = project(other.path(), 1);
        let mut last = None;
        for wanted in crate::plan(&apart).unwrap().tasks {
            let outcome = task(&apart, &code(), &single(&wanted.id), &Silent).unwrap();
            let made = outcome.steps.iter().filter(|step| !step.cached);
            // Each task makes its own steps only.
            let of = wanted.of.as_deref().unwrap_or_default();
            let strange: Vec<_> = made.filter(|step| !step.step.contains(of)).map(|s| &s.step).collect();
            assert!(strange.is_empty(), "{}: {strange:?}", wanted.id);
            last = Some(outcome);
        }
        let last = last.unwrap();
        assert_eq!((&last.run, last.report.is_some(), last.missing.len()), (&whole.run, true, 0));
        assert!(
            last.record.is_dir() && last.record.ends_with("0001"),
            "one record: {}",
            last.record.display()
        );
        for name in ["report.html", "scores.json", "evaluation.html"] {
            let read = |outcome: &Outcome| fs::read(outcome.folder.join(name)).unwrap();
            assert!(read(&whole) == read(&last), "{name}");
        }
    }

    #[test]
    fn a_model_that_failed_in_a_task_of_its_own_is_done_without_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let run = project(folder.path(), 1);
        write(
            folder.path(),
            "ensembles/common_ground.toml",
            "algorithm = \"mean\"\nrole = \"production\"\nmissing = \"degrade\"\n",
        );
        let single = Single { without: vec!["long_memory".to_owned()], ..single("archive") };
        let outcome = task(&run, &code(), &single, &Silent).unwrap();
        let said = outcome.missing.join("; ");
        assert!(said.contains("model `long_memory`: it failed in a task of its own"), "{said}");
        assert!(said.contains("does without its member `long_memory`"), "{said}");
        assert!(!outcome.steps.iter().any(|step| step.step.contains("long_memory")));
        assert_eq!(outcome.files.iter().filter(|f| f.extension().is_some_and(|e| e == "parquet")).count(), 2);
    }

    #[test]
    fn a_task_of_another_run_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let run = project(folder.path(), 1);
        let first = task(&run, &code(), &single("validate"), &Silent).unwrap();
        let of = |run: &Resolved| {
            let single = Single { run: Some(first.run.clone()), ..single("features") };
            task(run, &code(), &single, &Silent)
        };
        assert_eq!(of(&run).unwrap().run, first.run);
        let said = of(&load(folder.path(), &["seed=7"])).unwrap_err().to_string();
        assert!(said.contains("are not those of") && said.contains(&first.run), "{said}");
    }
}
