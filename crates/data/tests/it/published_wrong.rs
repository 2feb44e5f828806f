//! Published forecasts that are refused: each message names the file, the row and the cure.

use arrow_array::{BooleanArray, Float64Array, Int64Array};
use forewarn_core::Period;
use forewarn_data::published::{Columns, Layout, Settings, read};

use crate::published::{Written, array, csv, identity, ints, lists, origin, parquet};

fn refused((_folder, path): &Written, settings: &Settings) -> String {
    let said = read(path, settings, None).unwrap_err().to_string();
    // From the name of the file on: what comes before is a folder of the day.
    let name = path.file_name().unwrap().to_str().unwrap();
    said.find(name).map_or(said.clone(), |i| said[i..].to_owned())
}

fn said(written: &Written, settings: &Settings, expected: &[&str]) {
    let found = refused(written, settings);
    for part in expected {
        assert!(found.contains(part), "`{part}` is not in: {found}");
    }
}

#[test]
fn what_has_to_be_told_is_asked_for() {
    let points = csv("country_id,month_id,prediction\n1,5,2\n");
    said(
        &points,
        &Settings::default(),
        &["a.csv: there is no column of origins", "say the last month", "`columns.origin`"],
    );
    said(&csv("country_id,step_1\n1,2\n"), &identity(), &["there is no column of origins"]);
    said(
        &csv("country_id,month_id,step,step_combined\n1,5,1,2\n"),
        &Settings::default(),
        &["`step_combined` does not say", "say one of: identity, log1p, change-of-log1p"],
    );
    said(&csv("country_id,origin,step_1\n1,5,2\n"), &Settings::default(), &["`step_` does not say"]);
    said(
        &csv("gid,month_id,step,pred_delta_log\n1,5,1,2\n"),
        &Settings::default(),
        &["`pred_delta_log` holds changes from the origin", "give the observations"],
    );
    said(
        &csv("gid,month_id,step,pred_a,pred_b\n1,5,1,2,3\n"),
        &Settings::default(),
        &["may be any of `pred_a`, `pred_b`; say which"],
    );
    said(&csv("gid,month_id,a_s1,b_s1\n1,5,1,2\n"), &identity(), &["may be any of `a_s`, `b_s`; say which"]);
}

#[test]
fn columns_that_are_not_there_are_named_with_those_that_are() {
    let told = |layout| Settings { layout: Some(layout), ..origin(4) };
    let file = csv("country_id,month_id,pred_x\n1,5,2\n");
    said(&file, &told(Layout::LongDraws), &["no column of draws (draw, draw_id,", "`columns.draw`"]);
    said(
        &file,
        &told(Layout::DrawLists),
        &["no column of lists of draws (a Parquet type)", "country_id, month_id, pred_x"],
    );
    said(&file, &told(Layout::WideSteps), &["no column of steps with numbers (step_1, step_2, ...)"]);
    said(
        &csv("month_id,pred_x\n5,2\n"),
        &origin(4),
        &["no column of units (priogrid_id,", "there are: month_id, pred_x"],
    );
    said(&csv("country_id,pred_x\n5,2\n"), &origin(4), &["no column of months (month_id,"]);
    said(
        &csv("country_id,month_id,deaths\n1,5,2\n"),
        &origin(4),
        &["no column of values", "name it as `columns.value`"],
    );
    said(&csv("gid,GID,month_id,pred_x\n1,1,5,2\n"), &origin(4), &["columns 1 and 2 are both called `gid`"]);
    said(
        &csv("gid,step_1,step_01\n1,1,5\n"),
        &Settings { origin: Some(Period(4)), ..identity() },
        &["both step 1; rename"],
    );
    let columns = Columns { unit: Some("land".into()), ..Columns::default() };
    said(&file, &Settings { columns, ..origin(4) }, &["there is no column `land`; there are: country_id,"]);
}

