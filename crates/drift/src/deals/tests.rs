use forewarn_kernels::random::Stream;
use forewarn_kernels::special::normal_quantile;
use serde_json::{Value, json};

use super::*;
use crate::DRIFT_TESTS;

/// `x_t = phi x_(t-1) + e_t`, standard normal in the long run.
fn series(seed: u64, phi: f64, n: u64) -> Vec<f64> {
    let normal = |i| normal_quantile(Stream::new(seed, &[n]).uniform(i));
    let (mut last, new) = (normal(n), (1.0 - phi * phi).sqrt());
    let mut next = |i| {
        last = phi * last + new * normal(i);
        last
    };
    (0..n).map(&mut next).collect()
}

fn test(name: &str, settings: &Value) -> Box<dyn DriftTest> {
    let entry = DRIFT_TESTS.iter().find(|entry| entry.name == name).unwrap();
    (entry.build)(settings).unwrap()
}

/// Share of the replicates that are called drifted at 5 %.
fn alarms(replicates: u64, drifted: impl Fn(u64) -> Drift) -> f64 {
    (0..replicates).filter(|r| drifted(*r).drifted).count() as f64 / replicates as f64
}

/// 5 % and four standard errors of it.
fn most(replicates: u64) -> f64 {
    0.05 + 4.0 * (0.05 * 0.95 / replicates as f64).sqrt()
}

#[test]
fn blocks_of_the_right_length_keep_the_level_where_single_values_do_not() {
    let share = |name: &str, length: u64, shift: f64| {
        let test = test(name, &json!({"permutations": 99, "block-length": length}));
        let replicates = if length == 0 && shift == 0.0 { 100 } else { 30 };
        alarms(replicates, |r| {
            let now: Vec<f64> = series(2 * r + 1, 0.8, 300).iter().map(|v| v + shift).collect();
            test.compare(&DriftArgs::new(&series(2 * r, 0.8, 300), &now).unwrap()).unwrap()
        })
    };
    for name in ["kolmogorov-smirnov", "wasserstein", "psi"] {
        assert!(share(name, 1, 0.0) > 0.15, "{name}: the example is one");
        let blocks = share(name, 0, 0.0);
        assert!(blocks <= most(100) && blocks >= 0.01, "{name}: {blocks}");
        assert!(share(name, 0, 1.5) > 0.8, "{name}: {}", share(name, 0, 1.5));
    }
}

#[test]
fn every_test_that_permutes_can_deal_blocks() {
    for entry in DRIFT_TESTS.iter().filter(|entry| entry.name != "fisher-exact") {
        let test = test(entry.name, &json!({"permutations": 99, "block-length": 0}));
        let share = alarms(20, |r| {
            let sample = |seed| series(seed, 0.7, 200).iter().map(|v| (8.0 + v).max(0.0)).collect::<Vec<_>>();
            test.compare(&DriftArgs::new(&sample(2 * r), &sample(2 * r + 1)).unwrap()).unwrap()
        });
        assert!(share <= 0.25, "{}: {share}", entry.file);
    }
    let codes = [1_u32, 2];
    let args = DriftArgs::new(&[0.0, 1.0], &[1.0, 1.0]).unwrap().with_blocks([&codes, &codes]).unwrap();
    let error = test("fisher-exact", &json!({})).compare(&args).unwrap_err().to_string();
    assert!(error.contains("use `chi-square`"), "{error}");
}

#[test]
fn a_month_with_a_common_shock_is_one_observation() {
    // 12 months against 12, 40 cells each, all of a month moved together.
    let month = |seed: u64| {
        let shock = normal_quantile(Stream::new(seed, &[0]).uniform(0));
        (0..40).map(move |i| shock + normal_quantile(Stream::new(seed, &[1]).uniform(i)))
    };
    let sample = |first: u64| (first..first + 12).flat_map(month).collect::<Vec<_>>();
    let months: Vec<u32> = (0..480).map(|i| i / 40).collect();
    let test = test("kolmogorov-smirnov", &json!({"method": "permutation", "permutations": 99}));
    let share = |blocks: bool| {
        alarms(100, |r| {
            let (before, now) = (sample(24 * r), sample(24 * r + 12));
            let args = DriftArgs::new(&before, &now).unwrap();
            let args = if blocks { args.with_blocks([&months, &months]).unwrap() } else { args };
            test.compare(&args).unwrap()
        })
    };
    assert!(share(false) > 0.5, "{}", share(false));
    assert!(share(true) <= most(100), "{}", share(true));
}

