//! The worked cases hold, and every transform is documented.

use forewarn_core::{TransformArgs, Unit, Units};
use forewarn_transforms::TRANSFORMS;

use crate::support::{assert_close, build};

#[test]
fn worked_cases_hold() {
    for entry in TRANSFORMS {
        let examples = entry.default().unwrap().examples();
        assert!(!examples.is_empty(), "{} shows nothing", entry.name);
        for e in examples {
            let transform = build(entry.name, &serde_json::from_str(e.settings).unwrap());
            let units: Units = e.units.iter().copied().map(Unit).collect();
            let args = TransformArgs::new(&units, e.input, e.groups).unwrap();
            let found = transform.apply(&args).unwrap();
            assert_close(&format!("{}, {}", entry.name, e.title), &found, e.expect, 1e-6);
        }
    }
}

#[test]
fn there_is_one_for_each_of_the_reference() {
    const REFERENCE: [(&str, &str); 14] = [
        ("at-least", "bool.gte"),
        ("country-lag", "spatial.countrylag"),
        ("decay", "temporal.decay"),
        ("delta", "temporal.delta"),
        ("fill", "missing.fill"),
        ("log1p", "ops.ln"),
        ("moving-average", "temporal.moving_average"),
        ("moving-sum", "temporal.moving_sum"),
        ("replace-missing", "missing.replace_na"),
        ("space-time-distance", "spatial.sptime_dist"),
        ("spatial-lag", "spatial.lag"),
        ("time-lag", "temporal.tlag"),
        ("time-since", "temporal.time_since"),
        ("tree-lag", "spatial.treelag"),
    ];
    assert_eq!(TRANSFORMS.iter().map(|e| e.name).collect::<Vec<_>>(), REFERENCE.map(|(name, _)| name));
    for (entry, (_, reference)) in TRANSFORMS.iter().zip(REFERENCE) {
        assert!(entry.doc().contains(&format!("`{reference}`")), "{} does not name {reference}", entry.name);
        assert!(entry.doc().contains("Missing:"), "{} does not say what it does with gaps", entry.name);
    }
}

#[test]
fn unknown_settings_are_refused() {
    for entry in TRANSFORMS {
        let error = (entry.build)(&serde_json::json!({"no-such": 1})).unwrap_err().to_string();
        assert!(error.contains("no-such") && error.starts_with(entry.name), "{error}");
    }
}
