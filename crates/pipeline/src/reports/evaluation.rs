//! The page of how good past forecasts were: beside baselines, by distance, month and country, and whether the
//! probabilities meant what they said.

use forewarn_catalog::chart::{Bin, Histogram, Line, Lines, Ranked, Reliability, Role, Standing};
use forewarn_core::{Cadence, Period, Tally};

use super::fooled::Fooled;
use super::issued::{self, Issued};
use crate::online::past::Past;
use crate::report::html::{Align, Html};
use crate::report::pages::{EVALUATION, begin, end};
use crate::report::words::{change, count, maybe, number, percent};
use crate::report::{Answer, Report, cards, scores};
use crate::scores::{Group, NamedMetric, OriginTallies, Score, Scores, add};

use Align::{Left, Right};

/// Countries of the chart at each end.
const ENDS: usize = 10;
/// Baselines and other models of the chart by month.
const LINES: usize = 4;
/// Probability of the bands of calibration charts.
const LEVEL: f64 = 0.9;

/// What the page is made of.
pub(crate) struct Facts<'a> {
    /// Which run, models, baselines, and the scores over all rows and by step.
    pub(crate) report: &'a Report,
    /// Every score.
    pub(crate) scores: &'a Scores,
    /// The metric that leads.
    pub(crate) headline: &'a str,
    /// For the names of months.
    pub(crate) cadence: Cadence,
    /// Weight of the truths in each bin of the forecast distribution, for every number of bins that was asked for.
    pub(crate) pit: Vec<Vec<f64>>,
    /// Draws of a forecast: with one bin more, the histogram is that of ranks.
    pub(crate) draws: usize,
    /// Forecasts by the probability of any.
    pub(crate) reliability: Option<Vec<Bin>>,
    /// Whether the metrics can be won without skill.
    pub(crate) fooled: Fooled,
    /// How issued forecasts turned out, where that was evaluated.
    pub(crate) past: Option<Past>,
}

/// The page; pure.
pub(crate) fn page(facts: &Facts<'_>) -> String {
    let run = &facts.report.run;
    let about =
        format!("Past forecasts of {} against what happened · data vintage {}", run.target, run.vintage);
    let mut page = begin("Evaluation report", EVALUATION, ("How good were the forecasts", &about));
    page.raw("<section id=\"answers\" aria-label=\"Answers at a glance\">\n");
    let issued = facts.issued();
    let answers = [
        ("How good were we", good(facts)),
        ("How good was what we issued", Some(issued::good(&issued))),
        ("What did we miss", Some(issued::missed(&issued))),
        ("How far ahead", far(facts)),
        ("Where were we worst", worst(facts)),
        ("Did it mean what it said", meant(facts)),
    ];
    cards(answers, &mut page);
    page.raw("</section>\n<section>\n<h2>What was issued, and how it turned out</h2>\n");
    issued::section(&issued, &mut page);
    page.raw("</section>\n<section>\n<h2>Every model beside the baselines</h2>\n");
    scores::section(facts.report, &mut page);
    page.raw("</section>\n<section>\n<h2>Month by month</h2>\n");
    months(facts, &mut page);
    page.raw("</section>\n<section>\n<h2>Country by country</h2>\n");
    countries(facts, &mut page);
    page.raw("</section>\n<section>\n<h2>By what was going on</h2>\n");
    states(facts, &mut page);
    page.raw("</section>\n<section>\n<h2>Calibration</h2>\n");
    calibration(facts, &mut page);
    page.raw("</section>\n<section>\n<h2>Can the scores be fooled</h2>\n");
    red_team(&facts.fooled, &mut page);
    page.raw("</section>\n");
    end(&run.id, page)
}

