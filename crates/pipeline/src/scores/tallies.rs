//! What the forecasts of one origin contribute to every score: sums by target month and by group.

use std::collections::BTreeMap;

use forewarn_core::{Metric, Period, Tally};
use serde::{Deserialize, Serialize};

use super::Group;

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
    /// Rows with known truth, by step - 1; one number for all steps where the group is a country.
    pub rows: Vec<u64>,
    /// By forecaster, then metric, then as the rows.
    pub tallies: BTreeMap<String, BTreeMap<String, Vec<Part>>>,
}

impl Slices {
    /// The parts of one forecaster and metric.
    pub fn parts(&self, forecaster: &str, metric: &str) -> Option<&[Part]> {
        self.tallies.get(forecaster)?.get(metric).map(Vec::as_slice)
    }
}

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
    /// The rows of each country, region and state, ascending.
    pub groups: Vec<GroupSlices>,
    /// What could not be computed, and why.
    pub failures: Vec<String>,
}

impl OriginTallies {
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
