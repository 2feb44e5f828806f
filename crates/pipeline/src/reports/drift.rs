//! What the three gates say now, what they said before, and how far they are to be trusted.

use forewarn_drift::gate::{Judged, Verdict};

use super::frame::{self, Beside, Card, Head};
use super::told;
use crate::Result;
use crate::gates::page::places;
use crate::gates::{Evidence, Kind};
use crate::record::Record;
use crate::report::html::{Align, Html};
use crate::report::words::{count, number};

use Align::{Left, Right};

/// Periods in the strip.
const PERIODS: usize = 24;

/// The page: `gates` hold what each has said, oldest first.
///
/// # Errors
/// A map that cannot be drawn.
pub(super) fn page(
    record: &Record,
    gates: &[(Kind, Vec<Evidence>)],
    (level, beside): (&str, Beside<'_>),
) -> Result<String> {
    let run = record.run.as_deref().unwrap_or_default();
    let vintage = told(record, &["vintage"]).unwrap_or_else(|| "not named".to_owned());
    let newest: Vec<&Evidence> = gates.iter().filter_map(|(_, all)| all.last()).collect();
    let worst = newest.iter().map(|evidence| evidence.state()).max();
    let eyebrow = format!("Drift · run {run} · vintage {vintage}");
    let mut page = frame::open(&Head { eyebrow: &eyebrow, title: title(worst) }, beside);
    let cards: Vec<Card> = gates.iter().map(|(kind, all)| card(*kind, all)).collect();
    frame::cards(&cards, &mut page);
    frame::section("What is off, and since when", &mut page, |page| off(gates, page));
    let readings: Vec<Judged> =
        newest.iter().flat_map(|evidence| evidence.readings.iter().cloned()).collect();
    places::section(&readings, level, &mut page)?;
    frame::section("Verdicts of the last periods", &mut page, |page| strip(gates, page));
    frame::section("How far the gates are to be trusted", &mut page, |page| trust(&newest, page));
    frame::section("What somebody answers for", &mut page, |page| waivers(&newest, page));
    Ok(frame::close(page, run))
}

fn title(worst: Option<Verdict>) -> &'static str {
    match worst {
        None => "No gate has judged anything yet",
        Some(Verdict::Pass) => "Nothing is off",
        Some(Verdict::CannotTell) => "Nothing is known to be off, but not all could be looked at",
        Some(Verdict::Warn) => "Something is off; it stops nothing",
        Some(Verdict::Fail) => "Something is off that stops forecasts from being issued",
    }
}

fn card(kind: Kind, all: &[Evidence]) -> Card {
    let question = match kind {
        Kind::Input => "Is what came in as before?",
        Kind::Output => "Do the forecasts look as before?",
        Kind::Performance => "Are the forecasts as good as before?",
    };
    let Some(evidence) = all.last() else {
        let sentence = "This gate has judged nothing yet.".to_owned();
        return Card { question, big: None, sentences: vec![sentence], stamp: kind.as_str().to_owned() };
    };
    let mut sentences: Vec<String> = evidence.reasons().into_iter().take(2).collect();
    if sentences.is_empty() {
        sentences.push("Every reading is within its limits.".to_owned());
    }
    if evidence.blind().next().is_some() {
        sentences.insert(
            0,
            "The gate does not find faults that were planted: what it lets pass cannot be trusted."
                .to_owned(),
        );
    }
    let stamp = format!(
        "{} gate · {} · n = {} readings",
        kind.as_str(),
        evidence.period,
        count(evidence.readings.len())
    );
    Card { question, big: Some(word(evidence.state()).to_owned()), sentences, stamp }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "yes",
        Verdict::CannotTell => "cannot tell",
        Verdict::Warn => "not quite",
        Verdict::Fail => "no",
    }
}

/// What is off now, a row a check and verdict: the reading that is furthest beyond its limit, and how many others.
fn off(gates: &[(Kind, Vec<Evidence>)], page: &mut Html) {
    let mut rows = Vec::new();
    for (kind, all) in gates {
        let Some(now) = all.last() else { continue };
        let mut groups: Vec<Vec<&Judged>> = Vec::new();
        for judged in now.off() {
            let same = |g: &&mut Vec<&Judged>| (g[0].verdict, &g[0].check) == (judged.verdict, &judged.check);
            match groups.iter_mut().find(same) {
                Some(group) => group.push(judged),
                None => groups.push(vec![judged]),
            }
        }
        rows.extend(groups.iter().filter_map(|group| row(*kind, all, group)));
    }
    if rows.is_empty() {
        page.raw("<p>Nothing.</p>\n");
        return;
    }
    let caption = "One row for each check; of several readings the one furthest beyond its limit";
    let headings = [
        ("Check", Left),
        ("Verdict", Left),
        ("Since", Left),
        ("What was seen", Left),
        ("Readings", Right),
        ("Effect", Right),
        ("Would be seen from", Right),
    ];
    frame::table(caption, &headings, &rows, page);
}

fn row(kind: Kind, all: &[Evidence], group: &[&Judged]) -> Option<Vec<String>> {
    let beyond = |j: &Judged| j.reading.effect.map_or(0.0, |effect| effect / j.reading.limit);
    let worst = group.iter().copied().reduce(|a, b| if beyond(b) > beyond(a) { b } else { a })?;
    let reading = &worst.reading;
    let known = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
    Some(vec![
        format!("{}: {}", kind.as_str(), worst.check),
        worst.verdict.as_str().to_owned(),
        since(all, worst),
        format!("{}: {}", reading.subject, reading.message),
        count(group.len()),
        known(reading.effect),
        known(reading.detectable),
    ])
}

