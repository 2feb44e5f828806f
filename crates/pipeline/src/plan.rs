//! The plan: the tasks of a run, and which of them need which. A run follows it in one process; an orchestrator gives each
//! task to a process of its own.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::components::{self, EnsembleSpec, ModelSpec};
use crate::gates::Kind;
use crate::outcome::Until;
use crate::{Error, Resolved, Result};

/// What a task does. Names are those of models and ensembles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Checks the observations.
    Validate,
    /// Lets them pass, or judges what goes out.
    Gate(Kind),
    /// Computes what models learn from.
    Features,
    /// Fits a model, for the forecast and for the past.
    Train(String),
    /// Forecasts with it.
    Forecast(String),
    /// Forecasts from past origins, and tallies those.
    Backtest(String),
    /// Combines the forecasts of an ensemble's members.
    Combine(String),
    /// Makes scores of all tallies.
    Evaluate,
    /// Writes the catalog of models.
    Catalog,
    /// Draws the forecast.
    Map,
    /// Writes the pages.
    Report,
    /// Files the forecasts.
    Archive,
}

impl Job {
    /// What kind of task it is, and what of.
    fn words(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Validate => ("validate", None),
            Self::Gate(kind) => ("gate", Some(kind.as_str())),
            Self::Features => ("features", None),
            Self::Train(name) => ("train", Some(name)),
            Self::Forecast(name) => ("forecast", Some(name)),
            Self::Backtest(name) => ("backtest", Some(name)),
            Self::Combine(name) => ("combine", Some(name)),
            Self::Evaluate => ("evaluate", None),
            Self::Catalog => ("catalog", None),
            Self::Map => ("map", None),
            Self::Report => ("report", None),
            Self::Archive => ("archive", None),
        }
    }

    pub(crate) fn id(&self) -> String {
        match self.words() {
            (kind, Some(of)) => format!("{kind} {of}"),
            (kind, None) => kind.to_owned(),
        }
    }
}

/// A part of a run that can be done by itself once what it needs is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Its name in the plan: `train quiet_river`.
    pub id: String,
    /// What kind of task it is: `train`.
    pub kind: &'static str,
    /// The model, ensemble or gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Ids of the tasks that must have ended before; a model that failed is done without, where that is possible.
    pub needs: Vec<String>,
    #[serde(skip)]
    pub(crate) job: Job,
}

/// The tasks of a run, in an order in which they can be done one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The tasks.
    pub tasks: Vec<Task>,
}

/// The plan of a run from the observations to filed forecasts.
///
/// # Errors
/// [`Error::Config`] for models or ensembles that do not fit.
pub fn plan(run: &Resolved) -> Result<Plan> {
    let models = components::models(run)?;
    let ensembles = components::ensembles(run, &models)?;
    Ok(Plan::of(run, (&models, &ensembles), Until::Archive))
}

impl Plan {
    /// The tasks of a run up to a stage.
    pub(crate) fn of(
        run: &Resolved,
        (models, ensembles): (&[ModelSpec], &[EnsembleSpec]),
        until: Until,
    ) -> Self {
        let mut plan = Self { tasks: Vec::new() };
        plan.put(Job::Validate, &[]);
        if until >= Until::Features {
            plan.prepare(run, until);
        }
        if until >= Until::Train {
            plan.model(models, ensembles, until);
        }
        if until == Until::Hindcast {
            plan.put(Job::Archive, &plan.ids(&["forecast", "combine"]));
        } else if until >= Until::Evaluate {
            plan.finish(until);
        }
        plan
    }

    /// What comes before models.
    fn prepare(&mut self, run: &Resolved, until: Until) {
        if until != Until::Hindcast {
            self.put_next(Job::Gate(Kind::Input));
        }
        if run.config.features.query_set.is_some() {
            self.put_next(Job::Features);
        }
    }

    /// Models and ensembles, their forecasts, and those from past origins where something is made of them.
    fn model(&mut self, models: &[ModelSpec], ensembles: &[EnsembleSpec], until: Until) {
        let before = self.last();
        let (forecasts, combines) =
            (until > Until::Train, until == Until::Hindcast || until >= Until::Combine);
        let learns = combines && ensembles.iter().any(|e| e.ensemble.learns());
        for spec in models {
            self.put(Job::Train(spec.name.clone()), std::slice::from_ref(&before));
        }
        let trained = |name: &str| [Job::Train(name.to_owned()).id()];
        for spec in models.iter().filter(|_| forecasts) {
            self.put(Job::Forecast(spec.name.clone()), &trained(&spec.name));
        }
        for spec in models.iter().filter(|_| learns || until >= Until::Evaluate) {
            self.put(Job::Backtest(spec.name.clone()), &trained(&spec.name));
        }
        let of = |spec: &EnsembleSpec, job: fn(String) -> Job| {
            spec.members.iter().map(|name| job(name.clone()).id()).collect::<Vec<_>>()
        };
        for spec in ensembles.iter().filter(|_| combines) {
            let mut needs = of(spec, Job::Forecast);
            needs.extend(of(spec, Job::Backtest).into_iter().filter(|_| spec.ensemble.learns()));
            self.put(Job::Combine(spec.name.clone()), &needs);
        }
        for spec in ensembles.iter().filter(|_| until >= Until::Evaluate) {
            self.put(Job::Backtest(spec.name.clone()), &of(spec, Job::Backtest));
        }
    }

