//! What changed most, and a page for each country.

use forewarn_catalog::chart::{self, Fan, Scale};

use super::facts::{Mover, Place, Report, Total};
use super::html::{Align, Html};
use super::sections::{risk_cells, risk_headings, stamp};
use super::words::{count, maybe, number};

use Align::{Left, Right};

/// Countries whose page is open from the start.
const OPEN: usize = 1;

/// The largest changes, by country and by unit.
pub(super) fn movers(report: &Report, page: &mut Html) {
    let Some(movers) = &report.movers else {
        page.raw("<p class=\"missing\">There is no forecast to compare.</p>\n");
        return;
    };
    page.paragraph(format!(
        "Expected {} in {}, compared with {}.",
        report.run.counted, report.run.first_target, movers.against
    ));
    for (what, all) in [("Countries", &movers.countries), (report.run.unit_kind.as_str(), &movers.units)] {
        if !all.is_empty() {
            table(report, what, all, page);
        }
    }
    if movers.countries.is_empty() && movers.units.is_empty() {
        page.paragraph("Nothing changed.");
    }
}

fn table(report: &Report, what: &str, movers: &[Mover], page: &mut Html) {
    let caption = format!("Largest changes: {what} · {}", stamp(&report.run));
    let headings = [("Id", Left), ("Place", Left), ("Before", Right), ("Now", Right), ("Change", Right)];
    page.open_table(caption, &headings);
    for mover in movers {
        let sign = if mover.change() > 0.0 { "+" } else { "" };
        let cells = [
            (mover.place.clone(), Left),
            (number(mover.before), Right),
            (number(mover.expected), Right),
            (format!("{sign}{}", number(mover.change())), Right),
        ];
        page.row(&mover.unit, &cells);
    }
    page.close_table();
}

/// A row a country that opens to its past, its forecast and its units.
pub(super) fn countries(report: &Report, page: &mut Html) {
    if report.places.is_empty() {
        page.paragraph("These units have no country.");
        return;
    }
    page.paragraph(format!(
        "{} countries, the most expected {} first. Sums of {}; open one to see its past and its forecast to {}.",
        count(report.places.len()),
        report.run.counted,
        report.run.unit_kind,
        report.run.last_target
    ));
    for (i, place) in report.places.iter().enumerate() {
        page.raw(if i < OPEN {
            "<details class=\"place\" open id=\"country-"
        } else {
            "<details class=\"place\" id=\"country-"
        });
        page.text(&place.code).raw("\"><summary>");
        heading(report, place, page);
        page.raw("</summary>\n");
        detail(report, place, page);
        page.raw("</details>\n");
    }
}

/// Name, expectation and interval, what was before.
fn heading(report: &Report, place: &Place, page: &mut Html) {
    let first = place.steps.first();
    let expected = first.and_then(|total| total.expected);
    page.element("b", &place.name).raw(" <span>").text(maybe(expected)).raw(" expected");
    if let Some([low, .., high]) = first.and_then(|total| total.quantiles) {
        page.text(format!(" (90 % interval {} to {})", number(low), number(high)));
    }
    let (label, last) = place.past.last().map_or(("", None), |(label, last)| (label.as_str(), *last));
    page.text(format!(" in {}; {label} had {}", report.run.first_target, maybe(last)));
    if let Some(previous) = place.previous {
        page.text(format!("; the forecast before expected {}", number(previous)));
    }
    page.raw("</span>");
}

/// What was observed and what is forecast of a country's total.
fn fan(report: &Report, place: &Place) -> Fan {
    let run = &report.run;
    let steps = |of: fn(&[f64; 5]) -> (f64, f64)| -> Vec<(f64, f64)> {
        place.steps.iter().map(|total| total.quantiles.as_ref().map_or((f64::NAN, f64::NAN), of)).collect()
    };
    let middle = |total: &Total| total.quantiles.map_or(total.expected, |quantiles| Some(quantiles[2]));
    Fan {
        title: format!("{}: {} a period, observed and forecast", place.name, run.counted),
        subtitle: stamp(run),
        unit: format!("{} a period", run.counted),
        periods: place
            .past
            .iter()
            .map(|(label, _)| label.clone())
            .chain(run.targets.iter().cloned())
            .collect(),
        observed: place.past.iter().map(|(_, value)| value.unwrap_or(f64::NAN)).collect(),
        median: place.steps.iter().map(|total| middle(total).unwrap_or(f64::NAN)).collect(),
        half: steps(|quantiles| (quantiles[1], quantiles[3])),
        most: steps(|quantiles| (quantiles[0], quantiles[4])),
        scale: Scale::Log1p,
    }
}

fn detail(report: &Report, place: &Place, page: &mut Html) {
    let run = &report.run;
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Chart of ")
        .text(&place.name)
        .raw("\">\n");
    page.svg(&chart::svg(&fan(report, place).chart())).raw("\n</div>\n");
    if place.highest.is_empty() {
        page.paragraph(format!("No {} of its {} expects anything.", run.unit_kind, count(place.units)));
        return;
    }
    let caption =
        format!("{}: the highest of {} {} · {}", place.name, count(place.units), run.unit_kind, stamp(run));
    page.open_table(caption, &risk_headings());
    place.highest.iter().for_each(|risk| page.row(&risk.unit, &risk_cells(risk)));
    page.close_table();
}
