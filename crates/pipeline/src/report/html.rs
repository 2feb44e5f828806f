//! HTML that cannot forget to escape: only literals of this program go in unescaped.

use std::fmt::Display;

use forewarn_catalog::atlas::{self, Fragment};
use forewarn_catalog::chart::{self, Svg};

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
        for character in text.to_string().chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // No control character is allowed in HTML; a reader should see that there was one.
                c if c.is_control() && !matches!(c, '\n' | '\t') => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
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

    /// A paragraph.
    pub(crate) fn paragraph(&mut self, text: impl Display) -> &mut Self {
        self.element("p", text).raw("\n")
    }

    /// Opens a table that scrolls by itself on narrow screens, by keyboard too.
    pub(crate) fn open_table(&mut self, caption: impl Display, headings: &[(&'static str, Align)]) {
        self.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"").text(&caption);
        self.raw("\">\n<table>\n").element("caption", caption).raw("\n<thead><tr>");
        for &(heading, align) in headings {
            self.raw("<th scope=\"col\"").raw(align.class()).raw(">").raw(heading).raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
    }

    /// Closes what [`Html::open_table`] opened.
    pub(crate) fn close_table(&mut self) {
        self.raw("</tbody>\n</table>\n</div>\n");
    }

    /// A row whose first cell names it.
    pub(crate) fn row(&mut self, name: impl Display, cells: &[(String, Align)]) {
        self.raw("<tr><th scope=\"row\">").text(name).raw("</th>");
        for (cell, align) in cells {
            self.raw("<td").raw(align.class()).raw(">").text(cell).raw("</td>");
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

/// Text in which the characters are escaped that mean something in HTML and XML.
pub(crate) fn escape(text: &str) -> String {
    let mut html = Html::default();
    html.text(text);
    html.0
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
}
