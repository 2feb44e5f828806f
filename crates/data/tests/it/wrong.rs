//! Tables that are wrong: each kind names file, line and cure, and nothing is lost or made up.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use forewarn_core::{Period, Unit, Units};
use forewarn_data::Error;
use forewarn_data::table::{Layout, Table};
use forewarn_data::validation::{Checked, Expectation, Severity, check, write_quarantine};

fn settings(layout: Layout) -> Table {
    Table {
        unit: "cell".into(),
        time: "month".into(),
        values: vec!["deaths".into()],
        layout,
        ..Table::default()
    }
}

fn expectation() -> Expectation {
    let units: Units = [Unit(1), Unit(2)].into();
    Expectation {
        units: Some(units),
        first: Some(Period(10)),
        last: Some(Period(12)),
        counts: true,
        max_rejected_share: 1.0,
        silent_periods: Severity::Fail,
    }
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn checked(layout: Layout, rows: &str) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), "deaths.csv", format!("cell,month,deaths\n{rows}").as_bytes());
    check(settings(layout).read(&path).unwrap(), &expectation()).unwrap()
}

/// Rule and line of what was rejected.
fn rejected(checked: &Checked) -> Vec<(&'static str, u32)> {
    checked.rejected.iter().map(|r| (r.rule, r.line)).collect()
}

fn value(checked: &Checked, period: i32, unit: usize) -> f32 {
    checked.panel.field("deaths", Period(period)).unwrap()[unit]
}

const GOOD: &str = "1,10,1\n2,10,2\n1,11,3\n2,11,4\n1,12,5\n2,12,6\n";

