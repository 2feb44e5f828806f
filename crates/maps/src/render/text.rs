//! Text: kerned, anti-aliased, glyphs placed to a fraction of a pixel.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::canvas::Canvas;
use super::surface::Surface;
use crate::colour::Rgb;

/// A font at a size.
#[derive(Debug, Clone)]
pub(super) struct Face {
    font: FontRef<'static>,
    scale: PxScale,
    /// The em square in pixels.
    size: f32,
    /// Pixels from line to line.
    leading: i32,
    weight: Weight,
}

/// Which of the two embedded fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// The upper left corner of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor {
    pub(super) x: i32,
    pub(super) y: i32,
}

impl Face {
    /// `size` is the em square in pixels.
    pub(super) fn new(font: FontRef<'static>, weight: Weight, size: f32) -> Self {
        let em = font.units_per_em().unwrap_or(2048.0);
        let scale = PxScale::from(size * font.height_unscaled() / em);
        Self { font, scale, size, leading: (size * 1.35).round() as i32, weight }
    }

    /// Pixels from line to line.
    pub(super) fn leading(&self) -> i32 {
        self.leading
    }

    /// The em square in pixels.
    pub(super) fn size(&self) -> f32 {
        self.size
    }

    /// Which of the two embedded fonts.
    pub(super) fn weight(&self) -> Weight {
        self.weight
    }

    /// Where letters stand in a line whose upper edge is at `top`.
    pub(super) fn baseline(&self, top: i32) -> f32 {
        let font = self.font.as_scaled(self.scale);
        let slack = (self.leading as f32 - font.height()) / 2.0;
        (top as f32 + slack + font.ascent()).round()
    }

    /// Width in pixels.
    pub(super) fn width(&self, text: &str) -> f32 {
        self.walk(text, |_, _| {})
    }

    /// One line with its upper left corner at `at`.
    pub(super) fn draw(&self, canvas: &mut Canvas, text: &str, at: (f32, i32), colour: Rgb) {
        let baseline = self.baseline(at.1);
        self.walk(text, |id, x| {
            let glyph = id.with_scale_and_position(self.scale, point(at.0 + x, baseline));
            let Some(outline) = self.font.outline_glyph(glyph) else { return };
            let bounds = outline.px_bounds();
            let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
            outline.draw(|x, y, cover| canvas.blend((left + x as i32, top + y as i32), colour, cover));
        });
    }

    /// Visits each glyph with its x, and returns the width.
    fn walk(&self, text: &str, mut visit: impl FnMut(ab_glyph::GlyphId, f32)) -> f32 {
        let font = self.font.as_scaled(self.scale);
        let mut x = 0.0;
        let mut before = None;
        for character in text.chars() {
            let id = font.glyph_id(character);
            x += before.map_or(0.0, |previous| font.kern(previous, id));
            visit(id, x);
            x += font.h_advance(id);
            before = Some(id);
        }
        x
    }
}

/// Lines that fit a width.
#[derive(Debug)]
pub(super) struct Paragraph<'a> {
    face: &'a Face,
    lines: Vec<String>,
}

impl<'a> Paragraph<'a> {
    /// Breaks between words; a word wider than `width` stands alone and is cut by the picture's edge.
    pub(super) fn wrap(face: &'a Face, text: &str, width: i32) -> Self {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            if let Some(line) = lines.last_mut() {
                let longer = format!("{line} {word}");
                if face.width(&longer) <= width as f32 {
                    *line = longer;
                    continue;
                }
            }
            lines.push(word.to_owned());
        }
        Self { face, lines }
    }

    /// Height in pixels.
    pub(super) fn height(&self) -> i32 {
        self.face.leading * self.lines.len() as i32
    }

    pub(super) fn draw(&self, surface: &mut dyn Surface, at: Anchor, colour: Rgb) {
        for (line, i) in self.lines.iter().zip(0..) {
            surface.text(self.face, line, (at.x as f32, at.y + i * self.face.leading), colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::Style;
    use super::super::surface::Rect;
    use super::*;
    use crate::colour::{INK, PAPER};

    #[test]
    fn lines_fit_and_no_word_is_lost() {
        let style = Style::new(1600).unwrap();
        let text = "Expected deaths in state-based conflict per cell and month, 2021-01";
        for width in [200, 300, 500, 2000] {
            let paragraph = Paragraph::wrap(&style.label, text, width);
            assert_eq!(paragraph.lines.join(" "), text);
            let single = |line: &String| !line.contains(' ');
            let fits = |line: &String| single(line) || style.label.width(line) <= width as f32;
            assert!(paragraph.lines.iter().all(fits), "{width}");
        }
        assert_eq!(Paragraph::wrap(&style.label, " ", 100).height(), 0);
    }

    #[test]
    fn letters_are_kerned_and_those_of_captions_are_in_the_font() {
        let face = Style::new(1600).unwrap().title;
        assert!(face.width("AV") < face.width("A") + face.width("V") - 1.0);
        for letter in "0Aé·×°≥≤–−→«»…“”’žÖ".chars() {
            assert_ne!(face.font.glyph_id(letter).0, 0, "{letter}");
        }
    }

    #[test]
    fn a_line_stays_in_its_box() {
        let face = Style::new(1600).unwrap().title;
        let width = face.width("Égj").ceil() as usize + 2;
        let mut canvas = Canvas::new(width, face.leading as usize, PAPER);
        face.draw(&mut canvas, "Égj", (1.0, 0), INK);
        let all = Rect { x: 0, y: 0, width: width as i32, height: face.leading };
        let ink = |canvas: &mut Canvas, y| canvas.row(&all, y).iter().any(|&pixel| pixel != PAPER);
        assert!(ink(&mut canvas, face.leading / 2));
        assert!(!ink(&mut canvas, 0) && !ink(&mut canvas, face.leading - 1));
    }
}
