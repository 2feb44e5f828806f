//! A figure: title, maps side by side, legend and footnote, laid out once for every surface.

use forewarn_core::{Cell, Result, Scene};

use super::extent::{Class, Extent};
use super::layout::Layout;
use super::legend::{self, Key};
use super::style::Style;
use super::surface::{Plate, Rect, Surface};
use super::text::{Anchor, Paragraph};
use super::words::Words;
use crate::colour::{HAIRLINE, INK, MUTED};

/// Where everything lies that scenes of one legend and one part of the world need.
#[derive(Debug)]
pub(super) struct Figure {
    layout: Layout,
    style: Style,
    extent: Extent,
    /// Maps in a row.
    columns: usize,
}

/// A map and what is written above it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel<'a> {
    pub(super) scene: &'a Scene,
    pub(super) caption: &'a str,
}

impl Figure {
    /// For maps of all cells of `scenes`, so many in a row.
    pub(super) fn new(layout: Layout, scenes: &[Scene], columns: usize) -> Result<Self> {
        let cells: Vec<(Cell, u32)> = match scenes {
            [one] => one.ground.cells.clone(),
            all => all.iter().flat_map(|scene| &scene.ground.cells).copied().collect(),
        };
        let style = Style::new(layout.width)?;
        Ok(Self { layout, style, extent: Extent::of(&cells, layout.projection), columns })
    }

    fn inner(&self) -> i32 {
        self.layout.width as i32 - 2 * self.style.margin
    }

    /// Draws on what `make` makes of width and height in pixels.
    pub(super) fn draw<S: Surface>(
        &self,
        (panels, words, key): (&[Panel<'_>], &Words, Key<'_>),
        make: impl FnOnce(i32, i32) -> S,
    ) -> Result<S> {
        let (style, inner) = (&self.style, self.inner());
        let title = Paragraph::wrap(&style.title, &words.title, inner);
        let subtitle = Paragraph::wrap(&style.subtitle, &words.subtitle, inner);
        let footer = Paragraph::wrap(&style.small, &words.footnote, inner);
        let label = Paragraph::wrap(&style.label, &key.legend().label, inner);

        let top = style.margin + title.height() + subtitle.height() + style.gap;
        let frames = self.frames(panels, top);
        let below = frames.iter().map(Rect::bottom).max().unwrap_or(top) + style.gap;
        let after = below + legend::height(style, &label);
        let mut surface = make(self.layout.width as i32, after + footer.height() + style.margin);

        let left = |y| Anchor { x: style.margin, y };
        title.draw(&mut surface, left(style.margin), INK);
        subtitle.draw(&mut surface, left(style.margin + title.height()), MUTED);
        for (panel, frame) in panels.iter().zip(&frames) {
            self.panel(&mut surface, panel, frame)?;
        }
        let right = style.margin + inner;
        legend::draw(&mut surface, style, (key, &label), (left(below), right));
        footer.draw(&mut surface, left(after), MUTED);
        Ok(surface)
    }

    /// Where the maps lie, row by row; each with room for its caption above it.
    fn frames(&self, panels: &[Panel<'_>], top: i32) -> Vec<Rect> {
        let (columns, gap) = (self.columns as i32, self.style.gap);
        let width = (self.inner() - (columns - 1) * gap) / columns;
        let captioned = panels.iter().any(|panel| !panel.caption.is_empty());
        let caption = if captioned { self.style.label.leading() + gap / 4 } else { 0 };
        let height = self.extent.height(width);
        let frame = |i: usize| {
            let (row, column) = ((i / self.columns) as i32, (i % self.columns) as i32);
            let x = self.style.margin + column * (width + gap);
            Rect { x, y: top + caption + row * (caption + height + gap), width, height }
        };
        (0..panels.len()).map(frame).collect()
    }

    fn panel(&self, surface: &mut impl Surface, panel: &Panel<'_>, frame: &Rect) -> Result<()> {
        let style = &self.style;
        if !panel.caption.is_empty() {
            let at = (frame.x as f32, frame.y - style.label.leading() - style.gap / 4);
            surface.text(&style.label, panel.caption, at, INK);
        }
        let classes: Vec<Class> = self.extent.classes(panel.scene)?;
        let plate = Plate {
            extent: &self.extent,
            classes: &classes,
            shade: panel.scene.legend.shade,
            borders: &self.extent.outlines(&panel.scene.ground.borders, frame),
            // Thinner on smaller maps, as far as lines can be seen.
            width: (style.border / (self.columns as f32).sqrt()).max(0.75),
        };
        surface.plate(frame, &plate);
        surface.outline(frame, HAIRLINE);
        Ok(())
    }
}
