//! The sections below the first screen.

use super::facts::{Picture, Report, Risk, Run, Severity};
use super::html::{Align, Html};
use super::words::{count, maybe, number, percent};

use Align::{Code, Left, Right};

/// Target period, origin, vintage and number of units: stands at every number of the forecast.
pub(super) fn stamp(run: &Run) -> String {
    format!(
        "{} · target {} · data up to {} · vintage {} · n = {} {}",
        run.shown,
        run.first_target,
        run.origin,
        run.vintage,
        count(run.units),
        run.unit_kind
    )
}

/// Everything that should be here and is not: what the run says, and what this page finds.
pub(super) fn gaps(report: &Report) -> Vec<String> {
    let mut gaps = report.missing.clone();
    for model in &report.models {
        gaps.extend(model.failure.as_ref().map(|failure| format!("Model {} failed: {failure}", model.name)));
    }
    let failures = report.validation.findings.iter().filter(|finding| finding.severity == Severity::Failure);
    gaps.extend(failures.map(|finding| format!("Check {} failed: {}", finding.check, finding.message)));
    let mut absent = |missing: bool, what: &str| gaps.extend(missing.then(|| what.to_owned()));
    absent(report.outlook.is_none(), "There is no forecast.");
    absent(
        report.evaluation.is_none(),
        "No past forecast was evaluated: how good these models are is not known.",
    );
    let pictures = report.maps.iter().any(|map| is_embedded(&map.uri));
    absent(report.atlas.is_none() && !pictures, "There is no map.");
    absent(report.archive.is_empty(), "No forecast was filed in the archive.");
    absent(report.sources.is_empty(), "No data source is named.");
    if let Some(evaluation) = &report.evaluation {
        let pairs = report.models.len() * evaluation.metrics.len();
        let known = |model: &str, metric: &str| {
            let value = evaluation.score(model, metric).and_then(|score| score.value);
            value.is_some_and(f64::is_finite)
        };
        let names =
            |model: &str| evaluation.metrics.iter().filter(|metric| known(model, &metric.name)).count();
        let scored: usize = report.models.iter().map(|model| names(&model.name)).sum();
        if scored < pairs {
            gaps.push(format!("{} of {} scores are missing.", count(pairs - scored), count(pairs)));
        }
    }
    gaps
}

/// Only pictures inside the page are shown: it must not ask the network for anything.
fn is_embedded(uri: &str) -> bool {
    uri.starts_with("data:image/")
}

/// The map to walk through, and pictures with their captions.
pub(super) fn maps(report: &Report, page: &mut Html) {
    report.atlas.iter().for_each(|atlas| _ = page.atlas(atlas));
    if report.maps.is_empty() && report.atlas.is_none() {
        page.raw("<p class=\"missing\">There is no map.</p>\n");
    }
    if report.atlas.is_some() {
        // The map to walk through shows them all; a reader without scripts gets the first as a picture.
        page.raw("<noscript>\n");
        pictures(report.maps.get(..1).unwrap_or_default(), page);
        page.raw("</noscript>\n");
    } else {
        pictures(&report.maps, page);
    }
}

fn pictures(maps: &[Picture], page: &mut Html) {
    page.raw("<div class=\"maps\">\n");
    for map in maps {
        page.raw("<figure>");
        if is_embedded(&map.uri) {
            page.raw("<img src=\"").text(&map.uri).raw("\" alt=\"").text(&map.alt).raw("\">");
        } else {
            page.raw("<p class=\"missing\">The picture is missing.</p>");
        }
        page.raw("<figcaption>").text(&map.caption).raw("</figcaption></figure>\n");
    }
    page.raw("</div>\n");
}

/// The table of the highest risks.
pub(super) fn risks(report: &Report, page: &mut Html) {
    let run = &report.run;
    if report.risks.is_empty() {
        page.raw("<p class=\"missing\">There is no forecast to rank.</p>\n");
        return;
    }
    let caption = format!(
        "Most expected {}: {} of {} {} · {}",
        run.counted,
        count(report.risks.len()),
        count(run.units),
        run.unit_kind,
        stamp(run)
    );
    page.open_table(caption, &risk_headings());
    report.risks.iter().for_each(|risk| page.row(&risk.unit, &risk_cells(risk)));
    page.close_table();
    page.paragraph(format!(
        "The interval holds the middle nine tenths of the possible outcomes. «Last observed» is {}.",
        run.origin
    ));
}

