//! Anti-aliased lines.

use forewarn_core::Lines;

use super::canvas::Canvas;
use super::surface::Rect;
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
            *pixel = (*pixel).max((near.clamp(0.0, 1.0) * 255.0).round() as u8);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cover(points: &[Point], width: f32) -> Vec<Vec<u8>> {
        let frame = Rect { x: 0, y: 0, width: 12, height: 12 };
        let mut cover = vec![0; 144];
        points.windows(2).for_each(|pair| mark(&mut cover, &frame, (pair[0], pair[1]), width / 2.0));
        cover.chunks(12).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn a_line_on_pixel_centres_is_sharp_and_one_between_is_shared() {
        let sharp = cover(&[(-5.0, 4.5), (20.0, 4.5)], 1.0);
        assert!(sharp[4].iter().all(|&c| c == 255) && sharp[3].iter().chain(&sharp[5]).all(|&c| c == 0));
        let shared = cover(&[(-5.0, 4.0), (20.0, 4.0)], 1.0);
        assert!(shared[3].iter().chain(&shared[4]).all(|&c| c == 128));
    }

    #[test]
    fn joints_are_neither_gaps_nor_blots() {
        // There and back again is the line itself, and a turn leaves no hole.
        let there = cover(&[(2.0, 3.0), (9.0, 8.0)], 1.5);
        assert_eq!(cover(&[(2.0, 3.0), (9.0, 8.0), (2.0, 3.0)], 1.5), there);
        assert_eq!(cover(&[(2.5, 2.5), (6.5, 2.5), (6.5, 9.5)], 1.0)[2][6], 255);
        assert_eq!(cover(&[(6.5, 6.5), (6.5, 6.5)], 1.0)[6][6], 255, "a point");
        assert!(cover(&[(50.0, 50.0), (-90.0, 90.0)], 1.0).concat().iter().all(|&c| c == 0));
    }
}
