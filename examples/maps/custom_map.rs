//! A map of one's own: the distance of cells from Khartoum. `cargo run -p forewarn-maps --example custom_map`

use forewarn_core::{Cell, Error, Ground, Legend, Result, Scene, Shade, Unit, Units};
use forewarn_maps::render::{Layout, Projection, geojson, png, svg};

fn scene() -> Result<Scene> {
    let cells: Vec<Cell> =
        (200..240).flat_map(|row| (400..450).map(move |col| Cell::at(row, col))).collect::<Result<_>>()?;
    let (latitude, longitude) = (15.5_f32, 32.5_f32);
    let distance = |cell: &Cell| {
        let north = cell.row() as f32 / 2.0 - 90.25 - latitude;
        let east = (cell.col() as f32 / 2.0 - 180.25 - longitude) * latitude.to_radians().cos();
        111.2 * north.hypot(east)
    };
    let units: Units = cells.iter().copied().map(Unit::from).collect();
    let ticks = vec![0.0, 250.0, 500.0, 750.0, 1000.0];
    let (zero, label) = ("here".to_owned(), "Kilometres".to_owned());
    Ok(Scene {
        title: "How far is it to Khartoum?".to_owned(),
        subtitle: "Straight lines on the ground, from the middle of each cell".to_owned(),
        values: cells.iter().map(distance).collect(),
        legend: Legend { shade: Shade::Linear, top: 1000.0, ticks, zero, label },
        ground: Ground::of_cells(
            &units,
            vec![vec![(20.0, 15.5), (45.0, 15.5)], vec![(32.5, 10.0), (32.5, 30.0)]],
        )?,
        units,
    })
}

fn main() -> Result<()> {
    let layout = Layout { width: 800, projection: Projection::EqualArea };
    let written = |e: std::io::Error| Error::config("custom_map", e.to_string());
    std::fs::write("custom_map.png", png(&scene()?, &layout)?).map_err(written)?;
    std::fs::write("custom_map.geojson", geojson(&scene()?)?).map_err(written)?;
    std::fs::write("custom_map.svg", svg(&scene()?, &layout)?).map_err(written)
}

#[test]
fn it_can_be_drawn() {
    let scene = scene().unwrap();
    assert_eq!(scene.values.len(), 2000);
    assert!(png(&scene, &Layout::wide(400)).unwrap().len() > 1000);
}
