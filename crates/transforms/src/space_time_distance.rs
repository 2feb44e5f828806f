//! How far the nearest event is, in space and time.

use forewarn_core::prelude::*;

use crate::window::{Window, places};
use crate::{Compat, settings};

forewarn_core::entry!(Transform: SpaceTimeDistance as "space-time-distance", check);

/// Degrees between the centres of adjacent cells.
const CELL_DEGREES: f64 = 0.5;

/// Distance to the nearest event so far, in space and time; the reference calls it `spatial.sptime_dist`.
///
/// `y(i, t) = min over events (j, s <= t) of sqrt(d(i,j)^2 + (time-scale (t - s))^2)`, where an event is a value
/// above 0 and `d` is the distance of cell centres in degrees on the flat map (its edge is the 180th meridian). It is
/// exact: of the events of a cell only the latest can be nearest, and the rest is a distance transform of a sampled
/// function (Felzenszwalb and Huttenlocher 2012, doi:10.4086/toc.2012.v008a019).
///
/// Missing: where the cell was not observed in the period (it may be the event), and before the first event
/// anywhere. The reference reads missing as no event and writes 999 before the first one; `compat = "views"` does
/// the same. Its means over several events and its event weights are in no production feature set and not here.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SpaceTimeDistance {
    /// Degrees that one period counts for, above 0.
    pub time_scale: f64,
    /// `views` reads missing as no event.
    pub compat: Compat,
}

impl Default for SpaceTimeDistance {
    fn default() -> Self {
        Self { time_scale: 1.0, compat: Compat::None }
    }
}

impl SpaceTimeDistance {
    fn check(self) -> Result<Self> {
        settings::positive("space-time-distance", "time-scale", self.time_scale)?;
        Ok(self)
    }
}

impl Transform for SpaceTimeDistance {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        let window = Window::around(&places(args.units, self.compat)?, 0);
        let mut latest = vec![None; window.len()];
        let mut nearest = NearestEvent::new(&window);
        let scale = self.time_scale / CELL_DEGREES;
        let never = if self.compat.views() { 999.0 } else { f32::NAN };
        let mut out = Vec::with_capacity(args.values.len());
        for (t, field) in args.fields().enumerate() {
            for (&home, _) in window.home.iter().zip(field).filter(|(_, x)| **x > 0.0) {
                latest[home] = Some(t);
            }
            let squares = nearest.squares(|cell| latest[cell].map(|s| (scale * (t - s) as f64).powi(2)));
            let distance = |(&home, x): (&usize, &f32)| {
                if x.is_nan() && !self.compat.views() {
                    f32::NAN
                } else if squares[home].is_infinite() {
                    never
                } else {
                    (CELL_DEGREES * squares[home].sqrt()) as f32
                }
            };
            out.extend(window.home.iter().zip(field).map(distance));
        }
        Ok(out)
    }

    fn examples(&self) -> Vec<TransformExample> {
        // Two neighbours and a cell three columns further east.
        const UNITS: &[u32] = &[100_001, 100_002, 100_005];
        const NAN: f32 = f32::NAN;
        const DIAGONAL: f32 = 1.118_034;
        vec![
            TransformExample {
                title: "half a degree a cell, one degree a period",
                settings: "{}",
                units: UNITS,
                groups: &[],
                input: &[0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, NAN, 0.0, 0.0, 0.0],
                expect: &[NAN, NAN, NAN, 0.5, 0.0, 1.5, DIAGONAL, 1.0, NAN, 2.061_552_8, 2.0, 2.5],
            },
            TransformExample {
                title: "the reference writes 999 before the first event",
                settings: r#"{"compat": "views"}"#,
                units: UNITS,
                groups: &[],
                input: &[0.0, NAN, 0.0, NAN, 5.0, 0.0],
                expect: &[999.0, 999.0, 999.0, 0.5, 0.0, 1.5],
            },
        ]
    }
}

/// Squared distance transform, one dimension after the other.
struct NearestEvent {
    rows: usize,
    cols: usize,
    squares: Vec<f64>,
    line: Vec<f64>,
    envelope: Vec<Parabola>,
}

