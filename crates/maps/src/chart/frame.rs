//! Where values stand in the picture.

use super::tick::ticks;
use super::{Along, Axis, Chart, Dot, Mark, Scale, Series};
use crate::text::number;

/// Width of every picture in pixels.
pub(super) const WIDTH: f64 = 720.0;
/// Height of the plot in a picture whose y axis has numbers.
const HEIGHT: f64 = 260.0;
/// Height of a row where it has names.
const ROW: f64 = 24.0;
/// Width of a letter: wide enough for the fonts that systems use, in bold.
const LETTER: f64 = 8.8;
/// Longest name at an axis and longest label, in letters.
pub(super) const NAME: usize = 30;
/// Least distance between the middles of two labels of the y axis.
const APART: f64 = 20.0;

/// The plot's place, and the two axes in it.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
    /// Height of the whole picture.
    pub(super) height: f64,
    pub(super) x: Placed,
    pub(super) y: Placed,
}

/// An axis in pixels.
#[derive(Debug)]
pub(super) struct Placed {
    scale: Scale,
    /// Distances at the two ends.
    ends: (f64, f64),
    pixels: (f64, f64),
    /// Pixels and words.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Frame {
    /// Room for all that the chart draws.
    pub(super) fn around(chart: &Chart) -> Self {
        let (x, y) = (Span::of(chart, Along::X), Span::of(chart, Along::Y));
        let letters = y.labels.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
        let left = (letters.min(NAME) as f64 * LETTER + 14.0).max(40.0);
        let right = WIDTH - margin(chart);
        let notes = chart.series.iter().any(|s| noted(&s.mark, Along::Y) || ruled(s));
        let top = 14.0 + if chart.y.label.is_empty() { 0.0 } else { 18.0 } + if notes { 18.0 } else { 0.0 };
        let rows = chart.y.names.len() as f64;
        let bottom = top + if rows > 0.0 { ROW * rows } else { HEIGHT };
        let below = if chart.x.label.is_empty() { 30.0 } else { 50.0 };
        let vertical = if rows > 0.0 { (top + ROW / 2.0, bottom - ROW / 2.0) } else { (bottom, top) };
        let (x, y) = (x.place((left, right), Along::X), y.place(vertical, Along::Y));
        Self { left, top, right, bottom, height: bottom + below, x, y }
    }

    /// Pixels of a point; `None` for one that cannot be drawn.
    pub(super) fn point(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.x.pixel(x)?, self.y.pixel(y)?))
    }
}

impl Placed {
    /// Pixel of a value; `None` for one that cannot be drawn.
    pub(super) fn pixel(&self, value: f64) -> Option<f64> {
        let share = (self.scale.distance(value)? - self.ends.0) / (self.ends.1 - self.ends.0);
        Some(self.pixels.0 + share * (self.pixels.1 - self.pixels.0))
    }
}

/// What an axis has to hold, and its labels.
struct Span<'a> {
    axis: &'a Axis,
    ends: (f64, f64),
    labels: Vec<(f64, String)>,
}

impl<'a> Span<'a> {
    fn of(chart: &'a Chart, along: Along) -> Self {
        let axis = if along == Along::X { &chart.x } else { &chart.y };
        let names = axis.names.len();
        let mut values: Vec<f64> = chart.series.iter().flat_map(|s| held(&s.mark, along)).collect();
        values.extend(axis.holds.into_iter().flat_map(|(low, high)| [low, high]));
        if names > 0 {
            values.extend([0.0, names as f64 - 1.0]);
        }
        values.retain(|value| axis.scale.distance(*value).is_some());
        let low = values.iter().copied().reduce(f64::min).unwrap_or(0.0);
        let high = values.iter().copied().reduce(f64::max).unwrap_or(1.0);
        if names > 0 {
            let label = |(i, name): (usize, &String)| (i as f64, shortened(name));
            return Self {
                axis,
                ends: (low, high),
                labels: axis.names.iter().enumerate().map(label).collect(),
            };
        }
        let mut ends = if axis.scale == Scale::Log1p { (low.min(0.0), high.max(1e-3)) } else { (low, high) };
        let round = ticks(axis.scale, ends.0, ends.1);
        if let (Scale::Linear, [first, .., last]) = (axis.scale, round.as_slice()) {
            ends = (ends.0.min(*first), ends.1.max(*last));
        }
        Self { axis, ends, labels: round.into_iter().map(|tick| (tick, number(tick))).collect() }
    }

