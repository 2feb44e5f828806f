//! The issued forecast against its baseline, month by month, as the performance gate looks at it: in all, by ranges of
//! steps and by region.

use std::collections::BTreeSet;

use forewarn_core::{Metric, Period, Tally, Track};
use forewarn_data::geography;

use super::pool::{Common, monthly};
use super::sheet::{Sheet, SheetStep};
use super::{Issued, Months, Request, Shelf, Truth, leads, shelves};
use crate::components::Status;
use crate::scores::{Group, Leads, NamedMetric, Part, add};
use crate::session::Session;
use crate::{Result, filing};

/// Months of issued forecasts from which ranges of steps and regions are looked at by themselves.
const LEAST: usize = 24;

/// The tracks of a forecaster by every metric of which less is better; none before a month of an issued forecast has come.
///
/// # Errors
/// An archive that cannot be read, a store that cannot be written.
pub(crate) fn tracks(session: &Session<'_>, name: &str, metrics: &[NamedMetric]) -> Result<Vec<Track>> {
    let ctx = session.ctx;
    let issued = Issued::of(ctx, &filing::archive(ctx.run)?)?;
    let name = name.to_owned();
    if issued.first_of(&name).is_none_or(|first| first > ctx.origin()) {
        return Ok(Vec::new());
    }
    let truth = Truth::of(session, None)?;
    let months = Months::of(session, &Request::default(), (&issued, truth.panel().axis()))?;
    let models = &session.models;
    let baselines = models.iter().filter(|m| m.status == Status::Baseline && m.name != name).map(|m| &m.name);
    let names: Vec<&String> = std::iter::once(&name).chain(baselines).collect();
    let shelves = shelves(ctx, &truth, (&issued, &months, &names), metrics)?;
    let Some((own, others)) = shelves.split_first().filter(|(own, _)| own.name == name) else {
        return Ok(Vec::new());
    };
    let own = own.read()?;
    let others: Vec<Vec<Sheet>> = others.iter().map(Shelf::read).collect::<Result<_>>()?;
    let provisional = |month: Period| truth.edition.is_provisional(month);
    let of =
        Of { own: &own, cadence: ctx.cadence(), leads: &leads(&ctx.run.config), provisional: &provisional };
    Ok(metrics.iter().enumerate().flat_map(|metric| of.tracks(metric, &others)).collect())
}

struct Of<'a> {
    own: &'a [Sheet],
    cadence: forewarn_core::Cadence,
    leads: &'a [Leads],
    provisional: &'a dyn Fn(Period) -> bool,
}

impl Of<'_> {
    fn tracks(&self, (at, metric): (usize, &NamedMetric), others: &[Vec<Sheet>]) -> Vec<Track> {
        let by = metric.metric.as_ref();
        if !metric.judges() {
            return Vec::new();
        }
        let score = |sheets: &Vec<Sheet>| whole((at, by), sheets, &Common::of(self.own, sheets));
        let scored = others.iter().filter_map(|sheets| Some((score(sheets)?, sheets)));
        let Some((_, best)) = scored.min_by(|a, b| a.0.total_cmp(&b.0)) else { return Vec::new() };
        let common = Common::of(self.own, best);
        let subject = |what: &str| {
            let against = best.first().map_or("", |sheet| sheet.name.as_str());
            let own = self.own.first().map_or("", |sheet| sheet.name.as_str());
            format!("{own}, {}, against {against}, as issued{what}", metric.name)
        };
        let steps = |passes: &dyn Fn(&SheetStep) -> bool, what: &str| {
            let of = |sheet: &Sheet| {
                monthly((at, by), sheet, |s| common.has(sheet.month, s.step) && passes(s)).map(|(v, _)| v)
            };
            self.track(subject(what), best, of)
        };
        let mut tracks = vec![steps(&|_| true, "")];
        if tracks[0].periods.len() >= LEAST {
            let of = |range: &Leads| {
                steps(&|s| range.holds(s.step), &format!(", steps {} to {}", range.0, range.1))
            };
            tracks.extend(self.leads.iter().map(of));
            let months = common.groups(self.own, best);
            let region = |key: i32| {
                let of = |sheet: &Sheet| regional((at, by), sheet, &months, key);
                let area = u16::try_from(key).ok().and_then(geography::area);
                self.track(subject(&format!(", {}", area.map_or("", |area| area.name))), best, of)
            };
            tracks.extend(regions(self.own).into_iter().map(region));
        }
        tracks.retain(|track| !track.periods.is_empty());
        tracks
    }

    /// The months that have a score by `of` of both.
    fn track(&self, subject: String, other: &[Sheet], of: impl Fn(&Sheet) -> Option<f64>) -> Track {
        let cadence = self.cadence;
        let (periods, scores, baseline, provisional) = (vec![], vec![], vec![], vec![]);
        let mut track = Track { subject, cadence, periods, scores, baseline, provisional };
        for sheet in self.own {
            let theirs = other.iter().find(|other| other.month == sheet.month);
            let Some((own, baseline)) = of(sheet).zip(theirs.and_then(&of)) else { continue };
            track.periods.push(sheet.month);
            track.scores.push(own);
            track.baseline.push(baseline);
            track.provisional.push((self.provisional)(sheet.month));
        }
        track
    }
}

/// The score of everything that is common.
fn whole((at, metric): (usize, &dyn Metric), sheets: &[Sheet], common: &Common) -> Option<f64> {
    let mut pool: Part = Ok(Tally::default());
    for sheet in sheets {
        for step in sheet.steps.iter().filter(|s| common.has(sheet.month, s.step)) {
            add(metric, &mut pool, &step.parts[at]);
        }
    }
    pool.ok().and_then(|tally| metric.score(&tally).ok()).filter(|v| v.is_finite())
}

/// The score of a region in a month that is whole for both.
fn regional(
    (at, metric): (usize, &dyn Metric),
    sheet: &Sheet,
    months: &BTreeSet<Period>,
    key: i32,
) -> Option<f64> {
    let group = sheet.groups.iter().find(|group| group.key == (Group::Region, key))?;
    let tally = group.parts[at].as_ref().ok().filter(|_| months.contains(&sheet.month))?;
    metric.score(tally).ok().filter(|v| v.is_finite())
}

fn regions(sheets: &[Sheet]) -> BTreeSet<i32> {
    let keys = sheets.iter().flat_map(|sheet| &sheet.groups).map(|group| group.key);
    keys.filter(|(group, _)| *group == Group::Region).map(|(_, key)| key).collect()
}
