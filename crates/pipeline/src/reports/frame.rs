//! What all pages have around their content.

use forewarn_catalog::chart::{self, Chart};

use super::Report;
use crate::report::html::{Align, Html};

/// Which page it is, and which lie beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) report: Report,
    pub(super) others: &'a [Report],
}

/// The first screen's words.
pub(super) struct Head<'a> {
    /// Which run, period and vintage.
    pub(super) eyebrow: &'a str,
    /// The answer in one sentence.
    pub(super) title: &'a str,
}

/// A card: its question, the answer in a few letters, sentences, and what the numbers are from.
pub(super) struct Card {
    pub(super) question: &'static str,
    /// «missing» where it is `None`.
    pub(super) big: Option<String>,
    pub(super) sentences: Vec<String>,
    pub(super) stamp: String,
}

/// Opens the page up to `<main>`.
pub(super) fn open(head: &Head<'_>, beside: Beside<'_>) -> Html {
    let mut page = Html::begin(format!("{}: {}", beside.report.title(), head.title));
    page.raw("<a class=\"skip\" href=\"#answers\">Skip to the answers</a>\n");
    page.raw("<header>\n<p class=\"eyebrow\">").text(head.eyebrow).raw("</p>\n");
    page.element("h1", head.title).raw("\n</header>\n");
    if !beside.others.is_empty() {
        page.raw("<nav aria-label=\"Reports\"><ul>\n");
        for other in Report::ALL.into_iter().filter(|r| *r == beside.report || beside.others.contains(r)) {
            page.raw("<li><a href=\"").raw(other.file()).raw("\"");
            page.raw(if other == beside.report { " aria-current=\"page\">" } else { ">" });
            page.raw(other.title()).raw("</a></li>\n");
        }
        page.raw("</ul></nav>\n");
    }
    page.raw("<main>\n");
    page
}

/// The answers, before everything else.
pub(super) fn cards(cards: &[Card], page: &mut Html) {
    page.raw("<section id=\"answers\" aria-label=\"Answers\">\n<div class=\"cards\">\n");
    for card in cards {
        page.raw("<article>\n<h2>").raw(card.question).raw("</h2>\n");
        match &card.big {
            Some(big) => page.raw("<p class=\"big\">").text(big).raw("</p>\n"),
            None => page.raw("<p class=\"big missing\">missing</p>\n"),
        };
        for sentence in &card.sentences {
            page.paragraph(sentence);
        }
        page.raw("<p class=\"stamp\">").text(&card.stamp).raw("</p>\n</article>\n");
    }
    page.raw("</div>\n</section>\n");
}

/// A section with its heading.
pub(super) fn section(heading: &'static str, page: &mut Html, content: impl FnOnce(&mut Html)) {
    page.raw("<section>\n<h2>").raw(heading).raw("</h2>\n");
    content(page);
    page.raw("</section>\n");
}

/// A chart with its title above and what it means below.
pub(super) fn figure(chart: &Chart, meaning: &str, page: &mut Html) {
    page.raw("<figure class=\"chart\">\n<figcaption><strong>").text(&chart.title).raw("</strong> ");
    page.text(&chart.subtitle).raw("</figcaption>\n");
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Chart\">\n");
    page.svg(&chart::svg(chart)).raw("</div>\n").paragraph(meaning).raw("</figure>\n");
}

/// A table with its rows; the first cell of a row names it.
pub(super) fn table(
    caption: &str,
    headings: &[(&'static str, Align)],
    rows: &[Vec<String>],
    page: &mut Html,
) {
    page.open_table(caption, headings);
    for row in rows {
        let Some((name, cells)) = row.split_first() else { continue };
        let cells: Vec<(String, Align)> =
            cells.iter().cloned().zip(headings.iter().skip(1).map(|(_, align)| *align)).collect();
        page.row(name, &cells);
    }
    page.close_table();
}

/// Closes the page.
pub(super) fn close(mut page: Html, run: &str) -> String {
    page.raw("</main>\n<footer><p>Run <code>").text(run).raw("</code> · forewarn ");
    page.raw(env!("CARGO_PKG_VERSION")).raw("</p></footer>\n</body>\n</html>\n");
    page.finish()
}