    /// What comes after them.
    fn finish(&mut self, until: Until) {
        self.put(Job::Evaluate, &self.ids(&["backtest"]));
        let made = self.ids(&["forecast", "combine", "evaluate"]);
        if until >= Until::Judge {
            self.put(Job::Gate(Kind::Output), &made);
            self.put(Job::Gate(Kind::Performance), &made);
        }
        if until == Until::Catalog {
            self.put(Job::Catalog, &made);
        }
        if until >= Until::Map {
            self.put(Job::Map, &self.ids(&["forecast", "combine"]));
        }
        if until >= Until::Report {
            self.put(Job::Report, &self.ids(&["evaluate", "gate", "map"]));
        }
        if until >= Until::Archive {
            self.put_next(Job::Archive);
        }
    }

    fn put(&mut self, job: Job, needs: &[String]) {
        let (kind, of) = job.words();
        self.tasks.push(Task { id: job.id(), kind, of: of.map(str::to_owned), needs: needs.to_vec(), job });
    }

    /// A task that needs the one before it.
    fn put_next(&mut self, job: Job) {
        self.put(job, &[self.last()]);
    }

    fn ids(&self, kinds: &[&str]) -> Vec<String> {
        let wanted = self.tasks.iter().filter(|task| kinds.contains(&task.kind));
        wanted.map(|task| task.id.clone()).collect()
    }

    fn last(&self) -> String {
        self.tasks.last().map(|task| task.id.clone()).unwrap_or_default()
    }

    /// Whether what it comes to is what a gate says.
    pub(crate) fn ends_with_a_gate(&self) -> bool {
        self.tasks.last().is_some_and(|task| matches!(task.job, Job::Gate(_)))
    }

    /// The task `id` and all that it needs.
    ///
    /// # Errors
    /// [`Error::Config`] that lists the tasks there are.
    pub(crate) fn towards(mut self, id: &str) -> Result<Self> {
        if !self.tasks.iter().any(|task| task.id == id) {
            let all: Vec<_> = self.tasks.iter().map(|task| task.id.as_str()).collect();
            let reason = format!("`{id}` is no task of this run; there are: {}", all.join(", "));
            return Err(Error::config("--task", reason));
        }
        let mut needed = BTreeSet::from([id.to_owned()]);
        // What a task needs stands before it.
        for task in self.tasks.iter().rev() {
            if needed.contains(&task.id) {
                needed.extend(task.needs.iter().cloned());
            }
        }
        self.tasks.retain(|task| needed.contains(&task.id));
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_run::project;

    fn ids(plan: &Plan) -> Vec<&str> {
        plan.tasks.iter().map(|task| task.id.as_str()).collect()
    }

    fn until(until: Until) -> Plan {
        let folder = tempfile::tempdir().unwrap();
        let run = project(folder.path(), 1);
        let models = components::models(&run).unwrap();
        let ensembles = components::ensembles(&run, &models).unwrap();
        Plan::of(&run, (&models, &ensembles), until)
    }

    #[test]
    fn a_task_needs_only_what_stands_before_it() {
        let plan = until(Until::Archive);
        for (i, task) in plan.tasks.iter().enumerate() {
            for need in &task.needs {
                assert!(ids(&plan)[..i].contains(&need.as_str()), "{} needs {need}", task.id);
            }
        }
        let expected = [
            "validate",
            "gate input",
            "features",
            "train still_water",
            "train long_memory",
            "forecast still_water",
            "forecast long_memory",
            "backtest still_water",
            "backtest long_memory",
            "combine common_ground",
            "backtest common_ground",
            "evaluate",
            "gate output",
            "gate performance",
            "map",
            "report",
            "archive",
        ];
        assert_eq!(ids(&plan), expected);
    }

    #[test]
    fn a_run_ends_with_the_stage_that_is_asked_for() {
        assert_eq!(ids(&until(Until::Validate)), ["validate"]);
        assert_eq!(ids(&until(Until::Features)), ["validate", "gate input", "features"]);
        let last = |stage| until(stage).tasks.last().map(|task| task.id.clone()).unwrap();
        assert_eq!(last(Until::Train), "train long_memory");
        assert_eq!(last(Until::Combine), "combine common_ground");
        assert_eq!(last(Until::Judge), "gate performance");
        assert_eq!(last(Until::Catalog), "catalog");
        let hindcast = until(Until::Hindcast);
        assert_eq!(
            hindcast.tasks.last().unwrap().needs,
            ["forecast still_water", "forecast long_memory", "combine common_ground"]
        );
        assert!(hindcast.tasks.iter().all(|task| !["gate", "backtest", "evaluate"].contains(&task.kind)));
    }

    #[test]
    fn towards_a_task_there_is_what_it_needs_and_nothing_else() {
        let plan = until(Until::Archive).towards("forecast long_memory").unwrap();
        let needed = ["validate", "gate input", "features", "train long_memory", "forecast long_memory"];
        assert_eq!(ids(&plan), needed);
        let said = until(Until::Archive).towards("train nobody").unwrap_err().to_string();
        assert!(said.contains("`train nobody` is no task") && said.contains("train long_memory"), "{said}");
    }
}
