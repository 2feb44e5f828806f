//! Where units lie on the grid.

use forewarn_core::{COLUMNS, Cell, Result, Unit};

use crate::Compat;

/// Row and column of a cell, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) row: usize,
    pub(crate) col: usize,
}

/// The places of grid cells.
///
/// # Errors
/// `Error::Data` when a unit is no cell.
pub(crate) fn places(units: &[Unit], compat: Compat) -> Result<Vec<Place>> {
    let place = |&unit: &Unit| {
        let cell = Cell::try_from(unit)?;
        // The reference divides the id itself, which moves each multiple of 720 to the far side of the next row.
        let id = if compat.views() { cell.gid() } else { cell.gid() - 1 };
        Ok(Place { row: (id / COLUMNS) as usize, col: (id % COLUMNS) as usize })
    };
    units.iter().map(place).collect()
}

/// The part of the grid that holds all units, with an empty margin around it; rows one after the other.
#[derive(Debug)]
pub(crate) struct Window {
    /// Rows, margins included.
    pub(crate) rows: usize,
    /// Columns, margins included: the distance of two rows in a buffer.
    pub(crate) cols: usize,
    /// Position of each unit in a buffer.
    pub(crate) home: Vec<usize>,
    first: Place,
    margin: usize,
}

impl Window {
    /// The window of at least one place.
    pub(crate) fn around(places: &[Place], margin: usize) -> Self {
        let ends = |of: fn(&Place) -> usize| {
            let lowest = places.iter().map(of).min().unwrap_or(0);
            (lowest, places.iter().map(of).max().unwrap_or(0) - lowest + 1 + 2 * margin)
        };
        let ((row, rows), (col, cols)) = (ends(|p| p.row), ends(|p| p.col));
        let position = |p: &Place| (p.row - row + margin) * cols + p.col - col + margin;
        Self { rows, cols, home: places.iter().map(position).collect(), first: Place { row, col }, margin }
    }

    /// Cells of the window.
    pub(crate) fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Where units stand in the margin because the grid closes at the 180th meridian: position and unit.
    pub(crate) fn across_the_date_line(&self, places: &[Place]) -> Vec<(usize, usize)> {
        let (width, first) = (COLUMNS as isize, self.first.col as isize - self.margin as isize);
        let images = |(unit, p): (usize, &Place)| {
            let (row, col) = ((p.row - self.first.row + self.margin) * self.cols, p.col as isize);
            let on = move |c: &isize| (0..self.cols as isize).contains(c);
            let columns = [col - width - first, col + width - first].into_iter().filter(on);
            columns.map(move |c| (row + c as usize, unit)).collect::<Vec<_>>()
        };
        places.iter().enumerate().flat_map(images).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_places() {
        let at = |gid, compat| places(&[Unit(gid)], compat).unwrap()[0];
        assert_eq!(at(1, Compat::None), Place { row: 0, col: 0 });
        assert_eq!(at(720, Compat::None), Place { row: 0, col: 719 });
        assert_eq!(at(720, Compat::Views), Place { row: 1, col: 0 });
        assert!(places(&[Unit(259_201)], Compat::None).unwrap_err().to_string().contains("259201"));
    }

    #[test]
    fn a_window_holds_its_units_and_their_images() {
        let places = places(&[Unit(720 + 1), Unit(720 + 720)], Compat::None).unwrap();
        let window = Window::around(&places, 1);
        assert_eq!((window.rows, window.cols), (3, 722));
        assert_eq!(window.home, [722 + 1, 722 + 720]);
        assert_eq!(window.across_the_date_line(&places), [(722 + 721, 0), (722, 1)]);
    }
}
