//! Combine: the members' forecasts become the ensemble's, step by step.

use std::collections::BTreeMap;

use forewarn_core::{EnsembleArgs, Field, Step};
use serde_json::json;

use crate::Result;
use crate::components::EnsembleSpec;
use crate::context::Context;
use crate::stages::evaluate;
use crate::stages::forecast::{FORECAST, Made, write_fields};

/// Combines every step.
///
/// # Errors
/// A member without a forecast, or members that differ; both are named.
pub fn combine(ctx: &Context<'_>, spec: &EnsembleSpec, made: &[Made]) -> Result<Made> {
    let members: Vec<&Made> = made.iter().filter(|m| spec.members.contains(&m.name)).collect();
    let digests: Vec<_> = members.iter().map(|m| json!([m.name, m.digest])).collect();
    let inputs = json!({
        "algorithm": spec.algorithm,
        "settings": spec.settings,
        "declared": spec.members,
        "members": digests,
    });
    let output = ctx.engine.step("combine", &spec.name, &inputs, |workspace| {
        let combine = spec.ensemble.fit(&EnsembleArgs::default())?;
        let one = |step: u16| -> Result<Field> {
            let mut fields = BTreeMap::new();
            for m in &members {
                fields.insert(m.name.as_str(), m.field(Step(step))?);
            }
            evaluate::combine(combine.as_ref(), &spec.members, &fields)
        };
        write_fields(ctx, workspace.path(FORECAST), one)
    })?;
    Made::of(&spec.name, &output, 0)
}
