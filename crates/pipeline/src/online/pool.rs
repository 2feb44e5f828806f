//! From sheets to scores: of each forecaster on its own rows, and of two on the rows that both have.

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::{Metric, Period, Step, Tally};
use forewarn_kernels::random::seed_for;
use serde::{Deserialize, Serialize};

use super::sheet::{Sheet, SheetStep};
use crate::config::Config;
use crate::scores::{
    Forecasts, Group, GroupSlices, Leads, NamedMetric, OriginTallies, Part, Score, Scores, Slices, add,
};

/// How sheets become scores.
#[derive(Clone, Copy)]
pub(crate) struct Pooling<'a> {
    pub(crate) config: &'a Config,
    pub(crate) metrics: &'a [NamedMetric],
    pub(crate) leads: &'a [Leads],
}

/// The score of a forecaster beside another's, on the rows that both have forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Model or ensemble.
    pub model: String,
    /// Whom it is compared with.
    pub against: String,
    /// Name of the metric.
    pub metric: String,
    /// All rows, a range of steps, or a region.
    pub group: Group,
    /// As of [`Score::key`].
    pub key: Option<i32>,
    /// Name of the range of steps or region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Score of the forecaster.
    pub value: Option<f64>,
    /// Score of the other.
    pub other: Option<f64>,
    /// Skill of the forecaster against the other.
    pub skill: Option<f64>,
    /// Where it is.
    pub interval: Option<(f64, f64)>,
    /// Why there is no score or interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Months.
    pub months: usize,
    /// Rows.
    pub n: u64,
}

/// The months of one forecaster, ascending.
pub(crate) type Sheets = [Sheet];

/// The forecasts that two have of the same rows: by month, the steps.
pub(super) struct Common(BTreeMap<Period, BTreeSet<Step>>);

impl Common {
    pub(super) fn of(a: &Sheets, b: &Sheets) -> Self {
        let rows = |sheet: &Sheet| -> BTreeMap<Step, String> {
            sheet.steps.iter().map(|s| (s.step, s.units.clone())).collect()
        };
        let theirs: BTreeMap<Period, _> = b.iter().map(|sheet| (sheet.month, rows(sheet))).collect();
        let common = |sheet: &Sheet| {
            let other = theirs.get(&sheet.month)?;
            let same = sheet.steps.iter().filter(|s| other.get(&s.step) == Some(&s.units));
            Some((sheet.month, same.map(|s| s.step).collect::<BTreeSet<_>>()))
        };
        Self(a.iter().filter_map(common).filter(|(_, steps)| !steps.is_empty()).collect())
    }

    pub(super) fn has(&self, month: Period, step: Step) -> bool {
        self.0.get(&month).is_some_and(|steps| steps.contains(&step))
    }

    /// Whether a whole sheet is common: only then are its groups, which are of all its forecasts.
    fn holds(&self, sheet: &Sheet) -> bool {
        self.0.get(&sheet.month).is_some_and(|steps| steps.len() == sheet.steps.len())
    }

    /// Without the months in which one of both has more.
    pub(super) fn groups(&self, a: &Sheets, b: &Sheets) -> BTreeSet<Period> {
        let whole = |sheets: &Sheets| -> BTreeSet<Period> {
            sheets.iter().filter(|sheet| self.holds(sheet)).map(|sheet| sheet.month).collect()
        };
        whole(a).intersection(&whole(b)).copied().collect()
    }
}

impl Pooling<'_> {
    /// The scores of one forecaster on all its rows: in all, by ranges of steps, step, country, region and state.
    pub(crate) fn own(&self, sheets: &Sheets) -> Vec<Score> {
        let Some(first) = sheets.first() else { return Vec::new() };
        let names = [first.name.clone()];
        let mut origins = Origins::default();
        for sheet in sheets {
            origins.add(self.metrics, sheet, |_| true, |_| true);
        }
        let forecasts = Forecasts { names: &names, baselines: &[], issued: None };
        let scores = self.scores(&origins.finish(self.metrics), &forecasts);
        // By origin and by month there are too many: those by month are in the series.
        scores.into_iter().filter(|s| !matches!(s.group, Group::Origin | Group::Month)).collect()
    }

    /// The scores of `a` beside `b` on the rows of both; none where they have none in common.
    pub(crate) fn pair(&self, a: &Sheets, b: &Sheets) -> Vec<Pair> {
        let common = Common::of(a, b);
        let (Some(mine), Some(theirs)) = (a.first(), b.first()) else { return Vec::new() };
        let months = common.groups(a, b);
        let mut origins = Origins::default();
        for sheet in a.iter().chain(b) {
            let group = |group| group == Group::Region && months.contains(&sheet.month);
            origins.add(self.metrics, sheet, |step| common.has(sheet.month, step), group);
        }
        let names = [mine.name.clone(), theirs.name.clone()];
        let forecasts = Forecasts { names: &names, baselines: &names[1..], issued: None };
        let scores = self.scores(&origins.finish(self.metrics), &forecasts);
        let other = |s: &Score| {
            scores
                .iter()
                .find(|o| o.model == names[1] && (&o.metric, o.group, o.key) == (&s.metric, s.group, s.key))
        };
        let wanted =
            |s: &&Score| s.model == names[0] && matches!(s.group, Group::All | Group::Leads | Group::Region);
        let pair = |s: &Score| Pair {
            model: s.model.clone(),
            against: names[1].clone(),
            metric: s.metric.clone(),
            group: s.group,
            key: s.key,
            label: s.label.clone(),
            value: s.value,
            other: other(s).and_then(|o| o.value),
            skill: s.skill,
            interval: s.skill_interval,
            reason: s.reason.clone(),
            months: if s.group == Group::Region { months.len() } else { common.0.len() },
            n: s.n,
        };
        scores.iter().filter(wanted).filter(|s| s.n > 0).map(pair).collect()
    }

    fn scores(&self, origins: &[OriginTallies], forecasts: &Forecasts<'_>) -> Vec<Score> {
        let seed = seed_for(self.config.seed, "online");
        let intervals = (&self.config.evaluation.interval, seed);
        Scores::pool(origins, forecasts, self.metrics, intervals, self.leads).scores
    }
}

