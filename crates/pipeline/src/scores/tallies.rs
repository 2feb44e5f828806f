//! What the forecasts of one origin contribute to every score: sums by target month and by group.

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::{Metric, Period, Tally};
use serde::{Deserialize, Serialize};

use super::{Group, NamedMetric};

/// What some rows contribute to one score, or why they cannot.
pub type Part = std::result::Result<Tally, String>;

/// Adds a part to a pool. A pool without one of its parts is missing, so that no score is of fewer rows than it says.
pub(crate) fn add(metric: &dyn Metric, pool: &mut Part, part: &Part) {
    match (pool.as_mut(), part) {
        (Ok(sum), Ok(part)) => metric.pool(sum, part),
        (Ok(_), Err(reason)) => *pool = Err(reason.clone()),
        (Err(_), _) => {}
    }
}

/// Rows and their tallies.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slices {
    /// Rows with known truth, by step - 1.
    pub rows: Vec<u64>,
    /// By forecaster, then metric, then as the rows.
    pub tallies: BTreeMap<String, BTreeMap<String, Vec<Part>>>,
}

impl Slices {
    /// The parts of one forecaster and metric.
    pub fn parts(&self, forecaster: &str, metric: &str) -> Option<&[Part]> {
        self.tallies.get(forecaster)?.get(metric).map(Vec::as_slice)
    }

    /// Adds the rows of `other` that are `offset` steps further. Whoever has no tally of rows that others have has no forecast
    /// of them.
    fn add(&mut self, other: &Self, offset: usize, metrics: &[NamedMetric]) {
        let (end, absent) = (self.rows.len().max(offset + other.rows.len()), Err(ABSENT.to_owned()));
        let unless = |rows: u64| if rows == 0 { Ok(Tally::default()) } else { absent.clone() };
        let names: BTreeSet<String> = self.tallies.keys().chain(other.tallies.keys()).cloned().collect();
        for (name, metric) in names.iter().flat_map(|name| metrics.iter().map(move |metric| (name, metric))) {
            let mine = self.tallies.entry(name.clone()).or_default();
            let before = || self.rows.iter().map(|rows| unless(*rows)).collect();
            let mine = mine.entry(metric.name.clone()).or_insert_with(before);
            mine.resize(end, Ok(Tally::default()));
            let theirs = other.parts(name, &metric.name).unwrap_or_default();
            for (i, rows) in other.rows.iter().enumerate() {
                let part = theirs.get(i).cloned().unwrap_or_else(|| unless(*rows));
                add(metric.metric.as_ref(), &mut mine[offset + i], &part);
            }
        }
        self.rows.resize(end, 0);
        self.rows[offset..].iter_mut().zip(&other.rows).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// Why rows without a tally have none.
pub(super) const ABSENT: &str = "there is no forecast";

/// The rows of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupSlices {
    /// Kind of group.
    pub group: Group,
    /// Which one.
    pub key: i32,
    /// Its rows.
    pub slices: Slices,
}

/// What the forecasts of one origin contribute to every score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OriginTallies {
    /// Last period that was known.
    pub origin: Period,
    /// All rows.
    pub whole: Slices,
    /// The rows of each country, region and state, ascending; of the first origin, those of all that follow too.
    pub groups: Vec<GroupSlices>,
    /// What could not be computed, and why.
    pub failures: Vec<String>,
}

impl OriginTallies {
    /// None yet.
    pub(crate) fn at(origin: Period) -> Self {
        Self { origin, whole: Slices::default(), groups: Vec::new(), failures: Vec::new() }
    }

    /// Moves the groups of a `later` origin here, target month by target month: their scores are by month and not by origin,
    /// and of all origins there are as many tallies as of one, and a few.
    pub(crate) fn absorb(&mut self, later: &mut Self, metrics: &[NamedMetric]) {
        let offset = usize::try_from(later.origin.0 - self.origin.0).unwrap_or_default();
        for GroupSlices { group, key, slices } in std::mem::take(&mut later.groups) {
            let place = self.groups.binary_search_by_key(&(group, key), |mine| (mine.group, mine.key));
            let place = place.unwrap_or_else(|place| {
                self.groups.insert(place, GroupSlices { group, key, slices: Slices::default() });
                place
            });
            self.groups[place].slices.add(&slices, offset, metrics);
        }
    }

    /// Adds the forecasters of `other`, of the same origin and rows.
    pub(crate) fn merge(&mut self, other: Self) {
        self.failures.extend(other.failures);
        if self.whole.rows.is_empty() {
            (self.whole, self.groups) = (other.whole, other.groups);
            return;
        }
        self.whole.tallies.extend(other.whole.tallies);
        for (mine, theirs) in self.groups.iter_mut().zip(other.groups) {
            mine.slices.tallies.extend(theirs.slices.tallies);
        }
    }
}
