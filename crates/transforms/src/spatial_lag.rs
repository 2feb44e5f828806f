//! What happens in the cells around.

use forewarn_core::prelude::*;

use crate::presence::{has_gaps, observed, or_zero, scaled_sum};
use crate::window::{Window, places};
use crate::{Compat, settings};

forewarn_core::entry!(Transform: SpatialLag as "spatial-lag", check);

/// The weighted sum (or mean) over the cells around, the cell itself left out; the reference calls it
/// `spatial.lag`.
///
/// `y(i) = sum of w(i,j) x(j)` over the cells `j` in the square rings `inner` to `inner + width - 1` around `i`,
/// with `w = d^-power` and `d` the distance in cells: the spatial lag of Anselin (1988),
/// doi:10.1007/978-94-015-7799-1, on a grid that closes at the 180th meridian.
///
/// Missing: neighbours that were not observed are left out and count as the mean of the others, so a gap does not
/// look like peace; where no neighbour was observed the value is missing. Whether the cell itself was observed does
/// not matter. A cell without any neighbour among the units has sum 0 and no mean. In the reference missing
/// neighbours are 0, the mean divides by the neighbours there would be on land without coasts, and cells 720, 1440,
/// ... stand in the wrong place; `compat = "views"` does the same.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SpatialLag {
    /// The first ring that counts; 1 is the 8 cells around.
    #[schemars(range(min = 1, max = 180))]
    pub inner: usize,
    /// How many rings count.
    #[schemars(range(min = 1, max = 180))]
    pub width: usize,
    /// Weights fall with this power of the distance; 0 weighs all cells equally.
    pub power: f64,
    /// Whether to divide by the sum of weights: the mean instead of the sum.
    pub normalise: bool,
    /// `views` makes missing neighbours 0.
    pub compat: Compat,
}

impl Default for SpatialLag {
    fn default() -> Self {
        Self { inner: 1, width: 1, power: 0.0, normalise: false, compat: Compat::None }
    }
}

impl SpatialLag {
    fn check(self) -> Result<Self> {
        settings::rings("spatial-lag", self.inner, self.width, self.power)?;
        Ok(self)
    }

    fn radius(&self) -> usize {
        self.inner + self.width - 1
    }

    /// Offset in the window and weight of each neighbour.
    fn kernel(&self, window: &Window) -> Vec<(isize, f64)> {
        let (radius, inner) = (self.radius() as isize, self.inner as isize);
        let square = (-radius..=radius).flat_map(|r| (-radius..=radius).map(move |c| (r, c)));
        let rings = square.filter(|(r, c)| r.abs().max(c.abs()) >= inner);
        let weight = |r: isize, c: isize| ((r * r + c * c) as f64).sqrt().powf(-self.power);
        rings.map(|(r, c)| (r * window.cols as isize + c, weight(r, c))).collect()
    }
}

impl Transform for SpatialLag {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        let places = places(args.units, self.compat)?;
        let window = Window::around(&places, self.radius());
        let images = if self.compat.views() { Vec::new() } else { window.across_the_date_line(&places) };
        let kernel = self.kernel(&window);
        let mut grid = Grid { kernel, images, reach: self.radius() * (window.cols + 1), window };
        let total = grid.sums(|_| 1.0);
        let all: f64 = grid.kernel.iter().map(|(_, w)| w).sum();
        let mut out = Vec::with_capacity(args.values.len());
        for field in args.fields() {
            let sums = grid.sums(|unit| or_zero(field[unit]));
            let gaps = !self.compat.views() && has_gaps(field);
            let present = if gaps { &grid.sums(|unit| observed(field[unit])) } else { &total };
            let lag = |unit: usize| match (self.normalise, self.compat) {
                (false, Compat::None) => scaled_sum(sums[unit], present[unit], total[unit]),
                (true, Compat::None) => sums[unit] / present[unit],
                (false, Compat::Views) => sums[unit],
                (true, Compat::Views) => sums[unit] / all,
            };
            out.extend((0..field.len()).map(|unit| lag(unit) as f32));
        }
        Ok(out)
    }

    fn examples(&self) -> Vec<TransformExample> {
        // Three cells in a row of the grid and the one north of the middle.
        const UNITS: &[u32] = &[100_001, 100_002, 100_003, 100_722];
        const NAN: f32 = f32::NAN;
        vec![
            TransformExample {
                title: "the sum over the cells around",
                settings: "{}",
                units: UNITS,
                groups: &[],
                input: &[1.0, 2.0, 4.0, 8.0],
                expect: &[10.0, 13.0, 10.0, 7.0],
            },
            TransformExample {
                title: "a missing neighbour counts as the mean of the others; its own value is known all the same",
                settings: "{}",
                units: UNITS,
                groups: &[],
                input: &[1.0, 2.0, NAN, 8.0, NAN, NAN, NAN, 8.0],
                expect: &[10.0, 13.5, 10.0, 4.5, 16.0, 24.0, 16.0, NAN],
            },
            TransformExample {
                title: "the reference sees zeros in the gaps and in the sea",
                settings: r#"{"normalise": true, "compat": "views"}"#,
                units: UNITS,
                groups: &[],
                input: &[1.0, 2.0, NAN, 8.0],
                expect: &[1.25, 1.125, 1.25, 0.375],
            },
            TransformExample {
                title: "the grid closes at the 180th meridian",
                settings: r#"{"power": 1}"#,
                units: &[721, 1440],
                groups: &[],
                input: &[3.0, 5.0],
                expect: &[5.0, 3.0],
            },
        ]
    }
}

