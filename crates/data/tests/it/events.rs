//! UCDP events against the tables that others made of them, and rows that are wrong.

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_data::Records;
use forewarn_data::geography::{self, Region};
use forewarn_data::table::{Layout, Table};
use forewarn_data::ucdp::{Estimate, EventUnit, OnSummary, Ucdp};
use forewarn_data::validation::{Expectation, Severity, check};

use crate::shared::conflict;

type Counts = BTreeMap<(i64, i64), Vec<f32>>;

fn counts(records: &Records) -> Counts {
    let row = |i: usize| records.values.iter().map(|v| v[i]).collect();
    (0..records.len()).map(|i| ((records.unit[i], records.period[i]), row(i))).collect()
}

fn table(path: &Path, values: &[&str]) -> Counts {
    let values = values.iter().map(|v| (*v).to_owned()).collect();
    let table = Table {
        unit: "gid".into(),
        time: "month_id".into(),
        values,
        layout: Layout::Nonzero,
        ..Table::default()
    };
    let records = table.read(path).unwrap();
    assert!(records.rejected.is_empty());
    counts(&records)
}

#[test]
fn published_events_give_the_published_cell_months_exactly() {
    for name in ["ged231_car_482", "ged_syria_652_1601_1911"] {
        let Some(events) = conflict(&format!("{name}_events.csv.gz")) else { return };
        let Some(expected) = conflict(&format!("{name}_pgm_nonzero.csv.gz")) else { return };
        let records = Ucdp::default().read(&events).unwrap();
        let expected = table(&expected, &["ged_sb_best", "ged_ns_best", "ged_os_best"]);
        assert_eq!(counts(&records), expected, "{name}");
        let imprecise = records.rejected.iter().filter(|r| r.rule == "imprecise-place").count();
        assert_eq!(imprecise, records.rejected.len(), "{name}: nothing else is left out");
        assert!(
            imprecise > 0 && records.rejected.iter().all(|r| r.declared && r.reason.contains("where_prec"))
        );
    }
}

#[test]
fn compact_events_of_the_world_give_the_table_made_of_them() {
    let Some(events) = conflict("ged211_events_whereprec12.csv.gz") else { return };
    let Some(expected) = conflict("pgm_ged211_nonzero_global.parquet") else { return };
    let records = Ucdp { counts: true, compact: true, ..Ucdp::default() }.read(&events).unwrap();
    let columns =
        ["ged_sb_best", "ged_ns_best", "ged_os_best", "ged_sb_count", "ged_ns_count", "ged_os_count"];
    assert_eq!(counts(&records), table(&expected, &columns));
    assert_eq!(records.rows, 176_579);
    let said = |rule: &'static str| {
        records.findings.iter().filter(move |f| f.rule == rule && f.severity == Severity::Warn)
    };
    assert_eq!(
        said("date-of-start").count() + said("no-precision").count(),
        2,
        "what it does not tell is said"
    );
    let extreme: Vec<_> = said("extreme-cell-month").collect();
    assert!(extreme.len() == 7 && extreme.iter().all(|f| f.message.contains("in 1994-04")), "{extreme:?}");
    assert!(
        extreme[0]
            .message
            .contains("cell 125700 has 131704 deaths in 1994-04, from 75 events (the largest: 40030 (40000)"),
        "{}",
        extreme[0].message
    );
    let e = Ucdp::default().read(&events).unwrap_err().to_string();
    assert!(e.contains(":1: there is no column `where_prec`") && e.contains("source.compact = true"), "{e}");
}

#[test]
fn events_of_a_quiet_country_pass_the_checks() {
    let Some(events) = conflict("ged231_car_482_events.csv.gz") else { return };
    let expect = Expectation {
        units: Some(geography::region(Region::AfricaMiddleEast)),
        first: None,
        last: None,
        counts: true,
        max_rejected_share: 0.0,
        silent_periods: Severity::Fail,
    };
    let checked = check(Ucdp::default().read(&events).unwrap(), &expect).unwrap();
    let said: Vec<_> = checked.findings.iter().map(|f| (f.rule.as_str(), f.severity)).collect();
    assert_eq!(said, [("imprecise-place", Severity::Pass)], "{:?}", checked.findings);
    let sum: f64 =
        checked.panel.columns().iter().flat_map(forewarn_core::Column::values).map(|&v| f64::from(v)).sum();
    assert_eq!((sum, checked.panel.axis().len), (14_580.0, 377), "14,948 less the 368 of imprecise events");
}

