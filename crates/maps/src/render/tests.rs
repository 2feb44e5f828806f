//! Pictures, asked for their pixels.

use super::*;
use crate::colour::{NO_DATA, OUTSIDE, ZERO, ramp};
use std::sync::Arc;

use forewarn_core::{Cell, Ground, Legend, Lines, Shade, Unit, Units};

/// A picture that can be asked for pixels.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn of(scene: &Scene, width: u32) -> Self {
        let bytes = png(scene, &Layout::wide(width)).unwrap();
        Self::read(&bytes)
    }

    fn read(bytes: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        Self { width: info.width as usize, height: info.height as usize, pixels }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let i = 3 * (y * self.width + x);
        self.pixels[i..i + 3].try_into().unwrap()
    }

    /// Whether a colour occurs in rows `from..to`.
    fn has(&self, colour: [u8; 3], (from, to): (usize, usize)) -> bool {
        (from..to).any(|y| (0..self.width).any(|x| self.at(x, y) == colour))
    }
}

fn cell(row: u32, col: u32) -> Cell {
    Cell::at(row, col).unwrap()
}

/// 24 x 24 cells: the margin of three makes the frame 30 x 30, at 800 pixels 25 pixels a cell.
fn scene() -> Scene {
    let square = (0..24 * 24).map(|i| cell(180 + i / 24, 360 + i % 24));
    let mut cells: Vec<(Cell, f32)> = square.map(|cell| (cell, 0.0)).collect();
    cells[0].1 = f32::NAN;
    cells[1].1 = 0.001;
    cells[2].1 = 24.0;
    cells[3].1 = 1e6;
    of_cells(&cells, vec![])
}

fn of_cells(cells: &[(Cell, f32)], borders: Lines) -> Scene {
    let cells: Vec<(Unit, f32)> = cells.iter().map(|&(cell, value)| (Unit::from(cell), value)).collect();
    let units: Units = cells.iter().map(|&(unit, _)| unit).collect();
    Scene {
        title: "Title".into(),
        subtitle: "Subtitle".into(),
        values: cells.iter().map(|&(_, value)| value).collect(),
        ground: Ground::of_cells(&units, borders).unwrap(),
        units,
        legend: Legend {
            shade: Shade::Log1p,
            top: 24.0,
            ticks: vec![0.0, 4.0, 24.0],
            zero: "0".into(),
            label: "Label".into(),
        },
    }
}

/// Top left of the frame at 800 pixels, and pixels a cell.
fn frame(picture: &Picture) -> (usize, usize, usize) {
    let top = (0..picture.height).find(|&y| picture.at(picture.width / 2, y) == colour::HAIRLINE);
    (25, top.unwrap(), 25)
}

/// Pixel in the middle of the cell `right` and `up` of the south-western one.
fn pixel(picture: &Picture, right: usize, up: usize) -> [u8; 3] {
    let (left, top, size) = frame(picture);
    picture.at(left + (3 + right) * size + size / 2, top + (26 - up) * size + size / 2)
}

#[test]
fn every_cell_has_the_colour_of_its_value() {
    let picture = Picture::of(&scene(), 800);
    let ramp = ramp(Shade::Log1p);
    assert!(NO_DATA.contains(&pixel(&picture, 0, 0)));
    assert_eq!(pixel(&picture, 1, 0), ramp[0]);
    assert_eq!(pixel(&picture, 2, 0), ramp[255]);
    assert_eq!(pixel(&picture, 3, 0), ramp[255], "values above the scale share its last colour");
    for (right, up) in [(4, 0), (0, 1), (23, 23)] {
        assert_eq!(pixel(&picture, right, up), ZERO);
    }
    let (left, top, size) = frame(&picture);
    assert_eq!(picture.at(left + size, top + size), OUTSIDE);
}

#[test]
fn title_legend_and_footer_are_written_and_stay_apart_from_the_map() {
    let picture = Picture::of(&scene(), 800);
    let (_, top, size) = frame(&picture);
    let below = top + 30 * size;
    assert!(picture.has(colour::INK, (0, top)) && picture.has(colour::MUTED, (0, top)));
    assert!(picture.has(colour::INK, (below, picture.height)));
    assert!(picture.has(ramp(Shade::Log1p)[200], (below, picture.height)), "the colour bar");
    assert!(picture.has(NO_DATA[1], (below, picture.height)), "the no-data swatch");
    assert_eq!((picture.width, picture.at(0, 0)), (800, colour::PAPER));
    assert!(!Picture::of(&Scene { title: String::new(), ..scene() }, 800).has(colour::INK, (0, 60)));
}

