//! The first screen: what changed, where, how sure, how good were we.

use super::facts::{Evaluation, Metric, Movers, Report, Score};
use super::html::Html;
use super::pages;
use super::sections::{gaps, stamp};
use super::words::{change, count, direction, number, percent};

/// How many units the second answer names.
const NAMED: usize = 3;

/// Title, and what the page is about.
pub(super) fn header(report: &Report, page: &mut Html) {
    let run = &report.run;
    page.raw("<header>\n<p class=\"eyebrow\">Forecast report · ").text(&run.name).raw("</p>\n<h1>");
    page.text(capitalised(&run.target)).raw(" <span class=\"when\">").text(&run.first_target).raw(" to ");
    page.text(&run.last_target).raw("</span></h1>\n");
    page.paragraph(format!(
        "Last observed {} · {} {} · shown: {} · data vintage {}",
        run.origin,
        count(run.units),
        run.unit_kind,
        run.shown,
        run.vintage
    ));
    pages::links(pages::FORECAST, page);
    page.raw("</header>\n");
}

/// The alarm, when something is missing, and the four answers.
pub(super) fn section(report: &Report, page: &mut Html) {
    page.raw("<section id=\"answers\" aria-label=\"Answers at a glance\">\n");
    let gaps = gaps(report).len();
    if gaps > 0 {
        let things = if gaps == 1 { "1 thing is" } else { &format!("{gaps} things are") };
        page.raw("<p class=\"alert\" role=\"note\"><strong>This report is incomplete:</strong> ");
        page.text(things).raw(" missing or failed. <a href=\"#missing\">See what</a>.</p>\n");
    }
    let questions: [(&str, Question); 4] =
        [("What changed", changed), ("Where", place), ("How sure", sure), ("How good were we", good)];
    cards(questions.map(|(question, answer)| (question, answer(report))), page);
    page.raw("</section>\n");
}

