//! Totals and their parts, family by family.
//!
//! Draw `d` of a total and draws `d` of its parts are unrelated when two models made them. They are therefore matched by
//! rank: the draw in which the parts sum to the most gets the largest draw of the total. Each keeps its own
//! distribution, and the parts keep their dependence (empirical copula of the sums; Schefzik, Thorarinsdottir and Gneiting
//! 2013, doi:10.1214/13-STS443).

use forewarn_core::{Error, Field, ReconcileArgs, Reconciled, Result};
use rayon::prelude::*;

/// A total and its parts, all with the same number of draws.
pub(crate) struct Family {
    /// Draws of the total.
    pub total: Vec<f64>,
    /// Draws of each part, parts x draws.
    pub parts: Vec<f64>,
}

impl Family {
    /// Draws a unit.
    pub(crate) fn width(&self) -> usize {
        self.total.len()
    }

    /// The draws of each part.
    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.parts.chunks_exact(self.width())
    }

    /// Sum of the parts in each draw, of `value` of each.
    pub(crate) fn sums(&self, value: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.width()];
        for row in self.rows() {
            for (sum, &v) in sums.iter_mut().zip(row) {
                *sum += value(v);
            }
        }
        sums
    }

    /// Gives the total's draws the order of the parts' sums; ties keep the order of draws.
    pub(crate) fn match_ranks(&mut self) {
        let sums = self.sums(|v| v);
        let mut order: Vec<usize> = (0..self.width()).collect();
        order.sort_by(|&a, &b| sums[a].total_cmp(&sums[b]));
        let mut sorted = std::mem::take(&mut self.total);
        sorted.sort_by(f64::total_cmp);
        self.total = vec![0.0; sorted.len()];
        for (&draw, &value) in order.iter().zip(&sorted) {
            self.total[draw] = value;
        }
    }

    /// Multiplies all parts of a draw by its factor.
    pub(crate) fn scale(&mut self, factors: &[f64]) {
        for row in self.parts.chunks_exact_mut(factors.len()) {
            for (v, factor) in row.iter_mut().zip(factors) {
                *v *= factor;
            }
        }
    }
}

/// Reconciles every family that is complete by `solve`, which tells why when its parts do not add up; the others stay as
/// they are and say why. Matches draws by rank first unless `paired`.
///
/// # Errors
/// What `solve` returns.
pub(crate) fn each(
    args: &ReconcileArgs<'_>,
    paired: bool,
    solve: impl Fn(&mut Family) -> Result<Option<String>> + Sync,
) -> Result<Reconciled> {
    let shape = Shape::of(args);
    let rows: Vec<&[f32]> = args.parts.rows().collect();
    let totals: Vec<&[f32]> = args.totals.rows().collect();
    let solved: Vec<Result<(Family, Option<String>)>> = args
        .hierarchy
        .children()
        .par_iter()
        .zip(&totals)
        .map(|(children, total)| {
            let mut family = shape.family(total, children.iter().map(|&child| rows[child]));
            let incomplete = incomplete(args, children, total);
            if incomplete.is_some() {
                return Ok((family, incomplete));
            }
            if !paired && shape.draws {
                family.match_ranks();
            }
            let reason = solve(&mut family)?;
            Ok((family, reason))
        })
        .collect();
    shape.gather(args, solved)
}

/// Why a family cannot be reconciled.
fn incomplete(args: &ReconcileArgs<'_>, children: &[usize], total: &[f32]) -> Option<String> {
    if children.is_empty() {
        return Some("none of its parts is forecast".to_owned());
    }
    if total.iter().any(|v| v.is_nan()) {
        return Some("it has no forecast of its own".to_owned());
    }
    let width = args.parts.width();
    let missing = |&&part: &&usize| args.parts.values()[part * width..][..width].iter().any(|v| v.is_nan());
    let part = children.iter().find(missing)?;
    Some(format!("its part {} has no forecast", args.parts.units()[*part]))
}

/// What the result looks like.
struct Shape {
    width: usize,
    draws: bool,
}

impl Shape {
    /// Points and draws together give draws, as many as the parts have when they have any.
    fn of(args: &ReconcileArgs<'_>) -> Self {
        let draws = !(args.parts.is_point() && args.totals.is_point());
        let width = if args.parts.is_point() { args.totals.width() } else { args.parts.width() };
        Self { width, draws }
    }

    /// As many draws as the result has: a point is the same in each, other numbers of draws become the quantiles at
    /// `(d + 1/2) / width`.
    fn widen(&self, row: &[f32]) -> Vec<f64> {
        if row.len() == self.width {
            return row.iter().map(|&v| f64::from(v)).collect();
        }
        let mut sorted: Vec<f64> = row.iter().map(|&v| f64::from(v)).collect();
        sorted.sort_by(f64::total_cmp);
        (0..self.width).map(|d| sorted[(2 * d + 1) * sorted.len() / (2 * self.width)]).collect()
    }

    fn family<'r>(&self, total: &[f32], parts: impl Iterator<Item = &'r [f32]>) -> Family {
        let parts = parts.flat_map(|row| self.widen(row)).collect();
        Family { total: self.widen(total), parts }
    }

    /// The fields that the families make; parts of no total stay as they are.
    fn gather(
        &self,
        args: &ReconcileArgs<'_>,
        solved: Vec<Result<(Family, Option<String>)>>,
    ) -> Result<Reconciled> {
        let mut parts: Vec<f32> =
            args.parts.rows().flat_map(|row| self.widen(row)).map(|v| v as f32).collect();
        let mut totals = Vec::with_capacity(args.totals.units().len() * self.width);
        let mut exceptions = Vec::new();
        let families = solved.into_iter().zip(args.hierarchy.children()).zip(args.totals.units().iter());
        for ((solved, children), &unit) in families {
            let (family, reason) = solved?;
            for (row, &child) in family.rows().zip(children) {
                let there = &mut parts[child * self.width..][..self.width];
                there.iter_mut().zip(row).for_each(|(there, &v)| *there = v as f32);
            }
            totals.extend(family.total.iter().map(|&v| v as f32));
            exceptions.extend(reason.map(|reason| (unit, reason)));
        }
        let (parts, totals) = (self.field(args.parts, parts)?, self.field(args.totals, totals)?);
        Ok(Reconciled { parts, totals, exceptions })
    }

    fn field(&self, like: &Field, values: Vec<f32>) -> Result<Field> {
        let (origin, step, units) = (like.origin, like.step, like.units().clone());
        if self.draws {
            Field::draws(origin, step, units, self.width, values)
        } else {
            Field::point(origin, step, units, values)
        }
    }
}

/// That no draw of a family is negative: shares of what is negative mean nothing.
///
/// # Errors
/// [`Error::Data`] that tells the value.
pub(crate) fn check_not_negative(family: &Family) -> Result<()> {
    match family.parts.iter().chain(&family.total).find(|v| **v < 0.0) {
        Some(v) => Err(Error::data(format!("a forecast of {v} cannot be reconciled: counts are >= 0"))),
        None => Ok(()),
    }
}
