//! Structure, amplitude and location: what is wrong with a field as a picture, not cell by cell.

use crate::quantile::quantile;
use crate::simd::Real;

/// The three components of SAL, each 0 for a perfect forecast. Wernli et al. (2008), doi:10.1175/2008MWR2415.1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Components {
    /// Size and flatness of objects, -2 to 2: above 0 when those forecast are too large or too flat. NaN when either
    /// field is empty: without objects there is no structure.
    pub structure: f64,
    /// Domain mean, -2 to 2: above 0 when too much is forecast. 2 or -2 when one field is empty, NaN when both are.
    pub amplitude: f64,
    /// Centre of mass, and distance of the objects from it, 0 to 2. NaN when either field is empty: nothing has no
    /// centre. NaN in a domain of one cell, which has no distances.
    pub location: f64,
}

/// How objects and distances are defined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Cells of an object reach this share of the quantile of its field.
    pub factor: f64,
    /// Probability of the quantile of the cells above 0.
    pub quantile: f64,
    /// Which cells hang together. Objects of a single cell count.
    pub connectivity: Connectivity,
    /// The unit of distances.
    pub diameter: Diameter,
}

impl Default for Settings {
    /// `R* = q95 / 15` of Wernli et al. (2009), doi:10.1175/2009WAF2222271.1, so that one extreme cell does not decide
    /// what an object is; eight neighbours; distances of the paper.
    fn default() -> Self {
        let (connectivity, diameter) = (Connectivity::Eight, Diameter::Centres);
        Self { factor: 1.0 / 15.0, quantile: 0.95, connectivity, diameter }
    }
}

/// Which cells are neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    /// Those that share a side.
    Four,
    /// Those that share a side or a corner.
    Eight,
}

/// What distances are divided by, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diameter {
    /// The largest distance between two cells: `hypot(height - 1, width - 1)`, as in the paper.
    Centres,
    /// From corner to corner: `hypot(height, width)`, as in pysteps.
    Corners,
}

/// SAL of two fields of the same cells, row by row, `width` cells a row.
///
/// `A = (D_f - D_o) / ((D_f + D_o) / 2)` with the domain means `D`; `S` the same of the scaled volumes
/// `V = sum_n R_n (R_n / max_n) / sum_n R_n` of objects with the sums `R_n` and the largest cells `max_n`;
/// `L = |c_f - c_o| / d + 2 |r_f - r_o| / d` with the centres of mass `c`, the mean distance `r` of the objects from
/// it, weighted by `R_n`, and the diameter `d` of the grid.
///
/// A cell that is NaN in either field is outside the domain in both. A negative or infinite value gives NaN.
///
/// # Panics
/// When the fields differ in length or are no whole number of rows.
pub fn components<T: Real>(forecast: &[T], observed: &[T], width: usize, settings: &Settings) -> Components {
    assert_eq!(forecast.len(), observed.len(), "cells of the two fields");
    assert!(
        if width == 0 { forecast.is_empty() } else { forecast.len().is_multiple_of(width) },
        "whole rows"
    );
    let missing = |&(f, o): &(f64, f64)| f.is_nan() || o.is_nan();
    let both = || forecast.iter().zip(observed).map(|(&f, &o)| (f.into(), o.into()));
    let inside = both().filter(|cell| !missing(cell)).count() as f64;
    let value = |cell, value| if missing(&cell) { 0.0 } else { value };
    let field = |cells: Vec<f64>| Field { cells, width };
    let forecast = field(both().map(|cell| value(cell, cell.0)).collect()).features(settings);
    let observed = field(both().map(|cell| value(cell, cell.1)).collect()).features(settings);
    let Some((f, o)) = forecast.zip(observed) else {
        return Components { structure: f64::NAN, amplitude: f64::NAN, location: f64::NAN };
    };
    let height = both().len().checked_div(width).unwrap_or(0) as f64;
    let diameter = match settings.diameter {
        Diameter::Centres => (height - 1.0).hypot(width as f64 - 1.0),
        Diameter::Corners => height.hypot(width as f64),
    };
    let apart = distance(f.centre, o.centre) + 2.0 * (f.scatter - o.scatter).abs();
    Components {
        structure: relative(f.volume, o.volume),
        amplitude: relative(f.total / inside, o.total / inside),
        location: apart / diameter,
    }
}

