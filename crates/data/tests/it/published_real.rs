//! Forecasts that were issued: those of the 2020 and 2023 competitions, and of the reference system.
//!
//! The numbers were computed once from the same files with pandas 2 and pyarrow: `frame.outcome.groupby(frame.month_id)
//! .sum()`, `numpy.expm1(frame.step_combined).groupby(frame.step).sum()`, and for the changes `numpy.expm1(numpy.log1p(
//! observed) + frame.pred_delta_log)`, where `observed` is `ged_sb_best` of the cell in the last month of data used.

use std::collections::BTreeMap;

use forewarn_core::{Field, Period, Step, Unit};
use forewarn_data::published::{Counts, Layout, Published, Settings, Transform, read};
use forewarn_data::table::{Layout as Rows, Table};
use forewarn_data::validation::{Expectation, Severity, check};

use crate::published::origin;
use crate::shared::{conflict, forecasts};

fn sum(field: &Field) -> f64 {
    field.values().iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v)).sum()
}

fn near(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-6, "{found}, not {expected}");
}

/// The draws of a unit.
fn draws(field: &Field, unit: u32) -> &[f32] {
    let place = field.units().binary_search(&Unit(unit)).unwrap();
    field.rows().nth(place).unwrap()
}

fn benchmark(name: &str) -> Option<Published> {
    let path = forecasts(name)?;
    let all = read(&path, &origin(454), None).unwrap();
    let [forecast] = <[Published; 1]>::try_from(all).unwrap();
    assert_eq!((forecast.about.layout, forecast.about.rows), (Layout::LongDraws, 2_292_000));
    assert_eq!((forecast.draws(), forecast.units().len(), forecast.fields.len()), (Some(1000), 191, 14));
    assert_eq!((forecast.units()[0], forecast.units()[190]), (Unit(1), Unit(246)));
    assert_eq!((&forecast.missing_steps[..], forecast.counts), (&[Step(1), Step(2)][..], Counts::default()));
    assert_eq!((forecast.about.level(), forecast.about.target()), (Some("cm"), None));
    Some(forecast)
}

#[test]
fn the_bootstrap_of_2018() {
    let Some(forecast) = benchmark("views2023_bm_cm_bootstrap_2018.parquet") else { return };
    let months = [
        4_669_404.0,
        4_649_261.0,
        4_566_357.0,
        4_587_838.0,
        4_609_503.0,
        4_422_565.0,
        4_456_994.0,
        4_676_794.0,
        4_578_493.0,
        4_450_237.0,
        4_564_344.0,
        4_458_070.0,
    ];
    assert_eq!(forecast.fields[2..].iter().map(sum).collect::<Vec<_>>(), months);
    assert_eq!(draws(&forecast.fields[2], 1)[..5], [0.0, 0.0, 0.0, 91.0, 0.0]);
    assert_eq!(draws(&forecast.fields[2], 2)[80], 2963.0);
}

#[test]
fn the_last_historical_poisson_of_2018() {
    let Some(forecast) = benchmark("views2023_bm_cm_last_historical_poisson_2018.parquet") else { return };
    assert_eq!(forecast.fields[2..].iter().map(sum).sum::<f64>(), 79_374_855.0);
    // Step 6 is month 460, step 8 is 462.
    assert_eq!(draws(&forecast.fields[5], 220)[..5], [2631.0, 2645.0, 2649.0, 2787.0, 2573.0]);
    assert_eq!(draws(&forecast.fields[7], 220)[372], 2872.0);
}

#[test]
fn the_fatalities_of_august_2022() {
    let Some(path) = forecasts("views_fatalities_cm_months512_547.csv.gz") else { return };
    let settings = Settings { transform: Some(Transform::Log1p), ..Settings::default() };
    let all = read(&path, &settings, None).unwrap();
    let [forecast] = &all[..] else { panic!("{} forecasts", all.len()) };
    assert_eq!((forecast.origin, forecast.draws(), forecast.about.rows), (Period(511), None, 6876));
    assert_eq!((forecast.fields.len(), forecast.units().len()), (36, 191));
    assert_eq!(forecast.counts, Counts { negative: 11, ..Counts::default() });
    near(forecast.fields.iter().map(sum).sum(), 98_831.693_262_217_94);
    for (step, expected) in [(1, 2_978.552_206), (2, 4_705.983_309), (36, 3_292.467_741)] {
        near(sum(&forecast.fields[step - 1]), expected);
    }
    near(f64::from(draws(&forecast.fields[1], 117)[0]), 1_939.391_679_504_738_5);
}

