//! Laws that hold for every drift test of the catalog.

use forewarn_core::*;
use forewarn_kernels::random::Stream;
use serde_json::json;

use crate::DRIFT_TESTS;

/// Samples drawn for a law; of a test that permutes, which takes longer, fewer.
const REPLICATES: [u64; 2] = [2000, 400];

/// Permutations of those that permute.
const PERMUTATIONS: u64 = 199;

/// For two distinct values only.
const OF_TWO_VALUES: &str = "fisher-exact";

type Test = Box<dyn DriftTest>;
type Listed = &'static Entry<dyn DriftTest>;

fn permutes(entry: Listed) -> bool {
    let schema = (entry.schema)();
    schema.get("properties").is_some_and(|properties| properties.get("permutations").is_some())
}

/// The test with its defaults, but fewer permutations.
fn build(entry: Listed) -> Test {
    let settings = if permutes(entry) { json!({"permutations": PERMUTATIONS}) } else { json!({}) };
    (entry.build)(&settings).unwrap()
}

fn compare(test: &dyn DriftTest, reference: &[f64], current: &[f64]) -> Drift {
    test.compare(&DriftArgs::new(reference, current).unwrap()).unwrap()
}

/// A sample whose values are a function of uniform variates.
fn sample(seed: u64, size: u64, value: fn(f64) -> f64) -> Vec<f64> {
    (0..size).map(|i| value(Stream::new(seed, &[size]).uniform(i))).collect()
}

/// p values of samples of one distribution, ascending; without those that the test refuses.
fn null_p_values(entry: Listed, value: fn(f64) -> f64) -> Vec<f64> {
    let test = build(entry);
    let p = |r| {
        let (before, after) = (sample(2 * r, 60, value), sample(2 * r + 1, 47, value));
        test.compare(&DriftArgs::new(&before, &after).unwrap()).ok().map(|drift| drift.p_value)
    };
    let replicates = REPLICATES[usize::from(permutes(entry))];
    let mut p: Vec<f64> = (0..replicates).filter_map(p).collect();
    assert!(p.len() as f64 > 0.97 * replicates as f64, "{}: most samples are refused", entry.file);
    p.sort_by(f64::total_cmp);
    p
}

/// Share of the ascending p values that are at most `level`, and four standard errors of it.
fn alarms(p_values: &[f64], level: f64) -> (f64, f64) {
    let all = p_values.len() as f64;
    let share = p_values.partition_point(|p| *p <= level) as f64 / all;
    (share, 4.0 * (level * (1.0 - level) / all).sqrt())
}

/// A count that is zero four times in five, with a tail so long that it has no mean.
fn count(u: f64) -> f64 {
    if u < 0.8 { 0.0 } else { (1.0 / (1.0 - u)).floor() }
}

/// A count with ties that suits the test.
fn tied(test: &str) -> fn(f64) -> f64 {
    match test {
        // Of the mean, as its documentation says: it needs a variance.
        "welch" => |u| if u < 0.8 { 0.0 } else { (1.0 - (5.0 - 5.0 * u).ln()).floor() },
        // It needs an interquartile range.
        "epps-singleton" => |u| (-3.0 * u.ln()).floor(),
        OF_TWO_VALUES => |u| f64::from(u8::from(u < 0.4)),
        _ => count,
    }
}

#[test]
fn p_values_are_uniform_when_nothing_drifts() {
    for entry in DRIFT_TESTS.iter().filter(|entry| entry.name != OF_TWO_VALUES) {
        let p = null_p_values(entry, |u| -u.ln());
        for level in [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9] {
            let (share, margin) = alarms(&p, level);
            // The p value has steps: between two of them the share may stay behind.
            let allowed = (level - 0.1 * level - margin)..(level + margin);
            assert!(allowed.contains(&share), "{}: {share} of the p values are at most {level}", entry.file);
        }
    }
}

#[test]
fn counts_with_many_ties_raise_no_more_alarms_than_allowed() {
    for entry in DRIFT_TESTS {
        let p = null_p_values(entry, tied(entry.name));
        for level in [0.01, 0.05, 0.1, 0.25, 0.5] {
            let (share, margin) = alarms(&p, level);
            assert!(share <= level + margin, "{}: {share} of the p values are at most {level}", entry.file);
            assert!(
                share >= level / 3.0 - margin / 2.0,
                "{}: {share} are at most {level}: blind",
                entry.file
            );
        }
    }
}

#[test]
fn a_sample_does_not_drift_from_itself_in_any_order() {
    for entry in DRIFT_TESTS {
        let test = build(entry);
        let one = sample(5, 90, tied(entry.name));
        let reversed: Vec<f64> = one.iter().rev().copied().collect();
        let drift = compare(test.as_ref(), &one, &reversed);
        assert!(!drift.drifted && drift.p_value == 1.0, "{}: {drift:?}", entry.file);
    }
}

