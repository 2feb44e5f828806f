//! The page of a run's record: what was done, from what, at what cost, and what is new.

use serde_json::json;

use crate::engine::StepRecord;
use crate::record::Record;
use crate::report::html::{Align, Html};
use crate::report::pages::{RUN, begin, end};
use crate::report::words::{count, number};
use crate::runs::{Changed, difference};

use Align::{Code, Left, Right};

/// Steps and changes that are shown; `forewarn runs` has all.
const SHOWN: usize = 25;

/// The page of a record, beside the record of the run before.
pub(crate) fn page(record: &Record, before: Option<&Record>) -> String {
    let run = record.run.clone().unwrap_or_else(|| "unnamed".to_owned());
    let about =
        format!("Record {}, {} to {}: {}.", record.id, record.started, record.ended, record.end.as_str());
    let mut page = begin("Run report", RUN, (&run, &about));
    alarms(record, &mut page);
    cost(record, &mut page);
    changes(record, before, &mut page);
    made(record, &mut page);
    steps(&record.steps, &mut page);
    reproduce(record, &mut page);
    end(&run, page)
}

/// What failed, what is missing, what should be known: before everything else.
fn alarms(record: &Record, page: &mut Html) {
    if let Some(failure) = &record.failure {
        page.raw("<p class=\"alert\" role=\"note\"><strong>The run failed</strong> at ").text(&failure.place);
        page.raw(": ").text(&failure.reason).raw("</p>\n");
    }
    let told = record.missing.iter().map(|text| ("missing", text));
    let told: Vec<_> = told.chain(record.warnings.iter().map(|text| ("warning", text))).collect();
    if !told.is_empty() {
        page.raw("<section>\n<h2>What should be known</h2>\n<ul class=\"gaps\">\n");
        for (kind, text) in told {
            page.raw("<li>").text(kind).raw(": ").prose(text).raw("</li>\n");
        }
        page.raw("</ul>\n</section>\n");
    }
}

fn cost(record: &Record, page: &mut Html) {
    let found = record.steps.iter().filter(|step| step.cached).count();
    page.raw("<section>\n<h2>What it cost</h2>\n<dl>\n");
    let mut fact =
        |name: &'static str, value: String| _ = page.element("dt", name).element("dd", value).raw("\n");
    fact("CPU seconds", record.usage.cpu_seconds.map_or_else(|| "not known".to_owned(), number));
    fact("Seconds", number(record.seconds));
    fact("Largest memory", megabytes(record.usage.peak_bytes));
    fact("Steps", format!("{}, {} of them were already done", count(record.steps.len()), count(found)));
    let host = &record.host;
    fact(
        "Machine",
        format!("{} threads, {}, {}", host.threads, host.cpu.as_deref().unwrap_or(&host.arch), host.os),
    );
    page.raw("</dl>\n</section>\n");
}

fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "not known".to_owned(), |bytes| format!("{} MB", number(bytes as f64 / 1e6)))
}

/// What differs from the run before.
fn changes(record: &Record, before: Option<&Record>, page: &mut Html) {
    page.raw("<section>\n<h2>What is new since the run before</h2>\n");
    let Some(before) = before else {
        page.paragraph("There is no run before this one.");
        page.raw("</section>\n");
        return;
    };
    let found = difference(before, record);
    if found.equal {
        page.paragraph(format!("Nothing differs from record {} but the cost.", before.id));
    } else {
        let caption =
            format!("Record {} and this one: {} differences", before.id, count(found.changed.len()));
        page.open_table(caption, &[("What", Left), ("Which", Left), ("Before", Code), ("Now", Code)]);
        for Changed { kind, name, before, after } in found.changed.iter().take(SHOWN) {
            let short = |value: &Option<String>| -> String {
                value.as_ref().map_or_else(|| "none".to_owned(), |value| value.chars().take(40).collect())
            };
            page.row(kind.as_str(), &[(name.clone(), Left), (short(before), Code), (short(after), Code)]);
        }
        page.close_table();
        more(found.changed.len(), "`forewarn runs diff` lists all", page);
    }
    page.raw("</section>\n");
}

fn more(n: usize, where_all: &str, page: &mut Html) {
    if n > SHOWN {
        page.paragraph(format!("And {} more; {where_all}.", count(n - SHOWN)));
    }
}

