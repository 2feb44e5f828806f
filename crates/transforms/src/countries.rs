//! Which countries border on which, and how far apart they are.

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::{COLUMNS, Cell};

use crate::Compat;

/// Countries, their neighbours and centres, from the cells they consist of.
#[derive(Debug)]
pub(crate) struct Countries {
    by_code: BTreeMap<u32, Country>,
}

#[derive(Debug, Default)]
struct Country {
    neighbours: BTreeSet<u32>,
    cells: Vec<Cell>,
}

impl Countries {
    /// Two countries are neighbours when a cell of one touches a cell of the other, at an edge or a corner.
    pub(crate) fn of(land: &[(Cell, u32)]) -> Self {
        let codes: BTreeMap<Cell, u32> = land.iter().copied().collect();
        let mut by_code: BTreeMap<u32, Country> = BTreeMap::new();
        for (&cell, &code) in &codes {
            let country = by_code.entry(code).or_default();
            country.cells.push(cell);
            let others = around(cell).filter_map(|c| codes.get(&c).copied()).filter(|&other| other != code);
            country.neighbours.extend(others);
        }
        Self { by_code }
    }

    /// Whether the country has cells.
    pub(crate) fn contains(&self, code: u32) -> bool {
        self.by_code.contains_key(&code)
    }

    /// The countries that are `inner` to `outer` borders away.
    pub(crate) fn rings(&self, code: u32, inner: usize, outer: usize) -> Vec<u32> {
        let mut seen = BTreeSet::from([code]);
        let mut ring = vec![code];
        let mut found = Vec::new();
        for order in 1..=outer {
            let next = ring.iter().filter_map(|c| self.by_code.get(c)).flat_map(|c| &c.neighbours);
            let next: BTreeSet<u32> = next.copied().filter(|c| !seen.contains(c)).collect();
            ring = next.into_iter().collect();
            seen.extend(&ring);
            if order >= inner {
                found.extend(&ring);
            }
        }
        found
    }

    /// Distance of two centres in degrees: along a great circle, or on the flat map as in the reference.
    pub(crate) fn distance(&self, a: u32, b: u32, compat: Compat) -> f64 {
        let cells = |code| self.by_code.get(&code).map_or(&[][..], |c| &c.cells);
        if compat.views() {
            let ((lat_a, lon_a), (lat_b, lon_b)) = (flat_centre(cells(a)), flat_centre(cells(b)));
            return (lat_a - lat_b).hypot(lon_a - lon_b);
        }
        let (a, b) = (centre(cells(a)), centre(cells(b)));
        let dot: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
        dot.clamp(-1.0, 1.0).acos().to_degrees()
    }
}

/// The cells that touch `cell`, across the 180th meridian too.
fn around(cell: Cell) -> impl Iterator<Item = Cell> {
    let shift = move |(north, east): (u32, u32)| {
        let col = (cell.col() - 1 + COLUMNS + east - 1) % COLUMNS + 1;
        Cell::at((cell.row() + north).wrapping_sub(1), col).ok()
    };
    (0..3).flat_map(|north| (0..3).map(move |east| (north, east))).filter_map(shift)
}

/// Mean latitude and longitude.
fn flat_centre(cells: &[Cell]) -> (f64, f64) {
    let n = cells.len() as f64;
    let sum = cells.iter().map(|c| c.centre()).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    (sum.0 / n, sum.1 / n)
}

/// Mean direction from the centre of the Earth, which holds on both sides of the 180th meridian.
fn centre(cells: &[Cell]) -> [f64; 3] {
    let direction = |cell: &Cell| {
        let ((sin, cos), (east, north)) = {
            let (latitude, longitude) = cell.centre();
            (latitude.to_radians().sin_cos(), longitude.to_radians().sin_cos())
        };
        [cos * north, cos * east, sin]
    };
    let mut sum = [0.0; 3];
    for cell in cells {
        sum.iter_mut().zip(direction(cell)).for_each(|(s, x)| *s += x);
    }
    let norm = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
    sum.map(|x| x / norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn land(cells: &[(u32, u32, u32)]) -> Countries {
        let cells: Vec<_> = cells.iter().map(|&(r, c, code)| (Cell::at(r, c).unwrap(), code)).collect();
        Countries::of(&cells)
    }

    #[test]
    fn neighbours_touch_at_edges_corners_and_the_date_line() {
        let map = land(&[(10, 1, 1), (10, 2, 2), (11, 3, 3), (9, 720, 4), (20, 20, 5)]);
        assert_eq!(map.rings(1, 1, 1), [2, 4]);
        assert_eq!(map.rings(1, 2, 2), [3]);
        assert_eq!(map.rings(4, 1, 3), [1, 2, 3]);
        assert!(map.rings(5, 1, 9).is_empty() && map.rings(99, 1, 9).is_empty());
        assert!(map.contains(5) && !map.contains(99));
    }

    #[test]
    fn centres_hold_across_the_date_line() {
        // A country of two cells on both sides of it, and one cell south of both.
        let map = land(&[(180, 720, 1), (180, 1, 1), (170, 720, 2), (180, 3, 3)]);
        assert!((map.distance(1, 3, Compat::None) - 1.25).abs() < 1e-4);
        assert!((map.distance(1, 2, Compat::None) - 5.006).abs() < 1e-3);
        assert!((map.distance(1, 3, Compat::Views) - 178.75).abs() < 1e-9);
    }
}
