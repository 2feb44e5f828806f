//! Numbers as few bytes: whole numbers in LEB128, then zlib.
//!
//! The script of the atlas reads what is written here; a change of one is a change of the other.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use forewarn_core::{Cell, Error, Ground, Result, Unit};

/// Values are whole multiples of one in this.
const PARTS: f64 = 1000.0;
/// The largest whole number that a script reads exactly.
const LARGEST: f64 = 9_007_199_254_740_991.0;
/// Borders are kept to this share of a degree, and shown as far as this many degrees around the cells.
const BORDER_PARTS: f32 = 20.0;
const AROUND: f32 = 2.0;

/// zlib (RFC 1950).
pub(super) fn deflated(bytes: &[u8]) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| Error::config("zlib", error.to_string());
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(8));
    encoder.write_all(bytes).map_err(failed)?;
    encoder.finish().map_err(failed)
}

fn varint(number: u64, bytes: &mut Vec<u8>) {
    let mut rest = number;
    while rest >= 128 {
        bytes.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    bytes.push(rest as u8);
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// Rows of values, one row after the other: 0 is missing, anything else 1 and the thousandths; signed ones in zigzag.
///
/// # Errors
/// [`Error::Data`] for a value that is infinite, too large, or below zero where nothing may be.
pub(super) fn values(rows: &[&[f32]], signed: bool) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(rows.len() * rows.first().map_or(0, |row| row.len()));
    for &value in rows.iter().copied().flatten() {
        varint(code(value, signed)?, &mut bytes);
    }
    Ok(bytes)
}

fn code(value: f32, signed: bool) -> Result<u64> {
    if value.is_nan() {
        return Ok(0);
    }
    let parts = f64::from(value) * PARTS;
    if parts.abs() >= LARGEST / 4.0 || (value < 0.0 && !signed) {
        return Err(Error::data(format!("the value {value} cannot be shown on this scale")));
    }
    let rounded = parts.round() as i64;
    // Little is not nothing.
    let parts = if rounded == 0 && value != 0.0 { value.signum() as i64 } else { rounded };
    Ok(1 + if signed { zigzag(parts) } else { parts as u64 })
}

/// Ids of the units, as steps from one to the next.
pub(super) fn units(units: &[Unit]) -> Vec<u8> {
    steps(units.iter().map(|unit| i64::from(unit.0)))
}

/// Cells with the row of their unit, by cell: number of cells, steps of the cells, steps of the rows.
pub(super) fn ground(cells: &[(Cell, u32)]) -> Vec<u8> {
    let mut cells: Vec<(Cell, u32)> = cells.to_vec();
    cells.sort_unstable();
    let mut bytes = Vec::new();
    varint(cells.len() as u64, &mut bytes);
    bytes.extend(steps(cells.iter().map(|(cell, _)| i64::from(cell.gid()))));
    bytes.extend(steps(cells.iter().map(|(_, row)| i64::from(*row))));
    bytes
}

fn steps(numbers: impl Iterator<Item = i64>) -> Vec<u8> {
    let (mut bytes, mut before) = (Vec::new(), 0);
    for number in numbers {
        varint(zigzag(number - before), &mut bytes);
        before = number;
    }
    bytes
}

/// Each text once, and which one each is.
pub(super) fn dictionary(texts: &[String]) -> (Vec<&str>, Vec<u8>) {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut all, mut bytes) = (Vec::new(), Vec::new());
    for text in texts {
        let index = *known.entry(text).or_insert_with(|| {
            all.push(text.as_str());
            all.len() - 1
        });
        varint(index as u64, &mut bytes);
    }
    (all, bytes)
}

/// Borders around the cells as an SVG path in twentieths of a degree: east of the 180th meridian west, south of the pole.
pub(super) fn borders(ground: &Ground) -> String {
    let frame = frame(&ground.cells);
    let inside = |&(x, y): &(f32, f32)| frame.0 <= x && x <= frame.1 && frame.2 <= y && y <= frame.3;
    let mut path = String::new();
    for line in &ground.borders {
        for piece in line.chunk_by(|a, b| inside(a) && inside(b) && (a.0 - b.0).abs() < 180.0) {
            if piece.len() > 1 {
                trace(piece, &mut path);
            }
        }
    }
    path
}

