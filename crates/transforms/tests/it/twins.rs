//! Each transform against a slow twin, written from its definition one value at a time.

use std::collections::BTreeSet;

use forewarn_core::Cell;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Patch, assert_close, build};

const NAN: f32 = f32::NAN;

/// A series, and its value at a period (counted from 0; missing before the first).
struct Series<'a>(&'a [f32]);

impl Series<'_> {
    fn at(&self, t: usize, back: usize) -> f32 {
        t.checked_sub(back).map_or(NAN, |t| self.0[t])
    }

    /// The values of the window that ends at `t`, missing ones included.
    fn window(&self, t: usize, periods: usize) -> Vec<f32> {
        (0..periods).map(|back| self.at(t, back)).collect()
    }

    /// The last observation at or before `t`.
    fn last(&self, t: usize) -> f32 {
        self.0[..=t].iter().rev().copied().find(|x| !x.is_nan()).unwrap_or(NAN)
    }

    /// Periods since the last event, or since just before the first observation.
    fn since(&self, t: usize) -> f32 {
        let event = self.0[..=t].iter().rposition(|x| !x.is_nan() && *x != 0.0);
        let first = self.0.iter().position(|x| !x.is_nan());
        match (self.0[t].is_nan(), event, first) {
            (false, Some(event), _) => (t - event) as f32,
            (false, None, Some(first)) => (t - first + 1) as f32,
            _ => NAN,
        }
    }
}

/// The value that the definition gives at period `t`.
fn twin(name: &str, series: &Series<'_>, t: usize, periods: usize) -> f32 {
    let x = series.at(t, 0);
    match name {
        "at-least" if x.is_nan() => NAN,
        "at-least" => f32::from(u8::from(x >= 3.0)),
        "decay" => 0.5_f32.powf(x / 3.0),
        "delta" => x - series.at(t, periods),
        "fill" => series.last(t),
        "log1p" => x.ln_1p(),
        "moving-average" => series.window(t, periods).iter().sum::<f32>() / periods as f32,
        "moving-sum" => series.window(t, periods).iter().sum(),
        "replace-missing" if x.is_nan() => 3.0,
        "replace-missing" => x,
        "time-lag" => series.at(t, periods),
        "time-since" => series.since(t),
        _ => panic!("{name} has no twin"),
    }
}

fn value() -> impl Strategy<Value = f32> {
    prop_oneof![5 => Just(0.0_f32), 2 => (1_u16..9).prop_map(f32::from), 1 => Just(NAN)]
}

proptest! {
    #[test]
    fn transforms_of_time_are_what_they_say(
        values in prop::collection::vec(value(), 51 * 20), periods in 1_usize..25
    ) {
        let patch = Patch::new();
        let n = patch.units.len();
        let settings = [
            ("at-least", json!({"threshold": 3})), ("decay", json!({"half-life": 3})),
            ("delta", json!({"periods": periods})), ("fill", json!({})), ("log1p", json!({})),
            ("moving-average", json!({"periods": periods})), ("moving-sum", json!({"periods": periods})),
            ("replace-missing", json!({"with": 3})), ("time-lag", json!({"periods": periods})),
            ("time-since", json!({})),
        ];
        for (name, settings) in settings {
            let found = patch.apply(&*build(name, &settings), &values);
            for unit in 0..n {
                let series: Vec<f32> = values.iter().skip(unit).step_by(n).copied().collect();
                let series = Series(&series);
                let expected: Vec<f32> = (0..patch.periods).map(|t| twin(name, &series, t, periods)).collect();
                let found: Vec<f32> = found.iter().skip(unit).step_by(n).copied().collect();
                assert_close(name, &found, &expected, 1e-5);
            }
        }
    }
}

/// Countries that touch `own`, from the distance of every two cells.
fn neighbours(patch: &Patch, own: u32) -> BTreeSet<u32> {
    let place = |i: usize| {
        let cell = Cell::try_from(patch.units[i]).unwrap();
        (cell.row(), cell.col())
    };
    let touch = |i: usize, j: usize| {
        let (a, b) = (place(i), place(j));
        a.0.abs_diff(b.0) <= 1 && a.1.abs_diff(b.1) <= 1
    };
    let n = patch.units.len();
    let pairs = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
    let borders = pairs.filter(|&(i, j)| patch.groups[i] == own && patch.groups[j] != own && touch(i, j));
    borders.map(|(_, j)| patch.groups[j]).collect()
}

#[test]
fn the_lag_of_countries_is_the_sum_over_their_neighbours() {
    let patch = Patch::new();
    let values = patch.counts(11, 10);
    let n = patch.units.len();
    let found = patch.apply(&*build("country-lag", &json!({})), &values);
    for (field, found) in values.chunks(n).zip(found.chunks(n)) {
        // What was not observed counts as the mean of what was.
        let total = |code: u32| {
            let members: Vec<f32> = (0..n).filter(|&i| patch.groups[i] == code).map(|i| field[i]).collect();
            let present: Vec<f32> = members.iter().copied().filter(|x| !x.is_nan()).collect();
            present.iter().sum::<f32>() / present.len() as f32 * members.len() as f32
        };
        let lag = |own: u32| neighbours(&patch, own).into_iter().map(total).sum::<f32>();
        let expected: Vec<f32> = patch.groups.iter().map(|&own| lag(own)).collect();
        assert_close("country-lag", found, &expected, 1e-5);
    }
}

#[test]
fn means_do_not_change_a_constant() {
    let patch = Patch::new();
    let mut values = vec![7.0; patch.len()];
    for i in (0..values.len()).step_by(13) {
        values[i] = NAN;
    }
    for (name, settings) in [
        ("spatial-lag", json!({"normalise": true, "width": 2, "power": 1})),
        ("country-lag", json!({"normalise": true, "of": "mean"})),
        ("country-lag", json!({"normalise": true, "of": "mean", "power": 2})),
    ] {
        let found = patch.apply(&*build(name, &settings), &values);
        assert_close(name, &found, &vec![7.0; patch.len()], 1e-6);
    }
}