/// Questions with their answers; one that nothing answers says so.
pub(crate) fn cards<const N: usize>(answers: [(&'static str, Option<Answer>); N], page: &mut Html) {
    page.raw(if N > 4 { "<div class=\"cards three\">\n" } else { "<div class=\"cards\">\n" });
    for (question, answer) in answers {
        page.raw("<article><h2>").raw(question).raw("</h2>\n");
        if let Some(answer) = answer {
            page.raw("<p class=\"big\">")
                .text(answer.big)
                .raw(" <small>")
                .text(answer.unit)
                .raw("</small></p>\n");
            answer.sentences.iter().for_each(|sentence| _ = page.paragraph(sentence));
            page.raw("<p class=\"stamp\">").text(answer.stamp).raw("</p>\n");
        } else {
            page.raw("<p class=\"big missing\">missing</p>\n<p>There is nothing to answer this with.</p>\n");
        }
        page.raw("</article>\n");
    }
    page.raw("</div>\n");
}

/// Looks an answer up; `None` when the record has none.
type Question = fn(&Report) -> Option<Answer>;

/// One card.
pub(crate) struct Answer {
    /// The answer in a number or a name.
    pub(crate) big: String,
    /// What that is.
    pub(crate) unit: String,
    /// What else there is to say.
    pub(crate) sentences: Vec<String>,
    /// Period, vintage and n.
    pub(crate) stamp: String,
}

fn changed(report: &Report) -> Option<Answer> {
    let (run, outlook) = (&report.run, report.outlook.as_ref()?);
    let expected = format!("{} {} expected in {}", number(outlook.expected), run.counted, run.first_target);
    let (big, unit) = match outlook.observed.and_then(|observed| relative(outlook.expected, observed)) {
        Some(change) => (change, format!("{expected}, against what was observed in {}", run.origin)),
        None => (number(outlook.expected), format!("{} expected in {}", run.counted, run.first_target)),
    };
    let mut sentences = vec![match outlook.observed {
        Some(observed) => format!("{} had {}.", run.origin, number(observed)),
        None => format!("What was observed in {} is missing.", run.origin),
    }];
    if let Some((mean, periods)) = outlook.recent {
        sentences.push(format!("The last {periods} periods had {} on average.", number(mean)));
    }
    sentences.push(match &outlook.previous {
        Some((previous, origin)) => format!(
            "The forecast from {origin} expected {} for {}{}.",
            number(*previous),
            run.first_target,
            relative(outlook.expected, *previous).map(|change| format!("; now {change}")).unwrap_or_default()
        ),
        None => "There is no earlier forecast to compare with.".to_owned(),
    });
    sentences.extend(report.movers.as_ref().and_then(moved));
    Some(Answer { big, unit, sentences, stamp: stamp(run) })
}

/// The country that moved most, or the unit where there is no country.
fn moved(movers: &Movers) -> Option<String> {
    let mover = movers.countries.first().or(movers.units.first())?;
    let way = if mover.change() > 0.0 { "up" } else { "down" };
    let (from, to) = (number(mover.before), number(mover.expected));
    let place = if mover.place.is_empty() { &mover.unit } else { &mover.place };
    Some(format!("The largest change is {way} in {place}: from {from} to {to}, against {}.", movers.against))
}

/// How much more now than before; `None` when there is nothing to divide by.
fn relative(now: f64, before: f64) -> Option<String> {
    (before > 0.0 && now.is_finite()).then(|| change((now - before) / before))
}

fn place(report: &Report) -> Option<Answer> {
    let run = &report.run;
    let first = report.risks.first()?;
    let highest: Vec<String> = report
        .risks
        .iter()
        .take(NAMED)
        .map(|r| format!("{}: {}", named(&r.place, &r.unit), number(r.expected)))
        .collect();
    let mut sentences = vec![format!("Most expected {}: {}.", run.counted, highest.join("; "))];
    if let Some(outlook) = report.outlook.as_ref().filter(|outlook| outlook.expected > 0.0) {
        let listed: f64 = report.risks.iter().map(|risk| risk.expected).sum();
        sentences.push(format!(
            "The highest risks ({} of {} {}) hold {} of the total.",
            count(report.risks.len()),
            count(run.units),
            run.unit_kind,
            percent(listed / outlook.expected)
        ));
    }
    let (big, unit) = if first.place.is_empty() {
        (first.unit.clone(), String::new())
    } else {
        (first.place.clone(), format!("unit {}", first.unit))
    };
    Some(Answer { big, unit, sentences, stamp: stamp(run) })
}

/// A unit by the name of its place, where it has one.
fn named(place: &str, unit: &str) -> String {
    if place.is_empty() { unit.to_owned() } else { format!("{place} ({unit})") }
}

fn sure(report: &Report) -> Option<Answer> {
    let run = &report.run;
    let likely = report.outlook.as_ref()?.likely?;
    let mut sentences = Vec::new();
    if let Some((risk, (low, high))) = report.risks.first().and_then(|risk| Some((risk, risk.interval?))) {
        sentences.push(format!(
            "For the highest risk, {}, nine in ten possible outcomes lie between {} and {}.",
            named(&risk.place, &risk.unit),
            number(low),
            number(high)
        ));
    }
    if let Some(coverage) = report.evaluation.as_ref().and_then(|evaluation| evaluation.coverage) {
        sentences.push(format!(
            "In past forecasts, {} of the outcomes lay in such intervals; {} was promised (n = {}).",
            percent(coverage.share),
            percent(coverage.level),
            count(coverage.n)
        ));
    }
    let unit = format!(
        "of {} {} are more likely than not to have {} in {}",
        count(run.units),
        run.unit_kind,
        run.counted,
        run.first_target
    );
    Some(Answer { big: count(likely), unit, sentences, stamp: stamp(run) })
}

fn good(report: &Report) -> Option<Answer> {
    let (run, evaluation) = (&report.run, report.evaluation.as_ref()?);
    let metric = evaluation.metrics.first()?;
    let score = evaluation.score(&run.shown, &metric.name)?;
    let value = score.value.filter(|value| value.is_finite())?;
    let stamp = format!(
        "{} partition · {} origins · truth {} to {} · vintage {} · n = {}",
        capitalised(&evaluation.partition),
        evaluation.origins.len(),
        evaluation.truth.0,
        evaluation.truth.1,
        run.vintage,
        count(score.n)
    );
    let (big, unit) = match score.skill.filter(|skill| skill.is_finite()) {
        Some(skill) => (change(skill), format!("skill by {}: {}", metric.name, verdict(skill))),
        None => (number(value), metric.name.clone()),
    };
    let sentences = vec![compare(report, evaluation, (metric, score, value)), metric.meaning.clone()];
    Some(Answer { big, unit, sentences, stamp })
}

fn verdict(skill: f64) -> &'static str {
    if skill > 0.0 {
        "better than the best baseline"
    } else if skill < 0.0 {
        "worse than the best baseline"
    } else {
        "as good as the best baseline"
    }
}

fn compare(
    report: &Report,
    evaluation: &Evaluation,
    (metric, score, value): (&Metric, &Score, f64),
) -> String {
    let shown = &report.run.shown;
    let direction = direction(metric.better);
    let rival =
        score.against.as_ref().and_then(|name| Some((name, evaluation.score(name, &metric.name)?.value?)));
    match rival {
        Some((name, other)) => format!(
            "{shown} scored {}, the best baseline ({name}) {}; {direction}.",
            number(value),
            number(other)
        ),
        None => format!("{shown} scored {}; {direction}. No baseline to compare with.", number(value)),
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Outlook, Risk, Run};
    use super::*;

    fn report(outlook: Outlook) -> Report {
        let run = Run { origin: "2020-12".into(), first_target: "2021-01".into(), ..Run::default() };
        Report { run, outlook: Some(outlook), ..Report::default() }
    }

    #[test]
    fn change_is_only_claimed_where_there_was_something() {
        let cases = [
            (Some(100.0), "+10.0\u{a0}%", "2020-12 had 100."),
            // From nothing to something is no percentage; what is not known is not zero.
            (Some(0.0), "110", "2020-12 had 0."),
            (None, "110", "What was observed in 2020-12 is missing."),
        ];
        for (observed, big, sentence) in cases {
            let answer =
                changed(&report(Outlook { expected: 110.0, observed, ..Outlook::default() })).unwrap();
            assert_eq!((answer.big.as_str(), answer.sentences[0].as_str()), (big, sentence));
            assert!(answer.sentences[1].contains("no earlier forecast"));
        }
    }

    #[test]
    fn a_point_forecast_does_not_claim_to_be_sure() {
        assert!(sure(&report(Outlook { likely: None, ..Outlook::default() })).is_none());
        assert_eq!(sure(&report(Outlook { likely: Some(0), ..Outlook::default() })).unwrap().big, "0");
    }

    #[test]
    fn the_highest_risk_is_named_with_its_place_or_without() {
        let mut report = report(Outlook { expected: 8.0, ..Outlook::default() });
        report.risks = vec![Risk { unit: "7".into(), expected: 2.0, ..Risk::default() }];
        let answer = place(&report).unwrap();
        assert_eq!((answer.big.as_str(), answer.unit.as_str()), ("7", ""));
        assert!(answer.sentences[1].contains("hold 25\u{a0}% of the total"), "{}", answer.sentences[1]);
        report.risks[0].place = "Mali".into();
        let answer = place(&report).unwrap();
        assert_eq!((answer.big.as_str(), answer.unit.as_str()), ("Mali", "unit 7"));
    }
}
