//! The sections below the first screen.

use forewarn_catalog::chart::{Line, Lines, Ranked, Role, Standing};
use forewarn_core::Period;

use super::super::frame;
use super::{View, between, name, skill};
use crate::report::html::{Align, Html};
use crate::report::words::{count, maybe, number};
use crate::scores::{Group, Score};

use Align::{Left, Right};

/// Countries at each end of the list.
const ENDS: usize = 8;
/// Lines in a chart.
const LINES: usize = 6;

impl<'a> View<'a> {
    fn standing(&self, row_name: String, score: &Score) -> Standing {
        let role = match &score.model {
            model if self.is_baseline(model) => Role::Baseline(0),
            model if *model == self.shown => Role::Model(0),
            _ => Role::Model(5),
        };
        Standing {
            name: row_name,
            role,
            value: skill(score).unwrap_or(f64::NAN),
            interval: score.skill_interval,
            note: format!("n = {}", count(score.n)),
        }
    }

    pub(super) fn models(&self, page: &mut Html) {
        let mut scores: Vec<&Score> = self.models.iter().filter_map(|model| self.whole(model)).collect();
        scores.sort_by(|a, b| {
            skill(b).unwrap_or(f64::NEG_INFINITY).total_cmp(&skill(a).unwrap_or(f64::NEG_INFINITY))
        });
        let chart = Ranked {
            title: "Skill against the best baseline".to_owned(),
            subtitle: self.stamp.clone(),
            value: "skill: 1 is perfect, 0 as good as the best baseline".to_owned(),
            rows: scores.iter().map(|score| self.standing(score.model.clone(), score)).collect(),
            reference: Some(("best baseline".to_owned(), 0.0)),
        };
        frame::figure(
            &chart.chart(),
            "Squares are baselines. A bar is where the skill lies nine times in ten.",
            page,
        );
        let rows: Vec<Vec<String>> = scores
            .iter()
            .map(|score| {
                vec![
                    if self.is_baseline(&score.model) {
                        format!("{} (baseline)", score.model)
                    } else {
                        score.model.clone()
                    },
                    maybe(score.value),
                    between(score.interval),
                    maybe(skill(score)),
                    between(score.skill_interval),
                    count(score.n),
                ]
            })
            .collect();
        let headings = [
            ("Forecast", Left),
            ("Score", Right),
            ("90 % interval", Right),
            ("Skill", Right),
            ("90 % interval", Right),
            ("n", Right),
        ];
        frame::table(&format!("{} of all, {}", self.metric, self.stamp), &headings, &rows, page);
    }

