//! Tables: the operational panel, and the same from its nonzero rows.

use forewarn_core::{Period, Units};
use forewarn_data::table::{Layout, Table};
use forewarn_data::validation::{Checked, Expectation, Severity, check};

use crate::shared::conflict;

const COLUMNS: [&str; 3] = ["ged_sb_best", "ged_ns_best", "ged_os_best"];

fn read(name: &str, layout: Layout, units: Option<Units>) -> Option<Checked> {
    let values = COLUMNS.map(str::to_owned).to_vec();
    let table = Table { unit: "gid".into(), time: "month_id".into(), values, layout, ..Table::default() };
    let records = table.read(&conflict(name)?).unwrap();
    let expect = Expectation {
        units,
        first: None,
        last: None,
        counts: true,
        max_rejected_share: 0.0,
        silent_periods: Severity::Fail,
    };
    Some(check(records, &expect).unwrap())
}

#[test]
fn the_operational_panel_is_complete() {
    let Some(dense) = read("pgm_ged211_views_ame_dense.parquet", Layout::Dense, None) else { return };
    assert_eq!((dense.rows, dense.panel.units().len(), dense.panel.axis().len), (5_034_240, 13_110, 384));
    assert_eq!((dense.panel.axis().first, dense.panel.axis().last()), (Period(109), Period(492)));
    assert_eq!((dense.rejected.len(), dense.findings.len()), (0, 0), "{:?}", dense.findings);
    let sums = dense.panel.columns().iter().map(|c| c.values().iter().map(|&v| f64::from(v)).sum::<f64>());
    assert_eq!(sums.collect::<Vec<_>>(), [586_369.0, 123_197.0, 685_294.0]);
    let positive = dense.panel.columns()[0].values().iter().filter(|&&v| v > 0.0).count();
    assert_eq!((positive as f64 / 5_034_240.0 * 1e4).round(), 33.0, "0.33 % of the cell-months");
}

#[test]
fn nonzero_rows_give_the_same_panel() {
    let Some(dense) = read("pgm_ged211_views_ame_dense.parquet", Layout::Dense, None) else { return };
    let units = dense.panel.units().clone();
    let Some(world) = read("pgm_ged211_nonzero_global.parquet", Layout::Nonzero, Some(units)) else { return };
    assert!(dense.panel == world.panel);
    let [outside] = &world.findings[..] else { panic!("{:?}", world.findings) };
    assert_eq!((outside.rule.as_str(), outside.severity), ("outside-region", Severity::Pass));
    assert_eq!((world.rejected.len(), world.rows - outside.count), (0, 29_382));
    assert!(outside.message.contains("about 2461 cells outside africa-middle-east"), "{}", outside.message);
}
