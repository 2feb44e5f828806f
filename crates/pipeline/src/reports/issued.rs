//! What was issued about months that have come, and how it turned out.

use forewarn_catalog::chart::{Line, Lines, Role};
use forewarn_core::{Cadence, Step};

use crate::online::past::Past;
use crate::online::{Online, Onset, Pair, Warned};
use crate::report::html::{Align, Html};
use crate::report::words::{change, count, maybe, number, percent};
use crate::report::{Answer, Report};
use crate::scores::{Group, Leads, Score};

use Align::{Left, Right};

/// Lines of a chart beside that of the shown forecast.
const LINES: usize = 4;
/// Onsets that are told one by one.
const LISTED: usize = 20;
/// What to do where nothing was evaluated.
const CURE: &str =
    "When months have come, `forewarn evaluate online` scores every forecast of them in the archive.";

/// Issued forecasts as the page shows them.
pub(crate) struct Issued<'a> {
    /// The newest evaluation.
    pub(super) past: Option<&'a Past>,
    /// Which models there are, and which forecast is shown.
    pub(super) report: &'a Report,
    /// The metric that leads.
    pub(super) metric: &'a str,
    /// For the names of months.
    pub(super) cadence: Cadence,
}

impl<'a> Issued<'a> {
    fn shown(&self) -> &'a str {
        &self.report.run.shown
    }

    fn online(&self) -> Option<&'a Online> {
        self.past.map(|past| &past.online)
    }

    /// A score of a forecaster over all months.
    fn score(&self, name: &str, group: Group, key: Option<i32>) -> Option<&'a Score> {
        let is = |s: &&Score| s.model == name && s.metric == self.metric && (s.group, s.key) == (group, key);
        self.online()?.scores.iter().find(is)
    }

    /// A forecaster beside another one.
    fn pair(&self, name: &str, against: &str, (group, key): (Group, Option<i32>)) -> Option<&'a Pair> {
        let is = |p: &&Pair| {
            (p.model.as_str(), p.against.as_str(), p.metric.as_str()) == (name, against, self.metric)
                && (p.group, p.key) == (group, key)
        };
        self.online()?.pairs.iter().find(is)
    }

    /// The forecast that is shown, the baselines, the others.
    fn names(&self) -> Vec<&'a str> {
        let all = self.online().into_iter().flat_map(|online| &online.forecasters);
        let mut names: Vec<&str> = all.map(|forecaster| forecaster.name.as_str()).collect();
        names.sort_by_key(|name| (*name != self.shown(), !self.is_baseline(name)));
        names
    }

    fn is_baseline(&self, name: &str) -> bool {
        self.report.models.iter().any(|model| model.baseline && model.name == name)
    }

    fn baselines(&self) -> Vec<&'a str> {
        self.names().into_iter().filter(|name| self.is_baseline(name)).collect()
    }

    /// Which months, which truth, how many rows.
    fn stamp(&self, n: u64) -> String {
        let Some(online) = self.online() else { return "no issued forecast was scored".to_owned() };
        let truth = &online.truth;
        let may = if truth.provisional { ", the newest month may still be revised" } else { "" };
        format!(
            "issued forecasts of {} to {} · truth {} (edition {}{may}) · n = {}",
            online.first.1,
            online.month.1,
            truth.vintage,
            truth.number,
            count(n)
        )
    }
}

/// How good what was issued turned out to be.
pub(super) fn good(issued: &Issued<'_>) -> Answer {
    let all = (Group::All, None);
    let pairs = issued.baselines().into_iter().filter_map(|of| issued.pair(issued.shown(), of, all));
    let least = pairs.min_by(|a, b| a.skill.unwrap_or(f64::NAN).total_cmp(&b.skill.unwrap_or(f64::NAN)));
    let Some(pair) = least else { return unknown(issued) };
    let range = pair.interval.map(|(low, high)| format!(" ({} to {})", change(low), change(high)));
    let latest = issued.online().map(|online| {
        let score = latest(issued, online, issued.shown());
        let other = latest(issued, online, &pair.against);
        format!(
            "{} alone: {} {}, {} {}.",
            online.month.1,
            issued.metric,
            maybe(score),
            pair.against,
            maybe(other)
        )
    });
    Answer {
        big: pair.skill.map_or_else(|| maybe(None), change),
        unit: format!("skill by {} against {}{}", issued.metric, pair.against, range.unwrap_or_default()),
        sentences: latest.into_iter().collect(),
        stamp: issued.stamp(pair.n),
    }
}

