//! Laws that hold for every model of the catalog.

use forewarn_core::*;
use serde_json::json;

use crate::MODELS;

/// Periods of the panel, the last of training, and the origin of the forecasts.
const LAST: i32 = 90;
const TRAINED: i32 = 70;
const ORIGIN: i32 = 75;

/// Counts with zeros, a missing value and a unit that was never observed; and features of them.
struct Data {
    observed: Panel,
    features: Panel,
}

fn data(change_after: i32) -> Data {
    let axis = Axis::between(Cadence::Month, Period(1), Period(LAST));
    let units: Units = [Unit(62_356), Unit(62_357), Unit(62_360), Unit(80_317)].into();
    let mut values = Vec::new();
    for t in 1..=LAST {
        for u in 0..4_i32 {
            let value =
                if u == 3 || (u == 1 && t == 30) { f32::NAN } else { ((u * 7 + t * 3) % 5 * u) as f32 };
            values.push(if t > change_after { value * 100.0 + 17.0 } else { value });
        }
    }
    let earlier = |i: usize, periods: usize| i.checked_sub(4 * periods).map_or(0.0, |i: usize| values[i]);
    let known = |v: f32| if v.is_nan() { 0.0 } else { v };
    let now = (0..values.len()).map(|i| known(values[i])).collect();
    let before = (0..values.len()).map(|i| known(earlier(i, 1)) + known(earlier(i, 2))).collect();
    let mut data = Data {
        observed: Panel::new(axis, units.clone()).unwrap(),
        features: Panel::new(axis, units).unwrap(),
    };
    data.features.push("now", now).unwrap();
    data.features.push("before", before).unwrap();
    data.observed.push("y", values).unwrap();
    data
}

/// The same of one unit.
fn only(panel: &Panel, keep: usize) -> Panel {
    let mut one = Panel::new(panel.axis(), [panel.units()[keep]].into()).unwrap();
    for column in panel.columns() {
        let values = column.values().iter().copied().skip(keep).step_by(panel.units().len()).collect();
        one.push(&column.name, values).unwrap();
    }
    one
}

fn classifier() -> serde_json::Value {
    json!({ "algorithm": "boosting", "settings": { "loss": "logistic", "early-stopping-rounds": 5 } })
}

/// The model with its default settings, or with such as suit a panel of four units and leave nothing out.
fn model(entry: &Entry<dyn Model>) -> Box<dyn Model> {
    let settings = match entry.name {
        "conformal" => json!({ "events": 3 }),
        "hurdle" => {
            json!({ "quiet-periods": 2, "onset": classifier(), "occurrence": classifier(), "watched-periods": 20 })
        }
        "stepshift" => json!({ "watched-periods": 20, "regressor":
            { "algorithm": "boosting", "settings": { "early-stopping-rounds": 5 } } }),
        _ => json!({}),
    };
    (entry.build)(&settings).unwrap()
}

fn fitted(entry: &Entry<dyn Model>, data: &Data) -> (Box<dyn Model>, Box<dyn Fitted>) {
    let model = model(entry);
    let history = data.observed.until(Period(TRAINED)).unwrap();
    let args = FitArgs::new(history, "y", TargetKind::Count, 5).unwrap().with_steps(Step(3));
    let fitted =
        model.fit(&args.with_features(data.features.until(Period(TRAINED)).unwrap()).unwrap()).unwrap();
    (model, fitted)
}

fn predict(fitted: &dyn Fitted, data: &Data, origin: i32, seed: u64) -> Field {
    let history = data.observed.until(Period(origin)).unwrap();
    let args = PredictArgs::new(history, "y", Step(3), 40, seed).unwrap();
    fitted.predict(&args.with_features(data.features.until(Period(origin)).unwrap()).unwrap()).unwrap()
}

