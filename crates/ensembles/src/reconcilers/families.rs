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

#[cfg(test)]
mod tests {
    use forewarn_core::{Hierarchy, Period, Step, Unit};
    use forewarn_kernels::random::Stream;

    use super::*;

    fn point(units: &[u32], values: &[f32]) -> Field {
        let units = units.iter().map(|&u| Unit(u)).collect();
        Field::point(Period(9), Step(2), units, values.to_vec()).unwrap()
    }

    fn draws(units: &[u32], width: usize, values: &[f32]) -> Field {
        let units = units.iter().map(|&u| Unit(u)).collect();
        Field::draws(Period(9), Step(2), units, width, values.to_vec()).unwrap()
    }

    /// Parts 10 to 19 belong to total 1, and so on; `solve` is told of each family.
    fn told(
        parts: &Field,
        totals: &Field,
        paired: bool,
        solve: impl Fn(&mut Family) -> Result<Option<String>> + Sync,
    ) -> Result<Reconciled> {
        let hierarchy = Hierarchy::new(parts.units(), totals.units(), |u| Some(Unit(u.0 / 10)));
        each(&ReconcileArgs::new(parts, totals, &hierarchy)?, paired, solve)
    }

    #[test]
    fn the_largest_total_goes_to_the_largest_sum_and_ties_keep_their_order() {
        // Sums 3, 1, 3, 0.
        let parts = vec![1.0, 1.0, 3.0, 0.0, 2.0, 0.0, 0.0, 0.0];
        let mut family = Family { total: vec![5.0, 40.0, 20.0, 30.0], parts: parts.clone() };
        family.match_ranks();
        assert_eq!(family.total, [30.0, 20.0, 40.0, 5.0]);
        assert_eq!(family.parts, parts, "the parts stay");
    }

    #[test]
    fn ranks_are_those_that_a_search_through_all_draws_finds() {
        for seed in 0..40 {
            let at = |row: u64, d: u64| (Stream::new(seed, &[row, d]).uniform(0) * 6.0).floor();
            let row = |row| (0..12).map(move |d| at(row, d));
            let total: Vec<f64> = row(0).collect();
            let mut family = Family { total: total.clone(), parts: (1..4).flat_map(row).collect() };
            family.match_ranks();
            let sum = |d: u64| at(1, d) + at(2, d) + at(3, d);
            for d in 0..12 {
                // As many draws come before this one as have a smaller sum, or the same and a smaller number.
                let before = (0..12).filter(|&o| (sum(o), o) < (sum(d), d)).count();
                let mut left = total.clone();
                left.sort_by(f64::total_cmp);
                assert_eq!(family.total[d as usize], left[before], "seed {seed}, draw {d}");
            }
        }
    }