/// From the source to the forecasts, every link with its digest.
fn made(record: &Record, page: &mut Html) {
    page.raw("<section>\n<h2>From the observations to the forecasts</h2>\n");
    page.open_table(
        "What was read and what was made of it, by digest",
        &[("What", Left), ("Name", Left), ("SHA-256", Code)],
    );
    let mut row = |what: &str, name: &str, digest: &str| {
        page.row(what, &[(name.to_owned(), Left), (digest.to_owned(), Code)]);
    };
    for (name, source) in &record.sources {
        row("source", name, &source.digest);
    }
    let digests = &record.digests;
    for (what, digest) in
        [("panel", &digests.panel), ("features", &digests.features), ("scores", &digests.scores)]
    {
        if let Some(digest) = digest {
            row(what, "", digest);
        }
    }
    for (what, all) in [("artifact", &digests.artifacts), ("forecast", &digests.forecasts)] {
        for (name, digest) in all {
            row(what, name, digest);
        }
    }
    page.close_table();
    for gate in &record.gates {
        let verdict = json!(gate.verdict).as_str().unwrap_or_default().to_owned();
        page.paragraph(format!("{} gate: {verdict}. {}", gate.gate.as_str(), gate.reasons.join("; ")));
    }
    page.raw("</section>\n");
}

/// The steps that took longest.
fn steps(steps: &[StepRecord], page: &mut Html) {
    let mut slowest: Vec<&StepRecord> = steps.iter().filter(|step| !step.cached).collect();
    slowest.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    page.raw("<section>\n<h2>Steps</h2>\n");
    if slowest.is_empty() {
        page.paragraph("Every step was already done.");
    } else {
        let headings = [("Step", Left), ("Seconds", Right), ("CPU seconds", Right), ("Memory so far", Right)];
        page.open_table(format!("{} steps were done, the slowest first", count(slowest.len())), &headings);
        for step in slowest.iter().take(SHOWN) {
            let cpu = step.cpu_seconds.map_or_else(|| "not known".to_owned(), number);
            page.row(
                &step.step,
                &[(number(step.seconds), Right), (cpu, Right), (megabytes(step.peak_bytes), Right)],
            );
        }
        page.close_table();
        more(slowest.len(), "`forewarn runs show --json` lists all", page);
    }
    page.raw("</section>\n");
}

fn reproduce(record: &Record, page: &mut Html) {
    page.raw("<section>\n<h2>How to do it again</h2>\n<pre>forewarn rerun ").text(&record.id);
    page.raw(" -c ").text(record.file.display()).raw("</pre>\n");
    page.paragraph(format!(
        "Program {}, configuration {}, seed {}; the run is done again and compared result by result.",
        record.code.revision, record.config, record.seed
    ));
    page.raw("</section>\n");
}

#[cfg(test)]
mod tests {
    use super::page;
    use crate::runs::Runs;
    use crate::small_run::{archive, load, observations, project};

    #[test]
    fn each_run_says_what_is_new_since_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let run = project(folder.path(), 2);
        let read = || {
            let outcome = archive(&run).unwrap();
            std::fs::read_to_string(outcome.folder.join("run.html")).unwrap()
        };
        let first = read();
        assert!(
            first.contains("There is no run before this one.") && first.contains("Record 0001"),
            "{first}"
        );
        assert!(first.contains("<th scope=\"row\">forecast</th><td>common_ground</td>"));
        assert!(!first.contains("secret"), "who is told may be secret");
        assert!(read().contains("Nothing differs from record 0001 but the cost."));
        observations(folder.path(), 3);
        let third = read();
        assert!(
            third.contains("Record 0002 and this one") && third.contains(">data</th><td>deaths.csv</td>"),
            "{third}"
        );
    }

    #[test]
    fn what_takes_long_in_a_page_is_not_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let run = project(folder.path(), 2);
        let cached = || {
            let steps = archive(&run).unwrap().steps;
            steps.iter().find(|step| step.step == "page common_ground").map(|step| step.cached)
        };
        assert_eq!([cached(), cached()], [Some(false), Some(true)]);
    }

    #[test]
    fn what_is_missing_stands_first() {
        let folder = tempfile::tempdir().unwrap();
        project(folder.path(), 2);
        archive(&load(folder.path(), &[])).unwrap();
        let mut record = Runs::of(&load(folder.path(), &[])).unwrap().find("latest").unwrap();
        record.missing.push("Metric `sal`: <no cells>".to_owned());
        let page = page(&record, None);
        let (before, _) = page.split_once("What it cost").unwrap();
        assert!(before.contains("missing: Metric <code>sal</code>: &lt;no cells&gt;"), "{before}");
    }
}