#[test]
fn like_is_compared_with_like_inside_strata() {
    // Winters and summers, one of each now: their mix is no drift, a deviation in the winter is.
    let test = test("kolmogorov-smirnov", &json!({"permutations": 99}));
    let strata = |winters: usize, summers: usize| [vec![1_u32; 60 * winters], vec![7; 60 * summers]].concat();
    let sample = |seed, strata: &[u32], shift: f64| {
        let season = strata.iter().map(|s| if *s == 1 { shift } else { 3.0 });
        season.zip(series(seed, 0.0, 500)).map(|(s, v)| s + v).collect::<Vec<_>>()
    };
    let share = |[winters, summers]: [usize; 2], shift: f64, stratified: bool| {
        alarms(100, |r| {
            let strata = [strata(winters, summers), strata(1, 1)];
            let (before, now) = (sample(2 * r, &strata[0], 0.0), sample(2 * r + 1, &strata[1], shift));
            let args = DriftArgs::new(&before, &now).unwrap();
            let args = if stratified { args.with_strata([&strata[0], &strata[1]]).unwrap() } else { args };
            test.compare(&args).unwrap()
        })
    };
    assert!(share([3, 1], 0.0, false) > 0.5 && share([3, 1], 0.0, true) <= most(100));
    let level = share([2, 2], 0.0, true);
    assert!((0.01..=most(100)).contains(&level), "{level}");
    assert!(share([2, 2], -1.0, true) > 0.8, "{}", share([2, 2], -1.0, true));
}

#[test]
fn runs_are_at_least_so_long_and_stay_in_their_stratum() {
    let blocks =
        |strata: &[u32], length| runs(strata, length).iter().map(|[block, _]| *block).collect::<Vec<_>>();
    assert_eq!(blocks(&[0; 7], 3), [0, 0, 0, 0, 1, 1, 1]);
    assert_eq!(blocks(&[0; 2], 3), [0, 0]);
    assert_eq!(runs(&[1, 2, 1, 2, 2, 2], 2), [[0, 1], [0, 2], [0, 1], [0, 2], [1, 2], [1, 2]]);
}

#[test]
fn values_find_their_bins() {
    let pooled = Pooled::new(&[1.0, 1.0, 2.0, 5.0], &[2.0, 3.0, 5.0]);
    assert_eq!(bins(&pooled, pooled.counts()), [0, 1, 2, 3]);
    // 1 and 2 in a bin, 3 and 5 in the other.
    assert_eq!(bins(&pooled, &[[3, 1], [1, 2]]), [0, 0, 1, 1]);
    assert_eq!(midranks(&pooled), [1.5, 3.5, 5.0, 6.5]);
}

#[test]
fn too_few_blocks_are_told_and_wrong_settings_refused() {
    let (before, now) = (series(1, 0.0, 48), series(2, 0.0, 12).iter().map(|v| v + 9.0).collect::<Vec<_>>());
    let months = [(0..48).map(|i| i / 4).collect::<Vec<u32>>(), vec![12; 12]];
    let args = DriftArgs::new(&before, &now).unwrap();
    let blocks = args.with_blocks([&months[0], &months[1]]).unwrap();
    let drift = test("wasserstein", &json!({})).compare(&blocks).unwrap();
    assert!(!drift.drifted && drift.p_value >= 1.0 / 13.0, "{drift:?}");
    assert!(drift.note.unwrap().contains("can be dealt in 13 ways, too few for a p value of 0.05"));
    let refused = |name: &str, settings: Value, args: &DriftArgs<'_>| {
        test(name, &settings).compare(args).unwrap_err().to_string()
    };
    let error = refused("kolmogorov-smirnov", json!({"method": "exact"}), &blocks);
    assert!(error.contains("`method` exact is for independent values"), "{error}");
    assert!(refused("psi", json!({"block-length": 3}), &blocks).contains("leave one of both out"));
    let codes = DriftArgs::new(&before, &now).unwrap().as_nominal();
    assert!(refused("psi", json!({"block-length": 0}), &codes).contains("give `block-length` a number"));
    let note = test("psi", &json!({"block-length": 0}));
    let long = series(3, 0.95, 60);
    let note = note.compare(&DriftArgs::new(&long, &long).unwrap()).unwrap().note.unwrap();
    assert!(note.starts_with("blocks of 12 values, less than the memory"), "{note}");
}
