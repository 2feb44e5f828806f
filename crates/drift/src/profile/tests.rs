use forewarn_kernels::kolmogorov_smirnov::{Pooled, statistic};
use forewarn_kernels::random::Stream;
use forewarn_kernels::special::normal_quantile;
use forewarn_kernels::wasserstein::w1;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::DRIFT_TESTS;

fn normal(seed: u64, n: u64, shift: f64) -> Vec<f64> {
    (0..n).map(|i| shift + normal_quantile(Stream::new(seed, &[]).uniform(i))).collect()
}

/// Counts, most of them zero, as of deaths.
fn counts(seed: u64, n: u64, most: f64) -> Vec<f64> {
    let count = |u: f64| if u < 0.9 { 0.0 } else { (most * (10.0 * (u - 0.9)).powi(6)).floor() };
    (0..n).map(|i| count(Stream::new(seed, &[]).uniform(i))).collect()
}

fn verdict(test: &str, [before, now]: &[Vec<f64>; 2]) -> Drift {
    let entry = DRIFT_TESTS.iter().find(|entry| entry.name == test).unwrap();
    let settings = if test == "kolmogorov-smirnov" { json!({}) } else { json!({"permutations": 99}) };
    (entry.build)(&settings).unwrap().compare(&DriftArgs::new(before, now).unwrap()).unwrap()
}

#[test]
fn moments_are_worked_by_hand() {
    let profile = Profile::of(&[1.0, f64::NAN, -0.0, 3.0, 0.0, 1e9 - 4.0, f64::NAN]).unwrap();
    assert_eq!((profile.values(), profile.missing(), profile.zeros()), (5, 2, 2));
    assert_eq!((profile.range(), profile.mean()), (Some([0.0, 1e9 - 4.0]), 2e8));
    let far = Profile::of(&[1e15 + 1.0, 1e15 + 2.0, 1e15 + 3.0]).unwrap();
    assert_eq!((far.mean(), far.variance()), (1e15 + 2.0, 1.0));
    let none = Profile::of(&[f64::NAN]).unwrap();
    assert!(none.mean().is_nan() && none.variance().is_nan() && none.range().is_none());
    assert!(Profile::of(&[2.0]).unwrap().variance().is_nan());
    let error = Profile::of(&[1.0, f64::INFINITY]).unwrap_err().to_string();
    assert!(error.contains("value 1 is inf; a profile is of values within 1e150"), "{error}");
}

#[test]
fn counts_lose_nothing() {
    let (before, now) = (counts(1, 4000, 900.0), counts(2, 3000, 1500.0));
    let profiles = [&before, &now].map(|sample| Profile::of(sample).unwrap());
    let samples = profiles[0].samples(&profiles[1]);
    for (sample, mut raw) in samples.iter().zip([before.clone(), now.clone()]) {
        raw.sort_by(f64::total_cmp);
        assert_eq!(*sample, raw);
    }
    let bound = profiles[0].bound(&profiles[1]);
    assert_eq!((bound.kolmogorov_smirnov, bound.wasserstein, bound.psi(10)), (0.0, 0.0, Some(0.0)));
    for test in ["zero-inflated", "kolmogorov-smirnov", "hellinger"] {
        assert_eq!(verdict(test, &samples), verdict(test, &[before.clone(), now.clone()]), "{test}");
    }
}

