//! The order of rows decides nothing, and the panel holds what the rows say and nothing else.

use std::collections::BTreeMap;

use forewarn_core::{Period, Unit};
use forewarn_data::table::{Layout, Table};
use forewarn_data::ucdp::Ucdp;
use forewarn_data::validation::{Checked, Expectation, Severity, check};
use proptest::prelude::*;

const CELLS: std::ops::Range<usize> = 1..4;
const MONTHS: std::ops::Range<i32> = 10..13;

/// Few places and few values, so that rows meet; some of them strangers, some impossible, some unreadable.
fn rows() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let value = prop::sample::select(vec!["0", "1", "1", "1", "2", "", "-1", "inf", "1e39", "x"]);
    let row = (0_usize..5, 9..14, value).prop_map(|(cell, month, value)| format!("{cell},{month},{value}"));
    shuffled(prop::collection::vec(row, 1..25))
}

/// The rows and the same in another order.
fn shuffled(rows: impl Strategy<Value = Vec<String>>) -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    rows.prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
}

fn checked(rows: &[String], layout: Layout) -> Result<Checked, forewarn_data::Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deaths.csv");
    std::fs::write(&path, format!("cell,month,deaths\n{}\n", rows.join("\n"))).unwrap();
    let table = Table {
        unit: "cell".into(),
        time: "month".into(),
        values: vec!["deaths".into()],
        layout,
        ..Table::default()
    };
    let expect = Expectation {
        units: Some(CELLS.map(|cell| Unit(cell as u32)).collect()),
        first: Some(Period(MONTHS.start)),
        last: Some(Period(MONTHS.end - 1)),
        counts: true,
        max_rejected_share: 1.0,
        silent_periods: Severity::Warn,
    };
    check(table.read(&path).unwrap(), &expect)
}

/// What the rows say of each place, and the rule by which each row is put aside, worked out place by place.
fn judged(rows: &[String], layout: Layout) -> (Vec<Option<f32>>, Vec<&'static str>) {
    let mut said: BTreeMap<(i32, usize), Vec<&str>> = BTreeMap::new();
    let mut rules = Vec::new();
    for row in rows {
        let fields: Vec<&str> = row.split(',').collect();
        let (cell, month) = (fields[0].parse().unwrap(), fields[1].parse().unwrap());
        match (fields[2], CELLS.contains(&cell), MONTHS.contains(&month)) {
            ("x", false, _) | ("x", _, false) => rules.push("unreadable"),
            (_, false, _) => rules.push("unknown-unit"),
            (_, _, false) => rules.push("period-out-of-range"),
            (value, ..) => said.entry((month, cell)).or_default().push(value),
        }
    }
    let mut panel = Vec::new();
    for place in MONTHS.flat_map(|month| CELLS.map(move |cell| (month, cell))) {
        let values = said.remove(&place).unwrap_or_default();
        let rule = |value: &&str| match *value {
            "x" => Some("unreadable"),
            "-1" | "inf" | "1e39" => Some("impossible-value"),
            _ => None,
        };
        let sane = values.iter().all(|v| rule(v).is_none() && v == &values[0]);
        let absent = if layout == Layout::Nonzero { Some(0.0) } else { None };
        panel.push(if values.is_empty() { absent } else { values[0].parse().ok().filter(|_| sane) });
        let kept = usize::from(sane && !values.is_empty());
        let other = if sane { "duplicate" } else { "contradiction" };
        rules.extend(values[kept..].iter().map(|v| rule(v).unwrap_or(other)));
    }
    rules.sort_unstable();
    (panel, rules)
}

/// Rows that are out, without their lines: only those may change with the order.
fn out(rejected: &[forewarn_data::Rejected]) -> Vec<(&'static str, &str)> {
    let mut out: Vec<_> = rejected.iter().map(|r| (r.rule, r.row.as_str())).collect();
    out.sort_unstable();
    out
}

proptest! {
    #[test]
    fn the_panel_is_what_the_rows_say_in_any_order((rows, other) in rows(), nonzero: bool) {
        let layout = if nonzero { Layout::Nonzero } else { Layout::Dense };
        let (expected, rules) = judged(&rows, layout);
        let (one, two) = (checked(&rows, layout), checked(&other, layout));
        let (Ok(one), Ok(two)) = (&one, &two) else {
            prop_assert_eq!(one.is_ok(), two.is_ok());
            prop_assert!(rules.len() == rows.len(), "only a table without any good row is refused");
            return Ok(());
        };
        for checked in [one, two] {
            let panel = checked.panel.columns()[0].values();
            let panel: Vec<_> = panel.iter().map(|&v| (!v.is_nan()).then_some(v)).collect();
            prop_assert_eq!(&panel, &expected);
            let mut found: Vec<_> = checked.rejected.iter().map(|r| r.rule).collect();
            found.sort_unstable();
            prop_assert_eq!(&found, &rules);
        }
        prop_assert_eq!(out(&one.rejected), out(&two.rejected));
    }

    #[test]
    fn events_count_the_same_in_any_order((rows, other) in shuffled(prop::collection::vec(
        (0..6, 1..5, prop::sample::select(vec![1, 2, 6]), prop::sample::select(vec!["1", "2", "-1", "x"])).prop_map(
            |(id, violence, precision, best)| {
                format!("{id},{violence},{precision},13.25,{}.25,2021-01-0{},{best}", id / 2, 1 + id % 2)
            },
        ),
        1..15,
    ))) {
        let read = |rows: &[String]| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ged.csv");
            let header = "id,type_of_violence,where_prec,latitude,longitude,date_end,best";
            std::fs::write(&path, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
            Ucdp::default().read(&path).unwrap()
        };
        let (one, two) = (read(&rows), read(&other));
        prop_assert_eq!((&one.unit, &one.period, &one.values), (&two.unit, &two.period, &two.values));
        let missing = |records: &forewarn_data::Records| {
            let mut missing = records.unknown.clone();
            missing.sort_unstable();
            missing.dedup();
            missing
        };
        prop_assert_eq!(missing(&one), missing(&two));
        prop_assert_eq!(out(&one.rejected), out(&two.rejected));
    }
}