    fn place(self, pixels: (f64, f64), along: Along) -> Placed {
        let scale = self.axis.scale;
        let low = scale.distance(self.ends.0).unwrap_or(0.0);
        let high = scale.distance(self.ends.1).unwrap_or(1.0);
        // A single position stands in the middle.
        let ends = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        let mut placed = Placed { scale, ends, pixels, ticks: Vec::new() };
        let at = |(value, label)| Some((placed.pixel(value)?, label));
        let all: Vec<(f64, String)> = self.labels.into_iter().filter_map(at).collect();
        placed.ticks = if along == Along::X { beside(all) } else { below(all) };
        placed
    }
}

/// Labels side by side: every one, every second, third, ..., as many as fit. Months begin with a January.
fn beside(labels: Vec<(f64, String)>) -> Vec<(f64, String)> {
    let letters = labels.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
    let width = letters as f64 * LETTER + 14.0;
    let (Some(first), Some(last)) = (labels.first(), labels.last()) else { return labels };
    let step = (last.0 - first.0).abs() / (labels.len().max(2) - 1) as f64;
    let fits = |every: &usize| *every as f64 * step >= width;
    let every = [1, 2, 3, 6, 12, 24, 60, 120].into_iter().find(fits).unwrap_or(labels.len().max(1));
    let january = labels.iter().position(|(_, label)| label.ends_with("-01")).unwrap_or(0);
    let kept = labels.into_iter().enumerate().filter(|(i, _)| i % every == january % every);
    kept.map(|(_, label)| label).collect()
}

/// Labels one above the other: those too near to the one before go, and the last stays.
fn below(labels: Vec<(f64, String)>) -> Vec<(f64, String)> {
    let mut kept: Vec<(f64, String)> = Vec::new();
    for label in labels.into_iter().rev() {
        if kept.last().is_none_or(|before| (before.0 - label.0).abs() >= APART) {
            kept.push(label);
        }
    }
    kept.reverse();
    kept
}

/// A name cut to the room there is.
pub(super) fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}

/// Room right of the plot, for labels at the ends of lines and notes.
fn margin(chart: &Chart) -> f64 {
    let ends = chart
        .series
        .iter()
        .filter(|series| matches!(series.mark, Mark::Line(_) | Mark::Band(_) | Mark::Rule(_, Along::Y)));
    let letters = ends.map(|series| series.name.chars().count()).max().unwrap_or(0);
    let notes = chart.series.iter().any(|series| noted(&series.mark, Along::X));
    let ends = if letters > 0 { letters.min(NAME) as f64 * LETTER + 28.0 } else { 24.0 };
    if notes { ends.max(90.0) } else { ends }
}

/// Whether a rule has its name above the frame.
fn ruled(series: &Series) -> bool {
    matches!(series.mark, Mark::Rule(_, Along::X)) && !series.name.is_empty()
}

/// Whether dots along an axis have notes.
fn noted(mark: &Mark, axis: Along) -> bool {
    matches!(mark, Mark::Dots(dots, along) if *along == axis && dots.iter().any(|dot| !dot.note.is_empty()))
}

/// Values of an axis that a mark needs.
fn held(mark: &Mark, along: Along) -> Vec<f64> {
    let is_x = along == Along::X;
    let pick = |(x, y): (f64, f64)| if is_x { x } else { y };
    match mark {
        Mark::Line(points) => {
            points.iter().filter(|p| p.0.is_finite() && p.1.is_finite()).map(|p| pick(*p)).collect()
        }
        Mark::Band(band) => {
            let ends = |&(x, low, high): &(f64, f64, f64)| if is_x { [x, x] } else { [low, high] };
            let whole = |b: &&(f64, f64, f64)| [b.0, b.1, b.2].iter().all(|v| v.is_finite());
            band.iter().filter(whole).flat_map(ends).collect()
        }
        Mark::Bars(bars) if is_x => bars.iter().flat_map(|(x, _)| [x - 0.5, x + 0.5]).collect(),
        Mark::Bars(bars) => bars.iter().map(|(_, y)| *y).chain([0.0]).collect(),
        Mark::Dots(dots, interval) => {
            let ends = |dot: &Dot| dot.interval.filter(|_| *interval == along);
            dots.iter()
                .flat_map(|dot| {
                    [pick(dot.at)].into_iter().chain(ends(dot).into_iter().flat_map(|(l, h)| [l, h]))
                })
                .collect()
        }
        Mark::Rule(value, axis) if *axis == along => vec![*value],
        Mark::Rule(..) => Vec::new(),
    }
}
