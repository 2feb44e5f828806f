//! `forewarn replay`, `forewarn evaluate online` and `forewarn truth` as their users run them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::project::{forewarn, said, write};

const FIRST: i32 = 433;
const LAST: i32 = 492;
const STEPS: i32 = 6;
/// Countries of the test; Sudan is the first.
const COUNTRIES: [i32; 6] = [245, 50, 79, 191, 117, 149];

/// Deaths of a country in a month: one is at war, one falls into it, the others are mostly quiet.
fn deaths(country: usize, month: i32) -> i32 {
    let noise = (month * 7919 + country as i32 * 104_729).rem_euclid(97);
    match country {
        0 => 10 + noise % 13,
        1 if month >= 480 => 5 + noise % 7,
        _ => i32::from(noise < 4),
    }
}

/// A run of a table of countries; `revised` adds to the deaths of the first country in the last month.
fn project(folder: &Path, revised: i32) {
    let mut table = String::from("month_id,country_id,ged_sb\n");
    for month in FIRST..=LAST {
        for (i, country) in COUNTRIES.iter().enumerate() {
            let more = if (i, month) == (0, LAST) { revised } else { 0 };
            writeln!(table, "{month},{country},{}", deaths(i, month) + more).unwrap();
        }
    }
    write(folder, "data.csv", &table);
    write(folder, "models/still_water.toml", "algorithm = \"zero\"\nstatus = \"baseline\"\n");
    write(folder, "models/same_weather.toml", "algorithm = \"no-change\"\nstatus = \"baseline\"\n");
    write(folder, "models/long_memory.toml", "algorithm = \"conflictology\"\n");
    write(folder, "ensembles/common_ground.toml", "algorithm = \"mean\"\nrole = \"production\"\n");
    let (vintage, known) = if revised == 0 { ("first", "2021-01-20") } else { ("second", "2021-06-20") };
    let truth =
        format!("vintage = \"{vintage}\"\n[truth]\nknown = \"{known}\"\nprovisional-from = \"2020-12\"\n");
    write(folder, "forewarn.toml", &format!("{HEAD}{truth}{CONFIG}"));
}

const HEAD: &str = "name = \"small\"\nmodels = [\"still_water\", \"same_weather\", \"long_memory\"]\n\
                    ensembles = [\"common_ground\"]\n";

const CONFIG: &str = r#"
[target]
column = "ged_sb"
level = "cm"
[source]
type = "table"
path = "data.csv"
unit = "country_id"
time = "month_id"
values = ["ged_sb"]
layout = "dense"
[forecast]
steps = 6
draws = 30
[evaluation]
metrics = ["mae", "crps", "brier"]
leads = [[1, 3], [4, 6]]
"#;