const HEADER: &str = "id,type_of_violence,where_prec,latitude,longitude,priogrid_gid,country_id,date_start,date_end,low,best,high\n";

fn read(settings: &Ucdp, rows: &str) -> Records {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ged.csv");
    std::fs::write(&path, format!("{HEADER}{rows}")).unwrap();
    settings.read(&path).unwrap()
}

#[test]
fn an_event_counts_in_the_month_it_ended_and_by_its_type() {
    let rows = "a,1,1,13.25,39.25,,530,2020-12-30,2021-01-02,1,5,9\n\
                b,3,2,13.30,39.30,148759,530,2021-01-03 00:00:00.000,2021-01-03 00:00:00.000,2,7,8\n";
    let records = read(&Ucdp::default(), rows);
    assert_eq!(counts(&records), BTreeMap::from([((148_759, 493), vec![5.0, 0.0, 7.0])]));
    let high = read(&Ucdp { estimate: Estimate::High, ..Ucdp::default() }, rows);
    assert_eq!(counts(&high)[&(148_759, 493)], [9.0, 0.0, 8.0]);
    let country = read(&Ucdp { unit: EventUnit::Country, ..Ucdp::default() }, rows);
    assert_eq!(counts(&country), BTreeMap::from([((530, 493), vec![5.0, 0.0, 7.0])]));
}

#[test]
fn a_summary_never_falls_into_one_cell_unnoticed() {
    let rows = "tigray,1,5,13.25,39.25,148759,530,2020-11-04,2022-11-02,100,273076,300000\n\
                small,1,5,13.25,39.25,148759,530,2022-11-01,2022-11-02,1,4,9\n";
    let records = read(&Ucdp::default(), rows);
    assert_eq!(counts(&records), BTreeMap::from([((148_759, 515), vec![4.0, 0.0, 0.0])]));
    let [left_out] = &records.rejected[..] else { panic!("{:?}", records.rejected) };
    assert_eq!((left_out.line, left_out.rule), (2, "summary-event"));
    assert!(
        left_out.reason.contains("event tigray")
            && left_out.reason.contains("273076 deaths into cell 148759")
    );

    let kept = read(&Ucdp { on_summary: OnSummary::Keep, ..Ucdp::default() }, rows);
    assert_eq!(counts(&kept)[&(148_759, 515)][0], 273_080.0);
    let rules: Vec<&str> = kept.findings.iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(rules, ["summary-event", "extreme-cell-month"]);
    assert!(
        kept.findings[1].message.contains("the largest: tigray (273076), small (4))"),
        "{}",
        kept.findings[1].message
    );
}

#[test]
fn rows_that_make_no_sense_are_rejected_with_their_line() {
    let cases = [
        ("x,1,1,13.25,39.25,1,530,2021-01-01,2021-01-02,1,1,1\n", "lie in cell 148759, the row says 1"),
        ("x,4,1,13.25,39.25,,530,2021-01-01,2021-01-02,1,1,1\n", "type_of_violence is 4; it is 1, 2 or 3"),
        ("x,1,9,13.25,39.25,,530,2021-01-01,2021-01-02,1,1,1\n", "where_prec is 9"),
        ("x,1,1,93.25,39.25,,530,2021-01-01,2021-01-02,1,1,1\n", "no place on Earth"),
        ("x,1,1,13.25,39.25,,530,2021-01-01,soon,1,1,1\n", "date_end"),
        ("x,1,1,13.25,39.25,,530,2021-01-01,2021-02-30,1,1,1\n", "date_end: `2021-02-30` is no Day"),
        ("x,1,1,13.25,39.25,,530,2021-01-01,2021-01-02,1,-1,1\n", "best is -1"),
        ("x,1,1,13.25,39.25,,530,2021-01-01,2021-01-02,1,many,1\n", "best is `many`; a number was expected"),
        (",1,1,13.25,39.25,,530,2021-01-01,2021-01-02,1,1,1\n", "id is empty"),
        ("x,1,1,13.25,39.25\n", "5 fields, the header has 12"),
    ];
    for (row, reason) in cases {
        let good = "g,2,1,0.1,0.1,,1,2021-01-01,2021-01-02,1,1,1\n";
        let records = read(&Ucdp::default(), &format!("{good}{row}{}", good.replace('g', "h")));
        assert_eq!(counts(&records).values().next().unwrap()[1], 2.0, "the rest counts");
        let [rejected] = &records.rejected[..] else { panic!("{row}: {:?}", records.rejected) };
        assert!(
            rejected.line == 3 && !rejected.declared && rejected.reason.contains(reason),
            "{row}: {}",
            rejected.reason
        );
        assert_eq!(rejected.row, row.trim_end());
    }
}

