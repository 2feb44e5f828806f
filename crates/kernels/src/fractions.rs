//! The fractions skill score: whether as many cells see an event as should, at every scale.

use std::ops::AddAssign;

use crate::draws::Event;
use crate::simd::Real;

/// Sums from which a fractions skill score is made. Those of several fields, or parts, add up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Sum over windows of `(P_forecast - P_observed)^2`.
    pub difference: f64,
    /// Sum over windows of `P_forecast^2 + P_observed^2`: the largest that the difference can be.
    pub reference: f64,
}

impl Sums {
    /// Fractions skill score `1 - difference / reference`: 1 is perfect, 0 no overlap at all. Without an event in
    /// either field there is nothing to be right about, and the score is NaN.
    pub fn score(self) -> f64 {
        if self.reference > 0.0 { 1.0 - self.difference / self.reference } else { f64::NAN }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.difference += other.difference;
        self.reference += other.reference;
    }
}

/// Which windows of a size count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// One around every cell; beyond the edge of the grid nothing happens (zero padding).
    Padded,
    /// Those that lie within the grid.
    Interior,
}

/// Two fields of the same cells, row by row.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a, T> {
    /// Forecast of every cell.
    pub forecast: &'a [T],
    /// What happened there.
    pub observed: &'a [T],
    /// Cells a row.
    pub width: usize,
}

/// Sums for the fractions skill score of square windows of each of `sizes` cells. Roberts and Lean (2008),
/// doi:10.1175/2007MWR2123.1.
///
/// `P` is the share of the cells of a window with the event. A window of an even size extends one cell more up and
/// left of its centre than down and right.
///
/// A cell that is NaN in either field is outside the region: no event there in either field, not counted among the
/// cells of any window, and no window around it. Cells beyond the edge of the grid are counted ([`Edge::Padded`]).
///
/// # Panics
/// When the fields differ in length, are no whole number of rows, or a size is 0.
pub fn sums<T: Real>(fields: Fields<'_, T>, event: Event, sizes: &[usize], edge: Edge) -> Vec<Sums> {
    let happens = |x: f64| u64::from(event.is(x));
    let table = Table::new(fields, (&happens, &happens), 1);
    sizes.iter().map(|&size| table.sums(size, edge)).collect()
}

/// [`sums`] of an ensemble: `forecast` is the number of the `members` that have the event in a cell, `observed` 1 where it
/// happened and 0 elsewhere. `P_forecast` is then the mean over a window of the forecast probability. Schwartz et al.
/// (2010), doi:10.1175/2009WAF2222267.1. Sums are of whole numbers, and exact, while cells times members are below
/// 4,294,967,296.
///
/// # Panics
/// As [`sums`], or when there are no members.
pub fn ensemble_sums<T: Real>(
    fields: Fields<'_, T>,
    members: usize,
    sizes: &[usize],
    edge: Edge,
) -> Vec<Sums> {
    assert!(members > 0, "an ensemble has members");
    let table = Table::new(fields, (&|x| x as u64, &|x| u64::from(x > 0.0)), members);
    sizes.iter().map(|&size| table.sums(size, edge)).collect()
}

/// How often the event is in a cell of a value.
type Count<'a> = &'a dyn Fn(f64) -> u64;

/// Summed-area tables: at `(r, c)` the sum over the rows before `r` and the columns before `c`. Crow (1984),
/// doi:10.1145/800031.808600.
struct Table {
    /// Events forecast (upper half of the bits) and observed (lower half).
    events: Vec<u64>,
    /// Cells outside the region; empty when there are none.
    outside: Vec<u64>,
    height: usize,
    width: usize,
    members: f64,
}

impl Table {
    fn new<T: Real>(
        fields: Fields<'_, T>,
        (forecasts, happens): (Count<'_>, Count<'_>),
        members: usize,
    ) -> Self {
        let Fields { forecast, observed, width } = fields;
        assert_eq!(forecast.len(), observed.len(), "cells of the two fields");
        assert!(
            if width == 0 { forecast.is_empty() } else { forecast.len().is_multiple_of(width) },
            "whole rows"
        );
        let height = forecast.len().checked_div(width).unwrap_or(0);
        let cells = || forecast.iter().zip(observed).map(|(&f, &o)| (f.into(), o.into()));
        let missing = |(f, o): (f64, f64)| f.is_nan() || o.is_nan();
        let events = cells().map(|(f, o)| if missing((f, o)) { 0 } else { forecasts(f) << 32 | happens(o) });
        let outside =
            if cells().any(missing) { areas(cells().map(|c| u64::from(missing(c))), width) } else { vec![] };
        Self { events: areas(events, width), outside, height, width, members: members as f64 }
    }