#[test]
fn duplicates_name_both_rows() {
    let points = csv("country_id,month_id,pred_x\n1,5,2\n\n2,5,2\n1,5,2\n");
    said(
        &points,
        &origin(4),
        &["a.csv:5: rows 2 and 5 both are unit 1, month 5 (step 1 after 4), draw 0; remove"],
    );
    let draws = csv("country_id,month_id,draw,outcome\n1,5,0,2\n1,5,1,2\n1,5,0,3\n");
    said(&draws, &origin(4), &["a.csv:4: rows 2 and 4 both are unit 1, month 5", "draw 0"]);
    let cells =
        vec![("gid", ints(&[3, 3])), ("month_id", ints(&[5, 5])), ("pred_x", lists(&[&[1.0], &[1.0]]))];
    said(&parquet(cells), &origin(4), &["a.parquet:2: rows 1 and 2 both are unit 3, month 5"]);
    let wide = csv("unit,origin,step_1,step_2\n1,5,0,2\n1,5,1,2\n");
    said(&wide, &identity(), &["a.csv:3: rows 2 and 3 both are unit 1, month 6"]);
}

#[test]
fn draws_are_even() {
    let uneven = csv("country_id,month_id,draw,outcome\n1,5,0,2\n1,5,1,2\n2,5,0,3\n");
    said(
        &uneven,
        &origin(4),
        &["a.csv:4: unit 2, month 5: 1 draws (0), but unit 1, month 5: 2 draws (0, 1); give the same"],
    );
    let others = csv("country_id,month_id,draw,outcome\n1,5,0,2\n1,6,1,2\n");
    said(&others, &origin(4), &["a.csv:3: unit 1, month 6: 1 draws (1), but unit 1, month 5: 1 draws (0)"]);
    let cells = |rows: &[&[f32]]| {
        parquet(vec![("gid", ints(&[3, 4])), ("month_id", ints(&[5, 5])), ("pred_x", lists(rows))])
    };
    said(
        &cells(&[&[1.0, 2.0], &[1.0]]),
        &origin(4),
        &["a.parquet:2: column `pred_x` has 1 draws, the rows before have 2"],
    );
    let point = Settings { point: true, ..origin(4) };
    said(
        &cells(&[&[1.0, 2.0], &[1.0, 3.0]]),
        &point,
        &["a.parquet: has 2 draws a unit, a point is one; leave `point` out"],
    );
    said(&cells(&[&[1.0], &[]]), &origin(4), &["a.parquet:2: column `pred_x` is an empty list; write null"]);
    said(
        &cells(&[&[1.0, 2.0], &[1.0, f32::NAN]]),
        &origin(4),
        &["a.parquet: month 5, unit 4, step 1: some draws are missing", "give all draws"],
    );
}

#[test]
fn types_and_values_that_do_not_fit_name_row_and_column() {
    let row = |text: &str| csv(&format!("country_id,month_id,pred_x\n1,5,2\n{text}\n"));
    for (text, expected) in [
        ("x,5,2", "a.csv:3: column `country_id`: `x` is no integer"),
        ("1,soon,2", "a.csv:3: column `month_id`: `soon` is no Month"),
        ("1,6,many", "a.csv:3: column `pred_x`: `many` is no number; leave it empty"),
        ("1,6", "a.csv:3: 2 fields, the header has 3; mend the row"),
        ("1,6,inf", "a.csv:3: column `pred_x` holds inf, of which no finite level comes (identity)"),
        ("1,6,1e39", "no finite level"),
        ("-1,6,0", "a.csv:3: unit -1 is none of 0 to 4294967295"),
        ("1,4,0", "a.csv:3: step 0 after origin 4 is none of 1 to 600; is `origin` right?"),
        ("1,605,0", "a.csv:3: step 601 after origin 4"),
    ] {
        said(&row(text), &origin(4), &[expected]);
    }
    let with = |month, unit, value| parquet(vec![("month_id", month), ("gid", unit), ("pred_x", value)]);
    let floats = || array(Float64Array::from(vec![1.0, 2.0]));
    let truth = || array(BooleanArray::from(vec![true, false]));
    let list = || lists(&[&[1.0], &[2.0]]);
    for (columns, layout, expected) in [
        (
            with(floats(), ints(&[1, 2]), floats()),
            None,
            "column `month_id` holds Float64, it should hold integers; convert",
        ),
        (with(ints(&[5, 5]), truth(), floats()), None, "column `gid` holds Boolean, it should hold integers"),
        (
            with(ints(&[5, 5]), ints(&[1, 2]), truth()),
            None,
            "column `pred_x` holds Boolean, it should hold integers or floats",
        ),
        (
            with(ints(&[5, 5]), ints(&[1, 2]), list()),
            Some(Layout::LongPoints),
            "it should hold integers or floats",
        ),
        (
            with(ints(&[5, 5]), array(Int64Array::from(vec![Some(1), None])), floats()),
            None,
            "a.parquet:2: column `gid` is empty or larger than any id",
        ),
        (
            with(array(Int64Array::from(vec![None, Some(5)])), ints(&[1, 2]), list()),
            None,
            "a.parquet:1: column `month_id` is empty",
        ),
    ] {
        said(&columns, &Settings { layout, ..origin(4) }, &[expected]);
    }
    let columns = Columns { value: Some("pred_x".into()), ..Columns::default() };
    let told = Settings { layout: Some(Layout::DrawLists), columns, ..origin(4) };
    said(
        &with(ints(&[5, 5]), ints(&[1, 2]), floats()),
        &told,
        &["holds Float64, it should hold lists of integers"],
    );
}

