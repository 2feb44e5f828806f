//! UCDP events against the tables that others made of them, and rows that are wrong.

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_data::Records;
use forewarn_data::table::{Layout, Table};
use forewarn_data::ucdp::{Estimate, EventUnit, OnSummary, Ucdp};
use forewarn_data::validation::Severity;

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
    let records = Ucdp { counts: true, ..Ucdp::default() }.read(&events).unwrap();
    let columns =
        ["ged_sb_best", "ged_ns_best", "ged_os_best", "ged_sb_count", "ged_ns_count", "ged_os_count"];
    assert_eq!(counts(&records), table(&expected, &columns));
    assert_eq!(records.rows, 176_579);
    let said = |rule: &str| records.findings.iter().any(|f| f.rule == rule && f.severity == Severity::Warn);
    assert!(said("date-of-start") && said("no-precision"), "what the file does not tell is said");
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
    assert!(kept.findings[1].message.contains("the largest: tigray, small"), "{}", kept.findings[1].message);
}

#[test]
fn rows_that_make_no_sense_are_rejected_with_their_line() {
    let cases = [
        ("x,1,1,13.25,39.25,1,530,2021-01-01,2021-01-02,1,1,1\n", "lie in cell 148759, the row says 1"),
        ("x,4,1,13.25,39.25,,530,2021-01-01,2021-01-02,1,1,1\n", "type_of_violence is 4; it is 1, 2 or 3"),
        ("x,1,9,13.25,39.25,,530,2021-01-01,2021-01-02,1,1,1\n", "where_prec is 9"),
        ("x,1,1,93.25,39.25,,530,2021-01-01,2021-01-02,1,1,1\n", "no place on Earth"),
        ("x,1,1,13.25,39.25,,530,2021-01-01,soon,1,1,1\n", "date_end"),
        ("x,1,1,13.25,39.25,,530,2021-01-01,2021-01-02,1,-1,1\n", "best is -1"),
        ("x,1,1,13.25,39.25,,530,2021-01-01,2021-01-02,1,many,1\n", "best is `many`; a number was expected"),
        ("x,1,1,13.25,39.25\n", "5 fields, the header has 12"),
    ];
    for (row, reason) in cases {
        let good = "g,2,1,0.1,0.1,,1,2021-01-01,2021-01-02,1,1,1\n";
        let records = read(&Ucdp::default(), &format!("{good}{row}{good}"));
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
