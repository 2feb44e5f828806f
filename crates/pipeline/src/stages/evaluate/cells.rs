//! The rows of a target period, parted by where they are and by the state of conflict.
//!
//! Every row with known truth is in one cell, and a cell is in one country, region and state: tallies of cells are pooled
//! to all groups, so that each row is scored once.

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::Unit;
use forewarn_data::geography::{self, Country};

use crate::scores::{Group, Past, State};

/// Kind of group, and which one.
pub(crate) type Key = (Group, i32);

/// Rows of the same groups.
pub(super) struct Cell {
    /// Their groups.
    pub(super) keys: Vec<Key>,
    /// Which they are, ascending.
    pub(super) rows: Vec<usize>,
    /// What was observed.
    pub(super) observed: Vec<f32>,
}

/// The country of every unit, where it has one: grid cells (`pgm`) and countries (`cm`) have.
pub(super) struct Places {
    countries: Vec<Option<&'static Country>>,
    /// The place of each among the countries there are, so that no row has to be looked up; 0 for no country.
    slots: Vec<usize>,
    len: usize,
}

impl Places {
    pub(super) fn of(units: &[Unit], level: &str) -> Self {
        let countries: Vec<_> = units.iter().map(|unit| geography::country_at(level, *unit)).collect();
        let ids: BTreeSet<u32> = countries.iter().flatten().map(|c| c.id).collect();
        let slots: BTreeMap<u32, usize> = ids.into_iter().zip(1..).collect();
        let slot = |country: Option<&Country>| country.map_or(0, |c| slots[&c.id]);
        Self { slots: countries.iter().copied().map(slot).collect(), len: slots.len() + 1, countries }
    }
}

/// The cells of a target period, by country and state.
pub(super) fn cells(places: &Places, past: &Past, observed: &[f32]) -> Vec<Cell> {
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); places.len * State::ALL.len()];
    for (i, &truth) in observed.iter().enumerate().filter(|(_, y)| !y.is_nan()) {
        let state = past.state(i, truth) as usize - State::ALL[0] as usize;
        parts[places.slots[i] * State::ALL.len() + state].push(i);
    }
    let cell = |rows: Vec<usize>| {
        let first = *rows.first()?;
        let keys = keys(places.countries[first], past.state(first, observed[first]));
        Some(Cell { keys, observed: rows.iter().map(|&i| observed[i]).collect(), rows })
    };
    parts.into_iter().filter_map(cell).collect()
}

fn keys(country: Option<&Country>, state: State) -> Vec<Key> {
    let mut keys = vec![(Group::State, state as i32)];
    keys.extend(country.map(|c| (Group::Country, c.id as i32)));
    keys.extend(country.and_then(Country::area).map(|a| (Group::Region, i32::from(a.code))));
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_with_truth_is_in_one_cell() {
        let units = [1, 2, 3, 900].map(Unit);
        let places = Places::of(&units, "cm");
        let past = Past::new(&[0.0, 5.0, 0.0, 0.0], 4, 1, 1.0);
        let cells = cells(&places, &past, &[2.0, 1.0, f32::NAN, 0.0]);
        let keys: Vec<_> = cells.iter().map(|c| c.keys.clone()).collect();
        let state = |s: State| (Group::State, s as i32);
        let there = |s, country, area| vec![state(s), (Group::Country, country), (Group::Region, area)];
        // Unit 900 is no country; Guyana and Suriname are in South America.
        let expected = [vec![state(State::Quiet)], there(State::Onset, 1, 5), there(State::Active, 2, 5)];
        assert_eq!(keys, expected);
        let rows: Vec<_> = cells.iter().map(|c| (c.rows.clone(), c.observed.clone())).collect();
        assert_eq!(rows, [(vec![3], vec![0.0]), (vec![0], vec![2.0]), (vec![1], vec![1.0])]);
    }
}
