//! Pooling: tallies by origin, month and group become scores, their skill, and how sure they are.

use std::collections::BTreeMap;

use forewarn_core::{Better, Period, Step, Tally};
use rayon::prelude::*;
use serde::Serialize;

use super::bootstrap::{self, Intervals, LEAST_MONTHS};
use super::tallies::{ABSENT, OriginTallies, Part, Slices, add};
use super::{Forecasts, Group, Leads, NamedMetric, Score, Skill, is_better, labels, skill};

/// What a score is about: kind of group, and which one.
pub(super) type Key = (Group, Option<i32>);

/// The rows of one group that were tallied together.
pub(super) struct Block<'a> {
    key: Key,
    /// Target month.
    month: Period,
    slices: &'a Slices,
    at: usize,
}

/// One group of one forecaster: tallies by month.
struct Pool {
    months: BTreeMap<Period, (u64, Part)>,
}

/// How far an ensemble is below the mean of its members.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Margin {
    /// Mean of the members' scores.
    pub average_member: f64,
    /// That mean less the ensemble's score.
    pub difference: f64,
    /// Where the difference is.
    pub interval: Option<(f64, f64)>,
}

/// A forecaster's score before it is compared.
struct Raw {
    value: std::result::Result<f64, String>,
    replicates: std::result::Result<Vec<f64>, String>,
    n: u64,
}

/// Every score by one metric, by group, then forecaster.
pub(super) fn scores(
    groups: &BTreeMap<Key, Vec<Block<'_>>>,
    forecasts: &Forecasts<'_>,
    metrics: &[NamedMetric],
    (intervals, seed): (&Intervals, u64),
) -> Vec<Score> {
    let jobs: Vec<_> = metrics.iter().flat_map(|m| groups.values().map(move |blocks| (m, blocks))).collect();
    let job = |(metric, blocks): &(&NamedMetric, &Vec<Block<'_>>)| {
        let work = Work { metric, intervals, seed, forecasts };
        work.scores(blocks)
    };
    let mut all: Vec<Score> = jobs.par_iter().map(job).collect::<Vec<_>>().concat();
    let place = |s: &Score| {
        let model = forecasts.names.iter().position(|n| *n == s.model);
        (model, metrics.iter().position(|m| m.name == s.metric), s.group, s.key)
    };
    all.sort_by_cached_key(place);
    all
}

/// The mean score of `members` by one metric over `blocks`, how far that of `ensemble` is below it, and where that difference
/// is.
///
/// # Errors
/// Why one of them has no score.
pub(super) fn margin(
    blocks: &[Block<'_>],
    (ensemble, members): (&str, &[String]),
    metric: &NamedMetric,
    (intervals, seed): (&Intervals, u64),
) -> std::result::Result<Margin, String> {
    let forecasts = Forecasts { names: members, baselines: &[], issued: None };
    let work = Work { metric, intervals, seed, forecasts: &forecasts };
    let whole = work.raw(ensemble, blocks);
    let each: Vec<Raw> = members.iter().map(|name| work.raw(name, blocks)).collect();
    let scores: Vec<f64> = each.iter().map(|raw| raw.value.clone()).collect::<std::result::Result<_, _>>()?;
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let replicates: std::result::Result<Vec<&Vec<f64>>, _> =
        each.iter().map(|raw| raw.replicates.as_ref()).collect();
    let differences = whole.replicates.as_ref().ok().zip(replicates.ok()).map(|(whole, each)| {
        let mean = |i: usize| each.iter().map(|r| r[i]).sum::<f64>() / each.len() as f64;
        whole.iter().enumerate().map(|(i, w)| mean(i) - w).collect::<Vec<_>>()
    });
    let interval = differences.and_then(|d| bootstrap::interval(&d, intervals.level));
    Ok(Margin { average_member: mean, difference: mean - whole.value?, interval })
}

/// The rows of every group, in the order of origins and steps.
pub(super) fn group<'a>(origins: &'a [OriginTallies], leads: &[Leads]) -> BTreeMap<Key, Vec<Block<'a>>> {
    let mut groups: BTreeMap<Key, Vec<Block<'a>>> = BTreeMap::new();
    let mut put = |key: Key, month, slices, at| {
        groups.entry(key).or_default().push(Block { key, month, slices, at });
    };
    for tallies in origins {
        let target = |i: usize| tallies.origin + Step(i as u16 + 1);
        for i in 0..tallies.whole.rows.len() {
            let month = target(i);
            put((Group::All, None), month, &tallies.whole, i);
            for range in leads.iter().filter(|range| range.holds(Step(i as u16 + 1))) {
                put((Group::Leads, Some(range.key())), month, &tallies.whole, i);
            }
            put((Group::Step, Some(i as i32 + 1)), month, &tallies.whole, i);
            put((Group::Origin, Some(tallies.origin.0)), month, &tallies.whole, i);
            put((Group::Month, Some(target(i).0)), month, &tallies.whole, i);
        }
        for part in &tallies.groups {
            for i in 0..part.slices.rows.len() {
                put((part.group, Some(part.key)), target(i), &part.slices, i);
            }
        }
    }
    groups
}

struct Work<'a> {
    metric: &'a NamedMetric,
    intervals: &'a Intervals,
    seed: u64,
    forecasts: &'a Forecasts<'a>,
}

