//! Train: a model and a history become an artifact.

use std::path::PathBuf;

use forewarn_core::{Cadence, Error as Fault, Fitted, PartitionName, Period};
use forewarn_kernels::random::seed_for;
use forewarn_store::{Digest, STATE};
use serde_json::json;

use crate::components::ModelSpec;
use crate::context::Context;
use crate::{Error, Result};

/// A fitted model of the run.
#[derive(Debug)]
pub(crate) struct Trained {
    /// Ready to predict.
    pub fitted: Box<dyn Fitted>,
    /// Name of the artifact: `adjective_noun_ddmmyyyy`, the last day it has learned from.
    pub artifact: String,
    /// File of the state.
    pub state: PathBuf,
    /// Digest of the state.
    pub digest: Digest,
    /// The last period that it has learned from.
    pub until: Period,
    /// Seed of what is random in it.
    pub seed: u64,
}

/// Fits a model on the history up to `until`, or restores what was fitted on it before.
///
/// # Errors
/// What the model refuses; too short a history.
pub(crate) fn train(
    ctx: &Context<'_>,
    spec: &ModelSpec,
    partition: PartitionName,
    until: Period,
) -> Result<Trained> {
    let target = &ctx.run.config.target;
    let seed = seed_for(ctx.run.config.seed, &spec.name);
    let inputs = json!({
        "algorithm": spec.algorithm,
        "settings": spec.settings,
        "target": [target.column, json!(target.kind)],
        "until": until,
        "seed": seed,
        "data": ctx.data_digest(spec),
        "steps": ctx.run.config.forecast.steps,
    });
    let label = format!("{} {}", spec.name, partition.as_str());
    let output = ctx.engine.step("train", &label, &inputs, |workspace| {
        let args = ctx.fit_args(spec, until, seed)?;
        let (have, need) = (args.history.axis().len, spec.model.needs().history);
        if have < need {
            let reason = format!("`{}` needs {need} periods of history, there are {have}", spec.name);
            return Err(Fault::data(reason).into());
        }
        let fitted = spec.model.fit(&args)?;
        let path = workspace.path(STATE);
        std::fs::write(&path, fitted.state()?).map_err(Error::io(path))?;
        Ok(json!({ "algorithm": spec.algorithm, "until": until }))
    })?;
    let state = output.dir.join(STATE);
    let bytes = std::fs::read(&state).map_err(Error::io(&state))?;
    let fitted = spec.model.restore(&bytes)?;
    let digest = output.files.get(STATE).cloned().unwrap_or_else(|| Digest::of_bytes(&bytes));
    let artifact = artifact_name(&spec.name, ctx.cadence(), until);
    Ok(Trained { fitted, artifact, state, digest, until, seed })
}

/// `adjective_noun_ddmmyyyy`, with the last day of the period that training ended with.
pub(crate) fn artifact_name(name: &str, cadence: Cadence, until: Period) -> String {
    let day = match cadence {
        Cadence::Month => {
            let next = format!("{}-01", cadence.label(Period(until.0 + 1)));
            Cadence::Day.parse(&next).map(|d| Cadence::Day.label(Period(d.0 - 1))).unwrap_or(next)
        }
        finer => finer.label(until),
    };
    let mut parts = day.split(['-', 'T']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    format!("{name}_{}{}{}", day.unwrap_or_default(), month.unwrap_or_default(), year.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_carry_the_last_day_they_learned_from() {
        assert_eq!(artifact_name("pink_panther", Cadence::Month, Period(492)), "pink_panther_31122020");
        assert_eq!(artifact_name("pink_panther", Cadence::Month, Period(2)), "pink_panther_29021980");
        assert_eq!(artifact_name("pink_panther", Cadence::Day, Period(1)), "pink_panther_01011980");
        assert_eq!(artifact_name("pink_panther", Cadence::Hour, Period(25)), "pink_panther_02011980");
    }
}
