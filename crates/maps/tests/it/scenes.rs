//! Small scenes with everything that a map may show.

use forewarn_core::{
    Beside, Cadence, Cell, Entry, Field, Ground, Lines, Map, MapArgs, Period, Scene, Step, Unit, Units,
};
use forewarn_maps::MAPS;

/// Six by four cells around 32° east, 15° north, with a border through them.
fn cells() -> Units {
    let place = |i: u32| Cell::at(206 + i / 6, 422 + i % 6).unwrap();
    (0..24).map(|i| Unit::from(place(i))).collect()
}

fn border() -> Lines {
    vec![vec![(28.0, 12.0), (32.3, 14.2), (36.0, 14.6)]]
}

/// Draws: none known for the first cell, the others 0, 0, i, 3 i for i from -1.
fn field(step: u16) -> Field {
    let draws = |i: usize| match i {
        0 => [f32::NAN; 4],
        1 | 7 | 13 => [0.0; 4],
        i => [0.0, 0.0, (i - 1) as f32 * f32::from(step), 3.0 * (i - 1) as f32],
    };
    Field::draws(Period(492), Step(step), cells(), 4, (0..24).flat_map(draws).collect()).unwrap()
}

/// What a map shows of it.
pub(crate) fn scene(name: &str, settings: &str, step: u16) -> Scene {
    let entry: &Entry<dyn Map> = MAPS.iter().find(|entry| entry.name == name).unwrap();
    let map = (entry.build)(&serde_json::from_str(settings).unwrap()).unwrap();
    let field = field(step);
    let ground = Ground::of_cells(field.units(), border()).unwrap();
    let truth: Vec<f32> = (0..24).map(|i| if i % 5 == 0 { 0.0 } else { (i * i % 37) as f32 }).collect();
    let args = MapArgs::new(&field, ("happy_hippo", "deaths per cell & month"), Cadence::Month, &ground);
    map.scene(&args.vintage("GED 21.1").beside(Beside { truth: Some(&truth), ..Beside::default() })).unwrap()
}

/// Two countries, one of them in two pieces around the other, and one without a place.
pub(crate) fn countries() -> Scene {
    let land: Vec<(Cell, u32)> = (0..24)
        .map(|i| (Cell::at(206 + i / 6, 422 + i % 6).unwrap(), if i % 6 == 2 || i % 6 == 3 { 4 } else { 9 }))
        .collect();
    let units: Units = [4, 9, 12].map(Unit).into();
    Scene {
        values: vec![0.25, 12.5, f32::NAN],
        ground: Ground::of_groups(&units, &land, border()),
        units,
        ..scene("expected-value", "{}", 1)
    }
}
