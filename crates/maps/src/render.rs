//! Renderers: a scene in, a picture out. In memory, without fonts or files of the system.
//!
//! All draw the same scene in the same way: [`png()`] and [`svg()`] one map, [`multiples`] several side by side,
//! [`animation`] one after the other, [`geojson()`] hands the values to other programs. Maps that are to be compared need
//! [`common_scale`] first.

mod canvas;
mod check;
mod extent;
mod figure;
mod geojson;
mod indexed;
mod layout;
mod legend;
mod outline;
mod scale;
mod stroke;
mod style;
mod surface;
mod svg;
mod text;
mod words;

use forewarn_core::{Result, Scene};

use crate::colour;
use canvas::Canvas;
use figure::{Figure, Panel};
use legend::Key;
use surface::Surface;
use words::Words;

pub use geojson::geojson;
pub use layout::{Layout, Projection};
pub use scale::common_scale;

/// Widest animation in pixels: it is for looking at on a page, and every frame costs.
const WIDEST: u32 = 1000;

/// Draws a scene as PNG with a palette; the height follows from the cells' extent.
///
/// The picture is cropped to the cells with a margin. Cells without a value are hatched grey, zeros have a colour of their
/// own, places without a cell show the background. The last tick reads «≥» when values lie above the scale, the first one
/// «≤» when they lie below one with two ends. The same scene and layout give the same bytes.
///
/// # Errors
/// [`forewarn_core::Error::Config`] for a width outside 400..=8192; [`forewarn_core::Error::Data`] when there are no cells, a
/// cell comes twice, a value has no place on the scale, or the legend's ticks do not ascend to its top.
pub fn png(scene: &Scene, layout: &Layout) -> Result<Vec<u8>> {
    indexed::png(&one(scene, *layout, paper)?)
}

/// Draws a scene as SVG 1.1: what [`png()`] draws, sharp at every size, its text as text with the font inside.
///
/// # Errors
/// As [`png()`].
pub fn svg(scene: &Scene, layout: &Layout) -> Result<String> {
    let about = |width, height| svg::Svg::new((width, height), &scene.title, &Words::of(scene));
    Ok(one(scene, *layout, about)?.finish())
}

/// Draws scenes of one legend side by side as PNG, with one title and one legend: as many rows as columns, or one less.
/// What differs in their titles stands above each.
///
/// # Errors
/// As [`png()`]; [`forewarn_core::Error::Data`] when there is no scene, or legends differ.
pub fn multiples(scenes: &[Scene], layout: &Layout) -> Result<Vec<u8>> {
    layout.check()?;
    let first = check::together(scenes)?;
    let words = Words::shared(scenes);
    let columns = (scenes.len() as f64).sqrt().ceil() as usize;
    let panel = |(scene, caption)| Panel { scene, caption };
    let panels: Vec<Panel<'_>> =
        scenes.iter().zip(words.captions.iter().map(String::as_str)).map(panel).collect();
    let figure = Figure::new(*layout, scenes, columns)?;
    indexed::png(&figure.draw((&panels, &words, Key::of(first, scenes)), paper)?)
}

/// Draws scenes of one legend one after the other as animated PNG, half a second each; what differs in their titles stands
/// above the map. At most 1000 pixels wide. A reader that knows no animation shows the first scene.
///
/// # Errors
/// As [`multiples`].
pub fn animation(scenes: &[Scene], layout: &Layout) -> Result<Vec<u8>> {
    let layout = Layout { width: layout.width.min(WIDEST), ..*layout };
    layout.check()?;
    let key = Key::of(check::together(scenes)?, scenes);
    let words = Words::shared(scenes);
    let figure = Figure::new(layout, scenes, 1)?;
    let blank = |caption: &str| if caption.is_empty() { " ".to_owned() } else { caption.to_owned() };
    indexed::animation(scenes.len(), |i| {
        // Every frame has the line of the caption, so that all are as high.
        let caption = blank(&words.captions[i]);
        figure.draw((&[Panel { scene: &scenes[i], caption: &caption }], &words, key), paper)
    })
}

fn paper(width: i32, height: i32) -> Canvas {
    Canvas::new(width as usize, height as usize, colour::PAPER)
}

/// One scene with its titles.
fn one<S: Surface>(scene: &Scene, layout: Layout, make: impl FnOnce(i32, i32) -> S) -> Result<S> {
    layout.check()?;
    check::scene(scene)?;
    let scenes = std::slice::from_ref(scene);
    let figure = Figure::new(layout, scenes, 1)?;
    figure.draw((&[Panel { scene, caption: "" }], &Words::of(scene), Key::of(scene, scenes)), make)
}

#[cfg(test)]
mod tests;
