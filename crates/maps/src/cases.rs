//! Forecasts of a few cells, for tests of maps.

use forewarn_core::prelude::*;

/// Forecast of step 1 from 2020-12 for cells 1, 2, ..., one row of draws each.
pub(crate) fn field<const N: usize>(rows: &[[f32; N]]) -> Field {
    Field::draws(Period(492), Step(1), units(rows.len()), N, rows.concat()).unwrap()
}

/// The same as points.
pub(crate) fn point(values: &[f32]) -> Field {
    Field::point(Period(492), Step(1), units(values.len()), values.to_vec()).unwrap()
}

fn units(n: usize) -> Units {
    (1..=n as u32).map(Unit).collect()
}

/// The scene that a map with these settings (JSON) makes.
pub(crate) fn scene(
    entry: &Entry<dyn Map>,
    settings: &str,
    field: &Field,
    beside: Beside<'_>,
) -> Result<Scene> {
    let map = (entry.build)(&serde_json::from_str(settings).unwrap())?;
    let ground = Ground::of_cells(field.units(), vec![])?;
    let args = MapArgs::new(field, ("happy_hippo", "deaths per cell"), Cadence::Month, &ground);
    let scene = map.scene(&args.vintage("GED 21.1").beside(beside))?;
    assert_eq!((&scene.units, scene.values.len()), (field.units(), field.units().len()));
    // Whatever is made can be drawn.
    crate::render::png(&scene, &crate::render::Layout::wide(400))?;
    Ok(scene)
}

/// What it says when it makes none.
pub(crate) fn refusal(entry: &Entry<dyn Map>, settings: &str, field: &Field, beside: Beside<'_>) -> String {
    scene(entry, settings, field, beside).unwrap_err().to_string()
}
