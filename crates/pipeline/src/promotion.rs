//! Promotion: is a shadow measurably better than what is in production, and may it take its place?
//!
//! Both are scored on the same rows: every forecast from rolling origins, and those of the archive whose months have come.
//! The skill of the shadow against production has an interval (block bootstrap over months, both by the same months). It is
//! better where the interval lies above 0, worse where it lies below, and else nobody can tell. What takes over is written
//! into the files of the two only with an approver.

mod evidence;
mod files;
mod online;
mod verdict;

use std::path::PathBuf;

use forewarn_store::file;
use serde::Serialize;

pub use evidence::{Contest, Online};
pub use verdict::{Decision, Ruling};

use crate::components::{self, EnsembleSpec, ModelSpec, Role, Status};
use crate::gates;
use crate::outcome::Until;
use crate::progress::Observer;
use crate::run::run_with;
use crate::scores::{Forecasts, NamedMetric, OriginTallies, Scores};
use crate::stages::evaluate;
use crate::{Code, Error, Resolved, Result};

/// Who challenges whom.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// The shadow.
    pub shadow: String,
    /// What it would replace; the production ensemble when absent.
    pub production: Option<String>,
    /// Who approves; nothing is changed without.
    pub approver: Option<String>,
}

/// What was found and done.
#[derive(Debug, Clone, Serialize)]
pub struct Promotion {
    /// The shadow.
    pub shadow: String,
    /// What it would replace.
    pub production: String,
    /// The run whose forecasts were compared.
    pub run: String,
    /// Better, worse, or cannot tell, and why.
    pub ruling: Ruling,
    /// Scores of both on the same rows, from rolling origins.
    pub backtests: Vec<Contest>,
    /// Scores of both on what was issued, as far as its months have come.
    pub online: Online,
    /// Who approved the change; `None` while nothing is changed.
    pub approver: Option<String>,
    /// Files that were changed.
    pub changed: Vec<PathBuf>,
    /// Where this is written.
    pub evidence: PathBuf,
}

/// Compares, writes the evidence, and changes the status of both when the shadow is better and an approver says so.
///
/// # Errors
/// [`Error::Config`] when the two cannot be compared, or the approver is not one of `promotion.approvers`;
/// [`Error::Gate`] when somebody approves what is not better, with the evidence written, or while the output gate fails;
/// what stops a run. That the performance gate fails is no reason to keep what has become worse.
pub fn promote(
    run: &Resolved,
    code: &Code,
    challenge: &Challenge,
    observer: &dyn Observer,
) -> Result<Promotion> {
    let models = components::models(run)?;
    let ensembles = components::ensembles(run, &models)?;
    let pair = Pair::of(run, challenge, &models, &ensembles)?;
    check_approver(run, challenge.approver.as_deref())?;
    let metrics = evaluate::metrics(&run.config.promotion.metrics)?;
    let mut asked = run.clone();
    asked.config.evaluation.metrics.clone_from(&run.config.promotion.metrics);
    let (outcome, (backtests, online, held)) =
        run_with(&asked, code, Until::Evaluate, observer, |session, rehearsal| {
            let tallies = rehearsal.tallies(&metrics)?;
            let backtests = evidence::contests(&pooled(run, &pair, &tallies, &metrics));
            let gate = gates::judged(session, gates::Kind::Output)?.map(|judgement| judgement.evidence);
            let held = gate.filter(|evidence| evidence.verdict == gates::Verdict::Fail);
            Ok((backtests, online::online(session.ctx, &pair, &metrics)?, held))
        })?;
    let ruling = verdict::rule(&backtests, &online, &metrics, run.config.evaluation.partition);
    let folder = run.path(&run.config.output).join("promotions");
    let mut promotion = Promotion {
        evidence: folder.join(format!("{}_over_{}_{}.json", pair.shadow, pair.production, outcome.run)),
        shadow: pair.shadow.clone(),
        production: pair.production.clone(),
        run: outcome.run,
        ruling,
        backtests,
        online,
        approver: None,
        changed: Vec::new(),
    };
    write(&promotion)?;
    let Some(approver) = &challenge.approver else { return Ok(promotion) };
    if promotion.ruling.decision != Decision::Better {
        let (why, evidence) = (promotion.ruling.reasons.join("; "), promotion.evidence.display());
        let reason = format!("`{}` is not measurably better: {why} (evidence: {evidence})", pair.shadow);
        return Err(Error::Gate { gate: "promotion", reason });
    }
    if let Some(evidence) = held {
        let why = evidence.reasons().join("; ");
        let reason = format!("the output gate failed for {}: {why}", evidence.period);
        return Err(Error::Gate { gate: "promotion", reason });
    }
    promotion.changed = files::swap(run, &pair)?;
    promotion.approver = Some(approver.clone());
    write(&promotion)?;
    Ok(promotion)
}

