//! The page of a gate: what it says, why and where, in one HTML file that needs nothing else.

pub(crate) mod places;

use forewarn_core::Unit;
use forewarn_drift::gate::{Judged, Verdict};

use super::{Evidence, Kind, Planted};
use crate::Result;
use crate::report::html::{Align, Html};
use crate::report::words::{count, maybe, number};

use Align::{Code, Left, Right};

/// Readings that are shown one by one; the table has those beyond.
const DETAILED: usize = 50;
/// Units that a reading names.
const NAMED: usize = 8;

/// The page of what a gate said of units of `level`: the same evidence gives the same page.
///
/// # Errors
/// A map that cannot be drawn.
pub(super) fn page(evidence: &Evidence, level: &str) -> Result<String> {
    let gate = evidence.gate.as_str();
    let mut page = Html::begin(format!("{gate} gate, {}: {}", evidence.period, evidence.state().as_str()));
    let off = evidence.off();
    let (detailed, beyond) = off.split_at(off.len().min(DETAILED));
    let quiet = evidence.readings.iter().filter(|judged| judged.verdict == Verdict::Pass);
    let others: Vec<&Judged> = beyond.iter().copied().chain(quiet).collect();
    header(evidence, &mut page);
    page.raw("<main>\n");
    if !detailed.is_empty() {
        page.raw("<section>\n<h2>What is off</h2>\n");
        for judged in detailed {
            reading(judged, level, &mut page);
        }
        page.raw("</section>\n");
    }
    places::section(&evidence.readings, level, &mut page)?;
    waivers(&evidence.readings, &mut page);
    trial(evidence, &mut page);
    looked(evidence, &mut page);
    table(&others, &mut page);
    page.raw("</main>\n<footer><p>Run <code>").text(&evidence.run).raw("</code> · forewarn ");
    page.raw(env!("CARGO_PKG_VERSION")).raw("</p></footer>\n</body>\n</html>\n");
    Ok(page.finish())
}

/// The verdict in words, before everything else.
fn header(evidence: &Evidence, page: &mut Html) {
    let (gate, period) = (evidence.gate.as_str(), &evidence.period);
    page.raw("<header>\n<p class=\"eyebrow\">")
        .text(format!("{gate} gate · {period} · run {}", evidence.run));
    page.raw("</p>\n").element("h1", words(evidence)).raw("\n");
    page.paragraph(format!("{}: {}.", evidence.state().as_str(), evidence.counts()));
    page.raw("</header>\n");
}

fn words(evidence: &Evidence) -> &'static str {
    if evidence.blind().next().is_some() {
        return "The gate does not find faults that were planted: nothing it lets pass can be trusted";
    }
    match (evidence.verdict, evidence.gate) {
        (Verdict::Pass, _) => "Nothing is off",
        (Verdict::CannotTell, _) => "Nothing is known to be off, but not all could be looked at",
        (Verdict::Warn, _) => "Something is off; it stops nothing",
        (Verdict::Fail, Kind::Input) => "Something is off: no model may see these observations",
        (Verdict::Fail, Kind::Output | Kind::Performance) => "Something is off: no forecast may be filed",
    }
}

/// `fail`, coloured.
fn tag(verdict: Verdict, page: &mut Html) {
    let class = match verdict {
        Verdict::Pass => "<span class=\"tag\">",
        Verdict::CannotTell => "<span class=\"tag note\">",
        Verdict::Warn => "<span class=\"tag warning\">",
        Verdict::Fail => "<span class=\"tag failure\">",
    };
    page.raw(class).text(verdict.as_str()).raw("</span>");
}

/// A reading that is off or unknown.
fn reading(judged: &Judged, level: &str, page: &mut Html) {
    let Judged { check, reading, verdict, .. } = judged;
    page.raw("<article>\n<h3>");
    tag(*verdict, page);
    page.raw(" ").text(format!("{check}, {}", reading.subject)).raw("</h3>\n");
    page.paragraph(&reading.message).raw("<dl>\n");
    let mut fact = |name, text: String| _ = page.element("dt", name).element("dd", text).raw("\n");
    if let Some(effect) = reading.effect {
        fact("Effect", format!("{}; it matters from {} on", number(effect), number(reading.limit)));
    }
    if let Some(p_value) = reading.p_value {
        let text = format!(
            "p {}, q {} over all readings of the gate",
            chance(Some(p_value)),
            chance(judged.q_value)
        );
        fact("By chance", text);
    }
    if let Some(detectable) = reading.detectable {
        fact("Would be seen", format!("from an effect of {} on, four times out of five", number(detectable)));
    }
    if !reading.units.is_empty() {
        fact("Where", where_is(&reading.units, level));
    }
    page.raw("</dl>\n</article>\n");
}

/// How likely; a fact has no chance.
fn chance(probability: Option<f64>) -> String {
    match probability {
        None => "–".to_owned(),
        Some(p) if p < 0.001 => "< 0.001".to_owned(),
        Some(p) => number(p),
    }
}

