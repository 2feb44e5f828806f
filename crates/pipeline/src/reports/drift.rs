//! The page of the three gates: what they say now, since when, where to look, and how sharp they are.

use forewarn_drift::gate::{Judged, Verdict};

use crate::Result;
use crate::gates::page::places;
use crate::gates::{Evidence, Kind};
use crate::report::html::{Align, Html};
use crate::report::pages::{DRIFT, begin, end};
use crate::report::words::{count, maybe, number};

use Align::{Left, Right};

/// Periods of the past that are shown.
const PAST: usize = 24;
/// Smallest changes that are shown.
const SHOWN: usize = 20;

/// What a gate says of a period, and what it said of earlier ones.
pub(crate) struct Gate {
    /// Which.
    pub(crate) kind: Kind,
    /// Its evidence, ascending by period; the last is of now.
    pub(crate) evidence: Vec<Evidence>,
}

/// The page of a run's gates, about units of `level` in a vintage of the data.
///
/// # Errors
/// A map that cannot be drawn.
pub(crate) fn page(
    run: &str,
    (period, level, vintage): (&str, &str, &str),
    gates: &[Gate],
) -> Result<String> {
    let states: Vec<String> =
        gates.iter().map(|gate| format!("{}: {}", gate.kind.as_str(), state(gate))).collect();
    let about = format!("What the gates say of {period} · data vintage {vintage} · {}", states.join(" · "));
    let mut page = begin("Drift report", DRIFT, (&heading(gates), &about));
    let newest = gates.iter().filter_map(|gate| gate.evidence.last());
    let readings: Vec<Judged> = newest.flat_map(|evidence| evidence.readings.iter().cloned()).collect();
    places::section(&readings, level, &mut page)?;
    for gate in gates {
        section(gate, &mut page);
    }
    Ok(end(run, page))
}

fn state(gate: &Gate) -> &'static str {
    gate.evidence.last().map_or("not judged", |evidence| evidence.state().as_str())
}

/// The worst of them in words.
fn heading(gates: &[Gate]) -> String {
    let now = || gates.iter().filter_map(|gate| Some((gate.kind, gate.evidence.last()?)));
    let with = |verdict: Verdict| -> Vec<&str> {
        now().filter(|(_, evidence)| evidence.state() == verdict).map(|(kind, _)| kind.as_str()).collect()
    };
    let (failed, warned) = (with(Verdict::Fail), with(Verdict::Warn));
    match (failed.is_empty(), warned.is_empty()) {
        (false, _) => format!("Something drifted: the {} gate fails", failed.join(" and the ")),
        (true, false) => format!("Look at it: the {} gate warns", warned.join(" and the ")),
        _ if now().next().is_none() => "No gate has judged this run".to_owned(),
        _ if with(Verdict::CannotTell).is_empty() => "Nothing drifted that the gates would see".to_owned(),
        _ => "Nothing drifted, as far as the gates can tell".to_owned(),
    }
}

fn section(gate: &Gate, page: &mut Html) {
    page.raw("<section>\n").element("h2", format!("The {} gate", gate.kind.as_str())).raw("\n");
    let Some(now) = gate.evidence.last() else {
        page.paragraph("It has not judged this run; `forewarn run` lets it.").raw("</section>\n");
        return;
    };
    page.raw("<p>It says <strong>").raw(now.state().as_str()).raw("</strong>. ");
    page.text(format!(
        "It looked at {} things; on chance alone it would raise at most {} false alarms a year. ",
        count(now.readings.len()),
        number(now.false_alarms_a_year)
    ));
    page.raw("The whole of it: <a href=\"gates/").raw(gate.kind.as_str());
    page.raw(".html\">evidence</a>.</p>\n");
    strip(gate, page);
    off(gate, now, page);
    waivers(now, page);
    sharpness(now, page);
    page.raw("</section>\n");
}

/// One mark a period.
fn strip(gate: &Gate, page: &mut Html) {
    let from = gate.evidence.len().saturating_sub(PAST);
    page.raw("<ol class=\"strip\" aria-label=\"Verdicts of the last periods\">\n");
    for evidence in &gate.evidence[from..] {
        let state = evidence.state();
        let class = match state {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
            Verdict::CannotTell => "unknown",
        };
        page.raw("<li class=\"").raw(class).raw("\" title=\"").text(&evidence.period).raw(": ");
        page.raw(state.as_str()).raw("\"><span class=\"hidden\">").text(&evidence.period).raw(" ");
        page.raw(state.as_str()).raw("</span></li>\n");
    }
    page.raw("</ol>\n");
}