fn command(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let config = folder.join("forewarn.toml");
    said(&forewarn().args(arguments).arg("-c").arg(config).output().unwrap())
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let (code, out, err) = command(folder, &[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn replay(folder: &Path, from: &str, to: &str) {
    let (code, _, err) = command(folder, &["replay", "--from", from, "--to", to]);
    assert_eq!(code, 0, "{err}");
}

/// One score over all rows: value and rows.
fn score(of: &Value, model: &str, metric: &str) -> (f64, u64) {
    let all = of.as_array().unwrap();
    let is = |s: &&Value| s["model"] == model && s["metric"] == metric && s["group"] == "all";
    let found = all.iter().find(is).unwrap();
    (found["value"].as_f64().unwrap(), found["n"].as_u64().unwrap())
}

/// Mean absolute error of «as it is now», over the origins and steps whose targets lie between two months.
fn by_hand(origins: (i32, i32), months: (i32, i32)) -> (f64, u64) {
    let (mut sum, mut n) = (0.0, 0);
    for origin in origins.0..=origins.1 {
        for target in (origin + 1..=origin + STEPS).filter(|t| (months.0..=months.1).contains(t)) {
            for country in 0..COUNTRIES.len() {
                sum += f64::from((deaths(country, target) - deaths(country, origin)).abs());
                n += 1;
            }
        }
    }
    (sum / f64::from(n as u32), n)
}

fn close(a: (f64, u64), b: (f64, u64)) {
    assert!((a.0 - b.0).abs() <= 1e-12 * b.0.abs() && a.1 == b.1, "{a:?} {b:?}");
}

#[test]
fn every_forecast_of_every_month_is_scored_once() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 0);
    replay(folder.path(), "2019-06", "2020-11");
    // Origins 474 to 491; the months after the first.
    let early = json(folder.path(), &["evaluate", "online", "--month", "2020-06"]);
    assert_eq!(early["sheets"], serde_json::json!([4 * 12, 0]), "four forecasters, twelve months");
    close(score(&early["online"]["scores"], "same_weather", "mae"), by_hand((474, 485), (475, 486)));
    close(score(&early["online"]["latest"], "same_weather", "mae"), by_hand((474, 485), (486, 486)));
    let late = json(folder.path(), &["evaluate", "online"]);
    assert_eq!(late["sheets"], serde_json::json!([4 * 6, 4 * 12]), "only the months that are new");
    close(score(&late["online"]["scores"], "same_weather", "mae"), by_hand((474, 491), (475, 492)));
    let again = json(folder.path(), &["evaluate", "online"]);
    assert_eq!(again["sheets"], serde_json::json!([0, 4 * 18]));
    assert_eq!(again["online"], late["online"]);
    // What was scored month by month is what is scored all at once.
    std::fs::remove_dir_all(folder.path().join("forewarn-out/steps")).unwrap();
    let whole = json(folder.path(), &["evaluate", "online"]);
    assert_eq!(whole["sheets"], serde_json::json!([4 * 18, 0]));
    assert_eq!(whole["online"], late["online"]);
    let series = folder.path().join("forewarn-out/online/ged_sb/series/2020-12.csv");
    let text = std::fs::read_to_string(series).unwrap();
    assert!(
        text.starts_with(
            "month,model,metric,step,value,n,edition,provisional\n2020-12,common_ground,mae,all,"
        ),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1 + 4 * 3 * 7);
}

#[test]
fn two_are_compared_on_the_rows_of_both() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 0);
    replay(folder.path(), "2019-06", "2020-03");
    let archive = folder.path().join("forewarn-out/archive/ged_sb");
    // The baseline has later forecasts only.
    for origin in ["2019-06", "2019-07", "2019-08"] {
        std::fs::remove_dir_all(archive.join("still_water").join(origin)).unwrap();
    }
    let online = &json(folder.path(), &["evaluate", "online", "--month", "2020-03"])["online"];
    close(score(&online["scores"], "same_weather", "mae"), by_hand((474, 482), (475, 483)));
    let pairs = online["pairs"].as_array().unwrap();
    let is = |p: &&Value| {
        p["model"] == "same_weather"
            && p["against"] == "still_water"
            && p["metric"] == "mae"
            && p["group"] == "all"
    };
    let pair = pairs.iter().find(is).unwrap();
    close((pair["value"].as_f64().unwrap(), pair["n"].as_u64().unwrap()), by_hand((477, 482), (475, 483)));
    assert_eq!(pair["months"], 6);
}

