//! Detectors against river, on streams with and without drift.

use forewarn_core::{Detector, Signal, Watch};
use serde::Deserialize;
use serde_json::Value;

use super::DETECTORS;
use super::adwin::Adwin;

#[derive(Deserialize)]
struct Streams {
    streams: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    values: Vec<f64>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Run {
    detector: String,
    settings: Value,
    drifts: Vec<usize>,
    last: Option<[f64; 3]>,
    warnings: Option<usize>,
    #[serde(default)]
    first_warnings: Vec<usize>,
}

fn streams() -> Vec<Named> {
    let file: Streams = serde_json::from_str(include_str!("../../tests/data/streams.json")).unwrap();
    assert_eq!(file.streams.len(), 8);
    file.streams
}

/// Positions of drifts and of warnings.
fn watched(detector: &dyn Detector, values: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let mut watch = Watch::new(detector);
    let signals: Vec<Signal> = values.iter().map(|&v| watch.observe(v)).collect();
    let at = |signal| (0..signals.len()).filter(|&i| signals[i] == signal).collect();
    assert_eq!(watch.skipped(), 0);
    (at(Signal::Drift), at(Signal::Warning))
}

#[test]
fn drifts_and_warnings_are_those_of_river() {
    let mut compared = 0;
    for stream in streams() {
        for run in &stream.runs {
            let entry = DETECTORS.iter().find(|e| e.name == run.detector).unwrap();
            let detector = (entry.build)(&run.settings).unwrap();
            let (drifts, warnings) = watched(detector.as_ref(), &stream.values);
            let place = format!("{} {} on {}", run.detector, run.settings, stream.name);
            assert_eq!(drifts, run.drifts, "drifts, {place}");
            if let Some(expected) = run.warnings {
                let first: Vec<usize> = warnings.iter().copied().take(20).collect();
                assert_eq!(first, run.first_warnings, "warnings, {place}");
                // In river a warning of EDDM stays on while a drift is said.
                let both = drifts.iter().filter(|d| warnings.contains(&(**d - 1))).count();
                let both = if run.detector == "eddm" { both } else { 0 };
                assert_eq!(warnings.len() + both, expected, "warnings, {place}");
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 76);
}

#[test]
fn the_last_window_of_adwin_is_that_of_river() {
    for stream in streams() {
        for run in stream.runs.iter().filter(|run| run.last.is_some()) {
            let settings: Adwin = serde_json::from_value(run.settings.clone()).unwrap();
            let rest = run.drifts.last().map_or(0, |i| i + 1);
            let found = settings.sums(&stream.values[rest..]);
            // Variance is the sum of squares by the width.
            let [width, total, squares] = run.last.unwrap();
            assert_eq!(found, [width, total, squares], "{} {}", stream.name, run.settings);
        }
    }
}

#[test]
fn samples_of_any_seed_find_the_same_shift() {
    // With its own sample river finds it at 1011.
    let stream = streams().into_iter().find(|s| s.name == "mean_shift").unwrap();
    let entry = DETECTORS.iter().find(|e| e.name == "kswin").unwrap();
    for seed in 0..5 {
        let detector = (entry.build)(&serde_json::json!({ "seed": seed })).unwrap();
        let (drifts, _) = watched(detector.as_ref(), &stream.values);
        assert!(drifts.iter().any(|d| (1005..1020).contains(d)), "{drifts:?}");
    }
}