/// How many onsets nobody was warned of.
pub(super) fn missed(issued: &Issued<'_>) -> Answer {
    let of = issued.online().into_iter().flat_map(|online| &online.warned);
    let nearest = of.filter(|warned| warned.model == issued.shown()).min_by_key(|warned| warned.leads.0);
    let Some(warned) = nearest else { return unknown(issued) };
    let came = match warned.success_ratio() {
        Some(ratio) => format!("Of {} warnings {} came true.", count(warned.warnings), percent(ratio)),
        None => "There was no such warning anywhere.".to_owned(),
    };
    let month = issued.online().map(|online| {
        let onsets: Vec<&Onset> = of_shown(issued, online);
        let missed = onsets.iter().filter(|onset| onset.lead.is_none()).count();
        format!(
            "Of {} in {}, {} had no warning at any step.",
            plural(onsets.len() as u64, "onset"),
            online.month.1,
            count(missed)
        )
    });
    Answer {
        big: warned.hit_rate().map_or_else(|| maybe(None), |rate| percent(1.0 - rate)),
        unit: format!(
            "of {} had no forecast risk of {} % or more {} before",
            plural(warned.onsets, "onset"),
            warned.risk,
            ahead(warned.leads)
        ),
        sentences: [came].into_iter().chain(month).collect(),
        stamp: issued.stamp(warned.rows),
    }
}

fn unknown(issued: &Issued<'_>) -> Answer {
    Answer {
        big: "not known".to_owned(),
        unit: "no forecast that was issued has been scored yet".to_owned(),
        sentences: vec![CURE.to_owned()],
        stamp: issued.stamp(0),
    }
}

/// Scores, by lead time, through time, and onsets.
pub(super) fn section(issued: &Issued<'_>, page: &mut Html) {
    let Some(past) = issued.past else {
        page.raw("<p class=\"missing\">No forecast that was issued has been scored yet.</p>\n")
            .paragraph(CURE);
        return;
    };
    let online = &past.online;
    page.paragraph(format!(
        "Every forecast that was filed about a month from {} to {}, scored when what happened was known. Each forecaster \
         is scored on what it has forecast; skill is on the rows that both have. «(replayed)» forecasts in the archive were \
         made afterwards from what had been observed by then. `online/{}/{}.json` has every metric, region and country.",
        online.first.1, online.month.1, online.target, online.month.1
    ));
    whole(issued, online, page);
    leads(issued, page);
    by_step(issued, page);
    through_time(issued, past, page);
    onsets(issued, online, page);
    newest(issued, online, page);
}

/// Every forecaster beside every baseline.
fn whole(issued: &Issued<'_>, online: &Online, page: &mut Html) {
    let baselines = issued.baselines();
    let alone = format!("{} alone", online.month.1);
    let mut headings =
        vec![("Forecast".to_owned(), Left), (format!("{} in all", issued.metric), Right), (alone, Right)];
    headings.extend(baselines.iter().map(|name| (format!("Skill against {name}"), Right)));
    headings.extend([("Months".to_owned(), Right), ("n".to_owned(), Right)]);
    page.open_table(caption(issued, "Every forecaster"), &headings);
    for forecaster in &online.forecasters {
        let name = forecaster.name.as_str();
        let mut cells = vec![scored(issued.score(name, Group::All, None))];
        cells.push((maybe(latest(issued, online, name)), Right));
        cells.extend(baselines.iter().map(|of| skill(issued, (name, of), (Group::All, None))));
        cells.extend([(count(forecaster.months), Right), (count(forecaster.rows), Right)]);
        page.row(name, &cells);
    }
    page.close_table();
}

