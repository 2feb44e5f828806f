//! PNG with a palette: a byte a pixel, a third of the work and of the size of RGB.
//!
//! The most frequent colours keep their value; the few pixels of other ones, where cells or lines meet, get the nearest.
//! A picture of at most 256 colours is kept exactly.

use std::collections::BTreeMap;
use std::collections::HashMap;

use forewarn_core::{Error, Result};
use png::{
    BitDepth, BlendOp, ColorType, DeflateCompression, DisposeOp, Encoder, EncodingError, Filter, Writer,
};

use super::canvas::Canvas;
use crate::colour::Rgb;

/// Colours of a palette.
const MOST: usize = 256;
/// Time that a frame is seen, as a fraction of a second.
const DELAY: (u16, u16) = (1, 2);
/// Time that the last frame is seen before the first comes again.
const REST: (u16, u16) = (2, 1);

/// One picture.
pub(super) fn png(canvas: &Canvas) -> Result<Vec<u8>> {
    let mut colours = Colours::default();
    let pixels = colours.number(canvas.pixels());
    let palette = colours.palette(canvas.kept(), MOST);
    let mut bytes = Vec::new();
    let encoder = encoder(&mut bytes, canvas.size(), &palette, 0);
    let mut writer = encoder.write_header().map_err(|e| failed(&e))?;
    writer.write_image_data(&palette.indices(&pixels)).map_err(|e| failed(&e))?;
    writer.finish().map_err(|e| failed(&e))?;
    Ok(bytes)
}

/// A picture that moves: frames of one size, drawn one by one, again and again. After the first only the rectangle that
/// changes is kept, and what stays the same in it is transparent.
pub(super) fn animation(frames: usize, draw: impl Fn(usize) -> Result<Canvas>) -> Result<Vec<u8>> {
    let (mut colours, mut pictures, mut size) = (Colours::default(), Vec::new(), (0, 0));
    let mut kept = Vec::new();
    for i in 0..frames {
        let canvas = draw(i)?;
        if i > 0 && canvas.size() != size {
            return Err(Error::data(format!("frame {i} is not as large as those before it")));
        }
        size = canvas.size();
        kept = canvas.kept().to_vec();
        pictures.push(colours.number(canvas.pixels()));
    }
    let palette = colours.palette(&kept, MOST - 1);
    let mut bytes = Vec::new();
    let mut encoder = encoder(&mut bytes, size, &palette, 1);
    encoder.set_trns(palette.opacity());
    encoder.set_animated(frames as u32, 0).map_err(|e| failed(&e))?;
    encoder.set_frame_delay(DELAY.0, DELAY.1).map_err(|e| failed(&e))?;
    encoder.set_dispose_op(DisposeOp::None).map_err(|e| failed(&e))?;
    let mut writer = encoder.write_header().map_err(|e| failed(&e))?;
    let mut before: Option<Vec<u8>> = None;
    for (i, picture) in pictures.into_iter().enumerate() {
        let now = palette.indices(&picture);
        if i + 1 == frames {
            writer.set_frame_delay(REST.0, REST.1).map_err(|e| failed(&e))?;
        }
        frame(&mut writer, (&now, size.0), before.as_deref(), palette.colours.len() as u8)?;
        before = Some(now);
    }
    writer.finish().map_err(|e| failed(&e))?;
    Ok(bytes)
}

/// Writes what differs from the frame before.
fn frame(
    writer: &mut Writer<&mut Vec<u8>>,
    (now, width): (&[u8], usize),
    before: Option<&[u8]>,
    transparent: u8,
) -> Result<()> {
    let Some(before) = before else { return writer.write_image_data(now).map_err(|e| failed(&e)) };
    let [x, y, wide, high] = changed(now, before, width);
    let mut data = Vec::with_capacity(wide * high);
    for row in y..y + high {
        let range = row * width + x..row * width + x + wide;
        let both = now[range.clone()].iter().zip(&before[range]);
        data.extend(both.map(|(new, old)| if new == old { transparent } else { *new }));
    }
    let place = |writer: &mut Writer<&mut Vec<u8>>| {
        writer.reset_frame_position()?;
        writer.set_frame_dimension(wide as u32, high as u32)?;
        writer.set_frame_position(x as u32, y as u32)?;
        writer.set_blend_op(BlendOp::Over)?;
        writer.write_image_data(&data)
    };
    place(writer).map_err(|e| failed(&e))
}

