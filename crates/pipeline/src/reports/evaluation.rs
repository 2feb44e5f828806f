//! How good the forecasts were: against baselines, by step, month and country, and whether they were calibrated.

mod issued;
mod sections;

use std::collections::BTreeMap;

use forewarn_core::{Cadence, Period};

use super::frame::{self, Beside, Card, Head};
use super::told;
use crate::online::Online;
use crate::page::HEADLINE;
use crate::record::Record;
use crate::report::words::{count, maybe, number, percent};
use crate::scores::{Group, Score, Scores};

/// What the page is made of.
pub(super) struct Facts<'a> {
    pub(super) record: &'a Record,
    pub(super) scores: &'a Scores,
    pub(super) online: Option<&'a Online>,
}

/// The page.
pub(super) fn page(facts: &Facts<'_>, beside: Beside<'_>) -> String {
    let view = View::of(facts);
    let run = facts.record.run.as_deref().unwrap_or_default();
    let eyebrow = format!("Evaluation · run {run} · {}", view.stamp);
    let title = view.verdict();
    let mut page = frame::open(&Head { eyebrow: &eyebrow, title: &title }, beside);
    frame::cards(&[view.good(), view.worst(), view.calibrated(), issued::missed(facts)], &mut page);
    frame::section("Everybody beside the baselines", &mut page, |page| view.models(page));
    frame::section("By months ahead", &mut page, |page| view.steps(page));
    frame::section("By month", &mut page, |page| view.months(page));
    frame::section("By country", &mut page, |page| view.countries(page));
    frame::section("Calibration", &mut page, |page| view.calibration(page));
    frame::section("What was issued, and has come", &mut page, |page| issued::section(facts, page));
    frame::section("Where attacks were tried", &mut page, |page| {
        page.raw("<p>Known ways to fool a score are tried by <code>forewarn redteam</code>; a run does not repeat it. It tells for each metric which worthless forecasts it would prefer to honest ones.</p>\n");
    });
    frame::close(page, run)
}

/// The scores by the headline metric, seen from the forecast that is issued.
struct View<'a> {
    scores: &'a Scores,
    metric: &'a str,
    shown: String,
    models: Vec<&'a str>,
    baselines: Vec<&'a str>,
    cadence: Cadence,
    stamp: String,
}

impl<'a> View<'a> {
    fn of(facts: &Facts<'a>) -> Self {
        let all = &facts.scores.scores;
        let metric =
            all.iter().find(|s| s.metric == HEADLINE).or(all.first()).map_or(HEADLINE, |s| &s.metric);
        let whole = || all.iter().filter(|s| s.group == Group::All && s.metric == metric);
        let models: Vec<&str> = whole().map(|s| s.model.as_str()).collect();
        let named = |score: &'a Score| score.skills.iter().map(|s| &s.baseline).chain(&score.baseline);
        let mut baselines: Vec<&str> = whole().flat_map(named).map(String::as_str).collect();
        baselines.sort_unstable();
        baselines.dedup();
        let issued = facts.record.issued.as_ref().map(|issued| issued.name.clone());
        let shown = issued.or_else(|| models.last().map(|&name| name.to_owned())).unwrap_or_default();
        let origin = facts.record.origin.as_deref().unwrap_or_default();
        let cadences = [Cadence::Month, Cadence::Day, Cadence::Hour, Cadence::Minute];
        let cadence = cadences.into_iter().find(|c| c.parse(origin).is_ok()).unwrap_or_default();
        let mut view =
            Self { scores: facts.scores, metric, shown, models, baselines, cadence, stamp: String::new() };
        view.stamp = view.stamped(facts.record);
        view
    }

    /// Months, vintage and n: what every number of the page is from.
    fn stamped(&self, record: &Record) -> String {
        let months: Vec<i32> = self.keys(Group::Month);
        let label =
            |key: Option<&i32>| key.map_or_else(|| "missing".to_owned(), |k| self.cadence.label(Period(*k)));
        let vintage = told(record, &["vintage"]).unwrap_or_else(|| "not named".to_owned());
        let n = self.whole(&self.shown).map_or(0, |score| score.n);
        format!(
            "hold-out forecasts of {} to {} · vintage {vintage} · n = {}",
            label(months.first()),
            label(months.last()),
            count(n)
        )
    }