/// The score of the forecasts of one month that pass; `None` where there is none.
pub(crate) fn monthly(
    metric: (usize, &dyn Metric),
    sheet: &Sheet,
    passes: impl Fn(&SheetStep) -> bool,
) -> Option<(f64, u64)> {
    let (mut pool, mut rows): (Part, u64) = (Ok(Tally::default()), 0);
    for step in sheet.steps.iter().filter(|step| passes(step)) {
        add(metric.1, &mut pool, &step.parts[metric.0]);
        rows += step.rows;
    }
    let value = pool.ok().and_then(|tally| metric.1.score(&tally).ok()).filter(|v| v.is_finite())?;
    (rows > 0).then_some((value, rows))
}

/// Sheets turned round: by origin, and step.
#[derive(Default)]
struct Origins {
    wholes: BTreeMap<Period, Slices>,
    groups: BTreeMap<(Group, i32), BTreeMap<Period, GroupMonth>>,
}

/// One group in one month: rows, and by forecaster the parts by metric.
#[derive(Default)]
struct GroupMonth {
    rows: u64,
    parts: BTreeMap<String, Vec<Part>>,
}

impl Origins {
    /// Adds the forecasts and groups of a sheet that pass.
    fn add(
        &mut self,
        metrics: &[NamedMetric],
        sheet: &Sheet,
        step: impl Fn(Step) -> bool,
        group: impl Fn(Group) -> bool,
    ) {
        for of in sheet.steps.iter().filter(|of| step(of.step)) {
            let at = usize::from(of.step.0);
            let slices = self.wholes.entry(Period(sheet.month.0 - i32::from(of.step.0))).or_default();
            slices.rows.resize(slices.rows.len().max(at), 0);
            slices.rows[at - 1] = of.rows;
            let by_metric = slices.tallies.entry(sheet.name.clone()).or_default();
            for (metric, part) in metrics.iter().zip(&of.parts) {
                let parts = by_metric.entry(metric.name.clone()).or_default();
                parts.resize(parts.len().max(at), Ok(Tally::default()));
                parts[at - 1].clone_from(part);
            }
        }
        for of in sheet.groups.iter().filter(|of| group(of.key.0)) {
            let month = self.groups.entry(of.key).or_default().entry(sheet.month).or_default();
            month.rows = of.rows;
            month.parts.insert(sheet.name.clone(), of.parts.clone());
        }
        // Scores by group are by month, whatever the origin: their slices begin at the first month of all.
    }

    fn finish(self, metrics: &[NamedMetric]) -> Vec<OriginTallies> {
        let failures = Vec::new;
        let months: BTreeSet<Period> = self.groups.values().flat_map(BTreeMap::keys).copied().collect();
        let mut all = Vec::new();
        if let (Some(first), Some(last)) = (months.first(), months.last()) {
            let size = (last.0 - first.0 + 1) as usize;
            let group = |(key, months)| group(metrics, key, (*first, size), months);
            let (groups, whole) = (self.groups.into_iter().map(group).collect(), Slices::default());
            all.push(OriginTallies { origin: Period(first.0 - 1), whole, groups, failures: failures() });
        }
        let origin = |(origin, mut whole): (Period, Slices)| {
            let steps = whole.rows.len();
            let parts = whole.tallies.values_mut().flat_map(BTreeMap::values_mut);
            parts.for_each(|parts| parts.resize(steps, Ok(Tally::default())));
            OriginTallies { origin, whole, groups: Vec::new(), failures: failures() }
        };
        all.extend(self.wholes.into_iter().map(origin));
        all
    }
}

/// The rows of a group in `size` months from `first` on.
fn group(
    metrics: &[NamedMetric],
    (group, key): (Group, i32),
    (first, size): (Period, usize),
    months: BTreeMap<Period, GroupMonth>,
) -> GroupSlices {
    let mut slices = Slices { rows: vec![0; size], tallies: BTreeMap::new() };
    for (month, of) in months {
        let at = (month.0 - first.0) as usize;
        slices.rows[at] = of.rows;
        for (name, parts) in of.parts {
            let by_metric = slices.tallies.entry(name).or_default();
            for (metric, part) in metrics.iter().zip(parts) {
                let all =
                    by_metric.entry(metric.name.clone()).or_insert_with(|| vec![Ok(Tally::default()); size]);
                all[at] = part;
            }
        }
    }
    GroupSlices { group, key, slices }
}
