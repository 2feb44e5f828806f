//! Forecasts that others published: each layout, written by hand.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::types::{Float32Type, Float64Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, Float32Array, Float64Array, Int32Array, Int64Array, LargeListArray,
    ListArray, RecordBatch, StringArray,
};
use forewarn_core::{Axis, Cadence, Panel, Period, Step, Unit};
use forewarn_data::published::{Columns, Counts, Layout, Published, Settings, Transform, observed_in, read};

/// A file that goes with its folder.
pub(crate) type Written = (tempfile::TempDir, PathBuf);

pub(crate) fn csv(text: &str) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

pub(crate) fn array<T: Array + 'static>(array: T) -> ArrayRef {
    Arc::new(array)
}

pub(crate) fn parquet(columns: Vec<(&str, ArrayRef)>) -> Written {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer
        .append_key_value_metadata(parquet::file::metadata::KeyValue::new("made.by".into(), "us".to_owned()));
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    (folder, path)
}

pub(crate) fn ints(values: &[i64]) -> ArrayRef {
    array(Int64Array::from(values.to_vec()))
}

pub(crate) fn lists(rows: &[&[f32]]) -> ArrayRef {
    let rows = rows.iter().map(|row| Some(row.iter().map(|&v| Some(v)).collect::<Vec<_>>()));
    array(ListArray::from_iter_primitive::<Float32Type, _, _>(rows))
}

pub(crate) fn origin(origin: i32) -> Settings {
    Settings { origin: Some(Period(origin)), ..Settings::default() }
}

pub(crate) fn identity() -> Settings {
    Settings { transform: Some(Transform::Identity), ..Settings::default() }
}

