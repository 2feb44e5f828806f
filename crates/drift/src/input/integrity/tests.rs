//! Against what `viewser` 6.6.4 says, and what it should have said.

use serde_json::json;

use super::*;

#[derive(Deserialize)]
struct Fixture {
    months: [i32; 2],
    units: Vec<u32>,
    features: Vec<String>,
    values: Vec<f64>,
    thresholds: BTreeMap<String, BTreeMap<Test, f64>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    /// Places and values that differ from `values`.
    changed: Vec<(usize, Value)>,
    values: BTreeMap<Test, Vec<Value>>,
    /// Test, offender, severity.
    alarms: BTreeMap<Set, Vec<(Test, String, f64)>>,
}

/// A number, or the name of one that JSON has not.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Value {
    Number(f64),
    Name(String),
}

impl Value {
    fn number(&self) -> f64 {
        match self {
            Self::Number(x) => *x,
            Self::Name(name) => name.to_lowercase().parse().unwrap(),
        }
    }
}

fn cases() -> Fixture {
    serde_json::from_str(include_str!("../../../tests/data/viewser_integrity.json")).unwrap()
}

fn views(set: Set) -> Integrity {
    Integrity { set, standard: Some(30), compat: Compat::Views, ..Integrity::default() }
}

fn tensor(all: &Fixture, case: &Case) -> Tensor {
    let mut values = all.values.clone();
    for (place, value) in &case.changed {
        values[*place] = value.number();
    }
    Tensor { units: all.units.len(), features: all.features.len(), values }
}

/// What a test says of a tensor.
fn values(check: &Integrity, test: Test, tensor: &Tensor) -> Vec<f64> {
    if let Some((what, by)) = test.share() {
        return shares::shares(tensor, what, by, check.views());
    }
    let split = Split::new(tensor.periods(), check.lengths(), check.views()).unwrap();
    check.changes(test, tensor, &split).iter().map(|change| change.value).collect()
}

