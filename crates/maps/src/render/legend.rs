//! The legend: what the colours mean.

use forewarn_core::{Legend, Scene};

use super::style::Style;
use super::surface::{Rect, Surface};
use super::text::{Anchor, Paragraph};
use crate::caption::number;
use crate::colour::{self, HAIRLINE, INK, ZERO};

/// A legend for one scene or several.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    legend: &'a Legend,
    /// Whether values lie below the scale, and above it.
    beyond: [bool; 2],
}

impl<'a> Key<'a> {
    /// For scenes that share a legend, which is that of the first.
    pub(super) fn of(first: &'a Scene, scenes: &[Scene]) -> Self {
        let legend = &first.legend;
        let any = |off: fn(f32, f32) -> bool| {
            scenes.iter().any(|scene| scene.values.iter().any(|&value| off(value, legend.top)))
        };
        Self { legend, beyond: [any(|value, top| value < -top), any(|value, top| value > top)] }
    }

    /// What the colours mean.
    pub(super) fn legend(&self) -> &'a Legend {
        self.legend
    }
}

/// Height of the whole block in pixels, with the space below it.
pub(super) fn height(style: &Style, label: &Paragraph<'_>) -> i32 {
    label.height() + style.gap / 3 + style.bar + tick(style) + style.small.leading() + style.gap / 2
}

/// Length of a tick mark.
fn tick(style: &Style) -> i32 {
    style.bar / 3
}

/// Draws label, zero box, colour bar, ticks and the no-data swatch below one another and side by side, between the
/// left edge `at` and `right`.
pub(super) fn draw(
    surface: &mut dyn Surface,
    style: &Style,
    (key, label): (Key<'_>, &Paragraph<'_>),
    (at, right): (Anchor, i32),
) {
    label.draw(surface, at, INK);
    let y = at.y + label.height() + style.gap / 3;
    let swatch = (style.bar as f32 * 1.6) as i32;
    let text = style.small.width(&key.legend.zero).ceil() as i32;
    let zero = Rect { x: at.x, y, width: swatch.max(text), height: style.bar };
    surface.fill(&zero, ZERO);
    surface.outline(&zero, HAIRLINE);
    mark(surface, style, &zero, (0.5, &key.legend.zero));

    let text = style.small.width("no data").ceil() as i32;
    let missing = Rect { x: right - text - style.gap / 3 - swatch, width: swatch, ..zero };
    surface.hatch(&missing);
    let centred = y + (style.bar - style.small.leading()) / 2;
    surface.text(&style.small, "no data", ((right - text) as f32, centred), INK);

    let first = key.legend.ticks.first().filter(|_| key.legend.shade.is_signed());
    let half = first.map_or(0.0, |&tick| style.small.width(&wording(key, tick)) / 2.0) as i32;
    let x = zero.right() + half + if half > 0 { style.gap } else { style.gap / 2 };
    let bar = Rect { x, width: missing.x - 2 * style.gap - x, ..zero };
    surface.gradient(&bar, &colour::ramp(key.legend.shade));
    for (place, text) in kept(style, key, bar.width) {
        mark(surface, style, &bar, (place, &text));
    }
}

/// Ticks with their numbers, on a bar of a width. The ends come first, then those further in; one whose number would
/// touch another's, or the zero's beside the bar, is left out. On a scale with two ends there is a 0 in the middle, and
/// ticks stand on both sides or on neither.
fn kept(style: &Style, key: Key<'_>, width: i32) -> Vec<(f32, String)> {
    let legend = key.legend;
    let signed = legend.shade.is_signed();
    let mut kept: Vec<(f32, String)> = Vec::new();
    let mut taken: Vec<(f32, f32)> = Vec::new();
    let room = |text: &str, place: f32| {
        let (centre, half) = (place * width as f32, style.small.width(text) / 2.0);
        (centre - half, centre + half)
    };
    let gap = style.gap as f32 / 2.0;
    let mut keep = |texts: Vec<(f32, String)>| {
        let rooms: Vec<_> = texts.iter().map(|(place, text)| room(text, *place)).collect();
        let free = |&(low, high): &(f32, f32)| taken.iter().all(|&(a, b)| high + gap <= a || low >= b + gap);
        let inside = |&(low, _): &(f32, f32)| signed || low > 0.0;
        if rooms.iter().all(|room| free(room) && inside(room)) {
            taken.extend(rooms);
            kept.extend(texts);
        }
    };
    if signed {
        keep(vec![(0.5, "0".to_owned())]);
    }
    for &value in legend.ticks.iter().rev().filter(|&&value| value > 0.0) {
        let tick = |value: f32| (colour::place(legend, value), wording(key, value));
        keep(if signed { vec![tick(value), tick(-value)] } else { vec![tick(value)] });
    }
    kept
}

