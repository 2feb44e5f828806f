//! Sizes and fonts for a picture of a given width.

use ab_glyph::FontRef;
use forewarn_core::{Error, Result};

use super::text::{Face, Weight};

/// Sizes in pixels, and the fonts.
#[derive(Debug)]
pub(super) struct Style {
    /// White space around everything.
    pub(super) margin: i32,
    /// White space between blocks.
    pub(super) gap: i32,
    /// Width of borders.
    pub(super) border: f32,
    /// Height of the colour bar.
    pub(super) bar: i32,
    pub(super) title: Face,
    pub(super) subtitle: Face,
    pub(super) label: Face,
    pub(super) small: Face,
}

impl Style {
    /// Text shrinks more slowly than the picture, or it would not be legible when small.
    pub(super) fn new(width: u32) -> Result<Self> {
        let scale = 0.25 + 0.75 * width as f32 / 1600.0;
        let pixels = |at_1600: f32| (at_1600 * scale).round() as i32;
        let [regular, bold] = [font(Weight::Regular)?, font(Weight::Bold)?];
        let face = |(weight, font): &(Weight, FontRef<'static>), size: f32| {
            Face::new(font.clone(), *weight, size * scale)
        };
        Ok(Self {
            margin: pixels(40.0),
            gap: pixels(24.0),
            border: 1.5 * scale,
            bar: pixels(26.0),
            title: face(&bold, 36.0),
            subtitle: face(&regular, 22.0),
            label: face(&bold, 20.0),
            small: face(&regular, 19.0),
        })
    }
}

/// The bytes of an embedded font.
pub(super) fn bytes(weight: Weight) -> &'static [u8] {
    match weight {
        Weight::Regular => include_bytes!("../../assets/DejaVuSans.ttf"),
        Weight::Bold => include_bytes!("../../assets/DejaVuSans-Bold.ttf"),
    }
}

fn font(weight: Weight) -> Result<(Weight, FontRef<'static>)> {
    let font = FontRef::try_from_slice(bytes(weight));
    Ok((weight, font.map_err(|error| Error::config("embedded font", error.to_string()))?))
}
