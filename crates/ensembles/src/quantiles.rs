//! Combining predictive distributions rank by rank.
//!
//! Each member's draws of a unit, sorted, are its quantile function; the combination is taken at every rank. A
//! point forecast is the constant quantile function. So point and draws can be members of one ensemble, and a
//! mean of members has the mean of their expectations (Lichtendahl, Grushka-Cockayne and Winkler 2013,
//! doi:10.1287/mnsc.1120.1667).
//!
//! Sorting alone would make every unit rise and fall together. The combined values are therefore put back in the
//! order of the members' draws (by their mean midrank): a single member is returned unchanged, and dependence across
//! units survives (ensemble copula coupling: Schefzik, Thorarinsdottir and Gneiting 2013, doi:10.1214/13-STS443).
//!
//! Units in which every member says one value need no sorting. The others are sorted side by side, each draw together
//! with its place (see [`crate::ranks`]).

use forewarn_core::{Field, Member, Result};
use forewarn_kernels::sort;
use rayon::prelude::*;

use crate::members::{self, Spread};
use crate::ranks;

/// Units handed to a thread at a time.
const CHUNK: usize = 256;
/// Units sorted together: their draws of 20 members stay in the cache.
const BATCH: usize = 8;

/// In which order a rule gets the members' values at one rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Ascending: so that the order of members cannot change a sum in its last bit.
    Ascending,
    /// That of the members, for rules with weights.
    Members,
}

/// Combines members by `at_rank`, which gets the members' values at one rank.
///
/// Point members only give a point. A unit that a member has no forecast for (NaN) has none in the result.
///
/// # Errors
/// [`forewarn_core::Error::Config`] without members; [`forewarn_core::Error::Data`] when members differ in origin, step,
/// units or draws.
pub(crate) fn combine<F>(members: &[Member<'_>], order: Order, at_rank: F) -> Result<Field>
where
    F: Fn(&[f32]) -> f64 + Sync,
{
    let first = members::check(members)?;
    members::check_widths(members)?;
    let width = members::widest(members);
    let mut values = vec![0.0; first.units().len() * width];
    let rule = Rule { members, width, order, at_rank };
    let chunks = values.par_chunks_mut(CHUNK * width).enumerate();
    chunks.for_each(|(i, part)| rule.combine_chunk(i * CHUNK, part));
    members::field(members, width, values)
}

/// Members, and what is made of their values at a rank.
struct Rule<'a, F> {
    members: &'a [Member<'a>],
    width: usize,
    order: Order,
    at_rank: F,
}

/// Buffers of a batch, reused: rows of tagged draws (units x members x draws), twice the midranks of every draw added up
/// over the members (units x draws), and the members' values at each rank (units x ranks x members).
#[derive(Default)]
struct Scratch {
    tagged: Vec<f64>,
    sums: Vec<u64>,
    order: Vec<f64>,
    by_rank: Vec<f32>,
}