/// The number of a tick; at an end with values beyond it, that they are there.
fn wording(key: Key<'_>, value: f32) -> String {
    let top = key.legend.top;
    let sign = match key.beyond {
        [true, _] if value == -top => "≤ ",
        [_, true] if value == top => "≥ ",
        _ => "",
    };
    format!("{sign}{}", number(value))
}

/// A tick below `bar` at a share of its width, with its number.
fn mark(surface: &mut dyn Surface, style: &Style, bar: &Rect, (place, text): (f32, &str)) {
    let x = bar.x as f32 + place * (bar.width - 1) as f32;
    let line = Rect { x: x as i32, y: bar.bottom(), width: 1, height: tick(style) };
    surface.fill(&line, INK);
    let left = x - style.small.width(text) / 2.0;
    surface.text(&style.small, text, (left, line.bottom()), INK);
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Ground, Shade, Unit};

    use super::*;
    use crate::ticks;

    fn texts(shade: Shade, top: f32, value: f32, bar: i32) -> Vec<String> {
        let scene = Scene {
            title: String::new(),
            subtitle: String::new(),
            units: [Unit(1)].into(),
            values: vec![value],
            legend: Legend {
                shade,
                top,
                ticks: ticks::of(shade, top),
                zero: "0".into(),
                label: String::new(),
            },
            ground: Ground::of_cells(&[Unit(1)].into(), vec![]).unwrap(),
        };
        let key = Key::of(&scene, std::slice::from_ref(&scene));
        let mut kept = kept(&Style::new(1600).unwrap(), key, bar);
        kept.sort_by(|a, b| b.0.total_cmp(&a.0));
        kept.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn the_last_tick_tells_whether_there_is_more() {
        assert_eq!(texts(Shade::Log1p, 5.0, 5.0, 1200), ["5", "2", "1", "0.5"]);
        assert_eq!(texts(Shade::Log1p, 5.0, 5.1, 1200), ["≥ 5", "2", "1", "0.5"]);
    }

    #[test]
    fn both_ends_tell_for_themselves_and_ticks_are_mirrored() {
        let all = |value| texts(Shade::SignedLog1p, 5.0, value, 1200);
        assert_eq!(all(0.0), ["5", "2", "1", "0.5", "0", "−0.5", "−1", "−2", "−5"]);
        assert_eq!((all(-6.0)[8].as_str(), all(-6.0)[0].as_str()), ("≤ −5", "5"));
        assert_eq!((all(6.0)[8].as_str(), all(6.0)[0].as_str()), ("−5", "≥ 5"));
        assert_eq!(texts(Shade::SignedLinear, 1.0, f32::NEG_INFINITY, 120), ["1", "0", "≤ −1"]);
    }

    #[test]
    fn numbers_that_would_touch_are_left_out_but_the_top_stays() {
        assert_eq!(
            texts(Shade::Log1p, 1000.0, 2000.0, 1200),
            ["≥ 1,000", "500", "250", "100", "50", "25", "10", "5", "2", "1"]
        );
        assert_eq!(texts(Shade::Log1p, 1000.0, 2000.0, 300), ["≥ 1,000", "100", "25", "10", "2"]);
    }
}