/// The first period from which on a reading is as bad as now, without a break.
fn since(all: &[Evidence], judged: &Judged) -> String {
    let same = |j: &Judged| {
        (&j.check, &j.reading.subject) == (&judged.check, &judged.reading.subject)
            && j.verdict >= judged.verdict
    };
    let lasting = all.iter().rev().take_while(|evidence| evidence.readings.iter().any(same));
    lasting.last().map(|evidence| evidence.period.clone()).unwrap_or_default()
}

fn strip(gates: &[(Kind, Vec<Evidence>)], page: &mut Html) {
    for (kind, all) in gates {
        page.raw("<p><strong>").text(kind.as_str()).raw("</strong> ");
        for evidence in all.iter().skip(all.len().saturating_sub(PERIODS)) {
            page.raw(match evidence.state() {
                Verdict::Pass => "<span class=\"tag\">",
                Verdict::CannotTell => "<span class=\"tag note\">",
                Verdict::Warn => "<span class=\"tag warning\">",
                Verdict::Fail => "<span class=\"tag failure\">",
            });
            page.text(&evidence.period).raw(" ").raw(evidence.state().as_str()).raw("</span> ");
        }
        page.raw(if all.is_empty() { "judged nothing yet</p>\n" } else { "</p>\n" });
    }
}

fn trust(newest: &[&Evidence], page: &mut Html) {
    let row = |evidence: &&Evidence| {
        let planted = evidence.planted.iter().filter(|planted| planted.found.is_some()).count();
        let found = evidence.planted.iter().filter(|planted| planted.found == Some(true)).count();
        vec![
            evidence.gate.as_str().to_owned(),
            number(evidence.false_alarms_a_year),
            format!("{} of {}", count(found), count(planted)),
            evidence.looked.previous.as_ref().map_or_else(|| "–".to_owned(), |(file, _)| file.clone()),
        ]
    };
    let headings = [
        ("Gate", Left),
        ("False alarms a year, at most", Right),
        ("Planted faults that were found", Right),
        ("Compared with", Left),
    ];
    frame::table(
        "While nothing is wrong, chance raises so many alarms",
        &headings,
        &newest.iter().map(row).collect::<Vec<_>>(),
        page,
    );
}

fn waivers(newest: &[&Evidence], page: &mut Html) {
    let all =
        newest.iter().flat_map(|evidence| evidence.readings.iter().map(move |judged| (evidence, judged)));
    let row = |(evidence, judged): (&&Evidence, &Judged)| {
        let waiver = judged.waived.as_ref()?;
        let name = format!("{}: {}, {}", evidence.gate.as_str(), judged.check, judged.reading.subject);
        Some(vec![name, waiver.owner.clone(), waiver.until.clone(), waiver.reason.clone()])
    };
    let rows: Vec<Vec<String>> = all.filter_map(row).collect();
    if rows.is_empty() {
        page.raw("<p>Nothing is waived.</p>\n");
        return;
    }
    let headings = [("Reading", Left), ("Who", Left), ("Until", Left), ("Why", Left)];
    frame::table("These would be off, and stop nothing until the period named", &headings, &rows, page);
}

#[cfg(test)]
mod tests {
    use forewarn_core::Reading;

    use super::super::Report;
    use super::*;
    use crate::gates::Looked;

    type Gates = [(Kind, Vec<Evidence>)];

    fn judged(verdict: Verdict) -> Judged {
        let reading = Reading::fact("deaths <b>", 2.0, 1.0, "it is 2");
        Judged { check: "size".into(), reading, q_value: None, off: true, verdict, waived: None }
    }

    fn evidence(period: &str, verdict: Verdict) -> Evidence {
        Evidence {
            schema: Evidence::SCHEMA,
            gate: Kind::Input,
            run: "r".into(),
            period: period.into(),
            verdict,
            alpha: 0.01,
            false_alarms_a_year: 0.12,
            looked: Looked::default(),
            readings: vec![judged(verdict)],
            planted: Vec::new(),
        }
    }

    fn drawn(gates: &Gates, part: fn(&Gates, &mut Html)) -> String {
        let mut page = Html::default();
        part(gates, &mut page);
        page.finish()
    }

    #[test]
    fn since_is_the_first_period_without_a_break() {
        let verdicts = [Verdict::Fail, Verdict::Pass, Verdict::Warn, Verdict::Fail, Verdict::Warn];
        let all: Vec<Evidence> = (1..)
            .zip(verdicts)
            .map(|(month, verdict)| evidence(&format!("2020-0{month}"), verdict))
            .collect();
        assert_eq!(since(&all, &judged(Verdict::Warn)), "2020-03");
        let page = drawn(&[(Kind::Input, all)], off);
        assert!(page.contains("2020-03") && page.contains("deaths &lt;b&gt;: it is 2"), "{page}");
    }

    #[test]
    fn the_strip_ends_with_the_newest_verdict_and_a_gate_without_any_says_so() {
        let all: Vec<Evidence> = (10..40).map(|i| evidence(&format!("20{i}"), Verdict::Pass)).collect();
        let page = drawn(&[(Kind::Input, all), (Kind::Output, Vec::new())], strip);
        assert_eq!(page.matches("class=\"tag\"").count(), PERIODS);
        assert!(page.contains("2039 pass") && !page.contains("2015") && page.contains("judged nothing yet"));
    }

    #[test]
    fn the_worst_gate_gives_the_title() {
        assert_eq!(title(None), "No gate has judged anything yet");
        assert_eq!(card(Kind::Input, &[evidence("2020-01", Verdict::Fail)]).big.as_deref(), Some("no"));
        assert!(card(Kind::Input, &[]).big.is_none());
        assert_eq!(Report::Drift.file(), "drift.html");
    }
}