#[test]
fn what_an_unreadable_event_speaks_of_is_missing_not_less() {
    let good = "a,1,1,13.25,39.25,,530,2021-01-01,2021-01-02,1,5,9\n";
    for (bad, unknown) in [
        ("b,1,1,13.25,39.25,,530,2021-01-01,2021-01-09,1,x,1\n", true),
        ("b,9,1,13.25,39.25,,530,2021-01-01,2021-01-09,1,1,1\n", true),
        ("b,1,6,13.25,39.25,,530,2021-01-01,2021-01-09,1,x,1\n", false),
        ("b,1,1,13.25,39.25,,530,2021-01-01,2021-02-09,1,x,1\n", false),
    ] {
        let records = read(&Ucdp::default(), &format!("{good}{bad}"));
        assert_eq!(records.is_empty(), unknown, "{bad}");
        assert_eq!(records.unknown.contains(&(148_759, 493)), unknown, "{bad}");
        assert_eq!(records.rejected.iter().filter(|r| !r.declared).count(), 1);
    }
}

#[test]
fn an_event_counts_once() {
    let event = "a,1,1,13.25,39.25,,530,2021-01-01,2021-01-02,1,5,9\n";
    let other = "b,1,1,13.25,39.25,,530,2021-01-01,2021-02-02,1,7,9\n";
    let twice = read(&Ucdp::default(), &format!("{event}{other}{event}"));
    assert_eq!(counts(&twice)[&(148_759, 493)][0], 5.0);
    let [rejected] = &twice.rejected[..] else { panic!("{:?}", twice.rejected) };
    assert_eq!((rejected.line, rejected.rule, rejected.declared), (4, "duplicate", false));
    assert_eq!(rejected.reason, "lines 2, 4 say the same about event a; the first one is kept");
    assert_eq!(rejected.row, "id=a type_of_violence=1 unit=148759 month=2021-01 where_prec=1 deaths=5");

    // The yearly release and a candidate of the same event: which one is right?
    let revised = "a,1,1,13.25,39.75,,530,2021-01-01,2021-01-02,1,6,9\n";
    let differ = read(&Ucdp::default(), &format!("{event}{other}{revised}"));
    assert_eq!(counts(&differ), BTreeMap::from([((148_759, 494), vec![7.0, 0.0, 0.0])]));
    assert_eq!(differ.unknown, [(148_759, 493), (148_760, 493)]);
    let lines: Vec<_> = differ.rejected.iter().map(|r| (r.line, r.rule)).collect();
    assert_eq!(lines, [(2, "contradiction"), (4, "contradiction")]);
    assert!(
        differ.rejected[0].reason.starts_with("lines 2, 4 contradict each other about event a; none is kept")
    );

    let many = read(&Ucdp::default(), &format!("{revised}{}", event.repeat(9)));
    assert!(many.rejected[9].reason.starts_with("lines 2, 3, 4, 5, 6, and 5 more contradict"), "{many:?}");

    // An imprecise one is left out by rule either way.
    let vague = "a,1,6,13.25,39.25,,530,2021-01-01,2021-01-02,1,5,9\n";
    let both = read(&Ucdp::default(), &format!("{vague}{vague}"));
    assert!(both.is_empty() && both.unknown.is_empty());
    assert!(both.rejected.iter().all(|r| r.rule == "imprecise-place") && both.rejected.len() == 2);
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    for (bad, setting) in [
        (Ucdp { max_summary: f32::NAN, ..Ucdp::default() }, "source.max-summary"),
        (Ucdp { max_cell_month: 0.0, ..Ucdp::default() }, "source.max-cell-month"),
        (Ucdp { drop_where_prec: Some(vec![4, 8]), ..Ucdp::default() }, "source.drop-where-prec: 8"),
    ] {
        let e = bad.read(Path::new("no-file.csv")).unwrap_err().to_string();
        assert!(e.starts_with(setting), "{e}");
    }
}
