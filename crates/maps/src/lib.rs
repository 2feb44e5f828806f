//! Maps: components say what to draw, renderers draw.
//!
//! A component turns a forecast, and what is known beside it, into a [`Scene`](forewarn_core::Scene); [`render`] turns any
//! scene into pictures and GeoJSON. Neither touches a file, and the same scene gives the same bytes.

pub mod atlas;
mod caption;
#[cfg(test)]
mod cases;
pub mod chart;
mod colour;
mod data_uri;
mod input;
pub mod render;
pub mod text;
mod ticks;

pub use data_uri::data_uri;

forewarn_core::catalog! {
    /// Every map.
    pub static MAPS: [Map] = [
        change, data_coverage, drift, error, expected_value, interval_width, probability, quantile, skill,
    ];
}