#[test]
fn a_revised_month_is_scored_again_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 0);
    replay(folder.path(), "2020-01", "2020-11");
    let before = json(folder.path(), &["evaluate", "online"]);
    assert_eq!(before["online"]["truth"]["number"], 1);
    assert_eq!(before["online"]["truth"]["provisional"], true);
    project(folder.path(), 100);
    let after = json(folder.path(), &["evaluate", "online"]);
    assert_eq!(after["sheets"], serde_json::json!([4, 4 * 10]), "one month of four forecasters");
    assert_eq!(after["online"]["truth"]["number"], 2);
    let of = |online: &Value| score(&online["online"]["latest"], "still_water", "mae").0;
    assert!((of(&after) - of(&before) - 100.0 / 6.0).abs() < 1e-9, "{} {}", of(&before), of(&after));
    let then = json(folder.path(), &["evaluate", "online", "--as-known", "2021-03-01"]);
    assert_eq!(then["online"]["truth"]["vintage"], "first");
    assert_eq!(
        (of(&then), then["sheets"][0].as_u64()),
        (of(&before), Some(0)),
        "what it was scored by is kept"
    );
    let (code, _, err) = command(folder.path(), &["evaluate", "online", "--as-known", "2020-03-01"]);
    assert!(code == 2 && err.contains("no edition of the truth was known on 2020-03-01"), "{code} {err}");

    let editions = json(folder.path(), &["truth"]);
    assert_eq!(editions.as_array().unwrap().len(), 2);
    let revision = json(folder.path(), &["truth", "--compare", "1", "2"]);
    let sums: BTreeMap<String, (f64, f64, u64)> = revision["sums"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            (
                s[0].as_str().unwrap().to_owned(),
                (s[1].as_f64().unwrap(), s[2].as_f64().unwrap(), s[3].as_u64().unwrap()),
            )
        })
        .collect();
    assert_eq!((sums["2019"].2, sums["2020"].2), (0, 1));
    assert!((sums["2020"].1 - sums["2020"].0 - 100.0).abs() < 1e-9);
    // The month says by which edition it was scored, and its neighbour that nothing has changed since the first.
    let edition = |month: &str| {
        let path = folder.path().join(format!("forewarn-out/online/ged_sb/series/{month}.csv"));
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().nth(1).unwrap().rsplit(',').nth(1).unwrap().to_owned()
    };
    json(folder.path(), &["evaluate", "online"]);
    assert_eq!([edition("2020-11"), edition("2020-12")], ["1", "2"]);
}

#[test]
fn of_several_forecasts_the_last_one_before_the_month_counts() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 0);
    let archive = folder.path().join("forewarn-out/archive/ged_sb/long_memory/2020-06");
    let runs = || -> Vec<String> {
        let all = std::fs::read_dir(&archive).unwrap();
        all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    };
    replay(folder.path(), "2020-06", "2020-06");
    let first = runs().remove(0);
    let more = ["replay", "--from", "2020-06", "--to", "2020-06", "--set", "seed=7"];
    assert_eq!(command(folder.path(), &more).0, 0);
    let second = runs().into_iter().find(|run| *run != first).unwrap();
    // As if they had been issued then.
    for (record, ended) in [("0001", "2020-07-01T00:00:00Z"), ("0002", "2020-08-31T23:59:59Z")] {
        let path = folder.path().join("forewarn-out/records").join(record).join("record.json");
        let mut text: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        text["ended"] = ended.into();
        std::fs::write(&path, text.to_string()).unwrap();
    }
    let at = |month: &str| {
        let found = json(folder.path(), &["evaluate", "online", "--month", month]);
        let told = found["warnings"].to_string();
        (score(&found["online"]["latest"], "long_memory", "crps").0, told)
    };
    let [july, august, september] = ["2020-07", "2020-08", "2020-09"].map(at);
    for part in [
        format!(
            "run {first} (issued: 2020-07-01T00:00:00Z, after that began) counts from 2020-07 to 2020-08"
        ),
        format!("run {second} (issued: 2020-08-31T23:59:59Z) counts from 2020-09 to 2020-12"),
    ] {
        assert!(september.1.contains(&part), "{}", september.1);
    }
    // Each alone gives the scores of its months.
    let aside = folder.path().join("aside");
    std::fs::rename(archive.join(&second), &aside).unwrap();
    assert_eq!([at("2020-07").0, at("2020-08").0], [july.0, august.0]);
    assert_ne!(at("2020-09").0, september.0);
    std::fs::rename(&aside, archive.join(&second)).unwrap();
    std::fs::remove_dir_all(archive.join(&first)).unwrap();
    assert_eq!(at("2020-09").0, september.0);
    assert_ne!(at("2020-08").0, august.0);
}

