//! Countries: the draws of their units added up, beside what was observed.

use std::collections::BTreeMap;

use forewarn_core::{Field, Period, Step, Units};
use forewarn_data::geography;
use forewarn_kernels::quantile::quantile;

use super::{Shown, highest, risk};
use crate::Result;
use crate::report::{Place, Total};

/// Periods of the past that are shown.
const PAST: i32 = 60;
/// Units that a country's page names.
const NAMED: usize = 5;

/// Which of some groups each unit belongs to.
pub(super) struct Groups {
    /// Name and ISO code of each group, by name.
    names: Vec<(&'static str, &'static str)>,
    /// Group of each unit.
    of: Vec<Option<usize>>,
}

impl Groups {
    /// The countries of the units of a level; none where units have no country.
    pub(super) fn of(level: &str, units: &Units) -> Self {
        let countries: Vec<_> = units.iter().map(|&unit| geography::country_at(level, unit)).collect();
        let known: BTreeMap<_, _> = countries.iter().flatten().map(|c| ((c.name, c.id), c.iso3)).collect();
        let rows: BTreeMap<_, usize> = known.keys().map(|&(_, id)| id).zip(0..).collect();
        Self {
            names: known.iter().map(|(&(name, _), &iso3)| (name, iso3)).collect(),
            of: countries.iter().map(|country| rows.get(&country.as_ref()?.id).copied()).collect(),
        }
    }

    /// Groups x draws: each draw added up over the units of a group; NaN where a unit has none.
    fn sums(&self, values: &[f32], width: usize) -> Vec<f64> {
        let mut sums = vec![0.0; self.names.len() * width];
        for (row, group) in values.chunks_exact(width).zip(&self.of) {
            let Some(group) = group else { continue };
            for (sum, &value) in sums[group * width..][..width].iter_mut().zip(row) {
                *sum += f64::from(value);
            }
        }
        sums
    }

    fn total(draws: &mut [f64]) -> Total {
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        draws.sort_by(f64::total_cmp);
        let known = draws.len() > 1 && draws.iter().all(|v| !v.is_nan());
        Total {
            expected: (!mean.is_nan()).then_some(mean),
            quantiles: known.then(|| [0.05, 0.25, 0.5, 0.75, 0.95].map(|p| quantile(draws, p))),
        }
    }

    /// The total of each group.
    fn totals(&self, field: &Field) -> Vec<Total> {
        let mut sums = self.sums(field.values(), field.width());
        sums.chunks_exact_mut(field.width()).map(Self::total).collect()
    }
}

/// Every country with its past, its forecast and the units that matter most, the highest expectation first.
///
/// # Errors
/// A forecast or panel that cannot be read.
pub(super) fn places(shown: &Shown<'_>, first: &Field, previous: Option<&Field>) -> Result<Vec<Place>> {
    let ctx = shown.results.ctx;
    let groups = Groups::of(&ctx.run.config.target.level, first.units());
    if groups.names.is_empty() {
        return Ok(Vec::new());
    }
    let mut steps = Vec::new();
    for step in 1..=ctx.run.config.forecast.steps.0 {
        steps.push(groups.totals(&shown.file.field(Step(step))?));
    }
    let past = past(shown, &groups)?;
    let before = previous.map(|field| groups.totals(field));
    let best = best(&groups, first);
    let observed = shown.observed()?;
    let place = |(row, &(name, iso3)): (usize, &(&'static str, &'static str))| Place {
        name: name.to_owned(),
        code: iso3.to_owned(),
        units: groups.of.iter().filter(|group| **group == Some(row)).count(),
        past: past
            .iter()
            .map(|(label, sums)| (label.clone(), (!sums[row].is_nan()).then_some(sums[row])))
            .collect(),
        steps: steps.iter().map(|totals| totals[row].clone()).collect(),
        previous: before.as_ref().and_then(|totals| totals[row].expected),
        highest: best[row].iter().map(|&i| risk(shown, first, observed, i)).collect(),
    };
    let mut places: Vec<Place> = groups.names.iter().enumerate().map(place).collect();
    let expected = |place: &Place| place.steps.first().and_then(|total| total.expected).unwrap_or(-1.0);
    places.sort_by(|a, b| expected(b).total_cmp(&expected(a)).then_with(|| a.name.cmp(&b.name)));
    Ok(places)
}

/// Observed totals of the last periods, oldest first, with their labels.
fn past(shown: &Shown<'_>, groups: &Groups) -> Result<Vec<(String, Vec<f64>)>> {
    let ctx = shown.results.ctx;
    let first = (ctx.origin().0 - PAST + 1).max(ctx.axis().first.0);
    let periods = (first..=ctx.origin().0).map(Period);
    let sums = |period| -> Result<_> {
        let values = ctx.panel()?.field(&ctx.run.config.target.column, period)?;
        Ok((ctx.cadence().label(period), groups.sums(values, 1)))
    };
    periods.map(sums).collect()
}

/// The units of each group with the highest expectation above 0.
fn best(groups: &Groups, field: &Field) -> Vec<Vec<usize>> {
    let mut best = vec![Vec::new(); groups.names.len()];
    for i in highest(&field.means()) {
        if let Some(group) = groups.of[i].filter(|&group| best[group].len() < NAMED) {
            best[group].push(i);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use forewarn_core::Unit;

    fn groups() -> Groups {
        Groups { names: vec![("Chad", "TCD"), ("Mali", "MLI")], of: vec![Some(1), None, Some(0), Some(1)] }
    }

    #[test]
    fn draws_are_added_up_draw_by_draw() {
        let units: Units = [1, 2, 3, 4].map(Unit).into();
        let values = vec![1.0, 0.0, 50.0, 50.0, 3.0, 4.0, 1.0, 8.0];
        let field = Field::draws(Period(0), Step(1), units, 2, values).unwrap();
        let totals = groups().totals(&field);
        assert_eq!((totals[0].expected, totals[1].expected), (Some(3.5), Some(5.0)));
        // Mali: 1 + 1 and 0 + 8, not 0 + 1 and 1 + 8.
        let off = |(a, b): (f64, f64)| (a - b).abs() > 1e-12;
        let quantiles = totals[1].quantiles.unwrap();
        assert!(!quantiles.into_iter().zip([2.3, 3.5, 5.0, 6.5, 7.7]).any(off), "{quantiles:?}");
        assert_eq!(best(&groups(), &field), [vec![2], vec![3, 0]]);
    }

    #[test]
    fn a_country_without_a_unit_of_its_own_is_missing_and_not_less() {
        let units: Units = [1, 2, 3, 4].map(Unit).into();
        let field = Field::point(Period(0), Step(1), units, vec![1.0, 0.0, 2.0, f32::NAN]).unwrap();
        let totals = groups().totals(&field);
        assert_eq!((totals[0].expected, totals[1].expected), (Some(2.0), None));
        assert!(totals[0].quantiles.is_none(), "a point forecast has no interval");
    }

    #[test]
    fn cells_belong_to_their_country() {
        let cells = geography::region(geography::Region::AfricaMiddleEast);
        let groups = Groups::of("pgm", &cells);
        assert_eq!(groups.of.len(), 13_110);
        let nigeria = groups.names.iter().position(|&(_, iso3)| iso3 == "NGA");
        assert!(nigeria.is_some() && groups.of.iter().filter(|group| **group == nigeria).count() > 200);
        assert!(Groups::of("station", &cells).names.is_empty());
    }
}