/// Difference in units of the mean of both.
fn relative(f: f64, o: f64) -> f64 {
    (f - o) / (0.5 * (f + o))
}

type Place = (f64, f64);

fn distance(a: Place, b: Place) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// What SAL compares. All but the total is NaN of an empty field.
struct Features {
    total: f64,
    /// Scaled volume.
    volume: f64,
    centre: Place,
    /// Mean distance of objects from the centre.
    scatter: f64,
}

struct Field {
    cells: Vec<f64>,
    width: usize,
}

/// Cells that hang together.
#[derive(Default)]
struct Object {
    mass: Mass,
    largest: f64,
}

/// Sum of values, and of values times places.
#[derive(Default, Clone, Copy)]
struct Mass {
    total: f64,
    moment: Place,
}

impl Mass {
    fn add(&mut self, value: f64, (row, column): (usize, usize)) {
        self.total += value;
        self.moment.0 += value * row as f64;
        self.moment.1 += value * column as f64;
    }

    fn centre(self) -> Place {
        (self.moment.0 / self.total, self.moment.1 / self.total)
    }
}

impl Field {
    /// `None` when a value is negative or infinite.
    fn features(&self, settings: &Settings) -> Option<Features> {
        if self.cells.iter().any(|v| !v.is_finite() || *v < 0.0) {
            return None;
        }
        let mut mass = Mass::default();
        self.cells.iter().enumerate().for_each(|(i, &v)| mass.add(v, self.place(i)));
        let centre = mass.centre();
        let objects = self.objects(self.threshold(settings), settings.connectivity);
        let sum = |of: &dyn Fn(&Object) -> f64| objects.iter().map(of).sum::<f64>();
        let within = sum(&|o| o.mass.total);
        Some(Features {
            total: mass.total,
            volume: sum(&|o| o.mass.total * (o.mass.total / o.largest)) / within,
            centre,
            scatter: sum(&|o| o.mass.total * distance(o.mass.centre(), centre)) / within,
        })
    }

    /// What the cells of objects reach; NaN of an empty field.
    fn threshold(&self, settings: &Settings) -> f64 {
        let mut wet: Vec<f64> = self.cells.iter().copied().filter(|v| *v > 0.0).collect();
        wet.sort_unstable_by(f64::total_cmp);
        settings.factor * quantile(&wet, settings.quantile)
    }

    fn place(&self, cell: usize) -> (usize, usize) {
        (cell / self.width, cell % self.width)
    }

    fn objects(&self, threshold: f64, connectivity: Connectivity) -> Vec<Object> {
        let mut waiting: Vec<bool> = self.cells.iter().map(|&v| v > 0.0 && v >= threshold).collect();
        let (mut objects, mut open) = (vec![], vec![]);
        for first in 0..self.cells.len() {
            if !std::mem::take(&mut waiting[first]) {
                continue;
            }
            let mut object = Object::default();
            open.push(first);
            while let Some(cell) = open.pop() {
                object.mass.add(self.cells[cell], self.place(cell));
                object.largest = object.largest.max(self.cells[cell]);
                open.extend(
                    self.around(cell, connectivity).filter(|&near| std::mem::take(&mut waiting[near])),
                );
            }
            objects.push(object);
        }
        objects
    }