/// A convolution on the window.
struct Grid {
    window: Window,
    kernel: Vec<(isize, f64)>,
    images: Vec<(usize, usize)>,
    /// No neighbour is further away in a buffer.
    reach: usize,
}

impl Grid {
    /// For each unit the weighted sum of `value` over its neighbours.
    fn sums(&mut self, value: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut values = vec![0.0; self.window.len()];
        for (unit, &home) in self.window.home.iter().enumerate() {
            values[home] = value(unit);
        }
        for &(position, unit) in &self.images {
            values[position] = value(unit);
        }
        // Whole rows at once: what lies in the margins is computed too, and never read.
        let inside = self.reach..self.window.len() - self.reach;
        let mut sums = vec![0.0; inside.len()];
        for &(offset, weight) in &self.kernel {
            let neighbours = &values[inside.start.wrapping_add_signed(offset)..][..sums.len()];
            for (sum, x) in sums.iter_mut().zip(neighbours) {
                *sum += weight * x;
            }
        }
        self.window.home.iter().map(|home| sums[home - self.reach]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Straight from the definition.
    fn naive(lag: &SpatialLag, units: &Units, field: &[f32]) -> Vec<f32> {
        let at = |i: usize| Cell::try_from(units[i]).unwrap();
        let apart = |i: usize, j: usize| {
            let cols = at(i).col().abs_diff(at(j).col());
            (at(i).row().abs_diff(at(j).row()), cols.min(720 - cols))
        };
        let value = |i: usize| {
            let (mut sum, mut present, mut total) = (0.0, 0.0, 0.0);
            for (j, &x) in field.iter().enumerate() {
                let (r, c) = apart(i, j);
                if (lag.inner..=lag.radius()).contains(&(r.max(c) as usize)) {
                    let weight = f64::from(r * r + c * c).sqrt().powf(-lag.power);
                    total += weight;
                    if !x.is_nan() {
                        (sum, present) = (sum + weight * f64::from(x), present + weight);
                    }
                }
            }
            (if lag.normalise { sum / present } else { scaled_sum(sum, present, total) }) as f32
        };
        (0..field.len()).map(value).collect()
    }

    #[test]
    fn it_is_what_its_definition_says() {
        let units: Units = (0..200_u32).map(|i| Unit(1 + i * 7 % 20 + 720 * (i * 7 / 20))).collect();
        let mut far: Vec<Unit> = units.iter().copied().chain((1..60).map(|r| Unit(720 * r))).collect();
        far.sort_unstable();
        let units: Units = far.into();
        let field: Vec<f32> =
            (0..units.len()).map(|i| if i % 5 == 0 { f32::NAN } else { (i * i % 11) as f32 }).collect();
        for (inner, width, power, normalise) in [(1, 1, 0.0, false), (1, 3, 1.0, true), (2, 2, 0.5, false)] {
            let lag = SpatialLag { inner, width, power, normalise, compat: Compat::None };
            let args = TransformArgs::new(&units, &field, &[]).unwrap();
            for (a, b) in lag.apply(&args).unwrap().iter().zip(naive(&lag, &units, &field)) {
                assert!((a - b).abs() <= 1e-5 * b.abs() || (a.is_nan() && b.is_nan()), "{lag:?}: {a} != {b}");
            }
        }
    }

    #[test]
    fn units_that_are_no_cells_are_refused() {
        let units = [Unit(0), Unit(5)].into();
        let args = TransformArgs::new(&units, &[0.0, 1.0], &[]).unwrap();
        assert!(SpatialLag::default().apply(&args).is_err());
        assert!(SpatialLag { inner: 0, ..SpatialLag::default() }.check().is_err());
    }
}
