//! The scene: what a map says to draw. Renderers turn scenes into PNG, SVG or HTML.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Cell, Result, Units};

/// Poly-lines as (longitude, latitude) in degrees, such as borders and coasts.
pub type Lines = Vec<Vec<(f32, f32)>>;

/// How values become colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// Colour proportional to `ln(1 + value)`: counts with heavy tails.
    Log1p,
    /// Colour proportional to the value: probabilities and shares.
    Linear,
    /// Two ends: colour proportional to `sign(value) ln(1 + |value|)`, for differences of counts.
    SignedLog1p,
    /// Two ends: colour proportional to the value, for skill and other differences of shares.
    SignedLinear,
}

impl Shade {
    /// Whether values below zero have colours of their own.
    pub fn is_signed(self) -> bool {
        matches!(self, Self::SignedLog1p | Self::SignedLinear)
    }
}

/// The colour scale and its ticks, in original units.
#[derive(Debug, Clone, PartialEq)]
pub struct Legend {
    /// How values become colours.
    pub shade: Shade,
    /// Value of the last colour; larger values share it. The first colour is 0, on a scale with two ends `-top`.
    pub top: f32,
    /// Where ticks stand, ascending, in original units, the last at `top`.
    pub ticks: Vec<f32>,
    /// What exactly zero means, in a word or two: it has a colour of its own.
    pub zero: String,
    /// What the colour means, with its unit.
    pub label: String,
}

/// Where units lie, and the lines that are drawn over them.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    /// Cells, each with the row of the unit that it shows. A unit may have any number of them, a cell one unit.
    pub cells: Vec<(Cell, u32)>,
    /// Borders and coasts.
    pub borders: Lines,
}

impl Ground {
    /// Units that are grid cells, each where it is.
    ///
    /// # Errors
    /// [`crate::Error::Data`] when a unit is no cell.
    pub fn of_cells(units: &Units, borders: Lines) -> Result<Arc<Self>> {
        let cells = units.iter().zip(0..).map(|(&unit, row)| Ok((Cell::try_from(unit)?, row)));
        Ok(Arc::new(Self { cells: cells.collect::<Result<_>>()?, borders }))
    }

    /// Units that are countries or other groups of cells: each on all `land` cells of its id. Land of other groups
    /// is not shown; a unit without land is in no picture.
    pub fn of_groups(units: &Units, land: &[(Cell, u32)], borders: Lines) -> Arc<Self> {
        let rows: BTreeMap<u32, u32> = units.iter().map(|unit| unit.0).zip(0..).collect();
        let cells = land.iter().filter_map(|(cell, group)| Some((*cell, *rows.get(group)?))).collect();
        Arc::new(Self { cells, borders })
    }
}

/// A map: one value a unit, and where the units lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// First line: what is shown.
    pub title: String,
    /// Second line: origin, target period, model, vintage.
    pub subtitle: String,
    /// What the values are about.
    pub units: Units,
    /// One value a unit; NaN is «no data» and drawn unlike zero.
    pub values: Vec<f32>,
    /// Colour scale.
    pub legend: Legend,
    /// Where the units lie.
    pub ground: Arc<Ground>,
}

impl Scene {
    /// Each cell with its value, in the order of the ground. A row that is not there is «no data».
    pub fn cells(&self) -> impl Iterator<Item = (Cell, f32)> {
        self.ground.cells.iter().map(|&(cell, row)| (cell, self.value(row)))
    }

    fn value(&self, row: u32) -> f32 {
        self.values.get(row as usize).copied().unwrap_or(f32::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;

    #[test]
    fn groups_lie_on_all_their_land_and_cells_where_they_are() {
        let cell = |gid| Cell::new(gid).unwrap();
        let units: Units = [Unit(4), Unit(9)].into();
        let land = [(cell(1), 9), (cell(2), 4), (cell(3), 9), (cell(7), 5)];
        let ground = Ground::of_groups(&units, &land, vec![]);
        assert_eq!(ground.cells, [(cell(1), 1), (cell(2), 0), (cell(3), 1)]);
        let own = Ground::of_cells(&units, vec![]).unwrap();
        assert_eq!(own.cells, [(cell(4), 0), (cell(9), 1)]);
        assert!(Ground::of_cells(&[Unit(0)].into(), vec![]).is_err());
    }
}
