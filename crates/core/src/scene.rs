//! The scene: what a map says to draw. Renderers turn scenes into PNG, SVG or HTML.

use crate::{Cell, Units};

/// Poly-lines as (longitude, latitude) in degrees, such as borders and coasts.
pub type Lines = Vec<Vec<(f32, f32)>>;

/// How values become colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// Colour proportional to `ln(1 + value)`: counts with heavy tails.
    Log1p,
    /// Colour proportional to the value: probabilities and shares.
    Linear,
}

/// The colour scale and its ticks, in original units.
#[derive(Debug, Clone, PartialEq)]
pub struct Legend {
    /// How values become colours.
    pub shade: Shade,
    /// Value of the last colour; larger values share it. The first colour is 0.
    pub top: f32,
    /// Where ticks stand, ascending, in original units.
    pub ticks: Vec<f32>,
    /// What the colour means, with its unit.
    pub label: String,
}

/// A map of grid cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// First line: what is shown.
    pub title: String,
    /// Second line: origin, target period, model, vintage.
    pub subtitle: String,
    /// The cells, with one value each; NaN is «no data» and drawn unlike zero.
    pub cells: Vec<(Cell, f32)>,
    /// Colour scale.
    pub legend: Legend,
    /// Borders and coasts.
    pub borders: Lines,
}

impl Scene {
    /// Pairs grid units with values.
    ///
    /// # Errors
    /// [`crate::Error::Data`] when sizes differ or a unit is no cell.
    pub fn cells(units: &Units, values: &[f32]) -> crate::Result<Vec<(Cell, f32)>> {
        if units.len() != values.len() {
            return Err(crate::Error::data(format!("{} units, {} values", units.len(), values.len())));
        }
        units.iter().zip(values).map(|(&u, &v)| Ok((Cell::try_from(u)?, v))).collect()
    }
}
