use std::collections::BTreeMap;

use forewarn_catalog::parse_metric;
use forewarn_core::{Period, Step, Tally};

use super::*;

fn metric(text: &str) -> NamedMetric {
    let (name, metric) = parse_metric(text).unwrap();
    NamedMetric { name, metric }
}

type Steps<'a> = &'a [Option<(f64, f64)>];

fn slices(models: &[(&str, Steps<'_>)]) -> Slices {
    let part = |s: &Option<(f64, f64)>| {
        s.map(|(sum, n)| Tally(vec![n, n, sum])).ok_or_else(|| "step 2: it broke".to_owned())
    };
    let by_metric = |steps: Steps<'_>| BTreeMap::from([("mae".to_owned(), steps.iter().map(part).collect())]);
    let tallies = models.iter().map(|(name, steps)| ((*name).to_owned(), by_metric(steps))).collect();
    let rows = models[0].1.iter().map(|s| s.map_or(4, |(_, n)| n as u64)).collect();
    Slices { rows, tallies }
}

fn origin(origin: i32, models: &[(&str, Steps<'_>)]) -> OriginTallies {
    OriginTallies { origin: Period(origin), whole: slices(models), groups: Vec::new(), failures: Vec::new() }
}

fn pool(origins: &[OriginTallies], names: &[&str], baselines: &[&str]) -> Scores {
    pool_leads(origins, names, baselines, &[])
}

fn pool_leads(origins: &[OriginTallies], names: &[&str], baselines: &[&str], leads: &[Leads]) -> Scores {
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let (names, baselines) = (owned(names), owned(baselines));
    let forecasts =
        Forecasts { names: &names, baselines: &baselines, issued: names.first().map(String::as_str) };
    let intervals = Intervals { replicates: 100, ..Intervals::default() };
    Scores::pool(origins, &forecasts, &[metric("mae")], (&intervals, 1), leads)
}

#[test]
fn groups_pool_rows_not_means() {
    let origins = [
        origin(10, &[("a", &[Some((2.0, 2.0)), Some((8.0, 4.0))])]),
        origin(11, &[("a", &[Some((6.0, 2.0)), Some((4.0, 4.0))])]),
    ];
    let scores = pool(&origins, &["a"], &[]);
    let value = |group, key| scores.find("a", "mae", group, key).map(|s| (s.value.unwrap(), s.n));
    assert_eq!(value(Group::All, None), Some((20.0 / 12.0, 12)));
    assert_eq!(value(Group::Step, Some(1)), Some((2.0, 4)));
    assert_eq!(value(Group::Origin, Some(11)), Some((10.0 / 6.0, 6)));
    assert_eq!(
        value(Group::Month, Some(12)),
        Some((14.0 / 6.0, 6)),
        "step 2 of origin 10 and step 1 of origin 11"
    );
    assert_eq!(value(Group::Month, Some(13)), Some((1.0, 4)));
}

#[test]
fn a_missing_part_makes_the_pool_missing_not_smaller_and_says_why() {
    let scores = pool(&[origin(10, &[("a", &[Some((2.0, 2.0)), None])])], &["a"], &[]);
    let all = scores.find("a", "mae", Group::All, None).unwrap();
    assert_eq!((all.value, all.interval, all.reason.as_deref()), (None, None, Some("step 2: it broke")));
    let first = scores.find("a", "mae", Group::Step, Some(1)).unwrap();
    assert_eq!(first.value, Some(1.0));
    assert_eq!(first.reason.as_deref(), Some("no interval: 1 month, at least 6 are needed"));
}

/// Ten months in which `b` errs by what it says, and `a` by half of that.
fn halves() -> Vec<OriginTallies> {
    let errors = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0];
    let one = |(i, e): (usize, &f64)| {
        let steps = |share: f64| [Some((share * e, 1.0))];
        origin(i as i32, &[("a", &steps(0.5)), ("b", &steps(1.0)), ("c", &steps(2.0))])
    };
    errors.iter().enumerate().map(one).collect()
}

#[test]
fn skill_is_against_the_best_baseline_in_the_same_months() {
    let scores = pool(&halves(), &["a", "b", "c"], &["c", "b"]);
    let all = |model| scores.find(model, "mae", Group::All, None).unwrap();
    assert_eq!((all("a").baseline.as_deref(), all("a").skill), (Some("b"), Some(0.5)));
    let (low, high) = all("a").interval.unwrap();
    assert!(low < 1.95 && 1.95 < high, "{low} to {high} about {:?}", all("a").value);
    // In any months `a` errs by half of what `b` does: that is certain, although the errors are not.
    assert_eq!(all("a").skill_interval, Some((0.5, 0.5)));
    assert_eq!(
        (all("b").skill, all("b").skill_interval, all("b").baseline.as_deref()),
        (None, None, Some("b"))
    );
    assert_eq!(all("c").skill, Some(-1.0));
}

#[test]
fn ranges_of_steps_pool_their_rows_and_meet_every_baseline() {
    let steps = |a: f64| [1.0, 2.0, 6.0].map(|e| Some((a * e, 1.0)));
    let origins: Vec<_> =
        (0..8).map(|i| origin(i, &[("a", &steps(1.0)), ("b", &steps(2.0)), ("c", &steps(4.0))])).collect();
    let leads = [Leads(Step(1), Step(2)), Leads(Step(3), Step(3))];
    let scores = pool_leads(&origins, &["a", "b", "c"], &["b", "c"], &leads);
    let find = |model, leads: Leads| scores.find(model, "mae", Group::Leads, Some(leads.key())).unwrap();
    let (early, late) = (find("a", leads[0]), find("a", leads[1]));
    assert_eq!((early.value, early.n, late.value, late.n), (Some(1.5), 16, Some(6.0), 8));
    assert_eq!(early.label.as_deref(), Some("steps 1 to 2"));
    let skills: Vec<_> = late.skills.iter().map(|s| (s.baseline.as_str(), s.skill, s.interval)).collect();
    assert_eq!(skills, [("b", Some(0.5), Some((0.5, 0.5))), ("c", Some(0.75), Some((0.75, 0.75)))]);
    let of_a_baseline: Vec<_> = find("b", leads[1]).skills.iter().map(|s| s.baseline.as_str()).collect();
    assert_eq!(of_a_baseline, ["c"]);
    assert!(scores.find("a", "mae", Group::Step, Some(1)).unwrap().skills.is_empty());
}

#[test]
fn the_issued_forecast_is_compared_with_every_other() {
    let told = pool(&halves(), &["a", "b", "c"], &[]).comparisons;
    let pairs: Vec<_> = told.iter().map(|c| (c.model.as_str(), c.other.as_str(), c.verdict)).collect();
    assert_eq!(pairs, [("a", "b", Verdict::Better), ("a", "c", Verdict::Better)]);
    assert_eq!((told[0].difference, told[0].months, told[0].horizon), (Some(-1.95), 10, 1));
}

#[test]
fn without_a_baseline_there_is_no_skill() {
    let scores = pool(&halves(), &["a", "b", "c"], &[]);
    let all = scores.find("a", "mae", Group::All, None).unwrap();
    assert!(all.baseline.is_none() && all.skill.is_none() && all.interval.is_some());
}

#[test]
fn countries_regions_and_states_have_names_and_intervals() {
    let mut origins = halves();
    for tallies in &mut origins {
        let slices = tallies.whole.clone();
        let of = |group, key| GroupSlices { group, key, slices: slices.clone() };
        tallies.groups = vec![of(Group::Country, 1), of(Group::Region, 5), of(Group::State, 4)];
    }
    let scores = pool(&origins, &["a", "b"], &["b"]);
    let find = |group, key| scores.find("a", "mae", group, Some(key)).unwrap();
    let country = find(Group::Country, 1);
    assert_eq!((country.label.as_deref(), country.value, country.n), (Some("Guyana"), Some(1.95), 10));
    assert!(country.interval.is_some() && country.skill_interval.is_some());
    assert_eq!(find(Group::Region, 5).label.as_deref(), Some("South America"));
    assert!(
        find(Group::State, 4).label.as_deref() == Some("quiet") && find(Group::State, 4).interval.is_some()
    );
}

#[test]
fn groups_of_later_origins_are_moved_to_their_months() {
    let group = |key, slices| GroupSlices { group: Group::Country, key, slices };
    let mut first = origin(10, &[("a", &[Some((2.0, 2.0)), Some((8.0, 4.0))])]);
    first.groups = vec![group(1, slices(&[("a", &[Some((2.0, 2.0)), Some((3.0, 1.0))])]))];
    let mut later = origin(11, &[("a", &[Some((6.0, 2.0)), Some((4.0, 4.0))])]);
    later.groups = vec![
        group(1, slices(&[("a", &[Some((5.0, 1.0)), None])])),
        group(
            2,
            slices(&[
                ("a", &[Some((6.0, 2.0)), Some((4.0, 4.0))]),
                ("b", &[Some((1.0, 2.0)), Some((1.0, 4.0))]),
            ]),
        ),
    ];
    let apart = pool(&[first.clone(), later.clone()], &["a", "b"], &["b"]);
    first.absorb(&mut later, &[metric("mae")]);
    assert!(later.groups.is_empty() && first.groups[0].slices.rows == [2, 2, 4]);
    let months = first.groups[0].slices.parts("a", "mae").unwrap();
    assert_eq!(months[..2], [Ok(Tally(vec![2.0, 2.0, 2.0])), Ok(Tally(vec![2.0, 2.0, 8.0]))]);
    assert_eq!(months[2], Err("step 2: it broke".to_owned()));
    assert_eq!(pool(&[first, later], &["a", "b"], &["b"]), apart);
}

#[test]
fn who_has_no_tally_of_an_origin_has_no_forecast_of_it() {
    let group = |slices| GroupSlices { group: Group::Country, key: 1, slices };
    let of = |names: [&str; 2], at| {
        let mut origin = origin(at, &[("a", &[Some((1.0, 1.0))])]);
        origin.groups = vec![group(slices(&names.map(|name| (name, &[Some((1.0, 1.0))][..]))))];
        origin
    };
    let (mut first, mut later) = (of(["a", "b"], 10), of(["a", "c"], 11));
    first.absorb(&mut later, &[metric("mae")]);
    let scores = pool(&[first, later], &["a", "b", "c"], &[]);
    let country = |name| scores.find(name, "mae", Group::Country, Some(1)).unwrap();
    assert_eq!((country("a").value, country("a").n), (Some(1.0), 2));
    for name in ["b", "c"] {
        assert_eq!(
            (country(name).value, country(name).reason.as_deref()),
            (None, Some("there is no forecast"))
        );
    }
}

#[test]
fn skill_is_the_share_of_the_way_to_perfect() {
    assert_eq!(skill(Better::Lower, 0.5, 2.0), Some(0.75));
    assert_eq!(skill(Better::Higher, 0.75, 0.5), Some(0.5));
    assert_eq!(skill(Better::Lower, 0.5, 0.0), None);
    assert_eq!(skill(Better::Near(0.0), 0.5, 2.0), None);
    assert!(is_better(Better::Near(0.9), 0.95, 0.8) && !is_better(Better::Lower, 2.0, 1.0));
}

#[test]
fn calibration_alone_judges_nobody() {
    let judges = |text: &str| {
        let (name, metric) = forewarn_catalog::parse_metric(text).unwrap();
        NamedMetric { name, metric }.judges()
    };
    for name in ["crps", "brier:threshold=25", "mae"] {
        assert!(judges(name), "{name}");
    }
    for name in ["calibration-error", "pit-deviation:bins=20", "average-precision", "coverage"] {
        assert!(!judges(name), "{name}");
    }
}