impl Work<'_> {
    /// The scores of all forecasters in one group.
    fn scores(&self, blocks: &[Block<'_>]) -> Vec<Score> {
        let Some(first) = blocks.first() else { return Vec::new() };
        let raw: Vec<Raw> = self.forecasts.names.iter().map(|name| self.raw(name, blocks)).collect();
        let better = self.metric.metric.better();
        let baselines = (0..raw.len()).filter(|&i| self.forecasts.is_baseline(i) && raw[i].value.is_ok());
        let best = baselines.reduce(|best, next| {
            let (a, b) = (raw[next].value.as_ref(), raw[best].value.as_ref());
            let wins = a.ok().zip(b.ok()).is_some_and(|(a, b)| is_better(better, *a, *b));
            if wins { next } else { best }
        });
        (0..raw.len()).map(|i| self.score(first.key, i, &raw, best)).collect()
    }

    fn pool(&self, name: &str, blocks: &[Block<'_>]) -> Pool {
        let absent = Err(ABSENT.to_owned());
        let mut months: BTreeMap<Period, (u64, Part)> = BTreeMap::new();
        for block in blocks {
            let parts = block.slices.parts(name, &self.metric.name);
            let part = parts.and_then(|p| p.get(block.at)).unwrap_or(&absent);
            let pool = months.entry(block.month).or_insert_with(|| (0, Ok(Tally::default())));
            pool.0 += block.slices.rows[block.at];
            add(self.metric.metric.as_ref(), &mut pool.1, part);
        }
        Pool { months }
    }

    fn raw(&self, name: &str, blocks: &[Block<'_>]) -> Raw {
        let pool = self.pool(name, blocks);
        let n = pool.months.values().map(|(rows, _)| rows).sum();
        let mut sum: Part = Ok(Tally::default());
        pool.months.values().for_each(|(_, part)| add(self.metric.metric.as_ref(), &mut sum, part));
        let score = |tally: Tally| {
            let value = self.metric.metric.score(&tally).map_err(|e| e.to_string())?;
            if value.is_finite() { Ok(value) } else { Err(format!("the score is {value}")) }
        };
        let value = sum.and_then(score);
        let replicates = if value.is_ok() { self.replicates(pool) } else { Err(String::new()) };
        Raw { value, replicates, n }
    }

    fn replicates(&self, pool: Pool) -> std::result::Result<Vec<f64>, String> {
        if self.intervals.replicates == 0 {
            return Err("no interval was asked for".to_owned());
        }
        let filled = pool.months.values().filter(|(rows, _)| *rows > 0).count();
        if filled < LEAST_MONTHS {
            let months = if filled == 1 { "month" } else { "months" };
            return Err(format!("no interval: {filled} {months}, at least {LEAST_MONTHS} are needed"));
        }
        let months: Vec<Tally> = pool.months.into_values().filter_map(|(_, part)| part.ok()).collect();
        let values = bootstrap::replicates(self.metric.metric.as_ref(), &months, self.intervals, self.seed);
        let missing = values.iter().filter(|v| !v.is_finite()).count();
        if missing > 0 {
            return Err(format!("no interval: {missing} of {} replicates have no score", values.len()));
        }
        Ok(values)
    }

    fn score(&self, key: Key, i: usize, raw: &[Raw], best: Option<usize>) -> Score {
        let better = self.metric.metric.better();
        let (mine, level) = (&raw[i], self.intervals.level);
        let against = best.filter(|b| *b != i).map(|b| &raw[b]);
        let reasons = [mine.value.as_ref().err(), mine.replicates.as_ref().err()];
        Score {
            model: self.forecasts.names[i].clone(),
            metric: self.metric.name.clone(),
            group: key.0,
            key: key.1,
            label: labels::label(key.0, key.1),
            value: mine.value.as_ref().ok().copied(),
            interval: mine.replicates.as_ref().ok().and_then(|r| bootstrap::interval(r, level)),
            baseline: best.map(|b| self.forecasts.names[b].clone()),
            skill: against.and_then(|b| skill(better, *mine.value.as_ref().ok()?, *b.value.as_ref().ok()?)),
            skill_interval: against.and_then(|b| skill_interval(better, mine, b, level)),
            skills: if matches!(key.0, Group::All | Group::Leads) { self.skills(i, raw) } else { Vec::new() },
            reason: reasons.into_iter().flatten().next().cloned(),
            n: mine.n,
        }
    }
}

impl Work<'_> {
    /// Skill against every baseline but itself.
    fn skills(&self, i: usize, raw: &[Raw]) -> Vec<Skill> {
        let (better, level) = (self.metric.metric.better(), self.intervals.level);
        let others = (0..raw.len()).filter(|&b| b != i && self.forecasts.is_baseline(b));
        let against = |b: usize| Skill {
            baseline: self.forecasts.names[b].clone(),
            skill: raw[i]
                .value
                .as_ref()
                .ok()
                .zip(raw[b].value.as_ref().ok())
                .and_then(|(a, b)| skill(better, *a, *b)),
            interval: skill_interval(better, &raw[i], &raw[b], level),
        };
        others.map(against).collect()
    }
}

/// The interval of the skill: both forecasts are resampled by the same months.
fn skill_interval(better: Better, mine: &Raw, baseline: &Raw, level: f64) -> Option<(f64, f64)> {
    let (mine, baseline) = (mine.replicates.as_ref().ok()?, baseline.replicates.as_ref().ok()?);
    let pairs = mine.iter().zip(baseline);
    let skills: Option<Vec<f64>> = pairs.map(|(a, b)| skill(better, *a, *b)).collect();
    bootstrap::interval(&skills?, level)
}
