//! The picture: SVG that stands in a page.

use super::frame::{Frame, WIDTH, shortened};
use super::markup::Markup;
use super::{Along, Chart, Dot, Mark, Role, Series, described};

/// Least distance between two labels.
const LABEL: f64 = 17.0;
/// What ends this near to the frame's right edge has its name there.
const NEAR: f64 = 60.0;
/// Half the width of a bar, in units of x.
const HALF: f64 = 0.42;

/// A finished picture. Only [`svg`] makes one, and it escapes all that came from outside, so a page may take
/// it as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Svg(String);

impl Svg {
    /// The element `<svg>`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A label that waits for its place: class, words, and the point it belongs to.
type End = (&'static str, String, (f64, f64));

/// Draws a chart as an `<svg>` element for a page that has [`STYLE`](super::STYLE).
///
/// Its name is the chart's title and subtitle, its description carries the key numbers
/// ([`described`]). Values that are not finite, or not on the axis, are gaps.
pub fn svg(chart: &Chart) -> Svg {
    let frame = Frame::around(chart);
    let mut to = Markup::default();
    to.raw("<svg class=\"plot\" role=\"img\" viewBox=\"0 0 ").length(WIDTH).raw(" ").length(frame.height);
    to.raw("\">\n<title>").text(&chart.title);
    if !chart.subtitle.is_empty() {
        to.raw(". ").text(&chart.subtitle);
    }
    to.raw("</title>\n<desc>").text(&described(chart)).raw("</desc>\n");
    axes(chart, &frame, &mut to);
    let mut ends = Vec::new();
    for layer in 0..LAYERS {
        for series in chart.series.iter().filter(|series| self::layer(&series.mark) == layer) {
            ends.extend(draw(series, &frame, &mut to));
        }
    }
    if ends.is_empty() && !chart.series.iter().any(|series| visible(&series.mark, &frame)) {
        let middle = (f64::midpoint(frame.left, frame.right), f64::midpoint(frame.top, frame.bottom));
        to.label("tick middle", middle, "there are no values");
    }
    labels(ends, &frame, &mut to);
    to.raw("</svg>\n");
    Svg(to.finish())
}

/// What is drawn over what.
const LAYERS: usize = 5;

fn layer(mark: &Mark) -> usize {
    match mark {
        Mark::Band(_) => 0,
        Mark::Bars(_) => 1,
        Mark::Rule(..) => 2,
        Mark::Line(_) => 3,
        Mark::Dots(..) => 4,
    }
}

/// Whether anything of a mark can be drawn.
fn visible(mark: &Mark, frame: &Frame) -> bool {
    let any = |points: &[(f64, f64)]| points.iter().any(|point| frame.point(*point).is_some());
    match mark {
        Mark::Line(points) | Mark::Bars(points) => any(points),
        Mark::Band(band) => band.iter().any(|(x, low, high)| any(&[(*x, *low)]) && any(&[(*x, *high)])),
        Mark::Dots(dots, _) => dots.iter().any(|dot| any(&[dot.at])),
        Mark::Rule(..) => false,
    }
}

/// Its classes: `line c0`.
fn colour(role: Role) -> &'static str {
    let models = ["c0", "c1", "c2", "c3", "c4", "c5"];
    match role {
        Role::Observed => "o",
        Role::Model(i) => models[i % models.len()],
        Role::Baseline(i) => ["b0", "b1", "b2"][i % 3],
        Role::Reference => "r",
    }
}

/// Opens `<name class="what colour"`.
fn open(to: &mut Markup, element: &'static str, what: &'static str, role: Role) {
    to.raw("<").raw(element).raw(" class=\"").raw(what).raw(" ").raw(colour(role)).raw("\"");
}

fn axes(chart: &Chart, frame: &Frame, to: &mut Markup) {
    for (y, label) in &frame.y.ticks {
        to.raw("<line class=\"grid\"").place([
            ("x1", frame.left),
            ("y1", *y),
            ("x2", frame.right),
            ("y2", *y),
        ]);
        to.raw("/>\n").label("tick end", (frame.left - 8.0, y + 4.5), label);
    }
    for (x, label) in &frame.x.ticks {
        // Rows have names and lines already; their values need lines too.
        if !chart.y.names.is_empty() {
            let ends = [("x1", *x), ("y1", frame.top), ("x2", *x), ("y2", frame.bottom)];
            to.raw("<line class=\"grid\"").place(ends).raw("/>\n");
        }
        to.label("tick middle", (*x, frame.bottom + 19.0), label);
    }
    if !chart.y.label.is_empty() {
        to.label("axis", (0.0, 14.0), &chart.y.label);
    }
    if !chart.x.label.is_empty() {
        let middle = f64::midpoint(frame.left, frame.right);
        to.label("tick middle", (middle, frame.bottom + 41.0), &chart.x.label);
    }
}

/// Draws a series, and returns the label at its end.
fn draw(series: &Series, frame: &Frame, to: &mut Markup) -> Option<End> {
    let end = match &series.mark {
        Mark::Line(points) => line(series.role, points, frame, to),
        Mark::Band(points) => band(series.role, points, frame, to),
        Mark::Rule(value, along) => rule(series, (*value, *along), frame, to),
        Mark::Bars(values) => {
            bars(series.role, values, frame, to);
            None
        }
        Mark::Dots(dots, along) => {
            for dot in dots {
                self::dot(series.role, (dot, *along), frame, to);
            }
            None
        }
    };
    end.filter(|_| !series.name.is_empty()).map(|end| (colour(series.role), shortened(&series.name), end))
}

/// One path a run of known values; a value with no neighbour is a dot.
fn line(role: Role, points: &[(f64, f64)], frame: &Frame, to: &mut Markup) -> Option<(f64, f64)> {
    let placed: Vec<Option<(f64, f64)>> = points.iter().map(|point| frame.point(*point)).collect();
    for run in placed.split(Option::is_none) {
        let run: Vec<(f64, f64)> = run.iter().copied().flatten().collect();
        match run[..] {
            [] => {}
            [at] => circle(role, at, 3.0, to),
            _ => {
                open(to, "polyline", "line", role);
                to.raw(" points=\"").points(run).raw("\"/>\n");
            }
        }
    }
    placed.into_iter().flatten().next_back()
}

/// One area a run of known intervals; an interval with no neighbour is a thick stroke.
fn band(role: Role, points: &[(f64, f64, f64)], frame: &Frame, to: &mut Markup) -> Option<(f64, f64)> {
    let place = |&(x, low, high): &(f64, f64, f64)| Some((frame.point((x, low))?, frame.point((x, high))?));
    let placed: Vec<Option<_>> = points.iter().map(place).collect();
    for run in placed.split(Option::is_none) {
        let run: Vec<((f64, f64), (f64, f64))> = run.iter().copied().flatten().collect();
        match run[..] {
            [] => {}
            [(low, high)] => {
                open(to, "line", "span", role);
                to.place([("x1", low.0), ("y1", low.1), ("x2", high.0), ("y2", high.1)]).raw("/>\n");
            }
            _ => {
                let back = run.iter().rev().map(|(_, high)| *high);
                open(to, "polygon", "band", role);
                to.raw(" points=\"").points(run.iter().map(|(low, _)| *low).chain(back)).raw("\"/>\n");
            }
        }
    }
    placed.into_iter().flatten().next_back().map(|(_, high)| high)
}

fn rule(series: &Series, (value, along): (f64, Along), frame: &Frame, to: &mut Markup) -> Option<(f64, f64)> {
    if along == Along::Y {
        let y = frame.y.pixel(value)?;
        open(to, "line", "rule", series.role);
        to.place([("x1", frame.left), ("y1", y), ("x2", frame.right), ("y2", y)]).raw("/>\n");
        return Some((frame.right, y));
    }
    let x = frame.x.pixel(value)?;
    open(to, "line", "rule", series.role);
    to.place([("x1", x), ("y1", frame.top), ("x2", x), ("y2", frame.bottom)]).raw("/>\n");
    if series.name.is_empty() {
        return None;
    }
    // Above the frame, or it would lie on the first row; right of the rule, or left of it where the picture ends.
    let late = x > f64::midpoint(frame.left, frame.right);
    let (what, x) = if late { ("name end", x - 5.0) } else { ("name", x + 5.0) };
    open(to, "text", what, series.role);
    to.place([("x", x), ("y", frame.top - 6.0)]).raw(">").text(&shortened(&series.name)).raw("</text>\n");
    None
}

fn bars(role: Role, values: &[(f64, f64)], frame: &Frame, to: &mut Markup) {
    for &(x, y) in values {
        let (Some(from), Some(end)) = (frame.point((x - HALF, 0.0)), frame.point((x + HALF, y))) else {
            continue;
        };
        open(to, "rect", "bar", role);
        let (top, height) = (from.1.min(end.1), (from.1 - end.1).abs());
        to.place([("x", from.0), ("y", top), ("width", end.0 - from.0), ("height", height)]).raw("/>\n");
    }
}

/// A point with its interval and its note; baselines are squares.
fn dot(role: Role, (dot, along): (&Dot, Along), frame: &Frame, to: &mut Markup) {
    let Some((x, y)) = frame.point(dot.at) else { return };
    let ends = dot.interval.and_then(|(low, high)| match along {
        Along::X => Some(((frame.x.pixel(low)?, y), (frame.x.pixel(high)?, y))),
        Along::Y => Some(((x, frame.y.pixel(low)?), (x, frame.y.pixel(high)?))),
    });
    if let Some((low, high)) = ends {
        open(to, "line", "interval", role);
        to.place([("x1", low.0), ("y1", low.1), ("x2", high.0), ("y2", high.1)]).raw("/>\n");
    }
    if matches!(role, Role::Baseline(_)) {
        open(to, "rect", "dot hollow", role);
        to.place([("x", x - 4.0), ("y", y - 4.0), ("width", 8.0), ("height", 8.0)]).raw("/>\n");
    } else {
        circle(role, (x, y), 4.5, to);
    }
    match along {
        _ if dot.note.is_empty() => {}
        Along::X => _ = to.label("note", (frame.right + 8.0, y + 4.0), &dot.note),
        Along::Y => _ = to.label("note tick middle", (x, frame.top - 7.0), &dot.note),
    }
}

fn circle(role: Role, (x, y): (f64, f64), radius: f64, to: &mut Markup) {
    open(to, "circle", "dot", role);
    to.place([("cx", x), ("cy", y), ("r", radius)]).raw("/>\n");
}

/// Names at the ends, pushed apart downwards, then back up into the picture. What ends before the frame does
/// has its name at the top.
fn labels(ends: Vec<End>, frame: &Frame, to: &mut Markup) {
    let reaches = |end: &End| end.2.0 > frame.right - NEAR;
    let (mut ends, early): (Vec<End>, Vec<End>) = ends.into_iter().partition(reaches);
    for (i, (class, name, (x, _))) in early.into_iter().enumerate() {
        to.raw("<text class=\"name end ").raw(class).raw("\"");
        to.place([("x", x - 6.0), ("y", frame.top + 12.0 + LABEL * i as f64)])
            .raw(">")
            .text(&name)
            .raw("</text>\n");
    }
    ends.sort_by(|a, b| a.2.1.total_cmp(&b.2.1));
    let mut rows: Vec<f64> = Vec::new();
    for (_, _, (_, y)) in &ends {
        rows.push(rows.last().map_or(*y, |&above| y.max(above + LABEL)));
    }
    let mut floor = frame.bottom;
    for row in rows.iter_mut().rev() {
        *row = row.min(floor);
        floor = *row - LABEL;
    }
    for ((class, name, (x, y)), row) in ends.into_iter().zip(rows) {
        let left = frame.right + 22.0;
        let leader = [("x1", x + 3.0), ("y1", y), ("x2", left - 4.0), ("y2", row)];
        to.raw("<line class=\"leader\"").place(leader).raw("/>");
        to.raw("<text class=\"name ").raw(class).raw("\"").place([("x", left), ("y", row + 4.5)]);
        to.raw(">").text(&name).raw("</text>\n");
    }
}
