//! Laws that hold for every model of the catalog.

use forewarn_core::*;
use serde_json::json;

use crate::MODELS;

const LAST: i32 = 40;

/// Counts with zeros, a missing value and a unit that was never observed.
fn panel(change_after: i32) -> Panel {
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
    let mut panel = Panel::new(axis, units).unwrap();
    panel.push("y", values).unwrap();
    panel
}

fn fitted(entry: &Entry<dyn Model>, panel: &Panel) -> (Box<dyn Model>, Box<dyn Fitted>) {
    let model = entry.default().unwrap();
    let history = panel.until(Period(24)).unwrap();
    let fitted = model.fit(&FitArgs::new(history, "y", TargetKind::Count, 5).unwrap()).unwrap();
    (model, fitted)
}

fn predict(fitted: &dyn Fitted, panel: &Panel, origin: i32, seed: u64) -> Field {
    let args = PredictArgs::new(panel.until(Period(origin)).unwrap(), "y", Step(3), 40, seed).unwrap();
    fitted.predict(&args).unwrap()
}

fn bits(field: &Field) -> Vec<u32> {
    field.values().iter().map(|v| v.to_bits()).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_the_state_round_trips() {
    let panel = panel(LAST);
    for entry in MODELS {
        let (model, fitted) = fitted(entry, &panel);
        let field = predict(fitted.as_ref(), &panel, 30, 7);
        assert_eq!(bits(&field), bits(&predict(fitted.as_ref(), &panel, 30, 7)), "{}", entry.file);
        let back = model.restore(&fitted.state().unwrap()).unwrap();
        assert_eq!(bits(&field), bits(&predict(back.as_ref(), &panel, 30, 7)), "{}: state", entry.file);
        assert!(model.restore(b"nonsense").is_err(), "{}: nonsense is no state", entry.file);
    }
}

#[test]
fn changing_the_future_changes_no_forecast() {
    for entry in MODELS {
        let (before, after) = (panel(LAST), panel(30));
        let field = predict(fitted(entry, &before).1.as_ref(), &before, 30, 7);
        let same = predict(fitted(entry, &after).1.as_ref(), &after, 30, 7);
        assert_eq!(bits(&field), bits(&same), "{} looks ahead", entry.file);
    }
}

#[test]
fn what_is_declared_is_delivered() {
    let panel = panel(LAST);
    for entry in MODELS {
        let (model, fitted) = fitted(entry, &panel);
        let field = predict(fitted.as_ref(), &panel, 30, 7);
        assert_eq!(field.is_point(), model.needs().output == Output::Point, "{}", entry.file);
        assert_eq!(
            (field.origin, field.step, field.target()),
            (Period(30), Step(3), Period(33)),
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
fn the_other_units_do_not_matter() {
    let whole = panel(LAST);
    let n = whole.units().len();
    for entry in MODELS {
        let all = predict(fitted(entry, &whole).1.as_ref(), &whole, 30, 7);
        for keep in 0..n {
            let values = whole.column("y").unwrap().values().iter().copied().skip(keep).step_by(n).collect();
            let mut one = Panel::new(whole.axis(), [whole.units()[keep]].into()).unwrap();
            one.push("y", values).unwrap();
            let alone = predict(fitted(entry, &one).1.as_ref(), &one, 30, 7);
            let row: Vec<u32> = all.rows().nth(keep).unwrap().iter().map(|v| v.to_bits()).collect();
            assert_eq!(bits(&alone), row, "{}: unit {keep}", entry.file);
        }
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