/// What was observed, of cells where something was.
fn observed() -> Option<BTreeMap<(i64, i64), f32>> {
    let table = Table {
        unit: "gid".into(),
        time: "month_id".into(),
        values: vec!["ged_sb_best".into()],
        layout: Rows::Nonzero,
        ..Table::default()
    };
    let records = table.read(&conflict("pgm_ged211_nonzero_global.parquet")?).unwrap();
    let places = records.unit.iter().copied().zip(records.period.iter().copied());
    Some(places.zip(records.values[0].iter().copied()).collect())
}

#[test]
fn the_changes_of_2020() {
    let (Some(path), Some(events)) = (forecasts("views2020_chadefaux_pgm_forecasts.parquet"), observed())
    else {
        return;
    };
    let known = |unit: Unit, month: Period| {
        events.get(&(i64::from(unit.0), i64::from(month.0))).copied().unwrap_or_default()
    };
    let all = read(&path, &Settings::default(), Some(&known)).unwrap();
    // Origin, steps that are there, sum of the levels, those below zero.
    let expected = [
        (482, 1, 380.275_295, 64),
        (483, 2, 1_769.708_730, 129),
        (484, 3, 2_027.125_594, 223),
        (485, 4, 3_552.235_193, 228),
        (486, 5, 2_684.182_551, 404),
        (487, 5, 1_827.533_632, 363),
        (488, 5, 3_231.478_488, 456),
    ];
    assert_eq!(all.len(), expected.len());
    for (forecast, (origin, steps, level, negative)) in all.iter().zip(expected) {
        assert_eq!((forecast.origin, forecast.about.transform), (Period(origin), Transform::ChangeOfLog1p));
        assert_eq!((forecast.fields.len(), 6 - forecast.missing_steps.len()), (6, steps));
        assert_eq!(
            (forecast.units().len(), forecast.counts),
            (10_677, Counts { negative, ..Counts::default() })
        );
        near(forecast.fields.iter().map(sum).sum(), level);
    }
    assert_eq!(all[0].about.rows, 266_925);
    let changes = Settings { transform: Some(Transform::Identity), ..Settings::default() };
    let changes = read(&path, &changes, None).unwrap();
    near(changes.iter().flat_map(|f| &f.fields).map(sum).sum(), -220.914_588_418_716_92);
}

#[test]
fn the_truth_of_2018_to_2024_is_a_table() {
    let Some(path) = forecasts("views2023_competition_cm_actuals_2018_2024_04.csv.gz") else { return };
    let table = Table {
        unit: "country_id".into(),
        time: "month_id".into(),
        values: vec!["ged_sb".into()],
        ..Table::default()
    };
    let expect = Expectation {
        units: None,
        first: None,
        last: None,
        counts: true,
        max_rejected_share: 0.0,
        silent_periods: Severity::Fail,
    };
    let truth = check(table.read(&path).unwrap(), &expect).unwrap();
    assert_eq!((truth.rows, truth.panel.units().len(), truth.panel.axis().len), (14_516, 191, 76));
    assert_eq!((truth.panel.axis().first, truth.panel.axis().last()), (Period(457), Period(532)));
    assert_eq!((truth.rejected.len(), truth.findings.len()), (0, 0), "{:?}", truth.findings);
    let values = truth.panel.columns()[0].values();
    assert_eq!(values.iter().map(|&v| f64::from(v)).sum::<f64>(), 804_918.0);
    assert_eq!(values.iter().filter(|v| **v > 0.0).count(), 2319);
}