impl<F: Fn(&[f32]) -> f64> Rule<'_, F> {
    /// Combines the units from `first` on.
    fn combine_chunk(&self, first: usize, out: &mut [f32]) {
        let mut varying = Vec::new();
        let mut values = Vec::with_capacity(self.members.len());
        for (i, out) in out.chunks_exact_mut(self.width).enumerate() {
            match members::spread(self.members, first + i) {
                Spread::Missing => out.fill(f32::NAN),
                Spread::Constant => {
                    values.clear();
                    values.extend(self.members.iter().map(|m| members::row(m.field, first + i)[0]));
                    if self.order == Order::Ascending {
                        values.sort_unstable_by(f32::total_cmp);
                    }
                    out.fill((self.at_rank)(&values) as f32);
                }
                Spread::Varying => varying.push(i),
            }
        }
        let mut scratch = Scratch::default();
        for batch in varying.chunks(BATCH) {
            self.combine_batch((first, batch), out, &mut scratch);
        }
    }

    /// Combines units whose draws differ, by their places in `out`, which holds the units from `first` on.
    fn combine_batch(&self, (first, places): (usize, &[usize]), out: &mut [f32], scratch: &mut Scratch) {
        let count = self.members.len();
        self.sort_members((first, places), &mut scratch.tagged);
        scratch.order.clear();
        scratch.by_rank.resize(places.len() * self.width * count, 0.0);
        let mut rows = scratch.tagged.chunks_exact(self.width);
        for (place, by_rank) in places.iter().zip(scratch.by_rank.chunks_exact_mut(self.width * count)) {
            scratch.sums.clear();
            scratch.sums.resize(self.width, 0);
            for (k, m) in self.members.iter().enumerate() {
                let slots = by_rank[k..].iter_mut().step_by(count);
                if m.field.is_point() {
                    // A point is its own quantile at every rank.
                    let value = members::row(m.field, first + place)[0];
                    slots.for_each(|slot| *slot = value);
                } else if let Some(row) = rows.next() {
                    slots.zip(row).for_each(|(slot, &tagged)| *slot = ranks::value(tagged));
                    ranks::add_midranks(row, &mut scratch.sums);
                }
            }
            ranks::tag_sums(&scratch.sums, &mut scratch.order);
        }
        sort::rows(&mut scratch.order, self.width);
        self.write(places, out, scratch);
    }

    /// The draws of all members that have draws, each with its place, ascending.
    fn sort_members(&self, (first, places): (usize, &[usize]), tagged: &mut Vec<f64>) {
        tagged.clear();
        for place in places {
            for m in self.members.iter().filter(|m| !m.field.is_point()) {
                ranks::tag(members::row(m.field, first + place), tagged);
            }
        }
        sort::rows(tagged, self.width);
    }

    /// Combines the values at each rank, and puts them where the draw of that rank stands.
    fn write(&self, places: &[usize], out: &mut [f32], scratch: &mut Scratch) {
        if self.order == Order::Ascending {
            sort::rows(&mut scratch.by_rank, self.members.len());
        }
        let mut by_rank = scratch.by_rank.chunks_exact(self.members.len());
        for (place, order) in places.iter().zip(scratch.order.chunks_exact(self.width)) {
            let out = &mut out[place * self.width..(place + 1) * self.width];
            for (&draw, values) in order.iter().zip(&mut by_rank) {
                out[ranks::place(draw)] = (self.at_rank)(values) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Period, Step, Unit};
    use forewarn_kernels::random::Stream;
    use proptest::prelude::*;

    use super::*;

    /// One unit, by the definition: sort each member, combine at every rank, order by the sum of midranks.
    fn plain(rows: &[Vec<f32>], at_rank: impl Fn(&[f32]) -> f64) -> Vec<f32> {
        let width = rows.iter().map(Vec::len).max().unwrap();
        let mut sums = vec![0; width];
        for row in rows.iter().filter(|row| row.len() == width) {
            for (x, sum) in row.iter().zip(&mut sums) {
                *sum += row.iter().filter(|y| *y < x).count() + row.iter().filter(|y| *y <= x).count();
            }
        }
        let mut sorted = rows.to_vec();
        for row in &mut sorted {
            row.sort_by(f32::total_cmp);
        }
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by_key(|&d| (sums[d], d));
        let mut out = vec![0.0; width];
        for (rank, place) in order.into_iter().enumerate() {
            let mut values: Vec<f32> = sorted.iter().map(|row| row[rank.min(row.len() - 1)]).collect();
            values.sort_by(f32::total_cmp);
            out[place] = at_rank(&values) as f32;
        }
        out
    }

    fn sum(values: &[f32]) -> f64 {
        values.iter().map(|&v| f64::from(v)).sum()
    }

    proptest! {
        #[test]
        fn many_units_are_combined_as_each_by_itself(
            (seed, units) in (0_u64..1000, 1_usize..700), width in 2_usize..40, (drawing, points) in (1_u64..5, 0_u64..3),
        ) {
            let value = |m: u64, i: usize| {
                let stream = Stream::new(seed, &[m, i as u64]);
                if stream.below(0, 3) == 0 { stream.below(1, 9) as f32 - 3.0 } else { 0.0 }
            };
            let labels: forewarn_core::Units = (0..units as u32).map(Unit).collect();
            let make = |m: u64| {
                let width = if m < drawing { width } else { 1 };
                let values: Vec<f32> = (0..units * width).map(|i| value(m, i)).collect();
                if m < drawing {
                    Field::draws(Period(1), Step(1), labels.clone(), width, values)
                } else {
                    Field::point(Period(1), Step(1), labels.clone(), values)
                }
            };
            let fields: Vec<Field> = (0..drawing + points).map(|m| make(m).unwrap()).collect();
            let members: Vec<_> = fields.iter().map(|field| Member { name: "m", field }).collect();
            let combined = combine(&members, Order::Ascending, sum).unwrap();
            for (i, row) in combined.rows().enumerate() {
                let rows: Vec<Vec<f32>> = fields.iter().map(|f| members::row(f, i).to_vec()).collect();
                prop_assert_eq!(row, plain(&rows, sum));
            }
        }
    }
}
