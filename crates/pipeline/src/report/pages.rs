//! What the pages of a run have in common: their names, the links between them, how they begin and end.

use super::html::Html;

/// File names of the pages.
pub(crate) const FORECAST: &str = "report.html";
pub(crate) const EVALUATION: &str = "evaluation.html";
pub(crate) const DRIFT: &str = "drift.html";
pub(crate) const RUN: &str = "run.html";

/// Every page: name, file.
pub(crate) const PAGES: [(&str, &str); 4] =
    [("Forecast", FORECAST), ("Evaluation", EVALUATION), ("Drift", DRIFT), ("Run", RUN)];

/// Links to the pages of the same run; the one that is open is no link.
pub(crate) fn links(open: &str, page: &mut Html) {
    page.raw("<p class=\"pages\">Pages of this run: ");
    for (i, (name, file)) in PAGES.into_iter().enumerate() {
        page.raw(if i > 0 { " · " } else { "" });
        if file == open {
            page.element("strong", name);
        } else {
            page.raw("<a href=\"").raw(file).raw("\">").raw(name).raw("</a>");
        }
    }
    page.raw("</p>\n");
}

/// Begins a page: title, what it is about, links.
pub(crate) fn begin(kind: &'static str, file: &str, (heading, about): (&str, &str)) -> Html {
    let mut page = Html::begin(format!("{kind}: {heading}"));
    page.raw("<header>\n<p class=\"eyebrow\">").raw(kind).raw("</p>\n").element("h1", heading).raw("\n");
    page.paragraph(about);
    links(file, &mut page);
    page.raw("</header>\n<main>\n");
    page
}

/// Ends a page.
pub(crate) fn end(run: &str, mut page: Html) -> String {
    page.raw("</main>\n<footer><p>Run <code>").text(run).raw("</code> · forewarn ");
    page.raw(env!("CARGO_PKG_VERSION")).raw("</p></footer>\n</body>\n</html>\n");
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_leads_to_the_others() {
        for (_, open) in PAGES {
            let page = end("r", begin("Report", open, ("h", "a")));
            let leads = PAGES.into_iter().filter(|(_, file)| page.contains(&format!("href=\"{file}\"")));
            assert_eq!(leads.count(), PAGES.len() - 1, "{open}");
            assert!(!page.contains(&format!("href=\"{open}\"")));
        }
    }
}
