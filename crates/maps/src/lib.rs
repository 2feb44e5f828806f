//! Maps: components say what to draw, renderers draw.
//!
//! A component turns a forecast into a [`Scene`](forewarn_core::Scene); [`render::png`] turns any scene
//! into a picture. Neither touches a file, and the same scene gives the same bytes.

pub mod atlas;
mod caption;
mod colour;
mod data_uri;
pub mod render;
mod ticks;

pub use data_uri::data_uri;

forewarn_core::catalog! {
    /// Every map.
    pub static MAPS: [Map] = [expected_value, probability];
}
