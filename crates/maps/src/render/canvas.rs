//! Pixels.

use super::extent::hatched;
use super::stroke;
use super::surface::{Plate, Rect, Surface};
use super::text::Face;
use crate::colour::{NO_DATA, Rgb};

/// A picture in 8-bit RGB. Drawing outside it draws nothing.
#[derive(Debug)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
    kept: Vec<Rgb>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, paper: Rgb) -> Self {
        Self { width, height, pixels: vec![paper; width * height], kept: Vec::new() }
    }

    /// Width and height in pixels.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Colours that a palette must have, however rare they are: half of those of colour bars.
    pub(super) fn kept(&self) -> &[Rgb] {
        &self.kept
    }

    /// All pixels, row by row.
    pub(super) fn pixels(&self) -> &[Rgb] {
        &self.pixels
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

    /// One row of pixels inside `area`, `y` from its top.
    pub(super) fn row(&mut self, area: &Rect, y: i32) -> &mut [Rgb] {
        let start = (area.y + y) as usize * self.width + area.x as usize;
        &mut self.pixels[start..start + area.width as usize]
    }
}

impl Surface for Canvas {
    fn fill(&mut self, area: &Rect, colour: Rgb) {
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                self.set((x, y), colour);
            }
        }
    }

    fn outline(&mut self, area: &Rect, colour: Rgb) {
        for x in area.x..area.right() {
            self.set((x, area.y), colour);
            self.set((x, area.bottom() - 1), colour);
        }
        for y in area.y..area.bottom() {
            self.set((area.x, y), colour);
            self.set((area.right() - 1, y), colour);
        }
    }

    fn hatch(&mut self, area: &Rect) {
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                self.set((x, y), NO_DATA[usize::from(hatched(x, y))]);
            }
        }
    }

    fn gradient(&mut self, area: &Rect, ramp: &[Rgb]) {
        let (middle, last) = (ramp.len() / 2, ramp.len() - 1);
        let every_second = (0..ramp.len()).step_by(2).chain([middle - 1, last]);
        self.kept = every_second.map(|shade| ramp[shade]).collect();
        for x in 0..area.width {
            let shade = (x as usize * (ramp.len() - 1)) / (area.width as usize - 1).max(1);
            self.fill(&Rect { x: area.x + x, width: 1, ..*area }, ramp[shade]);
        }
    }

    fn text(&mut self, face: &Face, text: &str, at: (f32, i32), colour: Rgb) {
        face.draw(self, text, at, colour);
    }

    fn plate(&mut self, frame: &Rect, plate: &Plate<'_>) {
        plate.extent.draw(self, frame, (plate.classes, plate.shade));
        stroke::lines(self, frame, plate.borders, plate.width);
    }
}
