//! Against views-stepshifter 1.4.0, whose regressor was an ordinary regression.

use forewarn_core::*;
use serde_json::Value;

use super::{Distribution, ENTRY, Label, Stepshift};
use crate::part::Part;

const CASES: &str = include_str!("../../tests/data/stepshift.json");

/// The inputs: `y`, and the features `x1`, `x2`. Panels hold single precision; numbers with four decimals are exact in it
/// when they are counted in ten-thousandths, and a regression does not mind the unit of a feature.
fn panels(cases: &Value, unit_of_y: f64) -> (Panel, Panel) {
    let rows = cases["data"].as_array().unwrap();
    let axis = Axis::between(Cadence::Month, Period(1), Period(30));
    let units: Units = [Unit(11), Unit(22), Unit(33)].into();
    let column = |i: usize, unit: f64| -> Vec<f32> {
        rows.iter().map(|r| (r[i].as_f64().unwrap() / unit).round() as f32).collect()
    };
    let (mut observed, mut features) = (Panel::new(axis, units.clone()).unwrap(), Panel::new(axis, units).unwrap());
    let y = match unit_of_y {
        1.0 => rows.iter().map(|r| r[2].as_f64().unwrap() as f32).collect(),
        unit => column(2, unit),
    };
    observed.push("y", y).unwrap();
    features.push("x1", column(3, 1e-4)).unwrap();
    features.push("x2", column(4, 1e-4)).unwrap();
    (observed, features)
}

fn model(label: Label) -> Stepshift {
    Stepshift { regressor: Part::default_of("least-squares"), label, ..Stepshift::default() }
}

fn fitted(label: Label, (observed, features): &(Panel, Panel)) -> Box<dyn Fitted> {
    let until = Period(24);
    let args = FitArgs::new(observed.until(until).unwrap(), "y", TargetKind::Continuous, 1).unwrap();
    let args = args.with_steps(Step(3)).with_features(features.until(until).unwrap()).unwrap();
    model(label).fit(&args).unwrap()
}

/// Calls `check` with what the reference forecast, and the sequence (0, 1, 2), month, unit (by position) and step of it.
fn each(cases: &Value, label: &str, mut check: impl FnMut(f64, i32, usize, u16)) {
    let mut count = 0;
    for (k, sequence) in cases[label].as_array().unwrap().iter().enumerate() {
        for p in sequence.as_array().unwrap() {
            let (month, unit) = (p[0].as_i64().unwrap() as i32, p[1].as_u64().unwrap());
            check(p[2].as_f64().unwrap(), 24 + k as i32, (unit / 11 - 1) as usize, (month - 24 - k as i32) as u16);
            count += 1;
        }
    }
    assert_eq!(count, 27);
}

/// The coefficients are compared through double-precision forecasts: the fields themselves are single precision.
#[test]
fn the_regressions_are_those_of_the_reference() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let panels = panels(&cases, 1e-3);
    let fitted = fitted(Label::Identity, &panels);
    let line = |step: u16| {
        let exported = fitted.parts(Step(step))[0].regression.export().unwrap().unwrap().1;
        serde_json::from_slice::<Value>(&exported).unwrap()
    };
    let units = panels.1.units().len();
    each(&cases, "identity", |expected, origin, unit, step| {
        let line = line(step);
        let at = (origin as usize - 1) * units + unit;
        let x = |name| f64::from(panels.1.column(name).unwrap().values()[at]);
        let slope = |i: usize| line["slopes"][i].as_f64().unwrap();
        let forecast = line["intercept"].as_f64().unwrap() + slope(0) * x("x1") + slope(1) * x("x2");
        let error = (forecast * 1e-3 - expected).abs();
        assert!(error < 1e-12, "origin {origin}, unit {unit}, step {step}: {forecast} against {expected}");
    });
}

#[test]
fn the_forecasts_are_those_of_the_reference_in_single_precision() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    for (name, label) in [("identity", Label::Identity), ("log1p", Label::Log1p)] {
        let panels = panels(&cases, 1.0);
        let fitted = fitted(label, &panels);
        each(&cases, name, |expected, origin, unit, step| {
            let history = panels.0.until(Period(origin)).unwrap();
            let args = PredictArgs::new(history, "y", Step(step), 1, 1).unwrap();
            let args = args.with_features(panels.1.until(Period(origin)).unwrap()).unwrap();
            let forecast = f64::from(fitted.predict(&args).unwrap().values()[unit]);
            assert!((forecast - expected).abs() < 2e-6 * expected.abs().max(1.0), "{name}: {forecast}, {expected}");
        });
    }
}

#[test]
fn a_unit_that_vanishes_in_the_test_window_is_still_learned_from_and_forecast() {
    // The reference drops it from training, which looks ahead.
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let whole = panels(&cases, 1.0);
    let mut gone = panels(&cases, 1.0);
    let mut y = gone.0.column("y").unwrap().values().to_vec();
    y[24 * 3..].iter_mut().skip(1).step_by(3).for_each(|v| *v = f32::NAN);
    gone.0 = Panel::new(whole.0.axis(), whole.0.units().clone()).unwrap();
    gone.0.push("y", y).unwrap();
    assert_eq!(
        fitted(Label::Identity, &whole).state().unwrap(),
        fitted(Label::Identity, &gone).state().unwrap()
    );
}

#[test]
fn other_features_are_refused() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let (observed, features) = panels(&cases, 1.0);
    let fitted = fitted(Label::Identity, &(observed.clone(), features.clone()));
    let mut other = Panel::new(features.axis(), features.units().clone()).unwrap();
    other.push("x1", features.column("x1").unwrap().values().to_vec()).unwrap();
    let args = PredictArgs::new(observed.until(Period(24)).unwrap(), "y", Step(1), 1, 1).unwrap();
    let args = args.with_features(other.until(Period(24)).unwrap()).unwrap();
    let e = fitted.predict(&args).unwrap_err().to_string();
    assert!(e.contains("no column `x2`; there are: x1"), "{e}");
}

#[test]
fn draws_stand_around_the_point_forecast() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let (observed, features) = panels(&cases, 1.0);
    let until = Period(24);
    let forecast = |distribution| {
        let fit = FitArgs::new(observed.until(until).unwrap(), "y", TargetKind::Count, 1).unwrap();
        let fit = fit.with_steps(Step(2)).with_features(features.until(until).unwrap()).unwrap();
        let model = Stepshift { distribution, ..model(Label::Identity) };
        let fitted = model.restore(&model.fit(&fit).unwrap().state().unwrap()).unwrap();
        let args = PredictArgs::new(observed.until(until).unwrap(), "y", Step(2), 4000, 9).unwrap();
        let field = fitted.predict(&args.with_features(features.until(until).unwrap()).unwrap()).unwrap();
        assert_eq!(field.is_point(), model.needs().output == Output::Point);
        field
    };
    let means = forecast(Distribution::None).means();
    for family in [Distribution::Poisson, Distribution::NegativeBinomial, Distribution::Tweedie] {
        let field = forecast(family);
        assert!(field.values().iter().all(|v| *v >= 0.0 && v.fract() == 0.0), "{family:?}");
        for (drawn, mean) in field.means().iter().zip(&means) {
            assert!((drawn - mean).abs() < 0.1 * mean, "{family:?}: {drawn} against {mean}");
        }
    }
}

#[test]
fn a_distribution_needs_means() {
    let settings = serde_json::json!({ "label": "log1p", "distribution": "poisson" });
    assert!((ENTRY.build)(&settings).unwrap_err().to_string().contains("take the label `identity`"));
}
