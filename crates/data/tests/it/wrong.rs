//! Tables that are wrong: each kind names file, line and cure, and nothing is lost or made up.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use forewarn_core::{Period, Unit, Units};
use forewarn_data::Error;
use forewarn_data::geography::{self, Region};
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
    let reason = &agree.rejected[0].reason;
    assert_eq!(reason, "lines 7, 8 say the same about unit 2 in period 12; the first one is kept");
    for layout in [Layout::Dense, Layout::Nonzero] {
        let differ = checked(layout, &format!("{GOOD}2,12,7\n2,12,6\n"));
        assert!(value(&differ, 12, 1).is_nan(), "missing, not zero and not one of them");
        assert_eq!(rejected(&differ), [("contradiction", 7), ("contradiction", 8), ("contradiction", 9)]);
        let reason = &differ.rejected[0].reason;
        assert_eq!(reason, "lines 7, 8, 9 contradict each other about unit 2 in period 12; none is kept");
    }
}

#[test]
fn strangers_in_space_and_time_are_named() {
    let strange = checked(
        Layout::Dense,
        &format!(
            "{GOOD}3,12,1\n-1,12,1\n1,13,1\n1,999999999999,1\n1,-2147483648,1\n1,-9223372036854775808,1\n"
        ),
    );
    let late = (10..14).map(|line| ("period-out-of-range", line));
    let rules: Vec<_> = [("unknown-unit", 8), ("unknown-unit", 9)].into_iter().chain(late).collect();
    assert_eq!(rejected(&strange), rules);
    assert_eq!(strange.rejected[0].reason, "unit 3 is none of the 2 known units (1 to 2)");
    assert_eq!(strange.rejected[2].reason, "period 13 is outside 10 (1980-10) to 12 (1980-12)");
    assert_eq!(strange.panel.columns()[0].values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn impossible_values_become_missing_not_zero() {
    for layout in [Layout::Dense, Layout::Nonzero] {
        let impossible = checked(layout, "1,10,-3\n2,10,inf\n1,11,3\n2,11,4\n1,12,5\n2,12,six\n");
        for (period, unit) in [(10, 0), (10, 1), (12, 1)] {
            assert!(value(&impossible, period, unit).is_nan(), "{layout:?}: {period}, {unit}");
        }
        assert_eq!(value(&impossible, 12, 0), 5.0);
        let rules = [("impossible-value", 2), ("impossible-value", 3), ("unreadable", 7)];
        assert_eq!(rejected(&impossible), rules);
        assert!(impossible.rejected[0].reason.contains("`deaths` is -3; a count cannot be negative"));
        assert!(impossible.rejected[1].reason.contains("`deaths` is infinite"));
        assert!(impossible.rejected[2].reason.contains("column `deaths`: `six` is no number"));
        assert_eq!(impossible.rejected[2].row, "2,12,six");
        let missing = impossible.findings.iter().find(|f| f.rule == "missing-values").unwrap();
        assert_eq!(missing.count, 3, "{}", missing.message);
    }
}

#[test]
fn a_good_row_beside_one_that_cannot_be_is_not_lost_in_silence() {
    for bad in ["-3", "inf", "six"] {
        for rows in [format!("{GOOD}2,12,{bad}\n"), format!("2,12,{bad}\n{GOOD}")] {
            let checked = checked(Layout::Nonzero, &rows);
            assert!(value(&checked, 12, 1).is_nan(), "which of the two is right?");
            let mut lines: Vec<u32> = checked.rejected.iter().map(|r| r.line).collect();
            lines.sort_unstable();
            let both = if rows.starts_with(GOOD) { [7, 8] } else { [2, 8] };
            assert_eq!(lines, both, "{rows}");
            assert!(checked.rejected.iter().any(|r| r.rule == "contradiction"), "{rows}");
        }
    }
}

#[test]
fn a_wild_period_makes_no_wild_panel() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = String::from("cell,month,deaths\n");
    (1..=1000).for_each(|cell| writeln!(rows, "{cell},10,1").unwrap());
    let path = save(folder.path(), "deaths.csv", format!("{rows}1,202012,1\n").as_bytes());
    let read = || settings(Layout::Nonzero).read(&path).unwrap();
    let open = Expectation { units: None, first: None, last: None, ..expectation() };
    let e = check(read(), &open).unwrap_err().to_string();
    assert!(e.contains("go from 10 (line 2) to 202012 (line 1002)"), "{e}");
    assert!(e.contains("deaths.csv: ") && e.contains("set `validation.first` and `validation.last`"), "{e}");
    let said = check(read(), &Expectation { last: Some(Period(12)), ..open.clone() }).unwrap();
    assert_eq!(rejected(&said), [("period-out-of-range", 1002)]);
    let backwards = Expectation { first: Some(Period(12)), last: Some(Period(10)), ..open };
    let e = check(read(), &backwards).unwrap_err().to_string();
    assert_eq!(e, "validation.first: 1980-12 comes after `validation.last`, 1980-10");
}

#[test]
fn cells_outside_a_region_are_left_out_and_other_numbers_are_wrong() {
    let region = geography::region(Region::AfricaMiddleEast);
    let folder = tempfile::tempdir().unwrap();
    let rows = format!("{0},10,1\n{0},11,1\n130000,10,7\n49182,10,9\n49182,11,9\n", region[0]);
    let wrong = "0,10,1\n259201,10,1\n-5,10,1\n";
    let path = save(folder.path(), "deaths.csv", format!("cell,month,deaths\n{rows}{wrong}").as_bytes());
    let expect = Expectation { units: Some(region.clone()), ..expectation() };
    let checked = check(settings(Layout::Nonzero).read(&path).unwrap(), &expect).unwrap();
    assert_eq!(rejected(&checked), [("unknown-unit", 7), ("unknown-unit", 8), ("unknown-unit", 9)]);
    assert_eq!(value(&checked, 11, 0), 1.0);
    let outside = checked.findings.iter().find(|f| f.rule == "outside-region").unwrap();
    assert_eq!(
        (outside.severity, outside.count),
        (Severity::Pass, if region.contains(&Unit(130_000)) { 2 } else { 3 })
    );
    assert!(outside.message.contains("most of them about cell 49182"), "{}", outside.message);

    let path = save(folder.path(), "deaths.csv", b"cell,month,deaths\n49182,10,9\n-5,10,9\n");
    let e = check(settings(Layout::Nonzero).read(&path).unwrap(), &expect).unwrap_err().to_string();
    assert!(
        e.contains("holds no usable row (1 of 2 rejected); the first, line 3: unit -5 is none of"),
        "{e}"
    );
    assert!(e.contains("1 records about 1 cells outside africa-middle-east"), "{e}");
}

#[test]
fn numbers_too_large_for_single_precision_are_said_to_be_rounded() {
    let large = checked(Layout::Dense, "1,10,16777217\n2,10,16777215\n1,11,1e39\n2,11,4\n1,12,5\n2,12,6\n");
    let rounded = large.findings.iter().find(|f| f.rule == "rounded").unwrap();
    assert_eq!((rounded.severity, rounded.count), (Severity::Warn, 2));
    assert!(rounded.message.contains("deaths.csv: column `deaths`"), "{}", rounded.message);
    assert!(value(&large, 11, 0).is_nan());
    assert!(large.rejected[0].reason.contains("infinite or beyond single precision"));
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
fn silence_that_chance_explains_is_no_outage() {
    // Five cells, some months without anything.
    let rows = "1,1,2\n3,2,1\n2,4,1\n1,5,1\n1,9,2\n";
    for (layout, fails) in [(Layout::Nonzero, 0), (Layout::Dense, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let path = save(folder.path(), "deaths.csv", format!("cell,month,deaths\n{rows}").as_bytes());
        let expect = Expectation { units: None, first: None, last: None, ..expectation() };
        let checked = check(settings(layout).read(&path).unwrap(), &expect).unwrap();
        let failed: Vec<_> = checked.findings.iter().filter(|f| f.severity == Severity::Fail).collect();
        assert_eq!(failed.len(), fails, "{failed:?}");
        assert!(failed.iter().all(|f| f.rule == "missing-period" && f.count == 4), "{failed:?}");
    }
}

#[test]
fn too_many_wrong_rows_fail_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = save(
        folder.path(),
        "deaths.csv",
        format!("cell,month,deaths\n{}", GOOD.replace("2,12,6", "2,12,x")).as_bytes(),
    );
    let verdict = |bound: f64| {
        let expect = Expectation { max_rejected_share: bound, ..expectation() };
        check(settings(Layout::Dense).read(&path).unwrap(), &expect).unwrap()
    };
    let failed = verdict(0.1);
    let finding = failed.findings.iter().find(|f| f.severity == Severity::Fail).unwrap();
    assert!(
        finding.message.contains("1 of 6 rows are wrong (16.667 %), the bound is 10.000 %"),
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
    for nothing in ["", "\n", "\r\n\r\n"] {
        let e = error("a.csv", nothing.as_bytes());
        assert!(e.ends_with("a.csv: is empty; fetch or export it again"), "{e}");
    }
    let e = error("a.csv", b"cell,month,deaths\n");
    assert!(e.ends_with("a.csv: has no rows; fetch or export it again"), "{e}");
    let e = error("a.csv", b"cell;month;deaths\n1;10;5\n");
    assert!(e.ends_with("a.csv:1: there is no column `cell`; there are: cell;month;deaths; export it with commas between the fields"), "{e}");
    let e = error("a.csv", b"cell,month,deaths\n1,10\n");
    assert!(
        e.contains("(1 of 1 rejected); the first, line 2: 2 fields, the header has 3; correct the row"),
        "{e}"
    );
    let e = error("a.csv", b"cell,month,deaths,deaths\n1,10,1,2\n");
    assert!(e.contains("a.csv:1: columns 3 and 4 are both called `deaths`"), "{e}");
    let e = error("a.txt", b"");
    assert!(e.contains("is not .parquet, .csv, .csv.gz or .zip"), "{e}");
    let e = error("a.parquet", b"PAR1 no PAR1");
    assert!(e.contains("a.parquet: is no readable Parquet") && e.contains("fetch or export it again"), "{e}");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(format!("cell,month,deaths\n{GOOD}").repeat(500).as_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    let e = error("a.csv.gz", &whole[..whole.len() / 2]);
    assert!(e.contains("is no readable CSV from here on") && e.contains("fetch or export it again"), "{e}");
    let line: u64 = e.split("a.csv.gz:").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
    assert!((2..3500).contains(&line), "{e}");
    let e = error("a.csv.gz", b"cell,month,deaths\n");
    assert!(e.contains("a.csv.gz:1: is no CSV header") && e.contains("fetch it again"), "{e}");
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
    for names in [&["readme.txt", "deaths.csv"], &["Deaths.CSV", "__MACOSX/._Deaths.CSV"]] {
        let one = save(folder.path(), "a.zip", &zip(names));
        assert_eq!(settings(Layout::Dense).read(&one).unwrap().len(), 6);
    }
    let e = error("a.zip", &zip(&["a.csv", "b.csv"]));
    assert!(
        e.contains("should hold one .csv file, it holds: a.csv, b.csv; unpack it and name the file"),
        "{e}"
    );
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
    let odd = checked(Layout::Dense, &format!("{GOOD}\"1,\"\"a\"\"\nb\",12,1\n"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/quarantine.csv");
    write_quarantine(&path, &odd.rejected).unwrap();
    let mut reader = csv::Reader::from_path(&path).unwrap();
    assert_eq!(reader.headers().unwrap(), vec!["line", "rule", "reason", "row"]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0][0], &rows[0][1]), ("8", "unreadable"));
    assert!(rows[0][2].contains("`1,\"a\"\nb` is no integer (the row goes on to line 9;"), "{:?}", rows[0]);
    assert_eq!(&rows[0][3], "1,\"a\"\nb,12,1");
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_quarantine_that_cannot_be_written_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("quarantine.csv");
    std::fs::create_dir(&taken).unwrap();
    let e = write_quarantine(&taken, &[]).unwrap_err();
    assert!(matches!(&e, Error::Io { path, .. } if *path == taken), "{e}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no half of it");
}

#[test]
fn a_quote_that_is_not_closed_loses_no_rows_in_silence() {
    let e = error("a.csv", b"cell,month,deaths\n1,10,1\n2,10,\"2\n1,11,3\n2,11,4\n");
    assert!(e.contains("a.csv:3: a quote is opened in this row and never closed; close it"), "{e}");
    // Two stray quotes, far apart: what lies between would be one field of a row like any other.
    let between = "1,10,1\n".repeat(200);
    let e = error("a.csv", format!("cell,month,deaths\n1,10,\"1\n{between}2,10,2\"\n{GOOD}").as_bytes());
    assert!(
        e.contains("a.csv:2: a quote is opened in this row and not closed before line 203; close it"),
        "{e}"
    );
    let near = checked(Layout::Dense, "1,10,\"1\n2,10,2\"\n1,11,3\n2,11,4\n1,12,5\n2,12,6\n");
    assert_eq!(rejected(&near), [("unreadable", 2)]);
    let reason = &near.rejected[0].reason;
    assert!(reason.ends_with("(the row goes on to line 3; is there a quote too many?)"), "{reason}");
    assert!(value(&near, 10, 0).is_nan() && value(&near, 10, 1).is_nan());
    assert_eq!(value(&near, 11, 0), 3.0);
}

#[test]
fn what_is_said_of_rejected_rows_names_file_line_and_cure() {
    let bad = [
        ("3,12,1", "unknown-unit", "set `validation.region`"),
        ("1,13,1", "period-out-of-range", "widen `validation.first` and `validation.last`"),
        ("2,12,6", "duplicate", "remove the rows that are there again"),
        ("2,12,7", "contradiction", "find out which row is right"),
        ("2,12,-7", "impossible-value", "correct the value, or leave it empty if it was not observed"),
        ("2,12,x", "unreadable", "correct the row"),
        ("2,12", "unreadable", "2 fields, the header has 3; correct the row"),
        ("2,12,6,5", "unreadable", "4 fields, the header has 3; correct the row"),
    ];
    for (row, rule, cure) in bad {
        let checked = checked(Layout::Dense, &format!("{GOOD}{row}\n"));
        let finding = checked.findings.iter().find(|f| f.rule == rule).unwrap();
        let line = if rule == "contradiction" { 7 } else { 8 };
        assert!(finding.message.contains(&format!("deaths.csv:{line}: ")), "{}", finding.message);
        assert!(finding.message.contains(cure) && finding.severity == Severity::Warn, "{}", finding.message);
    }
}

#[test]
fn a_number_that_is_none_is_missing_and_said() {
    for nan in ["NaN", "nan", ""] {
        let checked = checked(Layout::Nonzero, &GOOD.replace("2,12,6", &format!("2,12,{nan}")));
        assert!(value(&checked, 12, 1).is_nan() && checked.rejected.is_empty());
        let said = checked.findings.iter().find(|f| f.rule == "missing-values").unwrap();
        assert!(said.count == 1 && said.message.contains("the first: unit 2, 1980-12"), "{}", said.message);
    }
}
