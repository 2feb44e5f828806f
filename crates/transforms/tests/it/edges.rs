//! What lies at the edge: bounds of settings, lonely units, short and strange columns.

use forewarn_core::{TransformArgs, Unit, Units};
use forewarn_transforms::{QuerySet, TRANSFORMS};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{all, build};

fn apply(name: &str, settings: &Value, units: &[u32], groups: &[u32], values: &[f32]) -> Vec<f32> {
    let units: Units = units.iter().copied().map(Unit).collect();
    build(name, settings).apply(&TransformArgs::new(&units, values, groups).unwrap()).unwrap()
}

#[test]
fn settings_out_of_bounds_are_refused() {
    for (name, settings, expected) in [
        ("country-lag", json!({"inner": 0}), "`inner` is 0"),
        ("country-lag", json!({"of": "median"}), "unknown variant `median`"),
        ("decay", json!({"half-life": -1}), "`half-life` is -1"),
        ("delta", json!({"periods": 0}), "`periods` is 0"),
        ("fill", json!({"compat": "old"}), "unknown variant `old`"),
        ("moving-average", json!({"periods": 0}), "`periods` is 0"),
        ("moving-sum", json!({"periods": -3}), "invalid value"),
        ("space-time-distance", json!({"time-scale": 0}), "`time-scale` is 0"),
        ("spatial-lag", json!({"width": 0}), "`width` is 0"),
        ("spatial-lag", json!({"inner": 100, "width": 100}), "ring 199"),
        ("spatial-lag", json!({"power": -1}), "`power` is -1"),
        ("time-lag", json!({"periods": 0}), "`periods` is 0"),
        ("tree-lag", json!({"opening-angle": 0}), "`opening-angle` is 0"),
        ("tree-lag", json!({"opening-angle": 1.1}), "`opening-angle` is 1.1"),
    ] {
        let entry = TRANSFORMS.iter().find(|e| e.name == name).unwrap();
        let error = (entry.build)(&settings).unwrap_err().to_string();
        assert!(error.contains(expected) && error.starts_with(name), "{error}\n  expected {expected}");
    }
}

#[test]
fn who_has_no_neighbours_has_sum_0_and_no_mean() {
    for name in ["spatial-lag", "country-lag"] {
        let lag = |normalise: bool| {
            let settings = json!({"normalise": normalise});
            apply(name, &settings, &[100_001, 100_101], &[1, 2], &[3.0, 5.0])
        };
        assert_eq!(lag(false), [0.0, 0.0], "{name}");
        assert!(lag(true).iter().all(|x| x.is_nan()), "{name}");
    }
}

#[test]
fn one_unit_and_one_period_are_enough() {
    for (name, transform) in all() {
        let units: Units = [Unit(100_001)].into();
        let args = TransformArgs::new(&units, &[2.0], &[9]).unwrap();
        assert_eq!(transform.apply(&args).unwrap().len(), 1, "{name}");
    }
}

#[test]
fn units_that_are_no_cells_have_no_surroundings() {
    let units: Units = [Unit(5), Unit(300_000)].into();
    let args = TransformArgs::new(&units, &[2.0, 1.0], &[1, 2]).unwrap();
    for (name, transform) in all() {
        let around = ["country-lag", "space-time-distance", "spatial-lag", "tree-lag"].contains(&name);
        let outcome = transform.apply(&args);
        assert_eq!(outcome.is_err(), around, "{name}");
        if let Err(error) = outcome {
            assert!(error.to_string().contains("300000"), "{name}: {error}");
        }
    }
}

#[test]
fn columns_of_the_corner_cells_are_worked() {
    // The four corners of the world; the western and eastern ones touch across the 180th meridian.
    let corners = [1, 720, 359 * 720 + 1, 360 * 720];
    let lag = apply("spatial-lag", &json!({}), &corners, &[], &[1.0, 2.0, 4.0, 8.0]);
    assert_eq!(lag, [2.0, 1.0, 8.0, 4.0]);
    let distance = apply("space-time-distance", &json!({}), &corners, &[], &[1.0, 0.0, 0.0, 0.0]);
    assert_eq!(distance[..3], [0.0, 359.5, 179.5]);
    let tree = apply("tree-lag", &json!({}), &corners, &[], &[719.0, 0.0, 0.0, 0.0]);
    assert!((tree[1] - 1.0).abs() < 0.3 && tree[0] == 0.0, "{tree:?}");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}=\"a-z0-9\n ,.#-]{0,200}") {
        QuerySet::parse(&text).ok();
    }

    #[test]
    fn damage_to_a_query_set_is_an_error_or_a_query_set(at in 0_usize..4000, with in "[a-z0-9\"\\]}=é]{0,3}") {
        let text = include_str!("../../../../examples/africa/query_set.toml");
        let at = (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        let damaged = [&text[..at], &with, &text[(at + 2).min(text.len())..]].concat();
        if let Err(error) = QuerySet::parse(&damaged) {
            prop_assert!(error.to_string().contains("line "), "{}", error);
        }
    }
}