#[test]
fn an_onset_is_told_with_its_first_warning() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 0);
    replay(folder.path(), "2019-06", "2019-11");
    // The second country falls into war in month 480.
    let online = &json(folder.path(), &["evaluate", "online", "--month", "2019-12", "--risk", "1"])["online"];
    let onsets = online["onsets"].as_array().unwrap();
    let of = |model: &str| onsets.iter().find(|o| o["model"] == model && o["unit"] == COUNTRIES[1]).cloned();
    let quiet = (468..480).all(|month| deaths(1, month) == 0);
    assert_eq!(of("still_water").is_some(), quiet, "an onset comes after a quiet year");
    for onset in onsets.iter().filter(|o| o["model"] == "still_water") {
        assert_eq!(
            (&onset["since"], &onset["highest"]),
            (&Value::Null, &serde_json::json!(0.0)),
            "who says zero warns of nothing"
        );
    }
    let warned = online["warned"].as_array().unwrap();
    let all = |key: &str| {
        warned.iter().filter(|w| w["model"] == "still_water").map(|w| w[key].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((all("hits"), all("warnings")), (0, 0));
    assert!(all("rows") > 0);
}

#[test]
fn the_performance_gate_looks_at_what_was_issued() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 0);
    let subjects = || {
        let (_, out, err) = command(folder.path(), &["gate", "performance", "--json"]);
        let evidence: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out} {err}"));
        let readings = evidence["readings"].as_array().unwrap().clone();
        readings
            .into_iter()
            .filter(|r| r["check"] == "score-difference")
            .map(|r| r["reading"].clone())
            .collect::<Vec<_>>()
    };
    let of = |readings: &[Value], ending: &str| {
        let is = |r: &&Value| {
            let subject = r["subject"].as_str().unwrap();
            subject.starts_with("common_ground, mae, against ") && subject.ends_with(ending)
        };
        readings.iter().find(is).cloned()
    };
    let before = subjects();
    assert!(
        of(&before, "from rolling origins").is_some() && of(&before, "as issued").is_none(),
        "{before:?}"
    );
    // Origins 456 to 491: 36 months, of which the last may be revised.
    replay(folder.path(), "2017-12", "2020-11");
    let after = subjects();
    for ending in
        ["as issued", "as issued, steps 1 to 3", "as issued, steps 4 to 6", "as issued, Northern Africa"]
    {
        let reading = of(&after, ending).unwrap_or_else(|| panic!("nothing about {ending}: {after:?}"));
        assert!(reading["effect"].is_number() && reading["p-value"].is_number(), "{reading}");
        assert!(reading["message"].as_str().unwrap().contains("1 provisional"), "{reading}");
    }
    // With only the newest months issued, it says what is missing instead.
    let young = tempfile::tempdir().unwrap();
    project(young.path(), 0);
    replay(young.path(), "2020-08", "2020-11");
    let (_, out, _) = command(young.path(), &["gate", "performance", "--json"]);
    assert!(out.contains("3 final periods are too few"), "{out}");
}

#[test]
fn an_archive_without_such_forecasts_says_so() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 0);
    let (code, _, err) = command(folder.path(), &["evaluate", "online"]);
    assert!(
        code == 2 && err.contains("holds no forecast of `ged_sb`; `forewarn run` files them"),
        "{code} {err}"
    );
    replay(folder.path(), "2020-10", "2020-11");
    let (code, _, err) = command(folder.path(), &["evaluate", "online", "--month", "2020-05"]);
    assert!(code == 2 && err.contains("the first forecast is about 2020-11, after 2020-05"), "{code} {err}");
    let (code, _, err) = command(folder.path(), &["replay", "--from", "2020-11", "--to", "2020-10"]);
    assert!(code == 2 && err.contains("2020-10 is before 2020-11"), "{code} {err}");
}

