//! The rows of a target period, parted by where they are and by the state of conflict.
//!
//! Every row with known truth is in one cell, and a cell is in one country, region and state: tallies of cells are pooled
//! to all groups, so that each row is scored once.

use std::collections::BTreeMap;

use forewarn_core::{Field, Result, Unit, Units};
use forewarn_data::geography::{self, Country};

use crate::scores::{Group, Past, State};

/// Kind of group, and which one.
pub(super) type Key = (Group, i32);

/// Rows of the same groups.
pub(super) struct Cell {
    /// Their groups.
    pub(super) keys: Vec<Key>,
    /// What was observed.
    pub(super) observed: Vec<f32>,
    rows: Vec<usize>,
    units: Units,
}

impl Cell {
    /// The rows of a field that are in the cell.
    ///
    /// # Errors
    /// None of a field that is one.
    pub(super) fn of(&self, field: &Field) -> Result<Field> {
        let width = field.width();
        let mut values = Vec::with_capacity(self.rows.len() * width);
        for row in &self.rows {
            values.extend_from_slice(&field.values()[row * width..(row + 1) * width]);
        }
        if field.is_point() {
            return Field::point(field.origin, field.step, self.units.clone(), values);
        }
        Field::draws(field.origin, field.step, self.units.clone(), width, values)
    }
}

/// The country of every unit, where it has one: grid cells (`pgm`) and countries (`cm`) have.
pub(super) fn countries(units: &[Unit], level: &str) -> Vec<Option<&'static Country>> {
    let country = |unit: &Unit| match level {
        "pgm" => geography::country(*unit),
        "cm" => geography::countries().iter().find(|c| c.id == unit.0),
        _ => None,
    };
    units.iter().map(country).collect()
}

/// The cells of a target period, in a fixed order.
pub(super) fn cells(
    units: &[Unit],
    countries: &[Option<&'static Country>],
    past: &Past,
    observed: &[f32],
) -> Vec<Cell> {
    let mut parts: BTreeMap<(Option<u32>, State), Vec<usize>> = BTreeMap::new();
    for (i, &truth) in observed.iter().enumerate().filter(|(_, y)| !y.is_nan()) {
        parts.entry((countries[i].map(|c| c.id), past.state(i, truth))).or_default().push(i);
    }
    let cell = |((_, state), rows): ((Option<u32>, State), Vec<usize>)| Cell {
        keys: keys(countries[rows[0]], state),
        observed: rows.iter().map(|&i| observed[i]).collect(),
        units: rows.iter().map(|&i| units[i]).collect(),
        rows,
    };
    parts.into_iter().map(cell).collect()
}

fn keys(country: Option<&Country>, state: State) -> Vec<Key> {
    let mut keys = vec![(Group::State, state as i32)];
    keys.extend(country.map(|c| (Group::Country, c.id as i32)));
    keys.extend(country.and_then(Country::area).map(|a| (Group::Region, i32::from(a.code))));
    keys
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Period, Step};

    use super::*;

    #[test]
    fn every_row_with_truth_is_in_one_cell() {
        let units = [1, 2, 3, 900].map(Unit);
        let countries = countries(&units, "cm");
        let past = Past::new(&[0.0, 5.0, 0.0, 0.0], 4, 1, 1.0);
        let cells = cells(&units, &countries, &past, &[2.0, 1.0, f32::NAN, 0.0]);
        let keys: Vec<_> = cells.iter().map(|c| c.keys.clone()).collect();
        let state = |s: State| (Group::State, s as i32);
        let there = |s, country, area| vec![state(s), (Group::Country, country), (Group::Region, area)];
        // Unit 900 is no country; Guyana and Suriname are in South America.
        let expected = [vec![state(State::Quiet)], there(State::Onset, 1, 5), there(State::Active, 2, 5)];
        assert_eq!(keys, expected);
        let field =
            Field::draws(Period(9), Step(1), units.into(), 2, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        let rows = cells[2].of(&field.unwrap()).unwrap();
        assert_eq!(
            (rows.values(), rows.units()[0], &cells[2].observed),
            (&[2.0, 3.0][..], Unit(2), &vec![1.0])
        );
    }
}