#[test]
fn every_number_of_the_reference() {
    let all = cases();
    let mut seen = 0;
    for case in &all.cases {
        let tensor = tensor(&all, case);
        assert_eq!(case.values.len(), 13);
        for (test, expected) in &case.values {
            let got = values(&views(Set::Viewser), *test, &tensor);
            assert_eq!(got.len(), expected.len(), "{} {test:?}", case.name);
            for (got, expected) in got.iter().zip(expected.iter().map(Value::number)) {
                let near = (got - expected).abs() <= 1e-9 * expected.abs().max(1e-6);
                assert!(near || got.is_nan() && expected.is_nan(), "{} {test:?}: {got} {expected}", case.name);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 7 * (3 + 2 * 34 + 2 * 6 + 6 * 3));
}

#[test]
fn every_alarm_of_the_reference_and_no_other() {
    let all = cases();
    let mut seen = 0;
    for case in &all.cases {
        let tensor = tensor(&all, case);
        for (set, alarms) in &case.alarms {
            let check = views(*set);
            let mut got = Vec::new();
            for (test, threshold) in check.all_thresholds() {
                for (i, value) in values(&check, test, &tensor).into_iter().enumerate() {
                    let effect = check.multiple(value, threshold);
                    if effect >= check.limit() {
                        let period = (all.months[0] + i as i32).to_string();
                        let by_time = test.share().is_some_and(|(_, by)| by == By::Period);
                        let offender = if by_time { period } else { all.features[i].clone() };
                        got.push((test, offender, (1.0 + effect).floor()));
                    }
                }
            }
            assert_eq!(&got, alarms, "{} {set:?}", case.name);
            seen += got.len();
        }
    }
    assert_eq!(seen, 20);
}

#[test]
fn the_sets_are_the_reference_s() {
    for (set, thresholds) in cases().thresholds {
        let set: Set = serde_json::from_value(json!(set)).unwrap();
        assert_eq!(set.thresholds(), thresholds);
        assert!(thresholds.keys().all(|test| json!(test) == test.name()));
    }
    assert_eq!((Set::Viewser.lengths(), Set::Forecasting.lengths()), ([10, 1], [30, 1]));
}

/// The fixture as a panel: single precision, and nothing for what does not exist.
fn panel(change: impl Fn(usize, usize, &mut f32)) -> Panel {
    let all = cases();
    let (units, features) = (all.units.len(), all.features.len());
    let axis = Axis::between(Cadence::Month, Period(all.months[0]), Period(all.months[1]));
    let mut panel = Panel::new(axis, all.units.iter().map(|&u| Unit(u)).collect()).unwrap();
    for (f, name) in all.features.iter().enumerate() {
        let mut column: Vec<f32> = all.values.iter().skip(f).step_by(features).map(|v| *v as f32).collect();
        if f == 0 {
            column.iter_mut().enumerate().for_each(|(i, v)| change(i / units, i % units, v));
        }
        panel.push(name.clone(), column).unwrap();
    }
    panel
}

fn read(check: &Integrity, panel: &Panel) -> BTreeMap<String, Reading> {
    let columns: Vec<String> = panel.columns().iter().map(|c| c.name.clone()).collect();
    let readings = check.read(&InputArgs::new(panel, &columns).unwrap()).unwrap();
    readings.into_iter().map(|r| (r.subject.clone(), r)).collect()
}

fn corrected(set: Set) -> Integrity {
    Integrity { compat: Compat::None, ..views(set) }
}

#[test]
fn an_outage_of_the_newest_month_is_seen_and_the_reference_misses_it() {
    let clean = panel(|_, _, _| ());
    let outage = panel(|t, _, v| if t == 33 { *v = 0.0 });
    let set = Set::Forecasting;
    assert_eq!(read(&views(set), &clean), read(&views(set), &outage));
    let [before, after] = [&clean, &outage].map(|panel| read(&corrected(set), panel)["ged_sb, delta-zeroes"].clone());
    assert!(after.effect.unwrap() > 1.2 * before.effect.unwrap(), "{before:?} {after:?}");
    assert!(after.message.contains("100 % of the values are zero in 2024-05"), "{}", after.message);
    assert!(after.message.contains("in 2021-11 to 2024-04: a relative change of"), "{}", after.message);
}

#[test]
fn a_newest_month_that_is_missing_never_passes() {
    let missing = panel(|t, _, v| if t == 33 { *v = f32::NAN });
    let readings = read(&corrected(Set::Viewser), &missing);
    for test in ["delta-zeroes", "extreme-values", "ks-drift"] {
        let reading = &readings[&format!("ged_sb, {test}")];
        assert_eq!(reading.effect, None, "{reading:?}");
        assert!(reading.message.contains("2024-05") && !reading.message.contains("NaN"), "{}", reading.message);
    }
    assert_eq!(readings["all columns, ecod-drift"].effect, None);
    let reading = &readings["ged_sb, delta-completeness"];
    // All of 6 against half of one in 180.
    assert!((reading.effect.unwrap() - 360.0 / 1.01).abs() < 1e-9, "{reading:?}");
    let reading = &readings["all columns, time-missingness"];
    assert!((reading.effect.unwrap() - 1.0 / 3.0 / 0.01).abs() < 1e-9, "{reading:?}");
    assert!(reading.message.contains("33.33 % of the values of 2024-05 are missing"), "{}", reading.message);
    assert!(reading.message.contains("of 34 periods, 1 of them above"), "{}", reading.message);
    // One month late, the reference still passes the extreme values.
    let missing = panel(|t, _, v| if t == 32 { *v = f32::NAN });
    assert_eq!(read(&views(Set::Forecasting), &missing)["ged_sb, extreme-values"].effect, Some(0.0));
}

#[test]
fn a_unit_that_never_was_is_not_counted_and_one_that_goes_is_named() {
    let never = panel(|_, u, v| if u == 5 { *v = f32::NAN });
    let readings = read(&corrected(Set::Viewser), &never);
    assert_eq!(readings["all columns, space-missingness"].effect, Some(0.0));
    assert_eq!(readings["ged_sb, delta-completeness"].effect, Some(0.0));
    let gone = panel(|t, u, v| if u == 5 && t >= 20 { *v = f32::NAN });
    let reading = &read(&corrected(Set::Viewser), &gone)["all columns, space-missingness"];
    assert_eq!(reading.units, [Unit(60)]);
    assert!((reading.effect.unwrap() - 14.0 / 102.0 / 0.03).abs() < 1e-9, "{reading:?}");
    let nothing = panel(|_, _, v| *v = f32::NAN);
    assert_eq!(read(&corrected(Set::Viewser), &nothing)["ged_sb, feature-zeros"].effect, None);
}

#[test]
fn chance_is_told_where_there_is_one_and_too_few_periods_are_unknown() {
    let readings = read(&corrected(Set::Viewser), &panel(|_, _, _| ()));
    for (subject, reading) in &readings {
        assert_eq!(reading.p_value.is_some(), subject.ends_with("ks-drift"), "{reading:?}");
    }
    let long = Integrity { standard: Some(34), ..corrected(Set::Forecasting) };
    let readings = read(&long, &panel(|_, _, _| ()));
    assert!(readings.values().all(|r| r.effect.is_none() && r.message.contains("34 periods are too few")));
}

#[test]
fn settings_are_checked() {
    let error = |settings| (ENTRY.build)(&settings).unwrap_err().to_string();
    assert!(error(json!({"thresholds": {"ks-drift": 0.0}})).contains("`ks-drift` is 0; it must be above 0"));
    assert!(error(json!({"thresholds": {"ks_drift": 1.0}})).contains("ks_drift"));
    assert!(error(json!({"test": 0})).contains("at least 1 period"));
    let built = (ENTRY.build)(&json!({"set": "calibration", "thresholds": {"ks-drift": 50.0}, "compat": "views"}));
    assert!(built.is_ok());
}
