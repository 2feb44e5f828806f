//! Query sets: reading, messages, and what they work.

use forewarn_core::{Axis, Cadence, Cell, Panel, Period, TransformArgs, Unit};
use forewarn_transforms::{QuerySet, TRANSFORMS};

use crate::support::{Patch, assert_close};

const AFRICA: &str = include_str!("../../../../examples/africa/query_set.toml");

fn panel(patch: &Patch, columns: &[&str], gaps: u64) -> Panel {
    let axis = Axis { cadence: Cadence::Month, first: Period(400), len: patch.periods };
    let mut panel = Panel::new(axis, patch.units.clone()).unwrap();
    for (seed, name) in (1..).zip(columns) {
        panel.push(*name, patch.counts(seed, gaps)).unwrap();
    }
    panel
}

fn set(features: &str) -> String {
    format!("name = \"s\"\nversion = 1\nlevel = \"pgm\"\n{features}")
}

fn feature(name: &str, source: &str, transforms: &str) -> String {
    format!("[[features]]\nname = \"{name}\"\nsource = \"{source}\"\ntransforms = [{transforms}]\n")
}

fn refusal(text: &str) -> String {
    QuerySet::parse(text).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_example_uses_every_transform_and_applies() {
    let set = QuerySet::parse(AFRICA).unwrap();
    assert_eq!((set.name(), set.version(), set.level()), ("pgm_history", 2, "pgm"));
    let used = |name| set.features().iter().any(|f| f.transforms().iter().any(|l| l.name() == name));
    for entry in TRANSFORMS {
        assert!(used(entry.name), "{} is not in the example", entry.name);
    }
    let patch = Patch { periods: 130, ..Patch::new() };
    let panel = panel(&patch, &["ged_sb_best", "ged_ns_best", "ged_os_best"], 0);
    let features = set.apply(&panel, &patch.groups).unwrap();
    assert_eq!((features.axis(), features.units()), (panel.axis(), panel.units()));
    assert_eq!(features.columns().len(), set.features().len());
    for (column, feature) in features.columns().iter().zip(set.features()) {
        assert_eq!(column.name, feature.name());
        // The longest run-up is that of the sum over 120 months.
        let settled = &column.values()[119 * patch.units.len()..];
        assert!(settled.iter().all(|x| x.is_finite()), "{} has gaps", column.name);
    }
}

#[test]
fn shared_beginnings_change_no_value() {
    let set = QuerySet::parse(AFRICA).unwrap();
    let patch = Patch { periods: 60, ..Patch::new() };
    let panel = panel(&patch, &["ged_sb_best", "ged_ns_best", "ged_os_best"], 5);
    let features = set.apply(&panel, &patch.groups).unwrap();
    for (column, feature) in features.columns().iter().zip(set.features()) {
        let mut values = panel.column(feature.source()).unwrap().values().to_vec();
        for link in feature.transforms() {
            let args = TransformArgs::new(panel.units(), &values, &patch.groups).unwrap();
            values = link.transform().apply(&args).unwrap();
        }
        assert_close(feature.name(), column.values(), &values, 0.0);
    }
}

#[test]
fn threads_change_no_bit() {
    let set = QuerySet::parse(AFRICA).unwrap();
    let patch = Patch::new();
    let panel = panel(&patch, &["ged_sb_best", "ged_ns_best", "ged_os_best"], 5);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let features = pool.install(|| set.apply(&panel, &patch.groups)).unwrap();
        let bits = |c: &forewarn_core::Column| c.values().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        features.columns().iter().map(bits).collect::<Vec<_>>()
    };
    assert_eq!(with(1), with(8));
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let at = |transforms: &str| refusal(&set(&feature("a", "x", transforms)));
    let cases = [
        (
            "{ name = \"time_lag\" }",
            "line 7, column 15: there is no transform `time_lag`; did you mean `time-lag`",
        ),
        ("{ name = \"tlag\" }", "there is no transform `tlag`, which is called `time-lag` here"),
        ("{ name = \"spatial.countrylag\" }", "which is called `country-lag` here"),
        ("{ periods = 1 }", "line 7, column 15: a transform needs its name"),
        (
            "{ name = \"time-lag\", period = 1 }",
            "line 7, column 36: `time-lag` has no setting `period`; did you mean `periods`?",
        ),
        ("{ name = \"log1p\", base = 10 }", "`log1p` has no setting `base`; it has: none"),
        (
            "{ name = \"fill\" }, { name = \"time-lag\", periods = 0 }",
            "line 7, column 34: time-lag: `periods` is 0",
        ),
        ("{ name = \"decay\", half-life = \"long\" }", "line 7, column 15: decay: invalid type: string"),
    ];
    for (transforms, expected) in cases {
        let message = at(transforms);
        assert!(message.contains(expected), "{transforms}\n  found    {message}\n  expected {expected}");
        assert!(message.starts_with("query set: "), "{message}");
    }
    assert!(at("{ name = \"nothing-alike\" }").contains("there are: at-least, country-lag, decay"));
}

