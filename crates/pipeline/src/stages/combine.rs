//! Combine: the members' forecasts become the ensemble's, step by step, for those that are issued and those that are
//! scored alike.

use forewarn_core::{Combine, CombineArgs, EnsembleArgs, Error as Fault, Field, Member, Step};
use forewarn_kernels::random::seed_for;
use forewarn_store::ForecastFile;
use serde_json::{Value, json};

use crate::Result;
use crate::components::{EnsembleSpec, MissingMember};
use crate::context::Context;
use crate::engine::{read_json, write_json};
use crate::stages::backtest::Backtest;
use crate::stages::forecast::{FORECAST, Made, Purpose, write_fields};
use crate::stages::past::PastForecasts;

/// File of the weights, in a step that combines.
const WEIGHTS: &str = "weights.json";

/// Combines every step of `made`; an ensemble that learns gets what was known of `backtests` at the time.
///
/// # Errors
/// A member without a forecast, where the ensemble does not do without it, or members that differ; both are named.
pub(crate) fn combine(
    ctx: &Context<'_>,
    spec: &EnsembleSpec,
    made: &[Made],
    (purpose, backtests): (Purpose, &[Backtest]),
) -> Result<Made> {
    let (members, absent) = present(spec, made)?;
    let names: Vec<String> = members.iter().map(|m| m.name.clone()).collect();
    let seed = seed_for(ctx.run.config.seed, &spec.name);
    let origin = purpose.origin(ctx);
    let past =
        spec.ensemble.learns().then(|| PastForecasts::of(ctx, &names, backtests, origin)).transpose()?;
    let inputs = inputs(ctx, spec, &members, (seed, past.as_ref()));
    let (kind, label) = purpose.step(ctx, "combine", &spec.name);
    let output = ctx.engine.step(kind, &label, &inputs, |workspace| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let gone: Vec<&str> = absent.iter().map(String::as_str).collect();
        let args = EnsembleArgs::new(&names).without(&gone);
        let combine = spec.ensemble.fit(&past.as_ref().map_or(args, |past| args.with_past(past)))?;
        let files = members.iter().map(|member| member.open()).collect::<Result<Vec<_>>>()?;
        let weights = by_name(&names, |step| combine.weights(step), ctx.run.config.forecast.steps);
        write_json(workspace, WEIGHTS, &weights)?;
        write_fields(ctx, &workspace.path(FORECAST), |step| {
            field(&*combine, (&names, &files), Step(step), seed)
        })
    })?;
    Ok(Made { absent, weights: read_json(&output, WEIGHTS)?, ..Made::of(&spec.name, &output, seed)? })
}

/// Weights, steps x members in the order of their names; empty where there are none.
pub(crate) fn by_name(names: &[&str], weights: impl Fn(Step) -> Vec<f64>, steps: Step) -> Vec<Vec<f64>> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&i| names[i]);
    let row = |step| {
        let weights = weights(Step(step));
        order.iter().filter_map(|&i| weights.get(i).copied()).collect::<Vec<f64>>()
    };
    let rows: Vec<Vec<f64>> = (1..=steps.0).map(row).collect();
    if rows.iter().all(Vec::is_empty) { Vec::new() } else { rows }
}

/// The forecasts of the members, and the names of those that have none.
fn present<'m>(spec: &EnsembleSpec, made: &'m [Made]) -> Result<(Vec<&'m Made>, Vec<String>)> {
    let find = |name: &String| made.iter().find(|m| m.name == *name);
    let members: Vec<&Made> = spec.members.iter().filter_map(find).collect();
    let absent: Vec<String> = spec.members.iter().filter(|name| find(name).is_none()).cloned().collect();
    match absent.first() {
        Some(name) if spec.missing == MissingMember::Fail => Err(Fault::data(format!(
            "its member `{name}` has no forecast; with `missing = \"degrade\"` it would do without"
        ))
        .into()),
        Some(_) if members.is_empty() => Err(Fault::data("none of its members has a forecast").into()),
        _ => Ok((members, absent)),
    }
}

