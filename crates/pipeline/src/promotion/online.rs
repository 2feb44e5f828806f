//! What both have issued, as far as its months have come.

use std::collections::BTreeSet;

use forewarn_store::Filed;

use super::evidence::{Online, contests};
use super::{Pair, pooled};
use crate::Result;
use crate::context::Context;
use crate::filing;
use crate::online::Issued;
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
    let issued = Issued::of(ctx, &filing::archive(ctx.run)?)?;
    issued.check(&pair.names())?;
    let (mut tallies, mut months) = (Vec::new(), BTreeSet::new());
    for origin in issued.origins().into_iter().filter(|origin| *origin < ctx.origin()) {
        let find = |name: &String| {
            issued.find(name, origin).filter(|f| f.manifest.steps >= ctx.run.config.forecast.steps)
        };
        let filed: Option<Vec<&Filed>> = pair.names().iter().map(find).collect();
        let Some(filed) = filed else { continue };
        let made = filed.into_iter().map(Made::filed).collect::<Result<Vec<_>>>()?;
        let backtest = Backtest { origin, made, absent: Vec::new() };
        tallies.push(evaluate::evaluate(ctx, &backtest, metrics)?);
        let last = ctx.origin().0.min(origin.0 + i32::from(ctx.run.config.forecast.steps.0));
        months.extend(origin.0 + 1..=last);
    }
    let contests = contests(&pooled(ctx.run, pair, &tallies, metrics));
    Ok(Online { months: months.len(), contests })
}
