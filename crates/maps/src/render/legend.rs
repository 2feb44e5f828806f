//! The legend: what the colours mean.

use forewarn_core::{Scene, Shade};

use super::canvas::{Canvas, Rect};
use super::extent::hatched;
use super::style::Style;
use super::text::{Anchor, Paragraph};
use crate::caption::number;
use crate::colour::{self, HAIRLINE, INK, NO_DATA, SHADES, ZERO};

/// Height of the whole block in pixels, with the space below it.
pub(super) fn height(style: &Style, label: &Paragraph<'_>) -> i32 {
    label.height() + style.gap / 3 + style.bar + tick(style) + style.small.leading() + style.gap / 2
}

/// Length of a tick mark.
fn tick(style: &Style) -> i32 {
    style.bar / 3
}

/// Draws label, zero box, colour bar, ticks and the no-data swatch below one another and side by side.
pub(super) fn draw(canvas: &mut Canvas, style: &Style, (scene, label): (&Scene, &Paragraph<'_>), at: Anchor) {
    label.draw(canvas, at, INK);
    let y = at.y + label.height() + style.gap / 3;
    let swatch = (style.bar as f32 * 1.6) as i32;
    let zero = Rect { x: at.x, y, width: swatch, height: style.bar };
    canvas.fill(&zero, ZERO);
    canvas.outline(&zero, HAIRLINE);
    mark(canvas, style, &zero, (0.5, &scene.legend.zero));

    let text = style.small.width("no data").ceil() as i32;
    let right = canvas.width() - at.x;
    let missing = Rect { x: right - text - style.gap / 3 - swatch, ..zero };
    hatch(canvas, &missing);
    let centred = y + (style.bar - style.small.leading()) / 2;
    style.small.draw(canvas, "no data", ((right - text) as f32, centred), INK);

    let x = zero.right() + style.gap / 4;
    let bar = Rect { x, width: missing.x - 2 * style.gap - x, ..zero };
    gradient(canvas, &bar, scene.legend.shade);
    ticks(canvas, style, scene, &bar);
}

fn hatch(canvas: &mut Canvas, area: &Rect) {
    for y in area.y..area.bottom() {
        for x in area.x..area.right() {
            canvas.set((x, y), NO_DATA[usize::from(hatched(x, y))]);
        }
    }
}

fn gradient(canvas: &mut Canvas, bar: &Rect, shade: Shade) {
    let ramp = colour::ramp(shade);
    for x in 0..bar.width {
        let shade = (x as usize * (SHADES - 1)) / (bar.width as usize - 1).max(1);
        canvas.fill(&Rect { x: bar.x + x, width: 1, ..*bar }, ramp[shade]);
    }
}

fn ticks(canvas: &mut Canvas, style: &Style, scene: &Scene, bar: &Rect) {
    for (place, text) in kept(style, scene, bar.width) {
        mark(canvas, style, bar, (place, &text));
    }
}

/// Ticks above zero with their numbers, from the top down, on a bar of a width; one whose number would touch
/// its neighbour's, or the zero's, is left out.
fn kept(style: &Style, scene: &Scene, width: i32) -> Vec<(f32, String)> {
    let legend = &scene.legend;
    let above = scene.values.iter().any(|&value| value > legend.top);
    let mut free = f32::MAX;
    let mut kept = Vec::new();
    for &value in legend.ticks.iter().rev().filter(|&&value| value > 0.0) {
        let sign = if above && value == legend.top { "≥ " } else { "" };
        let text = format!("{sign}{}", number(value));
        let place = colour::place(legend, value);
        let (centre, half) = (place * width as f32, style.small.width(&text) / 2.0);
        if centre + half < free && centre > half {
            free = centre - half - style.gap as f32 / 2.0;
            kept.push((place, text));
        }
    }
    kept
}

/// A tick below `bar` at a share of its width, with its number.
fn mark(canvas: &mut Canvas, style: &Style, bar: &Rect, (place, text): (f32, &str)) {
    let x = bar.x as f32 + place * (bar.width - 1) as f32;
    let line = Rect { x: x as i32, y: bar.bottom(), width: 1, height: tick(style) };
    canvas.fill(&line, INK);
    let left = x - style.small.width(text) / 2.0;
    style.small.draw(canvas, text, (left, line.bottom()), INK);
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Ground, Legend, Shade, Unit};

    use super::*;
    use crate::ticks;

    fn texts(top: f32, value: f32, bar: i32) -> Vec<String> {
        let scene = Scene {
            title: String::new(),
            subtitle: String::new(),
            units: [Unit(1)].into(),
            values: vec![value],
            legend: Legend {
                shade: Shade::Log1p,
                top,
                ticks: ticks::log1p(top),
                zero: "0".into(),
                label: String::new(),
            },
            ground: Ground::of_cells(&[Unit(1)].into(), vec![]).unwrap(),
        };
        kept(&Style::new(1600).unwrap(), &scene, bar).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn the_last_tick_tells_whether_there_is_more() {
        assert_eq!(texts(5.0, 5.0, 1200), ["5", "2", "1", "0.5"]);
        assert_eq!(texts(5.0, 5.1, 1200), ["≥ 5", "2", "1", "0.5"]);
    }

    #[test]
    fn numbers_that_would_touch_are_left_out_but_the_top_stays() {
        assert_eq!(
            texts(1000.0, 2000.0, 1200),
            ["≥ 1,000", "500", "250", "100", "50", "25", "10", "5", "2", "1"]
        );
        assert_eq!(texts(1000.0, 2000.0, 300), ["≥ 1,000", "100", "25", "10", "2"]);
    }
}
