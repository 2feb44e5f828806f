//! Whether the metrics of a run can be won without skill, as the red team finds.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::context::Context;
use crate::redteam::{Contender, RedTeam, suite};
use crate::scores::NamedMetric;
use crate::{Error, Result};

/// The field that the red team plays on; the same as that of `forewarn redteam`.
const SEED: u64 = 1;

/// What the red team finds about a suite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fooled {
    /// Why the suite as a whole can be won without skill; `None` when it cannot.
    pub(crate) suite: Option<String>,
    /// Metrics that prefer useless forecasts to the truth, and which.
    pub(crate) metrics: Vec<(String, Vec<String>)>,
}

/// Tries the metrics of a run; once for the same metrics and program.
///
/// # Errors
/// A step that cannot be written or read.
pub(crate) fn fooled(ctx: &Context<'_>, metrics: &[NamedMetric]) -> Result<Fooled> {
    let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    let inputs = json!({ "metrics": names, "seed": SEED });
    let output = ctx.engine.step("redteam", "metrics", &inputs, |_| {
        let found = RedTeam::of(&suite(&names)?, SEED)?;
        let prefers = found.metrics.iter().filter(|judgement| !judgement.prefers.is_empty());
        let by = |all: &[Contender]| all.iter().map(|contender| contender.name().to_owned()).collect();
        Ok(json!(Fooled {
            suite: found.verdict().err().map(|e| e.to_string()),
            metrics: prefers.map(|judgement| (judgement.metric.clone(), by(&judgement.prefers))).collect(),
        }))
    })?;
    serde_json::from_value(output.notes).map_err(|e| Error::io(&output.dir)(e.into()))
}
