//! The part of the world that is shown, and its cells.

use forewarn_core::{COLUMNS, Cell, Error, Lines, ROWS, Result, Scene, Shade};

use super::canvas::Canvas;
use super::layout::Projection;
use super::surface::Rect;
use crate::colour::{self, NO_DATA, OUTSIDE, Rgb, SHADES, ZERO};

/// Cells shown around those that have a value.
const MARGIN: i32 = 3;
/// Fewest cells shown across: one cell alone would be a coloured square without a place.
const LEAST: i32 = 24;
/// Tallest picture, as height by width.
const TALLEST: f64 = 1.15;
/// Flattest picture.
const FLATTEST: f64 = 0.4;

/// What a lattice cell shows: nothing, no data, zero, then the shades of the ramp.
pub(super) type Class = u16;
pub(super) const EMPTY: Class = 0;
pub(super) const MISSING: Class = 1;
const NOTHING: Class = 2;
const FIRST: Class = 3;

/// Columns and rows of the half-degree lattice, from 0, ends excluded; rows run from the south.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Extent {
    west: i32,
    east: i32,
    south: i32,
    north: i32,
    projection: Projection,
    /// Where rows begin, from the north, and where the last one ends, in widths of a column.
    edges: Vec<f64>,
}

impl Extent {
    /// The cells with a margin, widened to a balanced shape as far as the world goes.
    pub(super) fn of(cells: &[(Cell, u32)], projection: Projection) -> Self {
        let span = |index: fn(Cell) -> u32| {
            let indices = cells.iter().map(|&(cell, _)| index(cell) as i32 - 1);
            indices.fold((i32::MAX, i32::MIN), |(low, high), i| (low.min(i), high.max(i + 1)))
        };
        let (west, east) = widen(span(Cell::col), MARGIN, LEAST, COLUMNS as i32);
        let (south, north) = widen(span(Cell::row), MARGIN, LEAST, ROWS as i32);
        let (wide, tall) = (f64::from(east - west), f64::from(north - south));
        let (west, east) = widen((west, east), 0, (tall / TALLEST).ceil() as i32, COLUMNS as i32);
        let (south, north) = widen((south, north), 0, (wide * FLATTEST).ceil() as i32, ROWS as i32);
        let top = northing(projection, f64::from(north));
        let edges = (south..=north).rev().map(|row| top - northing(projection, f64::from(row))).collect();
        Self { west, east, south, north, projection, edges }
    }

    pub(super) fn columns(&self) -> usize {
        (self.east - self.west) as usize
    }

    /// Where rows begin, from the north, and where the last one ends, in widths of a column.
    pub(super) fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Height in widths of a column.
    pub(super) fn tall(&self) -> f64 {
        self.edges[self.edges.len() - 1]
    }

    fn rows(&self) -> usize {
        (self.north - self.south) as usize
    }

    /// Height in pixels for a width in pixels.
    pub(super) fn height(&self, width: i32) -> i32 {
        (f64::from(width) * self.tall() / self.columns() as f64).round() as i32
    }

    /// What each lattice cell shows, rows from the north.
    pub(super) fn classes(&self, scene: &Scene) -> Result<Vec<Class>> {
        let mut classes = vec![EMPTY; self.rows() * self.columns()];
        for (cell, value) in scene.cells() {
            let column = (cell.col() as i32 - 1 - self.west) as usize;
            let row = (self.north - cell.row() as i32) as usize;
            let class = &mut classes[row * self.columns() + column];
            if *class != EMPTY {
                return Err(Error::data(format!("cell {} is on the scene twice", cell.gid())));
            }
            *class = match value {
                v if v.is_nan() => MISSING,
                0.0 => NOTHING,
                v => FIRST + colour::shade(&scene.legend, v) as Class,
            };
        }
        Ok(classes)
    }

    /// Paints the lattice. A pixel that cells share is mixed from four samples.
    pub(super) fn draw(&self, canvas: &mut Canvas, frame: &Rect, (classes, shade): (&[Class], Shade)) {
        let palette = palette(shade);
        let columns: Vec<f64> = (0..=self.columns()).map(|column| column as f64).collect();
        let (columns, rows) = (samples(frame.width, &columns), samples(frame.height, &self.edges));
        for y in 0..frame.height {
            let [upper, lower] =
                rows[y as usize].map(|row| &classes[row * self.columns()..][..self.columns()]);
            for (x, (pixel, &[left, right])) in canvas.row(frame, y).iter_mut().zip(&columns).enumerate() {
                let seen = [upper[left], upper[right], lower[left], lower[right]];
                *pixel = if seen.iter().all(|&class| class == seen[0]) {
                    flat(&palette, seen[0], (x as i32, y))
                } else {
                    mixed(&palette, seen)
                };
            }
        }
    }

    /// Borders in pixels of the frame, cut where they jump from one side of the world to the other.
    pub(super) fn outlines(&self, borders: &Lines, frame: &Rect) -> Lines {
        let scale_x = frame.width as f32 / self.columns() as f32;
        let scale_y = frame.height as f32 / self.tall() as f32;
        let top = northing(self.projection, f64::from(self.north));
        let project = |&(longitude, latitude): &(f32, f32)| {
            let column = (longitude + 180.0) * 2.0 - self.west as f32;
            let row = (top - northing(self.projection, (f64::from(latitude) + 90.0) * 2.0)) as f32;
            (column * scale_x, row * scale_y)
        };
        let continues = |a: &(f32, f32), b: &(f32, f32)| (a.0 - b.0).abs() < 180.0;
        let pieces = borders.iter().flat_map(|line| line.chunk_by(continues));
        pieces.map(|piece| piece.iter().map(project).collect()).collect()
    }
}

