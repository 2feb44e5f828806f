use serde_json::json;

use super::*;

/// How often units see conflict whose feature `risk` is 0, 1, 2: a straight line in log-odds.
const OFTEN: [f64; 3] = [0.1, 0.5, 0.9];

/// Units with a feature `risk`, and sizes that depend on the feature `size`; one value in a hundred is missing.
fn panels() -> (Panel, Panel) {
    let axis = Axis::between(Cadence::Month, Period(1), Period(120));
    let units: Units = (1..=60).map(Unit).collect();
    let (mut y, mut risk, mut size) = (Vec::new(), Vec::new(), Vec::new());
    for t in 0..120_u64 {
        for u in 0..60_u64 {
            let number = Stream::new(9, &[t, u]).uniform(0);
            let often = OFTEN[(u % 3) as usize];
            let happens = number < often;
            let deaths = if u >= 30 { 90.0 } else { 9.0 };
            let gone = (t * 60 + u) % 100 == 7;
            y.push(if gone { f32::NAN } else { f32::from(happens) * deaths });
            risk.push((u % 3) as f32);
            size.push(f32::from(u8::from(u >= 30)));
        }
    }
    let (mut observed, mut features) = (Panel::new(axis, units.clone()).unwrap(), Panel::new(axis, units).unwrap());
    observed.push("y", y).unwrap();
    features.push("risk", risk).unwrap();
    features.push("size", size).unwrap();
    (observed, features)
}

fn hurdle(gate: Gate) -> Hurdle {
    let settings = json!({ "loss": "logistic", "alpha": 1e-5 });
    let occurrence = Part { algorithm: "elastic-net".to_owned(), settings };
    Hurdle { occurrence, severity: Part::default_of("least-squares"), gate, ..Hurdle::default() }
}

fn forecast(gate: Gate) -> Field {
    let (observed, features) = panels();
    let until = Period(100);
    let history = observed.until(until).unwrap();
    let fit = FitArgs::new(history, "y", TargetKind::Count, 1).unwrap().with_steps(Step(2));
    let fitted = hurdle(gate).fit(&fit.with_features(features.until(until).unwrap()).unwrap()).unwrap();
    let args = PredictArgs::new(history, "y", Step(2), 400, 3).unwrap();
    fitted.predict(&args.with_features(features.until(until).unwrap()).unwrap()).unwrap()
}

fn share_above_zero(row: &[f32]) -> f64 {
    row.iter().filter(|v| **v > 0.0).count() as f64 / row.len() as f64
}

#[test]
fn the_share_of_draws_above_zero_is_the_probability() {
    let field = forecast(Gate::Probability);
    for (u, row) in field.rows().enumerate() {
        let expected = OFTEN[u % 3];
        // Each rate was learned from 2,000 months: four standard errors are 0.045.
        assert!((share_above_zero(row) - expected).abs() < 0.05, "unit {u}: {}", share_above_zero(row));
        let deaths = if u >= 30 { 90.0 } else { 9.0 };
        assert!(row.iter().all(|v| *v == 0.0 || (*v - deaths).abs() <= 1.0), "unit {u}: {row:?}");
    }
}

#[test]
fn a_hard_gate_answers_all_or_nothing() {
    for (u, row) in forecast(Gate::Hard).rows().enumerate() {
        let share = share_above_zero(row);
        assert!(share == 0.0 || share == 1.0, "unit {u}: {share}");
        assert!(u % 3 == 1 || share == f64::from(u8::from(u % 3 == 2)), "unit {u}: {share}");
    }
}

#[test]
fn a_classifier_is_asked_for() {
    let settings = json!({ "occurrence": { "algorithm": "least-squares" } });
    let e = (ENTRY.build)(&settings).unwrap_err().to_string();
    assert!(e.contains("`least-squares` predicts means") && e.contains("logistic"), "{e}");
    let e = (ENTRY.build)(&json!({ "onset": { "algorithm": "random-forest" } })).unwrap_err().to_string();
    assert!(e.contains("`random-forest` predicts means, `onset` needs a probability"), "{e}");
    let e = (ENTRY.build)(&json!({ "quiet-periods": 0 })).unwrap_err().to_string();
    assert!(e.contains("`quiet-periods` is 0"), "{e}");
    let e = (ENTRY.build)(&json!({ "severity": { "algorithm": "magic" } })).unwrap_err().to_string();
    assert!(e.contains("there is no `magic`"), "{e}");
}

#[test]
fn nothing_ever_happened() {
    let axis = Axis::between(Cadence::Month, Period(1), Period(20));
    let units: Units = [Unit(1), Unit(2)].into();
    let mut panel = Panel::new(axis, units).unwrap();
    panel.push("y", vec![0.0; 40]).unwrap();
    panel.push("x", (0..40).map(|i| (i % 7) as f32).collect()).unwrap();
    let history = panel.until(Period(20)).unwrap();
    let fit = FitArgs::new(history, "y", TargetKind::Count, 1).unwrap().with_steps(Step(1));
    let onset = Some(Hurdle::default().occurrence);
    let model = Hurdle { features: vec!["x".to_owned()], onset, ..hurdle(Gate::Probability) };
    let fitted = model.fit(&fit.with_features(history).unwrap()).unwrap();
    let args = PredictArgs::new(history, "y", Step(1), 50, 3).unwrap().with_features(history).unwrap();
    let field = model.restore(&fitted.state().unwrap()).unwrap().predict(&args).unwrap();
    assert!(field.values().iter().all(|v| *v == 0.0), "{:?}", field.values());
}

/// A unit that was struck in the last three months is struck again with 0.7, another with 0.05: the features do not say.
#[test]
fn quiet_units_have_a_gate_of_their_own() {
    let units: Units = (1..=40).map(Unit).collect();
    let (mut y, mut since) = (Vec::new(), vec![9; 40]);
    for t in 0..160_u64 {
        for (u, since) in since.iter_mut().enumerate() {
            let often = if *since < 3 { 0.7 } else { 0.05 };
            let happens = Stream::new(2, &[t, u as u64]).uniform(0) < often;
            *since = if happens { 0 } else { *since + 1 };
            y.push(f32::from(happens) * 5.0);
        }
    }
    let mut panel = Panel::new(Axis::between(Cadence::Month, Period(1), Period(160)), units).unwrap();
    panel.push("x", y.iter().enumerate().map(|(i, _)| (i % 3) as f32).collect()).unwrap();
    panel.push("y", y).unwrap();
    let history = panel.until(Period(160)).unwrap();
    let fit = FitArgs::new(history, "y", TargetKind::Count, 1).unwrap().with_steps(Step(1));
    let fit = fit.with_features(history).unwrap();
    let onset = Some(Hurdle::default().occurrence);
    let settings = Hurdle { features: vec!["x".to_owned()], onset, quiet_periods: 3, ..hurdle(Gate::Probability) };
    let fitted = settings.restore(&settings.fit(&fit).unwrap().state().unwrap()).unwrap();
    let args = PredictArgs::new(history, "y", Step(1), 200, 3).unwrap().with_features(history).unwrap();
    let field = fitted.predict(&args).unwrap();
    let mut seen = [0, 0];
    for (since, row) in since.iter().zip(field.rows()) {
        let expected = if *since < 3 { 0.7 } else { 0.05 };
        assert!((share_above_zero(row) - expected).abs() < 0.06, "{since}: {}", share_above_zero(row));
        seen[usize::from(*since < 3)] += 1;
    }
    assert!(seen[0] > 5 && seen[1] > 5, "{seen:?}");
}