/// The one forecast of a file.
fn one(written: &Written, settings: &Settings) -> Published {
    let mut all = read(&written.1, settings, None).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Values of a step as text, so that NaN equals NaN.
fn values(forecast: &Published, step: usize) -> String {
    assert_eq!(forecast.fields[step - 1].step, Step(step as u16));
    format!("{:?}", forecast.fields[step - 1].values())
}

#[test]
fn lists_in_cells_of_every_kind() {
    let rows = || {
        vec![
            Some(vec![Some(1.0), Some(2.0)]),
            None,
            Some(vec![None, None]),
            Some(vec![Some(-3.0), Some(0.0)]),
        ]
    };
    let whole = rows()
        .into_iter()
        .map(|row| row.map(|row| row.into_iter().map(|v| v.map(|v: f64| v as i32)).collect::<Vec<_>>()));
    let columns = [
        array(LargeListArray::from_iter_primitive::<Float64Type, _, _>(rows())),
        array(ListArray::from_iter_primitive::<Int32Type, _, _>(whole)),
        array(FixedSizeListArray::from_iter_primitive::<Float64Type, _, _>(rows(), 2)),
    ];
    for column in columns {
        // An index of pandas comes last, as it writes it.
        let file = parquet(vec![
            ("pred_ged_sb", column),
            ("month_id", ints(&[102, 101, 102, 101])),
            ("priogrid_gid", ints(&[9, 5, 5, 9])),
        ]);
        let forecast = one(&file, &origin(100));
        assert_eq!((forecast.about.layout, forecast.about.rows), (Layout::DrawLists, 4));
        assert_eq!((forecast.about.level(), forecast.about.target()), (Some("pgm"), Some("ged_sb")));
        assert_eq!(forecast.about.metadata.iter().collect::<Vec<_>>(), [(&"made.by".into(), &"us".into())]);
        assert_eq!(
            (forecast.origin, forecast.cadence, forecast.draws()),
            (Period(100), Cadence::Month, Some(2))
        );
        assert_eq!(forecast.units()[..], [Unit(5), Unit(9)]);
        assert_eq!(values(&forecast, 1), "[NaN, NaN, -3.0, 0.0]");
        assert_eq!(values(&forecast, 2), "[NaN, NaN, 1.0, 2.0]");
        assert_eq!(forecast.counts, Counts { missing: 4, negative: 1, ..Counts::default() });
    }
}

#[test]
fn our_own_files_are_read_as_they_are() {
    let times =
        || vec![("month_id", ints(&[13, 14])), ("country_id", ints(&[7, 7])), ("origin", ints(&[12, 12]))];
    let with = |predictions| [times(), vec![("step", ints(&[1, 2])), ("pred_x", predictions)]].concat();
    let draws = one(&parquet(with(lists(&[&[1.0], &[2.0]]))), &Settings::default());
    assert_eq!(
        (draws.draws(), draws.about.layout, draws.about.level()),
        (Some(1), Layout::DrawLists, Some("cm"))
    );
    let points = one(&parquet(with(array(Float32Array::from(vec![1.0, 2.0])))), &Settings::default());
    assert_eq!((points.draws(), points.about.layout), (None, Layout::LongPoints));
    // Lists of one number may be told to be points.
    let told = Settings { point: true, ..Settings::default() };
    assert_eq!(one(&parquet(with(lists(&[&[1.0], &[2.0]]))), &told).fields, points.fields);
    assert_eq!((values(&draws, 2), values(&points, 2)), ("[2.0]".into(), "[2.0]".into()));
    assert_eq!((draws.findings(), points.findings()), (vec![], vec![]));
}

#[test]
fn long_draws_in_any_order() {
    let text = "Draw,country_id,month_id,outcome,name\n7,2,103,0.5,b\n3,1,103,1,a\n3,2,103,4,b\n7,1,103,2,a\n\
                3,2,2018-02,8,b\n7,2,458,-1,b\n";
    let mut settings = origin(100);
    let (near, far) = text.split_at(text.find("3,2,2018").unwrap());
    let forecast = one(&csv(near), &settings);
    assert_eq!((forecast.about.layout, forecast.draws()), (Layout::LongDraws, Some(2)));
    assert_eq!(forecast.missing_steps, [Step(1), Step(2)]);
    assert_eq!(
        (values(&forecast, 2), values(&forecast, 3)),
        ("[NaN, NaN, NaN, NaN]".into(), "[1.0, 2.0, 4.0, 0.5]".into())
    );
    settings.origin = Some(Period(457));
    let head = text.lines().next().unwrap();
    let dated = one(&csv(&format!("{head}\n{far}")), &settings);
    assert_eq!((values(&dated, 1), dated.counts.negative), ("[8.0, -1.0]".into(), 1));
    let [missing] = &forecast.findings()[..] else { panic!("{:?}", forecast.findings()) };
    assert_eq!((missing.rule.as_str(), missing.count), ("missing-steps", 2));
    assert!(
        missing.message.ends_with("a.csv, origin 100: steps that are not there, whose fields are NaN: 1, 2")
    );
}

#[test]
fn wide_steps_of_one_origin_of_several_and_by_target() {
    // One row a unit, the origin is told. Ten comes after two.
    let forecast = one(
        &csv("country_id,step_10,step_2,name\n8,3,,x\n4,-1,2,y\n"),
        &Settings { origin: Some(Period(50)), ..identity() },
    );
    assert_eq!(
        (forecast.about.layout, forecast.draws(), forecast.fields.len()),
        (Layout::WideSteps, None, 10)
    );
    assert_eq!((values(&forecast, 2), values(&forecast, 10)), ("[2.0, NaN]".into(), "[-1.0, 3.0]".into()));
    assert_eq!(forecast.missing_steps.len(), 8);
    assert_eq!(forecast.counts, Counts { missing: 1, negative: 1, ..Counts::default() });

    // A row a unit and origin.
    let file = csv("unit,origin,ged_sb_s1,ged_sb_s2\n1,60,5,6\n1,59,3,4\n");
    let all = read(&file.1, &identity(), None).unwrap();
    assert_eq!(all.iter().map(|f| f.origin.0).collect::<Vec<_>>(), [59, 60]);
    assert_eq!(values(&all[0], 2), "[4.0]");

    // A row a unit and target, as step-shifted models write it: the diagonals are the forecasts.
    let file = csv("month_id,gid,step_pred_1,step_pred_2\n61,1,10,20\n62,1,30,40\n");
    let all = read(&file.1, &identity(), None).unwrap();
    assert_eq!(all.iter().map(|f| f.origin.0).collect::<Vec<_>>(), [59, 60, 61]);
    assert_eq!((values(&all[1], 1), values(&all[1], 2)), ("[10.0]".into(), "[40.0]".into()));
    assert_eq!((values(&all[0], 2), values(&all[2], 1)), ("[20.0]".into(), "[30.0]".into()));
    // The same months, told to be origins.
    let columns = Columns { origin: Some("month_id".into()), ..Columns::default() };
    let all = read(&file.1, &Settings { columns, ..identity() }, None).unwrap();
    assert_eq!((all.len(), values(&all[0], 2)), (2, "[20.0]".into()));
}

#[test]
fn long_points_are_levels_whatever_they_were() {
    let log = "step,country_id,month_id,step_combined,ln1_step_combined_sb\n1,3,11,0,0\n2,3,12,1.3862943611198906,0\n";
    let settings = Settings { transform: Some(Transform::Log1p), ..Settings::default() };
    let forecast = one(&csv(log), &settings);
    assert_eq!((forecast.origin, forecast.about.transform), (Period(10), Transform::Log1p));
    assert_eq!((values(&forecast, 1), values(&forecast, 2)), ("[0.0]".into(), "[3.0]".into()));
    // The column that says it need not be told, only chosen.
    let columns = Columns { value: Some("ln1_step_combined_sb".into()), ..Columns::default() };
    let chosen = one(&csv(log), &Settings { columns, ..Settings::default() });
    assert_eq!((chosen.about.transform, values(&chosen, 2)), (Transform::Log1p, "[0.0]".into()));
}

#[test]
fn changes_are_levels_with_what_was_observed() {
    // Units 1 and 2 at origin 10, unit 2 only at 11; unit 3 is not in the panel.
    let axis = Axis { cadence: Cadence::Month, first: Period(10), len: 2 };
    let mut panel = Panel::new(axis, [Unit(1), Unit(2)].into()).unwrap();
    panel.push("deaths", vec![1.0, 3.0, f32::NAN, 0.0]).unwrap();
    let observed = observed_in(&panel, "deaths").unwrap();
    let text = "gid,step,month_id,last_month_id_of_data_used,pred_delta_log\n\
                1,2,12,10,1.3862943611198906\n2,2,12,10,-1.3862943611198906\n3,2,12,10,0\n1,2,13,11,0\n2,2,13,11,-0.5\n";
    let all = read(&csv(text).1, &Settings::default(), Some(&observed)).unwrap();
    // log(2) + log(4) = log(8), log(4) - log(4) = log(1).
    assert_eq!((all[0].origin, values(&all[0], 2)), (Period(10), "[7.0, 0.0, NaN]".into()));
    assert_eq!(all[0].counts, Counts { missing: 1, unobserved: 1, ..Counts::default() });
    assert_eq!((all[1].origin, values(&all[1], 2)), (Period(11), "[NaN, -0.39346933]".into()));
    assert_eq!(all[1].counts, Counts { missing: 1, unobserved: 1, negative: 1, ..Counts::default() });
    let rules: Vec<String> = all[1].findings().into_iter().map(|f| f.rule).collect();
    assert_eq!(rules, ["missing-steps", "missing-values", "unobserved", "negative"]);
    assert!(observed_in(&panel, "dead").is_err_and(|e| e.to_string().contains("there are: deaths")));
}

#[test]
fn a_row_that_is_not_there_is_no_zero() {
    let text = "country_id,month_id,step,forecast\n1,11,1,5\n2,11,1,6\n1,12,2,7\n";
    let forecast = one(&csv(text), &Settings::default());
    assert_eq!((values(&forecast, 2), forecast.counts.absent), ("[7.0, NaN]".into(), 1));
    assert_eq!(forecast.findings()[0].rule, "absent-rows");
}

#[test]
fn what_is_told_goes_before_what_is_found() {
    let settings: Settings = serde_json::from_str(
        r#"{"layout": "long-draws", "origin": 4, "transform": "log1p",
            "columns": {"unit": "room", "month": "when", "draw": "no", "value": "guess"}}"#,
    )
    .unwrap();
    let file = parquet(vec![
        ("unit", array(StringArray::from(vec!["a", "b"]))),
        ("room", array(Int32Array::from(vec![1, 1]))),
        ("when", ints(&[5, 5])),
        ("no", ints(&[0, 1])),
        ("guess", array(Float64Array::from(vec![0.0, 2.0_f64.ln()]))),
        ("pred_x", lists(&[&[1.0], &[2.0]])),
    ]);
    let forecast = one(&file, &settings);
    assert_eq!((forecast.draws(), values(&forecast, 1)), (Some(2), "[0.0, 1.0]".into()));
    assert_eq!((forecast.about.level(), forecast.about.target()), (None, None));
}