#[test]
fn good_rows_are_just_taken() {
    let good = checked(Layout::Dense, GOOD);
    assert_eq!(good.panel.columns()[0].values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert!(good.rejected.is_empty() && good.findings.is_empty());
}

#[test]
fn rows_that_agree_are_one_and_rows_that_contradict_are_none() {
    let agree = checked(Layout::Dense, &format!("{GOOD}2,12,6\n"));
    assert_eq!((value(&agree, 12, 1), rejected(&agree)), (6.0, vec![("duplicate", 8)]));
    assert!(agree.rejected[0].reason.contains("says the same as line 7"), "{}", agree.rejected[0].reason);
    for layout in [Layout::Dense, Layout::Nonzero] {
        let differ = checked(layout, &format!("{GOOD}2,12,7\n2,12,6\n"));
        assert!(value(&differ, 12, 1).is_nan(), "missing, not zero and not one of them");
        assert_eq!(rejected(&differ), [("contradiction", 7), ("contradiction", 8), ("duplicate", 9)]);
    }
}

#[test]
fn strangers_in_space_and_time_are_named() {
    let strange = checked(Layout::Dense, &format!("{GOOD}3,12,1\n-1,12,1\n1,13,1\n1,999999999999,1\n"));
    let rules =
        [("unknown-unit", 8), ("unknown-unit", 9), ("period-out-of-range", 10), ("period-out-of-range", 11)];
    assert_eq!(rejected(&strange), rules);
    assert_eq!(strange.rejected[0].reason, "unit 3 is none of the 2 known units (1 to 2)");
    assert_eq!(strange.rejected[2].reason, "period 13 is outside 10 (1980-10) to 12 (1980-12)");
    assert_eq!(strange.panel.columns()[0].values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn impossible_values_become_missing_not_zero() {
    for layout in [Layout::Dense, Layout::Nonzero] {
        let impossible = checked(layout, "1,10,-3\n2,10,inf\n1,11,3\n2,11,4\n1,12,5\n2,12,six\n");
        assert!(value(&impossible, 10, 0).is_nan() && value(&impossible, 10, 1).is_nan());
        let rules = [("impossible-value", 2), ("impossible-value", 3), ("unreadable", 7)];
        assert_eq!(rejected(&impossible), rules);
        assert!(impossible.rejected[0].reason.contains("`deaths` is -3; a count cannot be negative"));
        assert!(impossible.rejected[1].reason.contains("`deaths` is infinite"));
        assert!(impossible.rejected[2].reason.contains("column `deaths`: `six` is no number"));
        assert_eq!(impossible.rejected[2].row, "2,12,six");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let gaps = checked(Layout::Dense, "1,10,1\n2,10,2\n1,11,\n1,12,5\n2,12,6\n");
    assert!(value(&gaps, 11, 0).is_nan() && value(&gaps, 11, 1).is_nan());
    let said: Vec<_> = gaps.findings.iter().map(|f| (f.rule.as_str(), f.count, f.severity)).collect();
    assert_eq!(said, [("absent-rows", 1, Severity::Warn), ("missing-values", 1, Severity::Warn)]);
    assert!(gaps.findings[0].message.contains("the first: unit 2, 1980-11"), "{}", gaps.findings[0].message);
    let nonzero = checked(Layout::Nonzero, "1,10,1\n1,11,1\n2,12,6\n");
    assert_eq!(value(&nonzero, 11, 1), 0.0, "in a nonzero table an absent row is zero");
    assert!(nonzero.findings.is_empty(), "{:?}", nonzero.findings);
}

/// 30 cells and 24 months; `quiet` months have no row (nonzero layout) or only zeros.
fn field(layout: Layout, quiet: &[i32], zeros: bool) -> Checked {
    let mut rows = vec!["cell,month,deaths".to_owned()];
    for month in 1..=24 {
        for cell in 1..=30 {
            match (quiet.contains(&month), zeros) {
                (true, false) => {}
                (true, true) => rows.push(format!("{cell},{month},0")),
                (false, _) => rows.push(format!("{cell},{month},{}", cell % 3)),
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), "deaths.csv", rows.join("\n").as_bytes());
    let expect = Expectation { units: None, first: Some(Period(1)), last: Some(Period(24)), ..expectation() };
    check(settings(layout).read(&path).unwrap(), &expect).unwrap()
}

#[test]
fn months_that_fall_silent_fail_wherever_they_are() {
    for quiet in [vec![24], vec![23, 24], vec![1], vec![12, 13, 20]] {
        let zero = field(Layout::Dense, &quiet, true);
        let [finding] = &zero.findings[..] else { panic!("{quiet:?}: {:?}", zero.findings) };
        assert_eq!((finding.rule.as_str(), finding.severity), ("silent-period", Severity::Fail));
        assert_eq!(finding.count as usize, quiet.len());
        let first = format!("1980-{:02}", quiet[0]);
        assert!(quiet[0] > 12 || finding.message.contains(&first), "{}", finding.message);
        assert!(finding.message.contains("20 active units on average"), "{}", finding.message);
        for layout in [Layout::Dense, Layout::Nonzero] {
            let empty = field(layout, &quiet, false);
            let found = empty.findings.iter().find(|f| f.rule == "missing-period").unwrap();
            assert_eq!((found.count as usize, found.severity), (quiet.len(), Severity::Fail));
        }
    }
    assert!(field(Layout::Dense, &[], true).findings.is_empty());
}

#[test]
fn too_many_wrong_rows_fail_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), "deaths.csv", format!("cell,month,deaths\n{GOOD}1,12,x\n").as_bytes());
    let verdict = |bound: f64| {
        let expect = Expectation { max_rejected_share: bound, ..expectation() };
        check(settings(Layout::Dense).read(&path).unwrap(), &expect).unwrap()
    };
    let failed = verdict(0.1);
    let finding = failed.findings.iter().find(|f| f.severity == Severity::Fail).unwrap();
    assert!(
        finding.message.contains("1 of 7 rows are wrong (14.286 %), the bound is 10.000 %"),
        "{}",
        finding.message
    );
    assert!(finding.message.contains("deaths.csv") && finding.message.contains("max-rejected-share"));
    assert!(verdict(0.2).findings.iter().all(|f| f.severity < Severity::Fail));
}

fn error(name: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), name, bytes);
    let result = settings(Layout::Dense).read(&path).and_then(|records| check(records, &expectation()));
    result.unwrap_err().to_string()
}