    #[test]
    fn each_draw_has_a_factor_of_its_own() {
        let mut family = Family { total: vec![0.0; 3], parts: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] };
        family.scale(&[2.0, 0.0, 0.5]);
        assert_eq!(family.parts, [2.0, 0.0, 1.5, 8.0, 0.0, 3.0]);
        assert_eq!(family.sums(|v| v + 1.0), [12.0, 2.0, 6.5], "of what is made of each value");
    }

    #[test]
    fn other_numbers_of_draws_become_quantiles() {
        let wide = |width| Shape { width, draws: true };
        assert_eq!(
            wide(3).widen(&[9.0, 1.0, 5.0]),
            [9.0, 1.0, 5.0],
            "as many: the draws themselves, in their order"
        );
        assert_eq!(wide(4).widen(&[7.0]), [7.0; 4], "a point is the same in each draw");
        // At 1/8, 3/8, 5/8, 7/8 of two draws: each twice.
        assert_eq!(wide(4).widen(&[8.0, 2.0]), [2.0, 2.0, 8.0, 8.0]);
        // At 1/4 and 3/4 of four draws: the second and the last.
        assert_eq!(wide(2).widen(&[4.0, 3.0, 2.0, 1.0]), [2.0, 4.0]);
        assert_eq!(wide(1).widen(&[3.0, 1.0, 2.0]), [2.0], "the median");
    }

    #[test]
    fn points_stay_points_and_draws_are_as_many_as_the_parts_have() {
        let keep = |_: &mut Family| Ok(None);
        let (parts, totals) = (point(&[10, 11], &[1.0, 2.0]), point(&[1], &[5.0]));
        let made = told(&parts, &totals, false, keep).unwrap();
        assert_eq!((&made.parts, &made.totals), (&parts, &totals), "points are given back as points");
        let totals = draws(&[1], 2, &[6.0, 4.0]);
        let made = told(&parts, &totals, true, keep).unwrap();
        assert_eq!(made.parts, draws(&[10, 11], 2, &[1.0, 1.0, 2.0, 2.0]), "as many as the totals have");
        let parts = draws(&[10], 4, &[3.0, 2.0, 1.0, 0.0]);
        let made = told(&parts, &totals, true, keep).unwrap();
        assert_eq!((&made.parts, made.totals), (&parts, draws(&[1], 4, &[4.0, 4.0, 6.0, 6.0])));
    }

    #[test]
    fn draws_are_matched_unless_they_are_pairs() {
        let (parts, totals) = (draws(&[10], 3, &[3.0, 1.0, 2.0]), draws(&[1], 3, &[10.0, 20.0, 30.0]));
        let keep = |_: &mut Family| Ok(None);
        let totals_of = |paired| told(&parts, &totals, paired, keep).unwrap().totals;
        assert_eq!(totals_of(true).values(), [10.0, 20.0, 30.0]);
        assert_eq!(totals_of(false).values(), [30.0, 10.0, 20.0]);
    }

    #[test]
    fn what_is_solved_is_put_back_where_it_was_and_what_is_incomplete_is_not_solved() {
        let parts = point(&[10, 20, 21, 30, 90], &[1.0, 2.0, f32::NAN, 4.0, 5.0]);
        let totals = point(&[1, 2, 3, 4], &[10.0, 20.0, f32::NAN, 40.0]);
        let ninefold = |family: &mut Family| {
            family.parts.iter_mut().for_each(|v| *v *= 9.0);
            family.total[0] = 7.0;
            Ok(Some("told".to_owned()))
        };
        let made = told(&parts, &totals, false, ninefold).unwrap();
        let (parts, totals) = (made.parts.values(), made.totals.values());
        assert_eq!((&parts[..2], &parts[3..]), (&[9.0, 2.0][..], &[4.0, 5.0][..]));
        assert_eq!((&totals[..2], totals[3]), (&[7.0, 20.0][..], 40.0));
        assert!(parts[2].is_nan() && totals[2].is_nan(), "missing stays missing");
        let reasons = [
            (1, "told"),
            (2, "its part 21 has no forecast"),
            (3, "it has no forecast of its own"),
            (4, "none of its parts is forecast"),
        ];
        assert_eq!(made.exceptions, reasons.map(|(unit, reason)| (Unit(unit), reason.to_owned())));
    }

    #[test]
    fn what_one_family_refuses_is_refused() {
        let (parts, totals) = (point(&[10, 20], &[1.0, -2.0]), point(&[1, 2], &[1.0, 2.0]));
        let error =
            told(&parts, &totals, false, |family| check_not_negative(family).map(|()| None)).unwrap_err();
        assert!(error.to_string().contains("a forecast of -2 cannot be reconciled"), "{error}");
        let negative = Family { total: vec![0.0, -0.5], parts: vec![0.0, 0.0] };
        assert!(check_not_negative(&negative).unwrap_err().to_string().contains("-0.5"));
        assert!(
            check_not_negative(&Family { total: vec![-0.0], parts: vec![0.0] }).is_ok(),
            "zero is no less than zero"
        );
    }
}
