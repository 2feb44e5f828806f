//! The embedded facts decode whole, and agree with the tables they were made from.

use std::fs::File;
use std::path::PathBuf;

use arrow_array::{Array, BooleanArray, Int64Array, RecordBatch, cast::AsArray, types::Int32Type};
use forewarn_core::Cell;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};

use super::*;

/// A file of the shared data, or a loud skip; never a skip where `CI` is set.
fn shared(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", file.display());
    println!("skipped: no ../shared/data/{path}");
    None
}

fn iso3(lat: f64, lon: f64) -> Option<&'static str> {
    country(Cell::containing(lat, lon).unwrap().into()).map(|c| c.iso3)
}

#[test]
fn the_assets_are_those_of_the_provenance() {
    let provenance = include_str!("../../assets/PROVENANCE.md");
    for (name, bytes) in [
        ("africa-middle-east.bin", AFRICA_MIDDLE_EAST),
        ("land.bin", LAND),
        ("cell-country.bin", CELL_COUNTRY),
        ("countries.tsv", COUNTRIES.as_bytes()),
        ("borders.bin", BORDERS),
    ] {
        let digest = Sha256::digest(bytes).iter().fold(String::new(), |text, b| text + &format!("{b:02x}"));
        assert!(provenance.contains(&format!("| `{name}` | `{digest}` |")), "{name}: {digest}");
    }
}

#[test]
fn every_number_of_an_asset_is_used() {
    // A number that is cut off would end decoding early: then bytes are left over.
    for bytes in [AFRICA_MIDDLE_EAST, LAND, CELL_COUNTRY, BORDERS] {
        let ends = bytes.iter().filter(|&&b| b < 128).count();
        assert_eq!(varints(bytes).count(), ends);
        assert!(bytes.last().is_some_and(|&b| b < 128));
    }
    assert_eq!(runs(LAND, false).count() * 2, varints(LAND).count());
    assert_eq!(runs(CELL_COUNTRY, true).count() * 3, varints(CELL_COUNTRY).count());
    let numbers: usize = borders().iter().map(|l| 1 + 2 * l.len()).sum();
    assert_eq!(numbers, varints(BORDERS).count());
}

#[test]
fn a_damaged_asset_ends_decoding_instead_of_panicking() {
    assert_eq!(varints(&[0xac, 0x02, 0x80]).collect::<Vec<_>>(), [300]);
    assert_eq!(varints(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).count(), 0);
    assert_eq!(lines(&[2, 2, 4, 1]).len(), 0);
    assert_eq!(lines(&[2, 2, 4, 1, 0]), [[(0.01, 0.02), (0.0, 0.02)]]);
}

#[test]
fn regions_have_their_cells() {
    let (ame, land) = (region(Region::AfricaMiddleEast), region(Region::Land));
    assert_eq!((ame.len(), land.len()), (13_110, 64_818));
    for units in [&ame, &land] {
        assert!(units.is_sorted_by(|a, b| a < b));
        assert!(units.iter().all(|&u| Cell::try_from(u).is_ok()));
    }
    assert!(ame.iter().all(|u| land.binary_search(u).is_ok()), "the region lies on land");
    assert!(std::ptr::eq(ame.as_ptr(), region(Region::AfricaMiddleEast).as_ptr()), "decoded once");
}

#[test]
fn region_names_are_those_of_the_configuration() {
    for region in [Region::AfricaMiddleEast, Region::Land] {
        let text = serde_json::to_string(&region).unwrap();
        assert_eq!(text, format!("\"{region}\""));
        assert_eq!(serde_json::from_str::<Region>(&text).unwrap(), region);
    }
    assert_eq!(Region::default().as_str(), "africa-middle-east");
}

