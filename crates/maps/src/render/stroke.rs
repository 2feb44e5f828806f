//! Anti-aliased lines.

use forewarn_core::Lines;

use super::canvas::{Canvas, Rect};
use crate::colour::BORDER;

/// How much of what lies below shows through a line.
const OPACITY: f32 = 0.8;

/// Draws poly-lines given in pixels of `frame`, `width` pixels wide, cut at the frame.
///
/// A pixel is covered as far as its centre is near the nearest segment, so joints are neither gaps nor
/// blots whatever the angle.
pub(super) fn lines(canvas: &mut Canvas, frame: &Rect, lines: &Lines, width: f32) {
    let mut cover = vec![0_u8; (frame.width * frame.height) as usize];
    for segment in lines.iter().flat_map(|line| line.windows(2)) {
        mark(&mut cover, frame, (segment[0], segment[1]), width / 2.0);
    }
    for (y, row) in cover.chunks_exact(frame.width as usize).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|&(_, &c)| c > 0) {
            let position = (frame.x + x as i32, frame.y + y as i32);
            canvas.blend(position, BORDER, OPACITY * f32::from(row[x]) / 255.0);
        }
    }
}

type Point = (f32, f32);

/// Raises the cover of the pixels near a segment.
fn mark(cover: &mut [u8], frame: &Rect, (from, to): (Point, Point), radius: f32) {
    let reach = radius + 0.5;
    let range = |a: f32, b: f32, end: i32| {
        // Pixel i has its centre at i + 0.5.
        let low = (a.min(b) - reach - 0.5).ceil().max(0.0) as i32;
        let high = (a.max(b) + reach - 0.5).floor().min(end as f32 - 1.0) as i32;
        low..=high
    };
    for y in range(from.1, to.1, frame.height) {
        for x in range(from.0, to.0, frame.width) {
            let near = reach - distance((x as f32 + 0.5, y as f32 + 0.5), from, to);
            let pixel = &mut cover[(y * frame.width + x) as usize];
            *pixel = (*pixel).max((near.clamp(0.0, 1.0) * 255.0) as u8);
        }
    }
}

/// From a point to a segment.
fn distance(point: Point, from: Point, to: Point) -> f32 {
    let (along, off) = ((to.0 - from.0, to.1 - from.1), (point.0 - from.0, point.1 - from.1));
    let squared = along.0 * along.0 + along.1 * along.1;
    let t = if squared > 0.0 { (off.0 * along.0 + off.1 * along.1) / squared } else { 0.0 };
    let t = t.clamp(0.0, 1.0);
    (off.0 - t * along.0).hypot(off.1 - t * along.1)
}
