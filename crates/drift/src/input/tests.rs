//! Every check on a small world in which nothing is wrong, and on the same world with each fault.

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;
use serde_json::{Map, Value};

use super::{INPUT_CHECKS, rules};
use crate::faults::Fault;
use crate::gate::{Judged, Rule, Terms, Verdict, checks, judge, overall, readings};

const UNITS: u32 = 600;
const LEN: usize = 150;
const COLUMN: &str = "deaths";

/// Counts in a hundred units where something happens every second period, and nothing elsewhere; and a population.
fn world(seed: u64) -> Panel {
    let axis = Axis { cadence: Cadence::Month, first: Period(200), len: LEN };
    let mut panel = Panel::new(axis, (1..=UNITS).map(Unit).collect()).unwrap();
    let mut deaths = Vec::new();
    for i in 0..LEN as u64 {
        let draw = Stream::new(seed, &[i]);
        deaths.extend((0..u64::from(UNITS)).map(|u| {
            let happens = u % 6 == 0 && draw.below(2 * u, 2) == 0;
            let size = 1.0 - 4.0 * draw.uniform(2 * u + 1).ln();
            if happens { size.floor() as f32 } else { 0.0 }
        }));
    }
    panel.push(COLUMN, deaths).unwrap();
    panel.push("population", (0..LEN as u32 * UNITS).map(|i| (1000 + i % UNITS) as f32).collect()).unwrap();
    panel
}

fn groups() -> Vec<Group> {
    let group = |g: usize| Group { name: format!("country {g}"), rows: (g * 100..g * 100 + 100).collect() };
    (0..6).map(group).collect()
}

fn until(panel: &Panel, len: usize) -> Panel {
    let mut part = Panel::new(Axis { len, ..panel.axis() }, panel.units().clone()).unwrap();
    for c in panel.columns() {
        part.push(&c.name, c.values()[..len * UNITS as usize].to_vec()).unwrap();
    }
    part
}

fn judged(panel: &Panel, previous: &Panel, rules: &[Rule]) -> Vec<Judged> {
    let (columns, groups) = ([COLUMN.to_owned()], groups());
    let args = InputArgs::new(panel, &columns).unwrap().with_groups(&groups).with_previous(Some(previous));
    let readings = readings(&checks(rules, INPUT_CHECKS).unwrap(), |check| check.read(&args));
    judge(readings, &Terms { alpha: 0.01, waivers: &[], earlier: &[] })
}

fn fired(judged: &[Judged]) -> Vec<&str> {
    let mut fired: Vec<&str> =
        judged.iter().filter(|j| j.verdict > Verdict::Pass).map(|j| j.check.as_str()).collect();
    fired.dedup();
    fired
}

#[test]
fn each_fault_fails_the_gate_and_is_told_by_its_check() {
    let (clean, groups, columns) = (world(1), groups(), [COLUMN.to_owned()]);
    let previous = until(&clean, LEN - 1);
    let args = InputArgs::new(&clean, &columns).unwrap().with_groups(&groups);
    let by = |fault| match fault {
        Fault::AllZero => "silent",
        Fault::UnitsZero | Fault::Shifted => "revision",
        Fault::GroupMissing => "coverage",
        Fault::TimesTen | Fault::Tenth => "whole",
        Fault::Duplicated | Fault::Stale => "repeated",
        Fault::SomeMissing => "missing",
        Fault::Permuted => "placement",
        Fault::Constant => "constant",
        Fault::Absurd => "range",
        Fault::GroupSilent => "regions",
        Fault::UnitsSilent => unreachable!("it may be the truth"),
    };
    for fault in Fault::ALL.into_iter().chain([Fault::GroupSilent]) {
        let faulty = fault.plant(&args, COLUMN, 7).unwrap();
        let judged = judged(&faulty, &previous, &rules());
        assert!(fired(&judged).contains(&by(fault)), "{fault:?}: {:?}", fired(&judged));
        let expected = if fault == Fault::GroupSilent { Verdict::Warn } else { Verdict::Fail };
        assert_eq!(overall(&judged), expected, "{fault:?}");
    }
}

#[test]
fn an_untouched_world_raises_hardly_an_alarm() {
    let alarms = (0..60).filter(|seed| {
        let panel = world(100 + seed);
        let judged = judged(&panel, &until(&panel, LEN - 1), &rules());
        assert!(judged.iter().all(|j| j.reading.effect.is_some()), "{judged:?}");
        overall(&judged) > Verdict::Pass
    });
    // An alarm in a hundred is what `alpha` allows.
    assert!(alarms.count() <= 3);
}

