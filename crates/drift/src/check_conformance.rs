//! Laws that hold for every check of what goes out and of how good it was, and for the catalogs of all checks.

use forewarn_core::*;
use serde_json::json;

use crate::input::INPUT_CHECKS;
use crate::output::OUTPUT_CHECKS;
use crate::output::cases::{GRID, history, outlook};
use crate::performance::PERFORMANCE_CHECKS;
use crate::performance::cases::{history as scores, track};

fn lawful<T: ?Sized>(entries: &[Entry<T>]) {
    assert!(entries.windows(2).all(|w| w[0].name < w[1].name), "keep the catalog sorted");
    for entry in entries {
        assert!(entry.default().is_ok(), "{}: settings have defaults", entry.file);
        assert!(entry.file.ends_with(&format!("{}.rs", entry.name.replace('-', "_"))), "{}", entry.file);
        let unknown = (entry.build)(&json!({"no-such-setting": 1}));
        assert!(unknown.is_err(), "{}: deny_unknown_fields", entry.file);
    }
}

#[test]
fn entries_are_sorted_documented_and_strict() {
    lawful(INPUT_CHECKS);
    lawful(OUTPUT_CHECKS);
    lawful(PERFORMANCE_CHECKS);
    let docs = OUTPUT_CHECKS.iter().map(|e| (e.file, e.doc()));
    for (file, doc) in docs.chain(PERFORMANCE_CHECKS.iter().map(|e| (e.file, e.doc()))) {
        let doc = doc.replace('\n', " ");
        assert!(doc.contains("The effect is"), "{file}: say what the effect is, and in which unit");
        assert!(doc.contains("p value") || doc.contains("fact"), "{file}: say what chance has to do with it");
    }
}

/// A reading is a number and a sentence, or a reason.
fn sound(name: &str, reading: &Reading) {
    assert!(reading.effect.is_none_or(|e| e >= 0.0 && e.is_finite()), "{name}: {reading:?}");
    assert!(reading.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)), "{name}: {reading:?}");
    assert!(
        reading.effect.is_none() || reading.limit > 0.0 && reading.limit.is_finite(),
        "{name}: {reading:?}"
    );
    assert!(!reading.subject.is_empty() && !reading.message.is_empty(), "{name}: {reading:?}");
    assert!(!reading.message.contains("NaN") && !reading.message.contains("inf "), "{name}: {reading:?}");
    assert!(reading.units.len() <= Reading::PLACES, "{name}");
}

/// Forecasts that nobody wants.
fn odd() -> Vec<Outlook> {
    let nan = f32::NAN;
    let mut odd = vec![
        outlook(525, &[1], &[[0.0; 9]]),
        outlook(525, &[1, 2, 40], &[[1.0; 9], [nan; 9], [2.0; 9]]),
        outlook(525, &[1], &[[nan, 0.0, 1.0, 2.0, 1e30, 1e-30, -1.0, 3.0, 4.0]]),
        outlook(525, &[1], &[[-5.0; 9]]),
        outlook(525, &[9], &[[1.0]]),
    ];
    odd.extend(odd.clone().into_iter().map(|o| Outlook { origin: Period(524), ..o }));
    odd
}

#[test]
fn no_forecast_makes_an_effect_that_is_no_number() {
    let odd = odd();
    let groups = [Group { name: "all".to_owned(), rows: vec![0] }];
    let trained = Trained::of(&odd[1..4]);
    for entry in OUTPUT_CHECKS {
        let check = entry.default().unwrap();
        for now in &odd[..5] {
            for earlier in [&odd[..0], &odd[5..6], &odd[6..7], &odd[5..]] {
                let sums = vec![vec![1.0]; now.steps.len()];
                let then = [Reference { member: None, outlook: now, trained: &trained, source: "then" }];
                let args = OutputArgs::new(now, earlier).with_references(&then);
                let readings = check.read(&args.with_groups(&groups, &sums)).unwrap();
                assert!(!readings.is_empty(), "{}: silent", entry.name);
                for reading in &readings {
                    sound(entry.name, reading);
                }
            }
        }
    }
}

#[test]
fn forecasts_like_those_before_raise_nothing() {
    let all = history(30, 1.0);
    let rows = (GRID[0] * GRID[1]) as usize;
    let groups = [
        Group { name: "south".to_owned(), rows: (0..rows / 2).collect() },
        Group { name: "north".to_owned(), rows: (rows / 2..rows).collect() },
    ];
    let trained = Trained::of(&all[..12]);
    for now in 26..30 {
        let sum =
            |field: &FieldSummary, group: &Group| group.rows.iter().map(|&r| f64::from(field.means[r])).sum();
        let sums: Vec<Vec<f64>> = all[now]
            .steps
            .iter()
            .map(|field| groups.iter().map(|group| sum(field, group)).collect())
            .collect();
        let mut turned = all[..now].to_vec();
        turned.reverse();
        let then = [Reference { member: None, outlook: &all[now], trained: &trained, source: "then" }];
        let args =
            |earlier| OutputArgs::new(&all[now], earlier).with_references(&then).with_groups(&groups, &sums);
        for entry in OUTPUT_CHECKS {
            let check = entry.default().unwrap();
            let readings = check.read(&args(&all[..now])).unwrap();
            assert!(
                readings.iter().all(|r| r.effect.is_some() && !r.matters()),
                "{}: {readings:?}",
                entry.name
            );
            let again = check.read(&args(&turned)).unwrap();
            assert_eq!(readings, again, "{}: the order of earlier forecasts", entry.name);
        }
    }
}

#[test]
fn no_track_makes_an_effect_that_is_no_number() {
    let nan = f64::NAN;
    let tracks = [
        track(&[], &[]),
        track(&[nan; 50], &[nan; 50]),
        track(&[0.0; 50], &[0.0; 50]),
        track(&[1.0; 50], &[1.0; 50]),
        track(&[2.0; 50], &[1.0; 50]),
        track(&[1.0; 50], &[-1.0; 50]),
        track(&[1e300; 50], &[1e-300; 50]),
        track(&[1.0; 3], &[2.0; 3]),
    ];
    for entry in PERFORMANCE_CHECKS {
        let readings = entry.default().unwrap().read(&tracks).unwrap();
        assert_eq!(readings.len(), tracks.len(), "{}: one reading a track", entry.name);
        for reading in &readings {
            sound(entry.name, reading);
        }
    }
}

#[test]
fn scores_like_those_before_raise_nothing() {
    for entry in PERFORMANCE_CHECKS {
        let check = entry.default().unwrap();
        for seed in 0..40 {
            let (score, baseline) = scores(seed, 60, 0.3);
            let readings = check.read(&[track(&score, &baseline)]).unwrap();
            let raised = readings.iter().find(|r| r.matters() && r.p_value.is_none_or(|p| p < 0.001));
            assert_eq!(raised, None, "{}", entry.name);
            assert!(readings[0].effect.is_some(), "{}: {readings:?}", entry.name);
        }
    }
}