/// The shown forecast by ranges of steps.
fn leads(issued: &Issued<'_>, page: &mut Html) {
    let is = |score: &&Score| {
        score.group == Group::Leads && score.model == issued.shown() && score.metric == issued.metric
    };
    let scores: Vec<&Score> = issued.online().into_iter().flat_map(|o| &o.scores).filter(is).collect();
    if scores.is_empty() {
        page.paragraph(format!("Nothing of {} that was issued has been scored.", issued.shown()));
        return;
    }
    let baselines = issued.baselines();
    let mut headings = vec![("Made".to_owned(), Left), (issued.metric.to_owned(), Right)];
    headings.extend(baselines.iter().map(|name| (format!("Skill against {name}"), Right)));
    headings.push(("n".to_owned(), Right));
    page.open_table(caption(issued, &format!("{} by how long before", issued.shown())), &headings);
    for score in scores {
        let mut cells = vec![scored(Some(score))];
        let group = (Group::Leads, score.key);
        cells.extend(baselines.iter().map(|of| skill(issued, (issued.shown(), of), group)));
        cells.push((count(score.n), Right));
        page.row(
            score.key.map_or_else(String::new, |key| format!("{} before", ahead(Leads::of(key)))),
            &cells,
        );
    }
    page.close_table();
}

/// A score with its range.
fn scored(score: Option<&Score>) -> (String, Align) {
    let range =
        score.and_then(|s| s.interval).map(|(low, high)| format!("\n{} to {}", number(low), number(high)));
    (maybe(score.and_then(|s| s.value)) + &range.unwrap_or_default(), Right)
}

/// A skill with its range; nothing of a forecast against itself.
fn skill(issued: &Issued<'_>, (name, of): (&str, &str), group: (Group, Option<i32>)) -> (String, Align) {
    if name == of {
        return ("–".to_owned(), Right);
    }
    let pair = issued.pair(name, of, group);
    let range =
        pair.and_then(|p| p.interval).map(|(low, high)| format!("\n{} to {}", change(low), change(high)));
    let skill = pair.and_then(|p| p.skill).map_or_else(|| maybe(None), change);
    (skill + &range.unwrap_or_default(), Right)
}

/// The score of the newest month alone.
fn latest(issued: &Issued<'_>, online: &Online, name: &str) -> Option<f64> {
    let is = |s: &&Score| s.group == Group::All && s.model == name && s.metric == issued.metric;
    online.latest.iter().find(is)?.value
}

fn caption(issued: &Issued<'_>, what: &str) -> String {
    let rows = issued.score(issued.shown(), Group::All, None).map_or(0, |score| score.n);
    format!("{what} · {}", issued.stamp(rows))
}

/// A line a forecaster: the one that is shown first, then baselines, then others.
fn lines(issued: &Issued<'_>, values: impl Fn(&str) -> Vec<f64>) -> Vec<Line> {
    let (mut models, mut baselines) = (0.., 0..);
    let names = issued.names().into_iter().take(LINES + 1);
    let line = |name: &str| {
        let role = if issued.is_baseline(name) {
            baselines.next().map(Role::Baseline)
        } else {
            models.next().map(Role::Model)
        };
        Some(Line { name: name.to_owned(), role: role?, values: values(name), intervals: Vec::new() })
    };
    names.filter_map(line).collect()
}

fn by_step(issued: &Issued<'_>, page: &mut Html) {
    let is = |score: &&Score| score.group == Group::Step && score.metric == issued.metric;
    let steps = issued.online().into_iter().flat_map(|online| &online.scores).filter(is);
    let Some(last) = steps.filter_map(|score| score.key).max() else { return };
    let value = |name: &str, step| issued.score(name, Group::Step, Some(step)).and_then(|score| score.value);
    let values = |name: &str| (1..=last).map(|step| value(name, step).unwrap_or(f64::NAN)).collect();
    let chart = Lines {
        title: format!("{} of issued forecasts by lead time", issued.metric),
        subtitle: caption(issued, "all months"),
        along: "steps ahead".to_owned(),
        names: (1..=last).map(|step| step.to_string()).collect(),
        value: issued.metric.to_owned(),
        lines: lines(issued, values),
        reference: None,
    };
    page.figure(&chart.chart());
}