impl<'a> Facts<'a> {
    /// What a run and the tallies of its past forecasts say.
    pub(crate) fn new(
        report: &'a Report,
        scores: &'a Scores,
        (cadence, draws): (Cadence, usize),
        (tallies, metrics): (&[OriginTallies], &[NamedMetric]),
        fooled: Fooled,
    ) -> Self {
        let named = |component: &'static str| {
            metrics.iter().filter(move |m| m.name.split(':').next() == Some(component))
        };
        let pooled = |metric: &NamedMetric| pooled(tallies, &report.run.shown, metric);
        let bin = |sums: &[f64]| Bin {
            forecast: sums[1] / sums[0],
            observed: sums[2] / sums[0],
            n: sums[0] as u64,
        };
        let headline = report.evaluation.as_ref().and_then(|evaluation| evaluation.metrics.first());
        Self {
            report,
            scores,
            headline: headline.map_or("", |metric| &metric.name),
            cadence,
            fooled,
            past: None,
            pit: named("pit-deviation").filter_map(pooled).map(|tally| tally.0).collect(),
            draws,
            reliability: named("calibration-error")
                .find_map(pooled)
                .map(|tally| tally.0.chunks_exact(3).filter(|sums| sums[0] > 0.0).map(bin).collect()),
        }
    }

    fn issued(&self) -> Issued<'_> {
        Issued { past: self.past.as_ref(), report: self.report, metric: self.headline, cadence: self.cadence }
    }

    /// Scores of the shown forecast by the metric that leads, for each of a group.
    fn of(&self, group: Group) -> impl Iterator<Item = &Score> {
        let (shown, headline) = (&self.report.run.shown, self.headline);
        self.scores
            .scores
            .iter()
            .filter(move |s| s.group == group && &s.model == shown && s.metric == headline)
    }

    /// Which months, how many origins, which vintage, how many rows: stands at every number.
    fn stamp(&self, n: u64) -> String {
        let evaluation = self.report.evaluation.as_ref();
        let truth =
            evaluation.map_or_else(String::new, |e| format!("truth {} to {} · ", e.truth.0, e.truth.1));
        format!("{} · {truth}vintage {} · n = {}", self.report.run.shown, self.report.run.vintage, count(n))
    }
}

fn good(facts: &Facts<'_>) -> Option<Answer> {
    let score = facts.of(Group::All).next()?;
    let skill = score.skill?;
    let baseline = score.baseline.clone()?;
    let range = score.skill_interval.map(|(low, high)| format!(" ({} to {})", change(low), change(high)));
    let told = match score.skill_interval {
        Some((low, _)) if low > 0.0 => "The range is above 0: better than the baseline, not by luck.",
        Some((_, high)) if high < 0.0 => "The range is below 0: the baseline is better.",
        Some(_) => "The range holds 0: the two cannot be told apart.",
        None => "How sure that is could not be told.",
    };
    Some(Answer {
        big: change(skill),
        unit: format!("skill by {} against {baseline}{}", facts.headline, range.unwrap_or_default()),
        sentences: vec![told.to_owned()],
        stamp: facts.stamp(score.n),
    })
}

/// The tally of one forecaster over all origins and steps; `None` where a part is missing.
fn pooled(tallies: &[OriginTallies], name: &str, metric: &NamedMetric) -> Option<Tally> {
    let mut pool = Ok(Tally::default());
    for part in tallies.iter().filter_map(|origin| origin.whole.parts(name, &metric.name)).flatten() {
        add(metric.metric.as_ref(), &mut pool, part);
    }
    pool.ok().filter(|tally| tally.0.iter().sum::<f64>() > 0.0)
}

/// For how many steps it is better than every baseline.
fn far(facts: &Facts<'_>) -> Option<Answer> {
    let steps: Vec<&Score> = facts.of(Group::Step).filter(|score| score.skill.is_some()).collect();
    let better = steps.iter().filter(|score| score.skill > Some(0.0)).count();
    let extreme = |worse: bool| {
        let of = |a: &&&Score, b: &&&Score| a.skill.unwrap_or(0.0).total_cmp(&b.skill.unwrap_or(0.0));
        if worse { steps.iter().min_by(of) } else { steps.iter().max_by(of) }
    };
    let (most, least) = (extreme(false)?, extreme(true)?);
    let tell = |score: &Score| {
        format!("{} at step {}", change(score.skill.unwrap_or(f64::NAN)), score.key.unwrap_or(0))
    };
    Some(Answer {
        big: format!("{better} of {}", steps.len()),
        unit: "steps ahead are better than every baseline".to_owned(),
        sentences: vec![format!("Most skill: {}; least: {}.", tell(most), tell(least))],
        stamp: facts.stamp(steps.iter().map(|score| score.n).sum()),
    })
}

fn worst(facts: &Facts<'_>) -> Option<Answer> {
    let ranked = ranked(facts);
    let (worst, best) = (ranked.last()?, ranked.first()?);
    let below = ranked.iter().filter(|score| score.skill < Some(0.0)).count();
    let name = |score: &Score| score.label.clone().unwrap_or_default();
    let skill = |score: &Score| change(score.skill.unwrap_or(f64::NAN));
    Some(Answer {
        big: name(worst),
        unit: format!("skill {} against {}", skill(worst), worst.baseline.clone().unwrap_or_default()),
        sentences: vec![
            format!("In {} of {} countries the best baseline there was better.", below, ranked.len()),
            format!("Most skill: {} ({}).", name(best), skill(best)),
        ],
        stamp: facts.stamp(worst.n),
    })
}

fn meant(facts: &Facts<'_>) -> Option<Answer> {
    let coverage = facts.report.evaluation.as_ref()?.coverage?;
    let way = if coverage.share >= coverage.level { "wide enough" } else { "too narrow" };
    Some(Answer {
        big: percent(coverage.share),
        unit: format!("of the outcomes lay in intervals that promise {}", percent(coverage.level)),
        sentences: vec![format!(
            "The intervals were {way}; where nearly nothing ever happens, that is easy."
        )],
        stamp: facts.stamp(coverage.n),
    })
}

