//! Space: units, and the cells of PRIO-GRID.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What a row is about: a grid cell, a country, a station, a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Unit(pub u32);

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Rows of PRIO-GRID, from south to north.
pub const ROWS: u32 = 360;
/// Columns of PRIO-GRID, from west to east.
pub const COLUMNS: u32 = 720;

/// A half-degree cell of PRIO-GRID: `gid = (row - 1) * 720 + col`, 1..=259,200 from the south-west.
///
/// Tollefsen, Strand and Buhaug (2012), doi:10.1177/0022343311431287.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(u32);

impl Cell {
    /// The cell with this `gid`.
    ///
    /// # Errors
    /// [`Error::Data`] outside 1..=259,200.
    pub fn new(gid: u32) -> Result<Self> {
        if !(1..=ROWS * COLUMNS).contains(&gid) {
            return Err(Error::data(format!("{gid} is no PRIO-GRID cell (1 to {})", ROWS * COLUMNS)));
        }
        Ok(Self(gid))
    }

    /// The cell at `row` (1 = south) and `col` (1 = west).
    ///
    /// # Errors
    /// [`Error::Data`] outside 360 rows and 720 columns.
    pub fn at(row: u32, col: u32) -> Result<Self> {
        if !(1..=ROWS).contains(&row) || !(1..=COLUMNS).contains(&col) {
            return Err(Error::data(format!("row {row}, column {col} is outside {ROWS} x {COLUMNS}")));
        }
        Ok(Self((row - 1) * COLUMNS + col))
    }

    /// The cell that holds a point; the north pole falls in the last row, 180 degrees east in the last column.
    ///
    /// # Errors
    /// [`Error::Data`] when `latitude` is outside -90..=90 or `longitude` outside -180..=180 (degrees), or NaN.
    pub fn containing(latitude: f64, longitude: f64) -> Result<Self> {
        if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
            return Err(Error::data(format!(
                "latitude {latitude}, longitude {longitude} is no place on Earth"
            )));
        }
        let row = (((latitude + 90.0) / 0.5) as u32).min(ROWS - 1);
        let col = (((longitude + 180.0) / 0.5) as u32).min(COLUMNS - 1);
        Ok(Self(row * COLUMNS + col + 1))
    }

    /// The id, 1..=259,200.
    pub fn gid(self) -> u32 {
        self.0
    }

    /// Row, 1 = south.
    pub fn row(self) -> u32 {
        (self.0 - 1) / COLUMNS + 1
    }

    /// Column, 1 = west.
    pub fn col(self) -> u32 {
        (self.0 - 1) % COLUMNS + 1
    }

    /// Latitude and longitude of the centre, in degrees.
    pub fn centre(self) -> (f64, f64) {
        (-90.25 + 0.5 * f64::from(self.row()), -180.25 + 0.5 * f64::from(self.col()))
    }
}

impl From<Cell> for Unit {
    fn from(cell: Cell) -> Self {
        Unit(cell.0)
    }
}

impl TryFrom<Unit> for Cell {
    type Error = Error;

    fn try_from(unit: Unit) -> Result<Self> {
        Cell::new(unit.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_where_its_centre_is() {
        for gid in 1..=ROWS * COLUMNS {
            let cell = Cell::new(gid).unwrap();
            let (lat, lon) = cell.centre();
            assert_eq!(Cell::containing(lat, lon).unwrap(), cell);
            assert_eq!(Cell::at(cell.row(), cell.col()).unwrap(), cell);
        }
    }

    #[test]
    fn the_edges_of_the_world_have_cells() {
        // The reference's gid / 720 puts multiples of 720 in the wrong row, and the pole in row 361.
        assert_eq!((Cell::new(720).unwrap().row(), Cell::new(720).unwrap().col()), (1, 720));
        assert_eq!(Cell::containing(90.0, 180.0).unwrap().gid(), ROWS * COLUMNS);
        assert_eq!(Cell::containing(-90.0, -180.0).unwrap().gid(), 1);
        assert!(Cell::containing(90.1, 0.0).is_err() && Cell::containing(f64::NAN, 0.0).is_err());
        assert!(Cell::new(0).is_err() && Cell::new(259_201).is_err() && Cell::at(361, 1).is_err());
    }
}