/// The two that are compared, and of which kind they are.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) shadow: String,
    pub(crate) production: String,
    pub(crate) kind: Kind,
}

/// Only like replaces like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A model, by its status.
    Model,
    /// An ensemble, by its role.
    Ensemble,
}

impl Pair {
    fn of(
        run: &Resolved,
        challenge: &Challenge,
        models: &[ModelSpec],
        ensembles: &[EnsembleSpec],
    ) -> Result<Self> {
        let wrong = |reason: String| Err(Error::config(run.file.display().to_string(), reason));
        let production = challenge
            .production
            .clone()
            .or_else(|| ensembles.iter().find(|e| e.role == Role::Production).map(|e| e.name.clone()));
        let Some(production) = production else {
            return wrong(
                "there is no production ensemble; say with --over what would be replaced".to_owned(),
            );
        };
        let shadow = challenge.shadow.clone();
        let role = |name: &str| ensembles.iter().find(|e| e.name == name).map(|e| e.role);
        let status = |name: &str| models.iter().find(|m| m.name == name).map(|m| m.status);
        let kind = match (role(&shadow), role(&production), status(&shadow), status(&production)) {
            (Some(Role::Shadow), Some(Role::Production), ..) => Kind::Ensemble,
            (.., Some(Status::Shadow), Some(Status::Deployed)) => Kind::Model,
            _ => {
                let said = |name| match (role(name), status(name)) {
                    (Some(role), _) => format!("`{name}` is an ensemble with role {role:?}"),
                    (_, Some(status)) => format!("`{name}` is a model with status {status:?}"),
                    _ => format!("`{name}` is neither a model nor an ensemble of this run"),
                };
                return wrong(format!(
                    "{}, {}; a shadow ensemble replaces the production ensemble, a shadow model a deployed model",
                    said(&shadow),
                    said(&production)
                ));
            }
        };
        Ok(Self { shadow, production, kind })
    }

    /// Both, the shadow first.
    pub(crate) fn names(&self) -> [String; 2] {
        [self.shadow.clone(), self.production.clone()]
    }
}

/// Scores of both by every group, with the skill of the shadow against production.
pub(crate) fn pooled(
    run: &Resolved,
    pair: &Pair,
    tallies: &[OriginTallies],
    metrics: &[NamedMetric],
) -> Scores {
    let (names, evaluation) = (pair.names(), &run.config.evaluation);
    let forecasts = Forecasts { names: &names, baselines: &names[1..], issued: None };
    let seed = forewarn_kernels::random::seed_for(run.config.seed, "promotion");
    Scores::pool(tallies, &forecasts, metrics, (&evaluation.interval, seed), &evaluation.leads)
}

fn check_approver(run: &Resolved, approver: Option<&str>) -> Result<()> {
    let known = &run.config.promotion.approvers;
    match approver {
        Some("") => Err(Error::config("--approver", "it is empty; give a name")),
        Some(name) if !known.is_empty() && !known.iter().any(|k| k == name) => {
            let reason = format!("`{name}` may not approve; `promotion.approvers` are: {}", known.join(", "));
            Err(Error::config("--approver", reason))
        }
        _ => Ok(()),
    }
}

