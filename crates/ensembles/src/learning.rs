//! Laws of the ensembles that learn from past forecasts.

use forewarn_core::*;
use forewarn_kernels::random::Stream;
use serde_json::{Value, json};

use crate::ENSEMBLES;

const UNITS: usize = 60;

/// Past forecasts of two members, and what was then observed.
#[derive(Debug, Default)]
struct Months(Vec<Month>);

/// The members' fields, and what was observed.
type Month = (Vec<(&'static str, Field)>, Vec<f32>);

impl Past for Months {
    fn visit(&self, each: &mut dyn FnMut(&PastTarget<'_>) -> Result<()>) -> Result<()> {
        for (fields, truth) in &self.0 {
            let members: Vec<_> = fields.iter().map(|(name, field)| Member { name, field }).collect();
            each(&PastTarget { members: &members, truth })?;
        }
        Ok(())
    }
}

/// A number that is 0 in two of three units.
fn event(address: &[u64]) -> f32 {
    let s = Stream::new(3, address);
    if address[1].is_multiple_of(3) { (s.uniform(0) * 40.0).round() as f32 } else { 0.0 }
}

/// Twenty draws that are `error` off what will happen, on average over units as often below as above.
fn forecast(origin: i32, step: u16, truth: &[f32], error: f32) -> Field {
    let draw = |(i, y): (usize, &f32)| {
        let s = Stream::new(9, &[origin as u64, u64::from(step), i as u64, u64::from(error.to_bits())]);
        let centre = y + error * (2.0 * s.uniform(0) as f32 - 1.0);
        (0..20).map(move |d| if i % 3 == 0 { (centre + (d as f32 - 9.5) * 0.2).max(0.0) } else { 0.0 })
    };
    let values = truth.iter().enumerate().flat_map(draw).collect();
    Field::draws(Period(origin), Step(step), (0..UNITS as u32).map(Unit).collect(), 20, values).unwrap()
}

/// A past of so many origins; `errors` of the two members at each of the steps.
fn past(origins: i32, errors: &[(u16, [f32; 2])]) -> Months {
    let mut months = Months::default();
    for origin in 100..100 + origins {
        for &(step, [a, b]) in errors {
            let month = u64::from(step) + origin as u64;
            let truth: Vec<f32> = (0..UNITS as u64).map(|u| event(&[month, u])).collect();
            let of = |error| forecast(origin, step, &truth, error);
            months.0.push((vec![("a", of(a)), ("b", of(b))], truth));
        }
    }
    months
}

fn fit(name: &str, settings: &Value, names: &[&str], past: &dyn Past) -> Result<Box<dyn Combine>> {
    let entry = ENSEMBLES.iter().find(|e| e.name == name).unwrap();
    (entry.build)(settings)?.fit(&EnsembleArgs::new(names).with_past(past))
}

fn stack(objective: &str, shrinkage: f64, past: &dyn Past) -> Box<dyn Combine> {
    let settings = json!({"objective": objective, "shrinkage": shrinkage});
    fit("stacking", &settings, &["a", "b"], past).unwrap()
}

#[test]
fn the_better_member_gets_the_weight_and_more_of_it_the_longer_the_past() {
    for objective in ["crps", "nnls"] {
        let weight = |origins, shrinkage| {
            stack(objective, shrinkage, &past(origins, &[(2, [0.5, 20.0])])).weights(Step(2))[0]
        };
        assert!(weight(24, 0.0) > 0.95, "{objective}: {}", weight(24, 0.0));
        let growing = [0, 1, 4, 24].map(|origins| weight(origins, 1.0));
        assert!(growing[0] == 0.5 && growing.windows(2).all(|w| w[0] < w[1]), "{objective}: {growing:?}");
        // 24 months and two members: the past is believed by 24 / 26.
        assert!((growing[3] - (weight(24, 0.0) * 24.0 + 1.0) / 26.0).abs() < 1e-12);
    }
}

#[test]
fn each_group_of_steps_learns_from_its_own_past() {
    for objective in ["crps", "nnls"] {
        let stacked = stack(objective, 0.0, &past(12, &[(1, [0.5, 20.0]), (6, [20.0, 0.5])]));
        assert!(stacked.weights(Step(3))[0] > 0.9 && stacked.weights(Step(12))[1] > 0.9, "{objective}");
        assert_eq!(stacked.weights(Step(13)), [0.5, 0.5], "no past in this group");
        assert_eq!(stacked.weights(Step(99)), [0.5, 0.5], "no group");
    }
}

#[test]
fn without_a_past_stacking_is_the_pool_or_the_mean_of_equal_members() {
    let truth: Vec<f32> = (0..UNITS as u64).map(|u| event(&[7, u])).collect();
    let (a, b) = (forecast(6, 1, &truth, 5.0), forecast(6, 1, &truth, 9.0));
    let members = [Member { name: "a", field: &a }, Member { name: "b", field: &b }];
    let args = CombineArgs::new(&members, 7);
    for (objective, like) in [("crps", "linear-pool"), ("nnls", "weighted-mean")] {
        let stacked = stack(objective, 1.0, &NoPast).combine(&args).unwrap();
        let other = fit(like, &json!({}), &["a", "b"], &NoPast).unwrap().combine(&args).unwrap();
        assert!(stacked == other, "{objective}");
    }
    // With weights, the mean of the stacked forecast is the weighted mean of the members' means.
    let stacked = stack("nnls", 1.0, &past(12, &[(1, [2.0, 4.0])]));
    let (w, out) = (stacked.weights(Step(1)), stacked.combine(&args).unwrap());
    for ((x, y), z) in a.means().iter().zip(b.means()).zip(out.means()) {
        assert!((w[0] * f64::from(*x) + w[1] * f64::from(y) - f64::from(z)).abs() < 1e-4);
    }
}

#[test]
fn weights_follow_what_was_observed_and_nothing_else() {
    for objective in ["crps", "nnls"] {
        let months = past(6, &[(1, [3.0, 4.0])]);
        let before = stack(objective, 1.0, &months).weights(Step(1));
        let mut other = past(6, &[(1, [3.0, 4.0])]);
        assert_eq!(before, stack(objective, 1.0, &other).weights(Step(1)), "{objective}: the same past");
        // Had that happened which member b said, it would have the weight.
        for (fields, truth) in &mut other.0 {
            *truth = fields[1].1.means();
        }
        let after = stack(objective, 1.0, &other).weights(Step(1));
        assert!(after[1] > before[1] + 0.05, "{objective}: {before:?} {after:?}");
        // What was not observed says nothing.
        for (_, truth) in &mut other.0 {
            truth.fill(f32::NAN);
        }
        assert_eq!(stack(objective, 1.0, &other).weights(Step(1)), [0.5, 0.5], "{objective}");
    }
}

#[test]
fn the_order_of_members_and_of_the_past_is_irrelevant() {
    for settings in [json!({"objective": "crps"}), json!({"objective": "nnls"})] {
        let months = past(6, &[(1, [3.0, 4.0])]);
        let mut turned = past(6, &[(1, [3.0, 4.0])]);
        turned.0.iter_mut().for_each(|(fields, _)| fields.reverse());
        let one = fit("stacking", &settings, &["a", "b"], &months).unwrap().weights(Step(1));
        let mut other = fit("stacking", &settings, &["b", "a"], &turned).unwrap().weights(Step(1));
        other.reverse();
        assert_eq!(one, other);
    }
}

#[test]
fn a_past_of_other_members_or_units_is_refused() {
    for name in ["stacking", "beta-transformed-pool"] {
        let months = past(1, &[(1, [3.0, 4.0])]);
        let wrong = fit(name, &json!({}), &["a", "c"], &months).unwrap_err().to_string();
        assert!(wrong.contains("past forecasts of a, b; the members are: a, c"), "{name}: {wrong}");
        let mut short = past(1, &[(1, [3.0, 4.0])]);
        short.0[0].1.pop();
        let wrong = fit(name, &json!({}), &["a", "b"], &short).unwrap_err().to_string();
        assert!(wrong.contains("60 units, and 59 observations"), "{name}: {wrong}");
    }
}

/// A past that must not be read.
#[derive(Debug)]
struct Untouchable;

impl Past for Untouchable {
    fn visit(&self, _: &mut dyn FnMut(&PastTarget<'_>) -> Result<()>) -> Result<()> {
        Err(Error::data("somebody reads the past"))
    }
}

#[test]
fn the_past_is_read_by_those_that_say_so_and_by_no_other() {
    let given = json!({"parameters": {"given": [2.0, 1.0]}});
    let mut all: Vec<_> = ENSEMBLES.iter().map(|e| (e, json!({}))).collect();
    all.extend(ENSEMBLES.iter().filter(|e| e.name == "beta-transformed-pool").map(|e| (e, given.clone())));
    for (entry, settings) in all {
        let ensemble = (entry.build)(&settings).unwrap();
        let read = ensemble.fit(&EnsembleArgs::new(&["a", "b"]).with_past(&Untouchable)).is_err();
        assert_eq!(read, ensemble.learns(), "{} {settings}", entry.file);
    }
    assert_eq!(ENSEMBLES.iter().filter(|e| e.default().unwrap().learns()).count(), 2);
}

/// The spread of a combined forecast, after a past in which members were `error` off with draws of their own spread.
fn spread(origins: i32, error: f32, seed: u64) -> f64 {
    let months = past(origins, &[(1, [error, error + 0.25])]);
    let truth: Vec<f32> = (0..UNITS as u64).map(|u| event(&[7, u]) + 20.0).collect();
    let (a, b) = (forecast(6, 1, &truth, 5.0), forecast(6, 1, &truth, 6.0));
    let members = [Member { name: "a", field: &a }, Member { name: "b", field: &b }];
    let fitted = fit("beta-transformed-pool", &json!({}), &["a", "b"], &months).unwrap();
    let out = fitted.combine(&CombineArgs::new(&members, seed)).unwrap();
    let width = |row: &[f32]| {
        f64::from(row.iter().copied().fold(0.0, f32::max) - row.iter().copied().fold(900.0, f32::min))
    };
    out.sorted().rows().map(width).sum()
}

#[test]
fn a_beta_transform_narrows_what_was_too_wide_and_learns_nothing_without_a_past() {
    // Draws spread over 4: with members 0.1 off, observations always fell in the middle.
    let narrow = spread(12, 0.1, 7);
    let untouched = spread(0, 0.1, 7);
    let wide = spread(12, 30.0, 7);
    assert!(narrow < 0.8 * untouched, "{narrow} {untouched}");
    assert!(wide >= untouched, "{wide} {untouched}");
}