/// What a table of risks is headed by.
pub(super) fn risk_headings() -> [(&'static str, Align); 6] {
    [
        ("Unit", Left),
        ("Place", Left),
        ("Expected", Right),
        ("Probability of any", Right),
        ("90 % interval", Right),
        ("Last observed", Right),
    ]
}

/// A row of a table of risks, after the unit.
pub(super) fn risk_cells(risk: &Risk) -> [(String, Align); 5] {
    let interval = risk.interval.map(|(low, high)| format!("{} to {}", number(low), number(high)));
    [
        (if risk.place.is_empty() { "–".to_owned() } else { risk.place.clone() }, Left),
        (number(risk.expected), Right),
        (risk.probability.map_or_else(|| maybe(None), percent), Right),
        (interval.unwrap_or_else(|| maybe(None)), Right),
        (maybe(risk.observed), Right),
    ]
}

/// Sources and findings.
pub(super) fn data(report: &Report, page: &mut Html) {
    let validation = &report.validation;
    page.paragraph(format!(
        "{} rows were read and {} left out.{}",
        count(validation.rows),
        count(validation.rejected),
        validation
            .quarantine
            .as_ref()
            .map(|path| format!(" They lie in {path}, with reasons."))
            .unwrap_or_default()
    ));
    if report.sources.is_empty() {
        page.raw("<p class=\"missing\">No data source is named.</p>\n");
        return;
    }
    let caption = format!("Sources, up to {}", report.run.origin);
    let headings =
        [("Source", Left), ("Location", Left), ("Vintage", Left), ("Rows", Right), ("SHA-256", Left)];
    page.open_table(caption, &headings);
    for source in &report.sources {
        let cells = [
            (source.location.clone(), Code),
            (source.vintage.clone(), Left),
            (count(source.rows), Right),
            (source.digest.clone(), Code),
        ];
        page.row(&source.name, &cells);
    }
    page.close_table();
    if validation.findings.is_empty() {
        page.raw("<p>The checks found nothing.</p>\n");
        return;
    }
    page.open_table(
        "Findings of the checks",
        &[("Check", Left), ("Severity", Left), ("Count", Right), ("What", Left)],
    );
    for finding in &validation.findings {
        page.raw("<tr><th scope=\"row\">").text(&finding.check).raw("</th><td><span class=\"tag ");
        let (class, word) = match finding.severity {
            Severity::Failure => ("failure", "failure"),
            Severity::Warning => ("warning", "warning"),
            Severity::Note => ("note", "note"),
        };
        page.raw(class)
            .raw("\">")
            .raw(word)
            .raw("</span></td><td class=\"number\">")
            .text(count(finding.count));
        page.raw("</td><td>").text(&finding.message).raw("</td></tr>\n");
    }
    page.close_table();
}

/// Models with status and role.
pub(super) fn models(report: &Report, page: &mut Html) {
    let headings =
        [("Model", Left), ("What it is", Left), ("Status", Left), ("Role", Left), ("Result", Left)];
    let caption = format!("{} models, ensembles and baselines", count(report.models.len()));
    page.open_table(caption, &headings);
    for model in &report.models {
        let result = model.failure.as_ref().map_or_else(|| "done".to_owned(), |f| format!("failed: {f}"));
        let cells = [&model.algorithm, &model.status, &model.role, &result].map(|cell| (cell.clone(), Left));
        page.row(&model.name, &cells);
    }
    page.close_table();
}

/// Where the forecasts lie.
pub(super) fn archive(report: &Report, page: &mut Html) {
    if report.archive.is_empty() {
        page.raw("<p class=\"missing\">No forecast was filed.</p>\n");
        return;
    }
    let run = &report.run;
    let caption = format!(
        "Forecasts for {} to {}, origin {}, data vintage {}",
        run.first_target, run.last_target, run.origin, run.vintage
    );
    page.open_table(caption, &[("Model", Left), ("Path", Left), ("Rows", Right), ("SHA-256", Left)]);
    for filed in &report.archive {
        let cells = [(filed.path.clone(), Code), (count(filed.rows), Right), (filed.digest.clone(), Code)];
        page.row(&filed.model, &cells);
    }
    page.close_table();
}

/// What is missing, loudly; that nothing is, quietly.
pub(super) fn missing(report: &Report, page: &mut Html) {
    let gaps = gaps(report);
    if gaps.is_empty() {
        page.raw("<p>Nothing: every step of the run did its work.</p>\n");
        return;
    }
    page.raw("<ul class=\"gaps\">\n");
    for gap in gaps {
        page.raw("<li>").prose(gap).raw("</li>\n");
    }
    page.raw("</ul>\n");
}

/// The command and what it depends on.
pub(super) fn reproduce(report: &Report, page: &mut Html) {
    let facts = &report.reproduce;
    page.raw(
        "<p>With the same code, configuration and data this command gives the same bytes:</p>\n<pre><code>",
    );
    page.text(&facts.command).raw("</code></pre>\n<dl class=\"facts\">\n");
    let seed = facts.seed.to_string();
    for (name, value) in [
        ("Run", &report.run.id),
        ("Version", &facts.version),
        ("Code revision", &facts.revision),
        ("Configuration SHA-256", &facts.config_digest),
        ("Seed", &seed),
    ] {
        page.element("dt", name).raw("<dd><code>").text(value).raw("</code></dd>\n");
    }
    page.raw("</dl>\n");
}
