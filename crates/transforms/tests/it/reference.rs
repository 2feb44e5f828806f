//! `compat = "views"` gives the numbers of the reference library; see the provenance in the data file.

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::{Cell, TransformArgs, Unit, Units};
use serde::Deserialize;
use serde_json::Value;

use crate::support::{assert_close, build};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    provenance: String,
    periods: usize,
    units: Vec<u32>,
    countries: Vec<u32>,
    country_units: Vec<u32>,
    edge_units: Vec<u32>,
    inputs: BTreeMap<String, Vec<Option<f32>>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    transform: String,
    settings: Value,
    input: String,
    expect: Vec<Option<f32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../data/views_transforms.json")).unwrap()
}

fn column(values: &[Option<f32>]) -> Vec<f32> {
    values.iter().map(|x| x.unwrap_or(f32::NAN)).collect()
}

#[test]
fn numbers_are_those_of_the_reference() {
    let golden = golden();
    assert!(golden.provenance.contains("2.7.2"));
    let units = |ids: &[u32]| ids.iter().copied().map(Unit).collect::<Units>();
    let (cells, countries, edge) =
        (units(&golden.units), units(&golden.country_units), units(&golden.edge_units));
    let cell = |(&gid, &code): (&u32, &u32)| (Cell::new(gid).unwrap(), code);
    let land: Vec<(Cell, u32)> = golden.units.iter().zip(&golden.countries).map(cell).collect();
    let mut seen = BTreeSet::new();
    for case in &golden.cases {
        let values = column(&golden.inputs[&case.input]);
        let units = match case.input.as_str() {
            "edge" => &edge,
            "country" | "country_holes" => &countries,
            _ => &cells,
        };
        assert!(case.input == "edge" || values.len() == golden.periods * units.len());
        let args = TransformArgs::new(units, &values, &[]).unwrap();
        let args = if units == &countries { args.with_land(&land) } else { args };
        let found = build(&case.transform, &case.settings).apply(&args).unwrap();
        let what = format!("{} {} on {}", case.transform, case.settings, case.input);
        assert_close(&what, &found, &column(&case.expect), 1e-6);
        seen.insert(&case.transform);
    }
    assert_eq!(seen.len(), 14, "{seen:?}");
}

#[test]
fn the_default_differs_where_it_says_so() {
    let golden = golden();
    let units: Units = golden.units.iter().copied().map(Unit).collect();
    let values = column(&golden.inputs["holes"]);
    let args = TransformArgs::new(&units, &values, &golden.countries).unwrap();
    for case in golden.cases.iter().filter(|c| c.input == "holes" && c.settings.get("compat").is_some()) {
        let mut settings = case.settings.clone();
        settings["compat"] = "none".into();
        let corrected = build(&case.transform, &settings).apply(&args).unwrap();
        let same =
            corrected.iter().zip(column(&case.expect)).all(|(a, b)| *a == b || (a.is_nan() && b.is_nan()));
        assert!(!same, "{} {} is the reference's", case.transform, case.settings);
    }
}