#[test]
fn places_are_in_their_countries() {
    for (place, lat, lon, expect) in [
        ("Mogadishu", 2.05, 45.3, "SOM"),
        ("Bria", 6.5, 22.0, "CAF"),
        ("Juba", 4.85, 31.6, "SSD"),
        ("Khartoum", 15.6, 32.5, "SDN"),
        ("Damascus", 33.5, 36.3, "SYR"),
        ("Goma", -1.4, 28.8, "COD"),
        ("La Paz", -16.5, -68.1, "BOL"),
    ] {
        assert_eq!(iso3(lat, lon), Some(expect), "{place}");
    }
    assert_eq!(iso3(0.1, 0.1), None, "the Gulf of Guinea");
    assert_eq!(iso3(24.2, -13.2), None, "Western Sahara: left open by the source");
    assert_eq!((country(Unit(0)), country(Unit(u32::MAX))), (None, None));
}

#[test]
fn countries_are_whole_and_named_by_the_cells() {
    assert_eq!(countries().len(), 213);
    assert!(countries().is_sorted_by(|a, b| a.id < b.id));
    assert!(countries().iter().all(|c| c.iso3.len() == 3 && !c.name.is_empty()));
    let by_id = |id| countries().iter().find(|c| c.id == id).unwrap();
    assert_eq!((by_id(167).iso3, by_id(167).name), ("COD", "Congo, DRC"));
    assert_eq!(by_id(232).iso3, "XKX");
    let known: Vec<u32> = countries().iter().map(|c| c.id).collect();
    assert!(runs(CELL_COUNTRY, true).all(|r| known.binary_search(&r.label).is_ok()));
    assert_eq!(runs(CELL_COUNTRY, true).map(|r| r.len).sum::<u32>(), 66_205);
    let open = |r| region(r).iter().filter(|&&u| country(u).is_none()).count();
    assert_eq!((open(Region::AfricaMiddleEast), open(Region::Land)), (122, 322));
}

#[test]
fn borders_are_lines_on_the_globe_without_seams() {
    assert_eq!((borders().len(), borders().iter().map(Vec::len).sum::<usize>()), (1_962, 44_595));
    for line in borders() {
        assert!(line.len() >= 2);
        for p in line {
            assert!(p.0.abs() <= 180.0 && (-86.0..=84.0).contains(&p.1), "{p:?}");
        }
        for s in line.windows(2) {
            assert!(s[0] != s[1] && (s[1].0 - s[0].0).abs() < 30.0, "{s:?}");
        }
    }
    // A shared border is one arc: no segment is drawn twice.
    let ordered = |s: &[(f32, f32)]| {
        let mut ends = [s[0], s[1]].map(|p| ((p.0 * 100.0).round() as i32, (p.1 * 100.0).round() as i32));
        ends.sort_unstable();
        ends
    };
    let mut segments: Vec<_> = borders().iter().flat_map(|l| l.windows(2).map(ordered)).collect();
    let all = segments.len();
    segments.sort_unstable();
    segments.dedup();
    // Rounding lets a few slivers of islands fall together.
    assert!(all - segments.len() <= 10, "{} of {all} segments are drawn twice", all - segments.len());
}

#[test]
fn borders_run_where_the_country_of_cells_changes() {
    // Two independent sources; a swap of axes or of signs would separate them.
    let (mut near, mut all) = (0, 0);
    for &unit in region(Region::AfricaMiddleEast).iter() {
        let (Some(here), Some(east)) = (country(unit), country(Unit(unit.0 + 1))) else { continue };
        if here.id == east.id {
            continue;
        }
        let (lat, lon) = Cell::try_from(unit).unwrap().centre();
        let (lat, lon) = (lat as f32, lon as f32 + 0.25);
        all += 1;
        near += usize::from(!borders_within(lon - 0.5, lat - 0.25, lon + 0.5, lat + 0.25).is_empty());
    }
    assert!(all > 500 && near * 100 >= all * 98, "{near} of {all} changes of country have a border");
}