fn inputs(
    ctx: &Context<'_>,
    spec: &EnsembleSpec,
    members: &[&Made],
    (seed, past): (u64, Option<&PastForecasts<'_>>),
) -> Value {
    let digests: Vec<_> = members.iter().map(|m| json!([m.name, m.digest])).collect();
    let past = past.map(|past| past.inputs(ctx));
    json!({
        "algorithm": spec.algorithm,
        "settings": spec.settings,
        "members": digests,
        "seed": seed,
        "past": past,
    })
}

/// One step.
fn field(
    combine: &dyn Combine,
    (names, files): (&[&str], &[ForecastFile]),
    step: Step,
    seed: u64,
) -> Result<Field> {
    let fields = files.iter().map(|file| file.field(step)).collect::<Result<Vec<_>, _>>()?;
    let members: Vec<_> = names.iter().zip(&fields).map(|(name, field)| Member { name, field }).collect();
    Ok(combine.combine(&CombineArgs::new(&members, seed))?)
}

#[cfg(test)]
mod tests {
    use forewarn_catalog::{ENSEMBLES, find};
    use forewarn_store::Digest;

    use super::*;
    use crate::components::Role;
    use crate::stages::forecast::Size;

    #[test]
    fn weights_stand_in_the_order_of_the_names() {
        let weights = |step: Step| vec![f64::from(step.0), 0.5, 0.25];
        let rows = by_name(&["c", "a", "b"], weights, Step(2));
        assert_eq!(rows, [[0.5, 0.25, 1.0], [0.5, 0.25, 2.0]]);
        assert_eq!(by_name(&["b", "a"], |_| Vec::new(), Step(3)), [[0.0; 0]; 0], "none at all");
        let late = |step: Step| if step.0 == 2 { vec![0.75, 0.25] } else { Vec::new() };
        assert_eq!(by_name(&["b", "a"], late, Step(2)), [vec![], vec![0.25, 0.75]], "none at the first step");
    }

    fn spec(missing: MissingMember) -> EnsembleSpec {
        EnsembleSpec {
            name: "common_ground".into(),
            algorithm: "mean".into(),
            role: Role::Shadow,
            members: ["left_hand", "right_hand", "third_hand"].map(str::to_owned).to_vec(),
            missing,
            settings: json!({}),
            ensemble: find("ensemble", ENSEMBLES, "mean").unwrap().default().unwrap(),
        }
    }

    fn made(names: &[&str]) -> Vec<Made> {
        let one = |name: &&str| Made {
            name: (*name).to_owned(),
            file: name.into(),
            digest: String::new(),
            sha256: Digest::of_bytes(b""),
            seed: 0,
            size: Size::default(),
            absent: Vec::new(),
            weights: Vec::new(),
        };
        names.iter().map(one).collect()
    }

    #[test]
    fn members_stand_in_the_order_of_the_ensemble() {
        let all = made(&["third_hand", "dark_horse", "right_hand", "left_hand"]);
        for missing in [MissingMember::Fail, MissingMember::Degrade] {
            let (members, absent) = present(&spec(missing), &all).unwrap();
            let names: Vec<_> = members.iter().map(|m| m.name.as_str()).collect();
            assert_eq!(names, ["left_hand", "right_hand", "third_hand"]);
            assert_eq!(absent, [""; 0]);
        }
    }

    #[test]
    fn who_has_no_forecast_stops_the_ensemble_or_is_left_out() {
        let (one, none) = (made(&["third_hand"]), made(&["dark_horse"]));
        let e = present(&spec(MissingMember::Fail), &one).unwrap_err().to_string();
        assert!(e.contains("its member `left_hand` has no forecast; with `missing = \"degrade\"`"), "{e}");
        let degrades = spec(MissingMember::Degrade);
        let (members, absent) = present(&degrades, &one).unwrap();
        assert_eq!((members.len(), members[0].name.as_str()), (1, "third_hand"));
        assert_eq!(absent, ["left_hand", "right_hand"]);
        let e = present(&degrades, &none).unwrap_err().to_string();
        assert!(e.contains("none of its members has a forecast"), "{e}");
    }

    #[test]
    fn a_run_does_without_a_member_that_its_weights_name() {
        let folder = tempfile::tempdir().unwrap();
        crate::small_run::project(folder.path(), 2);
        let too_long = "algorithm = \"conflictology\"\n[settings]\nwindow = 600\n";
        crate::small_run::write(folder.path(), "models/long_memory.toml", too_long);
        let text = "algorithm = \"linear-pool\"\nrole = \"production\"\nmissing = \"degrade\"\n\
                    [settings.weights]\nstill_water = 1\nlong_memory = 3\n";
        crate::small_run::write(folder.path(), "ensembles/common_ground.toml", text);
        let run = crate::small_run::load(folder.path(), &[]);
        let outcome =
            crate::run(&run, &crate::small_run::code(), crate::Until::Combine, &crate::Silent).unwrap();
        let of: Vec<_> = outcome.missing.iter().filter(|m| m.contains("common_ground")).collect();
        assert_eq!(of, ["ensemble `common_ground`: it does without its member `long_memory`"]);
        assert!(outcome.steps.iter().any(|step| step.step == "combine common_ground"), "{:?}", outcome.steps);
    }
}