/// West, east, south and north of the cells with some room.
fn frame(cells: &[(Cell, u32)]) -> (f32, f32, f32, f32) {
    let start = (f32::MAX, f32::MIN, f32::MAX, f32::MIN);
    let (west, east, south, north) = cells.iter().fold(start, |(w, e, s, n), (cell, _)| {
        let (lat, lon) = cell.centre();
        (w.min(lon as f32), e.max(lon as f32), s.min(lat as f32), n.max(lat as f32))
    });
    (west - AROUND, east + AROUND, south - AROUND, north + AROUND)
}

fn trace(piece: &[(f32, f32)], path: &mut String) {
    use std::fmt::Write as _;
    let place = |&(lon, lat): &(f32, f32)| {
        (((lon + 180.0) * BORDER_PARTS).round() as i32, ((90.0 - lat) * BORDER_PARTS).round() as i32)
    };
    let mut places: Vec<(i32, i32)> = piece.iter().map(place).collect();
    places.dedup();
    // A path without a second point would be an error, and a browser draws nothing after one.
    for (i, pair) in places.windows(2).enumerate() {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        // Writing to a String cannot fail.
        let _ = if i == 0 { write!(path, "M{x} {y}l") } else { Ok(()) };
        let _ = write!(path, "{} {} ", to_x - x, to_y - y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<u64> {
        let (mut all, mut number, mut place) = (Vec::new(), 0_u64, 1_u64);
        for &byte in bytes {
            number += u64::from(byte % 128) * place;
            place = place.wrapping_mul(128);
            if byte < 128 {
                all.push(number);
                (number, place) = (0, 1);
            }
        }
        all
    }

    #[test]
    fn missing_nothing_and_little_are_three_things() {
        let row = [f32::NAN, 0.0, 0.0004, 0.0125, 1.0, 273_076.0];
        assert_eq!(read(&values(&[&row], false).unwrap()), [0, 1, 2, 14, 1001, 273_076_001]);
        let row = [f32::NAN, 0.0, -0.0001, 0.0001, -1.0, 1.0];
        assert_eq!(read(&values(&[&row], true).unwrap()), [0, 1, 2, 3, 2000, 2001]);
    }

    #[test]
    fn what_no_script_could_read_is_refused() {
        for (value, signed) in [(f32::INFINITY, true), (-1.0, false), (1e21, false), (-1e21, true)] {
            let error = values(&[&[value]], signed).unwrap_err().to_string();
            assert!(error.contains(&value.to_string()), "{error}");
        }
    }

    #[test]
    fn cells_come_in_order_with_their_rows() {
        let cell = |gid| Cell::new(gid).unwrap();
        let bytes = ground(&[(cell(900), 0), (cell(7), 2), (cell(8), 1)]);
        assert_eq!(read(&bytes), [3, 14, 2, 2 * 892, 4, 1, 1]);
        assert_eq!(read(&units(&[Unit(5), Unit(3)])), [10, 3]);
        let texts = ["Mali", "Chad", "Mali"].map(String::from);
        assert_eq!(dictionary(&texts), (vec!["Mali", "Chad"], vec![0, 1, 0]));
    }

    #[test]
    fn borders_are_cut_around_the_cells() {
        let cell = Cell::containing(10.2, 20.2).unwrap();
        let near = vec![(19.0, 10.0), (21.0, 10.0), (90.0, 10.0), (91.0, 10.0)];
        let ground = Ground { cells: vec![(cell, 0)], borders: vec![near] };
        assert_eq!(borders(&ground), "M3980 1600l40 0 ");
    }

    #[test]
    fn borders_do_not_cross_the_whole_map_and_have_no_point_twice() {
        let cell = |lon| Cell::containing(10.2, lon).unwrap();
        let line = vec![(179.0, 10.0), (179.5, 10.0), (179.51, 10.0), (-179.5, 10.0), (-179.0, 10.0)];
        let ground = Ground { cells: vec![(cell(-179.8), 0), (cell(179.8), 1)], borders: vec![line] };
        assert_eq!(borders(&ground), "M7180 1600l10 0 M10 1600l10 0 ");
    }

    #[test]
    fn zlib_gives_back_what_went_in() {
        use std::io::Read as _;
        let bytes: Vec<u8> = (0..10_000_u32).map(|i| (i * i % 251) as u8).collect();
        let packed = deflated(&bytes).unwrap();
        let mut back = Vec::new();
        flate2::read::ZlibDecoder::new(packed.as_slice()).read_to_end(&mut back).unwrap();
        assert_eq!(back, bytes);
    }
}
