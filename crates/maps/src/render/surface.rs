//! What can be drawn on: pixels or SVG. Figures are laid out once, for both.

use forewarn_core::{Lines, Shade};

use super::extent::{Class, Extent};
use super::text::Face;
use crate::colour::Rgb;

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Rect {
    pub(super) fn right(&self) -> i32 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> i32 {
        self.y + self.height
    }
}

/// One map, ready to be drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plate<'a> {
    /// The part of the world.
    pub(super) extent: &'a Extent,
    /// What each lattice cell shows, rows from the north.
    pub(super) classes: &'a [Class],
    /// Which colours.
    pub(super) shade: Shade,
    /// Borders and coasts in pixels of the frame.
    pub(super) borders: &'a Lines,
    /// Their width in pixels.
    pub(super) width: f32,
}

/// What can be drawn on.
pub(super) trait Surface {
    /// A flat rectangle.
    fn fill(&mut self, area: &Rect, colour: Rgb);
    /// A frame one pixel wide, inside `area`.
    fn outline(&mut self, area: &Rect, colour: Rgb);
    /// The hatch of «no data».
    fn hatch(&mut self, area: &Rect);
    /// Colours from left to right.
    fn gradient(&mut self, area: &Rect, ramp: &[Rgb]);
    /// One line of text, its upper left corner at `at`.
    fn text(&mut self, face: &Face, text: &str, at: (f32, i32), colour: Rgb);
    /// A map in its frame.
    fn plate(&mut self, frame: &Rect, plate: &Plate<'_>);
}
