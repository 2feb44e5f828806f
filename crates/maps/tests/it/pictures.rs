//! PNG, pixel by pixel, with room for a grey level: rounding may differ, colours may not.
//!
//! The expected pictures are in `tests/data`. A picture that was changed on purpose is renewed with `INSTA_UPDATE=always`,
//! and looked at.

use std::io::Cursor;
use std::path::Path;

use forewarn_maps::render::{Layout, Projection, common_scale, multiples, png};

use crate::scenes::{countries, scene};

/// How far apart levels of one colour may be.
const LEVELS: u8 = 3;
/// Share of pixels that may be further apart: where lines and letters end.
const SHARE: f64 = 0.0005;

fn decoded(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

/// Share of pixels that differ in more than rounding.
fn apart(one: &[u8], other: &[u8]) -> f64 {
    let off = |(a, b): &(&[u8], &[u8])| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > LEVELS);
    let pixels = one.chunks_exact(3).zip(other.chunks_exact(3));
    pixels.filter(off).count() as f64 / (one.len() / 3) as f64
}

fn expect(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        std::fs::write(&path, bytes).unwrap();
    }
    let (expected, found) = (decoded(&std::fs::read(&path).unwrap()), decoded(bytes));
    assert_eq!((expected.0, expected.1), (found.0, found.1), "{name}");
    let share = apart(&expected.2, &found.2);
    assert!(share <= SHARE, "{name}: {share} of the pixels are others");
}

#[test]
fn counts() {
    expect("counts.png", &png(&scene("expected-value", "{}", 1), &Layout::wide(400)).unwrap());
}

#[test]
fn differences_of_equal_area() {
    let layout = Layout { width: 400, projection: Projection::EqualArea };
    expect("differences.png", &png(&scene("error", r#"{"top": 10}"#, 1), &layout).unwrap());
}

#[test]
fn land_of_countries() {
    expect("countries.png", &png(&countries(), &Layout::wide(400)).unwrap());
}

#[test]
fn steps_side_by_side() {
    let mut scenes = [1, 2, 3].map(|step| scene("quantile", r#"{"level": 0.75}"#, step));
    common_scale(&mut scenes);
    expect("multiples.png", &multiples(&scenes, &Layout::wide(500)).unwrap());
}

#[test]
fn the_comparison_sees_a_wrong_colour_and_no_rounding() {
    let picture = decoded(&png(&scene("expected-value", "{}", 1), &Layout::wide(400)).unwrap()).2;
    let rounded: Vec<u8> = picture.iter().map(|v| v.saturating_add(1)).collect();
    assert_eq!(apart(&picture, &rounded), 0.0);
    let other = decoded(&png(&scene("expected-value", r#"{"top": 60}"#, 1), &Layout::wide(400)).unwrap()).2;
    assert!(apart(&picture, &other) > 10.0 * SHARE);
    let mut one = scene("expected-value", "{}", 1);
    one.values[20] *= 1.5;
    let one = decoded(&png(&one, &Layout::wide(400)).unwrap()).2;
    assert!(apart(&picture, &one) > SHARE, "one cell of another colour");
}