    fn sums(&self, size: usize, edge: Edge) -> Sums {
        assert!(size > 0, "a window has cells");
        let (before, after) = (size / 2, size - size / 2);
        let centres = |len: usize| match edge {
            Edge::Padded => 0..len,
            Edge::Interior => before..(len + 1).saturating_sub(after).max(before),
        };
        let mut total = Sums::default();
        for row in centres(self.height) {
            let rows = (row.saturating_sub(before), (row + after).min(self.height));
            let mut sums = Sums::default();
            for column in centres(self.width) {
                let columns = (column.saturating_sub(before), (column + after).min(self.width));
                self.add_window(&mut sums, (row, column), (rows, columns), size);
            }
            total += sums;
        }
        total
    }

    /// Adds one window, given by its centre and its corners.
    fn add_window(&self, sums: &mut Sums, centre: (usize, usize), corners: Corners, size: usize) {
        let events = self.within(&self.events, corners);
        let mut cells = (size * size) as f64;
        if !self.outside.is_empty() {
            let (row, column) = centre;
            if self.within(&self.outside, ((row, row + 1), (column, column + 1))) > 0 {
                return;
            }
            cells -= self.within(&self.outside, corners) as f64;
        }
        let forecast = (events >> 32) as f64 / (cells * self.members);
        let observed = (events & 0xffff_ffff) as f64 / cells;
        sums.difference += (forecast - observed) * (forecast - observed);
        sums.reference += forecast * forecast + observed * observed;
    }

    fn within(&self, table: &[u64], ((top, bottom), (left, right)): Corners) -> u64 {
        let at = |row: usize, column: usize| table[row * (self.width + 1) + column];
        // Halves may borrow from each other on the way; what is left in the end is right.
        at(bottom, right)
            .wrapping_sub(at(top, right))
            .wrapping_sub(at(bottom, left))
            .wrapping_add(at(top, left))
    }
}

/// Rows and columns, half-open.
type Corners = ((usize, usize), (usize, usize));

