//! How large a picture is, and how the globe becomes flat on it.

use forewarn_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// Widths that are legible and fit in memory, in pixels.
const WIDTHS: std::ops::RangeInclusive<u32> = 400..=8192;

/// Size and projection of a picture; its height follows from the cells' extent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Width in pixels, 400 to 8192.
    pub width: u32,
    /// How the globe becomes flat.
    pub projection: Projection,
}

impl Default for Layout {
    fn default() -> Self {
        Self { width: 1600, projection: Projection::PlateCarree }
    }
}

impl Layout {
    /// Plate carrée at a width in pixels.
    pub fn wide(width: u32) -> Self {
        Self { width, ..Self::default() }
    }

    pub(super) fn check(self) -> Result<()> {
        if WIDTHS.contains(&self.width) {
            return Ok(());
        }
        let reason = format!("{} pixels; expected {} to {}", self.width, WIDTHS.start(), WIDTHS.end());
        Err(Error::config("width", reason))
    }
}

/// How the globe becomes flat. Both are cylindrical, so that half-degree cells stay rectangles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Projection {
    /// Equal degrees: `x = longitude`, `y = latitude`.
    #[default]
    PlateCarree,
    /// Equal areas: `x = longitude cos 30°`, `y = sin(latitude) / cos 30°` on the unit sphere, so that a cell is as large
    /// on the picture as on the ground, and has its true shape at 30 degrees of latitude. The cylindrical projection of
    /// EASE-Grid 2.0 (Brodzik et al. 2012, doi:10.3390/ijgi1010032) on a sphere; Behrmann (1910).
    EqualArea,
}

impl Projection {
    /// How far north of the equator a latitude in degrees is drawn, where a degree of longitude is 1 wide.
    pub(super) fn northing(self, latitude: f64) -> f64 {
        match self {
            Self::PlateCarree => latitude,
            // y / cos 30° in degrees; the square of cos 30° is 3/4.
            Self::EqualArea => latitude.to_radians().sin().to_degrees() / 0.75,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_areas_are_equal_and_true_to_shape_at_30_degrees() {
        let flat = |latitude| Projection::EqualArea.northing(latitude);
        // The part of the sphere between two latitudes is proportional to the difference of their sines.
        let band = |low: f64, high: f64| {
            (flat(high) - flat(low)) / (high.to_radians().sin() - low.to_radians().sin())
        };
        for (low, high) in [(-90.0, -89.5), (-0.5, 0.0), (29.0, 31.0), (60.0, 90.0)] {
            assert!((band(low, high) - band(0.0, 30.0)).abs() < 1e-9, "{low} to {high}");
        }
        // At 30 degrees a degree of longitude is cos 30° of one of latitude on the ground, and so on the map.
        let step = (flat(30.01) - flat(29.99)) / 0.02;
        assert!((step - 1.0 / 30.0_f64.to_radians().cos()).abs() < 1e-6, "{step}");
        assert_eq!(Projection::PlateCarree.northing(12.5), 12.5);
    }

    #[test]
    fn widths_that_cannot_be_read_are_refused() {
        assert!(Layout::default().check().is_ok());
        for width in [399, 8193] {
            let error = Layout::wide(width).check().unwrap_err().to_string();
            assert!(error.contains("400 to 8192"), "{error}");
        }
    }
}