/// What is off, worst first, and since when: a row a check and verdict, with the reading that is furthest beyond its limit.
fn off(gate: &Gate, now: &Evidence, page: &mut Html) {
    let all = now.off();
    if all.is_empty() {
        page.paragraph("Nothing is off.");
        return;
    }
    let mut groups: Vec<Vec<&Judged>> = Vec::new();
    for &judged in &all {
        match groups.iter_mut().find(|of| (of[0].verdict, &of[0].check) == (judged.verdict, &judged.check)) {
            Some(group) => group.push(judged),
            None => groups.push(vec![judged]),
        }
    }
    let caption = format!(
        "{}: {} of {} readings are off or cannot be told; of each check the one that is furthest beyond its limit",
        now.period,
        count(all.len()),
        count(now.readings.len())
    );
    let headings =
        [("Check", Left), ("Verdict", Left), ("Readings", Right), ("Since", Left), ("What was seen", Left)];
    page.open_table(caption, &headings);
    for group in groups {
        let Some(furthest) = furthest(&group) else { continue };
        page.row(
            &furthest.check,
            &[
                (furthest.verdict.as_str().to_owned(), Left),
                (count(group.len()), Right),
                (since(gate, furthest), Left),
                (format!("{}: {}", furthest.reading.subject, furthest.reading.message), Left),
            ],
        );
    }
    page.close_table();
}

/// The first of those with the largest effect for its limit.
fn furthest<'a>(group: &[&'a Judged]) -> Option<&'a Judged> {
    let beyond = |judged: &Judged| judged.reading.effect.map_or(0.0, |effect| effect / judged.reading.limit);
    group.iter().copied().reduce(|a, b| if beyond(b) > beyond(a) { b } else { a })
}

/// The first of the periods up to now, without a gap, in which the same reading was off.
fn since(gate: &Gate, judged: &Judged) -> String {
    let same = |other: &&Judged| {
        other.check == judged.check
            && other.reading.subject == judged.reading.subject
            && other.verdict > Verdict::Pass
    };
    let is_off = |evidence: &&Evidence| evidence.readings.iter().any(|other| same(&other));
    let first = gate.evidence.iter().rev().take_while(is_off).last();
    first.map(|evidence| evidence.period.clone()).unwrap_or_default()
}

fn waivers(now: &Evidence, page: &mut Html) {
    let waived: Vec<_> =
        now.readings.iter().filter_map(|judged| Some((judged, judged.waived.as_ref()?))).collect();
    if waived.is_empty() {
        return;
    }
    page.open_table(
        format!("{}: waived, somebody answers for it", now.period),
        &[("Check", Left), ("Of what", Left), ("Owner", Left), ("Until", Left), ("Why", Left)],
    );
    for (judged, waiver) in waived {
        page.row(
            &judged.check,
            &[
                (judged.reading.subject.clone(), Left),
                (waiver.owner.clone(), Left),
                (waiver.until.clone(), Left),
                (waiver.reason.clone(), Left),
            ],
        );
    }
    page.close_table();
}

