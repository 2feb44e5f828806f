//! HTML that cannot forget to escape: only literals of this program go in unescaped.

use std::fmt::Display;

use forewarn_catalog::atlas::{self, Fragment};
use forewarn_catalog::chart::{self, Chart, Svg};
use forewarn_catalog::text::escape_to;

/// A page in the making.
#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl Html {
    /// A page up to its body, with the style that all pages share.
    pub(crate) fn begin(title: impl Display) -> Self {
        let mut page = Self::default();
        page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n").element("title", title);
        page.raw("\n<style>\n")
            .raw(include_str!("style.css"))
            .raw(atlas::STYLE)
            .raw(chart::STYLE)
            .raw("</style>\n</head>\n<body>\n");
        page
    }

    /// Markup. It is `'static`, so nothing from a record can get here.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text or an attribute's value, escaped.
    pub(crate) fn text(&mut self, text: impl Display) -> &mut Self {
        escape_to(&text.to_string(), &mut self.0);
        self
    }

    /// A piece that was made elsewhere, what came from outside escaped in it.
    pub(crate) fn atlas(&mut self, atlas: &Fragment) -> &mut Self {
        self.0.push_str(&atlas.to_string());
        self
    }

    /// A chart.
    pub(crate) fn svg(&mut self, chart: &Svg) -> &mut Self {
        self.0.push_str(chart.as_str());
        self
    }

    /// An element without attributes around text.
    pub(crate) fn element(&mut self, name: &'static str, text: impl Display) -> &mut Self {
        self.raw("<").raw(name).raw(">").text(text).raw("</").raw(name).raw(">")
    }

    /// A paragraph of [`Html::prose`].
    pub(crate) fn paragraph(&mut self, text: impl Display) -> &mut Self {
        self.raw("<p>").prose(text).raw("</p>\n")
    }

    /// Text in which code stands between backticks.
    pub(crate) fn prose(&mut self, text: impl Display) -> &mut Self {
        let text = text.to_string();
        let pieces: Vec<&str> = text.split('`').collect();
        for (i, piece) in pieces.iter().enumerate() {
            if i % 2 == 0 {
                self.text(piece);
            } else if i + 1 < pieces.len() {
                self.element("code", piece);
            } else {
                self.raw("`").text(piece);
            }
        }
        self
    }

    /// A chart that scrolls by itself, with its caption.
    pub(crate) fn figure(&mut self, chart: &Chart) {
        self.raw(
            "<figure class=\"chart\">\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"",
        );
        self.text(&chart.title).raw("\">\n").svg(&chart::svg(chart)).raw("\n</div>\n<figcaption>");
        self.text(&chart.title).raw(" · ").text(&chart.subtitle).raw("</figcaption>\n</figure>\n");
    }

    /// Opens a table that scrolls by itself on narrow screens, by keyboard too.
    pub(crate) fn open_table(&mut self, caption: impl Display, headings: &[(impl Display, Align)]) {
        self.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"").text(&caption);
        self.raw("\">\n<table>\n").element("caption", caption).raw("\n<thead><tr>");
        for (heading, align) in headings {
            self.raw("<th scope=\"col\"").raw(align.class()).raw(">").text(heading).raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
    }

    /// Closes what [`Html::open_table`] opened.
    pub(crate) fn close_table(&mut self) {
        self.raw("</tbody>\n</table>\n</div>\n");
    }

    /// A row whose first cell names it; what follows a line break is written small below.
    pub(crate) fn row(&mut self, name: impl Display, cells: &[(String, Align)]) {
        self.raw("<tr><th scope=\"row\">").text(name).raw("</th>");
        for (cell, align) in cells {
            let (cell, below) = cell.split_once('\n').unwrap_or((cell, ""));
            self.raw("<td").raw(align.class()).raw(">").text(cell);
            if !below.is_empty() {
                self.element("small", below);
            }
            self.raw("</td>");
        }
        self.raw("</tr>\n");
    }

    /// The page.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// How a column is set.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
    /// Digests and paths.
    Code,
}

impl Align {
    fn class(self) -> &'static str {
        match self {
            Self::Left => "",
            Self::Right => " class=\"number\"",
            Self::Code => " class=\"code\"",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_stays_text() {
        let mut page = Html::default();
        page.raw("<p title=\"").text("\" onload='x'").raw("\">").text("<b>&\u{0}</b>\n").raw("</p>");
        let expected = "<p title=\"&quot; onload=&#39;x&#39;\">&lt;b&gt;&amp;\u{fffd}&lt;/b&gt;\n</p>";
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn code_stands_between_backticks() {
        let paragraph = |text: &str| {
            let mut page = Html::default();
            page.paragraph(text);
            page.finish()
        };
        assert_eq!(paragraph("do `a <b`, then `c`"), "<p>do <code>a &lt;b</code>, then <code>c</code></p>\n");
        assert_eq!(paragraph("one ` alone"), "<p>one ` alone</p>\n");
    }
}