#[test]
fn a_shift_is_found_from_either_side() {
    for entry in DRIFT_TESTS {
        let test = build(entry);
        let (mut before, mut after) = (sample(7, 80, |u| u), sample(8, 70, |u| u + 0.5));
        if entry.name == OF_TWO_VALUES {
            before.iter_mut().chain(&mut after).for_each(|v| *v = v.floor().min(1.0));
        }
        let (there, back) =
            (compare(test.as_ref(), &before, &after), compare(test.as_ref(), &after, &before));
        assert!(there.drifted && back.drifted, "{}: {there:?} {back:?}", entry.file);
        assert!((there.p_value - back.p_value).abs() <= 1e-9 * there.p_value, "{}", entry.file);
    }
}

/// A category of four, the last one rare.
fn category(u: f64) -> f64 {
    // Codes without order: neighbours in frequency are none in number.
    if u < 0.5 {
        9.0
    } else if u < 0.8 {
        2.0
    } else {
        5.0 + f64::from(u8::from(u > 0.96))
    }
}

#[test]
fn codes_of_categories_are_compared_or_refused() {
    let (before, after) = (sample(3, 70, category), sample(4, 50, |u| category(1.0 - u)));
    let two = |sample: &[f64]| sample.iter().map(|v| f64::from(u8::from(*v > 4.0))).collect::<Vec<_>>();
    let mut compared = Vec::new();
    for entry in DRIFT_TESTS {
        let test = build(entry);
        let (mut before, mut after) = (before.clone(), after.clone());
        if entry.name == OF_TWO_VALUES {
            (before, after) = (two(&before), two(&after));
        }
        match test.compare(&DriftArgs::new(&before, &after).unwrap().as_nominal()) {
            Err(e) => assert!(
                e.to_string().contains("codes of categories; use `chi-square`"),
                "{}: {e}",
                entry.file
            ),
            Ok(drift) => {
                compared.push(entry.name);
                // Other codes of the same categories are the same samples.
                let other = |sample: &[f64]| sample.iter().map(|v| (v * 7.0) % 11.0).collect::<Vec<_>>();
                let (p, q) = (other(&before), other(&after));
                let recoded = test.compare(&DriftArgs::new(&p, &q).unwrap().as_nominal()).unwrap();
                assert!((recoded.statistic - drift.statistic).abs() < 1e-12 || entry.name == OF_TWO_VALUES);
                assert_eq!(recoded.drifted, drift.drifted, "{}", entry.file);
                let same = test.compare(&DriftArgs::new(&p, &p).unwrap().as_nominal()).unwrap();
                assert_eq!(same.p_value, 1.0, "{}", entry.file);
            }
        }
    }
    let nominal = "chi-square fisher-exact g-test hellinger jeffreys jensen-shannon kullback-leibler psi total-variation";
    assert_eq!(compared.join(" "), nominal);
}

#[test]
fn categories_raise_no_more_alarms_than_allowed() {
    for entry in DRIFT_TESTS {
        let test = build(entry);
        let value: fn(f64) -> f64 =
            if entry.name == OF_TWO_VALUES { |u| f64::from(u8::from(u < 0.4)) } else { category };
        let p = |r| {
            let (before, after) = (sample(2 * r, 60, value), sample(2 * r + 1, 47, value));
            test.compare(&DriftArgs::new(&before, &after).unwrap().as_nominal())
                .ok()
                .map(|drift| drift.p_value)
        };
        let mut p: Vec<f64> = (0..REPLICATES[1]).filter_map(p).collect();
        p.sort_by(f64::total_cmp);
        for level in [0.01, 0.05, 0.1, 0.25, 0.5].into_iter().filter(|_| !p.is_empty()) {
            let (share, margin) = alarms(&p, level);
            assert!(share <= level + margin, "{}: {share} of the p values are at most {level}", entry.file);
            assert!(
                share >= level / 3.0 - margin / 2.0,
                "{}: {share} are at most {level}: blind",
                entry.file
            );
        }
    }
}

#[test]
fn entries_are_sorted_documented_and_strict() {
    assert!(DRIFT_TESTS.windows(2).all(|w| w[0].name < w[1].name), "keep the catalog sorted");
    for entry in DRIFT_TESTS {
        assert!(entry.doc().contains("doi:"), "{}: cite the source", entry.file);
        let schema = (entry.schema)();
        assert!(
            schema.get("properties").is_some_and(|p| p.get("level").is_some()),
            "{}: settings",
            entry.file
        );
        let file = format!("{}.rs", entry.name.replace('-', "_"));
        assert!(entry.file.ends_with(&file), "{}: named {}", entry.file, entry.name);
        assert!(
            (entry.build)(&json!({"no-such-setting": 1})).is_err(),
            "{}: deny_unknown_fields",
            entry.file
        );
    }
}
