//! Square rings of grid cells.

use forewarn_core::{COLUMNS, Cell, ROWS, Result, Unit};

/// No unit stands there.
const NOBODY: u32 = u32::MAX;

/// Where units stand on the grid, and the rings around each.
#[derive(Debug)]
pub(super) struct Rings {
    cells: Vec<Cell>,
    /// Unit of every cell of the grid.
    unit_at: Vec<u32>,
    /// Ring of each distance in cells, from 1 on.
    ring_of: Vec<usize>,
    count: usize,
}

impl Rings {
    /// Rings with these outer radii, ascending; none needs no grid.
    ///
    /// # Errors
    /// `Error::Data` when there are rings and a unit is no grid cell.
    pub(super) fn new(units: &[Unit], radii: &[u32]) -> Result<Self> {
        let Some(&reach) = radii.last() else {
            return Ok(Self { cells: Vec::new(), unit_at: Vec::new(), ring_of: Vec::new(), count: 0 });
        };
        let cells = units.iter().map(|&u| Cell::try_from(u)).collect::<Result<Vec<_>>>()?;
        let mut unit_at = vec![NOBODY; (ROWS * COLUMNS) as usize];
        for (i, cell) in cells.iter().enumerate() {
            unit_at[cell.gid() as usize - 1] = i as u32;
        }
        let ring_of = (1..=reach).map(|distance| radii.partition_point(|&outer| outer < distance)).collect();
        Ok(Self { cells, unit_at, ring_of, count: radii.len() })
    }

    /// How many rings.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Sums of `values` over the rings around each unit, rings x units. Values are mostly 0: each other one is added to the
    /// units around it.
    pub(super) fn sums(&self, values: &[f64], sums: &mut [f64]) {
        sums.fill(0.0);
        for (v, &value) in values.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            let Some(cell) = self.cells.get(v) else { return };
            self.each(*cell, |u, ring| sums[ring * values.len() + u] += value);
        }
    }

    /// Calls `visit` with every unit around `cell` and the ring it is in, across the 180th meridian too.
    fn each(&self, cell: Cell, mut visit: impl FnMut(usize, usize)) {
        let (reach, rows, columns) = (self.ring_of.len() as i64, i64::from(ROWS), i64::from(COLUMNS));
        let (row, col) = (i64::from(cell.row()) - 1, i64::from(cell.col()) - 1);
        for north in (-reach..=reach).filter(|north| (0..rows).contains(&(row + north))) {
            for east in -reach..=reach {
                let at = (row + north) * columns + (col + east).rem_euclid(columns);
                let (unit, distance) = (self.unit_at[at as usize], north.abs().max(east.abs()));
                if unit != NOBODY && distance > 0 {
                    visit(unit as usize, self.ring_of[distance as usize - 1]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_hold_the_cells_around_and_close_the_globe() {
        // A row of cells at the 180th meridian: columns 719, 720, 1, 2, 3.
        let mut units: Vec<Unit> = [1, 2, 3, 719, 720].map(|c| Unit(Cell::at(180, c).unwrap().gid())).into();
        units.sort();
        let rings = Rings::new(&units, &[1, 2]).unwrap();
        let columns = |unit: usize, ring: usize| {
            let mut all = Vec::new();
            rings.each(rings.cells[unit], |u, r| all.extend((r == ring).then(|| rings.cells[u].col())));
            all.sort_unstable();
            all
        };
        assert_eq!((columns(0, 0), columns(0, 1)), (vec![2, 720], vec![3, 719]));
        assert_eq!((columns(2, 0), columns(2, 1)), (vec![2], vec![1]));
        let mut sums = vec![9.0; 10];
        rings.sums(&[1.0, 0.0, 10.0, 0.0, 0.0], &mut sums);
        assert_eq!(sums, [0.0, 11.0, 0.0, 0.0, 1.0, 10.0, 0.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn rings_need_cells_and_the_poles_have_an_end() {
        assert!(Rings::new(&[Unit(0)], &[1]).is_err(), "no cell");
        assert_eq!(Rings::new(&[Unit(0)], &[]).unwrap().len(), 0);
        let rings = Rings::new(&[Unit(1), Unit(2)], &[3]).unwrap();
        let mut sums = vec![0.0; 2];
        rings.sums(&[5.0, 7.0], &mut sums);
        assert_eq!(sums, [7.0, 5.0]);
    }
}