    /// The shown forecast, baselines, then others.
    fn chosen(&self) -> Vec<(&'a str, Role)> {
        let mut models = self.models.clone();
        models.sort_by_key(|model| (*model != self.shown, !self.is_baseline(model)));
        models.truncate(LINES);
        let (mut others, mut baselines) = (0.., 0..);
        let role = |model: &'a str| {
            let next = if self.is_baseline(model) {
                baselines.next().map(Role::Baseline)
            } else {
                others.next().map(Role::Model)
            };
            (model, next.unwrap_or(Role::Reference))
        };
        models.into_iter().map(role).collect()
    }

    fn lines(&self, group: Group, names: Vec<String>) -> Lines {
        let keys = self.keys(group);
        let line = |(model, role): (&str, Role)| {
            let scores = self.by_key(model, group);
            let value = |key: &i32| scores.get(key).and_then(|s| s.value).unwrap_or(f64::NAN);
            let ends = |key: &i32| scores.get(key).and_then(|s| s.interval).unwrap_or((f64::NAN, f64::NAN));
            let intervals = if model == self.shown { keys.iter().map(ends).collect() } else { Vec::new() };
            Line { name: model.to_owned(), role, values: keys.iter().map(value).collect(), intervals }
        };
        Lines {
            subtitle: self.stamp.clone(),
            names,
            value: self.metric.to_owned(),
            lines: self.chosen().into_iter().map(line).collect(),
            ..Lines::default()
        }
    }

    pub(super) fn steps(&self, page: &mut Html) {
        let names = self.keys(Group::Step).iter().map(ToString::to_string).collect();
        let lines = Lines {
            title: "Score by step".to_owned(),
            along: "periods ahead".to_owned(),
            ..self.lines(Group::Step, names)
        };
        let words = format!(
            "Dashed lines are baselines. The band is where the score of {} lies nine times in ten.",
            self.shown
        );
        frame::figure(&lines.chart(), &words, page);
        self.details(Group::Step, "Step", |key| key.to_string(), page);
    }

    pub(super) fn months(&self, page: &mut Html) {
        let names = self.keys(Group::Month).iter().map(|key| self.cadence.label(Period(*key))).collect();
        let lines =
            Lines { title: "Score by month that was forecast".to_owned(), ..self.lines(Group::Month, names) };
        frame::figure(
            &lines.chart(),
            "High months are those in which much happened that was not expected. All origins and steps of a month count together.",
            page,
        );
        self.details(Group::Month, "Month", |key| self.cadence.label(Period(key)), page);
    }

    /// The numbers of a chart as a table.
    fn details(&self, group: Group, heading: &'static str, label: impl Fn(i32) -> String, page: &mut Html) {
        page.raw("<details><summary>The numbers</summary>\n");
        let headings = [
            (heading, Left),
            ("Forecast", Left),
            ("Score", Right),
            ("90 % interval", Right),
            ("Skill", Right),
            ("n", Right),
        ];
        let mut rows = Vec::new();
        for key in self.keys(group) {
            for (model, _) in self.chosen() {
                let Some(score) = self.scores.find(model, self.metric, group, Some(key)) else { continue };
                rows.push(vec![
                    label(key),
                    model.to_owned(),
                    maybe(score.value),
                    between(score.interval),
                    maybe(skill(score)),
                    count(score.n),
                ]);
            }
        }
        frame::table(&format!("{}, {}", self.metric, self.stamp), &headings, &rows, page);
        page.raw("</details>\n");
    }

    pub(super) fn countries(&self, page: &mut Html) {
        let ranked = self.ranked();
        if ranked.is_empty() {
            page.raw("<p class=\"missing\">There are no scores by country.</p>\n");
            return;
        }
        let ends = ranked.len() > 2 * ENDS;
        let shown: Vec<&(f64, &Score)> = if ends {
            ranked[..ENDS].iter().chain(&ranked[ranked.len() - ENDS..]).collect()
        } else {
            ranked.iter().collect()
        };
        let which = if ends {
            format!("the best {ENDS} and the worst {ENDS} of {}", ranked.len())
        } else {
            "all".to_owned()
        };
        let chart = Ranked {
            title: format!("Skill of {} by country: {which}", self.shown),
            subtitle: self.stamp.clone(),
            value: "skill against the best baseline of the country".to_owned(),
            rows: shown.iter().map(|(_, score)| self.standing(name(score), score)).collect(),
            reference: Some(("best baseline".to_owned(), 0.0)),
        };
        frame::figure(
            &chart.chart(),
            "The best baseline is chosen in each country. Countries where every forecast was perfect, because nothing happened, have no skill and are left out.",
            page,
        );
        let row = |(skill, score): &(f64, &Score)| {
            vec![
                name(score),
                maybe(score.value),
                number(*skill),
                between(score.skill_interval),
                score.baseline.clone().unwrap_or_default(),
                count(score.n),
            ]
        };
        page.raw("<details><summary>All countries</summary>\n");
        let headings = [
            ("Country", Left),
            ("Score", Right),
            ("Skill", Right),
            ("90 % interval", Right),
            ("Best baseline", Left),
            ("n", Right),
        ];
        frame::table(
            &format!("{} of {}, {}", self.metric, self.shown, self.stamp),
            &headings,
            &ranked.iter().map(row).collect::<Vec<_>>(),
            page,
        );
        page.raw("</details>\n");
    }

    pub(super) fn calibration(&self, page: &mut Html) {
        let about = [
            ("coverage", "Truth inside the 90 % interval"),
            ("pit-deviation", "Distance from a flat PIT histogram"),
            ("calibration", "Distance from the diagonal of the reliability diagram"),
            ("mean-calibration-ratio", "Expected over observed total"),
        ];
        let row = |(model, (metric, meaning)): (&str, (&str, &str))| {
            let score = self.scores.scores.iter().find(|s| {
                s.model == model && s.group == Group::All && s.metric.split(':').next() == Some(metric)
            })?;
            Some(vec![
                model.to_owned(),
                meaning.to_owned(),
                maybe(score.value),
                between(score.interval),
                count(score.n),
            ])
        };
        let pairs = self.models.iter().flat_map(|model| about.map(|what| (*model, what)));
        let rows: Vec<Vec<String>> = pairs.filter_map(row).collect();
        let headings =
            [("Forecast", Left), ("What", Left), ("Value", Right), ("90 % interval", Right), ("n", Right)];
        frame::table(&self.stamp, &headings, &rows, page);
        page.raw("<p>A run keeps sums of scores, not the forecasts, so it has no histogram to show. <code>forewarn score</code> scores any forecast by <code>pit-deviation</code> and <code>calibration</code>.</p>\n");
    }
}