/// Adds `margin` on both sides, then enough to be `least` long, within 0..`world`.
fn widen((low, high): (i32, i32), margin: i32, least: i32, world: i32) -> (i32, i32) {
    let (low, high) = ((low - margin).max(0), (high + margin).min(world));
    let more = (least.min(world) - (high - low)).max(0);
    let low = (low - more / 2).clamp(0, (world - (high - low) - more).max(0));
    (low, (high + more - more / 2).max(low + least.min(world)).min(world))
}

/// How far north of the equator the lower edge of a lattice row is drawn, in widths of a column.
fn northing(projection: Projection, row: f64) -> f64 {
    2.0 * projection.northing(row / 2.0 - 90.0)
}

/// Which of the parts between ascending `edges` the two samples of each of `pixels` pixels fall in.
fn samples(pixels: i32, edges: &[f64]) -> Vec<[usize; 2]> {
    let last = edges.len() - 1;
    let mut part = 0;
    let mut next = |pixel: f64| {
        let position = pixel / f64::from(pixels) * edges[last];
        while part + 1 < last && edges[part + 1] <= position {
            part += 1;
        }
        part
    };
    (0..pixels).map(|p| [0.25, 0.75].map(|within| next(f64::from(p) + within))).collect()
}

/// The colour of each class.
pub(super) fn palette(shade: Shade) -> Vec<Rgb> {
    let mut palette = vec![OUTSIDE, NO_DATA[0], ZERO];
    palette.extend(colour::ramp(shade));
    debug_assert_eq!(palette.len(), usize::from(FIRST) + SHADES);
    palette
}

fn flat(palette: &[Rgb], class: Class, (x, y): (i32, i32)) -> Rgb {
    if class == MISSING && hatched(x, y) { NO_DATA[1] } else { palette[usize::from(class)] }
}

/// Whether a diagonal of the no-data hatch runs through a pixel.
pub(super) fn hatched(x: i32, y: i32) -> bool {
    (x + y).rem_euclid(6) < 2
}

fn mixed(palette: &[Rgb], seen: [Class; 4]) -> Rgb {
    let sums = seen.iter().fold([0_u16; 3], |sums, &class| {
        let colour = palette[usize::from(class)];
        std::array::from_fn(|i| sums[i] + u16::from(colour[i]))
    });
    sums.map(|sum| ((sum + 2) / 4) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widening_keeps_the_cells_reaches_the_length_and_stays_in_the_world() {
        for low in 0..60 {
            for high in low + 1..=60 {
                for (margin, least) in [(0, 0), (3, 24), (3, 60), (0, 90)] {
                    let (west, east) = widen((low, high), margin, least, 60);
                    let case = (low, high, margin, least, west, east);
                    assert!(0 <= west && west <= low && high <= east && east <= 60, "{case:?}");
                    assert!(east - west >= least.min(60), "{case:?}");
                    assert!(east - west <= (high - low + 2 * margin).max(least.min(60)), "{case:?}");
                }
            }
        }
        assert_eq!(widen((30, 31), 3, 24, 60), (19, 43), "in the middle");
    }

    #[test]
    fn samples_cover_every_cell_in_order() {
        assert_eq!(samples(4, &[0.0, 1.0, 2.0]), [[0, 0], [0, 0], [1, 1], [1, 1]]);
        // One and a half pixels a cell: the middle pixel is shared.
        assert_eq!(samples(3, &[0.0, 1.0, 2.0]), [[0, 0], [0, 1], [1, 1]]);
    }

    #[test]
    fn the_lattice_is_that_of_the_grid() {
        // The cell of Baghdad, its edges at 44 and 44.5 east, 33 and 33.5 north.
        let cell = Cell::containing(33.3, 44.4).unwrap();
        let extent = Extent::of(&[(cell, 0)], Projection::PlateCarree);
        let frame = Rect { x: 0, y: 0, width: 240, height: extent.height(240) };
        let corner = extent.outlines(&vec![vec![(44.0, 33.5)]], &frame)[0][0];
        let column = (cell.col() as i32 - 1 - extent.west) as f32 * 10.0;
        let row = (extent.north - cell.row() as i32) as f32 * 10.0;
        assert_eq!(corner, (column, row));
    }

    #[test]
    fn rows_of_equal_area_shrink_towards_the_poles_and_borders_follow_them() {
        let cells: Vec<(Cell, u32)> = [1, 180, 360].map(|row| (Cell::at(row, 360).unwrap(), 0)).into();
        let extent = Extent::of(&cells, Projection::EqualArea);
        let edges = extent.edges();
        let height = |row: usize| edges[row + 1] - edges[row];
        assert_eq!(edges.len(), 361);
        assert!(height(0) < 0.02 && height(180) > 1.33 && (height(0) - height(359)).abs() < 1e-9);
        let frame = Rect { x: 0, y: 0, width: 1000, height: extent.height(1000) };
        let scale = f64::from(frame.height) / extent.tall();
        for row in [0, 60, 180, 300, 360] {
            let latitude = 90.0 - row as f32 / 2.0;
            let y = extent.outlines(&vec![vec![(0.0, latitude)]], &frame)[0][0].1;
            assert!((f64::from(y) - edges[row] * scale).abs() < 1e-3, "{row}");
        }
    }
}
