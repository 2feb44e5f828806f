//! SVG: the same figure as paths and text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::extent::{Class, EMPTY, MISSING, palette};
use super::style;
use super::surface::{Plate, Rect, Surface};
use super::text::{Face, Weight};
use super::words::Words;
use crate::colour::{BORDER, NO_DATA, OUTSIDE, Rgb};
use crate::data_uri;
use crate::text::escape;

/// A picture that is being written. Writing to a `String` cannot fail.
#[derive(Debug)]
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// Of a size in pixels, with what people hear who do not see it.
    pub(super) fn new((width, height): (i32, i32), title: &str, words: &Words) -> Self {
        let mut text = String::new();
        let _ = write!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n\
             <desc id=\"desc\">{}. {}.</desc>\n<style>\n",
            escape(title),
            escape(&words.subtitle),
            escape(&words.footnote)
        );
        for (weight, name) in [(Weight::Regular, "normal"), (Weight::Bold, "bold")] {
            let font = data_uri("font/ttf", style::bytes(weight));
            let _ = writeln!(
                text,
                "@font-face{{font-family:\"forewarn sans\";font-weight:{name};src:url({font}) format(\"truetype\")}}"
            );
        }
        let _ = write!(
            text,
            "text{{font-family:\"forewarn sans\",\"DejaVu Sans\",sans-serif;white-space:pre}}\n.b{{font-weight:bold}}\n</style>\n\
             <defs><pattern id=\"no-data\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
             <path fill=\"{}\" d=\"M0 0h6v6h-6z\"/><path fill=\"{}\" d=\"M0 0h2l-2 2zM6 2v2l-2 2h-2z\"/></pattern></defs>\n\
             <path fill=\"#fff\" d=\"M0 0h{width}v{height}h-{width}z\"/>\n",
            hex(NO_DATA[0]),
            hex(NO_DATA[1])
        );
        Self { text }
    }

    /// The whole file.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    fn rectangle(&mut self, area: &Rect, fill: &str) {
        let Rect { x, y, width, height } = area;
        let _ = writeln!(self.text, "<path fill=\"{fill}\" d=\"M{x} {y}h{width}v{height}h-{width}z\"/>");
    }

    /// One path a class, in columns and rows of the lattice that a transform makes pixels of.
    fn lattice(&mut self, frame: &Rect, plate: &Plate<'_>) {
        let scale = f64::from(frame.width) / plate.extent.columns() as f64;
        let tall = f64::from(frame.height) / plate.extent.tall();
        let moved = format!(
            "transform=\"translate({} {}) scale({} {})\"",
            frame.x,
            frame.y,
            decimal(scale, 6),
            decimal(tall, 6)
        );
        let paths = paths(plate);
        let palette = palette(plate.shade);
        let _ = writeln!(self.text, "<g shape-rendering=\"crispEdges\" {moved}>");
        for (class, path) in &paths {
            let _ =
                writeln!(self.text, "<path fill=\"{}\" d=\"{path}\"/>", hex(palette[usize::from(*class)]));
        }
        self.text.push_str("</g>\n");
        if let Some(missing) = paths.get(&MISSING) {
            // The hatch is not scaled, its outline is.
            let _ =
                writeln!(self.text, "<clipPath id=\"missing\"><path {moved} d=\"{missing}\"/></clipPath>");
            self.text.push_str("<g clip-path=\"url(#missing)\">");
            self.rectangle(frame, "url(#no-data)");
            self.text.push_str("</g>\n");
        }
    }

    /// Borders as one path, without the parts that cannot be seen.
    fn borders(&mut self, frame: &Rect, plate: &Plate<'_>) {
        let mut path = String::new();
        for line in plate.borders {
            let mut drawn = false;
            for pair in line.windows(2) {
                if !near(frame, pair) {
                    drawn = false;
                    continue;
                }
                let point = |p: (f32, f32)| format!("{} {}", decimal(p.0.into(), 1), decimal(p.1.into(), 1));
                if !drawn {
                    let _ = write!(path, "M{}", point(pair[0]));
                }
                let _ = write!(path, "L{}", point(pair[1]));
                drawn = true;
            }
        }
        if path.is_empty() {
            return;
        }
        let Rect { x, y, width, height } = frame;
        let _ = writeln!(
            self.text,
            "<clipPath id=\"frame\"><path d=\"M{x} {y}h{width}v{height}h-{width}z\"/></clipPath>\n\
             <g clip-path=\"url(#frame)\"><path transform=\"translate({x} {y})\" fill=\"none\" stroke=\"{}\" \
             stroke-opacity=\"0.8\" stroke-linejoin=\"round\" stroke-width=\"{}\" d=\"{path}\"/></g>",
            hex(BORDER),
            decimal(plate.width.into(), 2)
        );
    }
}

