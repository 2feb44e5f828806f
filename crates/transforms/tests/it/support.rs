//! Panels and comparisons that the tests share.

use forewarn_core::{Transform, TransformArgs, Unit, Units};
use forewarn_transforms::TRANSFORMS;
use serde_json::{Value, json};

/// The transform called `name`.
pub(crate) fn build(name: &str, settings: &Value) -> Box<dyn Transform> {
    let entry = TRANSFORMS.iter().find(|e| e.name == name).unwrap_or_else(|| panic!("no `{name}`"));
    (entry.build)(settings).unwrap_or_else(|e| panic!("{name} {settings}: {e}"))
}

/// Every transform with settings that suit short series.
pub(crate) fn all() -> Vec<(&'static str, Box<dyn Transform>)> {
    let settings = |name: &str| match name {
        "moving-sum" | "moving-average" | "delta" | "time-lag" => json!({"periods": 3}),
        "spatial-lag" => json!({"width": 2, "power": 1.0}),
        "country-lag" => json!({"width": 2}),
        _ => json!({}),
    };
    TRANSFORMS.iter().map(|e| (e.name, build(e.name, &settings(e.name)))).collect()
}

/// An irregular patch of cells in four countries.
pub(crate) struct Patch {
    pub(crate) units: Units,
    pub(crate) groups: Vec<u32>,
    pub(crate) periods: usize,
}

impl Patch {
    pub(crate) fn new() -> Self {
        let inside = |i: &u32| i % 7 != 3;
        let cells: Vec<u32> = (0..60).filter(inside).collect();
        let units = cells.iter().map(|i| Unit(147_250 + i % 10 + 720 * (i / 10))).collect();
        let groups = cells.iter().map(|i| 1 + (i % 10) / 5 + 2 * (i / 30)).collect();
        Self { units, groups, periods: 20 }
    }

    pub(crate) fn len(&self) -> usize {
        self.units.len() * self.periods
    }

    pub(crate) fn apply(&self, transform: &dyn Transform, values: &[f32]) -> Vec<f32> {
        let args = TransformArgs::new(&self.units, values, &self.groups).unwrap();
        transform.apply(&args).unwrap()
    }

    /// Counts, most of them 0; `gaps` of a hundred are missing.
    pub(crate) fn counts(&self, seed: u64, gaps: u64) -> Vec<f32> {
        let mut random = noise(seed);
        let value = |_| match random() {
            x if x % 100 < gaps => f32::NAN,
            x if (x >> 20) % 10 == 0 => ((x >> 40) % 50) as f32,
            _ => 0.0,
        };
        (0..self.len()).map(value).collect()
    }
}

/// Seeded noise (`SplitMix64`).
pub(crate) fn noise(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Equal to `tolerance` (relative, and absolute below 1), missing only where expected.
pub(crate) fn assert_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        let close = (a - b).abs() <= tolerance * b.abs().max(1.0);
        assert!(close || (a.is_nan() && b.is_nan()), "{what}: value {i} is {a}, expected {b}");
    }
}
