//! Which countries are forecast whole by a forecast of cells.

use std::collections::BTreeMap;

use forewarn_core::{Hierarchy, Unit};
use forewarn_data::geography;

/// Cells of each country: how many there are, and how many are forecast.
pub(crate) struct Coverage(pub(crate) BTreeMap<u32, (usize, usize)>);

impl Coverage {
    /// Of a forecast of these cells, ascending.
    pub(crate) fn of(forecast: &[Unit]) -> Self {
        let mut all: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        for cell in geography::region(geography::Region::Land).iter() {
            let Some(country) = geography::country(*cell) else { continue };
            let (there, forecasts) = all.entry(country.id).or_default();
            *there += 1;
            *forecasts += usize::from(forecast.binary_search(cell).is_ok());
        }
        Self(all)
    }

    /// Cells of countries that are forecast whole: sums over some cells of a country are not its total.
    pub(crate) fn hierarchy(&self, cells: &[Unit], countries: &[Unit]) -> Hierarchy {
        let whole = |id: u32| self.0.get(&id).is_some_and(|(there, forecasts)| there == forecasts);
        let parent = |cell| geography::country(cell).filter(|c| whole(c.id)).map(|c| Unit(c.id));
        Hierarchy::new(cells, countries, parent)
    }

    /// Why a country that is forecast in part is no sum; `None` for another.
    pub(crate) fn partly(&self, country: u32) -> Option<String> {
        let (there, forecasts) = self.0.get(&country)?;
        (0 < *forecasts && forecasts < there)
            .then(|| format!("only {forecasts} of its {there} cells are forecast"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The cells of the first two countries with 2 to 9 cells on land.
    pub(crate) fn small() -> [(u32, Vec<u32>); 2] {
        let mut all: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for cell in geography::region(geography::Region::Land).iter() {
            if let Some(country) = geography::country(*cell) {
                all.entry(country.id).or_default().push(cell.0);
            }
        }
        let mut small = all.into_iter().filter(|(_, cells)| (2..10).contains(&cells.len()));
        [small.next().unwrap(), small.next().unwrap()]
    }

    /// The cells of both without the last of the second, ascending.
    pub(crate) fn all_but_one([(_, whole), (_, partly)]: &[(u32, Vec<u32>); 2]) -> Vec<u32> {
        let mut cells = [&whole[..], &partly[..partly.len() - 1]].concat();
        cells.sort_unstable();
        cells
    }

    #[test]
    fn a_country_is_a_sum_only_where_all_of_it_is_forecast() {
        let both = small();
        let cells: Vec<Unit> = all_but_one(&both).into_iter().map(Unit).collect();
        let [(whole, there), (partly, of)] = &both;
        let coverage = Coverage::of(&cells);
        let hierarchy = coverage.hierarchy(&cells, &[Unit(*whole), Unit(*partly)]);
        let rows: Vec<usize> = (0..cells.len()).filter(|&row| there.contains(&cells[row].0)).collect();
        assert_eq!(hierarchy.children(), [rows, vec![]]);
        assert_eq!(hierarchy.orphans().len(), of.len() - 1);
        let said = format!("only {} of its {} cells are forecast", of.len() - 1, of.len());
        assert_eq!((coverage.partly(*whole), coverage.partly(*partly)), (None, Some(said)));
        assert_eq!(Coverage::of(&[]).partly(*whole), None, "of nothing");
        assert_eq!(coverage.partly(u32::MAX), None, "no such country");
    }
}