#[test]
fn the_file_itself_is_checked() {
    let two = set(&[feature("a", "x", ""), feature("a", "y", "")].concat());
    assert!(refusal(&two).contains("line 9, column 8: feature 1 is already called `a`"), "{}", refusal(&two));
    assert!(refusal(&set("")).contains("no `[[features]]`"));
    assert!(refusal(&set("").replace('1', "0")).contains("line 2, column 11: `version` is 0"));
    assert!(refusal(&set(&feature("", "x", ""))).contains("the `name` of a feature is empty"));
    assert!(refusal(&set(&feature("a", " ", ""))).contains("line 6, column 10: the `source`"));
    for (text, expected) in [
        ("name = \"s\"\nlevel = \"pgm\"", "missing field `version`"),
        ("name = ", "line 1, column 8"),
        (&set("lvel = 1"), "unknown field `lvel`"),
        (&set("compat = \"old\""), "line 4, column 10"),
    ] {
        assert!(refusal(text).contains(expected), "{}", refusal(text));
    }
}

#[test]
fn unknown_sources_are_listed() {
    let patch = Patch::new();
    let panel = panel(&patch, &["ged_sb", "ged_os"], 0);
    let text =
        set(&[feature("a", "ged_sbb", ""), feature("b", "ged_os", ""), feature("c", "rain", "")].concat());
    let message = QuerySet::parse(&text).unwrap().apply(&panel, &[]).unwrap_err().to_string();
    for expected in [
        "query set `s`: feature `a`: the panel has no column `ged_sbb`; did you mean `ged_sb`",
        "feature `c`: the panel has no column `rain`;",
        "the panel has: ged_sb, ged_os",
    ] {
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn every_feature_that_fails_is_named() {
    let patch = Patch::new();
    let panel = panel(&patch, &["x"], 0);
    let negative = "{ name = \"delta\" }, { name = \"decay\" }";
    let text = set(&[
        feature("a", "x", negative),
        feature("b", "x", ""),
        feature("c", "x", "{ name = \"country-lag\" }"),
    ]
    .concat());
    let message = QuerySet::parse(&text).unwrap().apply(&panel, &[]).unwrap_err().to_string();
    assert!(message.contains("feature `a`: transform `decay`: data: decay of unit"), "{message}");
    assert!(
        message.contains("feature `c`: transform `country-lag`") && !message.contains("`b`"),
        "{message}"
    );
}

#[test]
fn the_digest_is_of_the_meaning() {
    let digest =
        |transforms: &str| QuerySet::parse(&set(&feature("a", "x", transforms))).unwrap().digest_input();
    let plain = digest("{ name = \"decay\" }");
    assert_eq!(plain, digest("{ half-life = 12, name = \"decay\" }, # a year\n"));
    assert_eq!(plain, digest("{ name = \"decay\", half-life = 12.0 }"));
    assert_ne!(plain, digest("{ name = \"decay\", half-life = 13 }"));
    assert!(digest("{ name = \"fill\" }").contains(r#""settings":{"compat":"none"}"#));
    assert_eq!(
        plain,
        r#"{"features":[{"name":"a","source":"x","transforms":[{"name":"decay","settings":{"half-life":12.0}}]}],"level":"pgm","name":"s","version":1}"#
    );
}

#[test]
fn the_reference_s_behaviour_can_be_the_default() {
    let text = set("compat = \"views\"\n[[features]]\nname = \"a\"\nsource = \"x\"\n");
    let links = "transforms = [{ name = \"fill\" }, { name = \"at-least\", compat = \"none\" }, { name = \"log1p\" }]";
    let set = QuerySet::parse(&(text + links)).unwrap();
    let compat: Vec<_> = set.features()[0].transforms().iter().map(|l| l.settings().get("compat")).collect();
    assert_eq!(compat, [Some(&"views".into()), Some(&"none".into()), None]);
}

#[test]
fn countries_find_their_neighbours_on_a_land_map() {
    let axis = Axis { cadence: Cadence::Month, first: Period(400), len: 2 };
    let mut panel = Panel::new(axis, [Unit(50), Unit(60), Unit(70)].into()).unwrap();
    panel.push("deaths", vec![1.0, 2.0, 4.0, 8.0, f32::NAN, 16.0]).unwrap();
    let land = [(1001, 50), (1002, 60), (1722, 60), (1003, 70), (1004, 99)];
    let land = land.map(|(gid, code)| (Cell::new(gid).unwrap(), code));
    let text = set(&feature("around", "deaths", "{ name = \"country-lag\" }"));
    let set = QuerySet::parse(&text).unwrap();
    let features = set.apply_on(&panel, &[], &land).unwrap();
    let expected = [2.0, 5.0, 2.0, f32::NAN, 24.0, f32::NAN];
    assert_close("around", features.columns()[0].values(), &expected, 0.0);
    assert!(set.apply(&panel, &[]).unwrap_err().to_string().contains("land map"));
}

#[test]
fn numbers_that_are_none_are_refused() {
    for number in ["nan", "inf", "-inf"] {
        let text = set(&feature("a", "x", &format!("{{ name = \"decay\", half-life = {number} }}")));
        assert!(refusal(&text).contains("line 7, column 15: decay: "), "{}", refusal(&text));
    }
}
