//! Scores: the tallies of all origins, pooled. A step of its own: the replicates of its intervals cost more than all else of
//! a run whose forecasts are there.

use forewarn_kernels::random::seed_for;
use forewarn_store::StepOutput;
use serde_json::json;

use crate::Result;
use crate::context::Context;
use crate::engine::{read_json, write_json};
use crate::scores::{Forecasts, NamedMetric, OriginTallies, Scores};
use crate::stages::evaluate::{Tallied, gather};

/// File of the scores, in its step.
pub(crate) const SCORES: &str = "scores.json";
/// File of what could not be tallied, in its step.
const FAILURES: &str = "failures.json";

/// The scores, and where they are.
pub(crate) struct Pooled {
    /// The scores.
    pub(crate) scores: Scores,
    /// What could not be tallied: the first of each kind, with how many there were.
    pub(crate) failures: Vec<String>,
    /// The step.
    pub(crate) output: StepOutput,
}

/// Pools tallies, by origin, or finds the scores that were made of them.
///
/// # Errors
/// Tallies that cannot be read, a store that cannot be written.
pub(crate) fn pool(
    ctx: &Context<'_>,
    tallied: &[Vec<Tallied>],
    forecasts: &Forecasts<'_>,
    metrics: &[NamedMetric],
) -> Result<Pooled> {
    let evaluation = &ctx.run.config.evaluation;
    let seed = seed_for(ctx.run.config.seed, "intervals");
    let inputs = json!({
        "tallies": tallied.iter().flatten().map(|t| &t.digest).collect::<Vec<_>>(),
        "names": forecasts.names,
        "baselines": forecasts.baselines,
        "issued": forecasts.issued,
        "metrics": metrics.iter().map(|m| &m.name).collect::<Vec<_>>(),
        "interval": evaluation.interval,
        "seed": seed,
        "leads": evaluation.leads,
        "compat": evaluation.compat,
    });
    let output = ctx.engine.step("scores", "", &inputs, |workspace| {
        let origins = gather(tallied, metrics)?;
        let intervals = (&evaluation.interval, seed);
        let mut scores = Scores::pool(&origins, forecasts, metrics, intervals, &evaluation.leads);
        if evaluation.compat.is_some() {
            scores = scores.with_summaries();
        }
        write_json(workspace, SCORES, &scores)?;
        write_json(workspace, FAILURES, &failures(&origins))?;
        Ok(json!({ "scores": scores.scores.len() }))
    })?;
    Ok(Pooled { scores: read_json(&output, SCORES)?, failures: read_json(&output, FAILURES)?, output })
}

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

#[cfg(test)]
mod tests {
    use forewarn_core::Period;

    use super::*;
    use crate::small_run::{archive, load, project};

    #[test]
    fn of_failures_of_a_kind_the_first_is_told_and_how_many_there_were() {
        let tallies = |origin: i32, failures: &[&str]| OriginTallies {
            failures: failures.iter().map(|text| (*text).to_owned()).collect(),
            ..OriginTallies::at(Period(origin))
        };
        let all = [
            tallies(
                480,
                &["crps of a at origin 480, step 1: no draws", "b at origin 480, step 1: it refused"],
            ),
            tallies(481, &["crps of a at origin 481, step 1: no draws", "crps of c at origin 481: no draws"]),
        ];
        let expected = [
            "evaluation: crps of a at origin 480, step 1: no draws (2 such)",
            "evaluation: b at origin 480, step 1: it refused (1 such)",
            "evaluation: crps of c at origin 481: no draws (1 such)",
        ];
        assert_eq!(failures(&all), expected);
        assert!(failures(&[tallies(480, &[])]).is_empty());
    }

    #[test]
    fn scores_are_found_again_until_what_they_depend_on_changes() {
        let folder = tempfile::tempdir().unwrap();
        let cached = |run: &crate::Resolved| {
            let steps = archive(run).unwrap().steps;
            steps.iter().find(|step| step.step == "scores").unwrap().cached
        };
        let run = project(folder.path(), 1);
        assert!(!cached(&run) && cached(&run));
        for change in [
            "evaluation.interval.replicates=50",
            "evaluation.metrics=[\"crps\"]",
            "evaluation.compat=\"views\"",
            "seed=7",
        ] {
            let changed = load(folder.path(), &[change]);
            assert!(!cached(&changed), "{change} makes other scores");
            assert!(cached(&changed) && cached(&run), "{change}: both are there now");
        }
    }
}