/// The smallest rectangle of all changes, as x, y, width, height; one pixel where nothing changes.
fn changed(now: &[u8], before: &[u8], width: usize) -> [usize; 4] {
    let (mut low, mut high) = ((usize::MAX, usize::MAX), (0, 0));
    for (y, (new, old)) in now.chunks_exact(width).zip(before.chunks_exact(width)).enumerate() {
        let differs = |x: &usize| new[*x] != old[*x];
        if let (Some(first), Some(last)) = ((0..width).find(differs), (0..width).rfind(differs)) {
            low = (low.0.min(first), low.1.min(y));
            high = (high.0.max(last + 1), y + 1);
        }
    }
    if high.0 == 0 { [0, 0, 1, 1] } else { [low.0, low.1, high.0 - low.0, high.1 - low.1] }
}

fn encoder<'a>(
    bytes: &'a mut Vec<u8>,
    (width, height): (usize, usize),
    palette: &Palette,
    more: usize,
) -> Encoder<'static, &'a mut Vec<u8>> {
    let mut encoder = Encoder::new(bytes, width as u32, height as u32);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    let mut colours = palette.colours.as_flattened().to_vec();
    colours.resize(colours.len() + 3 * more, 0);
    encoder.set_palette(colours);
    encoder.set_filter(Filter::NoFilter);
    encoder.set_deflate_compression(DeflateCompression::Level(LEVEL));
    encoder
}

/// More makes files a little smaller and takes twice as long.
const LEVEL: u8 = 4;

fn failed(error: &EncodingError) -> Error {
    Error::config("png", error.to_string())
}

/// All colours that were seen, numbered in the order they came in, with how often.
#[derive(Debug, Default)]
struct Colours {
    numbers: HashMap<Rgb, u32>,
    all: Vec<(Rgb, u64)>,
}

impl Colours {
    /// The number of each pixel's colour.
    fn number(&mut self, pixels: &[Rgb]) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(pixels.len());
        for run in pixels.chunk_by(|a, b| a == b) {
            let number = *self.numbers.entry(run[0]).or_insert_with(|| {
                self.all.push((run[0], 0));
                self.all.len() as u32 - 1
            });
            self.all[number as usize].1 += run.len() as u64;
            numbers.resize(numbers.len() + run.len(), number);
        }
        numbers
    }

    /// So many: first those of `kept`, then the most frequent ones, of equally frequent ones the darker; and the nearest of
    /// them for all.
    fn palette(&self, kept: &[Rgb], most: usize) -> Palette {
        let mut order: Vec<u32> = (0..self.all.len() as u32).collect();
        order.sort_by_cached_key(|&i| {
            let (colour, count) = self.all[i as usize];
            (!kept.contains(&colour), std::cmp::Reverse(count), colour)
        });
        order.truncate(most);
        let colours: Vec<Rgb> = order.iter().map(|&i| self.all[i as usize].0).collect();
        let kept: BTreeMap<u32, u8> = order.into_iter().zip(0..=u8::MAX).collect();
        let index = |(number, (colour, _)): (usize, &(Rgb, u64))| {
            kept.get(&(number as u32)).copied().unwrap_or_else(|| nearest(&colours, *colour))
        };
        let index = self.all.iter().enumerate().map(index).collect();
        Palette { colours, index }
    }
}

/// Where the colour is that differs least, by the sum of squares with the weights of lightness.
fn nearest(colours: &[Rgb], colour: Rgb) -> u8 {
    let distance = |other: &Rgb| -> i32 {
        let parts = colour.iter().zip(other).zip([3, 6, 1]);
        parts.map(|((a, b), weight)| weight * (i32::from(*a) - i32::from(*b)).pow(2)).sum()
    };
    let best = colours.iter().zip(0..=u8::MAX).min_by_key(|(other, _)| distance(other));
    best.map_or(0, |(_, index)| index)
}

/// Colours of a picture, and which of them each numbered colour gets.
struct Palette {
    colours: Vec<Rgb>,
    index: Vec<u8>,
}

impl Palette {
    fn indices(&self, numbers: &[u32]) -> Vec<u8> {
        numbers.iter().map(|&number| self.index[number as usize]).collect()
    }