fn write(promotion: &Promotion) -> Result<()> {
    let path = &promotion.evidence;
    let text = serde_json::to_string_pretty(promotion).map_err(|e| Error::io(path)(e.into()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    }
    file::write_bytes(path, text.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 7] = [
        ("models/new_model.toml", "algorithm = \"zero\"\nstatus = \"shadow\"\n"),
        ("models/old_model.toml", "algorithm = \"zero\"\nstatus = \"deployed\"\n"),
        ("models/base_line.toml", "algorithm = \"zero\"\nstatus = \"baseline\"\n"),
        ("ensembles/new_blend.toml", "algorithm = \"mean\"\n"),
        ("ensembles/next_blend.toml", "algorithm = \"median\"\n"),
        ("ensembles/old_blend.toml", "algorithm = \"mean\"\nrole = \"production\"\n"),
        (
            "forewarn.toml",
            "models = [\"new_model\", \"old_model\", \"base_line\"]\n\
             ensembles = [\"new_blend\", \"next_blend\", \"old_blend\"]\n",
        ),
    ];

    /// A run of three models and three ensembles, with these settings; gives the pair that would be compared.
    fn pair(shadow: &str, over: Option<&str>, settings: &[&str]) -> Result<Pair> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in FILES {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let settings: Vec<String> = settings.iter().map(|&s| s.to_owned()).collect();
        let run = Resolved::load(&folder.path().join("forewarn.toml"), &[], &settings)?;
        let models = components::models(&run)?;
        let ensembles = components::ensembles(&run, &models)?;
        let (shadow, production) = (shadow.to_owned(), over.map(str::to_owned));
        Pair::of(&run, &Challenge { shadow, production, approver: None }, &models, &ensembles)
    }

    #[test]
    fn like_challenges_like() {
        let blends = pair("new_blend", None, &[]).unwrap();
        assert_eq!(
            (blends.names(), blends.kind),
            (["new_blend", "old_blend"].map(str::to_owned), Kind::Ensemble)
        );
        let models = pair("new_model", Some("old_model"), &[]).unwrap();
        assert_eq!(
            (models.names(), models.kind),
            (["new_model", "old_model"].map(str::to_owned), Kind::Model)
        );
    }

    #[test]
    fn what_is_unlike_is_told_with_what_it_is() {
        let said = |shadow, over| pair(shadow, over, &[]).unwrap_err().to_string();
        let e = said("new_model", None);
        assert!(
            e.contains(
                "`new_model` is a model with status Shadow, `old_blend` is an ensemble with role Production"
            ),
            "{e}"
        );
        let e = said("old_blend", Some("new_blend"));
        assert!(
            e.contains(
                "`old_blend` is an ensemble with role Production, `new_blend` is an ensemble with role Shadow"
            ),
            "{e}"
        );
        let e = said("new_model", Some("base_line"));
        assert!(e.contains("`base_line` is a model with status Baseline; a shadow ensemble replaces"), "{e}");
        let e = said("dark_horse", None);
        assert!(e.contains("`dark_horse` is neither a model nor an ensemble of this run"), "{e}");
        said("new_blend", Some("next_blend"));
        said("base_line", Some("old_model"));
    }

    #[test]
    fn without_a_production_ensemble_what_would_be_replaced_has_to_be_said() {
        let only = ["ensembles=[\"new_blend\"]"];
        let e = pair("new_blend", None, &only).unwrap_err();
        assert!(e.to_string().contains("say with --over what would be replaced"), "{e}");
        assert_eq!(e.exit_code(), 2);
        assert!(pair("new_model", Some("old_model"), &only).is_ok(), "models need none");
    }

    #[test]
    fn only_those_who_may_approve_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("forewarn.toml");
        let check = |text: &str, approver| {
            std::fs::write(&file, text).unwrap();
            check_approver(&Resolved::load(&file, &[], &[]).unwrap(), approver)
        };
        let two = "[promotion]\napprovers = [\"Ada\", \"Mary Anning\"]\n";
        assert!(check(two, Some("Mary Anning")).is_ok() && check(two, None).is_ok());
        for stranger in ["ada", "Mary", "Eve"] {
            let e = check(two, Some(stranger)).unwrap_err().to_string();
            assert!(e.contains("may not approve; `promotion.approvers` are: Ada, Mary Anning"), "{e}");
        }
        assert!(check("", Some("Eve")).is_ok(), "anyone, where nobody is named");
        for text in ["", two] {
            assert!(check(text, Some("")).unwrap_err().to_string().contains("it is empty; give a name"));
        }
    }
}
