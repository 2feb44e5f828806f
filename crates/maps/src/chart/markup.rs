//! Markup that cannot forget to escape: only literals of this program go in as they are.

use std::fmt::Write as _;

use crate::text::escape_to;

/// SVG in the making.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Markup of this program.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text or the value of an attribute.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        escape_to(text, &mut self.0);
        self
    }

    /// A length in pixels, to a tenth.
    pub(super) fn length(&mut self, length: f64) -> &mut Self {
        let tenths = (length * 10.0).round() / 10.0;
        // A negative zero would be another byte for the same place.
        _ = write!(self.0, "{}", tenths + 0.0);
        self
    }

    /// Attributes that say where something stands.
    pub(super) fn place<const N: usize>(&mut self, attributes: [(&'static str, f64); N]) -> &mut Self {
        for (name, length) in attributes {
            self.raw(" ").raw(name).raw("=\"").length(length).raw("\"");
        }
        self
    }

    /// Points of a path, each `x,y`.
    pub(super) fn points(&mut self, points: impl IntoIterator<Item = (f64, f64)>) -> &mut Self {
        for (i, (x, y)) in points.into_iter().enumerate() {
            self.raw(if i == 0 { "" } else { " " }).length(x).raw(",").length(y);
        }
        self
    }

    /// A label: its classes and place, its words.
    pub(super) fn label(&mut self, class: &'static str, at: (f64, f64), words: &str) -> &mut Self {
        self.raw("<text class=\"").raw(class).raw("\"").place([("x", at.0), ("y", at.1)]);
        self.raw(">").text(words).raw("</text>\n")
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_stays_text() {
        let mut markup = Markup::default();
        markup.label("a", (1.0, -0.01), "</text><script>'\"&\u{0}\n");
        let expected = "<text class=\"a\" x=\"1\" y=\"0\">&lt;/text&gt;&lt;script&gt;&#39;&quot;&amp;\u{fffd}\n</text>\n";
        assert_eq!(markup.finish(), expected);
    }

    #[test]
    fn lengths_are_short_and_have_one_form() {
        let mut markup = Markup::default();
        markup.points([(0.04, -0.04), (10.25, 3.0)]);
        assert_eq!(markup.finish(), "0,0 10.3,3");
    }
}
