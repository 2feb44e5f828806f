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

use forewarn_core::{Error, Field, Member, Result};

/// Combines members by `at_rank`, which gets the members' values at one rank, ascending.
///
/// Point members only give a point. A unit that a member has no forecast for (NaN) has none in the result.
///
/// # Errors
/// [`Error::Config`] without members; [`Error::Data`] when members differ in origin, step, units or draws.
pub(crate) fn combine(members: &[Member<'_>], at_rank: impl Fn(&[f32]) -> f32) -> Result<Field> {
    let first = check(members)?;
    let width = members.iter().map(|m| m.field.width()).max().unwrap_or(1);
    let mut scratch = Scratch::new(members.len(), width);
    let mut values = vec![0.0; first.units().len() * width];
    let mut rows: Vec<_> = members.iter().map(|m| m.field.rows()).collect();
    let mut row: Vec<&[f32]> = Vec::with_capacity(members.len());
    for out in values.chunks_exact_mut(width) {
        row.clear();
        row.extend(rows.iter_mut().filter_map(Iterator::next));
        scratch.combine_row(&row, &at_rank, out);
    }
    let (origin, step, units) = (first.origin, first.step, first.units().clone());
    if members.iter().all(|m| m.field.is_point()) {
        Field::point(origin, step, units, values)
    } else {
        Field::draws(origin, step, units, width, values)
    }
}

/// The first member, after checking that all others are about the same.
fn check<'a>(members: &[Member<'a>]) -> Result<&'a Field> {
    let first = members.first().ok_or_else(|| Error::config("ensemble", "it has no members"))?;
    let mut drawing: Option<&Member<'_>> = None;
    for m in members {
        let differs = |what: &str, a: &dyn std::fmt::Display, b: &dyn std::fmt::Display| {
            let (name, base) = (m.name, first.name);
            Error::data(format!(
                "member `{name}` has {what} {a}, member `{base}` {b}; they cannot be combined"
            ))
        };
        let (a, b) = (m.field, first.field);
        if a.origin != b.origin {
            return Err(differs("origin", &a.origin, &b.origin));
        }
        if a.step != b.step {
            return Err(differs("step", &a.step, &b.step));
        }
        if a.units() != b.units() {
            return Err(differs("other units,", &describe(m, first), &""));
        }
        if a.is_point() {
            continue;
        }
        match drawing {
            Some(d) if d.field.width() != a.width() => {
                let (d_width, width) = (d.field.width(), a.width());
                let reason = format!("member `{}` has {d_width} draws, member `{}` {width}", d.name, m.name);
                return Err(Error::data(reason));
            }
            Some(_) => {}
            None => drawing = Some(m),
        }
    }
    Ok(first.field)
}

/// How many units two members have, and the first one that only one of them has.
fn describe(a: &Member<'_>, b: &Member<'_>) -> String {
    let (x, y) = (a.field.units(), b.field.units());
    let only =
        |p: &[forewarn_core::Unit], q: &[forewarn_core::Unit]| p.iter().find(|u| !q.contains(u)).copied();
    let example = match (only(x, y), only(y, x)) {
        (Some(u), _) => format!("unit {u} is only in `{}`", a.name),
        (None, Some(u)) => format!("unit {u} is only in `{}`", b.name),
        (None, None) => "in another order".to_owned(),
    };
    format!("{} against {}: {example};", x.len(), y.len())
}

/// Buffers of one row, reused over the units.
struct Scratch {
    sorted: Vec<Vec<f32>>,
    at_rank: Vec<f32>,
    order: Vec<u32>,
    rank_sums: Vec<u32>,
}

impl Scratch {
    fn new(members: usize, width: usize) -> Self {
        let at_rank = Vec::with_capacity(members);
        Self {
            sorted: vec![Vec::new(); members],
            at_rank,
            order: (0..width as u32).collect(),
            rank_sums: vec![0; width],
        }
    }

    fn combine_row(&mut self, rows: &[&[f32]], at_rank: &impl Fn(&[f32]) -> f32, out: &mut [f32]) {
        let constant = |row: &[f32]| row.iter().all(|&v| v == row[0]);
        if rows.iter().any(|row| row.iter().any(|v| v.is_nan())) {
            out.fill(f32::NAN);
        } else if rows.iter().all(|row| constant(row)) {
            out.fill(self.value(rows.iter().map(|row| row[0]), at_rank));
        } else {
            self.sort_and_rank(rows);
            let sorted = std::mem::take(&mut self.sorted);
            self.order.sort_by_key(|&d| (self.rank_sums[d as usize], d));
            for rank in 0..out.len() {
                // A point is its own quantile at every rank.
                let values = sorted.iter().map(|s| if s.len() == 1 { s[0] } else { s[rank] });
                out[self.order[rank] as usize] = self.value(values, at_rank);
            }
            self.sorted = sorted;
        }
    }

    fn value(&mut self, values: impl Iterator<Item = f32>, at_rank: &impl Fn(&[f32]) -> f32) -> f32 {
        self.at_rank.clear();
        self.at_rank.extend(values);
        // Ascending, so that the order of members cannot change a sum in its last bit.
        self.at_rank.sort_unstable_by(f32::total_cmp);
        at_rank(&self.at_rank)
    }

    /// Sorts each member's draws and adds up twice the midranks of every draw over the members that have draws.
    fn sort_and_rank(&mut self, rows: &[&[f32]]) {
        self.rank_sums.fill(0);
        for (row, sorted) in rows.iter().zip(&mut self.sorted) {
            sorted.clear();
            sorted.extend_from_slice(row);
            if row.len() == 1 {
                continue;
            }
            self.order.sort_by(|&a, &b| row[a as usize].total_cmp(&row[b as usize]));
            for (s, &d) in sorted.iter_mut().zip(&self.order) {
                *s = row[d as usize];
            }
            let mut start = 0;
            for tie in self.order.chunk_by(|&a, &b| row[a as usize] == row[b as usize]) {
                let twice_midrank = 2 * start + tie.len() as u32 - 1;
                for &d in tie {
                    self.rank_sums[d as usize] += twice_midrank;
                }
                start += tie.len() as u32;
            }
        }
    }
}
