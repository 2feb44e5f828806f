//! Diversity: what an ensemble has of its members being different, and of each of them.
//!
//! The error of an ensemble is the mean error of its members less their diversity (Krogh and Vedelsby 1995, Advances in Neural
//! Information Processing Systems 7; Page 2007, The Difference, ISBN 978-0-691-13854-1: for squared errors of a mean the
//! diversity is the members' variance around it). Measured here as that difference, by any metric of which lower is better. The
//! contribution of a member is how much worse the ensemble is without it.

use std::path::PathBuf;

use forewarn_catalog::{ENSEMBLES, find};
use forewarn_core::Better;
use forewarn_kernels::random::seed_for;
use forewarn_store::file;
use serde::Serialize;

use crate::components::EnsembleSpec;
use crate::outcome::Until;
use crate::progress::Observer;
use crate::run::run_with;
use crate::scores::{Forecasts, Group, Margin, NamedMetric, OriginTallies, Scores};
use crate::session::Session;
use crate::stages::evaluate;
use crate::work::Rehearsal;
use crate::{Code, Error, Resolved, Result};

/// What is known of the members of an ensemble.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diversity {
    /// Id of the run.
    pub run: String,
    /// Name of the ensemble.
    pub ensemble: String,
    /// By each metric of the evaluation.
    pub metrics: Vec<ByMetric>,
    /// Where this is written.
    pub file: PathBuf,
}

/// The same by one metric, over all rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByMetric {
    /// Name of the metric.
    pub metric: String,
    /// Score of the ensemble.
    pub ensemble: Option<f64>,
    /// Mean of the members' scores and the diversity; `None` where lower is not better.
    pub diversity: Option<Margin>,
    /// One a member.
    pub members: Vec<Contribution>,
    /// Why something is missing.
    pub reason: Option<String>,
}

/// What one member is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// Name of the member.
    pub member: String,
    /// Its own score.
    pub score: Option<f64>,
    /// Score of the ensemble without it.
    pub without: Option<f64>,
    /// Skill of the ensemble against itself without the member: above 0 where the member helps.
    pub contribution: Option<f64>,
    /// Where that is.
    pub interval: Option<(f64, f64)>,
}

/// Scores the ensemble `name`, its members, and the ensemble without each of them, from the rolling origins of the run.
///
/// # Errors
/// [`Error::Config`] when there is no such ensemble or it has one member; what stops a run.
pub fn diversity(run: &Resolved, code: &Code, name: &str, observer: &dyn Observer) -> Result<Diversity> {
    let (outcome, metrics) = run_with(run, code, Until::Evaluate, observer, |session, rehearsal| {
        let spec = ensemble(session, name)?;
        let tallies = tallies(session, rehearsal, spec)?;
        let metrics = evaluate::metrics(&run.config.evaluation.metrics)?;
        Ok(metrics.iter().map(|metric| by_metric(run, spec, &tallies, metric)).collect::<Vec<_>>())
    })?;
    let file = outcome.folder.join(format!("diversity_{name}.json"));
    let found = Diversity { run: outcome.run, ensemble: name.to_owned(), metrics, file };
    let text = serde_json::to_vec_pretty(&found).map_err(|e| Error::io(&found.file)(e.into()))?;
    file::write_bytes(&found.file, &text)?;
    Ok(found)
}

fn ensemble<'s>(session: &'s Session<'_>, name: &str) -> Result<&'s EnsembleSpec> {
    let place = || session.ctx.run.file.display().to_string();
    let spec = session.ensembles.iter().find(|e| e.name == name).ok_or_else(|| {
        let names: Vec<&str> = session.ensembles.iter().map(|e| e.name.as_str()).collect();
        Error::config(
            place(),
            format!("`{name}` is no ensemble of this run; there are: {}", names.join(", ")),
        )
    })?;
    if spec.members.len() < 2 {
        return Err(Error::config(
            place(),
            format!("`{name}` has one member: there is nothing to leave out"),
        ));
    }
    Ok(spec)
}

/// What the ensemble without a member is called.
fn without(member: &str) -> String {
    format!("without {member}")
}

/// The ensemble without `member`, whose weight is taken away too.
fn reduced(spec: &EnsembleSpec, member: &str) -> Result<EnsembleSpec> {
    let mut settings = spec.settings.clone();
    if let Some(weights) = settings.get_mut("weights").and_then(serde_json::Value::as_object_mut) {
        weights.remove(member);
    }
    let ensemble = (find("ensemble", ENSEMBLES, &spec.algorithm)?.build)(&settings)?;
    Ok(EnsembleSpec {
        name: without(member),
        algorithm: spec.algorithm.clone(),
        role: spec.role,
        members: spec.members.iter().filter(|m| *m != member).cloned().collect(),
        missing: spec.missing,
        settings,
        ensemble,
    })
}

/// Tallies of the members, the ensemble, and the ensemble without each member, of every origin.
fn tallies(session: &Session<'_>, rehearsal: &Rehearsal, spec: &EnsembleSpec) -> Result<Vec<OriginTallies>> {
    let specs = spec.members.iter().map(|member| reduced(spec, member)).collect::<Result<Vec<_>>>()?;
    let metrics = evaluate::metrics(&session.ctx.run.config.evaluation.metrics)?;
    let mut all: Vec<OriginTallies> = Vec::new();
    let known = rehearsal.tallies(&metrics)?;
    for (i, (models, known)) in rehearsal.backtests.iter().zip(&known).enumerate() {
        let combined = models.of_ensembles(session.ctx, &specs, &rehearsal.backtests[..i])?;
        let mut next = evaluate::evaluate(session.ctx, &combined, &metrics)?;
        next.groups.clear();
        let mut known = OriginTallies { groups: Vec::new(), ..known.clone() };
        known.merge(next);
        all.push(known);
    }
    Ok(all)
}

fn by_metric(
    run: &Resolved,
    spec: &EnsembleSpec,
    tallies: &[OriginTallies],
    metric: &NamedMetric,
) -> ByMetric {
    let without: Vec<String> = spec.members.iter().map(|member| without(member)).collect();
    let names: Vec<String> = [vec![spec.name.clone()], spec.members.clone(), without.clone()].concat();
    let forecasts = Forecasts { names: &names, baselines: &without, issued: None };
    let intervals = (&run.config.evaluation.interval, seed_for(run.config.seed, "diversity"));
    let scores = Scores::pool(tallies, &forecasts, std::slice::from_ref(metric), intervals, &[]);
    let find = |name: &str| scores.find(name, &metric.name, Group::All, None);
    let value = |name: &str| find(name).and_then(|score| score.value);
    let whole = find(&spec.name);
    let member = |(member, without): (&String, &String)| {
        let skill = whole.and_then(|score| score.skills.iter().find(|s| s.baseline == *without));
        Contribution {
            member: member.clone(),
            score: value(member),
            without: value(without),
            contribution: skill.and_then(|s| s.skill),
            interval: skill.and_then(|s| s.interval),
        }
    };
    let lower = metric.metric.better() == Better::Lower;
    let margin = lower.then(|| Scores::margin(tallies, (&spec.name, &spec.members), metric, intervals));
    let reason = margin.as_ref().and_then(|m| m.as_ref().err().cloned());
    ByMetric {
        metric: metric.name.clone(),
        ensemble: value(&spec.name),
        diversity: margin.and_then(Result::ok),
        members: spec.members.iter().zip(&without).map(member).collect(),
        reason: reason.or_else(|| whole.and_then(|score| score.reason.clone())),
    }
}