fn through_time(issued: &Issued<'_>, past: &Past, page: &mut Html) {
    let at = |name: &str| past.online.forecasters.iter().position(|forecaster| forecaster.name == name);
    let values = |name: &str| {
        let at = at(name);
        past.months
            .iter()
            .map(|(_, scores)| at.and_then(|at| scores.get(at)).copied().unwrap_or(f64::NAN))
            .collect()
    };
    if past.months.iter().all(|(_, scores)| scores.iter().all(|score| score.is_nan())) {
        return;
    }
    let chart = Lines {
        title: format!("{} of issued forecasts by the month they were about", issued.metric),
        subtitle: caption(issued, "all steps"),
        along: "month".to_owned(),
        names: past.months.iter().map(|(label, _)| label.clone()).collect(),
        value: issued.metric.to_owned(),
        lines: lines(issued, values),
        reference: None,
    };
    page.figure(&chart.chart());
}

/// How often onsets were warned of, beside the baselines.
fn onsets(issued: &Issued<'_>, online: &Online, page: &mut Html) {
    let is = |warned: &&Warned| warned.model == issued.shown() || issued.is_baseline(&warned.model);
    let mut rows: Vec<&Warned> = online.warned.iter().filter(is).collect();
    rows.sort_by_key(|warned| (warned.model != issued.shown(), warned.model.as_str(), warned.leads.0));
    let Some(first) = rows.first() else { return };
    let headings = [
        ("Forecast", Left),
        ("Made", Left),
        ("Onsets", Right),
        ("Warned of", Right),
        ("Missed", Right),
        ("Warnings", Right),
        ("Came true", Right),
        ("n", Right),
    ];
    let what = format!("Onsets after a quiet year; a warning is a risk of at least {} %", first.risk);
    page.open_table(caption(issued, &what), &headings);
    for warned in rows {
        let share = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), percent);
        let cells = [
            (format!("{} before", ahead(warned.leads)), Left),
            (count(warned.onsets), Right),
            (share(warned.hit_rate()), Right),
            (count(warned.onsets - warned.hits), Right),
            (count(warned.warnings), Right),
            (share(warned.success_ratio()), Right),
            (count(warned.rows), Right),
        ];
        page.row(&warned.model, &cells);
    }
    page.close_table();
    page.paragraph(
        "Who warns everywhere misses nothing, so «came true» belongs to «warned of». Rows are counted: a unit, a month and \
         an origin.",
    );
}

/// Onsets of the newest month as the shown forecast saw them.
fn of_shown<'a>(issued: &Issued<'_>, online: &'a Online) -> Vec<&'a Onset> {
    online.onsets.iter().filter(|onset| onset.model == issued.shown()).collect()
}

/// The onsets of the newest month, those first that nobody was warned of.
fn newest(issued: &Issued<'_>, online: &Online, page: &mut Html) {
    let mut onsets = of_shown(issued, online);
    if onsets.is_empty() {
        page.paragraph(format!(
            "In {} there was no onset that {} had forecast.",
            online.month.1,
            issued.shown()
        ));
        return;
    }
    onsets.sort_by_key(|onset| (onset.lead, onset.unit));
    let missed = onsets.iter().filter(|onset| onset.lead.is_none()).count();
    let headings = [
        ("Unit", Left),
        ("Country", Left),
        ("First warning", Left),
        ("Highest risk", Right),
        ("Risk at the end", Right),
        ("Origins (n)", Right),
    ];
    let caption = format!(
        "{} in {}, {} without any warning by {} · truth {}",
        plural(onsets.len() as u64, "onset"),
        online.month.1,
        count(missed),
        issued.shown(),
        online.truth.vintage
    );
    page.open_table(caption, &headings);
    for onset in onsets.iter().take(LISTED) {
        let since = onset.since.zip(onset.lead).map(|(since, Step(lead))| {
            format!("{}, {} before", issued.cadence.label(since), plural(lead.into(), "step"))
        });
        let cells = [
            (onset.country.clone().unwrap_or_default(), Left),
            (since.unwrap_or_else(|| "missed".to_owned()), Left),
            (percent(onset.highest.into()), Right),
            (percent(onset.last.into()), Right),
            (count(onset.origins), Right),
        ];
        page.row(onset.unit, &cells);
    }
    page.close_table();
    if onsets.len() > LISTED {
        page.paragraph(format!("And {} more.", count(onsets.len() - LISTED)));
    }
}

/// `1 step`, `2 to 3 steps`.
fn ahead(Leads(first, last): Leads) -> String {
    if first == last { plural(first.0.into(), "step") } else { format!("{first} to {last} steps") }
}

