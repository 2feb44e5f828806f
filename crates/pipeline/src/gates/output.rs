//! The output gate of a run: the forecast that is to be issued, against those that were issued or rehearsed before.

use std::collections::BTreeMap;

use forewarn_core::{Error as Fault, FieldSummary, Outlook, OutputArgs, Period, Trained};
use forewarn_drift::gate::{Rule, Terms, checks, judge, readings};
use forewarn_drift::output::OUTPUT_CHECKS;
use forewarn_store::Filed;
use rayon::prelude::*;
use serde_json::json;

use super::judging::{Found, Gate};
use super::{Judgement, Kind, Looked};
use crate::Result;
use crate::context::Context;
use crate::filing;
use crate::session::Session;
use crate::stages::forecast::Made;

/// How many earlier origins are looked at: a year, and the month before it.
const ORIGINS: usize = 13;

/// Judges the forecast that is to be issued; `rehearsed` are those of the same name from past origins.
///
/// # Errors
/// Rules that do not fit, a forecast that cannot be read.
pub(crate) fn output(
    session: &Session<'_>,
    issued: &Made,
    rehearsed: &[(Period, Made)],
) -> Result<Judgement> {
    let gate = Gate::open(session, Kind::Output)?;
    let archived = archived(session, issued)?;
    let name = |made: &Made| (made.name.clone(), made.sha256.to_string());
    let files = [issued].into_iter().chain(&archived).chain(rehearsed.iter().map(|(_, made)| made));
    let looked = Looked { files: files.map(name).collect(), previous: None, columns: Vec::new() };
    let inputs = json!(session.ctx.run.config.evaluation.event);
    gate.judge(looked, &inputs, |rules, terms| {
        find(session.ctx, (issued, &archived, rehearsed), rules, terms)
    })
}

/// What was issued under the same name from earlier origins, latest last; of several from one origin the first filed.
fn archived(session: &Session<'_>, issued: &Made) -> Result<Vec<Made>> {
    let (ctx, target) = (session.ctx, &session.ctx.run.config.target);
    let same = |filed: &Filed| {
        let m = &filed.manifest;
        (m.target.as_str(), m.level.as_str()) == (target.column.as_str(), target.level.as_str())
            && m.cadence == ctx.cadence()
            && m.origin.0 < ctx.origin()
    };
    let mut by_origin: BTreeMap<Period, Filed> = BTreeMap::new();
    for filed in
        filing::of(&filing::archive(ctx.run)?, std::slice::from_ref(&issued.name))?.into_iter().filter(same)
    {
        by_origin.entry(filed.manifest.origin.0).or_insert(filed);
    }
    let skipped = by_origin.len().saturating_sub(ORIGINS);
    by_origin.values().skip(skipped).map(Made::filed).collect()
}

fn find(
    ctx: &Context<'_>,
    (issued, archived, rehearsed): (&Made, &[Made], &[(Period, Made)]),
    rules: &[Rule],
    terms: &Terms<'_>,
) -> Result<Found> {
    let rehearsed: Vec<Outlook> =
        rehearsed.iter().map(|(_, made)| outlook(ctx, made)).collect::<Result<_>>()?;
    let trained = Trained::of(&rehearsed);
    let mut earlier: Vec<Outlook> = archived.iter().map(|made| outlook(ctx, made)).collect::<Result<_>>()?;
    // What was issued counts before what was rehearsed from the same origin.
    let known: Vec<Period> = earlier.iter().map(|outlook| outlook.origin).collect();
    earlier.extend(rehearsed.into_iter().filter(|outlook| !known.contains(&outlook.origin)));
    let now = outlook(ctx, issued)?;
    let args = OutputArgs::new(&now, &earlier).with_trained((!trained.steps.is_empty()).then_some(&trained));
    let checks = checks(rules, OUTPUT_CHECKS)?;
    let readings = judge(readings(&checks, |check| check.read(&args)), terms);
    Ok(Found { readings, planted: Vec::new() })
}

/// A forecast as a gate sees it, step by step.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn outlook(ctx: &Context<'_>, made: &Made) -> Result<Outlook> {
    let file = made.open()?;
    let event = ctx.run.config.evaluation.event as f32;
    let steps: Vec<u16> = (1..=file.steps()).collect();
    let mut summaries: Vec<FieldSummary> = Vec::new();
    let mut origin = None;
    for batch in steps.chunks(rayon::current_num_threads().max(1)) {
        let fields: Vec<_> = batch
            .par_iter()
            .map(|step| Ok(file.field(forewarn_core::Step(*step))?))
            .map(|field: Result<_>| field.map(|field| (field.origin, FieldSummary::of(&field, event))))
            .collect();
        for field in fields {
            let (from, summary) = field?;
            origin = Some(from);
            summaries.push(summary);
        }
    }
    let origin = origin.ok_or_else(|| Fault::data(format!("the forecast of `{}` has no step", made.name)))?;
    Ok(Outlook { origin, steps: summaries })
}
