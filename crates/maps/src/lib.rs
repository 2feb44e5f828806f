//! Maps: components say what to draw, renderers draw.
//!
//! A component turns a forecast into a [`Scene`](forewarn_core::Scene); [`render::png`] turns any scene
//! into a picture, [`chart::svg`] draws charts. None touches a file, and the same input gives the same bytes.

mod caption;
pub mod chart;
mod colour;
pub mod render;
mod ticks;

forewarn_core::catalog! {
    /// Every map.
    pub static MAPS: [Map] = [expected_value, probability];
}
