//! Laws that hold for every ensemble of the catalog.

use forewarn_core::*;
use forewarn_kernels::random::Stream;
use serde_json::{Value, json};

use crate::ENSEMBLES;

const DRAWS: usize = 25;
const NAMES: [&str; 3] = ["silver_lake", "green_wood", "old_stone"];

/// Those that combine rank by rank; the others are mixtures.
const BY_RANK: [&str; 6] = ["maximum", "mean", "median", "minimum", "trimmed-mean", "weighted-mean"];

fn by_rank() -> impl Iterator<Item = &'static Entry<dyn Ensemble>> {
    ENSEMBLES.iter().filter(|e| BY_RANK.contains(&e.name))
}

fn pools() -> impl Iterator<Item = &'static Entry<dyn Ensemble>> {
    ENSEMBLES.iter().filter(|e| !BY_RANK.contains(&e.name))
}

/// Every ensemble with its defaults, and with settings that make it do something else.
fn variants() -> Vec<(&'static Entry<dyn Ensemble>, Value)> {
    let mut all: Vec<_> = ENSEMBLES.iter().map(|e| (e, json!({}))).collect();
    let others = [
        ("beta-transformed-pool", json!({"parameters": {"given": [2.0, 0.7]}})),
        ("stacking", json!({"objective": "nnls"})),
        ("trimmed-mean", json!({"share": 0.4})),
    ];
    for (name, settings) in others {
        all.extend(ENSEMBLES.iter().filter(|e| e.name == name).map(|e| (e, settings.clone())));
    }
    all
}

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

fn with(
    entry: &Entry<dyn Ensemble>,
    settings: &Value,
    fields: &[(&str, &Field)],
    seed: u64,
) -> Result<Field> {
    let members: Vec<_> = fields.iter().map(|&(name, field)| Member { name, field }).collect();
    let names: Vec<&str> = fields.iter().map(|&(name, _)| name).collect();
    (entry.build)(settings)?.fit(&EnsembleArgs::new(&names))?.combine(&CombineArgs::new(&members, seed))
}

fn combine(entry: &Entry<dyn Ensemble>, fields: &[&Field]) -> Result<Field> {
    let named: Vec<_> = NAMES.iter().copied().zip(fields.iter().copied()).collect();
    with(entry, &json!({}), &named, 7)
}

#[test]
fn one_member_or_equal_members_give_that_member() {
    for entry in ENSEMBLES {
        for field in [draws(1), point(3.5)] {
            assert!(combine(entry, &[&field]).unwrap() == field, "{}", entry.file);
            assert!(combine(entry, &[&field, &field, &field]).unwrap() == field, "{}", entry.file);
        }
    }
}

#[test]
fn the_order_of_members_is_irrelevant() {
    let (a, b, c) = (draws(1), draws(2), point(1.0));
    let [x, y, z] = NAMES;
    for (entry, settings) in variants() {
        let field = with(entry, &settings, &[(x, &a), (y, &b), (z, &c)], 7).unwrap();
        for order in [[(y, &b), (x, &a), (z, &c)], [(z, &c), (y, &b), (x, &a)], [(z, &c), (x, &a), (y, &b)]] {
            assert!(with(entry, &settings, &order, 7).unwrap() == field, "{} {settings}", entry.file);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_the_number_of_threads_is_irrelevant() {
    let (a, b) = (draws(1), draws(2));
    for (entry, settings) in variants() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| with(entry, &settings, &[("a", &a), ("b", &b)], 7).unwrap())
        };
        assert!(run(1) == run(1) && run(1) == run(5), "{} {settings}", entry.file);
    }
    for entry in pools() {
        let other = with(entry, &json!({}), &[("a", &a), ("b", &b)], 8).unwrap();
        assert!(with(entry, &json!({}), &[("a", &a), ("b", &b)], 7).unwrap() != other, "{}", entry.file);
    }
}

#[test]
fn combined_quantiles_lie_between_the_members() {
    let (a, b) = (draws(1).sorted(), draws(2).sorted());
    for entry in by_rank() {
        let field = combine(entry, &[&a, &b]).unwrap().sorted();
        for ((x, y), z) in a.values().iter().zip(b.values()).zip(field.values()) {
            assert!(x.min(*y) <= *z && *z <= x.max(*y), "{}: {z} of {x} and {y}", entry.file);
        }
    }
}

#[test]
fn a_draw_of_a_pool_is_a_draw_of_a_member_in_that_unit() {
    let (a, b) = (draws(1), draws(2));
    for entry in pools() {
        let field = combine(entry, &[&a, &b]).unwrap();
        for ((x, y), z) in a.rows().zip(b.rows()).zip(field.rows()) {
            assert!(z.iter().all(|v| x.contains(v) || y.contains(v)), "{}", entry.file);
        }
    }
}

