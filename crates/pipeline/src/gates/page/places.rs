//! Where it is: a map of the cells that readings name, and their list.

use std::collections::BTreeMap;

use forewarn_catalog::render;
use forewarn_core::{Cell, Ground, Legend, Scene, Shade, Unit, Units};
use forewarn_data::geography::{self, Region};
use forewarn_drift::gate::Judged;

use crate::Result;
use crate::page::place;
use crate::report::data_uri;
use crate::report::html::{Align, Html};
use crate::report::words::count;

use Align::{Left, Right};

/// Units in the list.
const LISTED: usize = 12;
/// Cells of land shown on each side of those that are off.
const AROUND: u32 = 12;
/// Width of the map in pixels.
const WIDTH: u32 = 800;

/// The map and the list; nothing when no reading that is off names a unit.
///
/// # Errors
/// A map that cannot be drawn.
pub(crate) fn section(readings: &[Judged], level: &str, page: &mut Html) -> Result<()> {
    let hits = hits(readings);
    if hits.is_empty() {
        return Ok(());
    }
    page.raw("<section>\n<h2>Where</h2>\n");
    if level == "pgm" {
        map(&hits, page)?;
    }
    let mut order: Vec<(Unit, u32)> = hits.into_iter().collect();
    // Units with as many readings stay in the order of their ids.
    order.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let shown = &order[..order.len().min(LISTED)];
    let caption = format!("{} of {} units that readings name", count(shown.len()), count(order.len()));
    page.open_table(caption, &[("Unit", Left), ("Place", Left), ("Readings that are off", Right)]);
    for (unit, n) in shown {
        page.row(unit, &[(place(*unit, level), Left), (count(*n), Right)]);
    }
    page.close_table();
    page.raw("</section>\n");
    Ok(())
}

/// A unit with its place, where it has one.
pub(super) fn name(unit: Unit, level: &str) -> String {
    match place(unit, level) {
        place if place.is_empty() => unit.to_string(),
        place => format!("{unit} ({place})"),
    }
}

/// How many readings that are off name each unit: also those that are waived, or not off often enough.
fn hits(readings: &[Judged]) -> BTreeMap<Unit, u32> {
    let mut hits = BTreeMap::new();
    for unit in readings.iter().filter(|judged| judged.off).flat_map(|judged| &judged.reading.units) {
        *hits.entry(*unit).or_insert(0) += 1;
    }
    hits
}

fn map(hits: &BTreeMap<Unit, u32>, page: &mut Html) -> Result<()> {
    let Some(scene) = scene(hits) else { return Ok(()) };
    let caption =
        format!("{} with a reading that is off, drawn over the land around them", cells(hits.len()));
    page.raw("<div class=\"maps\"><figure><img src=\"");
    page.text(data_uri("image/png", &render::png(&scene, &render::Layout::wide(WIDTH))?))
        .raw("\" alt=\"")
        .text(&caption);
    page.raw("\"><figcaption>").text(&caption).raw("</figcaption></figure></div>\n");
    Ok(())
}

fn cells(n: usize) -> String {
    if n == 1 { "1 cell".to_owned() } else { format!("{} cells", count(n)) }
}

/// What is off, and the land around it as zeros; `None` when no unit is a cell.
fn scene(hits: &BTreeMap<Unit, u32>) -> Option<Scene> {
    let off: Vec<(Cell, u32)> =
        hits.iter().filter_map(|(unit, n)| Some((Cell::try_from(*unit).ok()?, *n))).collect();
    let top = off.iter().map(|(_, n)| *n).max()?;
    let near = |index: fn(Cell) -> u32| {
        let ends = off.iter().map(|(cell, _)| index(*cell));
        ends.clone().min().unwrap_or(0).saturating_sub(AROUND)..=ends.max().unwrap_or(0) + AROUND
    };
    let (rows, columns) = (near(Cell::row), near(Cell::col));
    let is_land = |cell: &Cell| rows.contains(&cell.row()) && columns.contains(&cell.col());
    let land = geography::region(Region::Land);
    let land =
        land.iter().filter(|unit| !hits.contains_key(unit)).filter_map(|unit| Cell::try_from(*unit).ok());
    let around = land.filter(is_land).map(|cell| (cell, 0.0));
    let middle = if top > 1 { vec![top.div_ceil(2)] } else { Vec::new() };
    let mut ticks: Vec<u32> = [0].into_iter().chain(middle).chain([top]).collect();
    ticks.dedup();
    let shown: Vec<(Cell, f32)> = around.chain(off.iter().map(|(cell, n)| (*cell, *n as f32))).collect();
    let units: Units = shown.iter().map(|(cell, _)| Unit::from(*cell)).collect();
    let ground = Ground::of_cells(&units, geography::borders().clone()).ok()?;
    Some(Scene {
        title: String::new(),
        subtitle: String::new(),
        values: shown.iter().map(|(_, n)| *n).collect(),
        legend: Legend {
            shade: Shade::Linear,
            top: top as f32,
            ticks: ticks.into_iter().map(|tick| tick as f32).collect(),
            zero: "0".to_owned(),
            label: "Readings that are off".to_owned(),
        },
        ground,
        units,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_shows_each_cell_once_over_the_land_around() {
        let africa = geography::region(Region::AfricaMiddleEast);
        let (first, last) = (africa[4000], africa[4001]);
        let scene = scene(&[(first, 1), (last, 3), (Unit(u32::MAX), 9)].into()).unwrap();
        let value = |unit: Unit| {
            let of: Vec<f32> = scene.cells().filter(|(c, _)| c.gid() == unit.0).map(|(_, v)| v).collect();
            assert_eq!(of.len(), 1);
            of[0]
        };
        assert_eq!((value(first), value(last)), (1.0, 3.0));
        assert_eq!((scene.legend.top, scene.legend.ticks.as_slice()), (3.0, [0.0, 2.0, 3.0].as_slice()));
        assert!(scene.units.len() > 100 && scene.units.len() < 26 * 25 * 2, "{}", scene.units.len());
        assert!(super::scene(&[(Unit(u32::MAX), 1)].into()).is_none());
        for top in 1..4 {
            let scene = super::scene(&[(first, top)].into()).unwrap();
            assert!(render::png(&scene, &render::Layout::wide(400)).is_ok(), "{:?}", scene.legend);
        }
    }
}
