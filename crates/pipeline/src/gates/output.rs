//! The output gate of a run: the forecast that is to be issued, against those that were issued or rehearsed before.

use std::collections::BTreeMap;

use forewarn_core::{Error as Fault, FieldSummary, Outlook, OutputArgs, Period, Reference};
use forewarn_drift::gate::{Rule, checks, judge, readings};
use forewarn_drift::output::OUTPUT_CHECKS;
use forewarn_store::Filed;
use rayon::prelude::*;
use serde_json::json;

use super::countries::{self, Known};
use super::judging::{Again, Found, Gate};
use super::trained::{self, Remembered, Then};
use super::{Judgement, Kind, Looked};
use crate::Result;
use crate::artifacts::Kept;
use crate::context::Context;
use crate::filing;
use crate::session::Session;
use crate::stages::forecast::Made;

/// How many earlier origins are looked at: a year, and the month before it.
const ORIGINS: usize = 13;

/// What is to be issued, and what is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    /// The forecast.
    pub(crate) issued: &'a Made,
    /// The forecasts of the same name from past origins.
    pub(crate) rehearsed: &'a [(Period, Made)],
    /// All forecasts of the run, members among them.
    pub(crate) made: &'a [Made],
    /// The artifacts of the run.
    pub(crate) kept: &'a Kept<'a>,
}

/// Judges the forecast that is to be issued.
///
/// # Errors
/// Rules that do not fit, a forecast that cannot be read.
pub(crate) fn output(session: &Session<'_>, outgoing: Outgoing<'_>) -> Result<Judgement> {
    let gate = Gate::open(session, Kind::Output)?;
    let seen = Seen::of(session, &outgoing)?;
    let looked = Looked { files: seen.files(&outgoing), previous: None, columns: Vec::new() };
    let (event, why) = (session.ctx.run.config.evaluation.event, seen.remembered.as_ref().err());
    gate.judge(looked, &json!([event, why, session.ctx.run.config.gates.countries]), |rules, terms| {
        with_args(session.ctx, (&outgoing, &seen), |args| {
            let checks = checks(rules, OUTPUT_CHECKS)?;
            let readings = judge(readings(&checks, |check| check.read(args)), terms);
            Ok(Found { readings, planted: Vec::new() })
        })
    })
}

/// What a rule reads of the same forecast, and the files with their digests that it is read from.
///
/// # Errors
/// A rule that does not fit, a forecast that cannot be read.
pub(crate) fn again(session: &Session<'_>, outgoing: &Outgoing<'_>, rule: &Rule) -> Result<Again> {
    let seen = Seen::of(session, outgoing)?;
    let readings = with_args(session.ctx, (outgoing, &seen), |args| {
        Ok(checks(std::slice::from_ref(rule), OUTPUT_CHECKS)?[0].1.read(args)?)
    })?;
    Ok(Again { readings, files: seen.files(outgoing) })
}

/// What the forecast is compared with, besides what was rehearsed.
struct Seen<'a> {
    archived: Vec<Made>,
    countries: Known,
    /// What forecasts looked like in training, of each member; or why that is not known.
    remembered: std::result::Result<Vec<Remembered<'a>>, String>,
}

impl<'a> Seen<'a> {
    fn of(session: &Session<'_>, outgoing: &Outgoing<'a>) -> Result<Self> {
        Ok(Self {
            archived: archived(session, outgoing.issued)?,
            countries: Known::of(session.ctx)?,
            remembered: trained::remembered(session, outgoing),
        })
    }

    /// Names and digests of everything that the gate looks at.
    fn files(&self, outgoing: &Outgoing<'_>) -> Vec<(String, String)> {
        let name = |made: &Made| (made.name.clone(), made.sha256.to_string());
        let rehearsed = outgoing.rehearsed.iter().map(|(_, made)| made);
        let made = [outgoing.issued].into_iter().chain(&self.archived).chain(rehearsed);
        let mut files: Vec<_> = made.map(name).collect();
        files.extend(self.countries.file());
        files.extend(self.remembered.iter().flatten().map(Remembered::file));
        files
    }
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

/// Gives what the output checks look at to `work`.
fn with_args<T>(
    ctx: &Context<'_>,
    (outgoing, seen): (&Outgoing<'_>, &Seen<'_>),
    work: impl FnOnce(&OutputArgs<'_>) -> Result<T>,
) -> Result<T> {
    let outlooks = |made: &mut dyn Iterator<Item = &Made>| -> Result<Vec<Outlook>> {
        made.map(|made| outlook(ctx, made)).collect()
    };
    let rehearsed = outlooks(&mut outgoing.rehearsed.iter().map(|(_, made)| made))?;
    let now = outlook(ctx, outgoing.issued)?;
    let then = match &seen.remembered {
        Ok(all) => all.iter().map(|one| one.then(ctx, &outgoing.issued.name)).collect::<Result<Vec<_>>>()?,
        Err(why) => Then::rehearsed(&rehearsed, now.clone(), why).into_iter().collect(),
    };
    let references: Vec<Reference<'_>> = then.iter().map(Then::reference).collect();
    let mut earlier = outlooks(&mut seen.archived.iter())?;
    // What was issued counts before what was rehearsed from the same origin.
    let known: Vec<Period> = earlier.iter().map(|outlook| outlook.origin).collect();
    earlier.extend(rehearsed.into_iter().filter(|outlook| !known.contains(&outlook.origin)));
    let sums = match &seen.countries {
        Known::There(filed) => Some(countries::sums(outgoing.issued, filed)?),
        _ => None,
    };
    let args = OutputArgs::new(&now, &earlier).with_references(&references);
    let args = match (&seen.countries, &sums) {
        (_, Some((groups, sums))) => args.with_groups(groups, sums),
        (Known::Missing(why), None) => args.without_groups(why),
        _ => args,
    };
    work(&args)
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