/// The parabola `(x - centre)^2 + height` is the lowest from `from` on.
#[derive(Clone, Copy)]
struct Parabola {
    centre: f64,
    height: f64,
    from: f64,
}

impl NearestEvent {
    fn new(window: &Window) -> Self {
        let (rows, cols) = (window.rows, window.cols);
        Self { rows, cols, squares: vec![0.0; rows * cols], line: Vec::new(), envelope: Vec::new() }
    }

    /// For each cell the least squared distance, where `height` is that of an event to its own cell.
    fn squares(&mut self, height: impl Fn(usize) -> Option<f64>) -> &[f64] {
        for (cell, square) in self.squares.iter_mut().enumerate() {
            *square = height(cell).unwrap_or(f64::INFINITY);
        }
        for row in 0..self.rows {
            self.along(row * self.cols, 1, self.cols);
        }
        for col in 0..self.cols {
            self.along(col, self.cols, self.rows);
        }
        &self.squares
    }

    /// Transforms one line: `len` cells from `start` on, every `stride`-th.
    fn along(&mut self, start: usize, stride: usize, len: usize) {
        self.line.clear();
        self.line.extend((0..len).map(|i| self.squares[start + i * stride]));
        self.fit_envelope();
        let Some((mut lowest, mut later)) = self.envelope.split_first() else { return };
        for i in 0..len {
            let x = i as f64;
            while let Some((next, rest)) = later.split_first().filter(|(next, _)| next.from <= x) {
                (lowest, later) = (next, rest);
            }
            self.squares[start + i * stride] = (x - lowest.centre).powi(2) + lowest.height;
        }
    }

    /// The lower envelope of the parabolas that stand on the line.
    fn fit_envelope(&mut self) {
        self.envelope.clear();
        for (i, &height) in self.line.iter().enumerate().filter(|(_, h)| h.is_finite()) {
            let mut new = Parabola { centre: i as f64, height, from: f64::NEG_INFINITY };
            while let Some(last) = self.envelope.last() {
                new.from = crossing(last, &new);
                if new.from > last.from {
                    break;
                }
                self.envelope.pop();
                new.from = f64::NEG_INFINITY;
            }
            self.envelope.push(new);
        }
    }
}

/// Where two parabolas meet; `b` is lower to the right of it.
fn crossing(a: &Parabola, b: &Parabola) -> f64 {
    let lift = |p: &Parabola| p.height + p.centre * p.centre;
    (lift(b) - lift(a)) / (2.0 * (b.centre - a.centre))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Straight from the definition.
    fn naive(scale: f64, units: &Units, values: &[f32]) -> Vec<f32> {
        let n = units.len();
        let at = |i: usize| Cell::try_from(units[i % n]).unwrap().centre();
        let distance = |i: usize, j: usize| {
            let ((a, b), (c, d)) = (at(i), at(j));
            ((a - c).powi(2) + (b - d).powi(2) + (scale * (i / n - j / n) as f64).powi(2)).sqrt()
        };
        let events = |t: usize| (0..(t + 1) * n).filter(|&j| values[j] > 0.0);
        let nearest = |i: usize| events(i / n).map(|j| distance(i, j)).reduce(f64::min);
        let value = |i: usize| if values[i].is_nan() { f64::NAN } else { nearest(i).unwrap_or(f64::NAN) };
        (0..values.len()).map(|i| value(i) as f32).collect()
    }

    proptest! {
        #[test]
        fn it_is_what_its_definition_says(
            values in prop::collection::vec(prop_oneof![8 => Just(0.0), 1 => Just(3.0), 1 => Just(f32::NAN)], 150),
            scale in 0.01_f64..10.0,
        ) {
            let units: Units = (0..30_u32).map(|i| Unit(50_001 + i * 3 % 13 + 720 * (i * 3 / 13))).collect();
            let args = TransformArgs::new(&units, &values, &[]).unwrap();
            let ours = SpaceTimeDistance { time_scale: scale, compat: Compat::None }.apply(&args).unwrap();
            for (a, b) in ours.iter().zip(naive(scale, &units, &values)) {
                prop_assert!((a - b).abs() <= 1e-5 || (a.is_nan() && b.is_nan()), "{} != {}", a, b);
            }
        }
    }
}