fn bits(field: &Field) -> Vec<u32> {
    field.values().iter().map(|v| v.to_bits()).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_the_state_round_trips() {
    let data = data(LAST);
    for entry in MODELS {
        let (model, fitted) = fitted(entry, &data);
        let field = predict(fitted.as_ref(), &data, ORIGIN, 7);
        assert_eq!(bits(&field), bits(&predict(fitted.as_ref(), &data, ORIGIN, 7)), "{}", entry.file);
        let mut state = fitted.state().unwrap();
        let back = model.restore(&state).unwrap();
        assert_eq!(bits(&field), bits(&predict(back.as_ref(), &data, ORIGIN, 7)), "{}: state", entry.file);
        assert!(model.restore(b"nonsense").is_err(), "{}: nonsense is no state", entry.file);
        assert_eq!(state[..8], *b"fwmodel\x01", "{}: a state begins with its version", entry.file);
        state[7] = 2;
        let newer = model.restore(&state).unwrap_err().to_string();
        assert!(newer.contains("version 2, this program reads version 1"), "{}: {newer}", entry.file);
    }
}

#[test]
fn changing_the_future_changes_no_forecast() {
    for entry in MODELS {
        let (before, after) = (data(LAST), data(ORIGIN));
        let field = predict(fitted(entry, &before).1.as_ref(), &before, ORIGIN, 7);
        let same = predict(fitted(entry, &after).1.as_ref(), &after, ORIGIN, 7);
        assert_eq!(bits(&field), bits(&same), "{} looks ahead", entry.file);
    }
}

#[test]
fn what_is_declared_is_delivered() {
    let data = data(LAST);
    for entry in MODELS {
        let (model, fitted) = fitted(entry, &data);
        let field = predict(fitted.as_ref(), &data, ORIGIN, 7);
        assert_eq!(field.is_point(), model.needs().output == Output::Point, "{}", entry.file);
        assert_eq!(
            (field.origin, field.step, field.target()),
            (Period(ORIGIN), Step(3), Period(ORIGIN + 3)),
            "{}",
            entry.file
        );
        assert!(field.values().iter().all(|v| v.is_nan() || *v >= 0.0), "{}: counts are >= 0", entry.file);
        let rows: Vec<_> = field.rows().collect();
        assert!(
            rows[..3].iter().all(|r| r.iter().all(|v| v.is_finite())),
            "{}: finite in, finite out",
            entry.file
        );
    }
}

#[test]
fn the_other_units_do_not_matter_to_a_fitted_model() {
    let whole = data(LAST);
    // Its definition is that all units draw from the same pool at the origin.
    for entry in MODELS.iter().filter(|e| e.name != "global-bootstrap") {
        let fitted = fitted(entry, &whole).1;
        let all = predict(fitted.as_ref(), &whole, ORIGIN, 7);
        for keep in 0..whole.observed.units().len() {
            let one = Data { observed: only(&whole.observed, keep), features: only(&whole.features, keep) };
            let alone = predict(fitted.as_ref(), &one, ORIGIN, 7);
            let row: Vec<u32> = all.rows().nth(keep).unwrap().iter().map(|v| v.to_bits()).collect();
            assert_eq!(bits(&alone), row, "{}: unit {keep}", entry.file);
        }
    }
}

#[test]
fn draws_of_counts_are_whole() {
    let data = data(LAST);
    let baselines = ["conflictology", "global-bootstrap", "last-observed-poisson", "mixture"];
    let parametric = ["parametric-conflictology", "parametric-hurdle"];
    for entry in MODELS.iter().filter(|e| baselines.contains(&e.name) || parametric.contains(&e.name)) {
        let field = predict(fitted(entry, &data).1.as_ref(), &data, ORIGIN, 7);
        assert!(field.values().iter().all(|v| v.is_nan() || v.fract() == 0.0), "{}", entry.file);
    }
}

#[test]
fn a_later_origin_sees_later_values() {
    let (before, after) = (data(LAST), data(TRAINED));
    for entry in MODELS.iter().filter(|e| e.name != "zero") {
        let fitted = fitted(entry, &before).1;
        let (old, new) =
            (predict(fitted.as_ref(), &before, ORIGIN, 7), predict(fitted.as_ref(), &after, ORIGIN, 7));
        assert_ne!(bits(&old), bits(&new), "{} is not re-anchored", entry.file);
    }
}

#[test]
fn threads_do_not_matter() {
    let data = data(LAST);
    let on = |threads: usize, entry: &Entry<dyn Model>| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let fitted = fitted(entry, &data).1;
            (fitted.state().unwrap(), bits(&predict(fitted.as_ref(), &data, ORIGIN, 7)))
        })
    };
    for entry in MODELS {
        assert!(on(1, entry) == on(8, entry), "{}: 1 and 8 threads differ", entry.file);
    }
}

#[test]
fn a_model_says_when_it_lacks_features_or_was_not_fitted_that_far() {
    let data = data(LAST);
    for entry in MODELS.iter().filter(|e| e.default().unwrap().needs().features) {
        let (model, fitted) = fitted(entry, &data);
        let history = data.observed.until(Period(TRAINED)).unwrap();
        let fit = model.fit(&FitArgs::new(history, "y", TargetKind::Count, 5).unwrap()).unwrap_err();
        assert!(fit.to_string().contains("query-set"), "{}: {fit}", entry.file);
        let far = PredictArgs::new(history, "y", Step(4), 40, 1).unwrap();
        let far = far.with_features(data.features.until(Period(TRAINED)).unwrap()).unwrap();
        let far = fitted.predict(&far).unwrap_err().to_string();
        assert!(far.contains("fitted for steps 1 to 3"), "{}: {far}", entry.file);
    }
}

#[test]
fn entries_are_documented_and_strict() {
    for entry in MODELS {
        let doc = entry.doc();
        assert!(doc.contains("doi:") || doc.contains("arXiv:"), "{}: cite the source", entry.file);
        assert!(
            (entry.build)(&json!({"no-such-setting": 1})).is_err(),
            "{}: deny_unknown_fields",
            entry.file
        );
    }
    assert!(MODELS.windows(2).all(|w| w[0].name < w[1].name), "keep the catalog sorted");
}
