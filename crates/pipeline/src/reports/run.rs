//! What a run did, with what, at what cost, and what changed since the run before.

use super::frame::{self, Beside, Card, Head};
use super::told;
use crate::engine::StepRecord;
use crate::record::{End, Record, word};
use crate::report::html::{Align, Html};
use crate::report::words::{count, maybe, number};
use crate::runs::Difference;

use Align::{Code, Left, Right};

/// Steps in the list; the record has all.
const STEPS: usize = 20;

/// The page; `changed` is against the run before, where there is one.
pub(super) fn page(record: &Record, changed: Option<&Difference>, beside: Beside<'_>) -> String {
    let run = record.run.as_deref().unwrap_or_default();
    let vintage = told(record, &["vintage"]).unwrap_or_else(|| "not named".to_owned());
    let stamp = format!(
        "record {} · origin {} · vintage {vintage}",
        record.id,
        record.origin.as_deref().unwrap_or("missing")
    );
    let title = match record.end {
        End::Done => "The run did all of its work",
        End::Incomplete => "The run did its work, but for some parts",
        End::Failed => "The run was stopped",
    };
    let eyebrow = format!("Run {run} · {stamp}");
    let mut page = frame::open(&Head { eyebrow: &eyebrow, title }, beside);
    frame::cards(&[ended(record, &stamp), cost(record, &stamp), differs(changed, &stamp)], &mut page);
    frame::section("What is missing, and what should be known", &mut page, |page| notes(record, page));
    frame::section("What came in", &mut page, |page| sources(record, page));
    frame::section("What each step cost", &mut page, |page| steps(record, page));
    frame::section("What it made", &mut page, |page| made(record, page));
    frame::section("What changed since the run before", &mut page, |page| changes(changed, page));
    frame::section("How to do it again", &mut page, |page| again(record, page));
    frame::close(page, run)
}

fn ended(record: &Record, stamp: &str) -> Card {
    let mut sentences: Vec<String> =
        record.failure.iter().map(|f| format!("{}: {}", f.place, f.reason)).collect();
    sentences.push(format!(
        "It went until «{}»: {} to {}.",
        word(&record.until),
        record.started,
        record.ended
    ));
    sentences.push(format!(
        "{} parts are missing, {} warnings were given.",
        count(record.missing.len()),
        count(record.warnings.len())
    ));
    Card {
        question: "Did it work?",
        big: Some(record.end.as_str().to_owned()),
        sentences,
        stamp: stamp.to_owned(),
    }
}

fn cost(record: &Record, stamp: &str) -> Card {
    let cached = record.steps.iter().filter(|step| step.cached).count();
    let mut sentences =
        vec![format!("{} of wall-clock time on {} threads.", duration(record.seconds), record.host.threads)];
    sentences.push(match record.usage.peak_bytes {
        Some(bytes) => format!("At most {} MiB of memory.", number(bytes as f64 / f64::from(1 << 20))),
        None => "How much memory is not known.".to_owned(),
    });
    sentences.push(format!("{} of {} steps were there already.", count(cached), count(record.steps.len())));
    let big = record.usage.cpu_seconds.map(|seconds| format!("{} CPU", duration(seconds)));
    Card { question: "What did it cost?", big, sentences, stamp: stamp.to_owned() }
}

fn differs(changed: Option<&Difference>, stamp: &str) -> Card {
    let question = "What changed?";
    let Some(found) = changed else {
        let sentence = "There is no run before this one.".to_owned();
        return Card {
            question,
            big: Some("first run".to_owned()),
            sentences: vec![sentence],
            stamp: stamp.to_owned(),
        };
    };
    let results = found.results().count();
    let sentences = vec![format!(
        "Against record {}: {} differences, {} of them in results.",
        found.records.0,
        count(found.changed.len()),
        count(results)
    )];
    let big = if found.equal { "nothing".to_owned() } else { format!("{} results", count(results)) };
    Card { question, big: Some(big), sentences, stamp: stamp.to_owned() }
}

/// `42 s`, `3 min 5 s`, `2 h 10 min`.
fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds < 60.0 => format!("{}\u{a0}s", number(seconds)),
        60..3600 => format!("{}\u{a0}min {}\u{a0}s", whole / 60, whole % 60),
        _ => format!("{}\u{a0}h {}\u{a0}min", whole / 3600, whole % 3600 / 60),
    }
}

fn notes(record: &Record, page: &mut Html) {
    if record.missing.is_empty() && record.warnings.is_empty() {
        page.raw("<p>Nothing.</p>\n");
        return;
    }
    for (heading, all) in [("Missing", &record.missing), ("Warnings", &record.warnings)] {
        if !all.is_empty() {
            page.element("h3", heading).raw("\n<ul>\n");
            for note in all {
                page.element("li", note).raw("\n");
            }
            page.raw("</ul>\n");
        }
    }
}

