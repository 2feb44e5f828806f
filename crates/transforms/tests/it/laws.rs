//! What holds for every transform.

use forewarn_core::TransformArgs;
use forewarn_transforms::TRANSFORMS;

use crate::support::{Patch, all, assert_close, noise};

/// Those whose purpose is to fill.
const FILLS: [&str; 2] = ["fill", "replace-missing"];
/// Those that look at other units of the same period.
const LOOKS_AROUND: [&str; 4] = ["country-lag", "space-time-distance", "spatial-lag", "tree-lag"];
/// Those that look at earlier periods only.
const LOOKS_BACK: [&str; 1] = ["time-lag"];

#[test]
fn changing_the_future_changes_nothing_before() {
    let patch = Patch::new();
    let (now, other) = (patch.counts(1, 10), patch.counts(2, 30));
    for (name, transform) in all() {
        let before = patch.apply(&*transform, &now);
        for t in 0..patch.periods {
            let cut = (t + 1) * patch.units.len();
            let changed = [&now[..cut], &other[cut..]].concat();
            let after = patch.apply(&*transform, &changed);
            let same = before[..cut].iter().zip(&after).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{name} looks ahead of period {t}");
        }
    }
}

#[test]
fn of_the_reference_s_transforms_only_fill_looks_ahead() {
    let patch = Patch::new();
    let (mut now, mut other) = (patch.counts(1, 10), patch.counts(2, 30));
    let cut = 9 * patch.units.len();
    // One unit is observed late.
    now[..cut].iter_mut().step_by(patch.units.len()).for_each(|x| *x = f32::NAN);
    (now[cut], other[cut]) = (5.0, 6.0);
    let changed = [&now[..cut], &other[cut..]].concat();
    for entry in TRANSFORMS {
        let Ok(transform) = (entry.build)(&serde_json::json!({"compat": "views"})) else { continue };
        let (before, after) = (patch.apply(&*transform, &now), patch.apply(&*transform, &changed));
        let same = before[..cut].iter().zip(&after).all(|(a, b)| a.to_bits() == b.to_bits());
        assert_eq!(same, entry.name != "fill", "{}", entry.name);
    }
}

#[test]
fn what_came_later_is_not_needed() {
    let patch = Patch::new();
    let values = patch.counts(3, 10);
    for (name, transform) in all() {
        let whole = patch.apply(&*transform, &values);
        for periods in [1, 7, 16, 17] {
            let cut = periods * patch.units.len();
            let part = patch.apply(&*transform, &values[..cut]);
            assert_close(name, &part, &whole[..cut], 0.0);
        }
    }
}

#[test]
fn the_order_of_units_is_irrelevant() {
    let patch = Patch::new();
    let values = patch.counts(4, 10);
    let n = patch.units.len();
    let mut order: Vec<usize> = (0..n).collect();
    let mut random = noise(9);
    order.sort_by_cached_key(|_| random());
    let units = order.iter().map(|&i| patch.units[i]).collect();
    let groups: Vec<u32> = order.iter().map(|&i| patch.groups[i]).collect();
    let shuffled: Vec<f32> = values.chunks(n).flat_map(|f| order.iter().map(|&i| f[i])).collect();
    for (name, transform) in all() {
        let straight = patch.apply(&*transform, &values);
        let expected: Vec<f32> = straight.chunks(n).flat_map(|f| order.iter().map(|&i| f[i])).collect();
        let args = TransformArgs::new(&units, &shuffled, &groups).unwrap();
        assert_close(name, &transform.apply(&args).unwrap(), &expected, 1e-5);
    }
}

#[test]
fn what_is_missing_stays_missing() {
    let patch = Patch::new();
    let values = patch.counts(5, 20);
    let nothing = vec![f32::NAN; patch.len()];
    for (name, transform) in all() {
        if name != "replace-missing" {
            let out = patch.apply(&*transform, &nothing);
            assert!(out.iter().all(|x| x.is_nan()), "{name} makes something out of nothing");
        }
        let around = LOOKS_AROUND.contains(&name) && name != "space-time-distance";
        if !around && !FILLS.contains(&name) && !LOOKS_BACK.contains(&name) {
            let out = patch.apply(&*transform, &values);
            let kept = values.iter().zip(&out).all(|(x, y)| !x.is_nan() || y.is_nan());
            assert!(kept, "{name} fills");
        }
    }
}

#[test]
fn finite_in_is_finite_out() {
    let patch = Patch::new();
    let big: Vec<f32> = patch.counts(6, 0).iter().map(|x| x * 1e6).collect();
    let zeros = vec![0.0; patch.len()];
    for (name, transform) in all() {
        for values in [&big, &zeros] {
            let out = patch.apply(&*transform, values);
            assert!(out.iter().all(|x| !x.is_infinite()), "{name} is infinite");
            // After its run-up nothing is missing, except the distance to events that never were.
            let settled = &out[3 * patch.units.len()..];
            let whole = settled.iter().all(|x| !x.is_nan());
            assert!(whole || (name == "space-time-distance" && values == &zeros), "{name} makes gaps");
        }
    }
}

#[test]
fn units_do_not_meet_in_transforms_of_time() {
    let patch = Patch::new();
    let values = patch.counts(7, 10);
    let n = patch.units.len();
    for (name, transform) in all().into_iter().filter(|(name, _)| !LOOKS_AROUND.contains(name)) {
        let together = patch.apply(&*transform, &values);
        for unit in 0..n {
            let series: Vec<f32> = values.iter().skip(unit).step_by(n).copied().collect();
            let units = patch.units[unit..=unit].into();
            let alone = transform.apply(&TransformArgs::new(&units, &series, &[]).unwrap()).unwrap();
            let expected: Vec<f32> = together.iter().skip(unit).step_by(n).copied().collect();
            assert_close(name, &alone, &expected, 0.0);
        }
    }
}
