//! What both have issued, as far as its months have come.

use std::collections::BTreeSet;

use forewarn_core::Period;
use forewarn_store::Filed;

use super::evidence::{Online, contests};
use super::{Pair, pooled};
use crate::Result;
use crate::context::Context;
use crate::filing;
use crate::scores::NamedMetric;
use crate::stages::backtest::Backtest;
use crate::stages::evaluate;
use crate::stages::forecast::Made;

/// Scores the archived forecasts of both from the same origins, where at least one target is observed. Of several runs
/// with the same origin the first in the archive counts.
///
/// # Errors
/// An archive that cannot be read.
pub(crate) fn online(ctx: &Context<'_>, pair: &Pair, metrics: &[NamedMetric]) -> Result<Online> {
    let all = filing::of(&filing::archive(ctx.run)?, &pair.names())?;
    let (mut tallies, mut months) = (Vec::new(), BTreeSet::new());
    for origin in origins(ctx, &all) {
        let filed: Option<Vec<&Filed>> =
            pair.names().iter().map(|name| find(ctx, &all, name, origin)).collect();
        let Some(filed) = filed else { continue };
        let made = filed.into_iter().map(Made::filed).collect::<Result<Vec<_>>>()?;
        let backtest = Backtest { origin, made, absent: Vec::new() };
        tallies.push(evaluate::evaluate(ctx, &[&backtest], metrics)?);
        let last = ctx.origin().0.min(origin.0 + i32::from(ctx.run.config.forecast.steps.0));
        months.extend(origin.0 + 1..=last);
    }
    let contests = contests(&pooled(ctx.run, pair, &tallies, metrics));
    Ok(Online { months: months.len(), contests })
}

/// Origins before the last observed period.
fn origins(ctx: &Context<'_>, all: &[Filed]) -> BTreeSet<Period> {
    all.iter().map(|filed| filed.manifest.origin.0).filter(|origin| *origin < ctx.origin()).collect()
}

/// The forecast of `name` from `origin` that is of this run's target and horizon.
fn find<'f>(ctx: &Context<'_>, all: &'f [Filed], name: &str, origin: Period) -> Option<&'f Filed> {
    let config = &ctx.run.config;
    all.iter().find(|filed| {
        let m = &filed.manifest;
        let same =
            m.target == config.target.column && m.level == config.target.level && m.cadence == ctx.cadence();
        m.name == name && m.origin.0 == origin && same && m.steps >= config.forecast.steps
    })
}
