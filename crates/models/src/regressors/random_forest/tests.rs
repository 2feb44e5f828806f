//! Forests on data.

use forewarn_kernels::random::Stream;
use serde_json::json;

use super::*;

fn columns(count: usize) -> Arc<[String]> {
    (0..count).map(|c| format!("x{c}")).collect()
}

fn fit(settings: &serde_json::Value, rows: &DesignMatrix, labels: &[f32]) -> Grove {
    let (at, ones): (Vec<u32>, _) = ((0..rows.len() as u32).collect(), vec![1.0; rows.len()]);
    let labels = Labels::new(&at, labels, &ones, rows.len()).unwrap();
    let prepared =
        (ENTRY.build)(settings).unwrap().prepare(&PrepareArgs::new(rows, &ones).unwrap()).unwrap();
    Grove::read(&prepared.fit(&LabelArgs::new(labels, 7)).unwrap().state().unwrap()).unwrap()
}

/// Rows of four columns; labels are uniform between 0 and ten times the first.
fn fans(count: usize) -> (DesignMatrix, Vec<f32>) {
    let stream = Stream::new(1, &[]);
    let values: Vec<f32> = (0..count * 4).map(|i| stream.uniform(i as u64) as f32).collect();
    let noise = Stream::new(2, &[]);
    let label = |(i, x): (usize, &[f32])| 10.0 * x[0] * noise.uniform(i as u64) as f32;
    let labels = values.chunks_exact(4).enumerate().map(label).collect();
    (DesignMatrix::new(columns(4), values).unwrap(), labels)
}

#[test]
fn one_tree_of_all_rows_by_hand() {
    let rows = DesignMatrix::new(columns(1), vec![1.0, 1.0, 1.0, 2.0, 2.0]).unwrap();
    let settings = json!({"trees": 1, "row-share": 1.0, "column-share": 1.0, "min-leaf": 2.0});
    let forest = fit(&settings, &rows, &[1.0, 2.0, 6.0, 10.0, 20.0]);
    assert_eq!(forest.predict(&rows).unwrap(), [3.0, 3.0, 3.0, 15.0, 15.0]);
    let new = DesignMatrix::new(columns(1), vec![1.4]).unwrap();
    let quantiles = forest.quantiles(&new, &[0.0, 0.3, 0.5, 0.9]).unwrap().unwrap();
    assert_eq!(quantiles, [1.0, 1.0, 2.0, 6.0]);
    // 5 values around 7.8 have squares of 236.8, the leaves keep 14 and 50.
    assert!((forest.gain()[0] - (236.8 - 64.0)).abs() < 1e-4, "{:?}", forest.gain());
    let stump = fit(&json!({"trees": 1, "row-share": 1.0, "min-leaf": 3.0}), &rows, &[1.0, 2.0, 6.0, 10.0, 20.0]);
    assert_eq!(stump.predict(&new).unwrap(), [7.8]);
}

#[test]
fn means_and_quantiles_are_learned() {
    let (rows, labels) = fans(4000);
    let forest = fit(&json!({"trees": 60, "min-leaf": 40.0, "column-share": 1.0}), &rows, &labels);
    let new = [0.25_f32, 0.5, 0.75].iter().flat_map(|&x| [x, 0.5, 0.5, 0.5]).collect();
    let new = DesignMatrix::new(columns(4), new).unwrap();
    let (means, levels) = (forest.predict(&new).unwrap(), [0.1, 0.5, 0.9]);
    let quantiles = forest.quantiles(&new, &levels).unwrap().unwrap();
    for (i, x) in [0.25, 0.5, 0.75].into_iter().enumerate() {
        assert!((means[i] - 5.0 * x).abs() < x, "mean at {x}: {}", means[i]);
        for (k, p) in levels.into_iter().enumerate() {
            let found = quantiles[3 * i + k];
            assert!((found - 10.0 * x * p as f32).abs() < 1.5 * x, "{p}-quantile at {x}: {found}");
        }
    }
    let gain = forest.gain();
    assert!(gain[1..].iter().all(|g| gain[0] > 2.0 * g), "{gain:?}");
}

#[test]
fn trees_differ_and_labels_have_no_scale() {
    let (rows, labels) = fans(300);
    let forest = fit(&json!({"trees": 5}), &rows, &labels);
    assert!(forest.members.windows(2).all(|m| m[0] != m[1]));
    let small: Vec<f32> = labels.iter().map(|y| y / 1024.0 / 1024.0).collect();
    let (large, small) = (forest.predict(&rows).unwrap(), fit(&json!({"trees": 5}), &rows, &small));
    let small: Vec<f32> = small.predict(&rows).unwrap().iter().map(|y| y * 1024.0 * 1024.0).collect();
    assert_eq!(large, small);
    let one = DesignMatrix::new(columns(4), vec![0.0; 4]).unwrap();
    assert_eq!(fit(&json!({}), &one, &[3.5]).predict(&one).unwrap(), [3.5]);
    let flat = fit(&json!({"trees": 3, "max-depth": 1}), &rows, &labels);
    assert!(flat.members.iter().all(|m| m.tree.nodes().len() == 3));
}

#[test]
fn wrong_settings_and_states_are_refused() {
    let refused = |settings: serde_json::Value| (ENTRY.build)(&settings).unwrap_err().to_string();
    assert!(refused(json!({"trees": 0})).contains("`trees` is 0; it is at least 1"));
    assert!(refused(json!({"min-leaf": -1.0})).contains("`min-leaf` is -1"));
    assert!(refused(json!({"column-share": 1.5})).contains("`column-share` is 1.5"));
    assert!(refused(json!({"row-share": 0.0})).contains("`row-share` is 0"));
    assert!(refused(json!({"bins": 2})).contains("`bins` is 2"));
    let (rows, labels) = fans(50);
    let mut forest = fit(&json!({"trees": 2}), &rows, &labels);
    forest.members.clear();
    assert!(Grove::read(&forest.state().unwrap()).unwrap_err().to_string().contains("no tree"));
}