    fn keys(&self, group: Group) -> Vec<i32> {
        let of = self.scores.scores.iter().filter(|s| s.group == group && s.metric == self.metric);
        let mut keys: Vec<i32> = of.filter_map(|score| score.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn whole(&self, model: &str) -> Option<&'a Score> {
        self.scores.find(model, self.metric, Group::All, None)
    }

    /// Scores of a model in every group of a kind, by key.
    fn by_key(&self, model: &str, group: Group) -> BTreeMap<i32, &'a Score> {
        let of = |s: &&Score| s.model == model && s.metric == self.metric && s.group == group;
        self.scores.scores.iter().filter(of).filter_map(|score| Some((score.key?, score))).collect()
    }

    fn is_baseline(&self, model: &str) -> bool {
        self.baselines.contains(&model)
    }

    fn verdict(&self) -> String {
        let Some(score) = self.whole(&self.shown) else {
            return "How good the forecasts were is not known".to_owned();
        };
        let against = score.baseline.as_deref().unwrap_or("the best baseline");
        match (score.skill, score.skill_interval) {
            (Some(_), Some((low, _))) if low > 0.0 => {
                format!("{} beats the best simple forecast, {against}", self.shown)
            }
            (Some(_), Some((_, high))) if high < 0.0 => {
                format!("{} is worse than a simple forecast, {against}", self.shown)
            }
            (Some(_), _) => format!("{} cannot be told from a simple forecast, {against}", self.shown),
            (None, _) => format!("{} has no skill that can be computed", self.shown),
        }
    }

    fn good(&self) -> Card {
        let score = self.whole(&self.shown);
        let mut sentences = Vec::new();
        if let Some(score) = score {
            let against = score.baseline.as_deref().unwrap_or("the best baseline");
            sentences.push(format!(
                "That is how much of the error of {against}, the best baseline, {} removes: 100 % is perfect, below 0 is worse.",
                self.shown
            ));
            sentences.push(match score.skill_interval {
                Some((low, high)) => {
                    format!("It lies between {} and {} nine times in ten.", share(low), share(high))
                }
                None => "How sure that is, is not known.".to_owned(),
            });
        }
        let big = score.and_then(|score| score.skill).map(share);
        Card { question: "How good were we?", big, sentences, stamp: self.stamp.clone() }
    }

    fn worst(&self) -> Card {
        let ranked = self.ranked();
        let mut sentences: Vec<String> = ranked
            .iter()
            .rev()
            .take(3)
            .map(|(skill, score)| format!("{}: {} (n = {}).", name(score), share(*skill), count(score.n)))
            .collect();
        let steps = self.by_key(&self.shown, Group::Step);
        let least =
            steps.values().filter_map(|s| Some((skill(s)?, s.key?))).min_by(|a, b| a.0.total_cmp(&b.0));
        sentences.extend(
            least.map(|(skill, step)| format!("By time ahead the worst is step {step}: {}.", share(skill))),
        );
        let big = ranked.last().map(|(_, score)| name(score));
        Card { question: "Where were we worst?", big, sentences, stamp: self.stamp.clone() }
    }

    fn calibrated(&self) -> Card {
        let coverage = self.scores.find(&self.shown, "coverage", Group::All, None);
        let sentences = match coverage.and_then(|score| score.value) {
            Some(_) => vec![
                "So often did the truth lie in the interval that should hold it in 90 % of the cases."
                    .to_owned(),
                "Where nearly all is zero, intervals of whole numbers hold more than they promise."
                    .to_owned(),
            ],
            None => {
                vec!["Point forecasts have no intervals, or `coverage` is not among the metrics.".to_owned()]
            }
        };
        let big = coverage.and_then(|score| score.value).map(percent);
        Card { question: "Were we calibrated?", big, sentences, stamp: self.stamp.clone() }
    }

    /// Countries with a skill of the shown forecast, best first.
    fn ranked(&self) -> Vec<(f64, &'a Score)> {
        let all = self.by_key(&self.shown, Group::Country);
        let mut ranked: Vec<(f64, &Score)> = all.into_values().filter_map(|s| Some((skill(s)?, s))).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.key.cmp(&b.1.key)));
        ranked
    }
}

/// Skill; that of the best baseline itself is 0 by definition.
fn skill(score: &Score) -> Option<f64> {
    let own = score.baseline.as_deref() == Some(&score.model) && score.value.is_some();
    score.skill.or(own.then_some(0.0))
}

/// Name of a score's country.
fn name(score: &Score) -> String {
    score.label.clone().or(score.key.map(|key| key.to_string())).unwrap_or_default()
}

fn between(interval: Option<(f64, f64)>) -> String {
    interval.map_or_else(|| maybe(None), |(low, high)| format!("{} to {}", number(low), number(high)))
}

/// A skill as per cent, with its sign.
fn share(skill: f64) -> String {
    format!("{}\u{a0}%", number((skill * 1000.0).round() / 10.0))
}