impl Surface for Svg {
    fn fill(&mut self, area: &Rect, colour: Rgb) {
        self.rectangle(area, &hex(colour));
    }

    fn outline(&mut self, area: &Rect, colour: Rgb) {
        let (x, y) = (f64::from(area.x) + 0.5, f64::from(area.y) + 0.5);
        let (width, height) = (area.width - 1, area.height - 1);
        let _ = writeln!(
            self.text,
            "<path fill=\"none\" stroke=\"{}\" d=\"M{x} {y}h{width}v{height}h-{width}z\"/>",
            hex(colour)
        );
    }

    fn hatch(&mut self, area: &Rect) {
        self.rectangle(area, "url(#no-data)");
    }

    fn gradient(&mut self, area: &Rect, ramp: &[Rgb]) {
        // Every eighth colour: between them the ramp is straight as far as anybody sees. The middle of a ramp with two
        // ends is a jump, and is given from both sides.
        let mut stops: Vec<usize> = (0..ramp.len()).step_by(8).collect();
        stops.extend([ramp.len() / 2 - 1, ramp.len() / 2, ramp.len() - 1]);
        stops.sort_unstable();
        stops.dedup();
        self.text.push_str("<linearGradient id=\"ramp\">");
        for stop in stops {
            let offset = decimal(stop as f64 / (ramp.len() - 1) as f64, 4);
            let _ = write!(self.text, "<stop offset=\"{offset}\" stop-color=\"{}\"/>", hex(ramp[stop]));
        }
        self.text.push_str("</linearGradient>\n");
        self.rectangle(area, "url(#ramp)");
    }

    fn text(&mut self, face: &Face, text: &str, at: (f32, i32), colour: Rgb) {
        let class = if face.weight() == Weight::Bold { " class=\"b\"" } else { "" };
        let _ = writeln!(
            self.text,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"{class}>{}</text>",
            decimal(at.0.into(), 2),
            decimal(face.baseline(at.1).into(), 2),
            decimal(face.size().into(), 2),
            hex(colour),
            escape(text)
        );
    }

    fn plate(&mut self, frame: &Rect, plate: &Plate<'_>) {
        self.rectangle(frame, &hex(OUTSIDE));
        self.lattice(frame, plate);
        self.borders(frame, plate);
    }
}

/// What is in each class, runs of cells in a row as one rectangle.
fn paths(plate: &Plate<'_>) -> BTreeMap<Class, String> {
    let mut paths: BTreeMap<Class, String> = BTreeMap::new();
    let rows = plate.classes.chunks_exact(plate.extent.columns());
    for (row, edge) in rows.zip(plate.extent.edges().windows(2)) {
        let (top, height) = (decimal(edge[0], 4), decimal(edge[1] - edge[0], 4));
        let mut column = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] != EMPTY {
                let path = paths.entry(run[0]).or_default();
                let _ = write!(path, "M{column} {top}h{0}v{height}h-{0}z", run.len());
            }
            column += run.len();
        }
    }
    paths
}

/// Whether any of a segment may lie in a frame; its points are in pixels of the frame.
fn near(frame: &Rect, pair: &[(f32, f32)]) -> bool {
    let reaches = |a: f32, b: f32, size: i32| a.max(b) >= 0.0 && a.min(b) <= size as f32;
    let (from, to) = (pair[0], pair[1]);
    reaches(from.0, to.0, frame.width) && reaches(from.1, to.1, frame.height)
}

/// A colour as `#rrggbb`.
pub(super) fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A number with so many decimals at most.
fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_never_minus_zero() {
        let cases = [(1.0, "1"), (-0.001, "0"), (2.50, "2.5"), (100.0, "100"), (0.999, "1")];
        for (value, text) in cases {
            assert_eq!(decimal(value, 2), text);
        }
        assert_eq!(decimal(1234.6, 0), "1235");
    }

    #[test]
    fn colours_have_two_digits_a_channel() {
        assert_eq!(hex([1, 171, 255]), "#01abff");
    }

    #[test]
    fn segments_beside_the_frame_are_left_out() {
        let frame = Rect { x: 50, y: 50, width: 10, height: 10 };
        assert!(near(&frame, &[(-5.0, -5.0), (5.0, 5.0)]));
        assert!(near(&frame, &[(-5.0, 5.0), (15.0, 5.0)]), "from one side to the other");
        assert!(!near(&frame, &[(11.0, 5.0), (15.0, 5.0)]));
        assert!(!near(&frame, &[(5.0, -3.0), (5.0, -1.0)]));
    }
}