#[test]
fn borders_lie_over_the_cells_and_are_cut_at_the_frame() {
    // Along the equator, from far outside to far outside; and one that jumps across the date line.
    let borders = vec![vec![(-80.0, 0.0), (80.0, 0.0)], vec![(-179.0, 5.0), (179.0, 5.0)], vec![(1.0, 1.0)]];
    let plain = Picture::of(&scene(), 800);
    let picture = Picture::of(&of_cells(&scene().cells().collect::<Vec<_>>(), borders), 800);
    let (left, top, size) = frame(&picture);
    // Row 180 ends at the equator: 26 rows of cells lie above the southern margin and it.
    let changed: Vec<usize> =
        (0..picture.height).filter(|&y| picture.at(400, y) != plain.at(400, y)).collect();
    let equator = top + 26 * size;
    assert_eq!(changed, [equator - 1, equator]);
    assert_eq!(picture.at(left - 2, equator), colour::PAPER);
    assert_ne!(picture.at(left + 2, equator), plain.at(left + 2, equator));
}

#[test]
fn same_scene_same_bytes_and_any_order_of_cells() {
    let mut turned: Vec<_> = scene().cells().collect();
    turned.reverse();
    let turned = of_cells(&turned, vec![]);
    assert_eq!(png(&scene(), &Layout::wide(640)).unwrap(), png(&scene(), &Layout::wide(640)).unwrap());
    assert_eq!(png(&scene(), &Layout::wide(640)).unwrap(), png(&turned, &Layout::wide(640)).unwrap());
}

#[test]
fn one_cell_corners_and_the_whole_world_can_be_drawn() {
    let corners = [cell(1, 1), cell(360, 720), cell(1, 720), cell(360, 1)];
    for cells in [&corners[..1], &corners[1..2], &corners[..]] {
        let cells: Vec<_> = cells.iter().map(|&cell| (cell, 1.0)).collect();
        let picture = Picture::of(&of_cells(&cells, vec![]), 1600);
        let shape = picture.height as f64 / picture.width as f64;
        assert!((0.4..1.4).contains(&shape), "{shape}");
        assert!(picture.has(ramp(Shade::Log1p)[128], (100, picture.height)));
    }
}

#[test]
fn long_titles_wrap_instead_of_running_out_of_the_picture() {
    let title = "A very long title ".repeat(12);
    let picture = Picture::of(&Scene { title, ..scene() }, 800);
    assert!(picture.height > Picture::of(&scene(), 800).height + 50);
    assert!((0..picture.height).all(|y| picture.at(797, y) == colour::PAPER));
}

#[test]
fn what_cannot_be_drawn_is_refused_with_a_reason() {
    let with = |change: fn(&mut Scene)| {
        let mut scene = scene();
        change(&mut scene);
        png(&scene, &Layout::wide(800)).unwrap_err().to_string()
    };
    let twice = with(|s| Arc::make_mut(&mut s.ground).cells.push((cell(180, 360), 0)));
    assert!(twice.contains("cell 129240 is on the scene twice"), "{twice}");
    assert!(with(|s| s.values[5] = -1.0).contains("129245 has the value -1"));
    assert!(with(|s| s.values[5] = f32::INFINITY).contains("inf"));
    assert!(with(|s| Arc::make_mut(&mut s.ground).cells.clear()).contains("no cells"));
    assert!(with(|s| s.legend.top = 0.0).contains("runs to 0"));
    assert!(with(|s| s.legend.ticks = vec![0.0, 50.0]).contains("50.0"));
    assert!(with(|s| s.legend.ticks = vec![]).contains("the last at the top"));
    assert!(png(&scene(), &Layout::wide(100)).unwrap_err().to_string().contains("400 to 8192"));
}

/// 13,110 cells, as operations draw them every month.
#[test]
fn the_operational_grid_makes_a_small_file() {
    let cells: Vec<_> = (0..13_110).map(|i| (cell(100 + i / 115, 300 + i % 115), 0.0)).collect();
    let mut scene = of_cells(&cells, vec![]);
    for (i, value) in scene.values.iter_mut().enumerate().step_by(30) {
        *value = (i % 977) as f32 / 20.0;
    }
    let bytes = png(&scene, &Layout::wide(1600)).unwrap().len();
    assert!(bytes <= 300_000, "{bytes} bytes");
}