/// The first units, and how many more there are.
fn where_is(units: &[Unit], level: &str) -> String {
    let named: Vec<String> = units.iter().take(NAMED).map(|unit| places::name(*unit, level)).collect();
    let more = units.len() - named.len();
    let rest = if more == 0 { String::new() } else { format!("; and {} more", count(more)) };
    format!("{}{rest}", named.join("; "))
}

/// Who answers for what.
fn waivers(readings: &[Judged], page: &mut Html) {
    let waived: Vec<_> =
        readings.iter().filter_map(|j| j.waived.as_ref().map(|waiver| (j, waiver))).collect();
    if waived.is_empty() {
        return;
    }
    page.raw("<section>\n<h2>What somebody answers for</h2>\n");
    let headings =
        [("Reading", Left), ("Who", Left), ("Until", Left), ("Why", Left), ("What was seen", Left)];
    page.open_table("These would be off, and stop nothing until the period named", &headings);
    for (judged, waiver) in waived {
        let cells = [&waiver.owner, &waiver.until, &waiver.reason, &judged.reading.message];
        page.row(name(judged), &cells.map(|cell| (cell.clone(), Left)));
    }
    page.close_table();
    page.raw("</section>\n");
}

fn name(judged: &Judged) -> String {
    format!("{}, {}", judged.check, judged.reading.subject)
}

/// How far the gate itself is to be trusted: planted faults, and alarms by chance.
fn trial(evidence: &Evidence, page: &mut Html) {
    page.raw("<section>\n<h2>How far the gate is to be trusted</h2>\n");
    page.paragraph(format!(
        "While nothing is wrong, chance is expected to raise at most {} alarms a year: a reading is off when its q value \
         is at most {}.",
        number(evidence.false_alarms_a_year),
        number(evidence.alpha)
    ));
    if evidence.planted.is_empty() {
        page.paragraph("No faults were planted to try it.");
    } else {
        let found = |is| evidence.planted.iter().filter(|planted| planted.found == is).count();
        let (seen, missed) = (found(Some(true)), found(Some(false)));
        let caption = format!("{seen} of {} faults that were planted in a copy were found", seen + missed);
        page.open_table(
            caption,
            &[("Fault", Left), ("Column", Left), ("Found", Left), ("By, or why not", Left)],
        );
        for planted in &evidence.planted {
            let cells = [planted.column.clone(), found_word(planted).to_owned(), planted.note.clone()];
            page.row(fault(planted), &cells.map(|cell| (cell, Left)));
        }
        page.close_table();
    }
    page.raw("</section>\n");
}

fn found_word(planted: &Planted) -> &'static str {
    match planted.found {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "not planted",
    }
}

/// As in the evidence: `times-ten`.
fn fault(planted: &Planted) -> String {
    let value = serde_json::to_value(planted.fault).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// What was looked at, with digests.
fn looked(evidence: &Evidence, page: &mut Html) {
    let looked = &evidence.looked;
    page.raw("<section>\n<h2>What was looked at</h2>\n");
    if !looked.columns.is_empty() {
        page.paragraph(looked.columns.join(", "));
    }
    let previous = looked.previous.iter().map(|file| ("before", file));
    let files: Vec<_> = looked.files.iter().map(|file| ("now", file)).chain(previous).collect();
    if !files.is_empty() {
        let headings = [("File", Left), ("Edition", Left), ("SHA-256", Left)];
        page.open_table("Files, from the output folder", &headings);
        for (edition, (path, digest)) in files {
            page.row(path, &[(edition.to_owned(), Left), (digest.clone(), Code)]);
        }
        page.close_table();
    }
    page.raw("</section>\n");
}

/// Every reading that was not shown yet.
fn table(readings: &[&Judged], page: &mut Html) {
    page.raw("<section>\n<h2>All other readings</h2>\n");
    if readings.is_empty() {
        page.raw("<p>There are none.</p>\n</section>\n");
        return;
    }
    let headings = [
        ("Reading", Left),
        ("Verdict", Left),
        ("Effect", Right),
        ("Matters from", Right),
        ("p", Right),
        ("q", Right),
        ("What was seen", Left),
    ];
    page.open_table(format!("{} readings", count(readings.len())), &headings);
    for judged in readings {
        let reading = &judged.reading;
        let cells = [
            (verdict(judged).to_owned(), Left),
            (maybe(reading.effect), Right),
            (number(reading.limit), Right),
            (chance(reading.p_value), Right),
            (chance(judged.q_value), Right),
            (reading.message.clone(), Left),
        ];
        page.row(name(judged), &cells);
    }
    page.close_table();
    page.raw("</section>\n");
}

/// The verdict, and why a reading that is off is none.
fn verdict(judged: &Judged) -> &'static str {
    match judged.verdict {
        Verdict::Pass if judged.waived.is_some() => "waived",
        Verdict::Pass if judged.off => "off, not often enough",
        verdict => verdict.as_str(),
    }
}

#[cfg(test)]
mod tests;
