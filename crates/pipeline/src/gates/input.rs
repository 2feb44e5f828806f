//! The input gate of a run.

use std::collections::BTreeMap;

use forewarn_core::{Group, InputArgs, InputCheck, Panel, Units};
use forewarn_data::{geography, panel_file};
use forewarn_drift::gate::{Rule, Terms, checks, judge, readings};
use forewarn_drift::input::INPUT_CHECKS;
use forewarn_kernels::random::seed_for;
use serde_json::json;

use super::history::History;
use super::judging::{Found, Gate};
use super::self_test::self_test;
use super::{GateFile, Judgement, Kind, Looked};
use crate::Result;
use crate::context::{Context, PANEL};
use crate::session::Session;

/// Checks with their rules.
pub(super) type InputChecks<'r> = [(&'r Rule, Box<dyn InputCheck>)];

/// Judges the panel of a run against the periods and the edition before.
///
/// # Errors
/// Rules that do not fit, a panel that cannot be read.
pub(crate) fn input(session: &Session<'_>) -> Result<Judgement> {
    let gate = Gate::open(session, Kind::Input)?;
    let looked = looked(session, &gate.history, &gate.file)?;
    let inputs = json!([session.ctx.run.config.gates, session.ctx.run.config.seed]);
    let of = looked.clone();
    gate.judge(looked, &inputs, |rules, terms| find(session, &of, rules, terms))
}

fn looked(session: &Session<'_>, history: &History, file: &GateFile) -> Result<Looked> {
    let ctx = session.ctx;
    let panel = ctx.validated().dir.join(PANEL);
    let path = panel.strip_prefix(&session.root).unwrap_or(&panel).display().to_string();
    let columns = if file.columns.is_empty() {
        ctx.panel()?.columns().iter().map(|c| c.name.clone()).collect()
    } else {
        file.columns.clone()
    };
    let previous = history.edition_before(ctx.origin(), &ctx.panel_digest());
    Ok(Looked { files: vec![(path, ctx.panel_digest())], previous, columns })
}

/// Reads, judges, and plants faults.
fn find(session: &Session<'_>, looked: &Looked, rules: &[Rule], terms: &Terms<'_>) -> Result<Found> {
    let (ctx, gates) = (session.ctx, &session.ctx.run.config.gates);
    with_args(session, looked, |args| {
        let checks = checks(rules, INPUT_CHECKS)?;
        let judged = judge(readings(&checks, |check| check.read(args)), terms);
        let column = &ctx.run.config.target.column;
        let planted = if gates.self_test && args.columns.contains(column) {
            self_test((&checks, terms.alpha), args, column, seed_for(ctx.run.config.seed, "self-test"))?
        } else {
            Vec::new()
        };
        Ok(Found { readings: judged, planted })
    })
}

/// Gives what the input checks look at to `work`.
///
/// # Errors
/// A panel that cannot be read, a period that is none; what `work` answers.
pub(crate) fn with_args<T>(
    session: &Session<'_>,
    looked: &Looked,
    work: impl FnOnce(&InputArgs<'_>) -> Result<T>,
) -> Result<T> {
    let ctx = session.ctx;
    let panel = ctx.panel()?;
    let (groups, previous) = (groups(ctx, panel), previous(session, looked)?);
    let due = ctx.run.config.gates.due.as_deref().map(|label| ctx.cadence().parse(label)).transpose()?;
    let args = InputArgs::new(panel, &looked.columns)?.with_groups(&groups).with_due(due);
    work(&args.with_previous(previous.as_ref()))
}

/// The edition before, where it is still there.
fn previous(session: &Session<'_>, looked: &Looked) -> Result<Option<Panel>> {
    let Some((path, _)) = &looked.previous else { return Ok(None) };
    let path = session.root.join(path);
    if path.is_file() {
        return Ok(Some(panel_file::read(&path)?));
    }
    session
        .ctx
        .engine
        .warn(format!("the previous edition {} is gone: revisions are not looked at", path.display()));
    Ok(None)
}

/// The cells of each country; none for other units.
fn groups(ctx: &Context<'_>, panel: &Panel) -> Vec<Group> {
    if ctx.run.config.target.level != "pgm" {
        return Vec::new();
    }
    countries(panel.units())
}

/// Positions of the cells of each country, by its id.
pub(super) fn countries(units: &Units) -> Vec<Group> {
    let mut groups: BTreeMap<u32, Group> = BTreeMap::new();
    for (row, unit) in units.iter().enumerate() {
        if let Some(country) = geography::country(*unit) {
            let new = || Group { name: country.name.to_owned(), rows: Vec::new() };
            groups.entry(country.id).or_insert_with(new).rows.push(row);
        }
    }
    groups.into_values().collect()
}
