//! Pixels.

use forewarn_core::{Error, Result};

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

/// A picture in 8-bit RGB. Drawing outside it draws nothing.
#[derive(Debug)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, paper: Rgb) -> Self {
        Self { width, height, pixels: vec![paper; width * height] }
    }

    pub(super) fn width(&self) -> i32 {
        self.width as i32
    }

    fn at(&mut self, (x, y): (i32, i32)) -> Option<&mut Rgb> {
        let inside = (0..self.width as i32).contains(&x) && (0..self.height as i32).contains(&y);
        inside.then(|| &mut self.pixels[y as usize * self.width + x as usize])
    }

    pub(super) fn set(&mut self, position: (i32, i32), colour: Rgb) {
        if let Some(pixel) = self.at(position) {
            *pixel = colour;
        }
    }

    /// Lays `colour` over a pixel, `cover` of it (0 to 1) in steps of a sixteenth: no eye tells more, and
    /// fewer colours make smaller files.
    pub(super) fn blend(&mut self, position: (i32, i32), colour: Rgb, cover: f32) {
        if let Some(pixel) = self.at(position) {
            let cover = (cover.clamp(0.0, 1.0) * 16.0).round() / 16.0;
            for (old, new) in pixel.iter_mut().zip(colour) {
                *old = (f32::from(*old) * (1.0 - cover) + f32::from(new) * cover).round() as u8;
            }
        }
    }

    pub(super) fn fill(&mut self, area: &Rect, colour: Rgb) {
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                self.set((x, y), colour);
            }
        }
    }

    /// A frame one pixel wide, inside `area`.
    pub(super) fn outline(&mut self, area: &Rect, colour: Rgb) {
        for x in area.x..area.right() {
            self.set((x, area.y), colour);
            self.set((x, area.bottom() - 1), colour);
        }
        for y in area.y..area.bottom() {
            self.set((area.x, y), colour);
            self.set((area.right() - 1, y), colour);
        }
    }

    /// One row of pixels inside `area`, `y` from its top.
    pub(super) fn row(&mut self, area: &Rect, y: i32) -> &mut [Rgb] {
        let start = (area.y + y) as usize * self.width + area.x as usize;
        &mut self.pixels[start..start + area.width as usize]
    }

    pub(super) fn png(&self) -> Result<Vec<u8>> {
        let failed = |error: png::EncodingError| Error::config("png", error.to_string());
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        // Flat areas and few colours: without a filter, and at this level, the file is a third smaller than
        // with the usual choice, in the same time.
        encoder.set_filter(png::Filter::NoFilter);
        encoder.set_deflate_compression(png::DeflateCompression::Level(4));
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(self.pixels.as_flattened()).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(bytes)
    }
}