/// The summed-area table of cells, row by row.
fn areas(mut cells: impl ExactSizeIterator<Item = u64>, width: usize) -> Vec<u64> {
    let mut table = vec![0_u64; width + 1];
    table.reserve(cells.len() + cells.len().checked_div(width).unwrap_or(0));
    while cells.len() > 0 {
        let above = table.len() - width - 1;
        table.push(0);
        let mut row = 0_u64;
        for (column, cell) in (1..=width).zip(cells.by_ref()) {
            row = row.wrapping_add(cell);
            table.push(table[above + column].wrapping_add(row));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EVENT: Event = Event { threshold: 1.0, strict: false };

    fn score(forecast: &[f32], observed: &[f32], width: usize, size: usize, edge: Edge) -> f64 {
        sums(Fields { forecast, observed, width }, EVENT, &[size], edge)[0].score()
    }

    #[test]
    fn worked_by_hand() {
        // One event each, a column apart, in 3 x 3 cells.
        let forecast = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let observed = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(score(&forecast, &observed, 3, 1, Edge::Padded), 0.0);
        // Windows of 3 around every cell see the forecast in 6, the truth in 9 cells: 1 - 3 / 15.
        assert!((score(&forecast, &observed, 3, 3, Edge::Padded) - 0.8).abs() < 1e-15);
        assert_eq!(score(&forecast, &observed, 3, 3, Edge::Interior), 1.0);
        // Windows of 2: the forecast in 2 (upper and lower left), the truth in 4 (all): 1 - 2 / 6.
        assert!((score(&forecast, &observed, 3, 2, Edge::Interior) - 2.0 / 3.0).abs() < 1e-15);
        assert!(score(&forecast, &observed, 3, 4, Edge::Interior).is_nan(), "no window fits");
        assert_eq!(score(&forecast, &observed, 3, 9, Edge::Padded), 1.0);
    }

    #[test]
    fn cells_outside_the_region_are_in_no_window() {
        // The windows around the first two cells have 9 cells with those beyond the edge; that around the
        // third has 8, because the fourth is outside. No window is around the fourth.
        let nan = f32::NAN;
        let (forecast, observed) = ([1.0, 0.0, 0.0, nan], [0.0, 0.0, 1.0, 0.0]);
        let sums =
            sums(Fields { forecast: &forecast, observed: &observed, width: 4 }, EVENT, &[3], Edge::Padded)[0];
        let (a, b) = (1.0 / 9.0_f64, 1.0 / 8.0_f64);
        assert!((sums.difference - (a * a + b * b)).abs() < 1e-15, "{sums:?}");
        assert!((sums.reference - (a * a + 2.0 * a * a + b * b)).abs() < 1e-15, "{sums:?}");
    }

    #[test]
    fn an_ensemble_is_a_probability_in_every_cell() {
        // Windows of 1: (1/4 - 1)^2 + (3/4)^2 of 1/16 + 9/16 + 1.
        let fields = Fields { forecast: &[1.0, 3.0, 0.0], observed: &[1.0, 0.0, 0.0], width: 3 };
        let sums = ensemble_sums(fields, 4, &[1, 3], Edge::Padded);
        assert_eq!(sums[0], Sums { difference: 1.125, reference: 1.625 });
        // Windows of 3: 4/36, 4/36 and 3/36 against 4/36, 4/36 and 0.
        assert!((sums[1].difference - 9.0 / 1296.0).abs() < 1e-15, "{sums:?}");
        assert!((sums[1].reference - 73.0 / 1296.0).abs() < 1e-15, "{sums:?}");
    }

    #[test]
    fn fields_without_events_have_no_score_but_add_up() {
        let (empty, full) = ([0.0_f32; 4], [1.0_f32; 4]);
        assert!(score(&empty, &empty, 2, 1, Edge::Padded).is_nan());
        assert!(score(&[], &[], 0, 1, Edge::Padded).is_nan());
        assert_eq!(score(&full, &empty, 2, 1, Edge::Padded), 0.0);
        let part = |forecast, observed| {
            sums(Fields { forecast, observed, width: 2 }, EVENT, &[1], Edge::Interior)[0]
        };
        let mut whole: Sums = part(&empty, &empty);
        whole += part(&full, &full);
        whole += part(&empty, &full);
        assert_eq!(whole, Sums { difference: 4.0, reference: 12.0 });
    }

    /// The definition, window by window.
    fn by_definition(fields: Fields<'_, f64>, size: usize, edge: Edge) -> Sums {
        let Fields { forecast, observed, width } = fields;
        let (w, h, before) = (width as isize, (forecast.len() / width) as isize, (size / 2) as isize);
        let cell = |r: isize, c: isize| {
            (0..h).contains(&r).then(|| (0..w).contains(&c).then_some((r * w + c) as usize))
        };
        let mut sums = Sums::default();
        for (row, column) in (0..h).flat_map(|r| (0..w).map(move |c| (r, c))) {
            let offsets = || (0..size as isize).map(|i| i - before);
            let window: Vec<_> =
                offsets().flat_map(|r| offsets().map(move |c| (row + r, column + c))).collect();
            let inside: Vec<usize> = window.iter().filter_map(|&(r, c)| cell(r, c).flatten()).collect();
            let missing = |&i: &usize| forecast[i].is_nan() || observed[i].is_nan();
            let centre = (row * w + column) as usize;
            if missing(&centre) || edge == Edge::Interior && inside.len() < size * size {
                continue;
            }
            let cells = (size * size - inside.iter().filter(|i| missing(i)).count()) as f64;
            let share = |field: &[f64]| {
                inside.iter().filter(|i| !missing(i) && field[**i] >= 1.0).count() as f64 / cells
            };
            let (f, o) = (share(forecast), share(observed));
            sums += Sums { difference: (f - o).powi(2), reference: f * f + o * o };
        }
        sums
    }

    proptest! {
        #[test]
        fn summed_areas_count_every_window(
            cells in prop::collection::vec((0_u8..4, 0_u8..4), 1..70), width in 1_usize..12, size in 1_usize..9,
            missing in any::<bool>(), padded in any::<bool>(),
        ) {
            let value = |v: u8| if missing && v == 3 { f64::NAN } else { f64::from(v) };
            let cells = &cells[..cells.len() / width * width];
            let forecast: Vec<f64> = cells.iter().map(|c| value(c.0)).collect();
            let observed: Vec<f64> = cells.iter().map(|c| value(c.1)).collect();
            let fields = Fields { forecast: &forecast, observed: &observed, width };
            let edge = if padded { Edge::Padded } else { Edge::Interior };
            let (got, expected) = (sums(fields, EVENT, &[size], edge)[0], by_definition(fields, size, edge));
            prop_assert!((got.difference - expected.difference).abs() < 1e-12, "{got:?} {expected:?}");
            prop_assert!((got.reference - expected.reference).abs() < 1e-12, "{got:?} {expected:?}");
            let events = |field: &[f64], members: f64| -> Vec<f64> {
                field.iter().map(|v| if v.is_nan() { *v } else { members * f64::from(u8::from(*v >= 1.0)) }).collect()
            };
            let (forecast, observed) = (events(&forecast, 7.0), events(&observed, 1.0));
            let agreed = ensemble_sums(Fields { forecast: &forecast, observed: &observed, width }, 7, &[size], edge)[0];
            prop_assert!((got.difference - agreed.difference).abs() < 1e-12, "members that agree: {got:?} {agreed:?}");
        }
    }
}