#[test]
fn times_agree() {
    let file = csv("unit,month_id,origin,step,pred_x\n1,6,5,1,0\n1,7,5,1,0\n");
    said(&file, &Settings::default(), &["a.csv:3: month 7 is not step 1 after origin 5; mend"]);
    said(&file, &origin(4), &["a.csv:2: its origin is 5, it was told to be 4; leave `origin` out"]);
    said(&file, &origin(6), &["its origin is 5, it was told to be 6"]);
    let file = csv("unit,month_id,step,pred_x\n1,6,1,0\n");
    for far in ["201801015", "-100001", "9223372036854775807", "-9223372036854775808"] {
        let file = csv(&format!("unit,origin,step,pred_x\n1,{far},1,0\n"));
        said(&file, &Settings::default(), &["a.csv:2: origin", "is no month; January 1980 is month 1"]);
    }
    said(&file, &origin(4), &["a.csv:2: month 6 is not step 1 after origin 4"]);
}

#[test]
fn files_that_hold_nothing_or_something_else() {
    said(&csv("unit,month_id,step,pred_x\n"), &Settings::default(), &["a.csv: has no rows; fetch"]);
    let nulls = || ints(&[]);
    said(
        &parquet(vec![("gid", nulls()), ("month_id", nulls()), ("pred_x", nulls())]),
        &origin(4),
        &["a.parquet: has no rows"],
    );
    let (folder, path) = csv("unit,month_id,step,pred_x\n");
    let other = folder.path().join("a.xlsx");
    std::fs::rename(&path, &other).unwrap();
    said(&(folder, other), &Settings::default(), &["a.xlsx: is not .parquet, .csv, .csv.gz or .zip"]);
    let (folder, path) = csv("PAR1, it says");
    let other = folder.path().join("a.parquet");
    std::fs::rename(&path, &other).unwrap();
    said(&(folder, other), &Settings::default(), &["a.parquet: is no readable Parquet"]);
    let absent = tempfile::tempdir().unwrap();
    let path = absent.path().join("none.csv");
    assert!(refused(&(absent, path), &Settings::default()).contains("none.csv: No such file"));
}

#[test]
fn lists_of_nothing_but_nulls_are_no_forecast() {
    use arrow_array::ListArray;
    use arrow_array::types::Float32Type;
    let nulls = ListArray::from_iter_primitive::<Float32Type, _, _>(vec![None::<Vec<Option<f32>>>; 2]);
    let file = parquet(vec![("gid", ints(&[1, 2])), ("month_id", ints(&[5, 5])), ("pred_x", array(nulls))]);
    said(&file, &origin(4), &["a.parquet: has no draws, all lists are empty"]);
}