#[test]
fn a_dense_column_cannot_lose_units_to_zero() {
    let clean = world(1);
    let columns = ["population".to_owned()];
    let args = InputArgs::new(&clean, &columns).unwrap();
    let faulty = Fault::UnitsSilent.plant(&args, "population", 3).unwrap();
    let coverage =
        (INPUT_CHECKS.iter().find(|e| e.name == "coverage").unwrap().build)(&Value::Object(Map::new()));
    let readings = coverage.unwrap().read(&InputArgs::new(&faulty, &columns).unwrap()).unwrap();
    let zeros = readings.iter().find(|r| r.subject == "population, zeros").unwrap();
    assert!(zeros.matters() && zeros.units.len() > 40, "{zeros:?}");
}

#[test]
fn what_a_reading_says_is_counted_right() {
    // Two units over three months; unit 2 was there and is not; 9 is three times the record; all are multiples of 3.
    let axis = Axis { cadence: Cadence::Month, first: Period(200), len: 3 };
    let mut panel = Panel::new(axis, [1, 2, 3].map(Unit).into()).unwrap();
    panel.push(COLUMN, vec![1.0, 2.0, 3.0, 3.0, 1.0, 0.0, 9.0, f32::NAN, -1.0]).unwrap();
    let columns = [COLUMN.to_owned()];
    let args = InputArgs::new(&panel, &columns).unwrap().with_due(Some(Period(204)));
    let read = |check: &str, subject: &str| {
        let check =
            (INPUT_CHECKS.iter().find(|e| e.name == check).unwrap().build)(&Value::Object(Map::new()));
        let readings = check.unwrap().read(&args).unwrap();
        readings.into_iter().find(|r| r.subject == subject).unwrap()
    };
    assert_eq!(read("coverage", COLUMN).effect, Some(1.0 / 3.0));
    assert_eq!(read("coverage", COLUMN).units, [Unit(2)]);
    assert_eq!(read("missing", COLUMN).effect, Some(1.0 / 3.0));
    assert_eq!(read("range", "deaths, greatest").effect, Some(3.0));
    assert_eq!(read("range", "deaths, least").units, [Unit(3)]);
    assert_eq!(read("freshness", "periods").effect, Some(2.0));
    assert!(read("freshness", "periods").message.contains("1996-10, 1996-12 is due"));
    // Of too few periods the others cannot tell.
    assert_eq!(read("activity", COLUMN).effect, None);
}

#[test]
fn what_repeats_itself_by_nature_is_no_copy() {
    let axis = Axis { cadence: Cadence::Month, first: Period(200), len: 40 };
    let mut panel = Panel::new(axis, (1..=30).map(Unit).collect()).unwrap();
    panel.push("season", (0..40 * 30_u32).map(|i| (i / 30 % 12 * 31 + i % 30 + 1) as f32).collect()).unwrap();
    panel.push("static", (0..40 * 30_u32).map(|i| (i % 30 + 1) as f32).collect()).unwrap();
    let columns = ["season", "static"].map(str::to_owned);
    let repeated =
        (INPUT_CHECKS.iter().find(|e| e.name == "repeated").unwrap().build)(&Value::Object(Map::new()));
    let repeated = repeated.unwrap();
    let read = |panel: &Panel| repeated.read(&InputArgs::new(panel, &columns).unwrap()).unwrap();
    assert!(read(&panel).iter().all(|r| !r.matters()), "{:?}", read(&panel));
    let args = InputArgs::new(&panel, &columns).unwrap();
    let stale = Fault::Stale.plant(&args, "season", 1).unwrap();
    assert!(read(&stale)[0].matters());
}

#[test]
fn a_check_that_is_not_there_is_named_with_those_that_are() {
    let error = checks(&[Rule::new("astrology", Verdict::Fail)], INPUT_CHECKS).unwrap_err().to_string();
    assert!(
        error.contains("rule `astrology`") && error.contains("activity, cells, constant, coverage"),
        "{error}"
    );
    let mut rule = Rule::new("size", Verdict::Warn);
    rule.settings.insert("limits".to_owned(), Value::from(3));
    assert!(checks(&[rule], INPUT_CHECKS).unwrap_err().to_string().contains("limits"));
}