#[test]
fn clipping_cuts_at_the_frame_and_keeps_lines_joined() {
    let frame = [0.0, 0.0, 10.0, 10.0];
    let through = [(-5.0, 5.0), (5.0, 5.0), (5.0, 6.0), (15.0, 6.0)];
    assert_eq!(clip(&through, frame), [[(0.0, 5.0), (5.0, 5.0), (5.0, 6.0), (10.0, 6.0)]]);
    let twice = [(5.0, 5.0), (5.0, 15.0), (6.0, 15.0), (6.0, 5.0)];
    assert_eq!(clip(&twice, frame), [[(5.0, 5.0), (5.0, 10.0)], [(6.0, 10.0), (6.0, 5.0)]]);
    assert!(clip(&[(-1.0, -1.0), (-1.0, 20.0)], frame).is_empty(), "beside the frame");
    assert!(clip(&[(-2.0, 1.0), (1.0, -2.0)], frame).is_empty(), "past a corner");
    assert_eq!(borders_within(-180.0, -90.0, 180.0, 90.0), *borders());
}

#[test]
fn the_region_is_the_official_list() {
    let Some(file) = shared("geo/africa_me_legacy_pgids.json") else { return };
    let mut gids: Vec<u32> = serde_json::from_reader(File::open(file).unwrap()).unwrap();
    gids.sort_unstable();
    assert_eq!(region(Region::AfricaMiddleEast).iter().map(|u| u.0).collect::<Vec<_>>(), gids);
}

#[test]
fn the_country_table_is_that_of_the_reference() {
    let Some(file) = shared("geo/views_countries.csv") else { return };
    let mut rows = csv::Reader::from_path(file).unwrap();
    let rows: Vec<(u32, String, String)> = rows.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len(), countries().len());
    for ((id, iso3, name), ours) in rows.iter().zip(countries()) {
        let expect = if *id == 232 { "XKX" } else { iso3 };
        assert_eq!((*id, expect, name.as_str()), (ours.id, ours.iso3, ours.name));
    }
}

#[test]
fn cells_and_their_countries_are_those_of_the_grid_table() {
    let Some(file) = shared("geo/priogrid_land_cells.parquet") else { return };
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap();
    let (mut land, mut ame, mut other) = (vec![], vec![], 0);
    for batch in reader.build().unwrap().map(Result::unwrap) {
        let (gid, id) = (integers(&batch, "gid"), integers(&batch, "country_id_gaul2024"));
        let inside: &BooleanArray = batch.column_by_name("in_views_ame").unwrap().as_boolean();
        for i in 0..batch.num_rows() {
            let unit = Unit(gid[i].unwrap() as u32);
            land.push(unit);
            if inside.value(i) {
                ame.push(unit);
            }
            other += usize::from(id[i] != country(unit).map(|c| i64::from(c.id)));
        }
    }
    land.sort_unstable();
    ame.sort_unstable();
    assert_eq!((&land[..], &ame[..]), (&*region(Region::Land), &*region(Region::AfricaMiddleEast)));
    assert_eq!(other, 0, "cells whose country differs");
}

#[test]
fn a_unit_is_in_the_country_that_its_level_says() {
    let mali = countries().iter().find(|c| c.name == "Mali").unwrap();
    assert_eq!(country_at("cm", Unit(mali.id)), Some(mali));
    let cell = region(Region::AfricaMiddleEast).iter().copied().find(|u| country(*u) == Some(mali)).unwrap();
    assert_eq!(country_at("pgm", cell), Some(mali));
    assert_eq!(country_at("cm", cell), None, "no country has the id of a cell in Mali");
    assert_eq!(country_at("station", Unit(mali.id)), None);
}

fn integers(batch: &RecordBatch, name: &str) -> Vec<Option<i64>> {
    let column = batch.column_by_name(name).unwrap();
    if let Some(wide) = column.as_any().downcast_ref::<Int64Array>() {
        return wide.iter().collect();
    }
    if let Some(narrow) = column.as_primitive_opt::<Int32Type>() {
        return narrow.iter().map(|v| v.map(i64::from)).collect();
    }
    let real = column.as_primitive::<arrow_array::types::Float64Type>();
    real.iter().map(|v| v.filter(|v| !v.is_nan()).map(|v| v as i64)).collect()
}