/// Countries by skill, most first.
fn ranked<'a>(facts: &'a Facts<'_>) -> Vec<&'a Score> {
    let mut all: Vec<&Score> = facts.of(Group::Country).filter(|score| score.skill.is_some()).collect();
    let skill = |score: &Score| score.skill.unwrap_or(f64::NAN);
    all.sort_by(|a, b| skill(b).total_cmp(&skill(a)).then_with(|| a.label.cmp(&b.label)));
    all
}

fn months(facts: &Facts<'_>, page: &mut Html) {
    let months: Vec<i32> = facts.of(Group::Month).filter_map(|score| score.key).collect();
    if months.is_empty() {
        page.raw("<p class=\"missing\">There are no scores by month.</p>\n");
        return;
    }
    let shown = &facts.report.run.shown;
    let others = facts.report.models.iter().filter(|model| &model.name != shown);
    let (baselines, members): (Vec<_>, Vec<_>) = others.partition(|model| model.baseline);
    let others = baselines.iter().chain(&members).take(LINES);
    let line = |name: &str, role| Line {
        name: name.to_owned(),
        role,
        values: months
            .iter()
            .map(|&m| {
                facts
                    .scores
                    .find(name, facts.headline, Group::Month, Some(m))
                    .and_then(|s| s.value)
                    .unwrap_or(f64::NAN)
            })
            .collect(),
        intervals: Vec::new(),
    };
    let mut lines = vec![line(shown, Role::Model(0))];
    let (mut models, mut bases) = (1.., 0..);
    lines.extend(others.filter_map(|model| {
        let role = if model.baseline { Role::Baseline(bases.next()?) } else { Role::Model(models.next()?) };
        Some(line(&model.name, role))
    }));
    let chart = Lines {
        title: format!("{} by target month", facts.headline),
        subtitle: facts.stamp(facts.of(Group::Month).map(|score| score.n).sum()),
        along: "target month".to_owned(),
        names: months.iter().map(|&month| facts.cadence.label(Period(month))).collect(),
        value: facts.headline.to_owned(),
        lines,
        reference: None,
    };
    page.figure(&chart.chart());
    page.paragraph("Each month is scored by every forecast that reaches it, whatever its distance.");
}

fn countries(facts: &Facts<'_>, page: &mut Html) {
    let ranked = ranked(facts);
    if ranked.is_empty() {
        page.paragraph(
            "There are no scores by country: the units have none, or no baseline is among the models.",
        );
        return;
    }
    let standing = |score: &&Score| Standing {
        name: score.label.clone().unwrap_or_default(),
        role: Role::Model(0),
        value: score.skill.unwrap_or(f64::NAN),
        interval: score.skill_interval,
        note: format!("n = {}", count(score.n)),
    };
    let (top, bottom) =
        (ranked.iter().take(ENDS), ranked.iter().skip(ranked.len().saturating_sub(ENDS).max(ENDS)));
    let chart = Ranked {
        title: format!("Skill by {} in the countries with most and least", facts.headline),
        subtitle: facts.stamp(ranked.iter().map(|score| score.n).sum()),
        value: "skill against the best baseline of the country".to_owned(),
        rows: top.chain(bottom).map(standing).collect(),
        reference: Some(("no skill".to_owned(), 0.0)),
    };
    page.figure(&chart.chart());
    page.raw("<details><summary>All countries</summary>\n");
    table(facts, &ranked, page);
    page.raw("</details>\n");
}

fn table(facts: &Facts<'_>, scores: &[&Score], page: &mut Html) {
    let headings = [
        ("Which", Left),
        ("Score", Right),
        ("Skill", Right),
        ("Range", Right),
        ("Against", Left),
        ("n", Right),
    ];
    page.open_table(
        format!("{} · {}", facts.headline, facts.stamp(scores.iter().map(|s| s.n).sum())),
        &headings,
    );
    for score in scores {
        let range = score.skill_interval.map(|(low, high)| format!("{} to {}", change(low), change(high)));
        page.row(
            score.label.clone().unwrap_or_default(),
            &[
                (maybe(score.value), Right),
                (score.skill.map_or_else(|| maybe(None), change), Right),
                (range.unwrap_or_else(|| maybe(None)), Right),
                (score.baseline.clone().unwrap_or_default(), Left),
                (count(score.n), Right),
            ],
        );
    }
    page.close_table();
}