fn sources(record: &Record, page: &mut Html) {
    let row = |(name, source): (&String, &crate::record::Source)| {
        let path =
            source.path.as_ref().map_or_else(|| "a process".to_owned(), |path| path.display().to_string());
        vec![name.clone(), path, source.digest.clone()]
    };
    let rows: Vec<Vec<String>> = record.sources.iter().map(row).collect();
    frame::table("Observations", &[("Source", Left), ("File", Code), ("SHA-256", Code)], &rows, page);
    let row = |gate: &crate::GateSummary| {
        let reasons = if gate.reasons.is_empty() { "–".to_owned() } else { gate.reasons.join(" · ") };
        vec![gate.gate.as_str().to_owned(), gate.verdict.as_str().to_owned(), reasons]
    };
    let rows: Vec<Vec<String>> = record.gates.iter().map(row).collect();
    if !rows.is_empty() {
        frame::table("What the gates said", &[("Gate", Left), ("Verdict", Left), ("Why", Left)], &rows, page);
    }
}

fn steps(record: &Record, page: &mut Html) {
    let mut order: Vec<&StepRecord> = record.steps.iter().collect();
    let spent = |step: &StepRecord| step.cpu_seconds.unwrap_or(step.seconds);
    order.sort_by(|a, b| spent(b).total_cmp(&spent(a)));
    let row = |step: &&StepRecord| {
        vec![
            step.step.clone(),
            if step.cached { "was there".to_owned() } else { "made".to_owned() },
            maybe(step.cpu_seconds),
            number(step.seconds),
            maybe(step.peak_bytes.map(|bytes| bytes as f64 / f64::from(1 << 20))),
            step.output.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = order.iter().take(STEPS).map(row).collect();
    let caption = format!(
        "{} of {} steps, the dearest first; memory is that of the whole run so far",
        count(rows.len()),
        count(order.len())
    );
    let headings = [
        ("Step", Left),
        ("Result", Left),
        ("CPU s", Right),
        ("Seconds", Right),
        ("Memory MiB", Right),
        ("SHA-256 of what it made", Code),
    ];
    frame::table(&caption, &headings, &rows, page);
}

/// From the panel to the page: each with its digest.
fn made(record: &Record, page: &mut Html) {
    let digests = &record.digests;
    let single =
        |name: &str, digest: &Option<String>| digest.as_ref().map(|d| vec![name.to_owned(), d.clone()]);
    let several = |kind: &'static str, all: &std::collections::BTreeMap<String, String>| {
        all.iter().map(|(name, digest)| vec![format!("{kind} {name}"), digest.clone()]).collect::<Vec<_>>()
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    rows.extend(single("panel", &digests.panel));
    rows.extend(single("features", &digests.features));
    rows.extend(several("model", &digests.artifacts));
    rows.extend(several("forecast", &digests.forecasts));
    rows.extend(single("scores", &digests.scores));
    rows.extend(several("map", &digests.maps));
    rows.extend(single("forecast report", &digests.page));
    frame::table("From the observations to the page", &[("What", Left), ("SHA-256", Code)], &rows, page);
    page.raw(
        "<p><code>forewarn trace</code> follows a forecast back through them and checks every link.</p>\n",
    );
}

fn changes(changed: Option<&Difference>, page: &mut Html) {
    let Some(found) = changed.filter(|found| !found.changed.is_empty()) else {
        page.raw("<p>Nothing that is known.</p>\n");
        return;
    };
    let gone = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    let row = |c: &crate::runs::Changed| vec![word(&c.kind), c.name.clone(), gone(&c.before), gone(&c.after)];
    let rows: Vec<Vec<String>> = found.changed.iter().map(row).collect();
    let caption = format!("Record {} beside {}", found.records.1, found.records.0);
    frame::table(&caption, &[("What", Left), ("Which", Left), ("Before", Code), ("Now", Code)], &rows, page);
}

fn again(record: &Record, page: &mut Html) {
    page.raw(
        "<p>This makes it again from the record and compares every digest:</p>\n<pre><code>forewarn rerun ",
    );
    page.text(&record.id).raw(" -c ");
    page.text(record.file.file_name().unwrap_or(record.file.as_os_str()).to_string_lossy())
        .raw("</code></pre>\n<dl>\n");
    let host = [record.host.cpu.as_deref().unwrap_or(&record.host.arch), &record.host.os].join(", ");
    let seed = record.seed.to_string();
    for (name, value) in [
        ("Code", &record.code.revision),
        ("Program SHA-256", &record.code.digest),
        ("Configuration SHA-256", &record.config),
        ("Seed", &seed),
        ("Machine", &host),
    ] {
        page.element("dt", name).raw("<dd><code>").text(value).raw("</code></dd>\n");
    }
    page.raw("</dl>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        let cases = [
            (0.25, "0.25\u{a0}s"),
            (59.9, "59.9\u{a0}s"),
            (125.0, "2\u{a0}min 5\u{a0}s"),
            (7_800.0, "2\u{a0}h 10\u{a0}min"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
    }
}
