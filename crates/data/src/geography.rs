//! Geography as embedded facts: regions of PRIO-GRID, the country of a cell, borders and coasts.
//!
//! Sources, licences and what was changed: `assets/PROVENANCE.md`; `tools/make_geography.py` writes the assets.
//! Decoding happens once, at first use. A damaged asset fails the tests of this file (counts and digests).

mod areas;

use std::fmt;
use std::sync::LazyLock;

use forewarn_core::{Lines, Unit, Units};
use serde::{Deserialize, Serialize};

pub use areas::{Area, area};

const AFRICA_MIDDLE_EAST: &[u8] = include_bytes!("../assets/africa-middle-east.bin");
const LAND: &[u8] = include_bytes!("../assets/land.bin");
const CELL_COUNTRY: &[u8] = include_bytes!("../assets/cell-country.bin");
const COUNTRIES: &str = include_str!("../assets/countries.tsv");
const BORDERS: &[u8] = include_bytes!("../assets/borders.bin");

/// A set of PRIO-GRID cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// Africa and the Middle East: the 13,110 operational cells of VIEWS.
    #[default]
    AfricaMiddleEast,
    /// All 64,818 cells on land.
    Land,
}

impl Region {
    /// As written in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfricaMiddleEast => "africa-middle-east",
            Self::Land => "land",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A country of the VIEWS table, former states included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Country {
    /// VIEWS country id: unique.
    pub id: u32,
    /// ISO 3166-1 alpha-3; states that followed each other share one (`SDN` before and after 2011).
    pub iso3: &'static str,
    /// Name in English.
    pub name: &'static str,
}

impl Country {
    /// Its region of the UN M49 standard.
    pub fn area(&self) -> Option<&'static Area> {
        areas::of(self.iso3)
    }
}

/// The cells of a region, ascending; cheap to call.
pub fn region(region: Region) -> Units {
    static CELLS: LazyLock<[Units; 2]> = LazyLock::new(|| [cells(AFRICA_MIDDLE_EAST), cells(LAND)]);
    match region {
        Region::AfricaMiddleEast => CELLS[0].clone(),
        Region::Land => CELLS[1].clone(),
    }
}

/// All countries, ascending by id.
pub fn countries() -> &'static [Country] {
    static ALL: LazyLock<Vec<Country>> = LazyLock::new(|| COUNTRIES.lines().filter_map(country_of).collect());
    &ALL
}

/// The country that holds most of a cell, as of 2024; `None` at sea and where the source leaves it open.
pub fn country(cell: Unit) -> Option<&'static Country> {
    static RUNS: LazyLock<Vec<Run>> = LazyLock::new(|| runs(CELL_COUNTRY, true).collect());
    let run = RUNS[..RUNS.partition_point(|r| r.first <= cell.0)].last()?;
    let id = (cell.0 - run.first < run.len).then_some(run.label)?;
    let at = countries().binary_search_by_key(&id, |c| c.id).ok()?;
    countries().get(at)
}

/// The country of a unit of a level of analysis: of a cell (`pgm`) the one that holds most of it, of a country (`cm`)
/// itself; `None` at other levels, and where there is none.
pub fn country_at(level: &str, unit: Unit) -> Option<&'static Country> {
    match level {
        "pgm" => country(unit),
        "cm" => countries().iter().find(|c| c.id == unit.0),
        _ => None,
    }
}

/// Borders and coasts of the world, each drawn once: Natural Earth 1:50m within 0.03 degrees.
pub fn borders() -> &'static Lines {
    static LINES: LazyLock<Lines> = LazyLock::new(|| lines(BORDERS));
    &LINES
}

/// The parts of [`borders`] in a rectangle of degrees, cut at its edges.
pub fn borders_within(west: f32, south: f32, east: f32, north: f32) -> Lines {
    let frame = [west, south, east, north].map(f64::from);
    borders().iter().flat_map(|line| clip(line, frame)).collect()
}

/// Successive cells with one label.
struct Run {
    first: u32,
    len: u32,
    label: u32,
}

/// LEB128 numbers; ends at the end of the bytes or at a number that is cut off or too long.
fn varints(bytes: &'static [u8]) -> impl Iterator<Item = u32> {
    let mut bytes = bytes.iter();
    std::iter::from_fn(move || {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = *bytes.next()?;
            number |= u32::from(byte & 127).checked_shl(shift)?;
            if byte < 128 {
                return Some(number);
            }
            shift += 7;
        }
    })
}

/// Runs coded as distance from the end of the last run, length and, when `labelled`, label.
fn runs(bytes: &'static [u8], labelled: bool) -> impl Iterator<Item = Run> {
    let mut numbers = varints(bytes);
    let mut end = 0;
    std::iter::from_fn(move || {
        let (first, len) = (end + numbers.next()?, numbers.next()?);
        let label = if labelled { numbers.next()? } else { 0 };
        end = first + len;
        Some(Run { first, len, label })
    })
}

fn cells(bytes: &'static [u8]) -> Units {
    runs(bytes, false).flat_map(|r| r.first..r.first + r.len).map(Unit).collect()
}

fn country_of(row: &'static str) -> Option<Country> {
    let mut fields = row.split('\t');
    Some(Country { id: fields.next()?.parse().ok()?, iso3: fields.next()?, name: fields.next()? })
}

/// Poly-lines coded as number of points, then signed steps (longitude, latitude) of 0.01 degrees.
fn lines(bytes: &'static [u8]) -> Lines {
    let mut numbers = varints(bytes);
    let (mut x, mut y) = (0_i32, 0_i32);
    let mut lines = Lines::new();
    while let Some(len) = numbers.next() {
        let mut line = Vec::new();
        for _ in 0..len {
            let (Some(dx), Some(dy)) = (numbers.next(), numbers.next()) else { return lines };
            x += unzigzag(dx);
            y += unzigzag(dy);
            line.push((x as f32 / 100.0, y as f32 / 100.0));
        }
        lines.push(line);
    }
    lines
}

fn unzigzag(number: u32) -> i32 {
    (number >> 1) as i32 ^ -((number & 1) as i32)
}

/// The parts of `line` within `frame` (west, south, east, north).
fn clip(line: &[(f32, f32)], frame: [f64; 4]) -> Lines {
    let mut parts = Lines::new();
    for pair in line.windows(2) {
        let Some((from, to)) = clip_segment(pair[0], pair[1], frame) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// Liang and Barsky (1984), doi:10.1145/357332.357333. A segment that only touches the frame is left out.
fn clip_segment(a: (f32, f32), b: (f32, f32), frame: [f64; 4]) -> Option<((f32, f32), (f32, f32))> {
    let (x, y) = (f64::from(a.0), f64::from(a.1));
    let (dx, dy) = (f64::from(b.0) - x, f64::from(b.1) - y);
    let [west, south, east, north] = frame;
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (towards, room) in [(-dx, x - west), (dx, east - x), (-dy, y - south), (dy, north - y)] {
        if towards == 0.0 && room < 0.0 {
            return None;
        } else if towards < 0.0 {
            enter = enter.max(room / towards);
        } else if towards > 0.0 {
            leave = leave.min(room / towards);
        }
    }
    // The original ends are kept bit by bit, so that the segments of a line stay joined.
    let point = |t: f64| ((x + t * dx) as f32, (y + t * dy) as f32);
    let from = if enter == 0.0 { a } else { point(enter) };
    let to = if leave == 1.0 { b } else { point(leave) };
    (enter < leave).then_some((from, to))
}

#[cfg(test)]
mod tests;
