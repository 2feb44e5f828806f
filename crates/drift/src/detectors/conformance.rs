//! Laws that hold for every detector of the catalog.

use forewarn_core::*;
use forewarn_kernels::random::Stream;
use serde_json::json;

use super::DETECTORS;

/// Errors of a classifier: 1 with a chance of `before`, then of `after`.
fn errors(seed: u64, (before, after): (f64, f64), each: u64) -> Vec<f64> {
    let stream = Stream::new(seed, &[]);
    let chance = |i| if i < each { before } else { after };
    (0..2 * each).map(|i| f64::from(u8::from(stream.uniform(i) < chance(i)))).collect()
}

fn signals(detector: &dyn Detector, values: &[f64]) -> Vec<Signal> {
    let mut watch = Watch::new(detector);
    values.iter().map(|&v| watch.observe(v)).collect()
}

#[test]
fn a_rise_of_errors_is_found_soon() {
    for entry in DETECTORS {
        let detector = entry.default().unwrap();
        let signals = signals(detector.as_ref(), &errors(1, (0.2, 0.8), 1000));
        let found = signals[1000..].iter().position(|s| *s == Signal::Drift);
        assert!(found.is_some_and(|i| i < 300), "{}: {found:?}", entry.file);
    }
}

#[test]
fn what_never_changes_never_drifts() {
    for entry in DETECTORS {
        let detector = entry.default().unwrap();
        for value in [0.0, 1.0] {
            let signals = signals(detector.as_ref(), &[value; 2000]);
            assert!(signals.iter().all(|s| *s == Signal::Quiet), "{}", entry.file);
        }
    }
}

#[test]
fn values_that_cannot_be_used_are_skipped_and_change_nothing() {
    for entry in DETECTORS {
        let detector = entry.default().unwrap();
        let values = errors(2, (0.1, 0.7), 500);
        let mut watch = Watch::new(detector.as_ref());
        let mut found = Vec::new();
        for (i, &value) in values.iter().enumerate() {
            if i % 7 == 0 {
                let junk = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][i % 3];
                assert_eq!(watch.observe(junk), Signal::Skipped, "{}", entry.file);
            }
            found.push(watch.observe(value));
        }
        assert_eq!(watch.skipped(), 143, "{}", entry.file);
        assert_eq!(found, signals(detector.as_ref(), &values), "{}", entry.file);
    }
}

#[test]
fn detectors_of_error_rates_take_nothing_but_rates() {
    for entry in DETECTORS {
        let detector = entry.default().unwrap();
        let of_rates = ["ddm", "eddm", "hddm-a", "hddm-w"].contains(&entry.name);
        assert_eq!(!detector.range().contains(&1.5), of_rates, "{}", entry.file);
        assert_eq!(!detector.range().contains(&-0.1), of_rates, "{}", entry.file);
    }
}

#[test]
fn a_drift_starts_everything_afresh() {
    for entry in DETECTORS {
        let detector = entry.default().unwrap();
        let values = errors(3, (0.1, 0.7), 1000);
        let all = signals(detector.as_ref(), &values);
        let drift = all.iter().position(|s| *s == Signal::Drift).unwrap();
        let rest = signals(detector.as_ref(), &values[drift + 1..]);
        assert_eq!(all[drift + 1..], rest, "{}", entry.file);
    }
}

#[test]
fn entries_are_sorted_documented_and_strict() {
    assert!(DETECTORS.windows(2).all(|w| w[0].name < w[1].name), "keep the catalog sorted");
    for entry in DETECTORS {
        let doc = entry.doc();
        assert!(doc.contains("doi:") || doc.contains("Source: "), "{}: cite the source", entry.file);
        let file = format!("{}.rs", entry.name.replace('-', "_"));
        assert!(entry.file.ends_with(&file), "{}: named {}", entry.file, entry.name);
        let strict = (entry.build)(&json!({"no-such-setting": 1})).is_err();
        assert!(strict, "{}: deny_unknown_fields", entry.file);
    }
}