fn plural(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::online::past::tests::past;
    use crate::report::{Model, Run};

    fn report() -> Report {
        let model = |name: &str, baseline| Model { name: name.to_owned(), baseline, ..Model::default() };
        Report {
            run: Run { shown: "common_ground".to_owned(), ..Run::default() },
            models: vec![model("common_ground", false), model("still_water", true)],
            ..Report::default()
        }
    }

    fn issued<'a>(report: &'a Report, past: Option<&'a Past>) -> Issued<'a> {
        Issued { past, report, metric: "crps", cadence: Cadence::Month }
    }

    fn page(issued: &Issued<'_>) -> String {
        let mut page = Html::default();
        section(issued, &mut page);
        page.finish()
    }

    /// The rows of the table whose caption begins so, as text.
    fn rows(page: &str, caption: &str) -> Vec<String> {
        let table = page.split("<caption>").find(|table| table.starts_with(caption)).unwrap_or_default();
        let body = table.split_once("<tbody>").and_then(|(_, rest)| rest.split_once("</tbody>"));
        let text = |row: &str| {
            let row = row.replace("<small>", " ").replace("</small>", "");
            let cells = row.split("</t").filter_map(|cell| cell.rsplit_once('>').map(|(_, text)| text));
            cells.filter(|cell| !cell.trim().is_empty()).collect::<Vec<_>>().join(" | ")
        };
        body.map_or_else(Vec::new, |(rows, _)| rows.lines().map(text).filter(|row| !row.is_empty()).collect())
    }

    #[test]
    fn forecasters_stand_beside_the_baselines_with_months_and_n() {
        let (report, past) = (report(), past());
        let page = page(&issued(&report, Some(&past)));
        let all = [
            "common_ground | 0.3 0.25 to 0.35 | 0.5 | +25.0\u{a0}% +20.0\u{a0}% to +30.0\u{a0}% | 6 | 240",
            "still_water | 0.4 0.35 to 0.45 | 0.6 | – | 6 | 240",
        ];
        assert_eq!(rows(&page, "Every forecaster"), all);
        let leads = rows(&page, "common_ground by how long before");
        assert_eq!(
            leads[0],
            "1 step before | 0.3 0.25 to 0.35 | +25.0\u{a0}% +20.0\u{a0}% to +30.0\u{a0}% | 240"
        );
        assert!(leads[1].starts_with("2 steps before"), "{leads:?}");
        assert!(page.contains("truth GED 21.1 (edition 2, the newest month may still be revised) · n = 240"));
        assert!(
            page.contains("crps of issued forecasts by lead time")
                && page.contains("by the month they were about")
        );
    }

    #[test]
    fn missed_onsets_come_first_and_warnings_in_vain_are_told() {
        let (report, past) = (report(), past());
        let issued = issued(&report, Some(&past));
        let page = page(&issued);
        let warned = rows(&page, "Onsets after a quiet year; a warning is a risk of at least 10 %");
        assert_eq!(warned[0], "common_ground | 1 step before | 9 | 44\u{a0}% | 5 | 8 | 50\u{a0}% | 200");
        assert_eq!(warned[2], "still_water | 1 step before | 9 | 0\u{a0}% | 9 | 0 | – | 200");
        let newest = rows(&page, "3 onsets in 2020-12, 2 without any warning by common_ground");
        assert_eq!(newest[0], "2 | Chad &lt;b&gt; | missed | 12\u{a0}% | 4.0\u{a0}% | 2");
        assert!(newest[2].contains("2020-10, 2 steps before"), "{newest:?}");
        let answer = missed(&issued);
        assert_eq!(answer.big, "56\u{a0}%");
        assert!(
            answer.unit.starts_with("of 9 onsets") && answer.sentences[1].contains("2 had no warning"),
            "{}",
            answer.unit
        );
        assert_eq!(good(&issued).big, "+25.0\u{a0}%");
    }

    #[test]
    fn a_run_without_evaluated_forecasts_names_the_command() {
        let report = report();
        let issued = issued(&report, None);
        assert!(page(&issued).contains("<code>forewarn evaluate online</code>"));
        for answer in [good(&issued), missed(&issued)] {
            assert!(answer.big == "not known" && answer.sentences[0].contains("`forewarn evaluate online`"));
        }
    }
}