#[test]
fn files_that_are_no_tables_are_named_with_the_cure() {
    let e = error("a.csv", b"cell,month,dead\n1,2,3\n");
    assert!(e.contains("a.csv:1: there is no column `deaths`; there are: cell, month, dead"), "{e}");
    let e = error("a.csv", b"");
    assert!(e.contains("a.csv:1: there is no column `cell`"), "{e}");
    let e = error("a.csv", b"cell,month,deaths\n");
    assert!(e.contains("a.csv: holds no usable row (0 of 0 rejected)"), "{e}");
    let e = error("a.csv", b"cell,month,deaths\n1,10\n");
    assert!(e.contains("holds no usable row (1 of 1 rejected)"), "{e}");
    let e = error("a.txt", b"");
    assert!(e.contains("is not .parquet, .csv, .csv.gz or .zip"), "{e}");
    let e = error("a.parquet", b"PAR1 no PAR1");
    assert!(e.contains("a.parquet: is no readable Parquet") && e.contains("fetch or export it again"), "{e}");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(format!("cell,month,deaths\n{GOOD}").repeat(500).as_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    let e = error("a.csv.gz", &whole[..whole.len() / 2]);
    assert!(e.contains("a.csv.gz") && e.contains("fetch or export it again"), "{e}");
    let e = error("a.zip", b"PK no");
    assert!(e.contains("a.zip: is no readable ZIP") && e.contains("fetch it again"), "{e}");
}

#[test]
fn a_zip_holds_one_table() {
    let zip = |names: &[&str]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(format!("cell,month,deaths\n{GOOD}").as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let folder = tempfile::tempdir().unwrap();
    let one = save(folder.path(), "a.zip", &zip(&["readme.txt", "deaths.csv"]));
    assert_eq!(settings(Layout::Dense).read(&one).unwrap().len(), 6);
    let e = error("a.zip", &zip(&["a.csv", "b.csv"]));
    assert!(e.contains("should hold one .csv file, it holds: a.csv, b.csv"), "{e}");
}

#[test]
fn wrong_types_in_parquet_are_named() {
    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    let column = |values: &[i64]| -> ArrayRef { std::sync::Arc::new(Int64Array::from(values.to_vec())) };
    let text: ArrayRef = std::sync::Arc::new(StringArray::from(vec!["1", "2"]));
    let batch = RecordBatch::try_from_iter([
        ("cell", column(&[1, 2])),
        ("month", column(&[10, 10])),
        ("deaths", text),
    ]);
    let batch = batch.unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let e = error("a.parquet", &bytes);
    assert!(e.contains("column `deaths` holds Utf8, it should hold integers, float32 or float64"), "{e}");
}

#[test]
fn settings_that_name_nothing_are_refused() {
    let empty = Table { values: Vec::new(), ..settings(Layout::Dense) };
    let e = empty.read(Path::new("a.csv")).unwrap_err();
    assert!(matches!(&e, Error::Config { setting, .. } if setting == "source.values"), "{e}");
    let e = Table { unit: String::new(), ..settings(Layout::Dense) }.read(Path::new("a.csv")).unwrap_err();
    assert!(e.to_string().contains("source.unit: names no column"), "{e}");
}

#[test]
fn the_quarantine_is_a_table_of_its_own() {
    let odd = checked(Layout::Dense, &format!("{GOOD}\"1,\"\"a\"\"\",12,1\n"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/quarantine.csv");
    write_quarantine(&path, &odd.rejected).unwrap();
    let mut reader = csv::Reader::from_path(&path).unwrap();
    assert_eq!(reader.headers().unwrap(), vec!["line", "rule", "reason", "row"]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0][0], &rows[0][1]), ("8", "unreadable"));
    assert!(rows[0][2].contains("`1,\"a\"` is no integer"), "{:?}", rows[0]);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
}