    fn around(&self, cell: usize, connectivity: Connectivity) -> impl Iterator<Item = usize> {
        let ((row, column), height) = (self.place(cell), self.cells.len() / self.width);
        let near = |at: usize, len: usize| at.saturating_sub(1)..(at + 2).min(len);
        let width = self.width;
        near(row, height)
            .flat_map(move |r| near(column, width).map(move |c| (r, c)))
            .filter(move |&(r, c)| connectivity == Connectivity::Eight || r == row || c == column)
            .map(move |(r, c)| r * width + c)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sal(forecast: &[f64], observed: &[f64], width: usize, settings: Settings) -> [f64; 3] {
        let components = components(forecast, observed, width, &settings);
        [components.structure, components.amplitude, components.location]
    }

    #[test]
    fn worked_by_hand() {
        // Truth: two single cells of 1 in the corners of the first row; forecast: 1 and 3 side by side on the right.
        let observed = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let forecast = [0.0, 0.0, 0.0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        // V: 1 and 4/3. D: 2 and 4 of ten cells. Centres: columns 2 and 3.75; scatter 2 and 0; d^2 = 1 + 16.
        let d = 17.0_f64.sqrt();
        let expected = [1.0 / 3.0 / (7.0 / 6.0), 2.0 / 3.0, (1.75 + 4.0) / d];
        let got = sal(&forecast, &observed, 5, Settings::default());
        assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{got:?} {expected:?}");
        let corners = Settings { diameter: Diameter::Corners, ..Settings::default() };
        let location = sal(&forecast, &observed, 5, corners)[2];
        assert!((location - 5.75 / 29.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn corners_join_objects_only_where_there_are_eight_neighbours() {
        let diagonal = [2.0, 0.0, 0.0, 2.0];
        let four = Settings { connectivity: Connectivity::Four, ..Settings::default() };
        // One object of 4 with largest 2, or two of one cell each: V = 2 or 1, against 1.
        let observed = [2.0, 0.0, 0.0, 0.0];
        assert!((sal(&diagonal, &observed, 2, Settings::default())[0] - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(sal(&diagonal, &observed, 2, four)[0], 0.0);
    }

    #[test]
    fn empty_fields_have_no_structure_and_no_place() {
        let (empty, one) = ([0.0; 4], [0.0, 0.0, 1.0, 0.0]);
        let [s, a, l] = sal(&one, &empty, 2, Settings::default());
        assert!(s.is_nan() && l.is_nan() && a == 2.0);
        assert_eq!(sal(&empty, &one, 2, Settings::default())[1], -2.0);
        assert!(sal(&empty, &empty, 2, Settings::default()).iter().all(|c| c.is_nan()));
        assert!(sal(&[], &[], 0, Settings::default()).iter().all(|c| c.is_nan()));
        assert!(sal(&[-1.0, 0.0, 1.0, 0.0], &one, 2, Settings::default()).iter().all(|c| c.is_nan()));
    }

    #[test]
    fn a_cell_missing_in_one_field_is_missing_in_both() {
        let (nan, observed) = (f64::NAN, [9.0, 1.0, 0.0, 0.0]);
        assert_eq!(sal(&[nan, 1.0, 0.0, 0.0], &observed, 2, Settings::default()), [0.0; 3]);
    }

    proptest! {
        #[test]
        fn components_are_within_their_bounds_and_zero_for_the_truth(
            cells in prop::collection::vec((0_u8..4, 0_u8..4), 2..70), width in 1_usize..12,
        ) {
            let cells = &cells[..cells.len() / width * width];
            let forecast: Vec<f64> = cells.iter().map(|c| f64::from(c.0)).collect();
            let observed: Vec<f64> = cells.iter().map(|c| f64::from(c.1)).collect();
            let [s, a, l] = sal(&forecast, &observed, width, Settings::default());
            let empty = |field: &[f64]| field.iter().all(|v| *v == 0.0);
            prop_assert_eq!(a.is_nan(), empty(&forecast) && empty(&observed));
            prop_assert_eq!(s.is_nan(), empty(&forecast) || empty(&observed));
            let bounded = [s.abs(), a.abs(), l].iter().all(|c| c.is_nan() || (0.0..=2.0).contains(c));
            prop_assert!(bounded, "{s} {a} {l}");
            let same = sal(&forecast, &forecast, width, Settings::default());
            prop_assert!(empty(&forecast) || cells.len() == 1 || same == [0.0; 3], "{same:?}");
            // Seen the other way round, what was too much is too little.
            let [back, less, as_far] = sal(&observed, &forecast, width, Settings::default());
            prop_assert!(s.is_nan() || (s + back).abs() + (a + less).abs() + (l - as_far).abs() < 1e-12);
        }
    }
}