#[test]
fn dependence_across_units_survives() {
    // All units of a draw share one number in each member: the draws of two units rank alike.
    let shared = |seed: u64| {
        let level = |d: usize| (Stream::new(seed, &[d as u64]).uniform(0) * 100.0) as f32;
        let values = (0..40).flat_map(|u| (0..DRAWS).map(move |d| level(d) * (u + 1) as f32)).collect();
        Field::draws(Period(9), Step(2), units(), DRAWS, values).unwrap()
    };
    let (a, b) = (shared(1), shared(2));
    for (entry, settings) in variants() {
        let field = with(entry, &settings, &[("a", &a), ("b", &b)], 7).unwrap();
        // Draws may tie after a transform: a draw that is above another in one unit is nowhere below it.
        let rows: Vec<_> = field.rows().collect();
        let first = rows[0];
        for (i, j) in (0..DRAWS).flat_map(|i| (0..DRAWS).map(move |j| (i, j))) {
            let agree = first[i] <= first[j] || rows.iter().all(|row| row[i] > row[j]);
            assert!(agree, "{} {settings}: draws {i} and {j}", entry.file);
        }
    }
}

#[test]
fn points_repeat_and_points_alone_give_a_point() {
    for entry in ENSEMBLES {
        let mixed = combine(entry, &[&draws(1), &point(0.0)]).unwrap();
        assert_eq!((mixed.is_point(), mixed.width()), (false, DRAWS), "{}", entry.file);
        assert!(mixed.rows().nth(3).unwrap().iter().all(|&v| v == 0.0), "{}", entry.file);
        let points = combine(entry, &[&point(1.0), &point(3.0)]).unwrap();
        let expected = match entry.name {
            "minimum" => 1.0,
            "maximum" => 3.0,
            _ => 2.0,
        };
        assert_eq!(points, point(expected), "{}", entry.file);
    }
}

#[test]
fn missing_stays_missing() {
    let mut values = vec![1.0; 40];
    values[6] = f32::NAN;
    let gap = Field::point(Period(9), Step(2), units(), values).unwrap();
    for (entry, settings) in variants() {
        let field = with(entry, &settings, &[("a", &gap), ("b", &draws(1))], 7).unwrap();
        let missing: Vec<_> = field.rows().map(|row| row.iter().all(|v| v.is_nan())).collect();
        assert!(missing[6] && missing.iter().filter(|&&m| m).count() == 1, "{}", entry.file);
    }
}

#[test]
fn members_that_differ_are_named() {
    let other = |origin, step, n: u32| {
        Field::point(Period(origin), Step(step), (1..=n).map(Unit).collect(), vec![0.0; n as usize]).unwrap()
    };
    for entry in ENSEMBLES {
        let wrong = |b: &Field| {
            let named = [("m0", &draws(1)), ("m1", b)];
            with(entry, &json!({}), &named, 7).map(|_| ()).unwrap_err().to_string()
        };
        assert!(wrong(&other(8, 2, 40)).contains("`m1` has origin 8, member `m0` 9"), "{}", entry.file);
        assert!(wrong(&other(9, 3, 40)).contains("`m1` has step 3, member `m0` 2"), "{}", entry.file);
        assert!(wrong(&other(9, 2, 39)).contains("39 against 40: unit 40 is only in `m0`"), "{}", entry.file);
        assert!(combine(entry, &[]).unwrap_err().to_string().contains("no members"), "{}", entry.file);
    }
}

#[test]
fn other_numbers_of_draws_are_pooled_and_refused_by_rank() {
    let few = Field::draws(Period(9), Step(2), units(), 5, vec![0.0; 200]).unwrap();
    for entry in by_rank() {
        let named = [("m0", &draws(1)), ("m1", &few)];
        let wrong = with(entry, &json!({}), &named, 7).map(|_| ()).unwrap_err().to_string();
        assert!(wrong.contains("`m0` has 25 draws, member `m1` 5"), "{}: {wrong}", entry.file);
    }
    for entry in pools() {
        assert_eq!(combine(entry, &[&draws(1), &few]).unwrap().width(), DRAWS, "{}", entry.file);
    }
}

#[test]
fn weights_sum_to_one() {
    for (entry, settings) in variants() {
        let fitted = (entry.build)(&settings).unwrap().fit(&EnsembleArgs::new(&NAMES)).unwrap();
        let weights = fitted.weights(Step(2));
        let sum: f64 = weights.iter().sum();
        assert!(weights.is_empty() || (weights.len() == 3 && (sum - 1.0).abs() < 1e-12), "{}", entry.file);
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
    assert!(BY_RANK.iter().all(|name| ENSEMBLES.iter().any(|e| e.name == *name)));
}