/// Draws of three countries, four months from 2018-06 on, as others publish them: a row a draw.
const PUBLISHED: &str = "month_id,country_id,draw,outcome\n\
    464,245,0,10\n464,245,1,12\n464,50,0,0\n464,50,1,0\n464,79,0,0\n464,79,1,1\n\
    465,245,0,11\n465,245,1,15\n465,50,0,0\n465,50,1,0\n465,79,0,0\n465,79,1,0\n";

fn import(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = forewarn();
    command.args(["archive", "import"]).arg(folder.join("theirs.csv"));
    command.arg("--archive").arg(folder.join("forewarn-out/archive"));
    said(&command.args(["--layout", "file", "--name", "their_model"]).args(arguments).output().unwrap())
}

#[test]
fn what_others_published_is_scored_beside_ours_on_the_units_of_both() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 0);
    write(folder.path(), "theirs.csv", PUBLISHED);
    let (code, _, err) = import(folder.path(), &["--origin", "2018-06"]);
    assert!(
        code == 2 && err.contains("--target") && err.contains("theirs.csv does not say its target"),
        "{code} {err}"
    );
    let told = ["--origin", "2018-06", "--target", "ged_sb", "--level", "cm"];
    let (code, out, err) = import(folder.path(), &told);
    assert_eq!(code, 0, "{err}");
    // Month 462 is June 2018: the file has the steps 2 and 3.
    assert!(
        out.contains("filed: ged_sb/their_model/2018-06/import-") && out.contains("steps that are not there"),
        "{out}"
    );
    assert_eq!(import(folder.path(), &told).0, 0, "the same again is the same forecast");
    replay(folder.path(), "2018-06", "2018-07");
    let online = &json(folder.path(), &["evaluate", "online", "--month", "2018-09"])["online"];
    let theirs =
        online["forecasters"].as_array().unwrap().iter().find(|f| f["name"] == "their_model").unwrap();
    assert_eq!(
        (&theirs["months"], &theirs["rows"]),
        (&Value::from(2), &Value::from(6)),
        "no row for a step that is not there"
    );
    let pairs = online["pairs"].as_array().unwrap();
    let is = |p: &&Value| {
        p["model"] == "their_model"
            && p["against"] == "still_water"
            && p["metric"] == "mae"
            && p["group"] == "all"
    };
    let pair = pairs.iter().find(is).unwrap();
    assert_eq!((&pair["n"], &pair["months"]), (&Value::from(6), &Value::from(2)));
    let zero: i32 =
        [464, 465].iter().flat_map(|month| [0, 1, 2].map(|country| deaths(country, *month))).sum();
    assert!((pair["other"].as_f64().unwrap() - f64::from(zero) / 6.0).abs() < 1e-12, "{pair}");
}

#[test]
fn a_forecast_from_before_the_first_observation_is_scored() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 0);
    write(folder.path(), "theirs.csv", "month_id,country_id,draw,outcome\n433,245,0,10\n433,245,1,12\n");
    let told = ["--origin", "2015-12", "--target", "ged_sb", "--level", "cm"];
    assert_eq!(import(folder.path(), &told).0, 0);
    // Month 433 is January 2016, the first that is observed.
    let online = &json(folder.path(), &["evaluate", "online", "--month", "2016-01"])["online"];
    assert_eq!(score(&online["scores"], "their_model", "mae").1, 1);
    let states = online["scores"].as_array().unwrap().iter().filter(|s| s["group"] == "state");
    assert!(
        states.clone().count() > 0 && states.clone().all(|s| s["label"] == "unknown"),
        "what was there before is not known"
    );
}
