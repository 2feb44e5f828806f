//! Laws that hold for every ensemble of the catalog.

use forewarn_core::*;
use forewarn_kernels::random::Stream;
use serde_json::json;

use crate::ENSEMBLES;

const DRAWS: usize = 25;

fn units() -> Units {
    (1..=40).map(Unit).collect()
}

/// Zero-inflated draws with ties; `unit % 4 == 0` is always zero.
fn draws(seed: u64) -> Field {
    let mut values = Vec::new();
    for u in 1..=40_u64 {
        for d in 0..DRAWS as u64 {
            let s = Stream::new(seed, &[u, d]);
            let zero = u % 4 == 0 || s.uniform(0) < 0.6;
            values.push(if zero { 0.0 } else { (s.uniform(1) * 50.0).ceil() as f32 });
        }
    }
    Field::draws(Period(9), Step(2), units(), DRAWS, values).unwrap()
}

fn point(value: f32) -> Field {
    Field::point(Period(9), Step(2), units(), vec![value; 40]).unwrap()
}

fn combine(entry: &Entry<dyn Ensemble>, fields: &[&Field]) -> Result<Field> {
    let names: Vec<String> = (0..fields.len()).map(|i| format!("m{i}")).collect();
    let members: Vec<_> = fields.iter().zip(&names).map(|(field, name)| Member { name, field }).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    entry.default()?.fit(&EnsembleArgs::new(&names))?.combine(&CombineArgs::new(&members, 7))
}

#[test]
fn one_member_or_equal_members_give_that_member() {
    for entry in ENSEMBLES {
        for field in [draws(1), point(3.5)] {
            assert_eq!(combine(entry, &[&field]).unwrap(), field, "{}", entry.file);
            assert_eq!(combine(entry, &[&field, &field, &field]).unwrap(), field, "{}", entry.file);
        }
    }
}

#[test]
fn the_order_of_members_is_irrelevant() {
    let (a, b, c) = (draws(1), draws(2), point(1.0));
    for entry in ENSEMBLES {
        let field = combine(entry, &[&a, &b, &c]).unwrap();
        for order in [[&b, &a, &c], [&c, &b, &a], [&c, &a, &b]] {
            assert_eq!(combine(entry, &order).unwrap(), field, "{}", entry.file);
        }
    }
}

#[test]
fn combined_quantiles_lie_between_the_members() {
    let (a, b) = (draws(1).sorted(), draws(2).sorted());
    for entry in ENSEMBLES {
        let field = combine(entry, &[&a, &b]).unwrap().sorted();
        for ((x, y), z) in a.values().iter().zip(b.values()).zip(field.values()) {
            assert!(x.min(*y) <= *z && *z <= x.max(*y), "{}: {z} of {x} and {y}", entry.file);
        }
    }
}

#[test]
fn dependence_across_units_survives() {
    // All units of a draw share one number in each member: the draws of two units rank alike.
    let shared = |seed: u64| {
        let level = |d: usize| (Stream::new(seed, &[d as u64]).uniform(0) * 100.0).floor() as f32;
        let values = (0..40).flat_map(|u| (0..DRAWS).map(move |d| level(d) * (u + 1) as f32)).collect();
        Field::draws(Period(9), Step(2), units(), DRAWS, values).unwrap()
    };
    let (a, b) = (shared(1), shared(2));
    for entry in ENSEMBLES {
        let field = combine(entry, &[&a, &b]).unwrap();
        let order = |row: &[f32]| {
            let mut order: Vec<usize> = (0..DRAWS).collect();
            order.sort_by(|&i, &j| row[i].total_cmp(&row[j]));
            order
        };
        let rows: Vec<_> = field.rows().collect();
        assert!(rows.iter().all(|row| order(row) == order(rows[0])), "{}", entry.file);
    }
}

#[test]
fn points_are_constant_quantile_functions_and_points_alone_give_a_point() {
    for entry in ENSEMBLES {
        let mixed = combine(entry, &[&draws(1), &point(0.0)]).unwrap();
        assert_eq!((mixed.is_point(), mixed.width()), (false, DRAWS), "{}", entry.file);
        assert!(mixed.rows().nth(3).unwrap().iter().all(|&v| v == 0.0), "{}", entry.file);
        let points = combine(entry, &[&point(1.0), &point(3.0)]).unwrap();
        assert_eq!(points, point(2.0), "{}", entry.file);
    }
}

#[test]
fn missing_stays_missing() {
    let mut values = vec![1.0; 40];
    values[6] = f32::NAN;
    let gap = Field::point(Period(9), Step(2), units(), values).unwrap();
    for entry in ENSEMBLES {
        let field = combine(entry, &[&gap, &draws(1)]).unwrap();
        let missing: Vec<_> = field.rows().map(|row| row.iter().all(|v| v.is_nan())).collect();
        assert!(missing[6] && missing.iter().filter(|&&m| m).count() == 1, "{}", entry.file);
    }
}

#[test]
fn members_that_differ_are_named() {
    let other = |origin, step, n: u32| {
        Field::point(Period(origin), Step(step), (1..=n).map(Unit).collect(), vec![0.0; n as usize]).unwrap()
    };
    let few = Field::draws(Period(9), Step(2), units(), 5, vec![0.0; 200]).unwrap();
    for entry in ENSEMBLES {
        let wrong = |b: &Field| combine(entry, &[&draws(1), b]).unwrap_err().to_string();
        assert!(wrong(&other(8, 2, 40)).contains("`m1` has origin 8, member `m0` 9"), "{}", entry.file);
        assert!(wrong(&other(9, 3, 40)).contains("`m1` has step 3, member `m0` 2"), "{}", entry.file);
        assert!(wrong(&other(9, 2, 39)).contains("39 against 40: unit 40 is only in `m0`"), "{}", entry.file);
        assert!(wrong(&few).contains("`m0` has 25 draws, member `m1` 5"), "{}", entry.file);
        assert!(combine(entry, &[]).unwrap_err().to_string().contains("no members"), "{}", entry.file);
    }
}

#[test]
fn entries_are_documented_and_strict() {
    for entry in ENSEMBLES {
        assert!(entry.doc().contains("doi:"), "{}: cite the source", entry.file);
        assert!(
            (entry.build)(&json!({"no-such-setting": 1})).is_err(),
            "{}: deny_unknown_fields",
            entry.file
        );
    }
    assert!(ENSEMBLES.windows(2).all(|w| w[0].name < w[1].name), "keep the catalog sorted");
}
