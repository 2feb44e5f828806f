//! The tallies of one forecast, put together step by step.

use std::collections::BTreeMap;

use forewarn_core::{Period, Tally};

use super::cells::Key;
use crate::scores::{GroupSlices, NamedMetric, OriginTallies, Part, Slices, add};

/// What one forecast contributes in one step, by metric.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Of all rows.
    pub(crate) whole: Vec<Part>,
    /// Of each group that has rows.
    pub(crate) groups: BTreeMap<Key, Vec<Part>>,
}

/// What one step contributes.
#[derive(Debug, Default)]
pub(crate) struct StepTallies {
    /// Rows with known truth.
    pub(crate) rows: u64,
    /// Rows of each group.
    pub(crate) groups: BTreeMap<Key, u64>,
    /// What the forecast contributes.
    pub(crate) parts: Parts,
    /// What could not be computed.
    pub(crate) failures: Vec<String>,
}

/// A forecast on its way; memory is that of its tallies.
pub(super) struct Gather<'a> {
    metrics: &'a [NamedMetric],
    name: &'a str,
    whole: Slices,
    groups: BTreeMap<Key, Slices>,
    failures: Vec<String>,
}

impl<'a> Gather<'a> {
    pub(super) fn new(metrics: &'a [NamedMetric], name: &'a str) -> Self {
        Self { metrics, name, whole: Slices::default(), groups: BTreeMap::new(), failures: Vec::new() }
    }

    /// Adds the next step.
    pub(super) fn add(&mut self, step: StepTallies) {
        let before = self.whole.rows.len();
        self.whole.rows.push(step.rows);
        for (key, rows) in &step.groups {
            let slices = self.groups.entry(*key).or_default();
            slices.rows.resize(before + 1, 0);
            slices.rows[before] += rows;
        }
        put(&mut self.whole, self.name, (self.metrics, before), &step.parts.whole);
        for (key, part) in &step.parts.groups {
            let slices = self.groups.entry(*key).or_default();
            put(slices, self.name, (self.metrics, before), part);
        }
        self.failures.extend(step.failures);
    }

    /// The tallies, when all steps were added.
    pub(super) fn finish(self, origin: Period) -> OriginTallies {
        let steps = self.whole.rows.len();
        let fill = |((group, key), mut slices): (Key, Slices)| {
            slices.rows.resize(steps, 0);
            let parts = slices.tallies.values_mut().flat_map(BTreeMap::values_mut);
            parts.for_each(|p| p.resize(steps, Ok(Tally::default())));
            GroupSlices { group, key, slices }
        };
        let groups = self.groups.into_iter().map(fill).collect();
        OriginTallies { origin, whole: self.whole, groups, failures: self.failures }
    }
}

fn put(slices: &mut Slices, name: &str, (metrics, slot): (&[NamedMetric], usize), parts: &[Part]) {
    let by_metric = slices.tallies.entry(name.to_owned()).or_default();
    for (metric, part) in metrics.iter().zip(parts) {
        let steps = by_metric.entry(metric.name.clone()).or_default();
        if steps.len() <= slot {
            steps.resize(slot + 1, Ok(Tally::default()));
        }
        add(metric.metric.as_ref(), &mut steps[slot], part);
    }
}