    /// Opaque colours, and one after them that is not.
    fn opacity(&self) -> Vec<u8> {
        let mut all = vec![255; self.colours.len()];
        all.push(0);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::surface::{Rect, Surface as _};
    use super::*;

    /// All frames of a picture as they are seen, in RGB.
    fn seen(bytes: &[u8], frames: usize) -> Vec<Vec<Rgb>> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let (width, height) = reader.info().size();
        let mut picture = vec![[0; 3]; (width * height) as usize];
        let mut all = Vec::new();
        for _ in 0..frames {
            let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut buffer).unwrap();
            let place = reader.info().frame_control().map_or((0, 0), |f| (f.x_offset, f.y_offset));
            let samples = info.color_type.samples();
            for (i, pixel) in buffer[..info.buffer_size()].chunks_exact(samples).enumerate() {
                let (x, y) = (i as u32 % info.width + place.0, i as u32 / info.width + place.1);
                if samples == 3 || pixel[3] == 255 {
                    picture[(y * width + x) as usize] = [pixel[0], pixel[1], pixel[2]];
                }
            }
            all.push(picture.clone());
        }
        all
    }

    fn canvas(pixels: &[Rgb], width: usize) -> Canvas {
        let mut canvas = Canvas::new(width, pixels.len() / width, [0; 3]);
        for (i, &colour) in pixels.iter().enumerate() {
            canvas.set(((i % width) as i32, (i / width) as i32), colour);
        }
        canvas
    }

    #[test]
    fn few_colours_are_kept_exactly() {
        let pixels: Vec<Rgb> = (0..=255_u8).map(|i| [i, 255 - i, i / 2]).collect();
        assert_eq!(seen(&png(&canvas(&pixels, 16)).unwrap(), 1)[0], pixels);
    }

    #[test]
    fn of_many_colours_the_frequent_ones_are_kept_and_the_others_come_near() {
        // 512 greys of blue, the even ones twice.
        let mut pixels: Vec<Rgb> =
            (0..512_u16).map(|i| [(i / 2) as u8, (i / 2) as u8, (i % 2) as u8 * 9]).collect();
        pixels.extend_from_within(..);
        pixels.extend((0..256_u16).map(|i| [i as u8, i as u8, 0]));
        let kept = seen(&png(&canvas(&pixels, 128)).unwrap(), 1);
        for (before, after) in pixels.iter().zip(&kept[0]) {
            assert_eq!(before[..2], after[..2]);
            assert_eq!(after[2], 0, "the blue ones are rarer");
        }
    }

    #[test]
    fn colours_of_the_bar_are_kept_however_rare() {
        let ramp: Vec<Rgb> = (0..=255_u8).map(|i| [i, 0, 255 - i]).collect();
        let mut canvas = Canvas::new(256, 9, [255; 3]);
        canvas.gradient(&Rect { x: 0, y: 0, width: 256, height: 1 }, &ramp);
        for (i, y) in (0..2048_u32).zip(1..) {
            canvas.set(((i % 256) as i32, y / 256 + 1), [(i / 16) as u8, 200, 7]);
        }
        let seen = seen(&png(&canvas).unwrap(), 1).remove(0);
        for (i, colour) in ramp.iter().enumerate() {
            let near = seen[i].iter().zip(colour).all(|(a, b)| a.abs_diff(*b) <= 1);
            assert!(near && (i % 2 == 1 || seen[i] == *colour), "{i}: {:?}", seen[i]);
        }
    }

    #[test]
    fn frames_are_seen_as_they_were_drawn() {
        let mut frames: Vec<Vec<Rgb>> = vec![vec![[9, 9, 9]; 60]; 4];
        frames[1][17] = [200, 0, 0];
        frames[1][33] = [0, 0, 200];
        frames[3][0] = [0, 200, 0];
        let bytes = animation(4, |i| Ok(canvas(&frames[i], 10))).unwrap();
        assert_eq!(seen(&bytes, 4), frames);
        assert!(animation(2, |i| Ok(canvas(&frames[i], 10 + 5 * i))).is_err());
    }

    #[test]
    fn the_rectangle_holds_all_changes() {
        let before = vec![0; 20];
        let mut now = before.clone();
        assert_eq!(changed(&now, &before, 5), [0, 0, 1, 1]);
        (now[7], now[13]) = (1, 1);
        assert_eq!(changed(&now, &before, 5), [2, 1, 2, 2]);
    }
}
