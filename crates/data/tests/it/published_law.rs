//! Random forecasts, written in each layout in random order, are read back as they were.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use forewarn_core::{Field, Period, Step, Unit, Units};
use forewarn_data::published::{Layout, Published, Settings, Transform, read};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use crate::published::{Written, array, csv, ints, lists, parquet};

/// A cell of a forecast: unit, draws, and whether its row is written.
#[derive(Debug, Clone)]
struct Shape {
    origins: Vec<i32>,
    units: Vec<u32>,
    steps: Vec<u16>,
    draws: usize,
}

fn shape() -> impl Strategy<Value = Shape> {
    let origins = btree_set(100..140, 1..4_usize);
    (origins, btree_set(0..5000_u32, 1..5_usize), btree_set(1..12_u16, 1..4_usize), 1..4_usize).prop_map(
        |(origins, units, steps, draws)| Shape {
            origins: origins.into_iter().collect(),
            units: units.into_iter().collect(),
            steps: steps.into_iter().collect(),
            draws,
        },
    )
}

/// A row: origin, step, unit and draws.
type Row = (i32, u16, u32, Vec<f32>);

/// All cells of a shape with values of quarters, some below zero, one in eight missing, in random order.
fn rows() -> impl Strategy<Value = (Shape, Vec<Row>)> {
    shape().prop_flat_map(|shape| {
        let cells: Vec<(i32, u16, u32)> = shape
            .origins
            .iter()
            .flat_map(|&o| shape.steps.iter().map(move |&s| (o, s)))
            .flat_map(|(o, s)| shape.units.iter().map(move |&u| (o, s, u)))
            .collect();
        let values = vec((vec(-4..400_i32, shape.draws), 0..8_u8), cells.len());
        let rows = values.prop_map(move |values| {
            let value = |(draws, hole): (Vec<i32>, u8)| -> Vec<f32> {
                draws.into_iter().map(|v| if hole == 0 { f32::NAN } else { v as f32 / 4.0 }).collect()
            };
            cells.iter().zip(values).map(|(&(o, s, u), v)| (o, s, u, value(v))).collect::<Vec<Row>>()
        });
        (Just(shape), rows.prop_shuffle())
    })
}

/// The fields that should come back: for each origin all steps up to the last.
fn expected(shape: &Shape, rows: &[Row], point: bool) -> Vec<Vec<Field>> {
    let cells: BTreeMap<(i32, u16, u32), &Vec<f32>> =
        rows.iter().map(|(o, s, u, v)| ((*o, *s, *u), v)).collect();
    let units: Units = shape.units.iter().map(|&u| Unit(u)).collect();
    let width = if point { 1 } else { shape.draws };
    let field = |origin: i32, step: u16| {
        let row = |&u: &u32| match cells.get(&(origin, step, u)) {
            Some(values) => values[..width].to_vec(),
            None => vec![f32::NAN; width],
        };
        let values = shape.units.iter().flat_map(row).collect();
        if point {
            Field::point(Period(origin), Step(step), units.clone(), values).unwrap()
        } else {
            Field::draws(Period(origin), Step(step), units.clone(), width, values).unwrap()
        }
    };
    let last = *shape.steps.last().unwrap();
    shape.origins.iter().map(|&origin| (1..=last).map(|step| field(origin, step)).collect()).collect()
}

/// Compares by bits, as NaN is no number.
fn check(written: &Written, settings: &Settings, layout: Layout, expected: &[Vec<Field>]) {
    let all: Vec<Published> = read(&written.1, settings, None).unwrap();
    assert_eq!(all.len(), expected.len());
    for (found, expected) in all.iter().zip(expected) {
        assert_eq!((found.about.layout, found.fields.len()), (layout, expected.len()));
        for (found, expected) in found.fields.iter().zip(expected) {
            assert_eq!(
                (found.origin, found.step, found.is_point()),
                (expected.origin, expected.step, expected.is_point())
            );
            assert_eq!(found.units(), expected.units());
            let bits = |field: &Field| field.values().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(found), bits(expected));
        }
    }
}

fn number(value: f32) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn draw_lists((shape, rows) in rows()) {
        let column = |f: fn(&Row) -> i64| ints(&rows.iter().map(f).collect::<Vec<_>>());
        let draws: Vec<&[f32]> = rows.iter().map(|row| row.3.as_slice()).collect();
        let file = parquet(vec![
            ("month_id", column(|row| i64::from(row.0) + i64::from(row.1))),
            ("priogrid_id", column(|row| i64::from(row.2))),
            ("origin", column(|row| i64::from(row.0))),
            ("pred_x", lists(&draws)),
        ]);
        check(&file, &Settings::default(), Layout::DrawLists, &expected(&shape, &rows, false));
    }

    #[test]
    fn long_draws((shape, rows) in rows()) {
        let mut text = "outcome,draw,unit,step,month_id\n".to_owned();
        for (draw, id) in (0..shape.draws).rev().zip([9, 5, 2]) {
            // Ids of draws fall as their order rises from the last: they are sorted by id.
            for (origin, step, unit, draws) in &rows {
                let month = origin + i32::from(*step);
                writeln!(text, "{},{id},{unit},{step},{month}", number(draws[draw])).unwrap();
            }
        }
        check(&csv(&text), &Settings::default(), Layout::LongDraws, &expected(&shape, &rows, false));
    }

    #[test]
    fn wide_steps((shape, rows) in rows()) {
        let mut cells: BTreeMap<(i32, u32), BTreeMap<u16, f32>> = BTreeMap::new();
        for (origin, step, unit, draws) in &rows {
            cells.entry((*origin, *unit)).or_default().insert(*step, draws[0]);
        }
        let names: Vec<String> = shape.steps.iter().map(|step| format!("ss_m_{step}")).collect();
        let columns = |row: &BTreeMap<u16, f32>| row.values().map(|&v| number(v)).collect::<Vec<_>>().join(",");
        let mut text = format!("country_id,origin,{}\n", names.join(","));
        for ((origin, unit), row) in cells.iter().rev() {
            writeln!(text, "{unit},{origin},{}", columns(row)).unwrap();
        }
        let settings = Settings { transform: Some(Transform::Identity), ..Settings::default() };
        check(&csv(&text), &settings, Layout::WideSteps, &expected(&shape, &rows, true));
    }

    #[test]
    fn long_points_with_what_is_missing_left_out((shape, rows) in rows()) {
        // What is left out is missing, if the unit is there at all.
        let first = *shape.steps.first().unwrap();
        let kept = rows.iter().filter(|row| !row.3[0].is_nan() || row.1 == first || row.1 == *shape.steps.last().unwrap());
        let column = |f: fn(&Row) -> i64| ints(&kept.clone().map(f).collect::<Vec<_>>());
        let file = parquet(vec![
            ("gid", column(|row| i64::from(row.2))),
            ("step", column(|row| i64::from(row.1))),
            ("last_month_id_of_data_used", column(|row| i64::from(row.0))),
            ("pred_x", array(arrow_array::Float32Array::from(kept.clone().map(|row| row.3[0]).collect::<Vec<_>>()))),
        ]);
        check(&file, &Settings::default(), Layout::LongPoints, &expected(&shape, &rows, true));
    }
}