fn states(facts: &Facts<'_>, page: &mut Html) {
    let states: Vec<&Score> = facts.of(Group::State).collect();
    if states.is_empty() {
        page.paragraph("There are no scores by state.");
        return;
    }
    table(facts, &states, page);
    page.paragraph(
        "What was there in the year before, and what came: known only afterwards, so these are for diagnosis and say \
         nothing of which forecast to prefer.",
    );
}

fn calibration(facts: &Facts<'_>, page: &mut Html) {
    for weights in &facts.pit {
        let whole: f64 = weights.iter().sum();
        let bins = weights.len();
        let ranks = "Rank of the truth among the draws";
        let title = if bins == facts.draws + 1 { ranks } else { "Where the truth fell in the forecast" };
        let bin =
            |i: usize| format!("{}–{}", number(i as f64 / bins as f64), number((i + 1) as f64 / bins as f64));
        let chart = Histogram {
            title: title.to_owned(),
            subtitle: facts.stamp(whole.round() as u64),
            bins: "share of the draws below the truth (ties spread evenly)".to_owned(),
            names: (0..bins).map(bin).collect(),
            shares: weights.iter().map(|weight| weight / whole).collect(),
            n: whole.round() as u64,
            level: LEVEL,
        };
        page.figure(&chart.chart());
        page.paragraph(
            "Flat is calibrated. High at both ends: intervals too narrow; high in the middle: too wide; high on one side: \
             too low or too high. Rows in which nothing was forecast and nothing came are spread over all.",
        );
    }
    if let Some(bins) = &facts.reliability {
        let chart = Reliability {
            title: "How often it happened, by the probability that was forecast".to_owned(),
            subtitle: facts.stamp(bins.iter().map(|bin| bin.n).sum()),
            bins: bins.clone(),
            level: LEVEL,
        };
        page.figure(&chart.chart());
        page.paragraph("On the diagonal, events came as often as forecast. The band takes rows as independent, which neighbours are not.");
    }
    if facts.pit.is_empty() || facts.reliability.is_none() {
        page.paragraph("Add `pit-deviation` and `calibration-error` to the metrics of the evaluation to see both charts.");
    }
}

/// What useless forecasts can win by.
fn red_team(fooled: &Fooled, page: &mut Html) {
    page.paragraph(
        "A score is no use when a forecast that nobody should issue wins by it. Five such forecasts and two baselines were \
         scored against draws from the very law of a simulated field, by the metrics of this run.",
    );
    match &fooled.suite {
        None => {
            page.paragraph("All metrics together rank the truth first: they cannot be won without skill.")
        }
        Some(reason) => page.raw("<p class=\"alert\" role=\"note\">").text(reason).raw("</p>\n"),
    };
    if !fooled.metrics.is_empty() {
        page.open_table(
            "Metrics that prefer a useless forecast to the truth: never judge by one of them alone",
            &[("Metric", Left), ("Prefers", Left)],
        );
        for (metric, by) in &fooled.metrics {
            page.row(metric, &[(by.join(", "), Left)]);
        }
        page.close_table();
    }
    page.paragraph("`forewarn redteam` shows every score and rank.");
}

#[cfg(test)]
mod tests {
    use crate::small_run::{archive, load, project};

    fn page(metrics: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        project(folder.path(), 2);
        let outcome = archive(&load(folder.path(), &[&format!("evaluation.metrics=[{metrics}]")])).unwrap();
        std::fs::read_to_string(outcome.folder.join("evaluation.html")).unwrap()
    }

    #[test]
    fn scores_stand_beside_the_baseline_with_months_and_n() {
        let page = page("\"crps\",\"coverage\"");
        let answers = page.split("<article>").skip(1).collect::<Vec<_>>();
        assert_eq!(answers.len(), 6);
        assert!(
            answers[0].contains("skill by crps against still_water") && answers[0].contains("n = 80"),
            "{}",
            answers[0]
        );
        assert!(
            answers[3].contains("2 of 2") && answers[5].contains("intervals that promise"),
            "{}",
            answers[3]
        );
        assert!(page.contains("crps by target month") && page.contains("vintage"));
        assert!(page.contains("Add <code>pit-deviation</code> and"), "what is not there is said");
        assert!(!page.contains("Where the truth fell"));
        let metrics = page.split_once("prefer a useless forecast").unwrap().1;
        assert!(metrics.contains(">coverage</th>") && !metrics.contains(">crps</th>"), "{metrics}");
    }

    #[test]
    fn calibration_is_drawn_where_it_was_measured() {
        let page = page("\"crps\",\"pit-deviation\",\"pit-deviation:bins=9\",\"calibration-error\"");
        assert!(page.contains("Rank of the truth among the draws"), "eight draws, nine ranks");
        assert!(
            page.contains("Where the truth fell in the forecast") && page.contains("How often it happened")
        );
        assert!(!page.contains("Add <code>pit-deviation"));
    }
}
