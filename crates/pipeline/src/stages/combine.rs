//! Combine: the members' forecasts become the ensemble's, step by step, for those that are issued and those that are
//! scored alike.

use forewarn_core::{CombineArgs, EnsembleArgs, Error as Fault, Field, Member, Step};
use forewarn_kernels::random::seed_for;
use forewarn_store::ForecastFile;
use serde_json::json;

use crate::Result;
use crate::components::EnsembleSpec;
use crate::context::Context;
use crate::stages::forecast::{FORECAST, Made, Purpose, write_fields};

/// Combines every step.
///
/// # Errors
/// A member without a forecast, or members that differ; both are named.
pub(crate) fn combine(
    ctx: &Context<'_>,
    spec: &EnsembleSpec,
    made: &[Made],
    purpose: Purpose,
) -> Result<Made> {
    let members: Vec<&Made> = made.iter().filter(|m| spec.members.contains(&m.name)).collect();
    let digests: Vec<_> = members.iter().map(|m| json!([m.name, m.digest])).collect();
    let seed = seed_for(ctx.run.config.seed, &spec.name);
    let inputs = json!({
        "algorithm": spec.algorithm,
        "settings": spec.settings,
        "declared": spec.members,
        "members": digests,
        "seed": seed,
    });
    let (kind, label) = purpose.step(ctx, "combine", &spec.name);
    let output = ctx.engine.step(kind, &label, &inputs, |workspace| {
        let names: Vec<&str> = spec.members.iter().map(String::as_str).collect();
        let combine = spec.ensemble.fit(&EnsembleArgs::new(&names))?;
        let files = open(&spec.members, &members)?;
        let one = |step: u16| -> Result<Field> {
            let field = |file: &ForecastFile| file.field(Step(step));
            let fields = files.iter().map(|(_, file)| field(file)).collect::<Result<Vec<_>, _>>()?;
            let both = files.iter().zip(&fields);
            let members: Vec<_> = both.map(|((name, _), field)| Member { name, field }).collect();
            Ok(combine.combine(&CombineArgs::new(&members, seed))?)
        };
        write_fields(ctx, &workspace.path(FORECAST), one)
    })?;
    Made::of(&spec.name, &output, seed)
}

/// The files of the members, in the order of `names`; a member without a forecast is named.
fn open<'n>(names: &'n [String], made: &[&Made]) -> Result<Vec<(&'n str, ForecastFile)>> {
    let file = |name: &'n String| {
        let member = made.iter().find(|m| m.name == *name);
        let member = member.ok_or_else(|| Fault::data(format!("its member `{name}` has no forecast")))?;
        Ok((name.as_str(), member.open()?))
    };
    names.iter().map(file).collect()
}