/// The smallest effect that would be seen, and whether planted faults were found.
fn sharpness(now: &Evidence, page: &mut Html) {
    let with = |found| now.planted.iter().filter(|planted| planted.found == found).count();
    if !now.planted.is_empty() {
        page.paragraph(format!(
            "Faults were planted to try it: {} found, {} not found, {} that its checks do not look for.",
            with(Some(true)),
            with(Some(false)),
            with(None)
        ));
    }
    let known: Vec<&Judged> =
        now.readings.iter().filter(|judged| judged.reading.detectable.is_some()).collect();
    if known.is_empty() {
        return;
    }
    page.raw("<details><summary>The smallest change it would see</summary>\n");
    let headings = [
        ("Check", Left),
        ("Of what", Left),
        ("Seen four times out of five from", Right),
        ("It matters from", Right),
    ];
    let caption = format!("{}: effects in the unit of each check", now.period);
    page.open_table(caption, &headings);
    for judged in known.iter().take(SHOWN) {
        page.row(
            &judged.check,
            &[
                (judged.reading.subject.clone(), Left),
                (maybe(judged.reading.detectable), Right),
                (number(judged.reading.limit), Right),
            ],
        );
    }
    page.close_table();
    page.raw("</details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::evidence::tests::evidence;

    fn gate(verdicts: &[(&str, Verdict)]) -> Gate {
        let of = |&(period, verdict): &(&str, Verdict)| {
            let mut one = evidence();
            period.clone_into(&mut one.period);
            one.verdict = verdict;
            one.readings.iter_mut().for_each(|judged| judged.verdict = judged.verdict.min(verdict));
            one
        };
        Gate { kind: Kind::Input, evidence: verdicts.iter().map(of).collect() }
    }

    #[test]
    fn the_heading_says_the_worst() {
        let of = |verdict| heading(&[gate(&[("2020-12", verdict)])]);
        assert_eq!(of(Verdict::Fail), "Something drifted: the input gate fails");
        assert_eq!(of(Verdict::Warn), "Look at it: the input gate warns");
        assert_eq!(of(Verdict::Pass), "Nothing drifted that the gates would see");
        assert_eq!(of(Verdict::CannotTell), "Nothing drifted, as far as the gates can tell");
        assert_eq!(heading(&[gate(&[])]), "No gate has judged this run");
    }

    #[test]
    fn since_ends_at_the_first_gap() {
        use Verdict::{Fail, Pass};
        let gate = gate(&[("2020-09", Fail), ("2020-10", Pass), ("2020-11", Fail), ("2020-12", Fail)]);
        let now = gate.evidence.last().unwrap();
        assert_eq!(since(&gate, now.off()[0]), "2020-11");
        let page = page("run", ("2020-12", "station", "test"), std::slice::from_ref(&gate)).unwrap();
        assert_eq!(page.matches("<li class=").count(), 4);
        assert!(page.contains("a &lt;b&gt; &amp; &quot;c&quot;") && !page.contains("<script"));
    }
    #[test]
    fn the_map_shows_where_the_newest_evidence_points() {
        let land = forewarn_data::geography::region(forewarn_data::geography::Region::AfricaMiddleEast);
        let mut gate = gate(&[("2020-11", Verdict::Fail), ("2020-12", Verdict::Fail)]);
        for (evidence, unit) in gate.evidence.iter_mut().zip([land[10], land[4000]]) {
            evidence.readings.iter_mut().for_each(|judged| judged.off = false);
            let judged = &mut evidence.readings[0];
            (judged.off, judged.reading.units) = (true, vec![unit]);
        }
        let drawn = page("run", ("2020-12", "pgm", "test"), std::slice::from_ref(&gate)).unwrap();
        assert!(
            drawn.contains("<h2>Where</h2>")
                && drawn.contains("data:image/png")
                && drawn.contains("1 cell with")
        );
        let row = |unit: forewarn_core::Unit| drawn.contains(&format!("<th scope=\"row\">{unit}</th>"));
        assert!(row(land[4000]) && !row(land[10]), "what was off before is past");
        gate.evidence[1].readings[0].off = false;
        assert!(!page("run", ("2020-12", "pgm", "test"), &[gate]).unwrap().contains("<h2>Where</h2>"));
    }

    #[test]
    fn a_check_has_one_row_with_the_reading_that_is_furthest_off() {
        let mut gate = gate(&[("2020-12", Verdict::Fail)]);
        let evidence = &mut gate.evidence[0];
        let one = |subject: &str, effect| {
            let mut judged = evidence.readings[0].clone();
            judged.reading.subject = subject.to_owned();
            (judged.reading.effect, judged.reading.limit, judged.verdict) =
                (Some(effect), 2.0, Verdict::Fail);
            judged
        };
        evidence.readings = vec![one("near", 3.0), one("far", 9.0), one("middle", 4.0)];
        let page = page("run", ("2020-12", "station", "test"), &[gate]).unwrap();
        assert!(page.contains("far: ") && !page.contains("near: ") && !page.contains("middle: "), "{page}");
        assert!(
            page.contains("3 of 3 readings are off")
                && page.contains("data vintage test")
                && page.contains("<td class=\"number\">3</td>")
        );
    }
}
