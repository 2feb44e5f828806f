//! What `views_pipeline_core` 3.3.4 makes of the same members.

use forewarn_core::*;
use serde_json::{Value, json};

use crate::{ENSEMBLES, weighted_mean};

/// One call of the reference.
struct Case {
    method: String,
    weights: Option<Vec<f64>>,
    /// Members x rows x draws.
    models: Vec<Vec<Vec<f64>>>,
    /// Rows x draws.
    expected: Vec<Vec<f64>>,
}

fn read(value: &Value) -> Vec<f64> {
    value.as_array().map_or_else(Vec::new, |a| a.iter().map(|v| v.as_f64().unwrap()).collect())
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let row = |v: &Value| v.as_f64().map_or_else(|| read(v), |v| vec![v]);
    value.as_array().unwrap().iter().map(row).collect()
}

fn cases(methods: &[&str]) -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("../tests/data/views_aggregation.json")).unwrap();
    let case = |c: &Value| Case {
        method: c["method"].as_str().unwrap().to_owned(),
        weights: c["weights"].is_array().then(|| read(&c["weights"])),
        models: c["models"].as_array().unwrap().iter().map(rows).collect(),
        expected: rows(&c["expected"]),
    };
    let all = file["cases"].as_array().unwrap().iter().map(case);
    all.filter(|c| methods.contains(&c.method.as_str())).collect()
}

/// The members as fields.
fn fields(case: &Case) -> Vec<Field> {
    let field = |rows: &Vec<Vec<f64>>| {
        let units = (0..rows.len() as u32).map(Unit).collect();
        let values: Vec<f32> = rows.concat().into_iter().map(|v| v as f32).collect();
        match rows[0].len() {
            1 => Field::point(Period(1), Step(1), units, values).unwrap(),
            width => Field::draws(Period(1), Step(1), units, width, values).unwrap(),
        }
    };
    case.models.iter().map(field).collect()
}

fn combine(name: &str, settings: &Value, fields: &[Field]) -> Field {
    let names = ["a", "b", "c"];
    let members: Vec<_> = names.iter().zip(fields).map(|(name, field)| Member { name, field }).collect();
    let entry = ENSEMBLES.iter().find(|e| e.name == name).unwrap();
    let fitted = (entry.build)(settings).unwrap().fit(&EnsembleArgs::new(&names)).unwrap();
    fitted.combine(&CombineArgs::new(&members, 7)).unwrap()
}

#[test]
fn combined_values_are_those_of_the_reference_in_single_precision() {
    let mut compared = 0;
    for case in cases(&["mean", "median", "min", "max", "vincentization"]) {
        let (name, mut settings) = match (case.method.as_str(), &case.weights) {
            ("median", _) => ("median", json!({})),
            ("min", _) => ("minimum", json!({})),
            ("max", _) => ("maximum", json!({})),
            ("mean", None) => ("mean", json!({})),
            (_, weights) => {
                let w = weights.clone().unwrap_or(vec![1.0; 3]);
                ("weighted-mean", json!({"weights": {"a": w[0], "b": w[1], "c": w[2]}}))
            }
        };
        if case.method == "vincentization" {
            settings["compat"] = json!("views");
        }
        let combined = combine(name, &settings, &fields(&case));
        for (row, expected) in combined.rows().zip(&case.expected) {
            let expected: Vec<f32> = expected.iter().map(|&v| v as f32).collect();
            assert_eq!(row, expected, "{}", case.method);
            compared += row.len();
        }
    }
    assert_eq!(compared, 5 * 4 + 2 * 20);
}

#[test]
fn before_they_are_stored_quantile_means_are_within_1e12_of_the_reference() {
    for case in cases(&["vincentization"]) {
        let weights = case.weights.clone().unwrap_or(vec![1.0 / 3.0; 3]);
        let sorted: Vec<Field> = fields(&case).into_iter().map(Field::sorted).collect();
        for (i, expected) in case.expected.iter().enumerate() {
            for (rank, expected) in expected.iter().enumerate() {
                let at_rank: Vec<f32> = sorted.iter().map(|f| f.values()[i * f.width() + rank]).collect();
                let mean = weighted_mean::mean(&at_rank, &weights);
                assert!((mean - expected).abs() < 1e-12, "{mean} {expected}");
            }
        }
    }
}

#[test]
fn without_compat_the_same_values_stand_in_the_order_of_the_members_draws() {
    for case in cases(&["vincentization"]) {
        let (ours, theirs) = (json!({}), json!({"compat": "views"}));
        let plain = combine("weighted-mean", &ours, &fields(&case));
        assert_ne!(plain, combine("weighted-mean", &theirs, &fields(&case)));
        assert_eq!(plain.sorted(), combine("weighted-mean", &theirs, &fields(&case)));
    }
}

/// Which draw of which member a column is, in all rows.
fn pick(models: &[Vec<Vec<f64>>], column: &[f64]) -> Option<(usize, usize)> {
    let draws = models.iter().enumerate().flat_map(|(m, rows)| (0..rows[0].len()).map(move |d| (m, d)));
    let is = |v: f64, w: f64| (v - w).abs() < 1e-5;
    draws.into_iter().find(|&(m, d)| column.iter().enumerate().all(|(r, &v)| is(v, models[m][r][d])))
}

#[test]
fn a_pooled_draw_is_one_pick_for_all_rows_as_in_the_reference() {
    for case in cases(&["concat"]) {
        let columns = |rows: &[Vec<f64>]| -> Vec<Option<(usize, usize)>> {
            let column = |d: usize| rows.iter().map(|row| row[d]).collect::<Vec<_>>();
            (0..rows[0].len()).map(|d| pick(&case.models, &column(d))).collect()
        };
        let theirs = columns(&case.expected);
        assert!(theirs.iter().all(Option::is_some));
        // The reference draws with replacement, and whatever the weights, so that its picks cannot be ours.
        assert_eq!(theirs[2], theirs[3]);
        let settings = match &case.weights {
            Some(w) => json!({"weights": {"a": w[0], "b": w[1], "c": w[2]}}),
            None => json!({}),
        };
        let combined = combine("linear-pool", &settings, &fields(&case));
        let rows: Vec<Vec<f64>> =
            combined.rows().map(|r| r.iter().map(|&v| f64::from(v)).collect()).collect();
        let mut ours: Vec<_> = columns(&rows).into_iter().map(Option::unwrap).collect();
        ours.sort_unstable();
        ours.dedup();
        assert_eq!(ours.len(), 5, "no draw is taken twice");
    }
}