#[test]
fn distances_of_many_values_are_within_their_bounds() {
    for (seed, shift, centre) in [(1, 0.0, 0.0), (3, 0.1, 0.0), (5, 0.3, 290.0), (7, 0.02, -5.0)] {
        let raw = [normal(seed, 30_000, centre), normal(seed + 1, 20_000, centre + shift)];
        let profiles = [&raw[0], &raw[1]].map(|sample| Profile::of(sample).unwrap());
        let (samples, bound) = (profiles[0].samples(&profiles[1]), profiles[0].bound(&profiles[1]));
        let gap = |[a, b]: &[Vec<f64>; 2]| statistic(Pooled::new(a, b).counts());
        let off = (gap(&samples) - gap(&raw)).abs();
        assert!(off <= bound.kolmogorov_smirnov && bound.kolmogorov_smirnov < 0.003, "{off} {bound:?}");
        let off = (w1(&samples[0], &samples[1]) - w1(&raw[0], &raw[1])).abs();
        assert!(off <= bound.wasserstein && bound.wasserstein < 0.003, "{off} {bound:?}");
        let [here, there] = [&samples, &raw].map(|samples| verdict("psi", samples).statistic);
        let most = bound.psi(10).unwrap();
        assert!((here - there).abs() <= most && most < 0.2, "{here} {there} {most}");
        for test in ["total-variation", "hellinger", "jensen-shannon"] {
            let [here, there] = [&samples, &raw].map(|samples| verdict(test, samples).statistic);
            // Ten bins, each off by twice the bound; the others are roots of sums below it.
            assert!((here - there).abs() <= 10.0 * bound.kolmogorov_smirnov, "{test}: {here} {there}");
        }
        let [here, there] = [&samples, &raw].map(|samples| verdict("kolmogorov-smirnov", samples));
        assert_eq!(here.drifted, there.drifted);
    }
}

#[test]
fn words_are_counted_and_columns_merge() {
    let words =
        |text: &str| Column::Words(Words::of(&text.split(' ').map(str::to_owned).collect::<Vec<_>>()));
    let numbers = |values: &[f64]| Column::Numbers(Profile::of(values).unwrap());
    let table = |columns: Vec<(&str, Column)>| {
        Columns(columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect())
    };
    let a = table(vec![("x", numbers(&[1.0])), ("w", words("b a  b"))]);
    let b = table(vec![("w", words("c b")), ("y", numbers(&[2.0]))]);
    let both = table(vec![("x", numbers(&[1.0])), ("w", words("b a  b c b")), ("y", numbers(&[2.0]))]);
    assert_eq!((a.merged(&b).unwrap(), b.merged(&a).unwrap()), (both.clone(), both));
    let Column::Words(w) = &a.0["w"] else { panic!() };
    assert_eq!((w.missing, w.sample().join(" ")), (1, "a b b".to_owned()));
    let error = a.merged(&table(vec![("x", words("a"))])).unwrap_err().to_string();
    assert!(error.contains("column `x` holds numbers in one profile and words in the other"), "{error}");
}

#[test]
fn a_profile_that_was_tampered_with_is_refused() {
    let text = serde_json::to_string(&Profile::of(&[0.0, 1.0, 2.5]).unwrap()).unwrap();
    let wrong = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        serde_json::from_str::<Profile>(&text.replacen(from, to, 1)).unwrap_err().to_string()
    };
    assert!(wrong("\"zeros\":1", "\"zeros\":2").contains("the counts of this profile"));
    assert!(wrong("\"digits\":52", "\"digits\":53").contains("the bins of this profile"));
    assert!(wrong("\"sum\":[", "\"sum\":[9").contains("the sums of this profile"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn parts_merge_to_the_bytes_of_the_whole(seed in 0_u64..1000, cuts in prop::collection::vec(0_usize..12_000, 0..4)) {
        let mut all = normal(seed, 12_000, 3.0);
        for v in &mut all[..500] {
            *v = v.floor();
        }
        all[7] = f64::NAN;
        let mut ends = cuts;
        ends.extend([0, 12_000]);
        ends.sort_unstable();
        let parts: Vec<Profile> = ends.windows(2).map(|two| Profile::of(&all[two[0]..two[1]]).unwrap()).collect();
        let none = Profile::of(&[]).unwrap();
        let text = |profile: &Profile| serde_json::to_string(profile).unwrap();
        let whole = Profile::of(&all).unwrap();
        prop_assert_eq!(text(&parts.iter().fold(none.clone(), |a, b| a.merged(b))), text(&whole));
        prop_assert_eq!(text(&parts.iter().rev().fold(none, |a, b| a.merged(b))), text(&whole));
        prop_assert_eq!(serde_json::from_str::<Profile>(&text(&whole)).unwrap(), whole);
    }
}
